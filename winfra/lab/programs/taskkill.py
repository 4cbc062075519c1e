"""taskkill.exe: ends processes by number or name, with their children where asked."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

from winfra.lab.console import complain, lab, write

NOT_FOUND = 128


def main(argv: list[str]) -> int:
    options = [word.lower() for word in argv]
    wanted = [argv[n + 1] for n, word in enumerate(options[:-1]) if word in {"/pid", "/im"}]
    if not wanted:
        complain("ERROR: Invalid syntax. Neither /FI nor /PID nor /IM were specified.\n")
        return 1
    code = 0
    for name in wanted:
        numbers = [number for number, image in _processes() if name.lower() in {str(number), image}]
        if not numbers:
            complain(f'ERROR: The process "{name}" not found.\n')
            code = NOT_FOUND
        for number in numbers:
            _end(number, tree="/t" in options)
    return code


def _end(number: int, *, tree: bool) -> None:
    for child in _children(number) if tree else ():
        _end(child, tree=True)
    try:
        os.kill(number, signal.SIGKILL)
    except ProcessLookupError:
        return
    write(f"SUCCESS: The process with PID {number} has been terminated.\n")


def _processes() -> Iterator[tuple[int, str]]:
    """The processes of this lab with the names of their programs."""
    mark = f"WINFRA_LAB={lab()}\0".encode()
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if mark in folder.joinpath("environ").read_bytes() + b"\0":
                yield int(folder.name), _image(folder)
        except OSError:
            continue


def _image(folder: Path) -> str:
    name = folder.joinpath("exe").readlink().name.lower()
    return "powershell.exe" if name == "pwsh" else name if "." in name else f"{name}.exe"


def _children(number: int) -> list[int]:
    tasks = Path(f"/proc/{number}/task").glob("*/children")
    return [int(child) for task in tasks for child in task.read_text().split()]
