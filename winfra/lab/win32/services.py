"""The service's side of the control manager, as servicemanager and win32service need it."""

from __future__ import annotations

import threading
import traceback
from collections.abc import Callable
from typing import Any

from winfra.lab.scm import dispatcher
from winfra.lab.win32 import event_sources
from winfra.lab.win32.errors import INVALID_HANDLE, SERVICE_NOT_IN_EXE, error

OWN_PROCESS = 0x10
STOPPED, START_PENDING, STOP_PENDING = 1, 2, 3
SERVICE_SPECIFIC_ERROR, CALL_NOT_IMPLEMENTED = 1066, 120
_HANDLE = 0x5C0

# What servicemanager reports by itself: state, exit code, specific exit code, wait hint.
_STARTING = (START_PENDING, 0, 0, 5000)
_STOPPED = (STOPPED, 0, 0, 0)
_NEVER_STARTED = (STOPPED, SERVICE_SPECIFIC_ERROR, 1, 0)
_FAILED = (STOPPED, SERVICE_SPECIFIC_ERROR, 0x20000001, 0)
_IN_ERROR = (STOP_PENDING, SERVICE_SPECIFIC_ERROR, 1, 5000)


class Host:
    """The one service of this process.

    + make: makes the service's object, of the arguments that it was started with
    """

    def __init__(self, make: Any) -> None:
        self.running = False
        self.handler: Callable[..., Any] | None = None
        self.extended = False
        self.registered = False
        self._make = make
        self._dispatcher: dispatcher.Dispatcher | None = None

    def run(self) -> None:
        """StartServiceCtrlDispatcher: returns when the service has stopped."""
        try:
            connected = self._dispatcher = dispatcher.connect()
        except dispatcher.ScmError as failure:
            raise error(failure.code, "StartServiceCtrlDispatcher") from None
        from winfra.lab.win32 import consoles

        # The only thread in which Python takes signals; the service's code may run in others.
        consoles.HANDLERS.install()
        arguments = (connected.name, *connected.arguments)
        # Windows makes the thread: Python does not wait for it at its end.
        threading.Thread(target=self._serve, args=(arguments,), daemon=True).start()
        while not connected.ended:
            found = connected.next_control()
            if found is not None:
                connected.acknowledge(self._control(*found))

    def register(self, handler: Callable[..., Any], *, extended: bool) -> int:
        if self._dispatcher is None:
            raise error(SERVICE_NOT_IN_EXE, "RegisterServiceCtrlHandlerEx")
        self.handler, self.extended, self.registered = handler, extended, True
        return _HANDLE

    def set_status(self, status: list[int]) -> None:
        kind, state, accepted, win32_exit, specific_exit, checkpoint, wait_hint = status
        if self._dispatcher is not None:
            self._dispatcher.set_status(
                state, accepted, win32_exit, specific_exit, checkpoint, wait_hint, kind
            )

    def _report(self, status: tuple[int, int, int, int]) -> None:
        state, win32_exit, specific_exit, wait_hint = status
        self.set_status([OWN_PROCESS, state, 0, win32_exit, specific_exit, 0, wait_hint])

    def _serve(self, arguments: tuple[str, ...]) -> None:
        self.running = True
        instance = self._instance(arguments)
        if instance is not None and not self.registered:
            event_sources.report_python_error(event_sources.NO_CONTROL_HANDLER)
        self.registered = True
        if instance is None:
            self._report(_NEVER_STARTED)
            return
        self._report(_STARTING)
        self._report(_FAILED if self._fails(instance) else _STOPPED)

    def _instance(self, arguments: tuple[str, ...]) -> Any:
        from servicemanager import startup_error

        try:
            return self._make(arguments)
        except startup_error:
            return None
        except BaseException:  # noqa: BLE001 - of whatever kind, it is reported
            event_sources.report_python_error(event_sources.BAD_CLASS, traceback.format_exc())
            return None

    @staticmethod
    def _fails(instance: Any) -> bool:
        """Did SvcRun raise? Without one, it is as if it had returned."""
        run = getattr(instance, "SvcRun", None)
        if run is None:
            event_sources.report_python_error(event_sources.NO_RUN_METHOD, "AttributeError: SvcRun")
            return False
        try:
            run()
        except BaseException:  # noqa: BLE001 - the same
            event_sources.report_python_error(event_sources.RUN_FAILED, traceback.format_exc())
            return True
        return False

    def _control(self, control: int, event_type: int) -> int:
        """Have the service handle a control, on the dispatcher's thread."""
        if self.handler is None:
            self._report(_IN_ERROR)
            return CALL_NOT_IMPLEMENTED
        given = (control, event_type, None) if self.extended else (control,)
        try:
            result = self.handler(*given)
        except BaseException:  # noqa: BLE001 - the same
            event_sources.report_python_error(event_sources.CONTROL_FAILED, traceback.format_exc())
            return CALL_NOT_IMPLEMENTED
        if result is None:
            return 0
        if not isinstance(result, int):
            event_sources.report_python_error(
                event_sources.CONTROL_FAILED, "TypeError: an integer is required"
            )
            return SERVICE_SPECIFIC_ERROR
        return result & 0xFFFFFFFF


host: Host | None = None


def set_status(handle: int, status: list[int]) -> None:
    if handle != _HANDLE or host is None or not host.registered:
        raise error(INVALID_HANDLE, "SetServiceStatus")
    host.set_status(status)
