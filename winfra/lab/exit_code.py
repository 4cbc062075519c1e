"""Exit codes of 32 bits: Linux keeps eight, the others go through a file that the starter takes."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import NoReturn


def leave(code: int) -> NoReturn:
    """End this process with an exit code of Windows."""
    sys.stdout.flush()
    if not 0 <= code <= 255:
        leave_file(os.getpid(), code)
    sys.stderr.flush()
    os._exit(code & 0xFF)


def leave_file(pid: int, code: int) -> None:
    run = Path(os.environ["WINFRA_LAB"], "run")
    (run / f"exit-{pid}").write_text(str(code & 0xFFFFFFFF), encoding="ascii")


def claim(lab: Path, pid: int, status: int) -> int:
    """The exit code of a process that ended with this status; a negative one is a signal."""
    file = lab / "run" / f"exit-{pid}"
    try:
        code = int(file.read_text(encoding="ascii"))
    except (
        FileNotFoundError,
        ValueError,
    ):  # the latter: it ended before whoever is writing this killed it
        code = status
    file.unlink(missing_ok=True)
    return code


def of_signal(status: int) -> int:
    """The exit code that Windows has where Linux says that a signal ended the process."""
    number = -status
    return _OF_SIGNAL.get(number, number)


_OF_SIGNAL: dict[int, int] = {
    signal.SIGINT: 0xC000013A,  # STATUS_CONTROL_C_EXIT
    signal.SIGQUIT: 0xC000013A,  # Ctrl-Break, in the lab
    signal.SIGABRT: 0xC0000409,
    signal.SIGSEGV: 0xC0000005,
    signal.SIGFPE: 0xC0000094,
    signal.SIGILL: 0xC000001D,
    signal.SIGKILL: 1,
}
"""Unhandled, as Windows' error codes; SIGTERM is os.kill of a Python on Windows, its own number."""
