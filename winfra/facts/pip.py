"""Facts about the packages of a Python on the host."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any, TypedDict

from packaging.utils import canonicalize_name
from typing_extensions import override

from winfra import package_report, package_use
from winfra.fact import WindowsFact
from winfra.path import windows_path
from winfra.script import Script


class PackageDict(TypedDict):
    """
    A package; ``entries`` are the folders that say so, more than one where something went wrong.

    ``problem`` is what an installation that broke off has left undone, in a few words; ``content`` what
    ``winfra.package_report.content`` makes of its RECORD, ``None`` where there is none to rely on.
    """

    version: str
    entries: list[str]
    problem: str | None
    content: str | None


class PackagesDict(TypedDict, total=False):
    """See ``Packages``; where the interpreter does not answer, there is its ``problem`` alone."""

    version: str
    platform: str
    folder: str
    packages: dict[str, PackageDict]
    left: list[str]
    problem: str


class Packages(WindowsFact[PackagesDict | None]):
    r"""
    Returns what is installed for an interpreter, or ``None`` where there is none:

    .. code:: python

        {
            "version": "3.12.7",           # of the interpreter
            "platform": "win-amd64",
            "folder": "C:\\Program Files\\Python312\\Lib\\site-packages",
            "packages": {
                "prefect": {               # names in their normal form
                    "version": "3.4.25",
                    "entries": ["prefect-3.4.25.dist-info"],
                    "problem": "2 of 1423 files missing or cut off",   # or None
                    "content": None,       # of a whole package the SHA-256 of what it consists of
                },
            },
            "left": ["~refect"],           # what pip was about to replace when it was ended
        }

    Where the interpreter does not answer:

    .. code:: python

        {"problem": "exit code 1: …"}

    + python: the interpreter
    """

    def command(self, python: str) -> Script:
        path = windows_path(python, "python", file=True)
        return Script("get_python", Path=path, Text=_text(package_report))

    @override
    def read(self, value: Any) -> PackagesDict | None:
        if value is None:
            return None
        if value["Problem"] is not None:
            return {"problem": value["Problem"]}
        found = json.loads(value["Answer"])
        return PackagesDict(
            version=found["version"],
            platform=found["platform"],
            folder=found["folder"],
            packages=_by_name(found["packages"]),
            left=found["left"],
        )


class InUse(WindowsFact[list[str]]):
    """
    Returns the files of packages that somebody has open, so that they cannot be replaced.

    + python: the interpreter that they are installed for
    + entries: their folders, as ``Packages`` has them
    """

    def command(self, python: str, entries: Sequence[str]) -> Script:
        path = windows_path(python, "python", file=True)
        return Script("get_python", Path=path, Text=_text(package_use), Argument=list(entries))

    @override
    def read(self, value: Any) -> list[str]:
        found: list[str] = json.loads(value["Answer"])
        return found


def _by_name(listed: list[dict[str, Any]]) -> dict[str, PackageDict]:
    packages: dict[str, PackageDict] = {}
    for one in listed:
        name = canonicalize_name(one["name"])
        new = PackageDict(
            version=one["version"],
            entries=[one["entry"]],
            problem=one["problem"],
            content=one["content"],
        )
        if (first := packages.get(name)) is not None:
            version = f"{first['version']}, {one['version']}"
            entries = [*first["entries"], one["entry"]]
            new = PackageDict(
                version=version, entries=entries, problem="there more than once", content=None
            )
        packages[name] = new
    return packages


@cache
def _text(program: ModuleType) -> str:
    return Path(str(program.__file__)).read_text(encoding="ascii")
