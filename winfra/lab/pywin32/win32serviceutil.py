"""win32serviceutil: the class that services are made of."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from typing import Any

import win32service

error = RuntimeError

__all__ = ["ServiceFramework", "error"]


class ServiceFramework:
    """A subclass has ``_svc_name_``, ``_svc_display_name_``, ``SvcDoRun`` and mostly ``SvcStop``."""

    _svc_name_: str
    _svc_deps_: Sequence[str] | None = None
    _exe_name_: str | None = None
    _exe_args_: str | None = None
    _svc_description_: str | None = None

    def __init__(self, args: Sequence[str]) -> None:
        import servicemanager

        self.ssh: Any = servicemanager.RegisterServiceCtrlHandler(
            args[0], self.ServiceCtrlHandlerEx, True
        )
        servicemanager.SetEventSourceName(self._svc_name_)
        self.checkPoint = 0

    def GetAcceptedControls(self) -> int:
        accepted = 0
        if hasattr(self, "SvcStop"):
            accepted |= win32service.SERVICE_ACCEPT_STOP
        if hasattr(self, "SvcPause") and hasattr(self, "SvcContinue"):
            accepted |= win32service.SERVICE_ACCEPT_PAUSE_CONTINUE
        if hasattr(self, "SvcShutdown"):
            accepted |= win32service.SERVICE_ACCEPT_SHUTDOWN
        return accepted

    def ReportServiceStatus(
        self, serviceStatus: int, waitHint: int = 5000, win32ExitCode: int = 0, svcExitCode: int = 0
    ) -> None:
        """Report a state; each pending one with the next checkpoint."""
        if self.ssh is None:
            return
        starts = serviceStatus == win32service.SERVICE_START_PENDING
        settled = {win32service.SERVICE_RUNNING, win32service.SERVICE_STOPPED}
        if serviceStatus not in settled:
            self.checkPoint += 1
        win32service.SetServiceStatus(
            self.ssh,
            (
                win32service.SERVICE_WIN32_OWN_PROCESS,
                serviceStatus,
                0 if starts else self.GetAcceptedControls(),
                win32ExitCode,
                svcExitCode,
                0 if serviceStatus in settled else self.checkPoint,
                waitHint,
            ),
        )

    def SvcInterrogate(self) -> None:
        self.ReportServiceStatus(win32service.SERVICE_RUNNING)

    def SvcOther(self, control: int) -> Any:
        with contextlib.suppress(OSError):
            print(f"Unknown control status - {control}")

    def SvcOtherEx(self, control: int, event_type: int, data: Any) -> Any:
        return self.SvcOther(control)

    def ServiceCtrlHandler(self, control: int) -> Any:
        return self.ServiceCtrlHandlerEx(control, 0, None)

    def ServiceCtrlHandlerEx(self, control: int, event_type: int, data: Any) -> Any:
        name = {
            win32service.SERVICE_CONTROL_STOP: "SvcStop",
            win32service.SERVICE_CONTROL_PAUSE: "SvcPause",
            win32service.SERVICE_CONTROL_CONTINUE: "SvcContinue",
            win32service.SERVICE_CONTROL_INTERROGATE: "SvcInterrogate",
            win32service.SERVICE_CONTROL_SHUTDOWN: "SvcShutdown",
        }.get(control)
        if name is None:
            return self.SvcOtherEx(control, event_type, data)
        return getattr(self, name)()

    def SvcRun(self) -> None:
        """RUNNING, then ``SvcDoRun``, then STOP_PENDING: servicemanager reports STOPPED."""
        self.ReportServiceStatus(win32service.SERVICE_RUNNING)
        self.SvcDoRun()
        self.ReportServiceStatus(win32service.SERVICE_STOP_PENDING)

    def SvcDoRun(self) -> Any:
        raise AttributeError(f"{type(self).__name__!r} object has no attribute 'SvcDoRun'")
