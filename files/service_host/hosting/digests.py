"""What a service is started from, as SHA-256: the answer to "must it start again?"."""

from __future__ import annotations

import contextlib
import hashlib
import json
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from . import configuration
from .configuration import Program

Digests = dict[str, "str | None"]
HOST = Path(__file__).parents[1]
_TRIES = 20
_PAUSE = 0.05


def digest(content: bytes | None) -> str | None:
    return None if content is None else hashlib.sha256(content).hexdigest()


def collect(configuration: bytes | None, settings: bytes | None, program: Program) -> Digests:
    """Digests of all that a service with this configuration is started from."""
    return {
        "configuration": digest(configuration),
        "settings": digest(settings),
        **collect_code(program),
    }


def collect_code(program: Program) -> Digests:
    return {
        "interpreter": interpreter(program.command[0]),
        "packages": packages(program.command[0]),
        "scripts": scripts(program.command[1:]),
        "host": host(),
    }


def interpreter(executable: str) -> str | None:
    """The program's file, and the interpreter behind it: its DLL, or what a redirector names."""
    path = Path(executable)
    around = [path, *sorted(path.parent.glob("python3*.dll")), path.parent.parent / "pyvenv.cfg"]
    return _of_files(path.parent.parent, [file for file in around if file.is_file()])


def packages(executable: str) -> str | None:
    """The installed packages, by the digests that their RECORD files hold; None without any."""
    folder = Path(executable).parent
    places = (folder / "Lib" / "site-packages", folder.parent / "Lib" / "site-packages")
    site = next((place for place in places if place.is_dir()), None)
    if site is None:
        return None
    return _of_files(site, [*site.glob("*.dist-info/RECORD"), *site.glob("*.pth")])


def scripts(arguments: Iterable[str]) -> str | None:
    """The files that a command line names; None without any."""
    files = [Path(one) for one in arguments if Path(one).is_absolute() and Path(one).is_file()]
    return digest(b"".join(hashlib.sha256(file.read_bytes()).digest() for file in files) or None)


def host() -> str | None:
    return _of_files(HOST, HOST.rglob("*.py"))


def write(path: str, digests: Digests) -> None:
    """Put the record in its place at once: whoever reads it finds the old one or the new."""
    started = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    text = json.dumps({**digests, "started": started}, indent=1)
    new = Path(f"{path}.new")
    new.write_text(text, encoding="utf-8")
    for _ in range(_TRIES):
        # Windows replaces no file while somebody reads it.
        with contextlib.suppress(PermissionError):
            new.replace(path)
            return
        time.sleep(_PAUSE)
    new.replace(path)


def show(path: str) -> int:
    """Print the digests of what is there now; of what cannot be read, null.

    + path: of the configuration, or ``-`` for one that is read from standard input
    """
    content = sys.stdin.buffer.read() if path == "-" else _read(path)
    if content is None:
        sys.stdout.write("null\n")
        return 0
    try:
        program = configuration.service(content).program
    except configuration.ConfigurationError as error:
        sys.stderr.write(f"{path}: {error}\n")
        return 1
    settings = None if program.settings is None else _read(program.settings)
    sys.stdout.write(json.dumps(collect(content, settings, program)) + "\n")
    return 0


def _read(path: str) -> bytes | None:
    try:
        return Path(path).read_bytes()
    except FileNotFoundError:
        return None


def _of_files(folder: Path, files: Iterable[Path]) -> str | None:
    """One digest of names and contents."""
    lines = sorted(_lines(folder, files))
    return digest("".join(lines).encode()) if lines else None


def _lines(folder: Path, files: Iterable[Path]) -> Iterator[str]:
    for file in files:
        content = file.read_bytes()
        name = file.relative_to(folder).as_posix()
        yield f"{name} {hashlib.sha256(content).hexdigest()}\n"
