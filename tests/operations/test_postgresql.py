"""Roles, databases, extensions and SQL on a real server in the lab; psycopg is the witness."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest
from psycopg.sql import Identifier
from pyinfra.api import OperationValueError
from pyinfra.api.hiddenvalue import HiddenValue

from tests.database import Server
from tests.trial import Trial, no_host
from winfra.messages import postgresql as messages
from winfra.operations import postgresql
from winfra.sql import Connection, compose

SECRET = HiddenValue("Corr3ct-Horse'\"\\ $é%@:")
OTHER = HiddenValue("An0ther;Staple")
NAMES = [
    "prefect",
    "Prefect",
    "a b",
    "a'b",
    'a"b',
    "a\\b",
    "é日本",
    "%s",
    "$x$",
    "a@b",
    "a:b",
    "a=b",
    "x" * 63,
]
PLAIN = {
    "superuser": False,
    "createdb": False,
    "createrole": False,
    "replication": False,
    "bypassrls": False,
}


@pytest.fixture(params=["psql", "psycopg"])
def connection(request: pytest.FixtureRequest, server: Server) -> Connection:
    found: Connection = getattr(server, request.param)
    return found


def attributes(server: Server, role: str) -> dict[str, Any]:
    """What the server has of a role, its password aside."""
    [(found,)] = server.ask("SELECT to_jsonb(r) FROM pg_roles r WHERE rolname = %s", role)
    return dict(found)


def may_log_in(
    server: Server, role: str, password: HiddenValue, database: str = "postgres"
) -> bool:
    try:
        server.ask("SELECT 1", user=role, password=password.unmask(), dbname=database)
    except psycopg.OperationalError:
        return False
    return True


def test_a_role_is_made_once(trial: Trial, server: Server, connection: Connection) -> None:
    """Dry says it; the role logs in; again, nothing changes."""
    options: dict[str, Any] = {"password": SECRET, "connection": connection, **PLAIN}
    dry = trial.dry(postgresql.role, "prefect", **options)
    assert dry.will_change
    assert "Will create role prefect" in dry.output
    assert not server.ask("SELECT FROM pg_roles WHERE rolname = 'prefect'")

    assert trial.run(postgresql.role, "prefect", **options).changed
    assert may_log_in(server, "prefect", SECRET)
    assert not may_log_in(server, "prefect", OTHER)

    [before] = server.ask("SELECT rolpassword FROM pg_authid WHERE rolname = 'prefect'")
    assert not trial.run(postgresql.role, "prefect", **options).changed
    assert server.ask("SELECT rolpassword FROM pg_authid WHERE rolname = 'prefect'") == [before]


@pytest.mark.parametrize("name", NAMES)
def test_any_name_will_do(trial: Trial, server: Server, name: str) -> None:
    """Of role and database, over psql; the role logs in to its database, also with the product's own."""
    options = {"connection": server.psql}

    assert trial.run(postgresql.role, name, password=SECRET, **options).changed
    assert trial.run(postgresql.database, name, owner=name, **options).changed

    assert server.ask("SELECT current_user, current_database()", user=name, password=SECRET.unmask(),
                      dbname=name) == [(name, name)]  # fmt: skip
    own = replace(server.psql, user=name, password=SECRET, database=name)
    statement = compose("CREATE TABLE {name} ()", name=Identifier(name))
    assert trial.run(postgresql.sql, statement, connection=own).changed
    assert (
        server.ask("SELECT count(*) FROM pg_tables WHERE tablename = %s", name, dbname=name)[0][0]
        == 1
    )


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("", "empty"),
        ("x" * 64, "longer than 63 bytes"),
        ("é" * 32, "longer than 63 bytes"),
        ("a\x00b", "a character that no text may have"),
        ("pg_mine", "for itself"),
        ("public", "for itself"),
        ("none", "for itself"),
    ],
)
def test_a_name_is_refused_before_a_host_is_asked(name: str, reason: str) -> None:
    """What PostgreSQL would refuse, or cut off."""
    with no_host(), pytest.raises(OperationValueError) as refused:
        list(postgresql.role._inner(name, connection=Connection()))

    assert reason in str(refused.value)
    assert messages.BAD_NAME.remedy in str(refused.value)


@pytest.mark.parametrize("password", ["", "a\nb", "\U0001f600", "\u0627b"])
def test_a_password_is_refused_before_a_host_is_asked(password: str) -> None:
    """What programs do not agree about; it is not shown."""
    with no_host(), pytest.raises(OperationValueError) as refused:
        list(postgresql.role._inner("prefect", password=password, connection=Connection()))

    assert messages.PASSWORD_REFUSED.remedy in str(refused.value)
    assert not password or password not in str(refused.value)


