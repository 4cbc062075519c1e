"""Jobs of Windows: what is in one ends with it, however deep its tree has grown."""

from __future__ import annotations

import time
from typing import Any

import pywintypes
import win32api
import win32job

WINDOWS_ERROR = pywintypes.error
KILLED = 1
_PAUSE = 0.01
_enclosing: list[Any] = []
"""Kept to the very end: closing it ends the host."""


def enclose() -> None:
    """Put this process into a job of its own: what it leaves behind ends when it does."""
    enclosing = make()
    put(enclosing, win32api.GetCurrentProcess())
    _enclosing.append(enclosing)


def make() -> Any:
    """A job whose processes end when its handle is closed."""
    job = win32job.CreateJobObject(None, "")
    kind = win32job.JobObjectExtendedLimitInformation
    limits = win32job.QueryInformationJobObject(job, kind)
    limits["BasicLimitInformation"]["LimitFlags"] |= win32job.JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE
    win32job.SetInformationJobObject(job, kind, limits)
    return job


def put(job: Any, process: Any) -> None:
    win32job.AssignProcessToJobObject(job, process)


def end(job: Any, seconds: float) -> bool:
    """End all of its processes; ``False`` when some are there after so many seconds."""
    win32job.TerminateJobObject(job, KILLED)
    give_up = time.monotonic() + seconds
    while _active(job):
        if time.monotonic() > give_up:
            return False
        time.sleep(_PAUSE)
    return True


def _active(job: Any) -> int:
    kind = win32job.JobObjectBasicAccountingInformation
    active: int = win32job.QueryInformationJobObject(job, kind)["ActiveProcesses"]
    return active
