"""The host's side of the control manager: it answers first, everything else is imported later."""

from __future__ import annotations

import os
import sys
from typing import Any

import servicemanager
import win32api  # noqa: F401  quick to load; the lab has its signals only from the main thread
import win32event
import win32service

ERROR_SUCCESS = 0
ERROR_SERVICE_SPECIFIC_ERROR = 1066
ERROR_CALL_NOT_IMPLEMENTED = 120
ERROR_FAILED_SERVICE_CONTROLLER_CONNECT = 1063
_STOPPING = {
    win32service.SERVICE_CONTROL_STOP,
    win32service.SERVICE_CONTROL_SHUTDOWN,
    win32service.SERVICE_CONTROL_PRESHUTDOWN,
}
_ACCEPTED = (
    win32service.SERVICE_ACCEPT_STOP
    | win32service.SERVICE_ACCEPT_SHUTDOWN
    | win32service.SERVICE_ACCEPT_PRESHUTDOWN
)
_START_MILLISECONDS = 60_000
_STOP_MILLISECONDS = 10_000
"""How long the control manager waits for the next checkpoint; one comes every second."""


def dispatch(mode: str, configuration: str) -> int:
    """Serve the control manager until the service has stopped."""

    def service(arguments: tuple[str, ...]) -> Service:
        return Service(arguments[0], mode, configuration)

    servicemanager.Initialize()
    servicemanager.PrepareToHostSingle(service)
    try:
        servicemanager.StartServiceCtrlDispatcher()
    except Exception as error:
        if getattr(error, "winerror", None) != ERROR_FAILED_SERVICE_CONTROLLER_CONNECT:
            raise
        _say(
            "only the control manager can start this: sc.exe start NAME. If it did, the service's "
            "image is a python.exe that starts another one, as that of a virtual environment does; "
            "give the interpreter's own\n"
        )
        return 1
    return 0


class Service:
    """What servicemanager makes when the control manager has called; SvcRun is its thread."""

    def __init__(self, name: str, mode: str, configuration: str) -> None:
        self.name = name
        self._mode, self._configuration = mode, configuration
        self.stop = win32event.CreateEvent(None, True, False, None)
        self._state = win32service.SERVICE_START_PENDING
        self._checkpoint = 0
        self._handle = servicemanager.RegisterServiceCtrlHandler(name, self._control, True)

    def SvcRun(self) -> None:  # noqa: N802  servicemanager calls it so
        """Do the work; what goes wrong in it must not look to Windows like a stop."""
        self._report(_START_MILLISECONDS)
        from .run import run

        code = run(self, self._mode, self._configuration)
        if code is None:
            # servicemanager reports STOPPED when this returns; once only, or Windows ends the process.
            return
        if code:
            self._state = win32service.SERVICE_STOPPED
            self._report(0, ERROR_SERVICE_SPECIFIC_ERROR, code)
        # Without STOPPED this is a failure for Windows, and its recovery acts.
        os._exit(1)

    def running(self) -> None:
        if self._state == win32service.SERVICE_START_PENDING:
            self._state = win32service.SERVICE_RUNNING
            self._report(0)

    def stopping(self) -> None:
        """Say that it will take a while yet."""
        self._state = win32service.SERVICE_STOP_PENDING
        self._report(_STOP_MILLISECONDS)

    def _control(self, control: int, event_type: int, data: Any) -> int:
        if control in _STOPPING:
            self.stopping()
            win32event.SetEvent(self.stop)
        elif control != win32service.SERVICE_CONTROL_INTERROGATE:
            return ERROR_CALL_NOT_IMPLEMENTED
        return ERROR_SUCCESS

    def _report(self, wait: int, error: int = ERROR_SUCCESS, code: int = 0) -> None:
        pending = wait > 0
        self._checkpoint = self._checkpoint + 1 if pending else 0
        accepted = _ACCEPTED if self._state == win32service.SERVICE_RUNNING else 0
        win32service.SetServiceStatus(
            self._handle,
            (
                win32service.SERVICE_WIN32_OWN_PROCESS,
                self._state,
                accepted,
                error,
                code,
                self._checkpoint,
                wait,
            ),
        )


def _say(text: str) -> None:
    """A service has no standard error."""
    if sys.stderr is not None:
        sys.stderr.write(text)
