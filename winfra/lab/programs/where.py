"""where.exe: the files of a program along the PATH."""

from __future__ import annotations

import os
from pathlib import Path

from winfra.lab import console
from winfra.lab.paths import to_windows
from winfra.lab.program_search import find_all

NOT_FOUND = "INFO: Could not find files for the given pattern(s).\n"


def main(argv: list[str]) -> int:
    quiet = any(word.lower() == "/q" for word in argv)
    names = [word for word in argv if not word.startswith("/")]
    if not names:
        console.complain("ERROR: The number of parameters is not correct.\n")
        return 2
    lab = console.lab()
    suffixes = ["", *os.environ.get("PATHEXT", ".EXE").lower().split(";")]
    found: list[str] = []
    for name in names:
        for file in find_all(lab, name, os.environ["PATH"], Path.cwd(), suffixes):
            path = to_windows(lab, file)
            if path and path not in found:
                found.append(path)
    if not found:
        console.complain("" if quiet else NOT_FOUND)
        return 1
    console.write("" if quiet else "".join(f"{path}\n" for path in found))
    return 0
