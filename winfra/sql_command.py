"""SQL as commands of pyinfra: by psql on the host, or by psycopg from this machine; answers are JSON."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from pathlib import PureWindowsPath
from typing import Any

import psycopg
from pyinfra.api import StringCommand
from pyinfra.api.hiddenvalue import HiddenValue
from typing_extensions import override

from winfra import sql_error
from winfra.messages import Message, postgresql as messages
from winfra.script import LocalCommand, Script
from winfra.sql import CONNECT_SECONDS, Connection, Statement, bad_value, text
from winfra.sql_error import SqlError

Tolerated = Collection[Message] | Mapping[Message, Any]
ABSENT = (messages.NO_PROGRAM, messages.NO_SERVER, messages.NO_DATABASE)
"""What was to be asked is not there, and may yet be made."""
UNSEEN = (*ABSENT, messages.LOGIN_REFUSED)
"""What a dry run may meet besides: a role that this run gives its password."""
# Only a superuser may set these; others' statements are logged as the server's settings say.
_NOT_LOGGED = """
DO $winfra$ BEGIN
  PERFORM set_config('log_statement', 'none', false), set_config('log_min_error_statement', 'panic', false),
    set_config('log_min_duration_statement', '-1', false), set_config('log_min_duration_sample', '-1', false),
    set_config('log_transaction_sample_rate', '0', false);
  IF current_setting('pg_stat_statements.track_utility', true) IS NOT NULL THEN
    PERFORM set_config('pg_stat_statements.track_utility', 'off', false);
  END IF;
EXCEPTION WHEN insufficient_privilege THEN NULL; END $winfra$
"""


def query(
    connection: Connection, statement: Statement, *, tolerated: Tolerated = ()
) -> StringCommand:
    """A command that answers with the rows of a SELECT, each a JSON object, and changes nothing.

    + tolerated: what is no failure: the answer is ``null`` then, or what is given for it
    """
    # On lines of its own: the statement may end with a comment.
    rows = f"SELECT coalesce(json_agg(found), '[]') FROM (\n{text(statement)}\n) found"  # noqa: S608
    begin = "START TRANSACTION READ ONLY"
    if connection.psql is None:
        return Psycopg(connection, [begin, rows], reads=True, tolerated=tolerated)
    return Psql(connection, [begin, rows, "COMMIT"], reads=True, tolerated=tolerated)


def execute(
    connection: Connection,
    statements: Sequence[Statement],
    *,
    transaction: bool = True,
    hidden: Sequence[str] = (),
) -> StringCommand:
    """A command that carries out statements.

    + transaction: all of them or none; otherwise each by itself, as CREATE DATABASE wants it
    + hidden: texts in them that nothing may show; the server does not log them either
    """
    texts = [text(statement) for statement in statements]
    if transaction:
        texts = ["START TRANSACTION", *texts, "COMMIT"]
    if hidden:
        texts = [_NOT_LOGGED, *texts]
    kind = Psycopg if connection.psql is None else Psql
    return kind(connection, texts, hidden=hidden)


def unlogged(statement: Statement) -> str:
    """A statement, as psql takes it, that a superuser's server does not log."""
    return f"{_NOT_LOGGED};\n{text(statement)};\n"


class Program(Script):
    """A client program of PostgreSQL on the host, from the folder of psql.exe."""

    def __init__(
        self,
        connection: Connection,
        name: str,
        arguments: Sequence[str],
        *,
        input_text: HiddenValue | None = None,
        seconds: float,
    ) -> None:
        self.connection = connection
        self.name = name
        super().__init__(
            "invoke_postgresql",
            Program=str(PureWindowsPath(connection.psql or "").with_name(f"{name}.exe")),
            Argument=["--no-password", *arguments],
            Service=connection.service_file,
            PasswordLine=connection.password_line,
            InputText=input_text,
            TimeoutSeconds=seconds + 2 * CONNECT_SECONDS,
        )

    @override
    def answer(self, value: Any) -> Any:
        """What the program wrote."""
        values = self.connection.values
        if value["Missing"]:
            raise SqlError(messages.NO_PROGRAM, program=self.parameters["Program"])
        if value["TimedOut"]:
            raise SqlError(messages.SQL_TIMEOUT, **values)
        if value["ExitCode"] != 0:
            raise self.failed(value["ExitCode"], value["ErrorOutput"])
        return value["Output"]

    def failed(self, code: int, output: str) -> SqlError:
        """Why the program did not end well."""
        hidden = filter(None, [self.connection.secret])
        return sql_error.program_failed(self.name, code, output, self.connection.values, [*hidden])


