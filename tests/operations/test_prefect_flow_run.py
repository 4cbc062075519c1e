"""Runs on a real Prefect server, whose own answer is the witness; a test's worker carries them out."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import requests
from pyinfra.api import OperationValueError
from pyinfra.api.hiddenvalue import HiddenValue

from tests.prefect_server import PrefectServer
from tests.prefect_worker import POOL, working
from tests.trial import Trial, no_host
from winfra.messages import prefect_deployment as messages
from winfra.operations.prefect_deployment import deployment
from winfra.operations.prefect_flow_run import flow_run
from winfra.prefect_api import Api

NAMES = ("etl_flow", "first")
DEPLOYED = {"entrypoint": "etl.py:etl_flow", "path": r"D:\flows", "work_pool": POOL}
LOG = r"D:\logs\PrefectWorker.log"


@pytest.fixture(autouse=True)
def _deployed(trial: Trial, prefect_server: PrefectServer) -> None:
    prefect_server.ask("POST", "work_pools/", {"name": POOL, "type": "process"})
    assert trial.run(deployment, *NAMES, **DEPLOYED, api=prefect_server.api).changed


def runs(server: PrefectServer) -> list[Any]:
    found: list[Any] = server.ask("POST", "flow_runs/filter", {"sort": "START_TIME_ASC"})
    return found


def end_of(message: Any, **values: Any) -> str:
    """What a sentence says after the names that differ from run to run."""
    text: str = message.text(run="?", deployment="etl_flow/first", **values)
    return text.split("?", 1)[1]


def test_a_run_is_made_and_shown(trial: Trial, prefect_server: PrefectServer) -> None:
    """Its tasks and its lines, those that come late too; dry only says so."""
    given = {"api": prefect_server.api, "parameters": {"rows": 3}, "tags": ["proof"]}
    dry = trial.dry(flow_run, *NAMES, **given)
    assert "Will create run of etl_flow/first" in dry.output
    assert "parameters  -  ->" in dry.output
    assert runs(prefect_server) == []

    lines = ("begun", "extracted 3 rows \x1b[31m", "é [red]")
    with working(prefect_server, lines=lines):
        applied = trial.run(flow_run, *NAMES, **given)
    assert applied.changed, applied.output
    [run] = runs(prefect_server)
    assert (run["state_type"], run["parameters"], run["tags"]) == (
        "COMPLETED",
        {"rows": 3},
        ["proof"],
    )
    said = applied.output
    assert f"etl_flow/first: run {run['name']} Completed in " in said
    assert f"{prefect_server.url.removesuffix('/api')}/runs/flow-run/{run['id']}" in said
    table = [line for line in applied.lines if "extracted 3 rows" in line]
    assert len(table) == 1
    assert r"\x1b[31m" in table[0]
    assert "extract-0" in table[0]
    assert "é [red]" in said
    assert "Finished in state Completed()" in said


def test_one_proof_is_enough(trial: Trial, prefect_server: PrefectServer) -> None:
    """Until the deployment, the parameters or what is to be proven change."""
    api = prefect_server.api
    given = {"api": api, "proof": "3f2a", "ui": "https://prefect.example.org/"}
    with working(prefect_server) as worker:
        assert trial.run(flow_run, *NAMES, **given).changed
        again = trial.run(flow_run, *NAMES, **given)
        assert (again.changed, again.failed) == (False, False)
        assert f"https://prefect.example.org/runs/flow-run/{worker.taken[0]}" in again.output
        dry = trial.dry(flow_run, *NAMES, **given)
        assert not dry.will_change

        assert trial.run(flow_run, *NAMES, **{**given, "proof": "4"}).changed
        assert trial.run(flow_run, *NAMES, **given, parameters={"rows": 1}).changed
        assert trial.run(deployment, *NAMES, **DEPLOYED, version="2", api=api).changed
        assert trial.run(flow_run, *NAMES, **given).changed
        assert not trial.run(flow_run, *NAMES, **given).changed
    assert len(runs(prefect_server)) == 4


class Stumbling(BaseHTTPRequestHandler):
    """A way to the server on which what is asked of a run goes wrong a few times."""

    server: Way

    def _pass_on(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.command == "GET" and "/flow_runs/" in self.path and self.server.stumbles:
            self._answer(self.server.stumbles.pop(), b"Internal Server Error")
            return
        kept = {name: self.headers[name] for name in ("Authorization", "Content-Type")}
        target = self.server.target.removesuffix("/api") + self.path
        answer = requests.request(self.command, target, data=body, headers=kept, timeout=30)
        self._answer(answer.status_code, answer.content)

    def _answer(self, status: int, content: bytes) -> None:
        if not status:
            # As a server does that ends meanwhile.
            self.close_connection = True
            return
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = _pass_on  # noqa: N815

    def log_message(self, *_: Any) -> None:
        """Nothing is printed."""


class Way(ThreadingHTTPServer):
    """To a server; ``stumbles`` are statuses, 0 for no answer at all."""

    def __init__(self, target: str, stumbles: list[int]) -> None:
        super().__init__(("127.0.0.1", 0), Stumbling)
        self.target, self.stumbles = target, stumbles


def test_a_server_that_stumbles(trial: Trial, prefect_server: PrefectServer) -> None:
    """The run goes on while server or database are restarted, and is still waited for."""
    way = Way(prefect_server.url, [500, 0, 500])
    thread = threading.Thread(target=way.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        api = Api(f"http://127.0.0.1:{way.server_port}/api", prefect_server.api.auth)
        with working(prefect_server):
            applied = trial.run(flow_run, *NAMES, api=api)
    finally:
        way.shutdown()
        way.server_close()
        thread.join()
    assert not applied.failed, applied.output
    assert way.stumbles == []
    [run] = runs(prefect_server)
    assert run["state_type"] == "COMPLETED"
    assert f"etl_flow/first: run {run['name']} Completed in " in applied.output


def test_a_run_that_fails(trial: Trial, prefect_server: PrefectServer) -> None:
    """What it logged, why it failed, the end of the worker's log; it is no proof."""
    log = trial.lab.path(LOG)
    log.parent.mkdir(parents=True)
    log.write_text("worker: it ended with 1\n")
    given = {"api": prefect_server.api, "proof": "3f2a", "log": LOG}
    options = {"end": "FAILED", "message": "No rows.", "late": ("Finished in state Failed()",)}
    with working(prefect_server, **options):
        applied = trial.run(flow_run, *NAMES, **given)
    assert applied.failed
    assert end_of(messages.RUN_FAILED, found="Failed", reason="No rows") in applied.output
    assert "extracted 3 rows" in applied.output
    assert "worker: it ended with 1" in applied.output
    assert trial.dry(flow_run, *NAMES, **given).will_change


