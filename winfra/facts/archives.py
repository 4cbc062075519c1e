"""Facts about archives that were extracted on the host."""

from __future__ import annotations

from typing import Any, TypedDict

from typing_extensions import override

from winfra.fact import WindowsFact
from winfra.path import windows_path
from winfra.script import Script

MARKER = ".winfra-archive"
"""The file in the folder that says what was extracted there."""


class ExtractedDict(TypedDict):
    """See ``Extracted``; of the damaged files the first few."""

    sha256: str
    inside: str
    only: list[str]
    damaged: list[str]
    damaged_count: int


class Extracted(WindowsFact[ExtractedDict | None]):
    """
    Returns which archive was extracted into a folder, ``None`` if none was to its end:

    .. code:: python

        {
            "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
            "inside": "pgsql",
            "only": ["bin", "lib", "share"],
            "damaged": ["bin/psql.exe"],     # missing, or of another size
            "damaged_count": 1,
        }
    """

    def command(self, path: str) -> Script:
        return Script("get_archive", Path=windows_path(path), Marker=MARKER)

    @override
    def read(self, value: Any) -> ExtractedDict | None:
        found = value["Marker"]
        if found is None:
            return None
        pairs = [line.partition(" ") for line in found["Head"]]
        said = {name: text for name, _, text in pairs}
        return ExtractedDict(
            sha256=said.get("sha256", ""),
            inside=said.get("inside", ""),
            only=[text for name, _, text in pairs if name == "only"],
            damaged=found["Damaged"],
            damaged_count=found["DamagedCount"],
        )


def head(sha256: str, inside: str, only: list[str]) -> list[str]:
    """The lines of a marker that say which archive it was."""
    return [f"sha256 {sha256}", f"inside {inside}", *(f"only {name}" for name in only)]
