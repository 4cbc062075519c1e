"""A child is started, watched, started again, and ended when the service is stopped."""

from __future__ import annotations

import os
import time
from enum import Enum
from typing import Protocol

import win32event

from . import console, digests, events, settings
from .child import Child, reason
from .configuration import Service
from .events import Failure, Journal
from .job import WINDOWS_ERROR
from .policy import Allowance
from .probe import Prober
from .settings import SettingsError

_CHECKPOINT = 1.0


class HandedOverError(Exception):
    """The child keeps failing: what happens next is for Windows' recovery."""


class Control(Protocol):
    """What is needed of the control manager; ``stop`` is an event of Windows."""

    stop: object

    def running(self) -> None: ...
    def stopping(self) -> None: ...


class Cause(Enum):
    STOP = 0
    ENDED = 1
    DEAF = 2


class Supervisor:
    """One service from its start to its stop."""

    def __init__(
        self, control: Control, journal: Journal, service: Service, configuration: bytes
    ) -> None:
        self._control, self._journal, self._service = control, journal, service
        self._allowance = Allowance(service.restarts)
        # What this process was made from, whatever is put in its place while it runs.
        self._own = {
            "configuration": digests.digest(configuration),
            "host": digests.host(),
        }

    def run(self) -> None:
        """Until a stop; ``HandedOverError`` when the child keeps failing."""
        while True:
            child = self._start()
            self._control.running()
            cause = self._watch(child)
            if cause is Cause.STOP:
                self._stop(child)
                return
            how = self._fate(child, cause)
            self._end(child)
            if self._told_to_stop():
                self._journal.write(events.STOPPED, f"stopped, {how}")
                return
            self._again(cause, how)

    def _start(self) -> Child:
        program = self._service.program
        try:
            content = settings.load(program.settings)
            given = settings.parse(content, program.settings)
        except SettingsError as error:
            raise Failure(events.SETTINGS, f"{error} (as {_account()})") from error
        self._record(content)
        environment = settings.environment(os.environ, given)
        try:
            child = Child(program, environment, self._journal.output)
            # Before it says anything itself.
            self._journal.write(
                events.STARTED, f"started {program.command[0]}, process {child.pid}"
            )
            child.go()
        except WINDOWS_ERROR as error:
            raise Failure(
                events.NOT_STARTED,
                f"{program.command[0]} in {program.directory} cannot be started as {_account()}: "
                f"{reason(error, program)}",
            ) from error
        return child

    def _record(self, content: bytes | None) -> None:
        """Before the child starts: a host that is killed meanwhile has told the truth."""
        if self._service.record is None:
            return
        try:
            found = digests.collect_code(self._service.program)
            found |= {**self._own, "settings": digests.digest(content)}
            digests.write(self._service.record, found)
        except OSError as error:
            self._journal.write(
                events.RECORD, f"the record {self._service.record} cannot be made: {error}"
            )

    def _watch(self, child: Child) -> Cause:
        probe = self._service.probe
        # One for each child: a late answer about the one before says nothing about this one.
        deaf = win32event.CreateEvent(None, True, False, None)
        prober = Prober(probe, lambda: win32event.SetEvent(deaf)) if probe else None
        handles = [self._control.stop, child.process, deaf]
        index = win32event.WaitForMultipleObjects(handles, False, win32event.INFINITE)
        if prober is not None:
            prober.end()
        return Cause(index - win32event.WAIT_OBJECT_0)

    def _told_to_stop(self) -> bool:
        """At shutdown Windows may have ended the child before it asked the service."""
        answer: int = win32event.WaitForSingleObject(self._control.stop, 0)
        return answer == win32event.WAIT_OBJECT_0

    def _fate(self, child: Child, cause: Cause) -> str:
        if cause is Cause.DEAF:
            return f"process {child.pid} lives but does not answer"
        code = child.exit_code()
        return f"process {child.pid} ended with exit code {code} (0x{code:08X})"

    def _again(self, cause: Cause, how: str) -> None:
        if self._allowance.take(time.monotonic()):
            event = events.DEAF if cause is Cause.DEAF else events.RESTARTED
            self._journal.write(event, f"{how}; it is started again")
            return
        limit = self._service.restarts
        self._journal.write(
            events.HANDED_OVER,
            f"{how}; after {limit.count} restarts within {limit.seconds:g} s "
            "the recovery actions of the service decide",
        )
        raise HandedOverError

    def _stop(self, child: Child) -> None:
        """Ask by Ctrl-C, and insist when the time is over."""
        seconds = self._service.stop_seconds
        try:
            console.interrupt()
        except WINDOWS_ERROR as error:
            self._journal.write(events.CONSOLE, f"Ctrl-C cannot be sent: {error.strerror}")
            seconds = 0
        self._wait(child, seconds)
        if child.wait(0):
            # After the last of its output.
            self._end(child)
            self._journal.write(events.STOPPED, f"stopped, {self._fate(child, Cause.ENDED)}")
            return
        self._journal.write(
            events.DEADLINE, f"process {child.pid} did not end within {seconds:g} s; it is ended"
        )
        self._control.stopping()
        self._end(child)

    def _wait(self, child: Child, seconds: float) -> None:
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0 and not child.wait(min(left, _CHECKPOINT)):
            self._control.stopping()

    def _end(self, child: Child) -> None:
        if not child.end():
            self._journal.write(events.DEADLINE, f"some of process {child.pid}'s tree stays alive")


def _account() -> str:
    """For sentences alone."""
    domain = os.environ.get("USERDOMAIN", "")
    return f"{domain}\\{os.environ.get('USERNAME', 'unknown')}".lstrip("\\")