@pytest.mark.parametrize(
    ("arguments", "argument"),
    [
        ({"connection_limit": -2}, "connection_limit"),
        ({"valid_until": datetime(2027, 1, 1)}, "valid_until"),  # noqa: DTZ001
        ({"valid_until": "tomorrow"}, "valid_until"),
    ],
)
def test_an_argument_is_refused_before_a_host_is_asked(arguments: Any, argument: str) -> None:
    """It is named."""
    with no_host(), pytest.raises(OperationValueError) as refused:
        list(postgresql.role._inner("prefect", connection=Connection(), **arguments))

    assert messages.BAD_VALUE.remedy in str(refused.value)
    assert str(refused.value).startswith(argument)


@pytest.mark.parametrize(
    ("spoil", "argument", "value"),
    [
        ("SUPERUSER", "superuser", False),
        ("NOLOGIN", "login", True),
        ("NOINHERIT", "inherit", True),
        ("CREATEDB", "createdb", False),
        ("CREATEROLE", "createrole", False),
        ("REPLICATION", "replication", False),
        ("BYPASSRLS", "bypassrls", False),
        ("CONNECTION LIMIT 0", "connection_limit", -1),
        ("VALID UNTIL '2020-01-01'", "valid_until", "infinity"),
        ("VALID UNTIL '2020-01-01'", "valid_until", datetime(2030, 1, 1, tzinfo=UTC)),
        ("PASSWORD 'guessed'", "password", SECRET),
        ("PASSWORD NULL", "password", SECRET),
    ],
)
def test_what_is_spoilt_of_a_role_is_found_and_mended(
    trial: Trial, server: Server, spoil: str, argument: str, value: Any
) -> None:
    """Each attribute by itself; the difference shows it, and a password as changed alone."""
    options: dict[str, Any] = {"connection": server.psycopg, "password": SECRET, argument: value}
    trial.run(postgresql.role, "prefect", **options)
    before = attributes(server, "prefect")
    server.do(f"ALTER ROLE prefect {spoil}")

    dry = trial.dry(postgresql.role, "prefect", **options)
    assert f"{argument}  " in dry.output
    assert "SCRAM" not in dry.output
    assert trial.run(postgresql.role, "prefect", **options).changed

    assert attributes(server, "prefect") == before
    assert may_log_in(server, "prefect", SECRET)
    assert not trial.run(postgresql.role, "prefect", **options).changed


def test_what_is_not_given_of_a_role_stays(trial: Trial, server: Server) -> None:
    """The superuser stays one when its password changes."""
    server.do("CREATE ROLE boss SUPERUSER LOGIN CONNECTION LIMIT 3 PASSWORD 'x'")

    assert trial.run(postgresql.role, "boss", password=SECRET, connection=server.psycopg).changed

    found = attributes(server, "boss")
    assert (found["rolsuper"], found["rolconnlimit"]) == (True, 3)
    assert may_log_in(server, "boss", SECRET)


def test_who_may_not_see_verifiers_tries_the_password(trial: Trial, server: Server) -> None:
    """A role that may make others, and is no superuser."""
    server.do("CREATE ROLE maker CREATEROLE LOGIN PASSWORD 'x'")
    options = {"connection": replace(server.psycopg, user="maker", password="x")}

    assert trial.run(postgresql.role, "prefect", password=SECRET, **options).changed
    assert not trial.run(postgresql.role, "prefect", password=SECRET, **options).changed
    assert trial.run(postgresql.role, "prefect", password=OTHER, **options).changed
    assert may_log_in(server, "prefect", OTHER)


def test_a_role_is_removed(trial: Trial, server: Server, connection: Connection) -> None:
    """Not while it owns something; then why is said, and it stays."""
    server.do("CREATE ROLE owner", "CREATE DATABASE owned OWNER owner")
    tried = trial.run(postgresql.role, "owner", False, connection=connection)
    assert tried.failed
    assert "owner of database owned" in tried.output
    assert "SQLSTATE 2BP01" in tried.output

    server.do("DROP DATABASE owned")
    assert "Will remove" in trial.dry(postgresql.role, "owner", False, connection=connection).output
    assert trial.run(postgresql.role, "owner", False, connection=connection).changed
    assert not trial.run(postgresql.role, "owner", False, connection=connection).changed
    assert not server.ask("SELECT FROM pg_roles WHERE rolname = 'owner'")


