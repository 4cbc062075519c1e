"""Facts about Prefect on the host: what is installed, what its services are told, what is left over."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any, TypedDict

from pyinfra.api.hiddenvalue import HiddenValue
from typing_extensions import override

from winfra import prefect_report
from winfra.fact import WindowsFact
from winfra.path import windows_path
from winfra.prefect_database import Look
from winfra.script import Script
from winfra.sql import Connection


class InstallationDict(TypedDict, total=False):
    """See ``Installation``; where it cannot be read, there is its ``problem`` alone."""

    version: str
    settings: list[str]
    revisions: list[str]
    heads: list[str]
    problem: str


class Installation(WindowsFact[InstallationDict | None]):
    r"""
    Returns what the Prefect of an interpreter knows, or ``None`` where there is no Prefect:

    .. code:: python

        {
            "version": "3.4.25",
            "settings": ["PREFECT_API_AUTH_STRING", ...],  # what it takes from the environment
            "revisions": ["01a83c7ebd46", ...],            # of the database, by Alembic
            "heads": ["9e83011d1f2a"],                     # the last one
        }

    Where it cannot be read:

    .. code:: python

        {"problem": "exit code 1: …"}

    + folder: the interpreter's
    """

    def command(self, folder: str) -> Script:
        path = rf"{windows_path(folder, 'folder')}\python.exe"
        return Script("get_python", Path=path, Text=_text())

    @override
    def read(self, value: Any) -> InstallationDict | None:
        if value is None:
            return None
        if value["Problem"] is not None:
            return {"problem": value["Problem"]}
        found: InstallationDict | None = json.loads(value["Answer"])
        return found


class DatabaseDict(TypedDict):
    """See ``Database``."""

    revision: str | None
    filled: bool | None


class Database(WindowsFact[DatabaseDict | None]):
    r"""
    Returns what the host's Prefect would find in its database:

    .. code:: python

        {
            "revision": "9e83011d1f2a",  # by Alembic; None before the first upgrade
            "filled": True,              # with tables, whosever they are
        }

    + folder: that of the interpreter which has Prefect; without one the answer is ``None``
    + connection: where the database is, and who asks; its psql is not used
    + absent: ``None`` as well where there is no server or database yet; ``filled`` is ``None`` where the
      role cannot log in yet
    """

    def command(self, folder: str, connection: Connection, absent: bool = False) -> Script:
        return Look(folder, connection, absent=absent)


class SettingsFileDict(TypedDict):
    """See ``SettingsFile``."""

    same: bool
    equal: list[str]
    values: dict[str, str | None]


class SettingsFile(WindowsFact[SettingsFileDict | None]):
    r"""
    Returns how a file of settings differs from a wanted one, or ``None`` where there is no file:

    .. code:: python

        {
            "same": False,              # not the same text
            "equal": ["PREFECT_HOME"],  # what has the wanted value
            "values": {"PREFECT_HOME": "D:\\prefect_data", "PREFECT_API_AUTH_STRING": None},
        }

    + path: the file
    + content: the wanted one
    + shown: the names of those whose values are given; others are ``None``
    """

    def command(self, path: str, content: HiddenValue, shown: Sequence[str]) -> Script:
        return Script(
            "get_settings_file", Path=windows_path(path), Content=content, Shown=list(shown)
        )

    @override
    def read(self, value: Any) -> SettingsFileDict | None:
        if value is None:
            return None
        items = value["Items"]
        return {
            "same": value["Same"],
            "equal": [item["Name"] for item in items if item["Same"]],
            "values": {item["Name"]: item["Text"] and json.loads(item["Text"]) for item in items},
        }


class VariablesDict(TypedDict):
    """See ``Variables``."""

    machine: list[str]
    services: dict[str, list[str]]


class Variables(WindowsFact[VariablesDict]):
    r"""
    Returns the names of Prefect's variables, which every user of the server can read:

    .. code:: python

        {
            "machine": ["PREFECT_HOME"],
            "services": {"PrefectServer": [], "PrefectWorker": ["PREFECT_API_URL"]},
        }

    + services: names of services, which need not be there
    """

    def command(self, services: Sequence[str] = ()) -> Script:
        return Script("get_prefect_variables", Service=list(services))

    @override
    def read(self, value: Any) -> VariablesDict:
        services = {item["Service"]: item["Variables"] for item in value["Services"]}
        return {"machine": value["Machine"], "services": services}


@cache
def _text() -> str:
    return Path(prefect_report.__file__).read_text(encoding="utf-8")
