"""servicemanager: what makes a Python process a service."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from winfra.lab.win32 import event_sources, services

COINIT_MULTITHREADED, COINIT_APARTMENTTHREADED = 0x0, 0x2
COINIT_DISABLE_OLE1DDE, COINIT_SPEED_OVER_MEMORY = 0x4, 0x8
# Of severity "informational", as signed numbers of 32 bits.
PYS_SERVICE_STARTING, PYS_SERVICE_STARTED = 0x40001000, 0x40001002
PYS_SERVICE_STOPPING, PYS_SERVICE_STOPPED = 0x40001003, 0x40001004
EVENTLOG_ERROR_TYPE, EVENTLOG_WARNING_TYPE, EVENTLOG_INFORMATION_TYPE = 1, 2, 4
EVENTLOG_AUDIT_SUCCESS, EVENTLOG_AUDIT_FAILURE = 8, 16


class startup_error(Exception):
    pass


def Initialize(eventSourceName: str | None = None, eventSourceFile: str | None = None, /) -> None:
    if eventSourceName:
        event_sources.Source.name = eventSourceName
    if eventSourceFile:
        event_sources.Source.file = eventSourceFile


def Finalize() -> None:
    services.host = None


def PrepareToHostSingle(klass: Any = None, /) -> None:
    services.host = services.Host(klass)


def PrepareToHostMultiple(service_name: str, klass: Any, /) -> None:
    raise NotImplementedError("the lab's Python hosts one service in a process")


def StartServiceCtrlDispatcher() -> None:
    host = services.host or services.Host(None)
    host.run()


def RegisterServiceCtrlHandler(
    serviceName: str, callback: Callable[..., Any], extra_args: int = False, /
) -> int:
    if not callable(callback):
        raise TypeError("Second argument must be a callable object")
    if not isinstance(serviceName, str):
        raise TypeError("The object is not a string")
    if services.host is None:
        raise ValueError("The service name is not hosted by this process")
    return services.host.register(callback, extended=bool(extra_args))


def RunningAsService() -> bool:
    return services.host is not None and services.host.running


def Debugging(newVal: int = -1, /) -> bool:
    """A service is debugged with pythonservice.exe, which the lab has not."""
    return False


def SetEventSourceName(sourceName: str, registerNow: int = False, /) -> None:
    event_sources.Source.name = sourceName
    event_sources.Source.registered = False
    if registerNow:
        event_sources.Source.register()


def LogMsg(errorType: int, eventId: int, inserts: Sequence[str] | None = None, /) -> None:
    if inserts is not None and not isinstance(inserts, Sequence):
        raise TypeError("strings must be None or a sequence")
    event_sources.report(errorType, eventId, list(inserts or ()))


def LogInfoMsg(msg: str, /) -> None:
    event_sources.report(EVENTLOG_INFORMATION_TYPE, event_sources.GENERIC, [msg])


def LogWarningMsg(msg: str, /) -> None:
    event_sources.report(EVENTLOG_WARNING_TYPE, event_sources.GENERIC, [msg])


def LogErrorMsg(msg: str, /) -> None:
    event_sources.report(EVENTLOG_ERROR_TYPE, event_sources.GENERIC, [msg])


def PumpWaitingMessages(firstMessage: int = 0, lastMessage: int = 0, /) -> int:
    return 0
