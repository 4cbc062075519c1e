"""What all of PostgreSQL's programs do first: runtime, arguments and variables of Windows."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from winfra.lab import console, vc_runtime
from winfra.lab.exit_code import leave
from winfra.lab.paths import is_windows, to_real
from winfra.lab.pgsql import real
from winfra.lab.pgsql.rights import READ, Rights, own

_NOT_A_FILE = {"-c", "--command", "-v", "--set", "--variable", "-d", "--dbname", "-o", "--options"}
_ATTACHED = re.compile(r"(-[a-zA-Z]|--[a-z-]+=)([A-Za-z]:[\\/][^;]*)")


def begin() -> Path:
    """The lab; ends the process where Windows could not load it."""
    lab = console.lab()
    if not vc_runtime.is_installed(lab):
        leave(vc_runtime.DLL_NOT_FOUND)
    return lab


def binary(name: str) -> str:
    return str(real.folder() / name)


def arguments(lab: Path, given: Sequence[str]) -> list[str]:
    """The arguments with real paths where they name files."""
    return list(_arguments(lab, given))


def _arguments(lab: Path, given: Sequence[str]) -> Iterator[str]:
    before = ""
    for argument in given:
        attached = _ATTACHED.fullmatch(argument)
        option = attached[1].removesuffix("=") if attached else ""
        if before in _NOT_A_FILE or option in _NOT_A_FILE:
            yield argument
        elif attached:
            yield attached[1] + str(to_real(lab, attached[2]))
        else:
            yield str(to_real(lab, argument)) if is_windows(argument) else argument
        before = argument


def environment(lab: Path) -> dict[str, str]:
    """The variables, with the defaults that libpq has on Windows."""
    found = {
        name: str(to_real(lab, value)) if name.startswith("PG") and is_windows(value) else value
        for name, value in os.environ.items()
    }
    folder = to_real(lab, rf"{os.environ['APPDATA']}\postgresql")
    defaults = {
        "PGGSSENCMODE": "disable",
        "PGHOST": "localhost",
        "PGPASSFILE": str(folder / "pgpass.conf"),
        "PGUSER": os.environ.get("USERNAME", ""),
        "PSQLRC": str(folder / "psqlrc.conf"),
    }
    if "PGHOSTADDR" in found:
        del defaults["PGHOST"]
    found = defaults | found
    found["PGPASSFILE"] = _password_file(lab, Path(found["PGPASSFILE"]))
    return found


def _password_file(lab: Path, file: Path) -> str:
    """On Windows libpq reads it where it may, whoever else may; a file that it may not is none."""
    if not file.is_file():
        return str(file)
    if not Rights(lab, own(lab)).may(file, READ):
        return os.devnull
    with contextlib.suppress(PermissionError):
        file.chmod(0o600)
    return str(file)
