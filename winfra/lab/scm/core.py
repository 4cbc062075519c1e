"""What the parts of the control manager share: one lock, the services' states, the way to the rest."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from winfra.lab.scm import codes, events
from winfra.lab.scm.accounts import Secrets
from winfra.lab.scm.database import Database, Service, is_name
from winfra.lab.scm.ordering import Graph
from winfra.lab.scm.process import ServiceProcess
from winfra.lab.state import Lab
from winfra.lab.state_file import read_json, write_json

HANDLES = "service_handles.json"
"""Names of services that somebody holds open, such as services.msc: for tests to write."""
PIPE_MILLISECONDS = 30_000
"""How long a process may take to connect, and a handler to return, where no value says otherwise."""


@dataclass
class Status:
    """SERVICE_STATUS_PROCESS."""

    type: int = codes.OWN_PROCESS
    state: int = codes.STOPPED
    pid: int = 0
    accepted: int = 0
    win32_exit: int = codes.SERVICE_NEVER_STARTED
    specific_exit: int = 0
    checkpoint: int = 0
    wait_hint: int = 0
    flags: int = 0


@dataclass
class Record:
    """What is known of a service besides its configuration, until the machine goes down.

    + reports: how often its status changed, so that a waiting one sees progress
    + stopping: a stop control was sent; no other one follows
    + busy: its handler has a control
    + answer: what that handler returned
    """

    status: Status = field(default_factory=Status)
    process: ServiceProcess | None = None
    reports: int = 0
    stopping: bool = False
    busy: bool = False
    answer: int | None = None
    failures: int = 0
    failed_at: float = 0.0
    timers: list[threading.Timer] = field(default_factory=list)


class Core:
    """Everything below ``changed`` is touched by who holds it; waiting on it lets go.

    + down: the machine is off
    + ending: it is going down: nothing starts, and nothing that ends is a failure
    + generation: how often it went down; who waited meanwhile has nothing left to wait for
    """

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self.changed = threading.Condition(threading.RLock())
        self.database = Database(lab.keys)
        self.secrets = Secrets(lab.folder)
        self.note = events.writer(lab.folder)
        self.down = True
        self.ending = False
        self.generation = 0
        self.processes: dict[int, ServiceProcess] = {}
        self._records: dict[str, Record] = {}
        self._names: list[str] = []

    def service(self, name: str) -> Service:
        """A service by its name, in any case; ``ScmError(1060)`` where there is none."""
        if not is_name(name):
            raise codes.error(codes.INVALID_NAME)
        found = self.database.find(name)
        if found is None or self.removed(found):
            raise codes.error(codes.SERVICE_DOES_NOT_EXIST)
        return found

    def graph(self) -> Graph:
        return Graph(self.database.all())

    def record(self, name: str) -> Record:
        return self._records.setdefault(name.lower(), Record())

    def owner(self, process: ServiceProcess) -> str | None:
        """The name of the service whose process this is now."""
        found = (name for name, one in self._records.items() if one.process is process)
        return next(found, None)

    def state(self, name: str) -> int:
        return self.record(name).status.state

    def limit(self) -> float:
        """ServicesPipeTimeout, in seconds."""
        return self.database.limit("ServicesPipeTimeout", PIPE_MILLISECONDS)

    def must_be_up(self, generation: int | None = None) -> None:
        """``ScmError(1115)`` where the machine goes down, or went down since that generation."""
        if self.down or self.ending or generation not in {None, self.generation}:
            raise codes.error(codes.SHUTDOWN_IN_PROGRESS)

    def update(self, record: Record, **values: int) -> None:
        """Change a status, tell who waits, and write all of them down."""
        record.status = replace(record.status, **values)
        record.reports += 1
        self.save()
        self.changed.notify_all()

    def stopped(self, record: Record, win32_exit: int, specific_exit: int = 0) -> None:
        record.process = None
        record.stopping = False
        self.update(
            record, state=codes.STOPPED, pid=0, accepted=0, checkpoint=0, wait_hint=0,
            win32_exit=win32_exit, specific_exit=specific_exit,
        )  # fmt: skip

    def removed(self, service: Service) -> bool:
        """Remove a service that is marked, once it has stopped and nobody holds it open."""
        held = [name.lower() for name in read_json(self.lab.state / HANDLES, [])]
        record = self.record(service.name)
        if (
            not service.delete_flag
            or record.status.state != codes.STOPPED
            or service.name.lower() in held
        ):
            return False
        self.database.delete(service.name)
        self.secrets.set(service.name, None)
        for timer in record.timers:
            timer.cancel()
        del self._records[service.name.lower()]
        self.save(names=self.database.names())
        return True

    def describe(self, service: Service) -> dict[str, Any]:
        """Configuration and status, as ``client`` says it."""
        status = asdict(self.record(service.name).status)
        return {**status, **service.plain()}

    def save(self, *, names: Iterable[str] | None = None) -> None:
        """Write the states; the names of services resolve by this file.

        + names: of all services, where one came or went
        """
        if self.down:
            return  # the machine is being made anew
        if names is not None:
            self._names = [*names]
        states = {one: asdict(self.record(one).status) for one in self._names}
        write_json(self.lab.state / "services.json", states)

    def forget(self) -> None:
        """The machine is off."""
        for timer in (timer for one in self._records.values() for timer in one.timers):
            timer.cancel()
        self._records = {}
        self.generation += 1
        self.down = True
        self.changed.notify_all()
