"""The PostgreSQL of this machine: where it is, and the user of Linux that it runs as."""

from __future__ import annotations

import ctypes
import os
import struct
from functools import cache
from pathlib import Path

from winfra.messages.lab import NO_POSTGRESQL

PLACE = Path("/usr/lib/postgresql")
"""Where Debian has each major version in a folder of its own."""
SHARE = Path("/usr/share/postgresql")
_PR_SET_KEEPCAPS, _PR_CAP_AMBIENT, _RAISE = 8, 47, 2
_CAPABILITY_VERSION_3 = 0x20080522
_CHOWN, _DAC_OVERRIDE, _FOWNER = 0, 1, 3


@cache
def folder() -> Path:
    """The folder of the newest version's programs."""
    found = [path.parent for path in PLACE.glob("*/bin/postgres") if path.parts[-3].isdigit()]
    if not found:
        raise FileNotFoundError(NO_POSTGRESQL.text(folder=PLACE))
    return max(found, key=lambda path: int(path.parent.name))


def major() -> str:
    return folder().parent.name


def share() -> Path:
    return SHARE / major()


@cache
def user() -> tuple[int, int] | None:
    """Number and group of whom a server runs as, since it refuses root; None: as who runs this."""
    import pwd  # not on Windows, where tests against real hosts import this module

    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            found = pwd.getpwnam(name)
        except KeyError:
            continue
        return found.pw_uid, found.pw_gid
    return 65534, 65534


def become_unprivileged() -> None:
    """Make this process one that PostgreSQL does not refuse; before an exec, or in a new child.

    It keeps what root may do to files: a lab can be in a folder that is closed to others, and who
    may read what is decided by the lab's access lists.
    """
    given = user()
    if given is None:
        return
    libc = ctypes.CDLL(None, use_errno=True)
    number, group = given
    libc.prctl(_PR_SET_KEEPCAPS, 1, 0, 0, 0)
    os.setgroups([])
    os.setresgid(group, group, group)
    os.setresuid(number, number, number)
    kept = (_CHOWN, _DAC_OVERRIDE, _FOWNER)
    bits = sum(1 << one for one in kept)
    header = struct.pack("=2I", _CAPABILITY_VERSION_3, 0)
    if libc.capset(header, struct.pack("=6I", bits, bits, bits, 0, 0, 0)) != 0:
        raise OSError(ctypes.get_errno(), "capset")
    for one in kept:
        libc.prctl(_PR_CAP_AMBIENT, _RAISE, one, 0, 0)
    os.umask(0o077)


def hand_over(path: Path) -> None:
    """Give a data folder to the user that the server runs as: it refuses another's, or an open one."""
    if not path.is_dir():
        return
    given = user()
    for one in [path, *path.rglob("*")] if given else []:
        if given and one.lstat().st_uid != given[0]:
            os.chown(one, *given, follow_symlinks=False)
            if one.is_file() and not one.is_symlink():
                # What others may read and not write is read-only to .NET on Linux.
                one.chmod(0o600)
    path.chmod(0o700)
