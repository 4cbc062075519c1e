"""What keeps a worker, in the lab's Python with a stand-in for Prefect; a real server is the witness."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.files.service_host.hosted import PYTHON
from tests.prefect_server import AUTH, PrefectServer
from tests.trial import Trial
from winfra.lab import postgresql
from winfra.lab.state import Lab

SCRIPT = Path(__file__).parents[3] / "files" / "scripts" / "run_worker.py"
POOL, WORKER = "local pool-é", "SRV1-1"
ACCOUNT = AUTH
# As ``python -m prefect`` in the folder it is in: says how it was called, and ends when it is told to.
PREFECT = """
import signal, sys, time
print("prefect", *sys.argv[1:], flush=True)
if "--deaf" in sys.argv:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
try:
    time.sleep(60)
except KeyboardInterrupt:
    sys.exit(7)
"""


class Worker:
    """A process of run_worker.py, and what it says."""

    def __init__(self, lab: Lab, url: str, *options: str, login: str = ACCOUNT) -> None:
        self._log = lab.path(r"D:\run\log")
        environment = {
            "WINFRA_LAB": str(lab.folder), "PREFECT_API_URL": url, "PREFECT_API_AUTH_STRING": login,
            "http_proxy": "http://127.0.0.1:1", "USERNAME": "deploy",
        }  # fmt: skip
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [str(lab.path(PYTHON)), r"D:\run_worker.py", POOL, WORKER, *options],
                cwd=lab.path(r"D:\run"), env=environment, stdout=log, stderr=subprocess.STDOUT,
                start_new_session=True,
            )  # fmt: skip

    @property
    def says(self) -> str:
        return self._log.read_text(encoding="utf-8")

    def until(self, text: str) -> None:
        until(lambda: text in self.says, lambda: self.says)

    def stop(self) -> int:
        """Ctrl-C, for all that have its console."""
        os.killpg(self._process.pid, signal.SIGINT)
        return self._process.wait(20)

    def end(self) -> None:
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()


Start = Callable[..., Worker]


@pytest.fixture
def start(trial: Trial, prefect_server: PrefectServer) -> Iterator[Start]:
    """Starts the program, with less patience than it has."""
    lab, workers = trial.lab, []
    if not lab.path(PYTHON).exists():
        lab.install_python()
    text = SCRIPT.read_text()
    for patience in ("LOOK_SECONDS = 15.0", "END_SECONDS = 8.0"):
        assert patience in text
        text = text.replace(patience, f"{patience.split()[0]} = 0.3")
    lab.path(r"D:\run_worker.py").write_text(text)
    lab.path(r"D:\run\prefect").mkdir(parents=True)
    lab.path(r"D:\run\prefect\__main__.py").write_text(PREFECT)
    prefect_server.ask("POST", "work_pools/", {"name": POOL, "type": "process"})

    def begin(*options: str, url: str = prefect_server.url, **given: str) -> Worker:
        workers.append(Worker(lab, url, *options, **given))
        return workers[-1]

    yield begin
    for worker in workers:
        worker.end()


def until(condition: Callable[[], bool], otherwise: Callable[[], object] = str) -> None:
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end, otherwise()
        time.sleep(0.05)


def begin(
    server: PrefectServer, kind: str = "RUNNING", worker: str = WORKER, process: int | None = None
) -> str:
    """A run that a worker has taken."""
    flow = server.ask("POST", "flows/", {"name": "flow"})["id"]
    wanted = {"name": "deployment", "flow_id": flow, "work_pool_name": POOL}
    deployment = server.ask("POST", "deployments/", wanted)["id"]
    made: str = server.ask("POST", f"deployments/{deployment}/create_flow_run", {})["id"]
    server.ask("PATCH", f"flow_runs/{made}/labels", {"prefect.worker.name": worker})
    if process is not None:
        server.ask("PATCH", f"flow_runs/{made}", {"infrastructure_pid": str(process)})
    state = {"state": {"type": kind}, "force": True}
    server.ask("POST", f"flow_runs/{made}/set_state", state)
    return made


def state(server: PrefectServer, flow_run: str) -> Any:
    return server.ask("GET", f"flow_runs/{flow_run}")["state"]


def workers(server: PrefectServer) -> list[str]:
    path = "work_pools/local%20pool-%C3%A9/workers"
    return [one["name"] for one in server.ask("POST", f"{path}/filter", {})]


def test_what_an_earlier_worker_left(prefect_server: PrefectServer, start: Start) -> None:
    """Its runs are over, others' go on, and it is online only when the new one says so."""
    left = {kind: begin(prefect_server, kind) for kind in ("RUNNING", "PENDING", "CANCELLING")}
    other = begin(prefect_server, worker="SRV2-1")
    for name in (WORKER, "SRV2-1"):
        path = "work_pools/local%20pool-%C3%A9/workers/heartbeat"
        prefect_server.ask("POST", path, {"name": name})
    worker = start("--limit", "3")
    worker.until(f"prefect worker start --pool {POOL} --type process --name {WORKER} --limit 3")
    ends = {kind: state(prefect_server, run)["type"] for kind, run in left.items()}
    assert ends == {"RUNNING": "CRASHED", "PENDING": "CRASHED", "CANCELLING": "CANCELLED"}
    assert state(prefect_server, left["RUNNING"])["message"] == (
        f"Worker {WORKER} ended while this run had not"
    )
    assert state(prefect_server, other)["type"] == "RUNNING"
    assert workers(prefect_server) == ["SRV2-1"]


def test_a_worker_is_stopped(prefect_server: PrefectServer, start: Start) -> None:
    """What it was running is over then; its exit code is the worker's."""
    worker = start()
    worker.until("prefect worker start")
    run = begin(prefect_server)
    assert worker.stop() == 7
    assert state(prefect_server, run)["type"] == "CRASHED"
    assert "was stopped while this run was running" in worker.says


def test_a_worker_that_does_not_stop(start: Start) -> None:
    """It is ended."""
    worker = start("--deaf")
    worker.until("prefect worker start")
    time.sleep(0.3)
    assert worker.stop() != 0
    assert "the worker does not stop, and is ended" in worker.says


def test_a_run_whose_process_is_gone(prefect_server: PrefectServer, start: Start) -> None:
    """As when it ended while the server did not answer; one whose process is there goes on."""
    worker = start()
    worker.until("prefect worker start")
    gone = subprocess.Popen(["true"])
    gone.wait()
    lost = begin(prefect_server, process=gone.pid)
    mine = begin(prefect_server, process=os.getpid())
    until(lambda: state(prefect_server, lost)["type"] == "CRASHED", lambda: worker.says)
    assert state(prefect_server, lost)["message"] == "Its process has ended without a word"
    assert state(prefect_server, mine)["type"] == "RUNNING"


def test_a_server_that_is_not_there(start: Start) -> None:
    """It is waited for, until somebody stops that."""
    worker = start(url=f"http://127.0.0.1:{postgresql.free_port()}/api")
    worker.until("run_worker: waits until the server is ready")
    assert worker.stop() == 0
    assert "prefect" not in worker.says


def test_a_login_that_is_refused(prefect_server: PrefectServer, start: Start) -> None:
    """The worker itself will say what it makes of it."""
    worker = start(login="admin:wrong")
    worker.until("prefect worker start")
    assert "cannot look for runs without a process: HTTP Error 401" in worker.says
