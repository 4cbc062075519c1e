"""Facts about a PostgreSQL server; psycopg, on its own, is the witness."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import gevent  # type: ignore[import-untyped]
import psycopg
import pytest
from hypothesis import HealthCheck, given, settings, strategies as st
from psycopg.sql import Identifier

from tests.database import Server
from tests.trial import Trial
from winfra import scram
from winfra.facts.postgresql import (
    AccessRules,
    Databases,
    Extensions,
    FileSettings,
    Login,
    Query,
    Roles,
    Settings,
    Verifier,
)
from winfra.lab import postgresql
from winfra.lab.access import AccessLists
from winfra.messages import postgresql as messages
from winfra.postgresql_values import ValueRefusedError, check, same
from winfra.sql import Connection, compose

TEXTS = [
    "",
    "a'b",
    'a"b',
    "a\\b",
    "é日本",
    "%s %(x)s",
    "$1 $$",
    "@:x :'x'",
    " a ",
    "1\r\n2\t3\b",
    "\x7f",
]


@pytest.fixture(params=["psql", "psycopg"])
def connection(request: pytest.FixtureRequest, server: Server) -> Connection:
    found: Connection = getattr(server, request.param)
    return found


@pytest.mark.parametrize("text", TEXTS)
def test_any_text_comes_and_goes(trial: Trial, connection: Connection, text: str) -> None:
    """A value reaches the server as it is, and comes back so."""
    statement = compose("SELECT {text} AS text, length({text}) AS length -- so long", text=text)

    assert trial.fact(Query, connection=connection, sql=statement) == [
        {"text": text, "length": len(text)}
    ]


@given(text=st.text(st.characters(codec="utf-8", exclude_characters="\x00")))
@settings(max_examples=200, deadline=None, suppress_health_check=[*HealthCheck])
def test_any_text_is_a_value(server: Server, text: str) -> None:
    """As a literal, and as a name; whatever the server takes a backslash for."""
    literal = compose("SELECT {text} AS {name}", text=text, name=Identifier("x" + text[:9]))
    with server.connected() as connection:
        for conforming in "on", "off":
            connection.execute(f"SET standard_conforming_strings = {conforming}")
            cursor = connection.execute(literal)
            assert cursor.fetchall() == [(text,)]
            assert cursor.description is not None
            assert cursor.description[0].name == "x" + text[:9]


@pytest.mark.parametrize(
    "password", ["e\u0301", "\ufb01", "a\u00a0b", "\u00adx", "\u2168", "é'\"\\ %$@:"]
)
def test_the_server_takes_the_verifier_of_any_password(server: Server, password: str) -> None:
    """Its own SASLprep and libpq's agree with ours."""
    quoted = compose("CREATE ROLE somebody LOGIN PASSWORD {it}", it=scram.verifier(password))
    server.do(quoted)

    assert server.ask("SELECT 1", user="somebody", password=password) == [(1,)]
    server.do(compose("ALTER ROLE somebody PASSWORD {it}", it=password))
    [(kept,)] = server.ask("SELECT rolpassword FROM pg_authid WHERE rolname = 'somebody'")
    assert scram.matches(kept, password)


NUMBERS = st.one_of(
    st.integers(-3, 5000).map(str),
    st.floats(0.001, 5000).map(lambda number: f"{number:.4g}"),
    st.sampled_from(
        ["0x1F", "017", "1e3", "1.5e2", ".5", "5.", " 7 ", "+8", "-1", "on", "", "1 2", "09"]
    ),
)
UNITS = st.sampled_from(
    ["", "B", "kB", "MB", " GB", "TB", "us", "ms", "s", " min", "h", "d", "kb", "x"]
)
NAMES = ["work_mem", "temp_buffers", "lock_timeout", "geqo_threshold",
         "vacuum_cost_delay", "random_page_cost", "enable_seqscan", "log_min_messages"]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_values_mean_what_the_server_takes_them_for(
    trial: Trial, server: Server, name: str
) -> None:
    """With any number and unit: refused by both, or the same by both."""
    info = trial.fact(Settings, connection=server.psycopg, names=[name])[name]

    @given(number=NUMBERS, unit=UNITS)
    @settings(max_examples=150, deadline=None)
    def agree(number: str, unit: str) -> None:
        with server.connected() as connection:
            try:
                connection.execute(
                    compose("SELECT set_config({n}, {v}, false)", n=name, v=number + unit)
                )
            except psycopg.Error:
                with pytest.raises(ValueRefusedError):
                    check(info, number + unit)
                return
            statement = "SELECT setting FROM pg_settings WHERE name = %s"
            [(setting,)] = connection.execute(statement, [name]).fetchall()
        check(info, number + unit)
        assert same(info, setting, number + unit)

    agree()


def test_rows_have_json_types(trial: Trial, server: Server) -> None:
    """Numbers, truth, nothing and lists; no rows are an empty list."""
    sql = "SELECT 1 AS a, 1.5 AS b, true AS c, NULL AS d, ARRAY[1, 2] AS e;"

    assert trial.fact(Query, connection=server.psql, sql=sql) == [
        {"a": 1, "b": 1.5, "c": True, "d": None, "e": [1, 2]}
    ]
    assert trial.fact(Query, connection=server.psycopg, sql="SELECT 1 WHERE false") == []