def test_the_log_of_a_worker_on_another_host(trial: Trial, prefect_server: PrefectServer) -> None:
    """Of those that are named, each that takes part in this run."""
    log = trial.lab.path(LOG)
    log.parent.mkdir(parents=True)
    log.write_text("worker: no flow here\n")
    given = {"api": prefect_server.api, "log": LOG, "start_seconds": 0.1}
    for hosts, shown in (["@lab/away", trial.host.name], True), (["@lab/away"], False):
        applied = trial.run(flow_run, *NAMES, **given, log_hosts=hosts)
        assert applied.failed
        assert ("worker: no flow here" in applied.output) == shown


def test_a_run_that_hangs(trial: Trial, prefect_server: PrefectServer) -> None:
    """It is being cancelled then, which a worker sees."""
    given = {"api": prefect_server.api, "seconds": 2}
    with working(prefect_server, end="RUNNING"):
        applied = trial.run(flow_run, *NAMES, **given)
    assert applied.failed
    assert end_of(messages.RUN_HANGS, found="Running", seconds="2") in applied.output
    assert "extracted 3 rows" in applied.output
    [run] = runs(prefect_server)
    assert run["state_type"] == "CANCELLING"


@pytest.mark.parametrize(
    ("heartbeat", "change", "reason"),
    [
        (None, {}, f"no worker of {POOL} is online (known: none)"),
        ("HOST-1", {"is_paused": True}, f"work pool {POOL} is paused"),
        (
            "HOST-1",
            {"concurrency_limit": 0},
            f"it is Scheduled in {POOL}, which runs 0 at once; online: HOST-1",
        ),
    ],
)
def test_a_run_that_nobody_takes(
    trial: Trial, prefect_server: PrefectServer, heartbeat: str | None, change: Any, reason: str
) -> None:
    """It says what keeps workers from it; the run is not carried out later."""
    if heartbeat:
        path = f"work_pools/{POOL}/workers/heartbeat"
        prefect_server.ask("POST", path, {"name": heartbeat})
    if change:
        prefect_server.ask("PATCH", f"work_pools/{POOL}", change)
    applied = trial.run(flow_run, *NAMES, api=prefect_server.api, start_seconds=0.1)

    assert applied.failed
    assert end_of(messages.RUN_NOT_TAKEN, seconds="0.1", reason=reason) in applied.output
    [run] = runs(prefect_server)
    assert run["state_type"] == "CANCELLED"


def test_a_deployment_outside_of_pools(trial: Trial, prefect_server: PrefectServer) -> None:
    """No worker ever looks for its runs."""
    flow = prefect_server.ask("POST", "flows/", {"name": "etl_flow"})
    prefect_server.ask("POST", "deployments/", {"name": "served", "flow_id": flow["id"]})
    given = {"api": prefect_server.api, "start_seconds": 0.1}
    applied = trial.run(flow_run, "etl_flow", "served", **given)

    assert applied.failed
    assert "its deployment is in no work pool" in applied.output


def test_a_deployment_that_is_not_there(trial: Trial, prefect_server: PrefectServer) -> None:
    """It may yet be made where nothing is run; a server that is not there may yet come."""
    applied = trial.run(flow_run, "etl_flow", "second", api=prefect_server.api)
    values = {"deployment": "etl_flow/second", "url": prefect_server.url}
    assert messages.NO_DEPLOYMENT.text(**values) in applied.output

    for api in (
        prefect_server.api,
        Api("http://127.0.0.1:9/api"),
        Api(prefect_server.url, HiddenValue("admin:a-new-one")),
    ):
        dry = trial.dry(flow_run, "etl_flow", "second", api=api, proof="1")
        assert (dry.will_change, dry.failed) == (True, False)


@pytest.mark.parametrize("argument", ["seconds", "start_seconds"])
def test_wrong_arguments_are_refused(argument: str) -> None:
    """Before the server is asked anything."""
    given: dict[str, Any] = {argument: 0, "api": Api("http://127.0.0.1:9/api")}
    with no_host(), pytest.raises(OperationValueError) as raised:
        list(flow_run._inner(*NAMES, **given))
    values = {"argument": argument, "value": 0, "reason": "it is not more than 0"}
    assert messages.BAD_ARGUMENT.text(**values) in str(raised.value)
