"""win32console: consoles, and their Ctrl-C."""

from __future__ import annotations

from pathlib import Path

from pywintypes import error

from winfra.lab.win32 import consoles
from winfra.lab.win32.errors import (
    ACCESS_DENIED,
    INVALID_HANDLE,
    INVALID_PARAMETER,
    error as refusal,
)

CTRL_C_EVENT, CTRL_BREAK_EVENT = 0, 1
ATTACH_PARENT_PROCESS = -1
STD_INPUT_HANDLE, STD_OUTPUT_HANDLE, STD_ERROR_HANDLE = -10, -11, -12

__all__ = [
    "ATTACH_PARENT_PROCESS", "CTRL_BREAK_EVENT", "CTRL_C_EVENT", "STD_ERROR_HANDLE",
    "STD_INPUT_HANDLE", "STD_OUTPUT_HANDLE", "AllocConsole", "AttachConsole", "FreeConsole",
    "GenerateConsoleCtrlEvent", "GetConsoleProcessList", "GetConsoleWindow", "error",
]  # fmt: skip


def AllocConsole() -> None:
    if consoles.current():
        raise refusal(ACCESS_DENIED, "AllocConsole")
    consoles.allocate()


def AttachConsole(ProcessId: int) -> None:
    if consoles.current():
        raise refusal(ACCESS_DENIED, "AttachConsole")
    if not Path(f"/proc/{ProcessId}").exists():
        raise refusal(INVALID_PARAMETER, "AttachConsole")
    console = consoles.of_process(ProcessId)
    if not console:
        raise refusal(INVALID_HANDLE, "AttachConsole")
    consoles.attach(console)


def FreeConsole() -> None:
    if not consoles.current():
        raise refusal(INVALID_PARAMETER, "FreeConsole")
    consoles.detach()


def GenerateConsoleCtrlEvent(CtrlEvent: int, ProcessGroupId: int = 0) -> None:
    function = "GenerateConsoleCtrlEvent"
    if CtrlEvent not in {CTRL_C_EVENT, CTRL_BREAK_EVENT}:
        raise refusal(INVALID_PARAMETER, function)
    if not consoles.current():
        raise refusal(INVALID_HANDLE, function)
    if not consoles.send(CtrlEvent, ProcessGroupId):
        raise refusal(INVALID_PARAMETER, function)


def GetConsoleProcessList() -> tuple[int, ...]:
    if not consoles.current():
        raise refusal(INVALID_HANDLE, "GetConsoleProcessList")
    return tuple(consoles.members(consoles.current()))


def GetConsoleWindow() -> int:
    """A window of the lab is a number that is not zero."""
    return hash(consoles.current()) & 0xFFFFFE | 2 if consoles.current() else 0
