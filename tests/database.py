"""A PostgreSQL server in the lab of ``trial``, and psycopg as the witness of what is in it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import psycopg
import pytest
from psycopg.sql import Identifier

from tests.trial import Trial
from winfra.lab import postgresql
from winfra.lab.state import Lab
from winfra.sql import Connection

Witness = psycopg.Connection[tuple[Any, ...]]
DATA = r"C:\pgsql\data"
"""Not on D:, which ``trial`` empties."""


@dataclass
class Server:
    """A running server of a lab."""

    lab: Lab
    port: int

    @property
    def psql(self) -> Connection:
        """By psql.exe on the host."""
        program = rf"{postgresql.program_folder()}\bin\psql.exe"
        return replace(self.psycopg, psql=program)

    @property
    def psycopg(self) -> Connection:
        """From this machine."""
        return Connection(port=self.port, password=postgresql.PASSWORD, seconds=20)

    @contextmanager
    def connected(self, **given: Any) -> Iterator[Witness]:
        """The witness's own connection, which the product knows nothing of."""
        values = {"user": "postgres", "password": postgresql.PASSWORD, "dbname": "postgres"}
        address = {"host": "127.0.0.1", "port": self.port}
        with psycopg.connect(**{**address, **values, **given}, autocommit=True) as connection:
            yield connection

    def ask(self, statement: Any, *values: Any, **given: Any) -> list[tuple[Any, ...]]:
        with self.connected(**given) as connection:
            return connection.execute(statement, values or None).fetchall()

    def do(self, *statements: Any, **given: Any) -> None:
        with self.connected(**given) as connection:
            for statement in statements:
                connection.execute(statement)


@pytest.fixture(scope="module")
def _module_server(_module_trial: Trial) -> Server:
    lab, port = _module_trial.lab, postgresql.free_port()
    postgresql.install(lab, data=DATA, port=port)
    return Server(lab, port)


@pytest.fixture
def server(_module_server: Server) -> Iterator[Server]:
    """A server with nothing but what initdb made; ``server.psql``, ``server.ask("SELECT 1")``."""
    yield _module_server
    databases = "SELECT datname FROM pg_database WHERE datname NOT IN ('postgres', 'template0', 'template1')"
    roles = "SELECT rolname FROM pg_roles WHERE rolname <> 'postgres' AND rolname !~ '^pg_'"
    for kind, statement in ("DATABASE", databases), ("ROLE", roles):
        for (name,) in _module_server.ask(statement):
            quoted = Identifier(name).as_string(None)
            force = " WITH (FORCE)" if kind == "DATABASE" else ""
            _module_server.do(f"DROP {kind} {quoted}{force}")
