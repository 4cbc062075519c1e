"""Requests of the host to a Prefect server's API; the server on the other side is the witness."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest
from pyinfra.api.hiddenvalue import HiddenValue

from tests.trial import Trial
from winfra.facts.prefect_api import Answer
from winfra.messages import prefect_api as messages
from winfra.prefect_api import ATTEMPTS, Api, Client, RefusedError, Request
from winfra.prefect_settings import content

SECRET = "admin:P:a\"ss'w0rd$"


@dataclass
class Witness:
    """What a server of the test was asked, and what it answers."""

    status: int = 200
    kind: str = "application/json"
    content: bytes = b"null"
    headers: dict[str, str] = field(default_factory=dict)
    seconds: float = 0
    busy: int = 0
    login: str | None = None
    asked: list[tuple[str, str, dict[str, str], bytes]] = field(default_factory=list)
    url: str = ""

    @property
    def api(self) -> Api:
        return Api(self.url)

    def admits(self, header: str | None) -> bool:
        given = (header or "").removeprefix("Basic ")
        return self.login is None or base64.b64decode(given).decode() == self.login


@contextmanager
def answering(**given: Any) -> Iterator[Witness]:
    witness = Witness(**given)

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            witness.asked.append((self.command, self.path, dict(self.headers), body))
            time.sleep(witness.seconds)
            busy, witness.busy = witness.busy > 0, witness.busy - 1
            status = 503 if busy else witness.status
            self.send_response(status if witness.admits(self.headers["Authorization"]) else 401)
            for name, value in witness.headers.items():
                self.send_header(name, value)
            if witness.kind:
                self.send_header("Content-Type", witness.kind)
            self.send_header("Content-Length", str(len(witness.content)))
            self.end_headers()
            self.wfile.write(witness.content)

        do_GET = do_POST = do_PATCH = _answer  # noqa: N815

        def log_message(self, *_: Any) -> None:
            """Nothing is printed."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    witness.url = f"http://127.0.0.1:{server.server_port}/api"
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    try:
        yield witness
    finally:
        server.shutdown()
        server.server_close()


def test_what_the_server_says_comes_as_it_is(trial: Trial) -> None:
    """Any character, lists of one, numbers and null; a GET has neither body nor a login."""
    said = {"name": "é ü 漢 \\ \" '", "one": [1], "none": [], "nothing": None, "nested": [[1]]}
    with answering(content=json.dumps(said, ensure_ascii=False).encode()) as server:
        assert trial.fact(Answer, api=server.api, path="work_pools/a%20b") == said

    [(method, path, headers, body)] = server.asked
    assert (method, path, body) == ("GET", "/api/work_pools/a%20b", b"")
    assert "Authorization" not in headers


def test_login_and_body_arrive_as_they_were_given(trial: Trial) -> None:
    """In UTF-8; what is secret arrives too."""
    wanted = {"any_": ["é\n\"漢'"], "secret": HiddenValue("$x")}
    with answering(content=b"[]") as server:
        api = Api(server.url, HiddenValue(SECRET))
        assert trial.fact(Answer, api=api, path="flow_runs/filter", body=wanted) == []

    [(method, _, headers, body)] = server.asked
    assert (method, headers["Content-Type"]) == ("POST", "application/json")
    assert json.loads(body) == {"any_": ["é\n\"漢'"], "secret": "$x"}
    assert base64.b64decode(headers["Authorization"].split()[1]).decode() == SECRET


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (
            {"status": 404, "content": b'{"detail":"Work pool \\"p\\" not found."}'},
            messages.NOT_FOUND,
        ),
        (
            {"status": 401, "content": b'{"exception_message":"Unauthorized"}'},
            messages.LOGIN_REFUSED,
        ),
        ({"status": 409, "content": b'{"detail":"exists"}'}, messages.REFUSED),
        ({"status": 500, "content": b"Internal Server Error", "kind": ""}, messages.SERVER_FAILED),
        ({"kind": "text/html", "content": b"<html>"}, messages.NOT_PREFECT),
        (
            {"status": 307, "headers": {"Location": "http://127.0.0.1:1/"}, "content": b""},
            messages.NOT_PREFECT,
        ),
    ],
)
def test_a_refusal_is_a_sentence(trial: Trial, given: Any, expected: Any) -> None:
    """It names the server and quotes what that says; the login is nowhere."""
    with answering(**given) as server:
        seen = trial.ask(Answer, api=Api(server.url, HiddenValue(SECRET)), path="work_pools/p")

    assert seen.failed
    assert server.url in seen.output
    assert (
        expected.text(url="U", request="Q", reason="R", status="S").split(". ")[-1] in seen.output
    )
    assert len(server.asked) == 1
    assert SECRET not in seen.output


def test_nobody_is_there(trial: Trial) -> None:
    """The port is closed."""
    with answering() as server:
        api = server.api
    seen = trial.ask(Answer, api=api, path="version")

    assert seen.failed
    start, _, end = messages.NO_SERVER.text(url=api.url, reason="?").partition("?")
    assert start in seen.output
    assert end in seen.output


def test_a_server_whose_database_is_busy(trial: Trial) -> None:
    """It is asked again, and in the end it is not ready."""
    with answering(content=b'{"message":"Database is not available"}', busy=2) as server:
        assert trial.fact(Answer, api=server.api, path="version")
        assert len(server.asked) == 3
        server.busy = 9
        seen = trial.ask(Answer, api=server.api, path="version")
        assert len(server.asked) == 3 + ATTEMPTS
        values = {"url": server.url, "reason": "Database is not available"}
        assert messages.NOT_READY.text(**values) in seen.output

        server.busy = 1
        assert trial.fact(Answer, api=server.api, path="ready", absent=True) is None


def test_a_server_that_does_not_answer_in_time(trial: Trial) -> None:
    """Nothing waits longer than it should."""
    with answering(seconds=2) as server, pytest.raises(RefusedError) as raised:
        Client(trial.host, server.api).run(Request(server.api, "GET", "version", seconds=0.3))
    text = messages.NO_SERVER.text(url=server.url, reason="no answer after 0.3 s")
    assert raised.value.lines == (text,)


@pytest.mark.parametrize("auth", [None, HiddenValue("admin:new")])
def test_a_server_that_has_yet_to_get_the_login(trial: Trial, auth: HiddenValue | None) -> None:
    """It takes that of a service's settings, which does not leave the host; without one it refuses."""
    file = r"D:\PrefectWorker.json"
    with answering(content=b'"yes"', login=SECRET) as server:
        api = Api(server.url, auth)

        def ask() -> Any:
            return Client(trial.host, api, file).read("version")

        with pytest.raises(RefusedError, match="refuses the login"):
            ask()
        settings: dict[str, HiddenValue | str] = {"PREFECT_HOME": "D:\\x"}
        trial.lab.path(file).write_text(content(settings))
        with pytest.raises(RefusedError, match="refuses the login"):
            ask()
        settings["PREFECT_API_AUTH_STRING"] = HiddenValue(SECRET)
        trial.lab.path(file).write_text(content(settings))
        assert ask() == "yes"

        server.login = auth.unmask() if auth else None
        server.asked.clear()
        assert ask() == "yes"
    assert len(server.asked) == 1
