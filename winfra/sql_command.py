"""SQL as commands of pyinfra: by psql on the host, or by psycopg from this machine; answers are JSON."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
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

ABSENT = (messages.NO_PROGRAM, messages.NO_SERVER, messages.NO_DATABASE)
"""What was to be asked is not there, and may yet be made."""
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
    connection: Connection, statement: Statement, *, tolerated: Collection[Message] = ()
) -> StringCommand:
    """A command that answers with the rows of a SELECT, each a JSON object, and changes nothing.

    + tolerated: what is no failure: the answer is ``null`` then
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


class Psql(Script):
    """Statements for psql on the host."""

    def __init__(
        self,
        connection: Connection,
        statements: Sequence[str],
        *,
        reads: bool = False,
        tolerated: Collection[Message] = (),
        hidden: Sequence[str] = (),
    ) -> None:
        self.connection = connection
        self._reads, self._tolerated, self._hidden = reads, tolerated, hidden
        before = f"SET statement_timeout = {connection.seconds * 1000:.0f}"
        if any("\x1a" in statement for statement in statements):
            # The end of a text, to programs of Windows.
            raise bad_value("sql", "the character U+001A is in it, which psql takes for the end")
        # A line end before the semicolon: the statement may end with a comment.
        script = "".join(f"{statement}\n;\n" for statement in [before, *statements])
        super().__init__(
            "invoke_postgresql",
            Program=connection.psql,
            Argument=[
                *("--no-psqlrc", "--no-password", "--quiet", "--no-align", "--tuples-only"),
                *("--set=ON_ERROR_STOP=1", "--set=VERBOSITY=verbose", "--file=-"),
            ],
            Service=connection.service_file,
            PasswordLine=connection.password_line,
            InputText=HiddenValue(script),
            TimeoutSeconds=connection.seconds + 2 * CONNECT_SECONDS,
        )

    @property
    @override
    def read_only(self) -> bool:
        return self._reads

    @override
    def answer(self, value: Any) -> Any:
        try:
            output = self._output(value)
        except SqlError as error:
            if error.catalogued in self._tolerated:
                return None
            raise
        return json.loads(output) if self._reads else None

    def _output(self, value: Mapping[str, Any]) -> str:
        values = self.connection.values
        if value["Missing"]:
            raise SqlError(messages.NO_PROGRAM, program=self.connection.psql)
        if value["TimedOut"]:
            raise SqlError(messages.SQL_TIMEOUT, **values)
        if value["ExitCode"] != 0:
            hidden = [*self._hidden, *filter(None, [self.connection.secret])]
            raise sql_error.psql_failed(value["ExitCode"], value["ErrorOutput"], values, hidden)
        return str(value["Output"])


class Psycopg(LocalCommand):
    """Statements that this machine sends."""

    def __init__(
        self,
        connection: Connection,
        statements: Sequence[str],
        *,
        reads: bool = False,
        tolerated: Collection[Message] = (),
        hidden: Sequence[str] = (),
    ) -> None:
        super().__init__(f"psycopg {connection.address}:{connection.port} {connection.database}")
        self.connection = connection
        self._statements = statements
        self._reads, self._tolerated, self._hidden = reads, tolerated, hidden

    @override
    def run(self) -> Any:
        try:
            with self._open() as opened:
                return self._rows(opened)
        except SqlError as error:
            if error.catalogued in self._tolerated:
                return None
            raise

    def _open(self) -> psycopg.Connection[Any]:
        given: dict[str, Any] = dict(self.connection.parameters)
        try:
            return psycopg.connect(
                **given, password=self.connection.secret, client_encoding="utf8", autocommit=True
            )
        except psycopg.Error as error:
            raise sql_error.connecting(str(error), self.connection.values) from None

    def _rows(self, opened: psycopg.Connection[Any]) -> Any:
        values = self.connection.values
        try:
            opened.execute(f"SET statement_timeout = {self.connection.seconds * 1000:.0f}")
            for statement in self._statements:
                cursor = opened.execute(statement)
            return cursor.fetchone()[0] if self._reads else None  # type: ignore[index]
        except psycopg.Error as error:
            if error.sqlstate is None:
                raise sql_error.connecting(str(error), values) from None
            said = error.diag
            parts = (said.message_primary, said.message_detail, said.message_hint)
            raise sql_error.refused(error.sqlstate, parts, values, self._hidden) from None
