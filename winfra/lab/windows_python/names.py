"""Windows' absolute paths and the files that stand for them, as plain text and fast."""

from __future__ import annotations

import errno
import os
import posix

_INVALID = frozenset('<>"|?*')
_MOST = 100
NOTHING = "nul"
"""What Windows' Python has for ``os.devnull``."""
_lstat = posix.lstat
_stat = posix.stat
_listdir = posix.listdir
_getcwd = posix.getcwd
_listed: dict[str, tuple[int, dict[str, list[str]]]] = {}


class Drives:
    """The drives of one lab.

    + folder: where they are, without a slash at its end
    """

    def __init__(self, folder: str) -> None:
        self.folder = folder
        self._inside = folder + "/"

    def translate(self, path: object) -> object:
        """What a function of Linux has to be given for a path; all else comes back as it is."""
        text = path
        if text.__class__ is not str:
            if text is None or isinstance(text, int):
                return path
            if isinstance(text, bytes):
                return os.fsencode(self.real(os.fsdecode(text))) if text[1:2] == b":" else path
            if not hasattr(text, "__fspath__"):
                return path
            text = text.__fspath__()
            if not isinstance(text, str):
                return path
        assert isinstance(text, str)
        if is_windows(text):
            return self.real(text)
        if text.lower() == NOTHING:
            return "/dev/null"
        return text.replace("\\", "/") if "\\" in text and text[0] != "/" else path

    def real(self, text: str) -> str:
        r"""The real path of ``D:\x\y``, in another case where only one name fits."""
        text = text.removeprefix("\\\\?\\")
        if not _INVALID.isdisjoint(text):
            raise OSError(errno.EINVAL, os.strerror(errno.EINVAL), text)
        parts: list[str] = []
        for part in text[2:].replace("\\", "/").split("/"):
            if part == "..":
                del parts[-1:]
            elif part not in {"", "."}:
                parts.append(part)
        drive = self._inside + text[0].upper()
        exact = "/".join([drive, *parts])
        if _exists(exact):
            return exact
        folder = exact.rpartition("/")[0]
        # Mostly it is only the file itself that is not there.
        if parts and _exists(folder):
            return _in_any_case(folder, parts[-1:])
        return _in_any_case(drive, parts)

    def spelled(self, path: str) -> str:
        """The Windows path of a real one; the path itself where it is on no drive."""
        if not path.startswith(self._inside):
            return path
        drive, _, rest = path[len(self._inside) :].partition("/")
        return f"{drive}:\\" + rest.replace("/", "\\")

    def holds(self, path: str) -> str | None:
        """The real path without ``..``, as a whole; None where it is on no drive."""
        if path[:1] != "/":
            path = f"{_getcwd()}/{path}"
        if "/../" in path or path.endswith("/.."):
            path = os.path.normpath(path)
        return path.rstrip("/") if path.startswith(self._inside) else None


def is_windows(text: str) -> bool:
    r"""Does it begin as ``C:\``, ``C:/`` or ``\\?\``, or is it ``C:``?"""
    if text[1:2] == ":":
        return text[2:3] in {"\\", "/", ""} and text[0].isascii() and text[0].isalpha()
    return text.startswith("\\\\?\\")


def _exists(path: str) -> bool:
    try:
        _lstat(path)
    except OSError:
        return False
    return True


def _in_any_case(folder: str, parts: list[str]) -> str:
    for number, part in enumerate(parts):
        exact = f"{folder}/{part}"
        if not _exists(exact):
            try:
                same = _names(folder).get(part.lower(), [])
            except OSError:
                return "/".join([folder, *parts[number:]])
            exact = f"{folder}/{same[0] if len(same) == 1 else part}"
        folder = exact
    return folder


def _names(folder: str) -> dict[str, list[str]]:
    """The names in a folder by what they are in lower case; kept until there is another one in it."""
    changed = _stat(folder).st_mtime_ns
    if (known := _listed.get(folder)) is not None and known[0] == changed:
        return known[1]
    found: dict[str, list[str]] = {}
    for name in _listdir(folder):
        found.setdefault(name.lower(), []).append(name)
    if len(_listed) >= _MOST:
        _listed.clear()
    _listed[folder] = changed, found
    return found
