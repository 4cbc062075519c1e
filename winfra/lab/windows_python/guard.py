"""The lab's access lists, asked whenever Python opens, lists, makes or removes something on a drive."""

from __future__ import annotations

import errno
import os
import posix
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from winfra.lab.windows_python import ownership
from winfra.lab.windows_python.names import Drives

if TYPE_CHECKING:
    from winfra.lab.access import AccessLists
    from winfra.lab.token import Token

READ, WRITE, EXECUTE = 0x120089, 0x120116, 0x1200A0
"""What a program asks for with GENERIC_READ, GENERIC_WRITE and to start an image."""
DELETE, LIST, ADD_FILE, ADD_FOLDER, TRAVERSE = 0x10000, 0x1, 0x2, 0x4, 0x20
WRITE_ATTRIBUTES = 0x100
ACCESS_DENIED = 5
_FILE, _FOLDER = 0o100000, 0o040000
_WINDOWS_OWN = 2
"""How deep the folders lie that have lists of their own from the beginning (``access.DEFAULTS``)."""
USER = "WINFRA_LAB_USER"
"""Says who a process is whose ``USERNAME`` somebody took away or changed."""

_stat = posix.stat
_lstat = posix.lstat
_listdir = posix.listdir
_readlink = posix.readlink


current: Guard | None = None
"""That of this process."""


def image_folder() -> str:
    """The folder of this program, as Windows calls it."""
    return sys.executable.rpartition("\\")[0]