class Psql(Program):
    """Statements for psql on the host."""

    def __init__(
        self,
        connection: Connection,
        statements: Sequence[str],
        *,
        reads: bool = False,
        tolerated: Tolerated = (),
        hidden: Sequence[str] = (),
    ) -> None:
        self._reads, self._tolerated = reads, _answers(tolerated)
        self._hidden = [*hidden, *filter(None, [connection.secret])]
        before = f"SET statement_timeout = {connection.seconds * 1000:.0f}"
        if any("\x1a" in statement for statement in statements):
            # The end of a text, to programs of Windows.
            raise bad_value("sql", "the character U+001A is in it, which psql takes for the end")
        # A line end before the semicolon: the statement may end with a comment.
        script = "".join(f"{statement}\n;\n" for statement in [before, *statements])
        options = [
            *("--no-psqlrc", "--quiet", "--no-align", "--tuples-only"),
            *("--set=ON_ERROR_STOP=1", "--set=VERBOSITY=verbose", "--file=-"),
        ]
        text = HiddenValue(script)
        super().__init__(connection, "psql", options, input_text=text, seconds=connection.seconds)

    @property
    @override
    def read_only(self) -> bool:
        return self._reads

    @override
    def answer(self, value: Any) -> Any:
        try:
            output = super().answer(value)
        except SqlError as error:
            if error.catalogued in self._tolerated:
                return self._tolerated[error.catalogued]
            raise
        return json.loads(output) if self._reads else None

    @override
    def failed(self, code: int, output: str) -> SqlError:
        return sql_error.psql_failed(code, output, self.connection.values, self._hidden)


class Psycopg(LocalCommand):
    """Statements that this machine sends."""

    def __init__(
        self,
        connection: Connection,
        statements: Sequence[str],
        *,
        reads: bool = False,
        tolerated: Tolerated = (),
        hidden: Sequence[str] = (),
    ) -> None:
        super().__init__(f"psycopg {connection.address}:{connection.port} {connection.database}")
        self.connection = connection
        self._statements = statements
        self._reads, self._tolerated, self._hidden = reads, _answers(tolerated), hidden

    @override
    def run(self) -> Any:
        try:
            return self._rows()
        except psycopg.Error as error:
            found = self._failed(error)
            if found.catalogued in self._tolerated:
                return self._tolerated[found.catalogued]
            raise found from None

    def _rows(self) -> Any:
        given: dict[str, Any] = dict(self.connection.parameters)
        given |= {"password": self.connection.secret, "client_encoding": "utf8"}
        with psycopg.connect(**given, autocommit=True) as opened:
            opened.execute(f"SET statement_timeout = {self.connection.seconds * 1000:.0f}")
            for statement in self._statements:
                cursor = opened.execute(statement)
            return cursor.fetchone()[0] if self._reads else None  # type: ignore[index]

    def _failed(self, error: psycopg.Error) -> SqlError:
        if error.sqlstate is None:
            return sql_error.connecting(str(error), self.connection.values)
        said = error.diag
        parts = (said.message_primary, said.message_detail, said.message_hint)
        return sql_error.refused(error.sqlstate, parts, self.connection.values, self._hidden)


def _answers(tolerated: Tolerated) -> Mapping[Message, Any]:
    return tolerated if isinstance(tolerated, Mapping) else dict.fromkeys(tolerated)
