"""The start of every simulated program: ``NAME --line TEXT`` from the machine, ``NAME ARGUMENT …`` else."""

from __future__ import annotations

import importlib
import os
import sys
from pathlib import Path

from winfra.lab import command_line, process_log
from winfra.lab.exit_code import leave
from winfra.lab.paths import to_windows


def main(argv: list[str]) -> int:
    name, own, arguments = _taken_apart(argv)
    line = arguments[1] if arguments[:1] == ["--line"] else command_line.join([own[-1], *arguments])
    process_log.append(Path(os.environ["WINFRA_LAB"]), os.environ, line)
    program = importlib.import_module(name if "." in name else f"winfra.lab.programs.{name}")
    try:
        if hasattr(program, "run_line"):
            code: int = program.run_line(command_line.split_program(line)[1])
        else:
            code = program.main([*own[:-1], *command_line.split(line)[1:]])
    except BrokenPipeError:
        code = 1
        # Python would report the broken pipe again when it ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    leave(code)


def _taken_apart(argv: list[str]) -> tuple[str, list[str], list[str]]:
    """The program; what its trampoline gives it, last the name to log; the user's arguments.

    A program of another package than this one is told its own file, before the name.
    """
    name, *rest = argv
    if name == "launcher":
        return name, rest[:2], rest[2:]
    if "." in name:
        file = Path(rest[1])
        windows = to_windows(Path(os.environ["WINFRA_LAB"]), file) or file.name
        return name, [*rest[:2], windows], rest[2:]
    return name, [f"{name}.exe"], rest
