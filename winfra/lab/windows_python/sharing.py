"""Files that are open cannot be removed or renamed, as where nobody opens them with FILE_SHARE_DELETE.

Asked for Windows' paths only: what libraries do under names of Linux follows Linux.
"""

from __future__ import annotations

import errno
import fcntl
import posix
import signal
import time
from typing import NoReturn

from winfra.lab.windows_python.names import Drives

ACCESS_DENIED, SHARING_VIOLATION, ALREADY_EXISTS = 5, 32, 183
_TEXTS = {
    ACCESS_DENIED: "Access is denied",
    SHARING_VIOLATION: (
        "The process cannot access the file because it is being used by another process"
    ),
    ALREADY_EXISTS: "Cannot create a file when that file already exists",
}
_FRESH = 0.05

_listdir, _readlink, _lstat = posix.listdir, posix.readlink, posix.lstat
_open, _close = posix.open, posix.close


class Sharing:
    """Which files of the lab's drives are open, in whatever process."""

    def __init__(self, drives: Drives) -> None:
        self._drives = drives
        self._open: set[str] = set()
        self._seen = 0.0

    def check(self, name: str, real: str, given: object, target: str | None = None) -> None:
        """Refuse what Windows refuses.

        + name: the function of ``os``
        + target: the real path that the file is to get
        """
        if name == "rename" and target is not None and target != real and _exists(target):
            same = _exists(real) and _lstat(real).st_ino == _lstat(target).st_ino
            if not same:  # another case of the same name
                self._refuse(FileExistsError, errno.EEXIST, ALREADY_EXISTS, given)
        if self._is_open(real):
            self._refuse(PermissionError, errno.EACCES, SHARING_VIOLATION, given)
        if target is not None and target != real and _exists(target) and self._is_open(target):
            self._refuse(PermissionError, errno.EACCES, ACCESS_DENIED, given)

    def _is_open(self, real: str) -> bool:
        """Is it, or is anything in it?"""
        if _is_nobodys(real):
            return False
        if time.monotonic() - self._seen > _FRESH:
            self._look()
        elif self._holds(real):
            self._look()  # perhaps it was closed just now
        return self._holds(real)

    def _holds(self, real: str) -> bool:
        inside = f"{real}/"
        return any(one == real or one.startswith(inside) for one in self._open)

    def _look(self) -> None:
        folder = self._drives.folder + "/"
        self._open = {link for link in _links() if link.startswith(folder)}
        self._seen = time.monotonic()

    @staticmethod
    def _refuse(kind: type[OSError], number: int, code: int, given: object) -> NoReturn:
        error = kind(number, _TEXTS[code], given)
        vars(error)["winerror"] = code
        raise error


def _is_nobodys(real: str) -> bool:
    """Is this a file that no process has open?

    Linux gives a write lease on no other one (F_SETLEASE, fcntl(2)), which takes far less time than to
    look at all processes. Where somebody opens it meanwhile, he waits, and SIGURG tells nobody of it.
    """
    try:
        if _lstat(real).st_mode & 0o170000 != 0o100000:
            return False
        file = _open(real, posix.O_RDONLY | posix.O_NONBLOCK | posix.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.fcntl(file, fcntl.F_SETSIG, signal.SIGURG)
        fcntl.fcntl(file, fcntl.F_SETLEASE, fcntl.F_WRLCK)
    except OSError:
        return False
    else:
        return True
    finally:
        _close(file)


def _links() -> list[str]:
    """All open files and current folders of all processes."""
    links = []
    for pid in _listdir("/proc"):
        if not pid.isdecimal():
            continue
        try:
            names = [f"fd/{name}" for name in _listdir(f"/proc/{pid}/fd")]
        except OSError:
            continue
        for name in (*names, "cwd"):
            try:
                links.append(_readlink(f"/proc/{pid}/{name}"))
            except OSError:
                continue
    return links


def _exists(path: str) -> bool:
    try:
        _lstat(path)
    except OSError:
        return False
    return True
