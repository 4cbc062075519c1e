"""SQL and connections as text: names, files of libpq, values; and what libpq's errors mean."""

from typing import Any

import pytest
from hypothesis import given, strategies as st
from psycopg.sql import Identifier
from pyinfra.api import OperationValueError
from pyinfra.api.hiddenvalue import HiddenValue

from winfra import sql_error
from winfra.messages import Message, postgresql as messages
from winfra.sql import Connection, compose, text
from winfra.sql_command import Psql, Psycopg, execute, query

PSQL = r"C:\Program Files\PostgreSQL\16\bin\psql.exe"


@pytest.mark.parametrize(
    ("values", "argument"),
    [
        ({"address": ""}, "address"),
        ({"address": "a b"}, "address"),
        ({"address": "host=x"}, "address"),
        ({"port": 0}, "port"),
        ({"port": 65536}, "port"),
        ({"seconds": 0}, "seconds"),
        ({"user": " postgres"}, "user"),
        ({"database": "a\nb"}, "database"),
        ({"database": "a "}, "database"),
        ({"password": "a\nb"}, "password"),
        ({"authority": "C:\\ca.pem\n"}, "authority"),
    ],
)
def test_a_connection_is_refused(values: Any, argument: str) -> None:
    """What libpq's files cannot hold; a password is not shown."""
    with pytest.raises(OperationValueError) as refused:
        Connection(**values)

    assert str(refused.value).startswith(f"connection: {argument} is")
    assert messages.BAD_CONNECTION.remedy in str(refused.value)
    assert argument != "password" or "a\nb" not in str(refused.value)


def test_a_connection_shows_no_password() -> None:
    """However it was given."""
    for password in "Plain-Wren", HiddenValue("Plain-Wren"):
        connection = Connection(password=password)
        assert "Plain-Wren" not in f"{connection} {connection!r} {connection.service_file}"
        assert "Plain-Wren" not in str(query(connection, "SELECT 1"))
        assert connection.secret == "Plain-Wren"


def test_the_service_file_has_what_libpq_needs() -> None:
    """By the section that its variable names."""
    connection = Connection(
        address="db.example.org", port=5433, user="é=#", database="a b", tls="verify-full"
    )

    lines = connection.service_file.splitlines()

    assert lines[0] == "[winfra]"
    assert {"host=db.example.org", "port=5433", "user=é=#", "dbname=a b"} < set(lines)
    assert "sslmode=verify-full" in lines
    assert not [line for line in lines if line.startswith("password")]


def passfile_fields(line: str) -> list[str]:
    """As libpq's passwordFromFile takes a line apart."""
    fields, escaped = [""], False
    for character in line.rstrip("\n"):
        if escaped or character not in {"\\", ":"}:
            fields[-1] += character
            escaped = False
        elif character == "\\":
            escaped = True
        else:
            fields.append("")
    return fields


@given(st.text(st.characters(codec="utf-8", exclude_characters="\r\n\x00"), min_size=1))
def test_any_password_stands_in_the_password_file(password: str) -> None:
    """Colons and backslashes included."""
    line = Connection(password=password).password_line

    assert line is not None
    assert passfile_fields(line.unmask()) == ["*", "*", "*", "*", password]
    assert Connection().password_line is None


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("a'b", "'a''b'"),
        ("a\\b", " E'a\\\\b'"),
        ("1\r\n2", " E'1\\x0d\\x0a2'"),
        ("\t\\'", " E'\\x09\\\\'''"),
        (None, "NULL"),
        (5, "5"),
        (Identifier('a"b'), '"a""b"'),
    ],
)
def test_a_value_in_a_statement(value: Any, expected: str) -> None:
    """Control characters by number: a program of Windows would change some in its input."""
    assert text(compose("{value}", value=value)) == expected


