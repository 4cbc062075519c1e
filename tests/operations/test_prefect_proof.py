"""Where a run is kept: a real Prefect server tells of it, a real PostgreSQL has it or not."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from pyinfra.api import Host, OperationValueError

from tests.database import Server
from tests.prefect_server import PrefectServer
from tests.trial import Trial, no_host
from winfra.facts.accounts import Sids
from winfra.facts.profiles import Profiles
from winfra.messages import postgresql, prefect_api, prefect_proof as messages
from winfra.operations.prefect_proof import no_own_database, run_stored
from winfra.prefect_api import Api
from winfra.sql import Connection, compose

NAMES = {"flow": "etl-flow", "deployment": "first"}
DEPLOYMENT = "etl-flow/first"
FOLDER = r"D:\prefect_data"
LIST = r"HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion\ProfileList"


@pytest.fixture
def run(trial: Trial, prefect_server: PrefectServer) -> dict[str, Any]:
    """A run that has completed."""
    trial.lab.path(FOLDER).mkdir()
    flow = prefect_server.ask("POST", "flows/", {"name": NAMES["flow"]})
    given = {"name": NAMES["deployment"], "flow_id": flow["id"]}
    deployment = prefect_server.ask("POST", "deployments/", given)
    path = f"deployments/{deployment['id']}/create_flow_run"
    made: dict[str, Any] = prefect_server.ask("POST", path, {"state": {"type": "COMPLETED"}})
    return made


@pytest.fixture
def connection(server: Server) -> Iterator[Connection]:
    """A database as Prefect's migrations make it, as far as one table goes."""
    server.do("CREATE TABLE flow_run (id uuid, name text, state_name text)")
    yield server.psql
    server.do("DROP TABLE flow_run")


def test_a_run_in_the_database(
    trial: Trial, prefect_server: PrefectServer, run: dict[str, Any], connection: Connection,
    server: Server,
) -> None:  # fmt: skip
    """The very run that the server tells of; dry looks at nothing."""
    given = {**NAMES, "api": prefect_server.api, "connection": connection}
    text = messages.NOT_STORED.text(**connection.values, run=run["name"], deployment=DEPLOYMENT)
    assert not trial.dry(run_stored, **given).failed
    applied = trial.run(run_stored, **given)
    assert applied.failed
    assert text in applied.output

    server.do(compose("INSERT INTO flow_run VALUES ({id}, 'x', 'Completed')", id=run["id"]))
    applied = trial.run(run_stored, **given)
    assert (applied.failed, applied.changed) == (False, False)
    assert f"run {run['name']} of {DEPLOYMENT} is in postgres" in applied.output


@pytest.fixture
def second(trial: Trial) -> Iterator[Host]:
    """Another host of the inventory, which is the same machine."""
    inventory, name = trial.host.state.inventory, "@lab/second"
    inventory.host_data[name] = {"lab_name": trial.lab.name}
    host = Host(name, inventory, [], type(trial.connector))
    host.init(trial.host.state)
    inventory.hosts[name] = host
    yield host
    if host.connected:
        host.disconnect()
    del inventory.hosts[name]


def test_a_database_on_another_host(
    trial: Trial, prefect_server: PrefectServer, run: dict[str, Any], connection: Connection,
    server: Server, second: Host,
) -> None:  # fmt: skip
    """That host's psql is asked; it has to take part, and to be let in."""
    given = {**NAMES, "api": prefect_server.api, "through": second.name}
    values = {"host": second.name, "database": "postgres"}
    applied = trial.run(run_stored, **given, connection=connection)
    assert messages.HOST_AWAY.text(**values) in applied.output
    second.connect()
    server.do(compose("INSERT INTO flow_run VALUES ({id}, 'x', 'Completed')", id=run["id"]))
    applied = trial.run(run_stored, **given, connection=connection)
    assert not applied.failed, applied.output
    assert f"run {run['name']} of {DEPLOYMENT} is in postgres" in applied.output

    wrong = replace(connection, password="wr0ng")
    applied = trial.run(run_stored, **given, connection=wrong)
    assert applied.failed
    assert postgresql.LOGIN_REFUSED.remedy in applied.output
    assert "wr0ng" not in applied.output


def test_no_run_no_proof(
    trial: Trial, prefect_server: PrefectServer, connection: Connection
) -> None:
    """None has completed; the server does not answer; the database does not."""
    text = messages.NO_RUN.text(deployment=DEPLOYMENT, url=prefect_server.url)
    applied = trial.run(run_stored, **NAMES, api=prefect_server.api, connection=connection)
    assert text in applied.output
    applied = trial.run(no_own_database, **NAMES, api=prefect_server.api, folders=[FOLDER])
    assert text in applied.output
    nowhere = Api("http://127.0.0.1:9/api")
    applied = trial.run(run_stored, **NAMES, api=nowhere, connection=connection)
    assert applied.failed
    assert prefect_api.NO_SERVER.remedy in applied.output


def test_sqlite_is_found_where_prefect_would_make_it(
    trial: Trial, prefect_server: PrefectServer, run: dict[str, Any]
) -> None:
    """In the given folders and in accounts' profiles; one that lay there before the run is somebody's own."""
    lab = trial.lab
    sid = trial.fact(Sids, accounts=["deploy"])["deploy"]
    lab.keys.set(
        rf"{LIST}\{sid}", "ProfileImagePath", r"%SystemDrive%\Users\deploy", "ExpandString"
    )
    assert trial.fact(Profiles, accounts=["deploy", "Guest", "nobody"]) == {
        "deploy": r"C:\Users\deploy", "Guest": None, "nobody": None
    }  # fmt: skip
    given: dict[str, Any] = {
        **NAMES, "api": prefect_server.api, "folders": [FOLDER], "accounts": ["deploy", "Guest"]
    }  # fmt: skip
    applied = trial.run(no_own_database, **given)
    assert (applied.failed, applied.changed) == (False, False)
    assert r"D:\prefect_data, C:\Users\deploy\.prefect" in applied.output

    for path in (rf"{FOLDER}\prefect.db", r"C:\Users\deploy\.prefect\prefect.db-wal"):
        file = lab.path(path)
        file.parent.mkdir(exist_ok=True)
        file.touch()
        applied = trial.run(no_own_database, **given)
        assert applied.failed
        assert messages.OWN_DATABASE.text(files=path) in applied.output
        assert not trial.dry(no_own_database, **given).failed
        yesterday = time.time() - 86_400
        os.utime(file, (yesterday, yesterday))
        assert not trial.run(no_own_database, **given).failed


def test_wrong_arguments_are_refused(connection: Connection) -> None:
    """Before the server is asked anything."""
    api = Api("http://127.0.0.1:9/api")
    for flow, deployment in (("", "first"), ("etl-flow", "a/b")):
        with no_host(), pytest.raises(OperationValueError):
            [*run_stored._inner(flow, deployment, api=api, connection=connection)]
        with no_host(), pytest.raises(OperationValueError):
            [*no_own_database._inner(flow, deployment, api=api, folders=[FOLDER])]
