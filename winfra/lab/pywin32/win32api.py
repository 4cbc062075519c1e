"""win32api: handles, and what a process says of itself."""

from __future__ import annotations

import os
import time
from typing import Any

import win32console
from pywintypes import error

from winfra.lab.win32 import consoles, handles
from winfra.lab.win32.errors import ACCESS_DENIED, INVALID_PARAMETER, error as refusal, last, text
from winfra.lab.win32.handles import CURRENT_PROCESS, PyHANDLE
from winfra.lab.win32.processes import Process
from winfra.lab.win32.starting import ERROR_MODE

consoles.HANDLERS.install()

__all__ = [
    "CloseHandle", "FormatMessage", "GenerateConsoleCtrlEvent", "GetComputerName",
    "GetCurrentProcess", "GetCurrentProcessId", "GetLastError", "GetUserName", "OpenProcess",
    "SetConsoleCtrlHandler", "SetErrorMode", "SetHandleInformation", "Sleep", "TerminateProcess",
    "error",
]  # fmt: skip


def CloseHandle(handle: Any, /) -> None:
    if isinstance(handle, PyHANDLE):
        handle.Close()
    elif isinstance(handle, int):
        handles.close(handle)
    else:
        raise TypeError(
            f"A handle must be a HANDLE object or an integer (got {type(handle).__name__})"
        )


def SetHandleInformation(Object: Any, Mask: int, Flags: int, /) -> None:
    if Mask & 1:
        handles.set_inheritable(
            Object, inheritable=bool(Flags & 1), function="SetHandleInformation"
        )


def GetCurrentProcess() -> int:
    return CURRENT_PROCESS


def GetCurrentProcessId() -> int:
    return os.getpid()


def OpenProcess(reqdAccess: int, bInherit: int, pid: int, /) -> PyHANDLE:
    try:
        return handles.new(Process(pid, is_child=False), inheritable=bool(bInherit))
    except ProcessLookupError:
        raise refusal(INVALID_PARAMETER, "OpenProcess") from None
    except PermissionError:
        raise refusal(ACCESS_DENIED, "OpenProcess") from None


def TerminateProcess(handle: Any, exitCode: int, /) -> None:
    import win32process

    win32process.TerminateProcess(handle, exitCode)


def SetConsoleCtrlHandler(ctrlHandler: Any, bAdd: int = True, /) -> None:
    if ctrlHandler is None:
        consoles.HANDLERS.ignores = bool(bAdd)
        return
    if not callable(ctrlHandler):
        name = type(ctrlHandler).__name__
        raise TypeError(f"First argument must be callable (got {name})")
    if bAdd:
        consoles.HANDLERS.add(ctrlHandler)
    else:
        consoles.HANDLERS.remove(ctrlHandler)


def GenerateConsoleCtrlEvent(controlEvent: int, processGroupId: int, /) -> None:
    win32console.GenerateConsoleCtrlEvent(controlEvent, processGroupId)


def SetErrorMode(errorMode: int, /) -> int:
    """The mode until now: children inherit it, unless CREATE_DEFAULT_ERROR_MODE keeps them from it."""
    before = int(os.environ.get(ERROR_MODE, "0"))
    os.environ[ERROR_MODE] = str(errorMode)
    return before


def GetLastError() -> int:
    """That of this thread's last call that failed."""
    return last.number


def FormatMessage(errCode: int, /) -> str:
    return text(errCode) + "\r\n"


def GetComputerName() -> str:
    return os.environ.get("COMPUTERNAME", "").upper()


def GetUserName() -> str:
    return os.environ.get("USERNAME", "")


def Sleep(time_: int, bAlterable: int = 0, /) -> int:
    time.sleep(time_ / 1000)
    return 0
