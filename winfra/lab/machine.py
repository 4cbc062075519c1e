"""The machine behind the endpoint: starts Windows command lines and ends what became of them."""

from __future__ import annotations

import contextlib
import errno
import os
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import psutil

from winfra.lab import bare, command_line as lines, marks, process_log, program_search
from winfra.lab.config import LabConfig
from winfra.lab.environment import process_environment
from winfra.lab.exit_code import claim
from winfra.lab.paths import to_real
from winfra.lab.pgsql import servers

LONGEST_COMMAND_LINE = 32_767
COMSPEC = r"C:\Windows\system32\cmd.exe"


class Place(Protocol):
    """What the machine needs of a ``Lab``."""

    @property
    def folder(self) -> Path: ...

    @property
    def config(self) -> LabConfig: ...


class StartError(OSError):
    """A process that Windows would not start, with the error code of CreateProcess."""

    def __init__(self, number: int, code: int, message: str) -> None:
        super().__init__(number, message)
        self.code = code


class LabProcess(subprocess.Popen[bytes]):
    """A process whose exit code is Windows' one: 32 bits, unsigned."""

    lab = Path()
    _status: int | None = None

    @property
    def returncode(self) -> int | None:
        return self._status

    @returncode.setter
    def returncode(self, status: int | None) -> None:
        self._status = status if status is None else claim(self.lab, self.pid, status)


class Machine:
    """One per lab; stateless, so that several may stand for the same lab."""

    def __init__(self, lab: Place) -> None:
        self.folder = lab.folder
        self._lab = lab

    def start(
        self,
        command_line: str,
        *,
        environment: Mapping[str, str] | None = None,
        directory: str | None = None,
        shell_id: str = "",
        codepage: int = 437,
        user: str = "",
        console: bool = False,
    ) -> LabProcess:
        """Start a command line as CreateProcess does; ``StartError`` where Windows refuses.

        + environment: variables of the shell, beside those of the machine and the user
        + directory: the Windows path to start in; the user's profile by default
        + console: standard input is the console's (``WINRS_CONSOLEMODE_STDIN``), no redirected
          pipe: ``powershell.exe`` does not read it by itself then
        """
        if len(command_line) > LONGEST_COMMAND_LINE:
            raise StartError(errno.E2BIG, 206, "The filename or extension is too long.")
        config = self._lab.config
        user = user or config.users[0].name
        full = process_environment(
            self.folder, config.host_name, user, codepage, shell_id, environment or {}
        )
        bare.make_profile(self.folder, user)
        folder = self._directory(directory or full["USERPROFILE"])
        program, is_simulated = self._find(command_line, full["PATH"], folder)
        argv = [str(program), "--line", command_line]
        if not is_simulated:
            argv[1:] = lines.split(command_line)[1:]
            if not program_search.logs_itself(program):
                process_log.append(self.folder, full, command_line)
        return self._popen(argv, full, folder, console=console)

    def kill(self, shell_id: str | None = None) -> None:
        """End every process of a shell, or of the whole lab, also those that left their session."""
        servers.end(self.folder, shell_id)
        deadline = time.monotonic() + 5
        while processes := list(self.processes(shell_id)):
            for process in processes:
                with contextlib.suppress(psutil.NoSuchProcess):
                    process.kill()
            psutil.wait_procs(processes, timeout=1)
            if time.monotonic() > deadline:
                names = ", ".join(str(process.pid) for process in processes)
                raise TimeoutError(f"processes {names} of {self.folder} do not end")

    def processes(self, shell_id: str | None = None) -> Iterator[psutil.Process]:
        """The living processes of a shell, or of the whole lab, by the mark in their environment."""
        own = os.getpid()
        unmarked = list(servers.processes(self.folder, shell_id))
        yield from unmarked
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error):
                found = marks.of_process(process.pid) if process.pid != own else {}
                if found.get("WINFRA_LAB") != str(self.folder) or process in unmarked:
                    continue
                if shell_id is not None and found.get("WINFRA_LAB_SHELL") != shell_id:
                    continue
                if process.status() != psutil.STATUS_ZOMBIE:
                    yield process

    def memory(self, shell_id: str) -> int:
        """Bytes of resident memory that a shell's processes hold."""
        total = 0
        for process in self.processes(shell_id):
            with contextlib.suppress(psutil.Error):
                total += process.memory_info().rss
        return total

    @staticmethod
    def command_via_cmd(command: str, arguments: Sequence[str] = ()) -> str:
        """The command line that a shell makes of a command when it may not skip ``cmd.exe``."""
        return " ".join([COMSPEC, "/C", command, *arguments])

    def _directory(self, directory: str) -> Path:
        try:
            folder = to_real(self.folder, directory)
        except ValueError:
            folder = Path()
        if not folder.is_dir() or folder == Path():
            raise StartError(errno.ENOTDIR, 267, "The directory name is invalid.")
        return folder

    def _find(self, command_line: str, path: str, folder: Path) -> tuple[Path, bool]:
        """The program's file, and whether it is one of the lab's own."""
        for name in candidates(command_line):
            file = program_search.find(self.folder, name, path, folder)
            if file is not None and file.suffix.lower() in program_search.SCRIPTS:
                raise StartError(errno.ENOEXEC, 193, "%1 is not a valid Win32 application.")
            if file is not None:
                return file, program_search.is_simulated(file)
        raise StartError(errno.ENOENT, 2, "The system cannot find the file specified.")

    def _popen(
        self, argv: list[str], environment: dict[str, str], folder: Path, *, console: bool
    ) -> LabProcess:
        read, write = os.pipe()
        if console:
            environment["WINFRA_LAB_CONSOLE"] = str(os.fstat(read).st_ino)
        options: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        try:
            process = LabProcess(
                argv, stdin=read, cwd=folder, env=environment, start_new_session=True, **options
            )
        except BaseException:
            os.close(write)
            raise
        finally:
            os.close(read)
        process.lab = self.folder
        process.stdin = os.fdopen(write, "wb", 0)
        return process


def candidates(command_line: str) -> Iterator[str]:
    """The names that CreateProcess tries: an unquoted path may go on behind a space."""
    program, rest = lines.split_program(command_line)
    yield program
    while not command_line.lstrip().startswith('"') and rest:
        more, rest = lines.split_program(rest)
        program = f"{program} {more}"
        yield program
