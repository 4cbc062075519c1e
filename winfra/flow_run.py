"""Running a deployment and waiting for its end, with what is to be said about it."""

from __future__ import annotations

import hashlib
import json
import shutil
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pyinfra import logger
from pyinfra.api import Host, State

from winfra import service_log
from winfra.facts.prefect_deployment import DeploymentInfo, deployment_info
from winfra.facts.prefect_flow_run import FlowRunInfo, flow_run_info
from winfra.facts.prefect_work_pool import worker_info
from winfra.flow_run_report import Report
from winfra.messages import prefect_deployment as messages
from winfra.messages.prefect_api import NO_SERVER, NOT_FOUND, NOT_READY, SERVER_FAILED
from winfra.prefect_api import Api, Client, RefusedError, route

FINAL = {"COMPLETED", "FAILED", "CRASHED", "CANCELLED"}
_WAITING = {"SCHEDULED", "PAUSED"}
_PAGE = 200
_PAUSE = 0.5
_PASSING = (NO_SERVER, NOT_READY, SERVER_FAILED)
"""What a server says while it or its database is restarted: the run goes on meanwhile."""
_SETTLE_SECONDS = 10.0
"""Tasks and log lines reach the server in batches, some after the state of the flow."""
_ENDED = "Finished in state"


@dataclass(frozen=True)
class Plan:
    """
    A run to make and to wait for.

    + tag: by which it is found again
    + seconds: how long all of it may take
    + start_seconds: how long until a worker has taken it
    + ui: the address of the UI
    + log: of the worker; its end is shown when the run does not end well
    + log_hosts: those of the inventory that have it; this host when there are none
    """

    api: Api
    flow: str
    deployment: str
    parameters: Mapping[str, Any]
    tags: Sequence[str]
    seconds: float
    start_seconds: float
    ui: str
    log: str | None
    log_hosts: Sequence[str] = ()

    @property
    def name(self) -> str:
        return f"{self.flow}/{self.deployment}"


class _RunError(Exception):
    """Why a run does not prove what it should."""


def proof_tag(proof: str, found: DeploymentInfo | None, parameters: Mapping[str, Any]) -> str:
    """A tag that stands for all that a run depends on: another one is another proof."""
    fields = ("entrypoint", "path", "work_pool", "work_queue", "parameters", "job_variables")
    of_deployment = {name: found[name] for name in (*fields, "id", "version")} if found else None  # type: ignore[literal-required]
    text = json.dumps([proof, of_deployment, dict(parameters)], sort_keys=True, default=str)
    return f"proof-{hashlib.sha256(text.encode()).hexdigest()[:12]}"


def run(state: State, host: Host, plan: Plan) -> bool:
    """Make the run and wait for it; ``False`` after what went wrong has been shown."""
    try:
        _Work(host, plan).run()
    except _RunError as failure:
        _show(host, [str(failure)])
        for one in _log_hosts(host, plan):
            _show(one, service_log.end(one, plan.log or ""))
    except RefusedError as refusal:
        _show(host, refusal.lines)
    else:
        return True
    return False


def _show(host: Host, lines: Iterable[str]) -> None:
    for line in lines:
        host.log_styled(line, fg="red", log_func=logger.error)


def _log_hosts(host: Host, plan: Plan) -> list[Host]:
    if plan.log is None:
        return []
    names = {*plan.log_hosts} or {host.name}
    return [one for one in host.state.inventory if one.name in names and one.connected]