def database(server: Server, name: str) -> dict[str, Any]:
    statement = """
        SELECT jsonb_build_object('owner', datdba::regrole::text, 'encoding', pg_encoding_to_char(encoding),
          'datcollate', datcollate, 'datconnlimit', datconnlimit)
        FROM pg_database WHERE datname = %s
    """
    [(found,)] = server.ask(statement, name)
    return dict(found)


def test_a_database_is_made_once(trial: Trial, server: Server, connection: Connection) -> None:
    """Its owner may make tables in it; nobody else may connect."""
    trial.run(postgresql.role, "prefect", password=SECRET, connection=connection)
    server.do("CREATE ROLE other LOGIN PASSWORD 'other'")
    options: dict[str, Any] = {
        "connection": connection, "owner": "prefect", "encoding": "utf-8", "locale": "C",
        "connection_limit": 20, "public": False,
    }  # fmt: skip
    dry = trial.dry(postgresql.database, "prefect_db", **options)
    assert "Will create database prefect_db" in dry.output

    assert trial.run(postgresql.database, "prefect_db", **options).changed
    found = database(server, "prefect_db")
    assert (found["owner"], found["encoding"], found["datcollate"]) == ("prefect", "UTF8", "C")
    assert found["datconnlimit"] == 20
    assert may_log_in(server, "prefect", SECRET, "prefect_db")
    assert not may_log_in(server, "other", HiddenValue("other"), "prefect_db")
    server.do("CREATE TABLE t ()", user="prefect", password=SECRET.unmask(), dbname="prefect_db")

    again = trial.run(postgresql.database, "prefect_db", **options)
    assert not again.changed
    assert "cannot be changed" not in again.output


@pytest.mark.parametrize(
    ("spoil", "argument", "value"),
    [
        ("ALTER DATABASE one OWNER TO postgres", "owner", "prefect"),
        ("ALTER DATABASE one CONNECTION LIMIT 1", "connection_limit", -1),
        ("GRANT CONNECT ON DATABASE one TO PUBLIC", "public", False),
        ("REVOKE CONNECT, TEMPORARY ON DATABASE one FROM PUBLIC", "public", True),
    ],
)
def test_what_is_spoilt_of_a_database_is_found_and_mended(
    trial: Trial, server: Server, spoil: str, argument: str, value: Any
) -> None:
    """Each property by itself."""
    server.do("CREATE ROLE prefect")
    options = {"connection": server.psycopg, argument: value}
    trial.run(postgresql.database, "one", **options)
    before = database(server, "one")
    server.do(spoil)

    assert f"{argument}  " in trial.dry(postgresql.database, "one", **options).output
    assert trial.run(postgresql.database, "one", **options).changed

    after = database(server, "one")
    assert after == before
    connect = "SELECT has_database_privilege('pg_monitor', 'one', 'connect')"
    assert server.ask(connect) == [(value is not False,)]
    assert not trial.run(postgresql.database, "one", **options).changed


@pytest.mark.parametrize(
    ("make", "options", "found", "wanted"),
    [
        ("ENCODING 'LATIN1'", {"encoding": "UTF8"}, "the encoding LATIN1", "UTF8"),
        ("LOCALE 'C'", {"locale": "en-US"}, "collation C", "en-US"),
        ("LOCALE 'C'", {"icu_locale": "en-US"}, "the ICU locale (none)", "en-US"),
    ],
)
def test_what_cannot_be_changed_of_a_database_is_said(
    trial: Trial, server: Server, make: str, options: Any, found: str, wanted: str
) -> None:
    """And it stays, as everything else of it."""
    server.do(f"CREATE DATABASE one TEMPLATE template0 LOCALE 'C' {make.replace('LOCALE', '--')}")
    before = database(server, "one")

    tried = trial.run(postgresql.database, "one", connection=server.psycopg, **options)

    said = messages.DATABASE_DRIFT.text(database="one", found=found, wanted=wanted)
    assert said in tried.output
    assert not tried.changed
    assert not tried.failed
    assert database(server, "one") == before


