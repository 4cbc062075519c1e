"""win32evtlog: writing to the event log."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pywintypes import error

from winfra.lab.win32 import event_sources, handles
from winfra.lab.win32.handles import KernelObject, PyHANDLE

EVENTLOG_ERROR_TYPE, EVENTLOG_WARNING_TYPE, EVENTLOG_INFORMATION_TYPE = 1, 2, 4
EVENTLOG_AUDIT_SUCCESS, EVENTLOG_AUDIT_FAILURE = 8, 16

__all__ = [
    "EVENTLOG_AUDIT_FAILURE", "EVENTLOG_AUDIT_SUCCESS", "EVENTLOG_ERROR_TYPE",
    "EVENTLOG_INFORMATION_TYPE", "EVENTLOG_WARNING_TYPE", "DeregisterEventSource",
    "RegisterEventSource", "ReportEvent", "error",
]  # fmt: skip


class _Source(KernelObject):
    def __init__(self, name: str) -> None:
        self.name = name


def RegisterEventSource(serverName: str | None, sourceName: str, /) -> PyHANDLE:
    return handles.new(_Source(sourceName))


def DeregisterEventSource(handle: Any, /) -> None:
    handles.find(handle, _Source, "DeregisterEventSource")
    handles.close(handles.number(handle))


def ReportEvent(
    EventLog: Any,
    Type: int,
    Category: int,
    EventID: int,
    UserSid: Any,
    Strings: Sequence[str] | None,
    RawData: bytes | None,
    /,
) -> None:
    source = handles.find(EventLog, _Source, "ReportEvent")
    texts = list(Strings or ())
    # The texts themselves, as with the message file that AddSourceToRegistry enters.
    message = "\r\n".join(texts)
    event_sources.write(source.name, Type, EventID, message, texts)
