"""What is in Prefect's database, as the host finds it with the packages of its Prefect."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from typing_extensions import override

from winfra import database_report
from winfra.messages.postgresql import LOGIN_REFUSED
from winfra.path import windows_path
from winfra.script import Script
from winfra.sql import Connection
from winfra.sql_command import ABSENT
from winfra.sql_error import connecting, masked

SECONDS = 90.0
"""Python takes some to start on a machine that is busy; the report waits for less."""


class Look(Script):
    """A look at the revision; it answers with ``None`` where there is no Python to look with.

    + folder: the interpreter's
    + connection: where the database is, and who asks
    + absent: what is not there yet is no failure: ``None`` then; and where the role has yet to get its
      password, nothing is known
    """

    def __init__(self, folder: str, connection: Connection, *, absent: bool = False) -> None:
        self.connection, self._absent = connection, absent
        names = ("address", "port", "user", "database", "tls", "authority")
        super().__init__(
            "get_database",
            Path=rf"{windows_path(folder, 'folder')}\python.exe",
            Text=_text(),
            Connection=json.dumps({name: getattr(connection, name) for name in names}),
            Password=connection.password,
            TimeoutSeconds=SECONDS,
        )

    @override
    def answer(self, value: Any) -> Any:
        if value is None:
            return None
        found = json.loads(value["Answer"]) if value["ExitCode"] == 0 else {}
        problem = found.get("problem") if found else value["Problem"]
        if value["TimedOut"]:
            problem = f"timed out after {SECONDS:g} s"
        if problem is None:
            return found
        hidden = filter(None, [self.connection.secret])
        error = connecting(masked(problem, hidden), self.connection.values)
        if self._absent and error.catalogued in ABSENT:
            return None
        if self._absent and error.catalogued is LOGIN_REFUSED:
            return {"revision": None, "filled": None}
        raise error


@cache
def _text() -> str:
    return Path(database_report.__file__).read_text(encoding="utf-8")
