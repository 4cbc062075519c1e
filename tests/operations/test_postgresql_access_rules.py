"""Access rules of a real server in the lab; logins by psycopg and its file are the witnesses."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.database import DATA, Server
from tests.trial import Trial
from winfra.access_rules import Rule, loopback
from winfra.facts.postgresql import Roles
from winfra.messages import postgresql as sentences, postgresql_configuration as messages
from winfra.operations import postgresql

WANTED = [*loopback("prefect_db", "prefect"), *loopback(None, "postgres")]


@pytest.fixture
def file(trial: Trial, server: Server) -> Iterator[Path]:
    """The real pg_hba.conf, with a role and a database to log in; it is as it was afterwards."""
    server.do(
        "CREATE ROLE prefect LOGIN PASSWORD 'secret'",
        "CREATE ROLE other LOGIN PASSWORD 'secret'",
        "CREATE DATABASE prefect_db",
    )
    path = trial.lab.path(DATA) / "pg_hba.conf"
    kept = path.read_bytes()
    yield path
    path.write_bytes(kept)
    server.do("SELECT pg_reload_conf()")


def options(server: Server, **given: Any) -> dict[str, Any]:
    return {"data": DATA, "connection": server.psycopg, **given}


def may(server: Server, user: str, database: str, **given: Any) -> bool:
    try:
        server.ask("SELECT 1", **{"user": user, "dbname": database, "password": "secret", **given})
    except psycopg.OperationalError:
        return False
    return True


@pytest.mark.parametrize("way", ["psql", "psycopg"])
def test_rules_come_into_force_once(trial: Trial, server: Server, file: Path, way: str) -> None:
    """Over both loopbacks, with nobody else let in; the superuser still is."""
    given = options(server, connection=getattr(server, way), exact=True)
    assert may(server, "other", "postgres")

    dry = trial.dry(postgresql.access_rules, WANTED, **given)
    assert '+host  "prefect_db"  "prefect"  127.0.0.1/32  scram-sha-256' in dry.output
    assert (
        "-host    all             all             127.0.0.1/32            scram-sha-256"
        in dry.output
    )
    assert trial.run(postgresql.access_rules, WANTED, **given).changed

    for host in "127.0.0.1", "::1":
        assert may(server, "prefect", "prefect_db", host=host)
        assert not may(server, "prefect", "prefect_db", password="wrong", host=host)
        assert not may(server, "prefect", "postgres", host=host)
        assert not may(server, "other", "prefect_db", host=host)
        assert server.ask("SELECT 1", host=host)
    again = trial.run(postgresql.access_rules, WANTED, **given)
    assert not again.changed
    assert "as wanted" in again.output
    refused = trial.ask(Roles, connection=replace(server.psycopg, user="other", password="secret"))
    assert sentences.NO_RULE.remedy in refused.output


def test_what_else_stands_in_the_file_may_stay(trial: Trial, server: Server, file: Path) -> None:
    """Below the block, to the byte."""
    before = file.read_bytes()

    assert trial.run(postgresql.access_rules, WANTED, **options(server)).changed

    assert file.read_bytes().endswith(before)
    assert may(server, "other", "postgres")


@pytest.mark.parametrize(
    "spoil",
    [
        lambda text: text.replace("scram-sha-256", "trust"),
        lambda text: text.replace('"prefect_db"  "prefect"', '"prefect_db"  "other"'),
        lambda text: "host all all 0.0.0.0/0 trust\n" + text,
        lambda text: text + "host all all 0.0.0.0/0 trust\n",
        lambda text: text.partition("# END")[2],
        lambda text: "\ufeff" + text,
        lambda text: text.replace("host  ", "hots  ", 1),
        lambda _: "",
    ],
)
def test_what_is_spoilt_of_the_rules_is_found_and_mended(
    trial: Trial, server: Server, file: Path, spoil: Any
) -> None:
    """Wherever in the file; the server still has its rules, and reads the new ones."""
    given = options(server, exact=True)
    trial.run(postgresql.access_rules, WANTED, **given)
    before = file.read_bytes()
    file.write_bytes(spoil(before.decode()).encode())

    dry = trial.dry(postgresql.access_rules, WANTED, **given)
    assert dry.will_change
    assert "Will change file" in dry.output
    assert trial.run(postgresql.access_rules, WANTED, **given).changed

    assert file.read_bytes().split(b"# END")[0] == before.split(b"# END")[0]
    assert may(server, "prefect", "prefect_db")
    assert not may(server, "other", "postgres")
    assert not trial.run(postgresql.access_rules, WANTED, **given).changed


def test_rules_that_the_server_has_not_read_are_read(
    trial: Trial, server: Server, file: Path
) -> None:
    """A run that ended between writing and reading is made up for."""
    given = options(server, exact=True)
    trial.run(postgresql.access_rules, WANTED, **given)
    wanted = file.read_bytes()
    trial.run(postgresql.access_rules, [*WANTED, *loopback(None, "other")], **given)
    assert may(server, "other", "postgres")
    file.write_bytes(wanted)
    # After the server had read its files; it tells that in whole seconds.
    changed = file.stat().st_mtime + 2
    os.utime(file, (changed, changed))

    assert trial.run(postgresql.access_rules, WANTED, **given).changed
    assert not may(server, "other", "postgres")


def test_a_rule_that_the_server_refuses_is_taken_back(
    trial: Trial, server: Server, file: Path
) -> None:
    """Before it was told to read the file; the old rules stay in force."""
    before = file.read_bytes()
    bad = Rule("prefect_db", "prefect", "127.0.0.1", "ldap")

    tried = trial.run(postgresql.access_rules, [*WANTED, bad], **options(server))

    assert tried.failed
    assert messages.RULES_REFUSED.remedy in tried.output
    assert 'line 6: authentication method "ldap" requires' in tried.output
    assert file.read_bytes() == before
    assert may(server, "other", "postgres")


@pytest.mark.parametrize(
    "rules",
    [
        [],
        loopback("prefect_db", "prefect"),
        [Rule(None, "postgres", "10.0.0.0/8")],
        [Rule(None, None, "all", "reject"), *WANTED],
    ],
)
def test_nobody_locks_the_deploy_out(
    trial: Trial, server: Server, file: Path, rules: list[Rule]
) -> None:
    """Rules without the superuser are refused before anything is written."""
    before = file.read_bytes()

    tried = trial.run(postgresql.access_rules, rules, **options(server, exact=True))

    said = messages.LOCKED_OUT.text(
        user="postgres", database="postgres", address="127.0.0.1", host="@lab/trial"
    )
    assert said in tried.output
    assert file.read_bytes() == before


def test_what_others_broke_is_named(trial: Trial, server: Server, file: Path) -> None:
    """What stays below the block has to be right too."""
    with file.open("a") as stream:
        stream.write("nonsense\n")
    before = file.read_bytes()

    tried = trial.run(postgresql.access_rules, WANTED, **options(server))

    assert messages.BROKEN.remedy in tried.output
    assert "invalid connection type" in tried.output
    assert file.read_bytes() == before


@pytest.mark.parametrize(
    "name", ["a b", "a,b", 'a"b', "a'b", "#a", "all", "replication", "+x", "@f", "é", "a\\"]
)
def test_any_name_of_a_rule_will_do(trial: Trial, server: Server, file: Path, name: str) -> None:
    """It is that of a role and a database, and lets in nobody else."""
    quoted = psycopg.sql.Identifier(name).as_string(None)
    server.do(f"CREATE ROLE {quoted} LOGIN PASSWORD 'secret'", f"CREATE DATABASE {quoted}")
    rules = [*loopback(name, name), *loopback(None, "postgres")]

    assert trial.run(postgresql.access_rules, rules, **options(server, exact=True)).changed

    assert may(server, name, name)
    assert not may(server, name, "prefect_db")
    assert not may(server, "other", name)


def test_a_bare_host_is_assumed_to_become_one_with_a_server(trial: Trial, server: Server) -> None:
    """Dry, the rules are shown; for good, what is missing is said."""
    given = options(
        server, data=r"D:\later", connection=replace(server.psql, psql=r"D:\later\psql.exe")
    )

    dry = trial.dry(postgresql.access_rules, WANTED, **given)
    assert dry.will_change
    assert "Will create file" in dry.output
    assert messages.NO_CLUSTER.remedy in trial.run(postgresql.access_rules, WANTED, **given).output