def test_who_may_make_roles_and_databases_makes_all_of_it(
    trial: Trial, server: Server, connection: Connection
) -> None:
    """Without being a superuser, as those who look after a server may have it."""
    server.do("CREATE ROLE maker CREATEROLE CREATEDB LOGIN PASSWORD 'x'")
    maker = replace(connection, user="maker", password="x")
    inside = replace(maker, database="prefect_db")

    def run() -> list[bool]:
        steps = [
            trial.run(postgresql.role, "prefect", password=SECRET, connection=maker),
            trial.run(postgresql.database, "prefect_db", owner="prefect", connection=maker),
            trial.run(postgresql.extension, "pg_trgm", connection=inside),
        ]
        assert not [step.output for step in steps if step.failed]
        return [step.changed for step in steps]

    assert run() == [True, True, True]
    own = {"user": "prefect", "password": SECRET.unmask(), "dbname": "prefect_db"}
    assert server.ask("SELECT similarity('word', 'words') > 0.5", **own) == [(True,)]
    assert database(server, "prefect_db")["owner"] == "prefect"
    assert run() == [False, False, False]

    server.do("ALTER DATABASE prefect_db OWNER TO maker")
    assert run() == [False, True, False]
    assert database(server, "prefect_db")["owner"] == "prefect"


def test_a_database_with_an_icu_locale(trial: Trial, server: Server) -> None:
    """It is compared as it was given."""
    options = {"icu_locale": "en-US", "locale": "C", "connection": server.psycopg}

    assert trial.run(postgresql.database, "one", **options).changed
    [(provider,)] = server.ask("SELECT datlocprovider FROM pg_database WHERE datname = 'one'")
    assert provider in {b"i", "i"}
    again = trial.run(postgresql.database, "one", **options)
    assert not again.changed
    assert "cannot be changed" not in again.output


def test_a_database_is_removed(trial: Trial, server: Server, connection: Connection) -> None:
    """Not while somebody is in it, unless by force."""
    server.do("CREATE DATABASE one")
    with server.connected(dbname="one"):
        tried = trial.run(postgresql.database, "one", False, connection=connection)
        assert "SQLSTATE 55006" in tried.output
        assert trial.run(
            postgresql.database, "one", False, force=True, connection=connection
        ).changed
    assert not trial.run(postgresql.database, "one", False, connection=connection).changed
    assert not server.ask("SELECT FROM pg_database WHERE datname = 'one'")


def test_an_extension_is_added_and_removed(
    trial: Trial, server: Server, connection: Connection
) -> None:
    """To the connection's database alone."""
    server.do("CREATE DATABASE one")
    options = {"connection": replace(connection, database="one")}
    installed = "SELECT count(*) FROM pg_extension WHERE extname = 'pg_trgm'"
    assert "pg_trgm of one" in trial.dry(postgresql.extension, "pg_trgm", **options).output

    assert trial.run(postgresql.extension, "pg_trgm", **options).changed
    assert server.ask("SELECT similarity('word', 'words') > 0.5", dbname="one") == [(True,)]
    assert server.ask(installed) == [(0,)]
    assert not trial.run(postgresql.extension, "pg_trgm", **options).changed

    server.do("DROP EXTENSION pg_trgm", dbname="one")
    assert trial.dry(postgresql.extension, "pg_trgm", **options).will_change
    assert trial.run(postgresql.extension, "pg_trgm", **options).changed
    assert trial.run(postgresql.extension, "pg_trgm", False, **options).changed
    assert not trial.run(postgresql.extension, "pg_trgm", False, **options).changed
    assert server.ask(installed, dbname="one") == [(0,)]


def test_an_extension_in_a_version_and_a_schema(trial: Trial, server: Server) -> None:
    """An older one is brought to another version."""
    server.do("CREATE DATABASE one")
    server.do('CREATE SCHEMA "Extra \'"', dbname="one")
    options = {"connection": replace(server.psycopg, database="one"), "schema": "Extra '"}

    assert trial.run(postgresql.extension, "pg_trgm", version="1.3", **options).changed
    assert not trial.run(postgresql.extension, "pg_trgm", **options).changed
    assert trial.run(postgresql.extension, "pg_trgm", version="1.5", **options).changed
    statement = "SELECT extversion, extnamespace::regnamespace::text FROM pg_extension WHERE extname = 'pg_trgm'"
    assert server.ask(statement, dbname="one") == [("1.5", '"Extra \'"')]


def test_an_extension_that_the_server_does_not_have(trial: Trial, server: Server) -> None:
    """It is named before anything is tried."""
    tried = trial.dry(postgresql.extension, "nix", connection=server.psycopg)

    assert tried.failed
    assert messages.NO_EXTENSION.text(extension="nix", **server.psycopg.values) in tried.output


