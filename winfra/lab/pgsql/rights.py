"""What PostgreSQL's programs may do to files: by the access lists, with Administrators' rights dropped.

Its own words for a refusal are those of the C library ("Permission denied"); paths have slashes.
"""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from winfra.lab import token
from winfra.lab.access import AccessLists
from winfra.lab.paths import is_windows, to_real, to_windows
from winfra.lab.pgsql import real, unprivileged
from winfra.lab.token import Token
from winfra.lab.well_known import ADMINISTRATORS

POWER_USERS = "S-1-5-32-547"
READ, WRITE, EXECUTE = 0x120089, 0x120116, 0x1200A0
LIST, ADD_FILE, ADD_FOLDER, DELETE = 0x1, 0x2, 0x4, 0x10000
_KEPT = {"SeChangeNotifyPrivilege", "SeLockMemoryPrivilege"}


def own(lab: Path) -> Token:
    """Who this process runs as."""
    return token.of_process(lab)


def restricted(who: Token) -> Token:
    """The token that initdb and pg_ctl make: two groups only refuse, and privileges are gone."""
    dropped = {ADMINISTRATORS, POWER_USERS}
    return replace(
        who,
        groups=tuple(one for one in who.groups if one not in dropped),
        deny_only=(*who.deny_only, *(one for one in who.groups if one in dropped)),
        privileges=tuple(one for one in who.privileges if one in _KEPT),
    )


def is_administrator(who: Token) -> bool:
    """Would postgres.exe refuse this token?"""
    return bool({ADMINISTRATORS, POWER_USERS} & {*who.groups})


class Rights:
    """The rights of one token in one lab."""

    def __init__(self, lab: Path, who: Token) -> None:
        self.lab = lab
        self.who = who
        self.lists = AccessLists(lab)

    def may(self, path: Path, rights: int) -> bool:
        """True as well for what is on no drive of the lab."""
        if to_windows(self.lab, path) is None:
            return True
        return self.lists.granted(path, self.who) & rights == rights

    def spelled(self, path: Path) -> str:
        return (to_windows(self.lab, path) or str(path)).replace("\\", "/")


def existing(path: Path) -> Path:
    """The nearest folder above that exists, or the path itself."""
    while not path.exists():
        path = path.parent
    return path


def refusals(rights: Rights, data: Path) -> Iterator[str]:
    """Why a server cannot run in a data folder, as its log says it; the first one ends its start."""
    if not data.is_dir():
        return
    yield from _refused_reading(rights, data)
    if not rights.may(data, LIST | ADD_FILE):
        yield 'FATAL:  could not create lock file "postmaster.pid": Permission denied'
    for path in sorted(data.iterdir()):
        if path.is_symlink() or path.suffix in {".conf", ".opts", ".pid"}:
            continue
        needed = LIST | ADD_FILE if path.is_dir() else READ | WRITE
        if path.name == "PG_VERSION":
            needed = READ
        if not rights.may(path, needed):
            kind = "directory" if path.is_dir() else "file"
            yield f'FATAL:  could not open {kind} "{path.name}": Permission denied'
    yield from _refused_logging(rights, data)


def _refused_logging(rights: Rights, data: Path) -> Iterator[str]:
    if _setting(data, "logging_collector") != "on":
        return
    text = _setting(data, "log_directory")
    folder = to_real(rights.lab, text) if is_windows(text) else data / text
    needed = ADD_FILE if folder.is_dir() else ADD_FOLDER
    if not rights.may(existing(folder), needed):
        name = f"{text}/{time.strftime('postgresql-%Y-%m-%d_%H%M%S.log')}"
        yield f'FATAL:  could not open log file "{name}": Permission denied'


def _setting(data: Path, name: str) -> str:
    """What a server would take for a setting; empty where it cannot read its configuration."""
    command = [str(real.folder() / "postgres"), "-C", name, "-D", str(data)]
    found = subprocess.run(
        unprivileged.command(command), capture_output=True, text=True, check=False
    )
    return found.stdout.strip()


def _refused_reading(rights: Rights, data: Path) -> Iterator[str]:
    main = data / "postgresql.conf"
    if not rights.may(data, LIST) or (main.exists() and not rights.may(main, READ)):
        name = rights.spelled(main)
        yield (
            f'postgres: could not access the server configuration file "{name}": Permission denied'
        )
    if not rights.may(data / "PG_VERSION", READ) if (data / "PG_VERSION").exists() else False:
        name = rights.spelled(data / "PG_VERSION")
        yield f'FATAL:  could not open file "{name}": Permission denied'
    for path in (data / "postgresql.auto.conf", *sorted(data.glob("conf.d/*.conf"))):
        if path.exists() and not rights.may(path, READ):
            yield f'LOG:  could not open configuration file "{rights.spelled(path)}": Permission denied'
            yield f'FATAL:  configuration file "{rights.spelled(main)}" contains errors'
    for path in (data / "pg_hba.conf",):
        if path.exists() and not rights.may(path, READ):
            yield f'LOG:  could not open file "{rights.spelled(path)}": Permission denied'
            yield f"FATAL:  could not load {rights.spelled(path)}"
