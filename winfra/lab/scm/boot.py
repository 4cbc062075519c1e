"""Coming up and going down: automatic and delayed starts, preshutdown and shutdown."""

from __future__ import annotations

import threading
import time

from winfra.lab.scm import codes
from winfra.lab.scm.codes import ScmError
from winfra.lab.scm.control import Controller
from winfra.lab.scm.core import HANDLES, Core
from winfra.lab.scm.database import Service
from winfra.lab.scm.starting import Starter

KILL_MILLISECONDS = 5000
"""WaitToKillServiceTimeout, where the value is missing."""


class Boot:
    """Takes the services up and down with the machine."""

    def __init__(self, core: Core, starter: Starter, controller: Controller) -> None:
        self._core = core
        self._starter = starter
        self._controller = controller
        self._delayed: threading.Timer | None = None

    def up(self) -> None:
        """The machine starts: those of Windows run at once, the others behind this call's back."""
        with self._core.changed:
            self._core.down = self._core.ending = False
            (self._core.lab.state / HANDLES).unlink(missing_ok=True)
            found = [one for one in self._core.database.all() if not self._core.removed(one)]
            automatic = [one for one in found if one.start == codes.AUTO_START]
            for service in automatic:
                if self._starter.is_built_in(service):
                    status = self._starter.built_in_status(service)
                    self._core.record(service.name).status = status
            self._core.save(names=[one.name for one in found])
            if not all(self._starter.is_built_in(one) for one in automatic):
                self._start_others()

    def _start_others(self) -> None:
        thread = threading.Thread(
            target=self._start_all, args=(self._core.generation,), name="boot"
        )
        thread.daemon = True
        thread.start()

    def _automatic(self) -> list[Service]:
        graph = self._core.graph()
        found = (graph.services[name.lower()] for name in graph.start_order())
        return [one for one in found if one.start == codes.AUTO_START]

    def _start_all(self, generation: int) -> None:
        self._start_some(generation, delayed=False)
        with self._core.changed:
            if self._core.down or self._core.generation != generation:
                return
            # The delay counts from when the others were started.
            seconds = self._core.lab.config.delayed_start_seconds
            some = {"generation": generation, "delayed": True}
            self._delayed = threading.Timer(seconds, self._start_some, kwargs=some)
            self._delayed.daemon = True
            self._delayed.start()

    def _start_some(self, generation: int, *, delayed: bool) -> None:
        with self._core.changed:
            for service in self._automatic():
                if self._core.down or self._core.generation != generation:
                    return
                if service.delayed == delayed and self._core.state(service.name) == codes.STOPPED:
                    self._start(service)

    def _start(self, service: Service) -> None:
        try:
            self._starter.start(service)
        except ScmError:
            return  # the event log has it
        threading.Thread(target=self._watch, args=(service,), daemon=True).start()

    def _watch(self, service: Service) -> None:
        """An automatic start that hangs goes to the event log."""
        with self._core.changed:
            self._starter.wait(service.name)
            if not self._core.down and self._core.state(service.name) == codes.START_PENDING:
                self._core.note(7022, service.display_name)

    def shut_down(self) -> None:
        """Preshutdown, then shutdown; each service has the time that its settings give it."""
        with self._core.changed:
            self._core.ending = True
            waiting = self._tell(codes.PRESHUTDOWN, codes.ACCEPT_PRESHUTDOWN)
            self._wait(waiting, [one.preshutdown_milliseconds / 1000 for one in waiting])
            waiting = self._tell(codes.SHUTDOWN, codes.ACCEPT_SHUTDOWN)
            limit = self._core.database.limit("WaitToKillServiceTimeout", KILL_MILLISECONDS)
            self._wait(waiting, [limit] * len(waiting))
        self.off()

    def off(self) -> None:
        """The machine is off: nothing that ends from now on is a failure."""
        with self._core.changed:
            if self._delayed is not None:
                self._delayed.cancel()
            for process in list(self._core.processes.values()):
                process.kill()
            self._core.forget()

    def _tell(self, control: int, accepted: int) -> list[Service]:
        """Send a control to all that accept it, in the order of the database."""
        told = []
        for service in self._core.database.all():
            record = self._core.record(service.name)
            running = record.status.state in {codes.RUNNING, codes.PAUSED}
            if running and record.status.accepted & accepted and record.process is not None:
                record.process.send(control)
                told.append(service)
        return told

    def _wait(self, services: list[Service], seconds: list[float]) -> None:
        """Wait until each has stopped or its time is over."""
        start = time.monotonic()
        waiting = list(zip(services, seconds, strict=True))
        while waiting:
            passed = time.monotonic() - start
            waiting = [
                (one, limit)
                for one, limit in waiting
                if passed < limit and self._core.state(one.name) != codes.STOPPED
            ]
            if waiting:
                self._core.changed.wait(min(limit for _, limit in waiting) - passed)
