"""Processes: watched and ended."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from pathlib import Path

from winfra.lab.exit_code import claim, of_signal
from winfra.lab.win32.errors import ACCESS_DENIED, error
from winfra.lab.win32.handles import Waitable

STILL_ACTIVE = 259


class Process(Waitable):
    """A process of the lab, a child of this one or not; signalled when it has ended."""

    def __init__(self, pid: int, *, is_child: bool) -> None:
        self.pid = pid
        self.is_child = is_child
        self.gate = -1
        """Lets a suspended process go."""
        self.file = os.pidfd_open(pid)
        self._code: int | None = None
        self._lock = threading.Lock()

    @property
    def is_suspended(self) -> bool:
        return self.gate >= 0

    def exit_code(self) -> int:
        with self._lock:
            if self._code is None and Waitable.take(self):
                self._code = self._end()
            return STILL_ACTIVE if self._code is None else self._code

    def resume(self) -> int:
        """Let it run; how often it was suspended."""
        if not self.is_suspended:
            return 0
        self.tell("go")
        self._shut()
        return 1

    def tell(self, text: str) -> None:
        """Say something to a suspended process, which is still the stub."""
        if self.is_suspended:
            try:
                os.write(self.gate, f"{text}\n".encode())
            except BrokenPipeError:
                self._shut()

    def terminate(self, code: int) -> None:
        if self.exit_code() != STILL_ACTIVE or self._code is not None:
            raise error(ACCESS_DENIED, "TerminateProcess")
        kill(self.pid, code)

    def close(self) -> None:
        self._shut()
        self.exit_code()
        os.close(self.file)
        if self._code is None and self.is_child:
            _unwaited.append(self.pid)

    def _shut(self) -> None:
        number, self.gate = self.gate, -1
        if number >= 0:
            os.close(number)

    def _end(self) -> int:
        lab = Path(os.environ["WINFRA_LAB"])
        if not self.is_child:
            return claim(lab, self.pid, 0)
        try:
            status = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        except ChildProcessError:
            status = 0  # somebody else in this process has waited for it
        code = claim(lab, self.pid, status)
        return of_signal(code) if code < 0 else code


class Thread(Waitable):
    """The first thread of a process that was made here."""

    def __init__(self, process: Process) -> None:
        self.process = process
        self.file = os.dup(process.file)

    def close(self) -> None:
        os.close(self.file)


_unwaited: list[int] = []
"""Children whose handles were closed before they ended."""


def reap() -> None:
    for pid in list(_unwaited):
        with contextlib.suppress(ChildProcessError):
            if os.waitpid(pid, os.WNOHANG)[0] == 0:
                continue
        _unwaited.remove(pid)
        forget(pid)


def forget(pid: int) -> None:
    """Nobody will ask for its exit code: the number may become another process's."""
    _exit_file(pid).unlink(missing_ok=True)


def status(pid: int | str) -> tuple[str, int, str]:
    """State, parent, time of its start."""
    with contextlib.suppress(OSError), open(f"/proc/{pid}/stat", "rb") as file:
        fields = file.read().rpartition(b")")[2].split()
        return fields[0].decode(), int(fields[1]), fields[19].decode()
    return "", 0, ""


def kill(pid: int, code: int) -> None:
    """End a process of the lab with an exit code of Windows."""
    file = _exit_file(pid)
    file.write_text(str(code & 0xFFFFFFFF), encoding="ascii")
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        file.unlink(missing_ok=True)


def _exit_file(pid: int) -> Path:
    return Path(os.environ["WINFRA_LAB"], "run", f"exit-{pid}")
