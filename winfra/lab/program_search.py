"""Finding a program as CreateProcess and cmd.exe do."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from winfra.lab.paths import child, to_real, to_windows

NATIVE = "winfra.lab.programs.native"
LOGS_ITSELF = "# This program writes the log of process starts itself."
SCRIPTS = (".bat", ".cmd")
SYSTEM_FOLDERS = (r"C:\Windows\System32", r"C:\Windows")


def find(
    lab: Path, name: str, path: str, folder: Path, suffixes: Sequence[str] = (".exe",)
) -> Path | None:
    """The first file of a program by its name or path; None where there is none."""
    return next(find_all(lab, name, path, folder, suffixes), None)


def find_all(
    lab: Path, name: str, path: str, folder: Path, suffixes: Sequence[str] = (".exe",)
) -> Iterator[Path]:
    """The files of a program, in the order in which Windows looks for them.

    + path: the PATH, of real folders
    + folder: the current one
    + suffixes: tried in turn where the name has none
    """
    name = name.replace("/", "\\")
    base = name.rpartition("\\")[2]
    names = [base] if "." in base else [f"{base}{suffix}" for suffix in suffixes]
    for place in _places(lab, name, path, folder):
        for one in names:
            file = child(place, one)
            if file.is_file() and (file.suffix.lower() in SCRIPTS or is_executable(file)):
                yield file


def is_executable(file: Path) -> bool:
    """Windows goes by what is in a file; Linux gets its permission where the lab made the file."""
    if not os.access(file, os.X_OK) and is_simulated(file):
        file.chmod(0o755)
    return os.access(file, os.X_OK)


def is_simulated(file: Path) -> bool:
    """Is this one of the lab's own programs, which take their command line as one text?"""
    with file.open("rb") as start:
        return f" {NATIVE} ".encode() in start.read(1024)


def logs_itself(file: Path) -> bool:
    with file.open("rb") as start:
        return LOGS_ITSELF.encode() in start.read(2048)


def _places(lab: Path, name: str, path: str, folder: Path) -> Iterator[Path]:
    if name[1:2] == ":":
        yield to_real(lab, name).parent
    elif "\\" in name:
        here = to_windows(lab, folder) or "C:\\"
        root = here[:2] if name.startswith("\\") else f"{here}\\"
        yield to_real(lab, root + name).parent
    else:
        yield folder
        yield from (to_real(lab, system) for system in SYSTEM_FOLDERS)
        yield from (Path(entry) for entry in path.split(":") if entry)
