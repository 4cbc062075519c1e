"""What stands at a path on the host before an operation changes it."""

from __future__ import annotations

from pathlib import PureWindowsPath
from typing import NamedTuple

from pyinfra import host
from pyinfra.api import OperationValueError

from winfra.facts.files import Entry, Paths, Sha256File
from winfra.messages.operations import DRIVE_MISSING, FILE_ABOVE, REMOVAL_REFUSED
from winfra.operation import fail, read
from winfra.path import ancestors
from winfra.upload import UploadSource

_WINDOWS_OWN = {"program files", "program files (x86)", "programdata", "users", "windows"}


class Standing(NamedTuple):
    """What stands at a path, and the folders above it that are missing, the nearest first."""

    entry: Entry | None
    missing: list[str]


def standing(path: str) -> Standing:
    """Ask for a path and all above it at once: a file up there, or no drive, is seen in time."""
    above = ancestors(path)
    entries = read(Paths, paths=[path, *above])
    root = above[-1] if above else path
    if entries[root] is None and root[1] == ":":
        raise fail(DRIVE_MISSING, path=path, drive=root[:2], host=host.name)
    for parent in above:
        entry = entries[parent]
        if entry is not None and not entry["folder"]:
            raise fail(FILE_ABOVE, path=path, parent=parent, host=host.name)
    return Standing(entries[path], [parent for parent in above if entries[parent] is None])


def same_content(source: UploadSource, path: str, entry: Entry | None) -> bool:
    """Whether the host's file has this content; files of another size are not hashed."""
    if entry is None or not source.exists or entry["size"] != source.size:
        return False
    return read(Sha256File, path=path) == source.sha256


def check_removal(path: str) -> None:
    """Refuse to remove a drive, or what Windows keeps directly on one."""
    _, *names = PureWindowsPath(path).parts
    if not names or (len(names) == 1 and names[0].lower() in _WINDOWS_OWN):
        raise OperationValueError(REMOVAL_REFUSED.text(path=path))
