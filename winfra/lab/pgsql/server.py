"""Running a server in a data folder on one of the lab's drives."""

from __future__ import annotations

import contextlib
from pathlib import Path

from winfra.lab.paths import is_windows, to_real
from winfra.lab.pgsql import real

SOCKETS = ("-c", "unix_socket_directories=")
"""None by default on Windows."""


def prepare(lab: Path, data: Path) -> None:
    """Make a data folder one that a server of Linux takes.

    ``D:/logs`` in its configuration is a relative path to it, from the data folder that it works
    in: a link named ``D:`` leads there.
    """
    if not data.is_dir():
        return
    for drive in (lab / "drives").iterdir():
        link = data / f"{drive.name}:"
        if not link.is_symlink():
            link.symlink_to(drive)
    real.hand_over(data)
    for file in data.iterdir():
        if file.is_file() and not file.is_symlink():
            # A key that others may read is refused; here that is up to the lab's access lists.
            file.chmod(file.stat().st_mode & 0o700)


def clean(lab: Path, data: Path) -> None:
    """Take away what ``prepare`` added."""
    for drive in (lab / "drives").iterdir():
        with contextlib.suppress(OSError):
            (data / f"{drive.name}:").unlink()


def data_folder(lab: Path, given: str) -> Path:
    """The real path of a folder that is named on a command line."""
    return to_real(lab, given) if is_windows(given) else Path.cwd() / given


def state(data: Path) -> tuple[int, str]:
    """The number and the status of the server of a data folder, as its lock file has them."""
    try:
        lines = (data / "postmaster.pid").read_text(encoding="utf-8").splitlines()
        return int(lines[0]), lines[7].strip() if len(lines) > 7 else ""
    except (OSError, ValueError, IndexError):
        return 0, ""


def running(data: Path) -> int:
    """The number of the server; 0 where none runs."""
    number, _ = state(data)
    return number if number and Path(f"/proc/{number}").is_dir() else 0