def test_a_query_changes_nothing(trial: Trial, connection: Connection, server: Server) -> None:
    """The transaction is read-only (25006)."""
    server.do("DROP SEQUENCE IF EXISTS counter", "CREATE SEQUENCE counter")

    asked = trial.ask(Query, connection=connection, sql="SELECT nextval('counter')")

    assert asked.failed
    assert "SQLSTATE 25006" in asked.output


def test_roles_are_as_the_server_has_them(trial: Trial, server: Server) -> None:
    """Each attribute; the password is not among them, and its verifier is hidden."""
    server.do(
        "CREATE ROLE plain NOINHERIT PASSWORD 'x' VALID UNTIL '2027-01-02 03:04:05+00'",
        "CREATE ROLE mighty SUPERUSER CREATEDB CREATEROLE LOGIN REPLICATION BYPASSRLS"
        " CONNECTION LIMIT 3 VALID UNTIL 'infinity'",
    )

    roles = trial.fact(Roles, connection=server.psycopg)
    kept = trial.fact(Verifier, connection=server.psycopg, role="plain")

    flags = ("superuser", "createrole", "createdb", "login", "replication", "bypassrls")
    assert [roles["plain"][flag] for flag in flags] == [False] * 6
    assert [roles["mighty"][flag] for flag in flags] == [True] * 6
    assert (roles["plain"]["inherit"], roles["mighty"]["inherit"]) == (False, True)
    assert roles["plain"]["valid_until"].startswith("2027-01-02")
    assert roles["mighty"]["valid_until"] is None
    assert (roles["plain"]["connection_limit"], roles["mighty"]["connection_limit"]) == (-1, 3)
    [(expected,)] = server.ask("SELECT rolpassword FROM pg_authid WHERE rolname = 'plain'")
    assert kept.unmask() == expected
    assert "SCRAM" not in f"{kept} {kept!r}"
    assert trial.fact(Verifier, connection=server.psycopg, role="mighty") is None
    assert trial.fact(Verifier, connection=server.psycopg, role="nobody") is None


def test_databases_and_extensions(trial: Trial, server: Server) -> None:
    """Owner, encoding, locale; who may connect; what the server offers and the database has."""
    server.do(
        "CREATE ROLE owner", "CREATE DATABASE one OWNER owner CONNECTION LIMIT 7",
        "REVOKE CONNECT ON DATABASE one FROM PUBLIC",
    )  # fmt: skip
    server.do("CREATE SCHEMA extra", "CREATE EXTENSION pg_trgm SCHEMA extra", dbname="one")

    databases = trial.fact(Databases, connection=server.psycopg)
    inside = trial.fact(Extensions, connection=replace(server.psycopg, database="one"))
    outside = trial.fact(Extensions, connection=server.psycopg)

    one = databases["one"]
    assert (one["owner"], one["encoding"], one["lc_collate"]) == ("owner", "UTF8", "C")
    assert (one["connection_limit"], one["public"], one["icu_locale"]) == (7, False, None)
    assert databases["postgres"]["public"]
    assert inside["pg_trgm"]["schema"] == "extra"
    assert inside["pg_trgm"]["version"] == inside["pg_trgm"]["default_version"]
    assert outside["pg_trgm"]["version"] is None


def test_settings_and_the_files_they_are_from(trial: Trial, server: Server) -> None:
    """Some by name, in any case; the entries of the files; the rules of pg_hba.conf."""
    some = trial.fact(Settings, connection=server.psycopg, names=["PORT", "work_mem", "nix"])
    entries = trial.fact(FileSettings, connection=server.psycopg)
    rules = trial.fact(AccessRules, connection=server.psycopg)

    assert set(some) == {"port", "work_mem"}
    assert some["port"]["setting"] == str(server.port)
    assert some["port"]["context"] == "postmaster"
    assert some["work_mem"]["unit"] == "kB"
    assert str(server.port) in [one["setting"] for one in entries if one["name"] == "port"]
    assert {rule["auth_method"] for rule in rules} == {"scram-sha-256"}
    everything = trial.fact(Settings, connection=server.psycopg)
    assert len(everything) == server.ask("SELECT count(*) FROM pg_settings")[0][0]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"password": "wrong"}, messages.LOGIN_REFUSED),
        ({"password": None}, messages.LOGIN_REFUSED),
        ({"database": "nix"}, messages.NO_DATABASE),
        ({"port": 1}, messages.NO_SERVER),
        ({"address": "nowhere.invalid"}, messages.NO_SERVER),
        ({"tls": "require"}, messages.TLS_REFUSED),
    ],
)
@pytest.mark.parametrize("way", ["psql", "psycopg"])
def test_what_is_wrong_with_a_connection_is_named(
    trial: Trial, server: Server, way: str, given: dict[str, Any], message: Any
) -> None:
    """Each in a sentence of its own; none shows the password."""
    connection = replace(getattr(server, way), **given)

    asked = trial.ask(Roles, connection=connection)

    assert asked.failed
    assert message.remedy in asked.output
    assert "wrong" not in asked.output.replace("is wrong", "")


