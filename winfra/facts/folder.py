"""Facts about all that is in a folder."""

from __future__ import annotations

from typing import Any, TypedDict

from typing_extensions import override

from winfra.fact import WindowsFact
from winfra.path import windows_path
from winfra.script import Script


class Item(TypedDict):
    """A file or folder in a folder, by its path relative to that; ``size`` is 0 for a folder."""

    path: str
    folder: bool
    size: int


class Folder(WindowsFact[list[Item] | None]):
    r"""
    Returns all that is in a folder and in those below it, or ``None`` where there is no folder:

    .. code:: python

        [
            {"path": "hosting", "folder": True, "size": 0},
            {"path": "hosting\\log.py", "folder": False, "size": 6120},
        ]
    """

    def command(self, path: str) -> Script:
        return Script("get_folder", Path=windows_path(path))

    @override
    def read(self, value: Any) -> list[Item] | None:
        if value is None:
            return None
        return [
            Item(path=item["Path"], folder=item["Folder"], size=item["Size"])
            for item in value["Items"]
        ]
