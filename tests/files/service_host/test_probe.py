"""Asking whether a child answers: real sockets."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from files.service_host.hosting.configuration import Probe
from files.service_host.hosting.probe import Prober, answers


@contextmanager
def server(answer: bytes | None) -> Iterator[tuple[int, list[bytes]]]:
    """A server that says this to whatever it is asked; ``None``: it takes calls and says nothing."""
    seen: list[bytes] = []
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        kept = []
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            kept.append(connection)
            seen.append(connection.recv(65536))
            if answer is not None:
                with connection:
                    connection.sendall(answer)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield listener.getsockname()[1], seen
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()


def probe(port: int, page: str | None = "/health", timeout: float = 5) -> Probe:
    return Probe("127.0.0.1", port, page, 0.01, timeout, 2, 0)


@pytest.mark.parametrize(
    ("answer", "wanted"),
    [
        (b"HTTP/1.1 200 OK\r\n\r\n", True),
        (b"HTTP/1.1 401 Unauthorized\r\n\r\n", True),
        (b"HTTP/1.1 404 Not Found\r\n\r\n", True),
        (b"HTTP/1.1 500 Internal Server Error\r\n\r\n", False),
        (b"HTTP/1.1 503 Service Unavailable\r\n\r\n", False),
        (b"SSH-2.0\r\n", False),
        (b"", False),
    ],
)
def test_a_page_that_the_server_does_not_fail_at(answer: bytes, wanted: bool) -> None:
    """Who refuses the page answers nevertheless."""
    with server(answer) as (port, seen):
        assert answers(probe(port)) is wanted
    assert seen[0].startswith(b"GET /health HTTP/1.1\r\n")


def test_a_server_that_takes_calls_and_says_nothing() -> None:
    """It is deaf for a page, and alive for a connection."""
    with server(None) as (port, _):
        assert not answers(probe(port, timeout=0.05))
        assert answers(probe(port, page=None))


def test_nobody_listens(monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy in the environment is not asked."""
    with server(b"HTTP/1.1 200 OK\r\n\r\n") as (proxy, _):
        monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{proxy}")
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port = listener.getsockname()[1]
        assert not answers(probe(port))
        assert not answers(probe(port, page=None))


def test_it_is_said_once() -> None:
    """After two failures in a row; then nobody is asked any more."""
    told: list[bool] = []
    with server(b"HTTP/1.1 500 no\r\n\r\n") as (port, seen):
        Prober(probe(port), lambda: told.append(True))
        join()
    assert (len(told), len(seen)) == (1, 2)


def test_nothing_is_said_after_the_end() -> None:
    """The child that the question was for is gone, with the answer."""
    told: list[bool] = []
    with server(None) as (port, seen):
        asks_once = replace(probe(port, timeout=60), failures=1)
        prober = Prober(asks_once, lambda: told.append(True))
        wait_for(lambda: seen)
        prober.end()
    join()
    assert told == []


def join() -> None:
    """Wait until nobody asks any more."""
    for thread in [one for one in threading.enumerate() if one.name == "probe"]:
        thread.join(60)
        assert not thread.is_alive()


def wait_for(condition: Callable[[], object]) -> None:
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)
