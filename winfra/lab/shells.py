"""Windows Remote Shells: who owns them, what runs in them, when they end."""

from __future__ import annotations

import contextlib
import errno
import subprocess
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from winfra.lab.commands import Command
from winfra.lab.endpoint_config import Quotas
from winfra.lab.faults import (
    MAX_SHELL_USERS,
    NOT_ENOUGH_MEMORY,
    NOT_ENOUGH_QUOTA,
    WSManError,
    no_command,
    no_shell,
    start_refused,
    too_many_operations,
    too_many_shells,
)
from winfra.lab.latch import Latch

# What powershell.exe takes as it starts; a quota below that lets no process come up.
MEMORY_OF_A_PROCESS_MB = 60

_START_ERRORS = {
    errno.ENOENT: (2, "The system cannot find the file specified. "),
    errno.ENOTDIR: (267, "The directory name is invalid. "),
    errno.E2BIG: (206, "The filename or extension is too long. "),
}


class Machine(Protocol):
    """The computer behind the endpoint: it starts programs and ends a shell's process tree."""

    def start(
        self,
        command_line: str,
        *,
        environment: Mapping[str, str],
        directory: str | None,
        shell_id: str,
        codepage: int,
        user: str,
        console: bool,
    ) -> subprocess.Popen[bytes]:
        """Start a program with pipes for its three streams, in a session of its own.

        An OSError's ``code``, if it has one, is Windows' own number of the error.

        + user: whose shell it is
        + console: standard input stands for the console's
        """

    def kill(self, shell_id: str) -> None:
        """End every process that began in a shell."""

    def command_via_cmd(self, command: str, arguments: list[str]) -> str:
        """The command line that has cmd.exe run a command."""


@dataclass(frozen=True)
class ShellSettings:
    """What a client asks for when it creates a shell."""

    owner: str
    client_ip: str
    idle_timeout: float
    environment: Mapping[str, str] = field(default_factory=dict)
    directory: str | None = None
    codepage: int = 437
    input_streams: str = "stdin"
    output_streams: str = "stdout stderr"


class Shell:
    """One remote shell and its commands."""

    def __init__(self, settings: ShellSettings, identity: str = "") -> None:
        self.identity = identity or str(uuid.uuid4()).upper()
        self.settings = settings
        self.closed = Latch()
        self.created = self.used = time.monotonic()
        self.operations = 0
        self.active = 0
        self._commands: dict[str, Command] = {}
        self._lock = threading.Lock()

    def command(self, identity: str) -> Command:
        with self._lock:
            found = self._commands.get(identity.upper())
        if found is None:
            raise no_command()
        return found

    def running(self) -> int:
        with self._lock:
            return sum(command.running for command in self._commands.values())

    def run(
        self,
        machine: Machine,
        command_line: str,
        quotas: Quotas,
        *,
        console: bool = False,
        identity: str = "",
    ) -> Command:
        """Start a command, unless the shell's quotas say no."""
        if self.running() >= quotas.max_processes_per_shell:
            raise WSManError(NOT_ENOUGH_QUOTA)
        if quotas.max_memory_per_shell_mb < MEMORY_OF_A_PROCESS_MB:
            raise WSManError(NOT_ENOUGH_MEMORY)
        with self._lock:
            if self.closed.is_set:
                raise no_shell(self.identity)
            process = self._start(machine, command_line, console=console)
            command = Command(process, self.closed, identity)
            self._commands[command.identity] = command
            self.operations += 1
        return command

    def forget(self, command: Command) -> None:
        with self._lock:
            self._commands.pop(command.identity, None)

    def close(self, machine: Machine) -> None:
        """End the shell and every process in it."""
        with self._lock:
            self.closed.set()
            commands = tuple(self._commands.values())
        for command in commands:
            command.terminate()
        machine.kill(self.identity)

    def idle(self, now: float) -> bool:
        return not self.active and now - self.used >= self.settings.idle_timeout

    @contextlib.contextmanager
    def in_use(self) -> Iterator[None]:
        """While an operation lasts, the shell is not idle."""
        with self._lock:
            self.active += 1
        try:
            yield
        finally:
            with self._lock:
                self.active -= 1
                self.used = time.monotonic()

    def _start(
        self, machine: Machine, command_line: str, *, console: bool
    ) -> subprocess.Popen[bytes]:
        try:
            return machine.start(
                command_line,
                environment=self.settings.environment,
                directory=self.settings.directory,
                shell_id=self.identity,
                codepage=self.settings.codepage,
                user=self.settings.owner,
                console=console,
            )
        except OSError as error:
            code, text = _START_ERRORS.get(error.errno or 0, (5, "Access is denied. "))
            raise start_refused(getattr(error, "code", code), text) from error


class Shells:
    """All shells of the machine."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self._shells: dict[str, Shell] = {}
        self._requests: dict[str, int] = {}
        self._lock = threading.Lock()

    def create(self, settings: ShellSettings, quotas: Quotas) -> Shell:
        shell = Shell(settings)
        with self._lock:
            owners = {found.settings.owner for found in self._shells.values()}
            if len(self._of(settings.owner)) >= quotas.max_shells_per_user:
                raise too_many_shells(quotas.max_shells_per_user)
            if len(owners | {settings.owner}) > quotas.max_concurrent_users:
                raise WSManError(MAX_SHELL_USERS)
            self._shells[shell.identity] = shell
        return shell

    def find(self, identity: str, owner: str) -> Shell:
        """A user's shell; another user's is as good as none."""
        with self._lock:
            shell = self._shells.get(identity.upper())
        if shell is None or shell.settings.owner != owner or shell.closed.is_set:
            raise no_shell(identity)
        return shell

    def delete(self, shell: Shell) -> None:
        with self._lock:
            self._shells.pop(shell.identity, None)
        shell.close(self._machine)

    def delete_all(self) -> None:
        self._delete(lambda _: True)

    def delete_idle(self) -> None:
        now = time.monotonic()
        self._delete(lambda shell: shell.idle(now))

    @contextlib.contextmanager
    def operation(self, owner: str, quotas: Quotas) -> Iterator[None]:
        """Count a request as one of the user's operations.

        The commands of living shells count as well, finished or not: Windows lets an operation of
        a shell go with the shell.
        """
        limit = quotas.max_concurrent_operations_per_user
        with self._lock:
            requests = self._requests.get(owner, 0) + 1
            commands = sum(shell.operations for shell in self._of(owner))
            if requests + commands > limit:
                raise too_many_operations(limit)
            self._requests[owner] = requests
        try:
            yield
        finally:
            with self._lock:
                self._requests[owner] -= 1

    def _of(self, owner: str) -> list[Shell]:
        return [shell for shell in self._shells.values() if shell.settings.owner == owner]

    def _delete(self, chosen: Callable[[Shell], bool]) -> None:
        with self._lock:
            found = [shell for shell in self._shells.values() if chosen(shell)]
        for shell in found:
            self.delete(shell)
