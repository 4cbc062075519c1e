"""A worker's part in a run, done by REST: a real one takes half a minute to start and to run a flow."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from tests.prefect_server import PrefectServer

POOL = "local-pool"
PAUSE = 0.2


@dataclass
class Worker:
    """
    What it makes of each run.

    + end: the state in which it leaves the run
    + message: of that state
    + lines: that the flow logs
    + late: lines that reach the server after the flow has ended
    """

    server: PrefectServer
    end: str = "COMPLETED"
    message: str = ""
    lines: tuple[str, ...] = ("extracted 3 rows",)
    late: tuple[str, ...] = ("Finished in state Completed()",)
    taken: list[str] = field(default_factory=list)
    stopped: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        while not self.stopped.wait(PAUSE):
            for one in self._ask("POST", f"work_pools/{POOL}/get_scheduled_flow_runs", {}):
                self.taken.append(one["flow_run"]["id"])
                self._carry_out(self.taken[-1])

    def _carry_out(self, run: str) -> None:
        for state in ("PENDING", "RUNNING"):
            self._set("flow_runs", run, state)
        task = self._task(run, "extract-0")
        self._log(run, None, self.lines[:1])
        self._log(run, task, self.lines[1:])
        self._set("task_runs", task, "RUNNING")
        if self.end == "RUNNING":
            return
        self._set("task_runs", task, self.end)
        self._set("flow_runs", run, self.end)
        self._log(run, None, self.late)

    def _task(self, run: str, name: str) -> str:
        given = {"flow_run_id": run, "task_key": name, "dynamic_key": "0", "name": name}
        made: str = self._ask("POST", "task_runs/", given)["id"]
        return made

    def _set(self, kind: str, id_: str, state: str) -> None:
        given = {"type": state, "message": self.message}
        self._ask("POST", f"{kind}/{id_}/set_state", {"state": given})

    def _log(self, run: str, task: str | None, lines: tuple[str, ...]) -> None:
        same = {"name": "prefect.flow_runs", "level": 20, "flow_run_id": run, "task_run_id": task}
        now = datetime.now(UTC).isoformat()
        sent = [{**same, "message": line, "timestamp": now} for line in lines]
        self._ask("POST", "logs/", sent)

    def _ask(self, method: str, path: str, body: Any) -> Any:
        return self.server.ask(method, path, body)


@contextmanager
def working(server: PrefectServer, **given: Any) -> Iterator[Worker]:
    """A worker that is online while the test lasts."""
    worker = Worker(server, **given)
    server.ask("POST", f"work_pools/{POOL}/workers/heartbeat", {"name": "HOST-1"})
    thread = threading.Thread(target=worker.run, daemon=True)
    thread.start()
    try:
        yield worker
    finally:
        worker.stopped.set()
        thread.join(20)
