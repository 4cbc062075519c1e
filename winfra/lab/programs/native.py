"""The start of every simulated program: ``NAME --line TEXT`` from the machine, ``NAME ARGUMENT …`` else."""

from __future__ import annotations

import importlib
import os
import sys
from pathlib import Path

from winfra.lab import command_line, process_log
from winfra.lab.exit_code import leave


def main(argv: list[str]) -> int:
    name, *arguments = argv
    line = _line(name, arguments)
    process_log.append(Path(os.environ["WINFRA_LAB"]), os.environ, line)
    program = importlib.import_module(f"winfra.lab.programs.{name}")
    try:
        if hasattr(program, "run_line"):
            code: int = program.run_line(command_line.split_program(line)[1])
        else:
            code = program.main(command_line.split(line)[1:])
    except BrokenPipeError:
        code = 1
        # Python would report the broken pipe again when it ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    leave(code)


def _line(name: str, arguments: list[str]) -> str:
    if arguments[:1] == ["--line"]:
        return arguments[1]
    return command_line.join([f"{name}.exe", *arguments])