class Guard:
    """Refuses what the token of this process may not do."""

    def __init__(self, lab: str, drives: Drives) -> None:
        self._lab = lab
        self._drives = drives
        self._loaded: tuple[AccessLists, Token] | None = None
        self._stamp = -1
        self._own: set[str] = set()
        self._known: dict[tuple[str, int], int] = {}
        self._events: dict[str, Callable[..., None]] = {
            "open": self._open,
            "os.chdir": lambda path: self._need(path, TRAVERSE),
            "os.chmod": lambda path, mode, folder: self._need(path, WRITE_ATTRIBUTES, folder),
            "os.link": lambda src, dst, here, there: self._add(dst, ADD_FILE, there),
            "os.listdir": lambda path: self._need(path, LIST),
            "os.mkdir": lambda path, mode, folder: self._make(path, ADD_FOLDER, folder),
            "os.remove": lambda path, folder: self._need(path, DELETE, folder),
            "os.rename": self._rename,
            "os.rmdir": lambda path, folder: self._need(path, DELETE, folder),
            "os.scandir": lambda path: self._need(path, LIST),
            "os.symlink": lambda src, dst, folder: self._make(dst, ADD_FILE, folder),
            "os.truncate": lambda path, length: self._need(path, WRITE),
            "os.utime": lambda path, times, ns, folder: self._need(path, WRITE_ATTRIBUTES, folder),
            "sqlite3.connect": self._connect,
        }

    def install(self) -> None:
        global current  # noqa: PLW0603 - one a process
        current = self
        if USER in os.environ:
            # Now: later, modules of this machine are also looked for in folders of the program's own.
            self._load()
        ownership.belongs(self.own)
        events = self._events

        def hook(event: str, arguments: tuple[Any, ...]) -> None:
            found = events.get(event)
            if found is not None:
                found(*arguments)

        sys.addaudithook(hook)

    def own(self, path: str) -> None:
        """A new file belongs to the account; of an administrator, to all of them."""
        who = self._load()[1]
        if who.elevated or not _exists(path):
            return
        from pathlib import Path

        self._renew()
        self._load()[0].write_owner(Path(path), who.sid)
        # A file that was not there before changes nothing for the others.
        self._list()

    def may(self, path: str, rights: int) -> bool:
        """Does the token have all these rights to what exists under a real path?"""
        granted = self._granted(path)
        return granted is None or granted & rights == rights

    def _need(self, path: Any, rights: int, folder: int = -1) -> None:
        real = self._real(path, folder)
        if real is not None and not self.may(real, rights):
            self._refuse(real)

    def _add(self, path: Any, right: int, folder: int = -1) -> None:
        real = self._real(path, folder)
        if real is not None and not self.may(os.path.dirname(real), right):
            self._refuse(real)

    def _make(self, path: Any, right: int, folder: int = -1) -> None:
        self._add(path, right, folder)
        real = self._real(path, folder)
        if real is not None and not _exists(real):
            ownership.note(real)

    def _open(self, path: Any, mode: str | None, flags: int) -> None:
        real = self._real(path)
        if real is None:
            return
        if not _exists(real):
            if flags & os.O_CREAT:
                self._make(real, ADD_FILE)
            return
        how = flags & os.O_ACCMODE
        rights = {os.O_RDONLY: READ, os.O_WRONLY: WRITE, os.O_RDWR: READ | WRITE}[how]
        if not self.may(real, rights):
            self._refuse(real)

    def _rename(self, src: Any, dst: Any, src_folder: int, dst_folder: int) -> None:
        self._need(src, DELETE, src_folder)
        old, new = self._real(src, src_folder), self._real(dst, dst_folder)
        if new is None:
            return
        if _exists(new):
            self._need(new, DELETE)
        self._add(new, ADD_FOLDER if old is not None and os.path.isdir(old) else ADD_FILE)

    def _connect(self, database: Any) -> None:
        if isinstance(database, str) and not database.startswith(":"):
            self._open(database, None, os.O_RDWR | os.O_CREAT)

    def _real(self, path: Any, folder: int = -1) -> str | None:
        if path.__class__ is not str:
            if isinstance(path, int):
                return None
            path = os.fsdecode(path) if path is not None else "."
        if folder >= 0 and path[:1] != "/":
            path = f"{_readlink(f'/proc/self/fd/{folder}')}/{path}"
        return self._drives.holds(path)

    def _granted(self, path: str) -> int | None:
        """All rights to a file; None where there is nothing to ask about, or nobody to ask for."""
        if USER not in os.environ:
            return None  # not started by the lab's machine
        try:
            status = _lstat(path)
        except OSError:
            return None
        self._renew()
        kind = status.st_mode & 0o170000
        drive, *names = path[len(self._drives.folder) + 1 :].split("/")
        # All files of a folder that have no list of their own have the same, and so have all folders
        # that Windows does not come with.
        alike = kind == _FILE or (kind == _FOLDER and len(names) > _WINDOWS_OWN)
        inherits = alike and f"{drive}-{status.st_ino}" not in self._own
        key = (os.path.dirname(path), -kind) if inherits else (path, status.st_ino)
        if key not in self._known:
            self._known[key] = self._evaluate(path)
        return self._known[key]

    def _evaluate(self, path: str) -> int:
        from pathlib import Path

        lists, who = self._load()
        return lists.granted(Path(path), who)

    def _load(self) -> tuple[AccessLists, Token]:
        if self._loaded is None:
            from pathlib import Path

            from winfra.lab import token
            from winfra.lab.access import AccessLists

            lab = Path(self._lab)
            who = {**os.environ, "USERNAME": os.environ[USER]}
            self._loaded = AccessLists(lab), token.of_process(lab, who)
            self._loaded[0].remember()
        return self._loaded

    def _renew(self) -> None:
        """Forget everything as soon as any list was written."""
        if self._now() != self._stamp:
            self._known = {}
            self._load()[0].remember()
            self._list()

    def _list(self) -> None:
        self._stamp = self._now()
        names = _listdir(f"{self._lab}/state/access") if self._stamp else []
        self._own = {name.rpartition("-")[0] for name in names}

    def _now(self) -> int:
        try:
            return _stat(f"{self._lab}/state/access").st_mtime_ns
        except OSError:
            return 0

    def _refuse(self, real: str) -> None:
        error = PermissionError(errno.EACCES, "Permission denied", self._drives.spelled(real))
        vars(error)["winerror"] = ACCESS_DENIED
        raise error


def _exists(path: str) -> bool:
    try:
        _stat(path)
    except OSError:
        return False
    return True
