"""Facts about files and folders.

Their names and what they return for a path that is missing or of the wrong kind are those of
``pyinfra.facts.files``.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal, TypedDict, cast

from typing_extensions import override

from winfra.fact import WindowsFact
from winfra.path import windows_path
from winfra.script import Script
from winfra.text import text_of, utc_time

LARGEST_CONTENT = 1024 * 1024


class Entry(TypedDict):
    """What stands at a path."""

    folder: bool
    size: int
    mtime: datetime
    ctime: datetime
    read_only: bool
    hidden: bool
    link: bool


class Paths(WindowsFact[dict[str, Entry | None]]):
    r"""
    Returns what stands at each of several paths, in one exchange; ``None`` where there is nothing:

    .. code:: python

        {
            "D:\\data": {"folder": True, "size": 0, "mtime": datetime(2026, 1, 31, 12, tzinfo=UTC), ...},
            "D:\\data\\x.txt": None,
        }
    """

    def command(self, paths: Sequence[str]) -> Script:
        return Script("get_files", Path=[windows_path(path) for path in paths])

    @override
    def read(self, value: Any) -> dict[str, Entry | None]:
        return {item["Path"]: _entry(item["Entry"]) for item in value["Items"]}


class _Kind(WindowsFact[Entry | Literal[False] | None]):
    abstract = True
    folder: bool

    def command(self, path: str) -> Script:
        return Script("get_files", Path=[windows_path(path)])

    @override
    def read(self, value: Any) -> Entry | Literal[False] | None:
        entry = _entry(value["Items"][0]["Entry"])
        return False if entry is not None and entry["folder"] != self.folder else entry


class File(_Kind):
    """
    Returns information about a file:

    .. code:: python

        {
            "folder": False,
            "size": 3928,
            "mtime": datetime(2026, 1, 31, 12, tzinfo=UTC),
            "ctime": datetime(2026, 1, 31, 11, tzinfo=UTC),
            "read_only": False,
            "hidden": False,
            "link": False,
        }

    If the path does not exist:
        returns ``None``

    If the path exists but is not a file:
        returns ``False``
    """

    folder = False


class Directory(_Kind):
    """
    Returns information about a folder, as ``File`` does about a file.

    If the path does not exist:
        returns ``None``

    If the path exists but is not a folder:
        returns ``False``
    """

    folder = True


class Sha256Files(WindowsFact[dict[str, str | None]]):
    """Returns the SHA-256 of several files by their paths, ``None`` for each that is no file."""

    def command(self, paths: Sequence[str]) -> Script:
        return Script("get_file_digests", Path=[windows_path(path) for path in paths])

    @override
    def read(self, value: Any) -> dict[str, str | None]:
        return {item["Path"]: item["Sha256"] for item in value["Items"]}


class Sha256File(WindowsFact[str | None]):
    """Returns the SHA-256 of a file as hexadecimal text, or ``None`` where there is no file."""

    def command(self, path: str) -> Script:
        return Script("get_file_digests", Path=[windows_path(path)])

    @override
    def read(self, value: Any) -> str | None:
        return cast("str | None", value["Items"][0]["Sha256"])


class FileBytes(WindowsFact[bytes | None]):
    """Returns the content of a small file, or ``None`` where there is no file.

    + path: the file
    + limit: how many bytes it may have at most; a larger file fails
    """

    def command(self, path: str, limit: int = LARGEST_CONTENT) -> Script:
        return Script("get_file_contents", Path=windows_path(path), Limit=limit)

    @override
    def read(self, value: Any) -> bytes | None:
        content = value["Base64"]
        return None if content is None else base64.b64decode(content, validate=True)


class FileContents(WindowsFact[list[str] | None]):
    """Returns the lines of a small text file, or ``None`` where there is no file.

    UTF-8 and UTF-16 with a byte order mark are understood; other bytes are replaced.
    """

    def command(self, path: str) -> Script:
        return Script("get_file_contents", Path=windows_path(path), Limit=LARGEST_CONTENT)

    @override
    def read(self, value: Any) -> list[str] | None:
        content = FileBytes().read(value)
        if content is None:
            return None
        text = text_of(content)
        shown = content.decode("utf-8", "replace") if text is None else text
        return shown.removeprefix("\ufeff").splitlines()


def _entry(value: Any) -> Entry | None:
    if value is None:
        return None
    return Entry(
        folder=value["Folder"],
        size=value["Size"],
        mtime=utc_time(value["Modified"]),
        ctime=utc_time(value["Created"]),
        read_only=value["ReadOnly"],
        hidden=value["Hidden"],
        link=value["Link"],
    )
