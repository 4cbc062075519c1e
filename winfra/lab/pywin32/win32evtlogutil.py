"""win32evtlogutil: events under a source's name."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import win32evtlog
from pywintypes import error

from winfra.lab.win32 import event_sources
from winfra.lab.win32.errors import ACCESS_DENIED, error as refusal

__all__ = ["AddSourceToRegistry", "ReportEvent", "error"]


def AddSourceToRegistry(
    appName: str,
    msgDLL: str | None = None,
    eventLogType: str = "Application",
    eventLogFlags: int | None = None,
    categoryDLL: str | None = None,
    categoryCount: int = 0,
) -> None:
    from winfra.lab import token

    if not token.of_process(Path(os.environ["WINFRA_LAB"])).elevated:
        raise refusal(ACCESS_DENIED, "RegCreateKey")
    flags = 7 if eventLogFlags is None else eventLogFlags
    event_sources.register(appName, msgDLL or "win32evtlog.pyd", eventLogType, flags)


def ReportEvent(
    appName: str,
    eventID: int,
    eventCategory: int = 0,
    eventType: int = win32evtlog.EVENTLOG_ERROR_TYPE,
    strings: Sequence[str] | None = None,
    data: bytes | None = None,
    sid: Any = None,
) -> None:
    log = win32evtlog.RegisterEventSource(None, appName)
    win32evtlog.ReportEvent(log, eventType, eventCategory, eventID, sid, strings, data)
