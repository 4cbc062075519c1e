"""The service control manager of a lab: it lives in the daemon, and answers ``client.request``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from winfra.lab import token
from winfra.lab.scm import codes, jobs
from winfra.lab.scm.boot import Boot
from winfra.lab.scm.codes import ScmError
from winfra.lab.scm.configuration import Configuration
from winfra.lab.scm.control import Controller
from winfra.lab.scm.core import Core, Record
from winfra.lab.scm.database import Service
from winfra.lab.scm.events import STATES
from winfra.lab.scm.process import Door, ServiceProcess
from winfra.lab.scm.recovery import Recovery
from winfra.lab.scm.starting import Starter
from winfra.lab.state import Lab
from winfra.lab.token import Token
from winfra.lab.well_known import INTERACTIVE

SERVICE_LOGON = "S-1-5-6"
REPORTED = (
    "type", "state", "accepted", "win32_exit", "specific_exit", "checkpoint", "wait_hint",
)  # fmt: skip
"""SERVICE_STATUS: what a service says of itself."""
_QUERIES = {"query", "list", "dependents", "find"}


class Scm:
    """Requests come in from many threads; one lock lets one of them in at a time."""

    def __init__(self, lab: Lab, reboot: Callable[[], object]) -> None:
        self._core = Core(lab)
        self._starter = Starter(self._core, self)
        self._controller = Controller(self._core)
        self._configuration = Configuration(self._core)
        self._recovery = Recovery(self._core, self._starter, reboot)
        self._boot = Boot(self._core, self._starter, self._controller)
        self._door: Door | None = None

    def start(self) -> None:
        """The machine comes up."""
        if self._door is None:
            self._door = Door(self._core.lab.folder, self._core.processes.get)
        self._boot.up()

    def shut_down(self) -> None:
        """The machine goes down in good order; who ends its processes is the caller."""
        self._boot.shut_down()

    def power_off(self) -> None:
        """The machine is off at once."""
        self._boot.off()

    def request(
        self, verb: str, caller: Mapping[str, str], arguments: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Answer ``client.request``: a result, or the system error code of a refusal."""
        try:
            with self._core.changed:
                result = self._answer(verb, caller, arguments)
        except ScmError as error:
            return {"code": error.code, "result": None}
        return {"code": 0, "result": result}

    def _answer(self, verb: str, caller: Mapping[str, str], arguments: Mapping[str, Any]) -> Any:
        who = token.of_process(self._core.lab.folder, caller)
        if self._core.down:
            raise codes.error(codes.SHUTDOWN_IN_PROGRESS)
        method: Callable[..., Any] = getattr(self, f"_on_{verb}")
        if verb in {"create", "list", "find"}:
            _check(who, verb, arguments)
            return method(**arguments)
        service = self._core.service(arguments["name"])
        _check(who, verb, arguments)
        given = {key: value for key, value in arguments.items() if key != "name"}
        return method(service, **given)

    def _on_create(self, name: str, settings: Mapping[str, Any]) -> None:
        self._configuration.create(name, settings)

    def _on_change(self, service: Service, settings: Mapping[str, Any]) -> None:
        self._configuration.change(service, settings)

    def _on_delete(self, service: Service) -> None:
        self._configuration.delete(service)

    def _on_query(self, service: Service) -> dict[str, Any]:
        return self._core.describe(service)

    def _on_list(self) -> list[dict[str, Any]]:
        found = [one for one in self._core.database.all() if not self._core.removed(one)]
        return [self._core.describe(one) for one in found]

    def _on_find(self, display_name: str) -> str:
        wanted = display_name.lower()
        for one in self._core.database.all():
            if one.display_name.lower() == wanted:
                return one.name
        raise codes.error(codes.SERVICE_DOES_NOT_EXIST)

    def _on_dependents(self, service: Service) -> list[str]:
        return self._core.graph().dependents(service.name)

    def _on_start(self, service: Service, arguments: list[str] | None = None) -> dict[str, Any]:
        self._starter.start(service, arguments or [])
        return self._core.describe(service)

    def _on_control(self, service: Service, control: int) -> dict[str, Any]:
        self._controller.control(service, control)
        return self._core.describe(service)

    # What a service's process does, told by its own thread.

    def on_connected(self, process: ServiceProcess) -> None:
        with self._core.changed:
            self._core.changed.notify_all()

    def on_handled(self, process: ServiceProcess, code: int) -> None:
        with self._core.changed:
            name = self._core.owner(process)
            if name is not None:
                self._core.record(name).answer = code
                self._core.changed.notify_all()

    def on_status(self, process: ServiceProcess, status: Mapping[str, int]) -> None:
        with self._core.changed:
            service, record = self._of(process)
            status = {name: int(status.get(name, 0)) for name in REPORTED}
            if service is None or record is None or status["state"] not in codes.STATES:
                return
            if status["state"] == codes.STOPPED:
                self._stopped(service, record, status)
                process.let_go()
                return
            before = record.status.state
            self._core.update(record, **status)
            if status["state"] != before and status["state"] in STATES:
                self._core.note(7036, service.display_name, STATES[status["state"]])

    def on_ended(self, process: ServiceProcess) -> None:
        jobs.close(self._core.lab.folder, process.pid)
        with self._core.changed:
            if self._core.processes.get(process.pid) is process:
                del self._core.processes[process.pid]
            service, record = self._of(process)
            if service is not None and record is not None and process.connected:
                self._core.stopped(record, codes.PROCESS_ABORTED)
                if not self._core.ending:
                    self._recovery.failed(service, crashed=True)
                self._core.removed(service)
            self._core.changed.notify_all()

    def _of(self, process: ServiceProcess) -> tuple[Service | None, Record | None]:
        name = self._core.owner(process)
        if name is None:
            return None, None
        return self._core.database.find(name), self._core.record(name)

    def _stopped(self, service: Service, record: Record, status: Mapping[str, int]) -> None:
        code, specific = status["win32_exit"], status["specific_exit"]
        self._core.stopped(record, code, specific)
        if code == codes.SERVICE_SPECIFIC_ERROR:
            self._core.note(7024, service.display_name, f"%%{specific}")
        elif code:
            self._core.note(7023, service.display_name, f"%%{code}")
        self._core.note(7036, service.display_name, STATES[codes.STOPPED])
        if code and service.failure_flag and not self._core.ending:
            self._recovery.failed(service, crashed=False)
        self._core.removed(service)


def _check(who: Token, verb: str, arguments: Mapping[str, Any]) -> None:
    """The default access list of services: whoever logged on at the machine, or as a service, reads.

    An administrator does all; others that came over the network do not even read
    ("Service Security and Access Rights").
    """
    reads = verb in _QUERIES or (verb == "control" and arguments["control"] == codes.INTERROGATE)
    may_read = {INTERACTIVE, SERVICE_LOGON} & {*who.groups}
    if not who.elevated and not (reads and may_read):
        raise codes.error(codes.ACCESS_DENIED)
