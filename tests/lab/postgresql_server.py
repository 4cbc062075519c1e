"""PostgreSQL in a lab under test: its programs as a user runs them, and a witness at its port."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from tests.lab.runs import Run, run
from winfra.lab import event_log, postgresql, token
from winfra.lab.access import AccessLists
from winfra.lab.state import Lab

needed = pytest.mark.skipif(
    not postgresql.is_available(), reason="there is no PostgreSQL on this machine"
)
SERVICE = postgresql.service_name() if postgresql.is_available() else ""


def program(name: str) -> str:
    return rf'"{postgresql.program_folder()}\bin\{name}.exe"'


def start(lab: Lab, name: str, arguments: str, data: bytes = b"", **options: Any) -> Run:
    """Run one of PostgreSQL's programs."""
    return run(lab, f"{program(name)} {arguments}", data, **options)


def ask(dsn: str, sql: str) -> Any:
    """The first value that the server answers to a witness."""
    with psycopg.connect(dsn, connect_timeout=10) as connection:
        row = connection.execute(sql.encode()).fetchone()
    assert row is not None
    return row[0]


def port_of(dsn: str) -> str:
    return str(psycopg.conninfo.conninfo_to_dict(dsn)["port"])


def close_to(lab: Lab, path: str, *sids: str) -> None:
    """Give these SIDs full control, and nobody else anything."""
    lists = AccessLists(lab.folder)
    aces = "".join(f"(A;OICI;FA;;;{sid})" for sid in sids)
    lists.write_list(lab.path(path), lists.dialect.parse(f"D:PAI{aces}"))


def sid(lab: Lab, user: str = "deploy") -> str:
    return token.of_process(lab.folder, {"USERNAME": user}).sid


def messages(lab: Lab, level: int | None = None) -> str:
    """What PostgreSQL wrote to the Application event log."""
    found = event_log.read(lab.folder, "Application")
    return "\n".join(one["message"] for one in found if level in {None, one["level"]})
