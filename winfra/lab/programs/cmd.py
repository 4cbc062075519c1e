"""cmd.exe: one line after /c or /k, or lines from standard input."""

from __future__ import annotations

import re
import sys

from winfra.lab import console
from winfra.lab.command_shell import builtins
from winfra.lab.command_shell.shell import (
    LONGEST_LINE,
    NOT_RECOGNIZED,
    ExitError,
    Shell,
    Streams,
)
from winfra.lab.registry import Registry

AUTO_RUN_KEYS = (
    r"HKLM\SOFTWARE\Microsoft\Command Processor",
    r"HKCU\SOFTWARE\Microsoft\Command Processor",
)
_OPTION = re.compile(r"\s*/([acdkqsu]|[evf]:(?:on|off)|t:\w+)", re.IGNORECASE)


def run_line(line: str) -> int:
    shell = Shell()
    options, command = _options(line)
    shell.echo = "q" not in options
    try:
        if "d" not in options:
            _auto_run(shell)
        if command is None:
            return _read_lines(shell, Streams())
        code = _run(shell, _unquoted(command, plain="s" in options))
        return _read_lines(shell, Streams()) if "k" in options else code
    except ExitError as error:
        return error.code


def _options(line: str) -> tuple[set[str], str | None]:
    """The options, and the text after /c or /k, which is the command as it stands."""
    options: set[str] = set()
    while found := _OPTION.match(line):
        option = found[1].lower()
        options.add(option)
        line = line[found.end() :]
        if option in {"c", "k"}:
            return options, line.lstrip()
    return options, None


def _unquoted(command: str, *, plain: bool) -> str:
    """Drop the first quote and the last, unless there are two around a program's name (cmd /?)."""
    if not command.startswith('"'):
        return command
    name = command[1:].partition('"')[0]
    around_name = command.count('"') == 2 and not re.search(r"[&<>()@^|]", name) and " " in name
    if around_name and not plain:
        return command
    before, _, after = command[1:].rpartition('"')
    return before + after


def _auto_run(shell: Shell) -> None:
    registry = Registry(console.lab() / "registry")
    for key in AUTO_RUN_KEYS:
        value = registry.get(key, "AutoRun")
        if isinstance(value, str) and value:
            shell.run(value, Streams())


def _run(shell: Shell, command: str) -> int:
    if len(command) > LONGEST_LINE:
        shell.write(2, "The command line is too long.\n")
        return 1
    code = shell.run(command, Streams())
    # The shell itself ends with 1 where the last thing was no command.
    return 1 if code == NOT_RECOGNIZED else code


def _read_lines(shell: Shell, streams: Streams) -> int:
    """As at a prompt: what is read is shown behind the prompt."""
    shell.write(1, f"{builtins.version()}\n(c) Microsoft Corporation. All rights reserved.\n\n")
    while True:
        shell.write(1, f"{shell.location}>")
        line = sys.stdin.readline()
        if not line:
            return shell.error_level
        shell.write(1, f"{line.rstrip()}\n")
        shell.run(line.rstrip("\r\n"), streams)
        shell.write(1, "\n")
