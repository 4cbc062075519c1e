"""A program with all that it starts: one job, one output."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Callable, Mapping
from typing import Any

import pywintypes
import win32api
import win32con
import win32event
import win32file
import win32pipe
import win32process

from . import job
from .configuration import Program

_END_SECONDS = 10.0
_PIECE = 65536


class Child:
    """Made on creation, and does nothing before ``go``; both raise ``pywintypes.error``.

    + output: is given what the tree writes, in a thread of its own
    """

    def __init__(
        self, program: Program, environment: Mapping[str, str], output: Callable[[bytes], None]
    ) -> None:
        self._job = job.make()
        reader, writer = _pipe(inherited=1)
        nothing, closed = _pipe(inherited=0)
        closed.Close()
        startup = win32process.STARTUPINFO()
        startup.dwFlags = win32con.STARTF_USESTDHANDLES
        startup.hStdInput = nothing
        startup.hStdOutput = startup.hStdError = writer
        try:
            self.process, self._thread, self.pid = self._make(program, environment, startup)
        finally:
            # As long as the host holds them, the output does not end.
            writer.Close()
            nothing.Close()
        self._output = output
        self._reader = threading.Thread(target=self._read, args=(reader,), daemon=True)
        self._reader.start()

    def go(self) -> None:
        """Let it run."""
        win32process.ResumeThread(self._thread)
        self._thread.Close()

    def _make(
        self, program: Program, environment: Mapping[str, str], startup: Any
    ) -> tuple[Any, Any, int]:
        process, thread, pid, _ = win32process.CreateProcess(
            None,
            subprocess.list2cmdline(program.command),
            None,
            None,
            True,
            # Not before it is in its job may it start anything.
            win32con.CREATE_SUSPENDED,
            dict(environment),
            program.directory,
            startup,
        )
        try:
            job.put(self._job, process)
        except pywintypes.error:
            win32process.TerminateProcess(process, job.KILLED)
            raise
        return process, thread, pid

    def wait(self, seconds: float) -> bool:
        """Wait for its end so long; did it end?"""
        milliseconds = int(seconds * 1000)
        answer: int = win32event.WaitForSingleObject(self.process, milliseconds)
        return answer == win32event.WAIT_OBJECT_0

    def exit_code(self) -> int:
        code: int = win32process.GetExitCodeProcess(self.process)
        return code & 0xFFFFFFFF

    def end(self) -> bool:
        """End all that is left of the tree, and have its last output; ``False`` if some is left."""
        gone = job.end(self._job, _END_SECONDS)
        self._reader.join(_END_SECONDS)
        self._job.Close()
        return gone

    def _read(self, reader: Any) -> None:
        """Take whatever is written, or the tree would stand still."""
        while True:
            try:
                _, data = win32file.ReadFile(reader, _PIECE)
            except pywintypes.error:  # ERROR_BROKEN_PIPE: the last of them has ended
                break
            self._output(bytes(data))
        reader.Close()


def _pipe(inherited: int) -> tuple[Any, Any]:
    """A pipe, one of whose two ends a child inherits."""
    ends = win32pipe.CreatePipe(None, 0)
    flag = win32con.HANDLE_FLAG_INHERIT
    win32api.SetHandleInformation(ends[inherited], flag, flag)
    reader, writer = ends
    return reader, writer


def reason(error: Any, program: Program) -> str:
    """Why a program was not started, in Windows' words."""
    words = str(error.strerror).replace("%1", program.command[0])
    return f"{words} (error {error.winerror})"