class _Work:
    def __init__(self, host: Host, plan: Plan) -> None:
        self.host, self.plan = host, plan
        self.client = Client(host, plan.api)
        self.run_id = ""
        self._last: FlowRunInfo

    def run(self) -> None:
        deployment = self._deployment()
        begun = time.monotonic()
        body = {"parameters": dict(self.plan.parameters), "tags": [*self.plan.tags]}
        made = self.client.post(route("deployments", deployment["id"], "create_flow_run"), body)
        self.run_id, self._last = made["id"], flow_run_info(made)
        self.host.log(f"Running {self.plan.name} as {made['name']}: {self._address}")
        run = self._until_taken(begun, deployment)
        run = self._until_ended(begun, run)
        self._show(run)
        if run["state"] != "COMPLETED":
            reason = service_log.printable(run["message"] or "it gives no reason").rstrip(".")
            values = {**self._values(run), "found": run["state_name"], "reason": reason}
            raise _RunError(messages.RUN_FAILED.text(**values))

    def _deployment(self) -> DeploymentInfo:
        path = route("deployments", "name", self.plan.flow, self.plan.deployment)
        found = self.client.read(path, tolerated=(NOT_FOUND,))
        if found is None:
            values = {"deployment": self.plan.name, "url": self.plan.api.url}
            raise RefusedError(messages.NO_DEPLOYMENT.text(**values))
        return deployment_info(found)

    def _until_taken(self, begun: float, deployment: DeploymentInfo) -> FlowRunInfo:
        run = self._now()
        while run["state"] in _WAITING:
            if time.monotonic() - begun > self.plan.start_seconds:
                self._set("CANCELLED", "No worker took it in time")
                seconds = f"{self.plan.start_seconds:g}"
                values = {**self._values(run), "reason": self._obstacle(run, deployment)}
                raise _RunError(messages.RUN_NOT_TAKEN.text(**values, seconds=seconds))
            time.sleep(_PAUSE)
            run = self._now()
        return run

    def _until_ended(self, begun: float, run: FlowRunInfo) -> FlowRunInfo:
        while run["state"] not in FINAL:
            if time.monotonic() - begun > self.plan.seconds:
                self._set("CANCELLING", "It took too long")
                self._show(run, settle=False)
                values = {**self._values(run), "found": run["state_name"]}
                seconds = f"{self.plan.seconds:g}"
                raise _RunError(messages.RUN_HANGS.text(**values, seconds=seconds))
            time.sleep(_PAUSE)
            run = self._now()
        return run

    def _now(self) -> FlowRunInfo:
        """As it is, or as it was last seen."""
        found = self.client.read(route("flow_runs", self.run_id), tolerated=_PASSING)
        if found is not None:
            self._last = flow_run_info(found)
        return self._last

    def _set(self, state: str, message: str) -> None:
        body = {"state": {"type": state, "message": message}}
        self.client.post(route("flow_runs", self.run_id, "set_state"), body)

    def _obstacle(self, run: FlowRunInfo, deployment: DeploymentInfo) -> str:
        """What keeps workers from it."""
        name = deployment["work_pool"]
        if name is None:
            return "its deployment is in no work pool"
        pool = self.client.read(route("work_pools", name))
        if pool["is_paused"]:
            return f"work pool {name} is paused"
        found = self.client.read(route("work_pools", name, "workers", "filter"), {})
        workers = [worker_info(one) for one in found]
        online = sorted(one["worker"] for one in workers if one["status"] == "ONLINE")
        if not online:
            known = ", ".join(sorted(one["worker"] for one in workers)) or "none"
            return f"no worker of {name} is online (known: {known})"
        limit = pool["concurrency_limit"]
        full = f", which runs {limit} at once" if limit is not None else ""
        return f"it is {run['state_name']} in {name}{full}; online: {', '.join(online)}"

    def _show(self, run: FlowRunInfo, settle: bool = True) -> None:
        tasks, logs = self._details()
        end = time.monotonic() + _SETTLE_SECONDS
        while settle and run["started"] and time.monotonic() < end and not _settled(tasks, logs):
            time.sleep(_PAUSE)
            tasks, logs = self._details()
        report = Report(self.plan.name, run, tasks, logs, self._address)
        width = shutil.get_terminal_size(fallback=(130, 24)).columns - len(self.host.name) - 8
        for line in report.lines(max(width, 72)):
            self.host.log(line)

    def _details(self) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        tasks = self._all("task_runs", {"flow_runs": {"id": {"any_": [self.run_id]}}})
        query = {"logs": {"flow_run_id": {"any_": [self.run_id]}}, "sort": "TIMESTAMP_ASC"}
        return tasks, self._all("logs", query)

    def _all(self, kind: str, query: Mapping[str, Any]) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        while True:
            page = {**query, "limit": _PAGE, "offset": len(found)}
            got = self.client.read(f"{kind}/filter", page)
            found += got
            if len(got) < _PAGE:
                return found

    def _values(self, run: FlowRunInfo) -> dict[str, Any]:
        return {"run": run["flow_run"], "deployment": self.plan.name}

    @property
    def _address(self) -> str:
        return f"{self.plan.ui}/runs/flow-run/{self.run_id}"


def _settled(tasks: Sequence[Mapping[str, Any]], logs: Sequence[Mapping[str, Any]]) -> bool:
    """Whether the flow has said its last, and all tasks that have said something are known."""
    ended = any(one["task_run_id"] is None and one["message"].startswith(_ENDED) for one in logs)
    known = {one["id"] for one in tasks if one["state_type"] in FINAL}
    heard = {one["task_run_id"] for one in logs} - {None}
    return ended and len(known) == len(tasks) and heard <= known
