"""Whether a PostgreSQL server is of use, before and after: nothing is changed."""

from __future__ import annotations

from collections.abc import Generator, Sequence

from pyinfra import host
from pyinfra.api.command import PyinfraCommand
from pyinfra.api.state import StateStage

from winfra.facts.postgresql import Query
from winfra.messages import postgresql_installation as messages
from winfra.operation import fail, operation, read
from winfra.sql import Connection

# What a role and a database for Prefect need.
_SERVER = """
SELECT current_setting('server_version') AS version, current_setting('server_version_num')::int AS number,
  EXISTS (SELECT FROM pg_available_extensions WHERE name = 'pg_trgm') AS trigram,
  (SELECT rolsuper OR (rolcreaterole AND rolcreatedb) FROM pg_roles WHERE rolname = current_user) AS able
"""
_TRIGRAM = """
SELECT current_user AS role, current_database() AS database, similarity('prefect', 'prefects') > 0.5 AS similar
"""


@operation()
def usable(connection: Connection, version: str) -> Generator[PyinfraCommand]:
    """
    Make sure that a server that others look after has what Prefect's database needs.

    + connection: how SQL reaches it
    + version: the oldest major version that will do
    """
    [found] = read(Query, connection=connection, sql=_SERVER) or [{}]
    values = {**connection.values, "version": found["version"], "wanted": version}
    if found["number"] // 10_000 < int(version):
        raise fail(messages.SERVER_TOO_OLD, **values)
    if not found["trigram"]:
        raise fail(messages.SERVER_WITHOUT_TRIGRAM, **values)
    if not found["able"]:
        raise fail(messages.SERVER_LOGIN_WEAK, **values)
    host.noop(f"PostgreSQL {found['version']} answers on {connection.address}:{connection.port}")
    yield from ()


@operation()
def verified(connections: Sequence[Connection]) -> Generator[PyinfraCommand]:
    """
    Make sure that a database can be used as its applications will: log in, use pg_trgm.

    + connections: each is tried; nothing is tried in a dry run, in which there may be no server yet
    """
    if host.state.current_stage == StateStage.Execute:
        for connection in connections:
            wanted = {"role": connection.user, "database": connection.database, "similar": True}
            if read(Query, connection=connection, sql=_TRIGRAM) != [wanted]:
                raise fail(messages.NOT_USABLE, **connection.values)
        user, database = connections[0].user, connections[0].database
        places = ", ".join(f"{one.address}:{one.port}" for one in connections)
        host.noop(f"{user} uses {database} on {places}")
    yield from ()
