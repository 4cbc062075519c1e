"""The database of Prefect's server; ``winfra.operations.prefect`` has this operation."""

# ruff: noqa: SLF001  how pyinfra's operations use one another

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PureWindowsPath

from pyinfra import host, logger
from pyinfra.api import FunctionCommand, Host, State
from pyinfra.api.command import PyinfraCommand
from pyinfra.api.hiddenvalue import HiddenValue
from pyinfra.api.state import StateStage

from winfra.difference import show
from winfra.facts.prefect import Database
from winfra.halt import Halt
from winfra.messages import prefect_settings as messages
from winfra.operation import fail, operation, read
from winfra.operations import files, postgresql, service_host
from winfra.operations.prefect_settings import KEEPERS, installed
from winfra.postgresql_server import RefusedError, Server
from winfra.prefect_database import Look
from winfra.service_change import Drain
from winfra.sql import Connection
from winfra.sql_reading import say_pending

_STATEMENT_SECONDS = 600
"""Of one statement: the 10 s that Prefect's server waits end a migration of a large table."""


@dataclass(frozen=True)
class _Target:
    """What an upgrade leads to."""

    connection: Connection
    folder: str
    revision: str
    version: str


@operation()
def database(
    *,
    connection: Connection,
    python: str,
    settings: str,
    account: str,
    password: str | HiddenValue | None = None,
    service_host_folder: str,
    directory: str,
    backup: str | None = None,
    seconds: float = 3600,
    services: Sequence[str] = (),
    drains: Mapping[str, Drain] | None = None,
) -> Generator[PyinfraCommand]:
    r"""
    Bring Prefect's database to what the installed Prefect needs, before its server starts.

    + connection: where the database is, with Prefect's role; its psql is for the dump alone
    + python: the interpreter that runs Prefect
    + settings: the file with the server's environment
    + account: the server's, which upgrades the database as ``service_host.check`` runs commands
    + password: the account's
    + service_host_folder: the service host's folder
    + directory: the working folder, whose ``.env`` and ``prefect.toml`` Prefect reads
    + backup: where a database that has tables is dumped to before (pg_dump's custom format); the
      folder is for administrators alone
    + seconds: how long the upgrade may take
    + services: those that use the database, which are stopped before and not started again
    + drains: what lets a service end its work before it stops, as ``services.service`` takes it

    A database that a newer Prefect has used is refused.

    **Example:**

    .. code:: python

        prefect.database(
            name="Bring the database up to date",
            connection=replace(connection, user="prefect", database="prefect_db"),
            python=r"C:\Program Files\Python312\python.exe",
            settings=r"D:\prefect_data\settings\PrefectServer.json",
            account="svc_prefect",
            password=host.data.service_account_password,
            service_host_folder=r"D:\prefect_data\scripts\service_host",
            directory=r"D:\prefect_data",
            backup=r"D:\prefect_data\backups\before-upgrade.dump",
            services=["PrefectWorker", "PrefectServer"],
        )
    """
    folder = str(PureWindowsPath(python).parent)
    known = installed(folder)
    revision, filled = _current(folder, connection)
    [wanted] = known["heads"] if known else [None]
    if known and revision == wanted:
        host.noop(f"database {connection.database} is at revision {revision}")
        return
    if filled is None:
        say_pending(f"database {connection.database}", connection)
        return
    values = {**connection.values, "host": host.name, "version": known["version"] if known else ""}
    if known and revision and revision not in known["revisions"]:
        raise fail(messages.NEWER_DATABASE, **values, revision=revision)
    if filled and backup and connection.psql is None:
        raise fail(messages.BACKUP_NEEDS_PSQL, **values)
    current = {"revision": revision, "dump": None}
    desired = {
        "revision": wanted or "that of the Prefect that is installed by then",
        "dump": backup if filled else None,
    }
    show(f"database {connection.database}", current, desired)
    halt = Halt(services, drains)
    halt.show("while the database is upgraded")
    yield from halt.commands()
    if filled and backup:
        yield from _dump(connection, backup)
    yield from service_host.check._inner(
        [python, "-m", "prefect", "server", "database", "upgrade", "-y"],
        account,
        password,
        folder=service_host_folder,
        python=python,
        directory=directory,
        settings=settings,
        environment={"PREFECT_SERVER_DATABASE_TIMEOUT": str(_STATEMENT_SECONDS)},
        seconds=seconds,
    )
    if known and wanted:
        target = _Target(connection, folder, wanted, known["version"])
        yield FunctionCommand(_verify, (target,), {})


def _current(folder: str, connection: Connection) -> tuple[str | None, bool | None]:
    """The revision, where there is one, and whether there are tables; in a dry run maybe no database, or no login."""
    executes = host.state.current_stage == StateStage.Execute
    found = read(Database, folder=folder, connection=connection, absent=not executes)
    return (found["revision"], found["filled"]) if found else (None, False)


def _dump(connection: Connection, backup: str) -> Generator[PyinfraCommand]:
    folder = str(PureWindowsPath(backup).parent)
    yield from files.directory._inner(folder)
    yield from files.access._inner(folder, KEEPERS, exact=True)
    yield from postgresql.dump._inner(backup, connection=connection)


def _verify(state: State, host: Host, target: _Target) -> bool:
    """Whether the database is where the upgrade was to bring it, says the database."""
    lines: list[str] = []
    try:
        found = Server(host, target.connection).rows(Look(target.folder, target.connection))
        if found["revision"] != target.revision:
            values = {**target.connection.values, "host": host.name, "version": target.version}
            revision = found["revision"] or "none"
            lines = [
                messages.NOT_MIGRATED.text(**values, revision=revision, wanted=target.revision)
            ]
    except RefusedError as refusal:
        lines += refusal.lines
    for line in lines:
        host.log_styled(line, fg="red", log_func=logger.error)
    return not lines