def test_sql_runs_unless_it_has_to_do_nothing(
    trial: Trial, server: Server, connection: Connection
) -> None:
    """With values that are data, names that are names, in one transaction."""
    server.do("DROP TABLE IF EXISTS notes")
    options: dict[str, Any] = {
        "sql": ["CREATE TABLE {table} (note text)", "INSERT INTO {table} VALUES ({note}) -- done"],
        "values": {"table": Identifier("notes"), "note": "it's\n{a} \\ :'note'"},
        "unless": "SELECT to_regclass('notes') IS NOT NULL;",
        "connection": connection,
    }

    assert "CREATE TABLE" in trial.dry(postgresql.sql, **options).output
    assert trial.run(postgresql.sql, **options).changed
    assert server.ask("SELECT note FROM notes") == [("it's\n{a} \\ :'note'",)]
    assert not trial.run(postgresql.sql, **options).changed

    broken = {
        **options,
        "unless": None,
        "sql": ["INSERT INTO notes VALUES ('two')", "SELECT 1 / 0"],
    }
    tried = trial.run(postgresql.sql, **broken)
    assert "division by zero (SQLSTATE 22012)" in tried.output
    assert len(server.ask("SELECT note FROM notes")) == 1


def test_what_psql_takes_for_the_end_of_its_input(server: Server) -> None:
    """It is refused, since the rest would not be done."""
    with no_host(), pytest.raises(OperationValueError, match="U\\+001A"):
        list(postgresql.sql._inner("SELECT '\x1a'", connection=server.psql))


@pytest.mark.parametrize("failing", [False, True])
def test_a_secret_in_sql_is_nowhere_to_be_seen(
    trial: Trial, server: Server, connection: Connection, failing: bool
) -> None:
    """Neither in the output, nor on a command line, nor in the server's log with log_statement."""
    server.do("ALTER SYSTEM SET log_statement = 'all'", "ALTER SYSTEM SET log_min_duration_statement = 0",
              "ALTER SYSTEM SET logging_collector = off", "SELECT pg_reload_conf()")  # fmt: skip
    server.do("SELECT 'a control'")
    secret = HiddenValue("Hidden-Sparrow-4711")
    target = "nothere" if failing else "seen"
    try:
        options: dict[str, Any] = {
            "sql": f"CREATE ROLE seen PASSWORD {{secret}}; ALTER ROLE {target} PASSWORD {{secret}}",
            "values": {"secret": secret},
            "connection": connection,
        }
        if failing:
            options["sql"] = "CREATE ROLE seen PASSWORT {secret}"
        dry = trial.dry(postgresql.sql, **options)
        tried = trial.run(postgresql.sql, **options)
        role = trial.run(postgresql.role, "prefect", password=secret, connection=connection)
    finally:
        server.do("ALTER SYSTEM RESET ALL", "SELECT pg_reload_conf()")

    assert tried.failed == failing
    assert role.changed
    everything = [dry.output, tried.output, role.output, *written(trial)]
    assert [text for text in everything if "a control" in text]
    assert not [text for text in everything if secret.unmask() in text]
    [(kept,)] = server.ask("SELECT rolpassword FROM pg_authid WHERE rolname = 'prefect'")
    assert not [text for text in everything if kept in text]


def written(trial: Trial) -> list[str]:
    """Logs of the lab and of the server, and the command lines of the lab's processes."""
    logs = [path for path in trial.lab.log.rglob("*") if path.is_file()]
    logs += [path for path in trial.lab.path(r"C:\pgsql").rglob("*.log") if path.is_file()]
    texts = [path.read_text(errors="replace") for path in logs]
    return [*texts, *(str(one) for one in trial.lab.event_log("Application"))]


def test_a_bare_host_is_assumed_to_become_one_with_a_server(
    trial: Trial, lab_connection: Callable[[], Connection]
) -> None:
    """Dry, each operation says what it will do; for good, it says what is missing."""
    connection = lab_connection()
    for operation, name in (
        (postgresql.role, "prefect"), (postgresql.database, "prefect_db"), (postgresql.extension, "pg_trgm"),
    ):  # fmt: skip
        dry = trial.dry(operation, name, connection=connection)
        assert dry.will_change
        assert not dry.failed
        tried = trial.run(operation, name, connection=connection)
        assert tried.failed
        assert messages.NO_PROGRAM.remedy in tried.output


@pytest.fixture
def lab_connection() -> Callable[[], Connection]:
    return lambda: Connection(psql=r"D:\later\psql.exe", password="x")
