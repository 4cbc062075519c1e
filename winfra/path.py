"""Windows paths: what Windows would refuse is refused before a host is asked."""

from __future__ import annotations

import re
from pathlib import PurePath, PureWindowsPath

from pyinfra.api import OperationValueError

from winfra.messages.operations import PATH_REFUSED

# "Naming Files, Paths, and Namespaces" (Microsoft). A reserved name stays one with an extension.
_FORBIDDEN = re.compile(r'[<>:"|?*\x00-\x1f]')
_RESERVED = re.compile(
    r"(CON|PRN|AUX|NUL|CONIN\$|CONOUT\$|(COM|LPT)[0-9¹²³])(\..*)?", re.IGNORECASE
)
_DRIVE = re.compile(r"([A-Za-z]):\\(.*)", re.DOTALL)
_SHARE = re.compile(r"\\\\([^\\]+)\\([^\\]+)(?:\\(.*))?", re.DOTALL)
_LONGEST_NAME = 255
_LONGEST_PATH = 32_000


def windows_path(path: str | PurePath, argument: str = "path", file: bool = False) -> str:
    r"""An absolute path as Windows writes it: ``D:\x\y`` or ``\\server\share\x``.

    Forward slashes, doubled and trailing backslashes are put right; anything that Windows or NTFS
    would refuse or silently change raises an ``OperationValueError`` that names the argument; so
    does a path that can only be a folder's where a file's is wanted.
    """
    text = str(path).replace("/", "\\")
    root, rest = _split(text, argument)
    if file and (not rest or rest.endswith("\\")):
        raise _error(argument, text, "it names a folder, and a file is meant")
    names = [name for name in rest.split("\\") if name]
    for name in names:
        if reason := _refusal(name):
            raise _error(argument, text, f"'{name}' {reason}")
    joined = root + "\\".join(names)
    if _utf16_length(joined) > _LONGEST_PATH:
        raise _error(argument, text[:60] + "...", f"it is longer than {_LONGEST_PATH} characters")
    return joined


def is_root(path: str) -> bool:
    """Whether a path that ``windows_path`` returned is a drive or a share itself."""
    return PureWindowsPath(path).parent == PureWindowsPath(path)


def ancestors(path: str) -> list[str]:
    """The folders above a path, the nearest first, the drive or share last."""
    return [str(parent) for parent in PureWindowsPath(path).parents]


def _split(text: str, argument: str) -> tuple[str, str]:
    if text.startswith(("\\\\?\\", "\\\\.\\")):
        raise _error(argument, text, "a device path is not needed, long paths are understood")
    if drive := _DRIVE.fullmatch(text):
        return f"{drive[1].upper()}:\\", drive[2]
    if share := _SHARE.fullmatch(text):
        for name in (share[1], share[2]):
            if reason := _refusal(name):
                raise _error(argument, text, f"'{name}' {reason}")
        return f"\\\\{share[1]}\\{share[2]}\\", share[3] or ""
    raise _error(argument, text, "it is not absolute")


def _refusal(name: str) -> str | None:
    """Why Windows does not take a name of a file or folder; ``None`` when it does."""
    if found := _FORBIDDEN.search(name):
        return f"has the character {found[0]!r}, which no file name may have"
    if name.endswith((".", " ")):
        return "ends with a dot or a space, which Windows drops"
    if _RESERVED.fullmatch(name):
        return "is a reserved name of a device"
    if any("\ud800" <= character <= "\udfff" for character in name):
        return "is not Unicode text"
    if _utf16_length(name) > _LONGEST_NAME:
        return f"is longer than {_LONGEST_NAME} characters"
    return None


def _utf16_length(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _error(argument: str, path: str, reason: str) -> OperationValueError:
    text = PATH_REFUSED.text(argument=argument, path=path, reason=reason)
    return OperationValueError(text)
