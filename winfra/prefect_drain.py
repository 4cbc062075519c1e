"""Letting runs end before their worker or server is stopped, by pausing the pool that they come from.

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
from winfra.prefect_wait import has_stopped
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
    """Runs that are to end; as one of ``services.service``'s drains, around a worker's or a server's stop.

    + api: the server
    + pool: where runs come from
    + worker: the name of the worker whose runs they are
    + server: of a server its service: the runs of all workers end, who are on other hosts; a pool whose
      server does not start again stays paused for it
    + seconds: how long its runs may take
    + ready_seconds: how long a server that was restarted, too, may take until the pool is resumed
    + login_file: the service's settings, whose login a server takes that has yet to get the API's
    """

    api: Api
    pool: str
    worker: str
    seconds: float = 300
    ready_seconds: float = 120
    login_file: str | None = None
    server: str | None = None

    def __call__(self, host: Host) -> AbstractContextManager[None]:
        return _around(Work(host, self))

    @property
    def variable(self) -> str:
        """The name of the variable; Prefect takes a-z, 0-9, - and _ in one."""
        words = re.sub(r"[^a-z0-9]+", "-", f"{self.pool}-{self.worker}".lower()).strip("-")
        digest = hashlib.sha256(f"{self.pool}\n{self.worker}".encode()).hexdigest()[:8]
        return f"{TAG}-{words}-{digest}"

    @property
    def who(self) -> str:
        return f"server {self.server}" if self.server else f"worker {self.worker}"

    @property
    def values(self) -> dict[str, Any]:
        return {"who": self.who, "pool": self.pool, "seconds": f"{self.seconds:g}"}


def of(layout: Layout, computer: str) -> dict[str, Drain]:
    """The drains of a host, by their services.

    A server needs one of its own for workers on other hosts: those on its host are stopped before it.

    + computer: its name
    """
    found = {}
    if "workers" in layout.roles:
        service = layout.data["worker_service"]
        found[service] = _drain(layout, service, layout.worker(computer))
    if "server" in layout.roles and layout.workers_apart:
        service = layout.data["server_service"]
        found[service] = _drain(layout, service, service, server=service)
    return found


def _drain(layout: Layout, service: str, worker: str, server: str | None = None) -> Drain:
    data = layout.data
    return Drain(
        layout.api,
        data["work_pool"],
        worker,
        data["worker_drain_seconds"],
        login_file=layout.settings(service),
        server=server,
    )


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
            runs = self._runs(begun + self.drain.seconds)
            now = time.monotonic()
            # What it took just before the pause is not pending yet.
            if (not runs and quiet) or now - begun >= self.drain.seconds:
                return runs
            quiet = not runs
            if runs and (spoken == begun or now - spoken >= _SPEAK_SECONDS):
                spoken = now
                self.host.log(f"{self.drain.who} waits for {', '.join(runs)}")
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

    def is_gone(self) -> bool:
        """Whether there is no server that could let the pool go on."""
        return self.drain.server is not None and has_stopped(self.client, self.drain.server)

    def say(self, message: Message, **values: object) -> None:
        text = message.text(**self.drain.values, **values)
        self.host.log_styled(text, fg="yellow", log_func=logger.warning)

    def _runs(self, end: float) -> list[str]:
        """Those that go on; a server that fails may be back in a while, as its service starts it again."""
        end = min(end, time.monotonic() + self.drain.ready_seconds)
        while True:
            try:
                found = self.client.read(*runs_query(self.drain.pool))
                return active(found, None if self.drain.server else self.drain.worker)
            except RefusedError:
                if time.monotonic() >= end:
                    raise
                time.sleep(_PAUSE)

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


def active(runs: Any, worker: str | None) -> list[str]:
    """The names of a worker's runs, or all; those that have no worker's label yet may be its own."""
    return [run["name"] for run in runs or () if worker is None or _worker(run) in {None, worker}]


def _tags(pool: str) -> list[str]:
    return [TAG, f"pool:{pool}"]


def _worker(run: Mapping[str, Any]) -> Any:
    return (run.get("labels") or {}).get(WORKER_LABEL)


@contextmanager
def _around(work: Work) -> Iterator[None]:
    """What is to be stopped is so where the server cannot be asked, too: no worker does anything without."""
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
        if work.is_gone():
            work.host.log(f"{work.drain.pool} stays paused until {work.drain.who} runs again")
        else:
            work.resume()
    except RefusedError as refusal:
        values = {"reason": refusal.lines[0], **work.drain.values}
        raise Refused(messages.POOL_STAYS_PAUSED.text(**values)) from refusal
