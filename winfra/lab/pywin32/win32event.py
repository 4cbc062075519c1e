"""win32event: events, and waiting for them and for processes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pywintypes import check_attributes, error

from winfra.lab.win32 import handles
from winfra.lab.win32.handles import Event, PyHANDLE

# SWIG makes them signed numbers of 32 bits.
INFINITE = WAIT_FAILED = -1
WAIT_OBJECT_0, WAIT_ABANDONED, WAIT_ABANDONED_0 = 0, 0x80, 0x80
WAIT_IO_COMPLETION, WAIT_TIMEOUT = 0xC0, 258
MAXIMUM_WAIT_OBJECTS = 64
EVENT_ALL_ACCESS, EVENT_MODIFY_STATE, SYNCHRONIZE = 0x1F0003, 0x2, 0x100000
UNICODE = True

__all__ = [
    "EVENT_ALL_ACCESS", "EVENT_MODIFY_STATE", "INFINITE", "MAXIMUM_WAIT_OBJECTS", "SYNCHRONIZE",
    "UNICODE", "WAIT_ABANDONED", "WAIT_ABANDONED_0", "WAIT_FAILED", "WAIT_IO_COMPLETION",
    "WAIT_OBJECT_0", "WAIT_TIMEOUT", "CreateEvent", "ResetEvent", "SetEvent",
    "WaitForMultipleObjects", "WaitForSingleObject", "error",
]  # fmt: skip


def CreateEvent(
    EventAttributes: Any, bManualReset: int, bInitialState: int, Name: str | None, /
) -> PyHANDLE:
    inheritable = check_attributes(EventAttributes)
    if Name is not None:
        raise NotImplementedError("the lab's events have no names")
    event = Event(manual=bool(bManualReset), signalled=bool(bInitialState))
    return handles.new(event, inheritable=inheritable)


def SetEvent(hEvent: Any, /) -> None:
    handles.find(hEvent, Event, "SetEvent").set()


def ResetEvent(hEvent: Any, /) -> None:
    handles.find(hEvent, Event, "ResetEvent").reset()


def WaitForSingleObject(hHandle: Any, milliseconds: int, /) -> int:
    return handles.wait(
        [hHandle], together=False, milliseconds=milliseconds, function="WaitForSingleObject"
    )


def WaitForMultipleObjects(handlelist: Sequence[Any], bWaitAll: int, milliseconds: int, /) -> int:
    try:
        for one in handlelist:
            handles.number(one)
    except TypeError:
        raise TypeError("Handles must be a list of integers") from None
    return handles.wait(
        list(handlelist), together=bool(bWaitAll), milliseconds=milliseconds,
        function="WaitForMultipleObjects",
    )  # fmt: skip