@pytest.mark.parametrize("way", ["psql", "psycopg"])
def test_what_an_earlier_operation_makes_may_be_missing(
    trial: Trial, server: Server, way: str
) -> None:
    """No program, no server, no database: nothing is there to ask, and that is no failure."""
    connection: Connection = getattr(server, way)

    for values in {"port": 1}, {"database": "nix"}:
        assert trial.fact(Roles, connection=replace(connection, **values), absent=True) is None
    for psql in r"C:\nix\psql.exe", r"X:\nix\psql.exe":
        missing = replace(connection, psql=psql)
        assert trial.fact(Roles, connection=missing, absent=True) is None
        assert messages.NO_PROGRAM.remedy in trial.ask(Roles, connection=missing).output


def test_whether_a_login_is_taken(trial: Trial, connection: Connection, server: Server) -> None:
    """By user and password."""
    server.do("CREATE ROLE somebody LOGIN PASSWORD 'right'")

    right = replace(connection, user="somebody", password="right")

    assert trial.fact(Login, connection=right)
    assert not trial.fact(Login, connection=replace(right, password="wrong"))
    assert not trial.fact(Login, connection=replace(right, user="nobody"))


def test_a_server_without_connections_left(
    trial: Trial, connection: Connection, server: Server
) -> None:
    """It says so."""
    server.do("CREATE ROLE busy LOGIN PASSWORD 'x' CONNECTION LIMIT 0")

    asked = trial.ask(Roles, connection=replace(connection, user="busy", password="x"))

    assert messages.TOO_MANY.remedy in asked.output


def test_who_may_not_is_named(trial: Trial, connection: Connection, server: Server) -> None:
    """Verifiers are for a superuser (42501)."""
    server.do("CREATE ROLE meek LOGIN PASSWORD 'x'")
    meek = replace(connection, user="meek", password="x")

    asked = trial.ask(Verifier, connection=meek, role="meek")

    assert messages.SQL_DENIED.remedy in asked.output
    assert "meek may not do that" in asked.output


def test_a_statement_has_its_time(trial: Trial, connection: Connection) -> None:
    """The server ends it, whoever waits (57014)."""
    asked = trial.ask(Query, connection=replace(connection, seconds=0.5), sql="SELECT pg_sleep(9)")

    assert messages.SQL_TIMEOUT.remedy in asked.output
    assert "longer than 0.5 s" in asked.output


def test_wrong_sql_is_quoted_with_its_state(trial: Trial, connection: Connection) -> None:
    """Message, hint and SQLSTATE, without the statement."""
    asked = trial.ask(Query, connection=connection, sql="SELECT lenght('a secret text')")

    assert "SQLSTATE 42883" in asked.output
    assert "lenght(unknown) does not exist" in asked.output
    # Core itself shows the arguments of a fact that fails.
    assert "a secret text" not in asked.output.partition("Error: could not load fact")[0]


def test_the_password_file_is_for_its_owner_alone(trial: Trial, server: Server) -> None:
    """As long as it is there, its list is; nothing of it is in the environment of the program."""
    lists = AccessLists(trial.lab.folder)
    program = trial.lab.path(r"D:\slow\psql.exe")
    program.parent.mkdir()
    program.write_text("#!/bin/sh\nenv > environment.txt; sleep 1; echo '[]'\n")
    program.chmod(0o755)
    seen: dict[str, set[str]] = {}
    environment: list[str] = []

    def watch() -> None:
        while True:
            for path in temporary(trial).glob("winfra-*/*"):
                if path.name == "environment.txt":
                    environment.append(path.read_text())
                seen.setdefault(path.name, set()).add(lists.sddl(path).partition("D:")[2])
            gevent.sleep(0.01)

    watcher = gevent.spawn(watch)
    try:
        assert (
            trial.fact(Query, connection=replace(server.psql, psql=r"D:\slow\psql.exe"), sql="")
            == []
        )
    finally:
        watcher.kill()

    assert {"pgpass.conf", "service.conf"} < set(seen)
    assert {one for name in ("pgpass.conf", "service.conf") for one in seen[name]} == {
        "AI(A;ID;FA;;;OW)"
    }
    assert "PGPASSFILE=pgpass.conf" in environment[-1]
    assert postgresql.PASSWORD not in environment[-1]
    assert not list(temporary(trial).glob("winfra-*"))


def temporary(trial: Trial) -> Path:
    (user, *_) = trial.lab.config.users
    return trial.lab.path(rf"C:\Users\{user.name}\AppData\Local\Temp")


def test_nothing_is_left_of_a_question(trial: Trial, server: Server) -> None:
    """Neither the folder with the password, nor the password in what the lab kept of its processes."""
    trial.fact(Roles, connection=server.psql)

    assert not list(temporary(trial).glob("winfra-*"))
    lines = [one["command_line"] for one in trial.lab.processes()]
    assert any("psql.exe" in line for line in lines)
    assert server.psql.secret is not None
    assert not [line for line in lines if server.psql.secret in line]
