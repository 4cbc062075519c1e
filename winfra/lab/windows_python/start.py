"""The start of a Python process on the lab's Windows, before its script: ``start.main(LAB, FOLDER)``."""

from __future__ import annotations

import atexit
import os
import site
import sys
from collections.abc import Callable
from typing import Any

from winfra.lab.windows_python import children, library, script, system
from winfra.lab.windows_python.guard import USER, Guard
from winfra.lab.windows_python.names import Drives

LAUNCHER = "WINFRA_LAB_LAUNCHER"
"""Names the python.exe of a virtual environment that this process is the child of.

Windows' own variable for it, ``__PYVENV_LAUNCHER__``, is removed by Python before it is up.
"""


def main(lab: str, folder: str) -> None:
    r"""Make this process one of Windows.

    + folder: where the interpreter is installed, such as ``C:\Program Files\Python311``
    """
    drives, here = Drives(f"{lab}/drives"), os.getcwd()
    os.environ.setdefault("WINFRA_LAB", lab)
    if "USERNAME" in os.environ:
        os.environ.setdefault(USER, os.environ["USERNAME"])
    guard = Guard(lab, drives)
    system.install(drives)
    # Not before: pathlib keeps functions of os for itself.
    from winfra.lab.windows_python import flavour

    flavour.install(drives)
    children.install(drives, guard)
    _Variables.install()
    _take_names(folder)
    library.install()
    # As real paths: libraries hand names of their files to programs of Linux.
    site.addsitedir(drives.real(rf"{sys.prefix}\Lib\site-packages"))
    script.install(here)
    _Exit.install()
    _Signals.install()
    guard.install()
    _forget_missing_files()
    _log(lab)


def _take_names(folder: str) -> None:
    program = rf"{folder}\python.exe"
    launcher = os.environ.pop(LAUNCHER, "")
    prefix = folder
    if launcher:
        prefix = launcher.rpartition("\\")[0].rpartition("\\")[0]
    sys.executable = launcher or program
    sys._base_executable = program  # type: ignore[attr-defined]
    sys.prefix = sys.exec_prefix = prefix
    sys.base_prefix = sys.base_exec_prefix = folder
    sys.orig_argv[0] = sys.executable
    sys.path.pop()  # the folder that this start was found in
    site.PREFIXES[:] = [prefix]
    vars(site)["addsitepackages"] = lambda known_paths, prefixes=None: known_paths
    vars(site)["getsitepackages"] = lambda prefixes=None: [
        path for one in prefixes or site.PREFIXES for path in (one, rf"{one}\Lib\site-packages")
    ]


def _forget_missing_files() -> None:
    """A service has no standard files: Python's are None."""
    console = os.environ.get("WINFRA_LAB_CONSOLE_ID", "none")
    if os.environ.get("WINFRA_LAB_LOGON") != "service" or console != "none":
        return
    nothing = os.stat(os.devnull).st_rdev
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        try:
            is_missing = os.fstat(number).st_rdev == nothing
        except OSError:
            is_missing = True
        if is_missing:
            setattr(sys, name, None)
            setattr(sys, f"__{name}__", None)


def _log(lab: str) -> None:
    if USER not in os.environ:
        return
    from pathlib import Path

    from winfra.lab import command_line, process_log

    who = {"USERNAME": os.environ[USER]}
    process_log.append(Path(lab), {**os.environ, **who}, command_line.join(sys.orig_argv))


class _Variables:
    """Variables are found without regard to case; they keep the case that they came with."""

    @staticmethod
    def install() -> None:
        environment: Any = os.environ
        encode = environment.encodekey
        known = {name.upper(): name for name in environment}

        def encodekey(name: Any) -> bytes:
            if not isinstance(name, str):
                return bytes(encode(name))
            found = known.get(name.upper(), name)
            raw: bytes = encode(found)
            if raw not in environment._data:
                known[name.upper()] = name
                raw = encode(name)
            return raw

        environment.encodekey = encodekey


def at_end(function: Callable[[], None]) -> None:
    """Have something done at the very end of this process, whichever way Python leaves."""
    _Exit.functions.append(function)


class _Exit:
    """Exit codes of 32 bits (``exit_code``), and what Windows does when a process ends."""

    code = 0
    functions: list[Callable[[], None]] = []

    @classmethod
    def install(cls) -> None:
        leave, leave_now = sys.exit, os._exit

        def exit_(status: object = None) -> None:
            cls.code = status if isinstance(status, int) else 0
            leave(status)  # type: ignore[arg-type]

        def exit_now(status: int) -> None:
            cls.code = status
            cls.note()
            leave_now(status & 0xFF)

        vars(sys)["exit"] = exit_
        vars(os)["_exit"] = exit_now
        atexit.register(cls.note)

    @classmethod
    def note(cls) -> None:
        for function in cls.functions:
            function()
        if not 0 <= cls.code <= 255:
            from winfra.lab.exit_code import leave_file

            leave_file(os.getpid(), cls.code)


class _Signals:
    @staticmethod
    def install() -> None:
        """Ctrl-Break ends a process that does not handle it, as SIGQUIT does."""
        import signal

        vars(signal)["SIGBREAK"] = signal.SIGQUIT
