"""``os.path``, ``pathlib`` and importlib, each told what a Windows path is made of.

A path that begins with a drive is taken apart as on Windows; every other one as on Linux, since
the libraries below are those of Linux.
"""

from __future__ import annotations

import ntpath
import os
import pathlib
import posixpath
import sys
from collections.abc import Callable
from typing import Any

from winfra.lab.windows_python.names import Drives, is_windows

_TAKEN_APART = (
    "basename", "dirname", "normpath", "split", "splitdrive", "splitext", "splitroot",
)  # fmt: skip


def install(drives: Drives) -> None:
    for name in _TAKEN_APART:
        if hasattr(posixpath, name):
            _dispatch(name)
    original = posixpath.isabs
    vars(posixpath)["isabs"] = lambda s: _is_windows(s) or original(s)
    vars(posixpath)["join"] = _joined(posixpath.join)
    vars(posixpath)["commonpath"] = _common(posixpath.commonpath)
    vars(posixpath)["relpath"] = _relative(posixpath.relpath)
    vars(posixpath)["realpath"] = _resolved(posixpath.realpath, drives)
    vars(posixpath)["expanduser"] = _home(posixpath.expanduser)
    vars(posixpath)["expandvars"] = ntpath.expandvars
    # pathlib asks ntpath, which on Linux knows no current folder and no links.
    vars(ntpath).update(abspath=posixpath.abspath, realpath=posixpath.realpath)
    _import_by_windows_paths()
    _install_pathlib()


def _is_windows(path: Any) -> bool:
    if path.__class__ is not str:
        path = os.fsdecode(path)
    return is_windows(path)


def _dispatch(name: str) -> None:
    original, windows = getattr(posixpath, name), getattr(ntpath, name)

    def function(p: Any) -> Any:
        return windows(p) if _is_windows(p) else original(p)

    function.__name__ = name
    vars(posixpath)[name] = function


def _joined(original: Callable[..., Any]) -> Callable[..., Any]:
    def join(a: Any, *p: Any) -> Any:
        return ntpath.join(a, *p) if any(map(_is_windows, (a, *p))) else original(a, *p)

    return join


def _common(original: Callable[..., Any]) -> Callable[..., Any]:
    def commonpath(paths: Any) -> Any:
        paths = [os.fspath(path) for path in paths]
        return ntpath.commonpath(paths) if any(map(_is_windows, paths)) else original(paths)

    return commonpath


def _relative(original: Callable[..., Any]) -> Callable[..., Any]:
    def relpath(path: Any, start: Any = None) -> Any:
        here = os.getcwd() if start is None else start
        if _is_windows(path) or _is_windows(here):
            return ntpath.relpath(posixpath.abspath(path), posixpath.abspath(here))
        return original(path, start)

    return relpath


def _resolved(original: Callable[..., Any], drives: Drives) -> Callable[..., Any]:
    def realpath(filename: Any, **options: Any) -> Any:
        text = os.fspath(filename)
        if isinstance(text, bytes):
            return original(text, **options)
        text = posixpath.abspath(text)
        if not is_windows(text):
            return drives.spelled(original(text, **options))
        try:
            return drives.spelled(original(drives.real(text), **options))
        except OSError as error:
            error.filename = text
            raise

    return realpath


def _home(original: Callable[..., Any]) -> Callable[..., Any]:
    def expanduser(path: Any) -> Any:
        text = os.fspath(path)
        home = os.environ.get("USERPROFILE", "")
        if isinstance(text, str) and text[:1] == "~" and text[1:2] in {"", "/", "\\"} and home:
            return home + text[1:]
        return original(path)

    return expanduser


def _import_by_windows_paths() -> None:
    """importlib has its own functions for paths."""
    external: Any = sys.modules["_frozen_importlib_external"]
    join, split, is_absolute = external._path_join, external._path_split, external._path_isabs
    external._path_join = lambda *p: ntpath.join(*p) if p and is_windows(p[0]) else join(*p)
    external._path_split = lambda path: ntpath.split(path) if is_windows(path) else split(path)
    external._path_isabs = lambda path: is_windows(path) or is_absolute(path)


def _install_pathlib() -> None:
    windows: Any = pathlib.WindowsPath
    if hasattr(pathlib, "_windows_flavour"):
        vars(pathlib)["_windows_flavour"].is_supported = True  # 3.11
    elif "__new__" in vars(windows):
        del windows.__new__  # from 3.12 it refuses by itself
    _choose(pathlib.PurePath, pathlib.PureWindowsPath)
    _choose(pathlib.Path, windows)
    _from_the_current_folder("absolute")
    _from_the_current_folder("resolve")
    setattr(pathlib.Path, "expanduser", _expanded)  # noqa: B010 - an assignment would be to a method


def _choose(base: type, windows: type) -> None:
    """``Path(...)`` is a WindowsPath where any part begins with a drive."""
    original = vars(base)["__new__"].__func__

    def new(cls: type, *args: Any, **options: Any) -> Any:
        if cls is base and any(map(_is_windows, args)):
            cls = windows
        return original(cls, *args, **options)

    setattr(base, "__new__", new)  # noqa: B010 - an assignment would be to a method


def _expanded(self: Any) -> Any:
    first, *rest = self.parts or ("",)
    return pathlib.Path(posixpath.expanduser(first), *rest) if first[:1] == "~" else self


def _from_the_current_folder(name: str) -> None:
    """A relative path is completed by the current folder, which may be on a drive."""
    original = getattr(pathlib.Path, name)

    def method(self: Any, *args: Any, **options: Any) -> Any:
        if not _is_windows(self) and not self.is_absolute() and is_windows(os.getcwd()):
            self = pathlib.Path(ntpath.join(os.getcwd(), str(self)))
        return original(self, *args, **options)

    setattr(pathlib.Path, name, method)
