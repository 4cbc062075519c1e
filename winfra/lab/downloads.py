"""What a site fetches from its vendors, made for the lab: PostgreSQL's archive, Python's installer, a runtime."""

from __future__ import annotations

import contextlib
import hashlib
import tempfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from winfra.lab import postgresql, python
from winfra.lab.pgsql import distribution
from winfra.lab.python import VERSION
from winfra.lab.state import Lab

_FIRST_PORT, _PORTS = 20_000, 6_000
"""Below those that Linux gives to clients, for PostgreSQL and, as many above, for Prefect."""


def data() -> dict[str, Any]:
    """The data of a site with these files."""
    return {**_postgresql(), **_python()}


def _postgresql() -> dict[str, Any]:
    """Without a PostgreSQL on this machine there is none."""
    if not postgresql.is_available():
        return {}
    home = Lab().home
    archive = _made(home, "postgresql", postgresql.archive)
    runtime = _made(home, "runtime", postgresql.vc_redist)
    return {
        "postgresql_version": postgresql.major(),
        "postgresql_archive": str(archive),
        "postgresql_archive_sha256": _sha256(archive),
        "postgresql_port": port(home),
        "vc_runtime": str(runtime),
        "vc_runtime_sha256": _sha256(runtime),
    }


def _python() -> dict[str, Any]:
    """The lab's Python is this machine's, and so are the wheels for it; `make lab-wheelhouse` builds them."""
    installer = _made(Lab().home, "python", python.installer)
    return {
        "python_version": VERSION,
        "python_installer": str(installer),
        "python_installer_sha256": _sha256(installer),
        "wheelhouse_platform": "linux",
        "prefect_port": port(Lab().home) + _PORTS,
    }


def port(home: Path) -> int:
    """One for the servers of these labs, which share this machine's ports with others."""
    return _FIRST_PORT + zlib.crc32(str(home).encode()) % _PORTS


def _made(home: Path, name: str, make: Callable[[Path], Path]) -> Path:
    """The file, made once for the Python that its programs start and the PostgreSQL behind them."""
    version = postgresql.version() if postgresql.is_available() else ""
    said = distribution.program("", python.FULL_VERSION) + version.encode()
    folder = home / ".downloads" / f"{name}-{zlib.crc32(said):08x}"
    if not folder.is_dir():
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent) as new:
            target = Path(new, "made")
            target.mkdir()
            make(target)
            # Another run may have been faster.
            with contextlib.suppress(OSError):
                target.rename(folder)
    [file] = folder.iterdir()
    return file


def _sha256(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()
