"""CreateProcess."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from winfra.lab import command_line as lines, process_log, program_search
from winfra.lab.paths import to_real
from winfra.lab.win32 import processes
from winfra.lab.win32.errors import (
    ACCESS_DENIED,
    BAD_EXE_FORMAT,
    DIRECTORY,
    FILE_NOT_FOUND,
    FILENAME_TOO_LONG,
    INVALID_PARAMETER,
    PATH_NOT_FOUND,
    error,
)
from winfra.lab.win32.processes import Process
from winfra.lab.windows_python import guard, system
from winfra.lab.windows_python.children import MARK, marks, spawn
from winfra.lab.windows_python.names import is_windows

CREATE_SUSPENDED, DETACHED_PROCESS, CREATE_NEW_CONSOLE = 0x4, 0x8, 0x10
CREATE_NEW_PROCESS_GROUP, CREATE_NO_WINDOW = 0x200, 0x8000000
CREATE_BREAKAWAY_FROM_JOB, CREATE_DEFAULT_ERROR_MODE = 0x1000000, 0x4000000
LONGEST_COMMAND_LINE = 32_767
JOB, CONSOLE, GROUP = "WINFRA_LAB_JOB", "WINFRA_LAB_CONSOLE_ID", "WINFRA_LAB_GROUP"
ERROR_MODE = "WINFRA_LAB_ERROR_MODE"
NEW_CONSOLE, NO_CONSOLE = "", "none"
FUNCTION = "CreateProcess"
_STUB = str(Path(__file__).with_name("stub.py"))
# What a program of Linux cannot do without, whatever Windows' variables are.
_OF_LINUX = ("PATH", "HOME", "LC_ALL", "TMPDIR", "POWERSHELL_REGISTRY", "PSModuleAnalysisCachePath")


@dataclass
class Start:
    """What CreateProcess is asked for.

    + standard: the three standard files; -1: the program has none; None: those of this process
    + files: others that the program inherits
    + console: one that exists, or ``NEW_CONSOLE`` or ``NO_CONSOLE``
    + ignores_interrupts: Ctrl-C does not reach it
    """

    application: str | None
    command_line: str | None
    flags: int = 0
    environment: Mapping[str, str] | None = None
    directory: str | None = None
    standard: Sequence[int] | None = None
    files: Sequence[int] = ()
    jobs: Sequence[str] = ()
    console: str = NO_CONSOLE
    ignores_interrupts: bool = False

    def run(self) -> Process:
        """Start it; ``pywintypes.error`` where Windows refuses."""
        line = self.command_line or lines.quote(self.application or "")
        if len(line) > LONGEST_COMMAND_LINE:
            raise error(FILENAME_TOO_LONG, FUNCTION)
        if self.flags & CREATE_NEW_CONSOLE and self.flags & DETACHED_PROCESS:
            raise error(INVALID_PARAMETER, FUNCTION)
        program = self._find(line)
        folder = self._folder()
        environment = self._variables()
        argv = [str(program), "--line", line]
        if not program_search.is_simulated(program):
            argv[1:] = lines.split(line)[1:]
            if not program_search.logs_itself(program):
                process_log.append(Path(os.environ["WINFRA_LAB"]), environment, line)
        processes.reap()
        return self._spawn([str(folder), *argv], environment)

    def _find(self, line: str) -> Path:
        lab = Path(os.environ["WINFRA_LAB"])
        failure = FILE_NOT_FOUND
        for name in [self.application] if self.application else _candidates(line):
            file = _search(lab, name, in_path=not self.application)
            if file is None:
                failure = _failure(lab, name)
                if failure in {ACCESS_DENIED, BAD_EXE_FORMAT}:
                    break
                continue
            asked = guard.current
            if asked is not None and not asked.may(str(file), guard.EXECUTE):
                raise error(ACCESS_DENIED, FUNCTION)
            if file.suffix.lower() in program_search.SCRIPTS:
                raise error(BAD_EXE_FORMAT, FUNCTION)
            return file
        raise error(failure, FUNCTION)

    def _folder(self) -> Path:
        if self.directory is None:
            return _here()
        folder = os.fspath(self.directory)
        if not os.path.isdir(folder):
            raise error(DIRECTORY, FUNCTION)
        return Path(str(system.drives().translate(os.path.realpath(folder))))

    def _variables(self) -> dict[str, str]:
        own = dict(os.environ)
        wanted = dict(own if self.environment is None else self.environment)
        wanted = {name: value for name, value in wanted.items() if not name.startswith(MARK)}
        for name in _OF_LINUX:
            if name in own:
                wanted.setdefault(name, own[name])
        wanted = {name: _folders(name, value) for name, value in wanted.items()}
        left = {JOB, CONSOLE, *([ERROR_MODE] if self.flags & CREATE_DEFAULT_ERROR_MODE else [])}
        kept = {name: value for name, value in marks().items() if name not in left}
        if self.jobs:
            kept[JOB] = ";".join(self.jobs)
        return wanted | kept | {CONSOLE: self.console or NO_CONSOLE}

    def _spawn(self, command: list[str], environment: dict[str, str]) -> Process:
        gate = go = -1
        if self.flags & CREATE_SUSPENDED:
            gate, go = os.pipe()
        copies, actions = self._actions(gate)
        has_group = self.flags & CREATE_NEW_PROCESS_GROUP and not self.flags & CREATE_NEW_CONSOLE
        options = [
            str(gate),
            "ignore" if has_group or self.ignores_interrupts else "receive",
            "group" if has_group else "-",
            "console" if self.console == NEW_CONSOLE else "-",
        ]
        base = os.path.realpath("/proc/self/exe")
        argv = [base, "-IS", _STUB, *options, *command]
        try:
            pid = spawn(base, argv, environment, file_actions=actions)
        finally:
            for number in [gate, *copies]:
                if number >= 0:
                    os.close(number)
        process = Process(pid, is_child=True)
        process.gate = go
        return process

    def _actions(self, gate: int) -> tuple[list[int], list[tuple[Any, ...]]]:
        """A file is kept by giving it to itself, which takes its close-on-exec flag away."""
        actions: list[tuple[Any, ...]] = []
        standard = [0, 1, 2] if self.standard is None else list(self.standard)
        copies: dict[int, int] = {}
        for number in standard:
            # Clear of 0, 1 and 2, which are replaced one after the other.
            if number >= 0 and number not in copies:
                copies[number] = os.dup(number) if number < 3 else number
        for target, number in enumerate(standard):
            actions.append(
                (os.POSIX_SPAWN_CLOSE, target)
                if number < 0
                else (os.POSIX_SPAWN_DUP2, copies[number], target)
            )
        more = [*self.files, *([gate] if gate >= 0 else [])]
        actions += [(os.POSIX_SPAWN_DUP2, number, number) for number in more]
        return [copy for number, copy in copies.items() if copy != number], actions


def _candidates(line: str) -> Iterator[str]:
    """The names that are tried in turn: an unquoted path may go on behind a space."""
    program, rest = lines.split_program(line)
    yield program
    while not line.lstrip().startswith('"') and rest:
        more, rest = lines.split_program(rest)
        program = f"{program} {more}"
        yield program


def _search(lab: Path, name: str, *, in_path: bool) -> Path | None:
    here = _here()
    if not in_path:
        name = name if is_windows(name) else f".\\{name}"
        return program_search.find(lab, name, "", here, ("",))
    folder = guard.image_folder()
    beside = None if "\\" in name.replace("/", "\\") else f"{folder}\\{name}"
    found = program_search.find(lab, beside, "", here) if beside else None
    return found or program_search.find(lab, name, os.environ.get("PATH", ""), here)


def _here() -> Path:
    """The current folder as Linux calls it."""
    return Path(str(system.drives().translate(os.getcwd())))


def _failure(lab: Path, name: str) -> int:
    """Why there is no such program."""
    if not is_windows(name):
        return FILE_NOT_FOUND
    real = to_real(lab, name)
    if real.is_dir():
        return ACCESS_DENIED
    if real.is_file():
        return BAD_EXE_FORMAT
    return FILE_NOT_FOUND if real.parent.is_dir() else PATH_NOT_FOUND


def _folders(name: str, value: str) -> str:
    """A PATH with Windows' folders, as programs of Linux need it."""
    if name.upper() != "PATH" or (";" not in value and not is_windows(value)):
        return value
    parts = [str(system.drives().translate(part)) for part in value.split(";") if part]
    return ":".join(parts)
