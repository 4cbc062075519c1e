"""Letting a worker's runs end before it is stopped, by pausing the pool that it takes them from.

A pool has many workers and one pause: who pauses it leaves a variable in Prefect, and it is resumed by
the last of them. A pool that was paused before, by somebody else, stays paused.
"""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from typing import Any, NamedTuple

from pyinfra import logger
from pyinfra.api import Host

from winfra.messages import Message, prefect_worker as messages
from winfra.prefect_api import ABSENT, Api, Client, RefusedError, route
from winfra.prefect_layout import Layout
from winfra.service_change import Refused

TAG = "winfra-drain"
ACTIVE = ("PENDING", "RUNNING", "CANCELLING")
"""States of a run that a worker has taken."""
WORKER_LABEL = "prefect.worker.name"
_LIMIT = 200
_PAUSE = 1.0
_SPEAK_SECONDS = 30.0


class Query(NamedTuple):
    """A request that changes nothing."""

    path: str
    body: Mapping[str, Any]


@dataclass(frozen=True)
class Drain:
    """A worker that is to finish its runs; as one of ``services.service``'s drains, around its stop.

    + api: the server
    + pool: where the worker takes its runs from
    + worker: its name
    + seconds: how long its runs may take
    + ready_seconds: how long a server that was restarted, too, may take until the pool is resumed
    + login_file: the worker's settings, whose login a server takes that has yet to get the API's
    """

    api: Api
    pool: str
    worker: str
    seconds: float = 300
    ready_seconds: float = 120
    login_file: str | None = None

    def __call__(self, host: Host) -> AbstractContextManager[None]:
        return _around(Work(host, self))

    @property
    def variable(self) -> str:
        """The name of the variable; Prefect takes a-z, 0-9, - and _ in one."""
        words = re.sub(r"[^a-z0-9]+", "-", f"{self.pool}-{self.worker}".lower()).strip("-")
        digest = hashlib.sha256(f"{self.pool}\n{self.worker}".encode()).hexdigest()[:8]
        return f"{TAG}-{words}-{digest}"

    @property
    def values(self) -> dict[str, Any]:
        return {"worker": self.worker, "pool": self.pool, "seconds": f"{self.seconds:g}"}


def of(layout: Layout, computer: str) -> dict[str, Drain]:
    """The drains of a host, by their services.

    + computer: its name
    """
    if "workers" not in layout.roles:
        return {}
    data = layout.data
    service = data["worker_service"]
    drain = Drain(
        layout.api,
        data["work_pool"],
        layout.worker(computer),
        data["worker_drain_seconds"],
        login_file=layout.settings(service),
    )
    return {service: drain}


class Work:
    """One drain, carried out."""

    def __init__(self, host: Host, drain: Drain) -> None:
        self.host, self.drain = host, drain
        self.client = Client(host, drain.api, drain.login_file)
        self.paused = False

    def pause(self) -> bool:
        """Have no new runs begin; ``False`` where there is no such pool yet."""
        pool = self.client.read(self._pool, tolerated=ABSENT)
        if pool is None:
            return False
        others = self._drained()
        if pool["is_paused"] and not others:
            return True
        if self.drain.worker not in others:
            self.client.post("variables/", self._marker())
        self.paused = True
        self.client.patch(self._pool, {"is_paused": True})
        return True

    def wait(self) -> list[str]:
        """The names of the runs that have not ended in time."""
        begun = spoken = time.monotonic()
        quiet = False
        while True:
            runs = active(self.client.read(*runs_query(self.drain.pool)), self.drain.worker)
            now = time.monotonic()
            # What it took just before the pause is not pending yet.
            if (not runs and quiet) or now - begun >= self.drain.seconds:
                return runs
            quiet = not runs
            if runs and (spoken == begun or now - spoken >= _SPEAK_SECONDS):
                spoken = now
                self.host.log(f"{self.drain.worker} finishes {', '.join(runs)}")
            time.sleep(_PAUSE)

    def resume(self) -> None:
        """Take back what ``pause`` did; the last that does it lets the pool go on."""
        self._await()
        mine = f"variables/name/{self.drain.variable}"
        others = {*self._drained()} - {self.drain.worker}
        if not others:
            # First: a run that is cut off in between finds the variable.
            self.client.patch(self._pool, {"is_paused": False})
        self.client.delete(mine)
        if others and not self._drained():
            self.client.patch(self._pool, {"is_paused": False})

    def say(self, message: Message, **values: object) -> None:
        text = message.text(**self.drain.values, **values)
        self.host.log_styled(text, fg="yellow", log_func=logger.warning)

    def _await(self) -> None:
        """A server that has just been started answers a while later."""
        end = time.monotonic() + self.drain.ready_seconds
        while time.monotonic() < end:
            with suppress(RefusedError):
                self.client.read("ready")
                return
            time.sleep(_PAUSE)
        self.client.read("ready")

    def _drained(self) -> list[str]:
        return drained_workers(self.client.read(*drained_query(self.drain.pool)))

    def _marker(self) -> dict[str, Any]:
        value = {"pool": self.drain.pool, "worker": self.drain.worker}
        return {"name": self.drain.variable, "value": value, "tags": _tags(self.drain.pool)}

    @property
    def _pool(self) -> str:
        return route("work_pools", self.drain.pool)


def drained_query(pool: str) -> Query:
    """What asks for the pauses of a pool that are this module's."""
    return Query(
        "variables/filter", {"variables": {"tags": {"all_": _tags(pool)}}, "limit": _LIMIT}
    )


def drained_workers(found: Any) -> list[str]:
    """The workers for which a pool is paused."""
    return [one["value"]["worker"] for one in found or ()]


def runs_query(pool: str) -> Query:
    """What asks for the runs of a pool that have been taken and have not ended."""
    query = {
        "flow_runs": {"state": {"type": {"any_": [*ACTIVE]}}},
        "work_pools": {"name": {"any_": [pool]}},
        "limit": _LIMIT,
    }
    return Query("flow_runs/filter", query)


def active(runs: Any, worker: str) -> list[str]:
    """The names of a worker's runs; those that have no worker's label yet may be its own."""
    return [run["name"] for run in runs or () if _worker(run) in {None, worker}]


def _tags(pool: str) -> list[str]:
    return [TAG, f"pool:{pool}"]


def _worker(run: Mapping[str, Any]) -> Any:
    return (run.get("labels") or {}).get(WORKER_LABEL)


@contextmanager
def _around(work: Work) -> Iterator[None]:
    """A worker whose server cannot be asked is stopped all the same: it does nothing without one."""
    try:
        _enter(work)
        yield
    finally:
        if work.paused:
            _leave(work)


def _enter(work: Work) -> None:
    try:
        if work.pause() and (runs := work.wait()):
            work.say(messages.RUNS_CUT_OFF, runs=", ".join(runs))
    except RefusedError as refusal:
        work.say(messages.NOT_DRAINED, reason=refusal.lines[0])


def _leave(work: Work) -> None:
    try:
        work.resume()
    except RefusedError as refusal:
        values = {"reason": refusal.lines[0], **work.drain.values}
        raise Refused(messages.POOL_STAYS_PAUSED.text(**values)) from refusal
