"""Dumps of a PostgreSQL database; ``winfra.operations.postgresql`` has these operations."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import PureWindowsPath
from typing import Literal

from pyinfra import host, logger
from pyinfra.api import FunctionCommand, Host, State
from pyinfra.api.command import PyinfraCommand
from pyinfra.api.state import StateStage

from winfra.difference import say, show
from winfra.facts.files import File
from winfra.facts.postgresql import Query
from winfra.messages import postgresql as messages
from winfra.operation import fail, operation, read
from winfra.path import windows_path
from winfra.postgresql_server import RefusedError, Server
from winfra.script import Script
from winfra.sql import Connection, bad_value
from winfra.sql_command import Program

Format = Literal["custom", "tar"]
# What initdb and extensions made does not count.
_OWN_OBJECTS = """
SELECT EXISTS (SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'
    AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e')) AS filled
"""


@operation(is_idempotent=False)
def dump(
    dest: str,
    *,
    connection: Connection,
    format: Format = "custom",  # noqa: A002  pg_dump's own word
    seconds: float = 3600,
) -> Generator[PyinfraCommand]:
    r"""
    Dump a database into a file on the host, with the pg_dump.exe beside the connection's psql.exe.

    + dest: the file, which is replaced when the new one can be read again
    + connection: how SQL reaches the database
    + format: ``custom`` (compressed) or ``tar``
    + seconds: how long it may take

    What is in the file is what is in the database: put it where only those may read who should.

    **Example:**

    .. code:: python

        postgresql.dump(
            name="Keep what is there before the upgrade",
            dest=r"D:\backup\prefect_db.dump",
            connection=replace(connection, database="prefect_db"),
        )
    """
    dest = windows_path(dest, "dest", file=True)
    _need_psql(connection)
    if format not in {"custom", "tar"}:
        raise bad_value("format", f"{format!r} is neither custom nor tar")
    say(f"Will dump {connection.database} to {dest}")
    yield FunctionCommand(_dump, (connection, dest, format, seconds), {})


@operation()
def restore(
    src: str,
    *,
    connection: Connection,
    clean: bool = False,
    owner: bool = True,
    seconds: float = 3600,
) -> Generator[PyinfraCommand]:
    r"""
    Restore a dump into a database: all of it or nothing.

    + src: the file on the host, made by ``postgresql.dump`` or by pg_dump in its formats
    + connection: how SQL reaches the database
    + clean: drop what the dump has before; otherwise a database that has tables is left as it is
    + owner: give objects their owners of the dump; otherwise the connection's user owns them
    + seconds: how long it may take

    **Example:**

    .. code:: python

        postgresql.restore(
            name="Have the old server's database",
            src=r"D:\backup\prefect_db.dump",
            connection=replace(connection, database="prefect_db"),
        )
    """
    src = windows_path(src, "src", file=True)
    _need_psql(connection)
    executing = host.state.current_stage == StateStage.Execute
    rows = read(Query, connection=connection, sql=_OWN_OBJECTS, absent=not executing)
    if rows and rows[0]["filled"] and not clean:
        host.noop(f"database {connection.database} has tables already")
        return
    if executing and not read(File, path=src):
        raise fail(messages.NO_DUMP, path=src, host=host.name)
    show(f"database {connection.database}", {}, {"content": f"restored from {src}"})
    options = ["--exit-on-error", "--single-transaction", "--dbname=service=winfra"]
    options += ["--clean", "--if-exists"] if clean else []
    options += [] if owner else ["--no-owner"]
    yield Program(connection, "pg_restore", [*options, src], seconds=seconds)


def _need_psql(connection: Connection) -> None:
    if connection.psql is None:
        raise bad_value("connection", "it has no psql, whose folder pg_dump and pg_restore are in")


def _dump(
    state: State, host: Host, connection: Connection, dest: str, kind: Format, seconds: float
) -> bool:
    """Into a file of its own, read again, and only then in the place of an older one."""
    server, new = Server(host, connection), f"{dest}.new"
    options = [f"--format={kind}", f"--file={new}"]
    try:
        server.rows(Script("set_directory", Path=str(PureWindowsPath(dest).parent)))
        try:
            server.rows(Program(connection, "pg_dump", options, seconds=seconds))
            server.rows(Program(connection, "pg_restore", ["--list", new], seconds=seconds))
        except RefusedError:
            server.remove(new)
            raise
        server.rows(Script("move_file", Path=new, Destination=dest))
    except RefusedError as refusal:
        for line in refusal.lines:
            host.log_styled(line, fg="red", log_func=logger.error)
        return False
    return True
