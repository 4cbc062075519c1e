"""Facts about the drives that have a letter."""

from __future__ import annotations

from typing import Any, TypedDict

from typing_extensions import override

from winfra.fact import WindowsFact
from winfra.script import Script

# Win32_LogicalDisk.DriveType
KINDS = ("unknown", "no root", "removable", "fixed", "network", "optical", "memory")


class Drive(TypedDict):
    """See ``Drives``."""

    kind: str
    format: str
    label: str
    size: int
    free: int
    temporary: bool


class Drives(WindowsFact[dict[str, Drive]]):
    """
    Returns the drives by their letters, sizes in bytes:

    .. code:: python

        {
            "D:": {
                "kind": "fixed",       # one of KINDS
                "format": "NTFS",
                "label": "Data",
                "size": 107374182400,
                "free": 96636764160,
                "temporary": False,    # a cloud's disk, whose content does not last
            },
        }

    Where no medium is in the drive, format and label are empty, size and free are 0.
    """

    def command(self) -> Script:
        return Script("get_drives")

    @override
    def read(self, value: Any) -> dict[str, Drive]:
        return {item["Letter"]: _drive(item) for item in value["Items"]}


def _drive(item: Any) -> Drive:
    return Drive(
        kind=KINDS[item["Type"]],
        format=item["FileSystem"] or "",
        label=item["Label"] or "",
        size=int(item["Size"] or 0),
        free=int(item["Free"] or 0),
        temporary=item["Temporary"],
    )
