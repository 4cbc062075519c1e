"""Controls: stop, pause, continue, interrogate, and a service's own from 128 on."""

from __future__ import annotations

from winfra.lab.scm import codes
from winfra.lab.scm.core import Core, Record
from winfra.lab.scm.database import Service
from winfra.lab.scm.events import STATES
from winfra.lab.scm.process import ServiceProcess
from winfra.lab.scm.starting import Starter

_KNOWN = {codes.STOP, codes.PAUSE, codes.CONTINUE, codes.INTERROGATE, *range(6, 11)}
_BUILT_IN = {
    codes.STOP: codes.STOPPED,
    codes.PAUSE: codes.PAUSED,
    codes.CONTINUE: codes.RUNNING,
}


class Controller:
    """Sends controls; every method is called by who holds ``core.changed``."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def control(self, service: Service, control: int) -> None:
        """Send a control as ControlService does; returns when the handler has."""
        record = self._core.record(service.name)
        self._check(service, record, control)
        if control == codes.INTERROGATE and record.status.state in {
            codes.START_PENDING,
            codes.STOP_PENDING,
        }:
            return
        if Starter.is_built_in(service):
            self._control_built_in(service, record, control)
        elif record.process is not None:
            self.deliver(service, record, record.process, control)

    def _check(self, service: Service, record: Record, control: int) -> None:
        status = record.status
        if control not in _KNOWN and control not in codes.USER_CONTROLS:
            raise codes.error(codes.INVALID_PARAMETER)
        if status.state == codes.STOPPED:
            raise codes.error(codes.SERVICE_NOT_ACTIVE)
        pending = status.state in {codes.START_PENDING, codes.STOP_PENDING} or record.stopping
        if pending and control != codes.INTERROGATE:
            raise codes.error(codes.SERVICE_CANNOT_ACCEPT_CTRL)
        needed = codes.NEEDED.get(control, 0)
        if status.accepted & needed != needed:
            raise codes.error(codes.INVALID_SERVICE_CONTROL)
        if control == codes.STOP and self._has_running_dependents(service):
            raise codes.error(codes.DEPENDENT_SERVICES_RUNNING)

    def _has_running_dependents(self, service: Service) -> bool:
        names = self._core.graph().dependents(service.name)
        return any(self._core.state(name) != codes.STOPPED for name in names)

    def _control_built_in(self, service: Service, record: Record, control: int) -> None:
        state = _BUILT_IN.get(control, record.status.state)
        if state == record.status.state:
            return
        if state == codes.STOPPED:
            self._core.stopped(record, 0)
        else:
            self._core.update(record, state=state)
        self._core.note(7036, service.display_name, STATES[state])

    def deliver(
        self, service: Service, record: Record, process: ServiceProcess, control: int
    ) -> None:
        """Send one control and wait for its handler; one after another."""
        core, limit = self._core, self._core.limit()
        if not core.changed.wait_for(lambda: not record.busy, limit):
            raise codes.error(codes.SERVICE_REQUEST_TIMEOUT)
        record.busy, record.answer = True, None
        record.stopping |= control == codes.STOP
        generation = core.generation
        process.send(control)

        def is_over() -> bool:
            answered = record.answer is not None or record.process is not process
            return answered or core.generation != generation

        core.changed.wait_for(is_over, limit)
        if core.generation != generation:
            raise codes.error(codes.SHUTDOWN_IN_PROGRESS)
        record.busy = False
        core.changed.notify_all()
        self._judge(service, record, process, limit)

    def _judge(
        self, service: Service, record: Record, process: ServiceProcess, limit: float
    ) -> None:
        if record.process is not process:
            if record.status.win32_exit == codes.PROCESS_ABORTED:
                raise codes.error(codes.BROKEN_PIPE)
        elif record.answer is None:
            self._core.note(7011, f"{limit * 1000:.0f}", service.name)
            raise codes.error(codes.SERVICE_REQUEST_TIMEOUT)
        elif record.answer:
            record.stopping = False
            raise codes.error(record.answer)
