"""The functions of ``os`` and ``open``, given Windows' paths."""

from __future__ import annotations

import builtins
import io
import os
import posix
import sys
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Any, Self

from winfra.lab.windows_python import ownership
from winfra.lab.windows_python.names import NOTHING, Drives, is_windows
from winfra.lab.windows_python.sharing import Sharing

_ONE = (
    "access", "chdir", "chmod", "chown", "execv", "execve", "getxattr", "lchown", "listdir",
    "listxattr", "lstat", "mkdir", "mkfifo", "mknod", "open", "pathconf", "posix_spawn", "readlink",
    "remove", "removexattr", "rmdir", "setxattr", "stat", "statvfs", "truncate", "unlink", "utime",
)  # fmt: skip
_TWO = ("link", "rename", "replace", "symlink")
_SETS = ("supports_effective_ids", "supports_fd", "supports_follow_symlinks")
"""Without ``supports_dir_fd``: shutil goes by names then, as on Windows."""
_GUARDED = {"remove", "rename", "replace", "rmdir", "unlink"}


_drives: list[Drives] = []


def drives() -> Drives:
    """Those of the lab that this process is in."""
    return _drives[0]


def install(drives: Drives) -> None:
    _drives[:] = [drives]
    sharing = Sharing(drives)
    for name in _ONE:
        _replace(name, _one(getattr(posix, name), drives, sharing if name in _GUARDED else None))
    for name in _TWO:
        _replace(name, _two(getattr(posix, name), drives, sharing if name in _GUARDED else None))
    _replace("scandir", _scandir(posix.scandir, drives))
    getcwd = posix.getcwd
    _replace("getcwd", lambda: drives.spelled(getcwd()))
    vars(os)["devnull"] = vars(os.path)["devnull"] = NOTHING
    opened = _Open(io.open, drives)
    for module in (builtins, io, sys.modules["_io"]):
        vars(module)["open"] = opened
    code = _one(io.open_code, drives)
    for module in (io, sys.modules["_io"]):
        vars(module)["open_code"] = code


def _replace(name: str, function: Callable[..., Any]) -> None:
    """In ``os``, in the module behind it, which importlib uses, and where ``os`` says what it can."""
    old = getattr(posix, name)
    function.__name__ = name
    for collection in _SETS:
        members = getattr(os, collection)
        if old in members:
            members.add(function)
    setattr(posix, name, function)
    setattr(os, name, function)


def _one(
    original: Callable[..., Any], drives: Drives, sharing: Sharing | None = None
) -> Callable[..., Any]:
    translate = drives.translate
    name = original.__name__

    def function(*args: Any, **options: Any) -> Any:
        if not args:
            given = options.get("path", options.get("file"))
            options = {n: translate(v) if v is given else v for n, v in options.items()}
            return original(**options)
        given = args[0]
        real = translate(given)
        if real is given:
            result = original(*args, **options)
        else:
            if sharing is not None:
                sharing.check(name, str(real), _text(given))
            try:
                result = original(real, *args[1:], **options)
            except OSError as error:
                error.filename = _text(given)
                raise
        ownership.settle()
        return result

    return function


def _two(
    original: Callable[..., Any], drives: Drives, sharing: Sharing | None
) -> Callable[..., Any]:
    translate = drives.translate
    name = original.__name__

    def function(src: Any, dst: Any, **options: Any) -> Any:
        old, new = translate(src), translate(dst)
        if sharing is not None and old is not src:
            sharing.check(name, str(old), _text(src), str(new))
        try:
            return original(old, new, **options)
        except OSError as error:
            error.filename, error.filename2 = _text(src), _text(dst)
            raise

    return function


def _text(path: Any) -> Any:
    return path if isinstance(path, (str, bytes, int)) else os.fspath(path)


class _Open:
    """``open``; an object, since a function kept in a class would become a method."""

    def __init__(self, original: Callable[..., Any], drives: Drives) -> None:
        self._original = original
        self._translate = drives.translate
        self.__name__ = "open"
        self.__doc__ = original.__doc__

    def __call__(self, file: Any, *args: Any, **options: Any) -> Any:
        real = self._translate(file)
        try:
            result = self._original(real, *args, **options)
        except OSError as error:
            if real is not file:
                error.filename = _text(file)
            raise
        ownership.settle()
        if real is file:
            return result
        binary = getattr(result, "buffer", result)
        getattr(binary, "raw", binary).name = _text(file)
        return result


class _Entry:
    """A ``DirEntry`` under the folder's name as it was given."""

    def __init__(self, entry: os.DirEntry[str], folder: str) -> None:
        self._entry = entry
        self.name = entry.name
        self.path = folder + entry.name

    def __getattr__(self, name: str) -> Any:
        return getattr(self._entry, name)

    def __fspath__(self) -> str:
        return self.path

    def __repr__(self) -> str:
        return repr(self._entry)


class _Entries:
    def __init__(self, entries: Any, folder: str) -> None:
        self._entries = entries
        # Python 3.13's pathlib adds a slash of Linux before it asks.
        self._folder = folder.rstrip("\\/") + "\\"

    def __iter__(self) -> Iterator[_Entry]:
        return self

    def __next__(self) -> _Entry:
        return _Entry(next(self._entries), self._folder)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._entries.close()

    def close(self) -> None:
        self._entries.close()


def _scandir(original: Callable[..., Any], drives: Drives) -> Callable[..., Any]:
    inner = _one(original, drives)

    def scandir(path: Any = ".") -> Any:
        text = os.fspath(path) if path is not None and not isinstance(path, int) else ""
        if not isinstance(text, str) or not is_windows(text):
            return inner(path)
        return _Entries(inner(text), text)

    return scandir
