r"""``Scripts\python.exe`` of a virtual environment: starts the interpreter that it was made of, and waits.

As Windows' ``venvlauncher.exe``: the child has another process number, ends with this process, and
gets Ctrl-C by itself.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import NoReturn

from winfra.lab import command_line, process_log
from winfra.lab.exit_code import claim, leave, of_signal
from winfra.lab.paths import to_real

LAUNCHER = "WINFRA_LAB_LAUNCHER"
NO_PYTHON = 103  # RC_NO_PYTHON of CPython's PC/launcher.c
_PR_SET_PDEATHSIG = 1


def main(argv: list[str]) -> NoReturn:
    lab, launcher, *arguments = argv
    process_log.append(Path(lab), os.environ, command_line.join([launcher, *arguments]))
    program = _home(Path(lab), launcher) + r"\python.exe"
    real = to_real(Path(lab), program)
    if not real.is_file():
        print(f"No Python at '\"{program}\"'", file=sys.stderr)
        leave(NO_PYTHON)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    pid = os.fork()
    if pid == 0:
        _run(real, arguments, launcher)
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    code = claim(Path(lab), pid, status)
    leave(of_signal(code) if code < 0 else code)


def _run(program: Path, arguments: list[str], launcher: str) -> NoReturn:
    import ctypes

    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if not ignores_interrupts():
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    environment = {**os.environ, LAUNCHER: launcher}
    os.execve(program, [str(program), *arguments], environment)


def ignores_interrupts() -> bool:
    """Was this process started with Ctrl-C ignored? Its children are, too."""
    return _IGNORED


def _home(lab: Path, launcher: str) -> str:
    folder = launcher.rpartition("\\")[0].rpartition("\\")[0]
    settings = to_real(lab, rf"{folder}\pyvenv.cfg").read_text(encoding="utf-8")
    for line in settings.splitlines():
        name, _, value = line.partition("=")
        if name.strip().lower() == "home":
            return value.strip()
    return folder


_IGNORED = signal.getsignal(signal.SIGINT) is signal.SIG_IGN
