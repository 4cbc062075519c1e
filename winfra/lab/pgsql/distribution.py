"""What EDB distributes, made of the PostgreSQL of this machine: names and contents of its files."""

from __future__ import annotations

import shlex
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from winfra.lab.bare import LIGHT
from winfra.lab.pgsql import client, real
from winfra.lab.program_search import NATIVE

_MODULES = {
    "initdb": "winfra.lab.pgsql.initdb",
    "pg_ctl": "winfra.lab.pgsql.pg_ctl",
    "postgres": "winfra.lab.pgsql.postgres",
    **dict.fromkeys(client.NAMES, "winfra.lab.pgsql.client"),
}
_LIBRARIES = (
    "bin/libpq.dll", "bin/libcrypto-3-x64.dll", "bin/libssl-3-x64.dll", "lib/pgevent.dll",
    "lib/pg_trgm.dll", "lib/plpgsql.dll", "lib/libpqwalreceiver.dll",
)  # fmt: skip
_EXTENSIONS = ("pg_trgm", "plpgsql")


@cache
def version() -> str:
    """Major and minor number, such as ``16.4``."""
    command = [str(real.folder() / "postgres"), "--version"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()[2]


def files() -> Iterator[tuple[str, bytes]]:
    """Path and contents of every file of a program folder: ``bin``, ``lib`` and ``share``."""
    for name, module in sorted(_MODULES.items()):
        yield f"bin/{name}.exe", program(module, name)
    for library in _LIBRARIES:
        yield library, f"{library} of PostgreSQL {version()}\r\n".encode()
    for file in sorted(real.share().rglob("*")):
        path = file.relative_to(real.share())
        if not file.is_file() or path.parts[0] in {"contrib", "man"}:
            continue
        if path.parts[0] == "extension" and not path.name.startswith(_EXTENSIONS):
            continue
        yield f"share/{path.as_posix()}", file.read_bytes()


def program(module: str, name: str) -> bytes:
    """An executable that says itself which program it is, wherever it lies."""
    command = [_interpreter(), "-ISX", "utf8", str(LIGHT), NATIVE, module, name]
    return f'#!/bin/sh\nexec {shlex.join(command)} "$0" "$@"\n'.encode()


def _interpreter() -> str:
    """One of its names, whichever it was called by: an archive's digest must not hang on that."""
    name = Path(sys.executable).with_name("python")
    return str(name) if name.exists() else sys.executable
