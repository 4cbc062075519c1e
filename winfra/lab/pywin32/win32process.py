"""win32process: processes."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from pywintypes import check_attributes, error

from winfra.lab.win32 import consoles, handles, jobs, starting
from winfra.lab.win32.errors import ACCESS_DENIED, error as refusal
from winfra.lab.win32.handles import CURRENT_PROCESS, File, PyHANDLE
from winfra.lab.win32.processes import Process, Thread, kill

DEBUG_PROCESS, DEBUG_ONLY_THIS_PROCESS = 0x1, 0x2
CREATE_SUSPENDED, DETACHED_PROCESS, CREATE_NEW_CONSOLE = 0x4, 0x8, 0x10
NORMAL_PRIORITY_CLASS, IDLE_PRIORITY_CLASS, HIGH_PRIORITY_CLASS = 0x20, 0x40, 0x80
REALTIME_PRIORITY_CLASS, CREATE_NEW_PROCESS_GROUP, CREATE_UNICODE_ENVIRONMENT = 0x100, 0x200, 0x400
BELOW_NORMAL_PRIORITY_CLASS, ABOVE_NORMAL_PRIORITY_CLASS = 0x4000, 0x8000
CREATE_BREAKAWAY_FROM_JOB, CREATE_DEFAULT_ERROR_MODE = 0x1000000, 0x4000000
CREATE_NO_WINDOW = 0x8000000
STARTF_USESHOWWINDOW, STARTF_USESIZE, STARTF_USEPOSITION = 0x1, 0x2, 0x4
STARTF_USECOUNTCHARS, STARTF_USEFILLATTRIBUTE, STARTF_USESTDHANDLES = 0x8, 0x10, 0x100
UNICODE = True

__all__ = [
    "STARTUPINFO",
    "CreateProcess",
    "ExitProcess",
    "GetCurrentProcess",
    "GetCurrentProcessId",
    "GetExitCodeProcess",
    "GetProcessId",
    "ResumeThread",
    "TerminateProcess",
    "error",
]  # fmt: skip


class _StartupInfo:
    """PySTARTUPINFO."""

    __slots__ = (
        "dwFillAttribute", "dwFlags", "dwX", "dwXCountChars", "dwXSize", "dwY", "dwYCountChars",
        "dwYSize", "hStdError", "hStdInput", "hStdOutput", "lpDesktop", "lpTitle", "wShowWindow",
    )  # fmt: skip

    def __init__(self) -> None:
        for name in self.__slots__:
            object.__setattr__(self, name, None if name.startswith("lp") else 0)

    def __setattr__(self, name: str, value: Any) -> None:
        if name.startswith("hStd"):
            handles.number(value)
        elif not name.startswith("lp") and name in self.__slots__ and not isinstance(value, int):
            raise TypeError(f"{name} must be an integer")
        object.__setattr__(self, name, value)

    def standard(self, *, inherits: bool) -> list[int] | None:
        """The three files; None: those of the parent."""
        if not self.dwFlags & STARTF_USESTDHANDLES:
            return None
        wanted = (self.hStdInput, self.hStdOutput, self.hStdError)
        return [_file(one) if inherits else -1 for one in wanted]

    dwFlags: int
    wShowWindow: int
    hStdInput: Any
    hStdOutput: Any
    hStdError: Any
    lpDesktop: str | None
    lpTitle: str | None


def _file(handle: Any) -> int:
    """A handle that the child does not inherit means nothing to it."""
    number = handles.number(handle)
    if not number or not handles.is_inheritable(number):
        return -1
    return handles.find(number, File, "CreateProcess").number


def STARTUPINFO() -> _StartupInfo:
    return _StartupInfo()


def CreateProcess(
    appName: str | None,
    commandLine: str | None,
    processAttributes: Any,
    threadAttributes: Any,
    bInheritHandles: int,
    dwCreationFlags: int,
    newEnvironment: Mapping[str, str] | None,
    currentDirectory: str | None,
    startupinfo: Any,
    /,
) -> tuple[PyHANDLE, PyHANDLE, int, int]:
    if appName is None and commandLine is None:
        raise TypeError("The command line and application parameters can not both be None")
    if not isinstance(startupinfo, _StartupInfo):
        raise TypeError("The object is not a PySTARTUPINFO object")
    _check_environment(newEnvironment)
    flags = dwCreationFlags
    inherits = bool(bInheritHandles)
    names = jobs.of_children(breakaway=bool(flags & CREATE_BREAKAWAY_FROM_JOB))
    if names is None:
        raise refusal(ACCESS_DENIED, starting.FUNCTION)
    process = starting.Start(
        appName,
        commandLine,
        flags,
        newEnvironment,
        currentDirectory,
        startupinfo.standard(inherits=inherits),
        handles.inheritable_files() if inherits else [],
        names,
        _console(flags),
        consoles.HANDLERS.ignores,
    ).run()
    return (
        handles.new(process, inheritable=check_attributes(processAttributes)),
        handles.new(Thread(process), inheritable=check_attributes(threadAttributes)),
        process.pid,
        process.pid,
    )


def _console(flags: int) -> str:
    if flags & DETACHED_PROCESS:
        return starting.NO_CONSOLE
    # Windows makes one for a console program whose parent has none.
    is_new = flags & (CREATE_NEW_CONSOLE | CREATE_NO_WINDOW)
    return starting.NEW_CONSOLE if is_new else consoles.current() or starting.NEW_CONSOLE


def _check_environment(environment: object) -> None:
    if environment is None:
        return
    if not isinstance(environment, Mapping):
        raise TypeError(
            "environment parameter must be a dictionary object of strings or unicode objects."
        )
    if not all(isinstance(one, str) for pair in environment.items() for one in pair):
        raise TypeError("All dictionary items must be strings, or all must be unicode")


def ResumeThread(handle: Any, /) -> int:
    return handles.find(handle, Thread, "ResumeThread").process.resume()


def GetExitCodeProcess(handle: Any, /) -> int:
    """A signed number, as SWIG makes one of Windows' DWORD."""
    if handles.number(handle) == CURRENT_PROCESS:
        return 259
    code = handles.find(handle, Process, "GetExitCodeProcess").exit_code()
    return code - 2**32 if code >= 2**31 else code


def TerminateProcess(handle: Any, exitCode: int, /) -> None:
    if handles.number(handle) == CURRENT_PROCESS:
        jobs.leave()
        kill(os.getpid(), exitCode)
    handles.find(handle, Process, "TerminateProcess").terminate(exitCode)


def GetCurrentProcess() -> int:
    return CURRENT_PROCESS


def GetCurrentProcessId() -> int:
    return os.getpid()


def GetProcessId(Process_: Any, /) -> int:
    return handles.find(Process_, Process, "GetProcessId").pid


def ExitProcess(exitCode: int, /) -> None:
    os._exit(exitCode)
