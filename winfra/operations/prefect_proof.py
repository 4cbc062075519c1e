"""Where Prefect keeps what it does; ``winfra.operations.prefect`` has these operations."""

from __future__ import annotations

import json
from collections.abc import Generator, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from pyinfra import host, logger
from pyinfra.api import Host
from pyinfra.api.command import PyinfraCommand

from winfra.facts.files import Entry, Paths
from winfra.facts.postgresql import Query
from winfra.facts.prefect_flow_run import FlowRunInfo, FlowRuns
from winfra.facts.profiles import Profiles
from winfra.messages import prefect_proof as messages
from winfra.operation import HostFailedError, fail, operation, read
from winfra.path import windows_path
from winfra.prefect_api import Api, check_name
from winfra.prefect_reading import preparing
from winfra.sql import Connection, compose
from winfra.sql_command import query

_RUN = "SELECT name AS run, state_name AS state FROM flow_run WHERE id = {id}::uuid"
# What SQLite writes to; the file itself may be touched only when it is closed.
_FILES = ("prefect.db", "prefect.db-wal")


@operation()
def run_stored(
    flow: str,
    deployment: str,
    *,
    api: Api,
    connection: Connection,
    through: str | None = None,
) -> Generator[PyinfraCommand]:
    r"""
    Make sure that the newest completed run of a deployment is in PostgreSQL; nothing is changed.

    + flow: the flow's name
    + deployment: the deployment's name
    + api: the Prefect server that tells which run that is
    + connection: how SQL reaches the database that it should be in
    + through: the host of the inventory whose psql it is; the current one when not given

    In a dry run nothing is looked at, since there may be no server yet.

    **Example:**

    .. code:: python

        prefect.run_stored(
            name="The run is in prefect_db",
            flow="etl-flow",
            deployment="first",
            api=Api("http://127.0.0.1:4200/api"),
            connection=Connection(
                psql=r"C:\Program Files\PostgreSQL\16\bin\psql.exe",
                user="prefect",
                password=host.data.prefect_database_password,
                database="prefect_db",
            ),
        )
    """
    _check_names(flow, deployment)
    if preparing():
        return
    run = _completed(api, flow, deployment)
    values = {**connection.values, "deployment": f"{flow}/{deployment}", "run": run["flow_run"]}
    if not _rows(connection, through, compose(_RUN, id=run["id"])):
        raise fail(messages.NOT_STORED, **values)
    host.noop(f"run {run['flow_run']} of {flow}/{deployment} is in {connection.database}")
    yield from ()


@operation()
def no_own_database(
    flow: str, deployment: str, *, api: Api, folders: Sequence[str], accounts: Sequence[str] = ()
) -> Generator[PyinfraCommand]:
    r"""
    Make sure that Prefect has written to no SQLite of its own since a deployment's newest completed run began.

    That is what it silently does where it is not told of a database, or of a server. Nothing is changed.

    + flow: the flow's name
    + deployment: the deployment's name
    + api: the Prefect server
    + folders: where it would be
    + accounts: in whose profiles it would be, too

    In a dry run nothing is looked at.

    **Example:**

    .. code:: python

        prefect.no_own_database(
            name="No prefect.db came about",
            flow="etl-flow",
            deployment="first",
            api=Api("http://127.0.0.1:4200/api"),
            folders=[r"D:\prefect_data"],
            accounts=["svc_prefect"],
        )
    """
    _check_names(flow, deployment)
    places = [windows_path(folder, "folders") for folder in folders]
    if preparing():
        return
    run = _completed(api, flow, deployment)
    places += _profiles(accounts)
    found = read(Paths, paths=[rf"{place}\{name}" for place in places for name in _FILES])
    written = [*_since(datetime.fromisoformat(run["created"]), found.items())]
    if written:
        raise fail(messages.OWN_DATABASE, files=", ".join(written))
    host.noop(f"nothing was written to a prefect.db in {', '.join(places)}")
    yield from ()


def _completed(api: Api, flow: str, deployment: str) -> FlowRunInfo:
    names = {"flow": flow, "deployment": deployment}
    runs = read(FlowRuns, api=api, **names, states=["COMPLETED"])
    if not runs:
        raise fail(messages.NO_RUN, deployment=f"{flow}/{deployment}", url=api.url)
    return runs[0]


def _rows(connection: Connection, through: str | None, statement: Any) -> Any:
    if through in {None, host.name}:
        return read(Query, connection=connection, sql=statement)
    other: Host | None = host.state.inventory.get_host(through, None)
    if other is None or not other.connected:
        raise fail(messages.HOST_AWAY, host=through, database=connection.database)
    succeeded, output = other.run_shell_command(
        query(connection, statement), print_output=False, print_input=False
    )
    if not succeeded:
        for line in output.stderr_lines:
            host.log_styled(line, fg="red", log_func=logger.error)
        raise HostFailedError
    return json.loads(output.stdout_lines[-1])


def _profiles(accounts: Sequence[str]) -> list[str]:
    """``.prefect`` in the profiles of accounts."""
    found = read(Profiles, accounts=[*accounts]) if accounts else {}
    return [rf"{folder}\.prefect" for folder in found.values() if folder]


def _since(begun: datetime, entries: Iterable[tuple[str, Entry | None]]) -> Iterator[str]:
    for path, entry in entries:
        if entry and entry["mtime"] >= begun:
            yield path


def _check_names(flow: str, deployment: str) -> None:
    check_name("flow", flow)
    check_name("deployment", deployment)
