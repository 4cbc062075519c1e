"""Consoles: whom Ctrl-C and Ctrl-Break reach, and who handles them how.

A process belongs to the console that ``WINFRA_LAB_CONSOLE_ID`` in its environment names; who came or
went later has a file in ``run/consoles``. Processes of a WinRM shell have one in common.
"""

from __future__ import annotations

import _thread
import contextlib
import os
import signal
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import Any

from winfra.lab import marks
from winfra.lab.win32 import processes
from winfra.lab.win32.processes import status
from winfra.lab.win32.starting import CONSOLE, GROUP, NO_CONSOLE

CTRL_C, CTRL_BREAK = 0, 1
CONTROL_C_EXIT = 0xC000013A
_SIGNALS: dict[int, signal.Signals] = {CTRL_C: signal.SIGINT, CTRL_BREAK: signal.SIGQUIT}
_numbers = iter(range(1, 2**31))


class Handlers:
    """What SetConsoleCtrlHandler was told.

    Windows knows one function of pywin32's, which asks those of Python; it is entered with the first
    of them, and never again (``addedCtrlHandler`` in win32apimodule.cpp).
    """

    def __init__(self) -> None:
        self.ignores = signal.getsignal(signal.SIGINT) is signal.SIG_IGN
        self._functions: list[Callable[[int], Any]] = []
        self._was_entered = self._is_entered = False
        self._was_reset = False
        self._previous: Any = None
        self._passes_on = False
        self._installed = False

    def install(self) -> None:
        """Stand between the signals and Python; in the main thread only, where Python takes them."""
        if self._installed or threading.current_thread() is not threading.main_thread():
            return
        self._previous = signal.getsignal(signal.SIGINT)
        if self._previous in {signal.SIG_IGN, signal.SIG_DFL, None}:
            self._previous = signal.default_int_handler
        signal.signal(signal.SIGINT, self._on_interrupt)
        if signal.getsignal(signal.SIGQUIT) is signal.SIG_DFL:
            signal.signal(signal.SIGQUIT, self._on_break)
        self._installed = True

    def add(self, function: Callable[[int], Any]) -> None:
        if not self._installed:
            raise NotImplementedError("the lab needs win32api to be imported in the main thread")
        self._functions.append(function)
        self._is_entered |= not self._was_entered
        self._was_entered = True

    def remove(self, function: Callable[[int], Any]) -> None:
        if function not in self._functions:
            raise ValueError("The object has not been registered")
        self._functions.remove(function)

    def reset(self) -> None:
        """A console came or went, which takes all handlers away, Python's own too.

        "calling AttachConsole, AllocConsole, or FreeConsole will reset the table of control handlers
        in the client process to its initial state" (Console Control Handlers)
        """
        self._is_entered, self._was_reset = False, True

    def _on_interrupt(self, number: int, frame: FrameType | None) -> None:
        if self._passes_on:
            self._passes_on = False
            self._previous(number, frame)
        elif self.ignores:
            return
        elif self._is_entered or self._was_reset:
            threading.Thread(target=self._handle_interrupt, daemon=True).start()
        else:
            self._previous(number, frame)

    def _handle_interrupt(self) -> None:
        if self._handled(CTRL_C):
            return
        if self._was_reset:
            processes.kill(os.getpid(), CONTROL_C_EXIT)
        self._passes_on = True
        _thread.interrupt_main()

    def _on_break(self, number: int, frame: FrameType | None) -> None:
        threading.Thread(target=self._handle_break, daemon=True).start()

    def _handle_break(self) -> None:
        if not self._handled(CTRL_BREAK):
            processes.kill(os.getpid(), CONTROL_C_EXIT)

    def _handled(self, event: int) -> bool:
        """The last that was added is asked first; the first that says so has handled it."""
        for function in reversed(self._functions if self._is_entered else []):
            try:
                if function(event):
                    return True
            except BaseException:  # noqa: BLE001 - pywin32 prints it and goes on
                import traceback

                traceback.print_exc()
        return False


HANDLERS = Handlers()
"""Those of this process."""


def current() -> str:
    """The console of this process; empty where it has none, as a service."""
    own = os.environ.get(CONSOLE, "")
    if own:
        return "" if own == NO_CONSOLE else own
    is_service = os.environ.get("WINFRA_LAB_LOGON") == "service"
    shell = _place("shell-" + os.environ.get("WINFRA_LAB_SHELL", ""))
    return "" if is_service else shell.name


def attach(console: str) -> None:
    HANDLERS.reset()
    os.environ[CONSOLE] = console
    _place(console).mkdir(parents=True, exist_ok=True)
    (_place(console) / f"-{os.getpid()}").unlink(missing_ok=True)
    # A number may become another process's, with another start.
    (_place(console) / str(os.getpid())).write_text(status(os.getpid())[2], encoding="ascii")


def allocate() -> None:
    attach(f"{os.getpid()}-{next(_numbers)}")


def detach() -> None:
    HANDLERS.reset()
    place = _place(current())
    place.mkdir(parents=True, exist_ok=True)
    (place / str(os.getpid())).unlink(missing_ok=True)
    (place / f"-{os.getpid()}").write_text(status(os.getpid())[2], encoding="ascii")
    os.environ[CONSOLE] = NO_CONSOLE


def of_process(pid: int) -> str:
    """The console of another process; empty where it has none."""
    for place in _place("x").parent.glob("*"):
        if _says(place / str(pid), pid):
            return place.name
    found = marks.of_process(pid)
    own = found.get(CONSOLE, "")
    if not own and found.get("WINFRA_LAB_LOGON") != "service":
        own = "shell-" + found.get("WINFRA_LAB_SHELL", "")
    return "" if own == NO_CONSOLE or _says(_place(own) / f"-{pid}", pid) else own


def members(console: str) -> Iterator[int]:
    lab = os.environ["WINFRA_LAB"]
    me = os.getpid()
    for name in os.listdir("/proc"):
        if not name.isdecimal() or int(name) == me:
            continue
        if marks.of_process(name).get("WINFRA_LAB") == lab and of_process(int(name)) == console:
            yield int(name)
    if current() == console:
        yield me


def send(event: int, group: int) -> bool:
    """Send an event to this console's processes, or to those of a group; False: no such group."""
    reached = list(members(current()))
    if group:
        reached = [pid for pid in reached if _group(pid) == group]
        if not reached and group not in members(current()):
            return False
        if event == CTRL_C:
            return True  # "will not be received by processes within the specified process group"
    for pid in reached:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, _SIGNALS[event])
    return True


def _says(file: Path, pid: int) -> bool:
    """Is there such a file, of this very process?"""
    try:
        return file.read_text(encoding="ascii") == status(pid)[2]
    except OSError:
        return False


def _group(pid: int) -> int:
    found = dict(os.environ) if pid == os.getpid() else marks.of_process(pid)
    return int(found.get(GROUP, "0"))


def _place(console: str) -> Path:
    return Path(os.environ["WINFRA_LAB"], "run", "consoles", console or "none")