def test_by_which_way_sql_goes() -> None:
    """psql where there is one; statements alone, or all in one transaction."""
    by_psql = execute(Connection(psql=PSQL), ["SELECT 1; "], transaction=False)
    assert isinstance(by_psql, Psql)
    script = by_psql.parameters["InputText"]
    assert isinstance(script, HiddenValue)
    assert script.unmask() == "SET statement_timeout = 60000\n;\nSELECT 1\n;\n"
    assert not by_psql.read_only
    assert isinstance(query(Connection(), "SELECT 1"), Psycopg)
    reading = query(Connection(psql=PSQL), "SELECT 1")
    assert isinstance(reading, Psql)
    assert reading.read_only


AT = 'connection to server at "127.0.0.1", port 5432 failed: '


@pytest.mark.parametrize(
    ("said", "message"),
    [
        (AT + "Connection refused (0x0000274D/10061)\n\tIs the server running", messages.NO_SERVER),
        (AT + "Verbindung verweigert (0x0000274D/10061)", messages.NO_SERVER),
        (AT + "timeout expired", messages.NO_SERVER),
        ('could not translate host name "x" to address: unknown', messages.NO_SERVER),
        (AT + "FATAL:  the database system is starting up", messages.NOT_READY),
        (AT + "FATAL:  the database system is shutting down", messages.NOT_READY),
        (AT + "FATAL:  sorry, too many clients already", messages.TOO_MANY),
        (AT + 'FATAL:  password authentication failed for user "x"', messages.LOGIN_REFUSED),
        (AT + "fe_sendauth: no password supplied", messages.LOGIN_REFUSED),
        (AT + 'FATAL:  role "x" is not permitted to log in', messages.LOGIN_REFUSED),
        (
            AT + 'FATAL:  no pg_hba.conf entry for host "::1", user "a", database "b", SSL off',
            messages.NO_RULE,
        ),
        (AT + 'FATAL:  database "x" does not exist', messages.NO_DATABASE),
        (AT + "server does not support SSL, but SSL was required", messages.TLS_REFUSED),
        (AT + "SSL error: certificate verify failed", messages.TLS_REFUSED),
        (AT + "FATAL:  unsupported frontend protocol", messages.CONNECTION_FAILED),
        ("", messages.CONNECTION_FAILED),
    ],
)
def test_why_there_is_no_connection(said: str, message: Message) -> None:
    """By libpq's words, in psql's sentence and in psycopg's."""
    for prefix in "psql: error: ", "connection failed: ":
        error = sql_error.connecting(prefix + said, Connection().values)

        assert error.catalogued is message
        assert "psql: error" not in str(error)
        assert "127.0.0.1:5432" in str(error)


VERBOSE = """psql:<stdin>:2: NOTICE:  42710: extension "x" already exists, skipping
LOCATION:  CreateExtension, extension.c:1962
psql:<stdin>:5: FEHLER:  42939: role name "pg_x" is reserved
DETAIL:  Role names starting with "pg_" are reserved.
LINE 1: CREATE ROLE pg_x PASSWORD 'Hidden-Wren';
HINT:  Choose 'Hidden-Wren'.
LOCATION:  CreateRole, user.c:285
"""


def test_what_psql_says_of_a_statement() -> None:
    """The first error with its state, detail and hint, without the statement's own text."""
    error = sql_error.psql_failed(3, VERBOSE, Connection().values, ["Hidden-Wren"])

    assert error.catalogued is messages.SQL_FAILED
    assert "(SQLSTATE 42939)" in str(error)
    assert "names starting with \"pg_\" are reserved; Choose '*MASKED*'" in str(error)
    assert "Hidden-Wren" not in str(error)
    assert "already exists" not in str(error)


@pytest.mark.parametrize(("code", "said"), [(3221225781, ""), (1, "psql: error: out of memory\n")])
def test_what_psql_says_of_itself(code: int, said: str) -> None:
    """A program that ends without a word about SQL, such as without its runtime."""
    error = sql_error.psql_failed(code, said, Connection().values, [])

    assert error.catalogued is messages.PROGRAM_FAILED
    assert f"exit code {code}: {'out of memory' if said else 'it said nothing'}" in str(error)
