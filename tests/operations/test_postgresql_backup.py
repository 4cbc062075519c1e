"""Dumps of a real database in the lab, restored into another; psycopg is the witness."""

from __future__ import annotations

from dataclasses import replace

import pytest
from pyinfra.api import OperationValueError

from tests.database import Server
from tests.trial import Trial, no_host
from winfra.messages import postgresql as messages
from winfra.operations import postgresql
from winfra.sql import Connection

DUMP = r"D:\backup\a b é\one.dump"
SECONDS = 60


@pytest.fixture
def one(server: Server) -> Connection:
    """A database with something in it."""
    server.do("CREATE ROLE owner LOGIN PASSWORD 'x'", "CREATE DATABASE one", "CREATE DATABASE two")
    server.do(
        "CREATE EXTENSION pg_trgm",
        "CREATE TABLE notes (note text)",
        "INSERT INTO notes VALUES ('é''s')",
        "ALTER TABLE notes OWNER TO owner",
        dbname="one",
    )
    return replace(server.psql, database="one")


@pytest.mark.parametrize("kind", ["custom", "tar"])
def test_a_database_goes_and_comes(
    trial: Trial, server: Server, one: Connection, kind: str
) -> None:
    """Dumped, restored into an empty one; again, it is left as it is."""
    two = replace(one, database="two")
    assert f"Will dump one to {DUMP}" in trial.dry(postgresql.dump, DUMP, connection=one).output
    assert not trial.lab.path(DUMP).exists()

    assert trial.run(postgresql.dump, DUMP, connection=one, format=kind, seconds=SECONDS).changed
    assert (
        trial.lab.path(DUMP).read_bytes().startswith(b"PGDMP" if kind == "custom" else b"toc.dat")
    )
    assert [path.name for path in trial.lab.path(DUMP).parent.iterdir()] == ["one.dump"]

    assert "restored from" in trial.dry(postgresql.restore, DUMP, connection=two).output
    assert trial.run(postgresql.restore, DUMP, connection=two, seconds=SECONDS).changed
    owner = "SELECT note, (SELECT tableowner FROM pg_tables WHERE tablename = 'notes') FROM notes"
    assert server.ask(owner, dbname="two") == [("é's", "owner")]
    again = trial.run(postgresql.restore, DUMP, connection=two, seconds=SECONDS)
    assert not again.changed
    assert "has tables already" in again.output


def test_what_is_there_goes_before(trial: Trial, server: Server, one: Connection) -> None:
    """With clean; the objects become the connection's user's without owner."""
    trial.run(postgresql.dump, DUMP, connection=one, seconds=SECONDS)
    server.do("UPDATE notes SET note = 'new'", dbname="one")

    options = {"connection": one, "clean": True, "owner": False, "seconds": SECONDS}
    assert trial.run(postgresql.restore, DUMP, **options).changed

    assert server.ask("SELECT note FROM notes", dbname="one") == [("é's",)]
    owners = "SELECT tableowner FROM pg_tables WHERE tablename = 'notes'"
    assert server.ask(owners, dbname="one") == [("postgres",)]


def test_a_dump_is_replaced_when_the_new_one_is_good(
    trial: Trial, server: Server, one: Connection
) -> None:
    """One that fails leaves the older one, and nothing else."""
    trial.run(postgresql.dump, DUMP, connection=one, seconds=SECONDS)
    before = trial.lab.path(DUMP).read_bytes()

    missing = replace(one, database="nix")
    tried = trial.run(postgresql.dump, DUMP, connection=missing, seconds=SECONDS)
    assert tried.failed
    assert messages.NO_DATABASE.remedy in tried.output
    assert trial.lab.path(DUMP).read_bytes() == before

    server.do("CREATE TABLE more ()", dbname="one")
    assert trial.run(postgresql.dump, DUMP, connection=one, seconds=SECONDS).changed
    assert trial.lab.path(DUMP).read_bytes() != before
    assert [path.name for path in trial.lab.path(DUMP).parent.iterdir()] == ["one.dump"]


def test_what_cannot_be_restored_leaves_nothing_behind(
    trial: Trial, server: Server, one: Connection
) -> None:
    """No dump, a file that is none, and one whose owner is missing."""
    two = replace(one, database="two")
    tried = trial.run(postgresql.restore, r"D:\nix.dump", connection=two)
    assert messages.NO_DUMP.text(path=r"D:\nix.dump", host="@lab/trial") in tried.output

    trial.lab.path(r"D:\text.dump").write_text("this is no archive")
    tried = trial.run(postgresql.restore, r"D:\text.dump", connection=two)
    assert messages.PROGRAM_FAILED.remedy in tried.output
    assert "pg_restore ended with exit code 1: input file" in tried.output

    trial.run(postgresql.dump, DUMP, connection=one, seconds=SECONDS)
    server.do("DROP DATABASE one", "DROP ROLE owner")
    tried = trial.run(postgresql.restore, DUMP, connection=two, seconds=SECONDS)
    assert tried.failed
    assert 'role "owner" does not exist' in tried.output
    assert not server.ask("SELECT FROM pg_tables WHERE tablename = 'notes'", dbname="two")


def test_arguments_are_refused_before_a_host_is_asked(server: Server) -> None:
    """A connection without psql, an unknown format."""
    with no_host():
        for operation in postgresql.dump, postgresql.restore:
            with pytest.raises(OperationValueError, match="it has no psql"):
                list(operation._inner(DUMP, connection=Connection()))
        with pytest.raises(OperationValueError, match="neither custom nor tar"):
            list(postgresql.dump._inner(DUMP, connection=server.psql, format="plain"))  # type: ignore[arg-type]
