"""
The postgresql module handles a PostgreSQL server: its roles, databases, extensions, settings, rules.

Each operation takes a ``winfra.sql.Connection``, which says how SQL reaches the server.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, TypeVar

from psycopg.sql import SQL, Composable, Identifier
from pyinfra import host, logger
from pyinfra.api import FactBase
from pyinfra.api.command import PyinfraCommand
from pyinfra.api.hiddenvalue import HiddenValue
from pyinfra.api.state import StateStage

from winfra import database_plan, role_plan
from winfra.difference import say, show
from winfra.facts.postgresql import Databases, Extensions, Login, Query, Roles, Verifier
from winfra.messages import postgresql as messages
from winfra.operation import fail, operation, read
from winfra.operations.postgresql_backup import dump, restore
from winfra.operations.postgresql_configuration import access_rules, configuration
from winfra.operations.postgresql_installation import installation
from winfra.operations.postgresql_superuser import superuser_password
from winfra.sql import Connection, Statement, compose, identifier, text
from winfra.sql_command import execute
from winfra.sql_reading import login_pending, say_pending

__all__ = [
    "access_rules", "configuration", "database", "dump", "extension", "installation", "restore",
    "role", "sql", "superuser_password",
]  # fmt: skip

T = TypeVar("T")
_ACTS_AS = "SELECT pg_has_role(oid, 'USAGE') AS able FROM pg_roles WHERE rolname = {role}"


@operation()
def role(
    role: str,
    present: bool = True,
    *,
    connection: Connection,
    password: str | HiddenValue | None = None,
    login: bool | None = True,
    superuser: bool | None = None,
    inherit: bool | None = None,
    createdb: bool | None = None,
    createrole: bool | None = None,
    replication: bool | None = None,
    bypassrls: bool | None = None,
    connection_limit: int | None = None,
    valid_until: datetime | Literal["infinity"] | None = None,
) -> Generator[PyinfraCommand]:
    """
    Make, change or remove a role; what is not given stays as it is.

    + role: its name
    + present: whether it should exist
    + connection: how SQL reaches the server
    + password: set only when it differs; what travels is a SCRAM verifier made on this machine
    + login: whether it can log in
    + superuser: whether nothing is forbidden to it
    + inherit: whether it has what the roles it is a member of have
    + createdb: whether it may make databases
    + createrole: whether it may make roles
    + replication: whether it may replicate
    + bypassrls: whether row security does not apply to it
    + connection_limit: how many connections it may have; -1 for any number
    + valid_until: when its password expires; ``"infinity"`` for never

    A new role has what PostgreSQL gives one: it inherits, and may nothing else.

    **Example:**

    .. code:: python

        from winfra.operations import postgresql

        postgresql.role(
            name="Make Prefect's role",
            role="prefect",
            password=host.data.prefect_database_password,
            superuser=False,
            connection=connection,
        )
    """
    role_plan.check_name(role)
    secret = role_plan.password(role, password)
    wanted = role_plan.wanted(
        login=login,
        superuser=superuser,
        inherit=inherit,
        createdb=createdb,
        createrole=createrole,
        replication=replication,
        bypassrls=bypassrls,
        connection_limit=connection_limit,
        valid_until=valid_until,
    )
    known = _ask(Roles, connection)
    if known is None and login_pending(connection):
        say_pending(f"role {role}", connection)
        return
    roles = known or {}
    found = roles.get(role)
    if not present:
        yield from _drop(f"role {role}", found, connection, "DROP ROLE {name}", role)
        return
    change = role_plan.change(found, wanted)
    if secret is not None and not (found and _has_password(connection, roles, role, secret)):
        change["password"] = secret
    if found is not None and not change:
        host.noop(f"role {role} is as wanted")
        return
    show(f"role {role}", role_plan.before(found, change), change)
    statement, hidden = role_plan.statement(role, found, change)
    yield execute(connection, [statement], hidden=hidden)


@operation()
def database(
    database: str,
    present: bool = True,
    *,
    connection: Connection,
    owner: str | None = None,
    template: str | None = None,
    encoding: str | None = None,
    locale: str | None = None,
    icu_locale: str | None = None,
    connection_limit: int | None = None,
    public: bool | None = None,
    force: bool = False,
) -> Generator[PyinfraCommand]:
    """
    Make, change or remove a database; what is not given stays as it is.

    + database: its name
    + present: whether it should exist; one that should not goes with all that is in it
    + connection: how SQL reaches the server; to another database than this one
    + owner: the role that owns it; a connection's user that is no superuser becomes a member of it
    + template: what a new one is a copy of; ``template0`` where encoding or locale are given
    + encoding: such as ``UTF8``
    + locale: of its collation and character classes, such as ``C`` or ``en-US``
    + icu_locale: where ICU is to collate, such as ``en-US``; ``locale`` is for all else then
    + connection_limit: how many connections it takes; -1 for any number
    + public: whether every role may connect to it
    + force: end the connections to a database that is to go

    The encoding and the locale of a database that exists cannot be changed: where they differ, a
    warning says so.

    **Example:**

    .. code:: python

        postgresql.database(
            name="Make Prefect's database",
            database="prefect_db",
            owner="prefect",
            encoding="UTF8",
            connection=connection,
        )
    """
    identifier("database", database)
    wanted = database_plan.wanted(
        owner=owner,
        encoding=encoding,
        locale=locale,
        icu_locale=icu_locale,
        connection_limit=connection_limit,
        public=public,
    )
    known = _ask(Databases, connection)
    if known is None and login_pending(connection):
        say_pending(f"database {database}", connection)
        return
    found = (known or {}).get(database)
    if not present:
        template_ = "DROP DATABASE {name} WITH (FORCE)" if force else "DROP DATABASE {name}"
        yield from _drop(f"database {database}", found, connection, template_, database)
        return
    for kind, is_, should in database_plan.drift(found, wanted):
        values = {"found": f"{kind} {is_}", "wanted": should}
        warning = messages.DATABASE_DRIFT.text(database=database, **values)
        host.log_styled(warning, fg="yellow", log_func=logger.warning)
    change = database_plan.change(found, wanted)
    if found is not None and not change:
        host.noop(f"database {database} is as wanted")
        return
    show(f"database {database}", found and {key: dict(found)[key] for key in change}, change)
    statements = [
        *_membership(connection, change.get("owner")),
        *database_plan.statements(database, found, change, template),
    ]
    yield execute(connection, statements, transaction=found is not None)


@operation()
def extension(
    extension: str,
    present: bool = True,
    *,
    connection: Connection,
    schema: str | None = None,
    version: str | None = None,
) -> Generator[PyinfraCommand]:
    """
    Add an extension to a database, change its version, or remove it.

    + extension: its name
    + present: whether the database should have it
    + connection: how SQL reaches the database
    + schema: where a new one's objects go
    + version: which version it should be; the server's default when it is added, else as it is

    **Example:**

    .. code:: python

        postgresql.extension(
            name="Give Prefect's database pg_trgm",
            extension="pg_trgm",
            connection=replace(connection, database="prefect_db"),
        )
    """
    identifier("extension", extension)
    known = _ask(Extensions, connection)
    if known is None and login_pending(connection):
        say_pending(f"extension {extension}", connection)
        return
    found = (known or {}).get(extension)
    current = found["version"] if found else None
    if not present:
        there = {"version": current} if current else None
        title = f"extension {extension} of {connection.database}"
        yield from _drop(title, there, connection, "DROP EXTENSION {name}", extension)
        return
    if known is not None and found is None:
        raise fail(messages.NO_EXTENSION, extension=extension, **connection.values)
    if current is not None and version in {None, current}:
        host.noop(f"database {connection.database} has the extension {extension} {current}")
        return
    wanted = version or (found["default_version"] if found else "the server's own")
    title = f"extension {extension} of {connection.database}"
    show(title, {"version": current} if current else None, {"version": wanted})
    yield execute(connection, [_extension(extension, current, schema, version)])


@operation()
def sql(
    sql: Statement | Sequence[Statement],
    *,
    connection: Connection,
    values: Mapping[str, Any] | None = None,
    unless: Statement | None = None,
    transaction: bool = True,
) -> Generator[PyinfraCommand]:
    """
    Run SQL.

    + sql: a statement or several; text is sent as it is where there are no values
    + connection: how SQL reaches the database
    + values: for each ``{name}`` in text; a ``HiddenValue`` is neither shown nor logged
    + unless: a SELECT; where the first column of its first row is true, nothing is done
    + transaction: all statements or none; ``False`` for what PostgreSQL does in no transaction

    **Example:**

    .. code:: python

        postgresql.sql(
            name="Let the reports read",
            sql="GRANT pg_read_all_data TO {reader}",
            values={"reader": psycopg.sql.Identifier("reports")},
            unless="SELECT pg_has_role('reports', 'pg_read_all_data', 'member')",
            connection=connection,
        )
    """
    given = [sql] if isinstance(sql, (str, Composable)) else list(sql)
    statements, hidden = _composed(given, values or {})
    if unless is not None:
        rows = _ask(Query, connection, sql=unless)
        if rows and next(iter(rows[0].values()), None):
            host.noop(f"nothing is to be done in {connection.database}")
            return
    command = execute(connection, statements, transaction=transaction, hidden=hidden)
    shown = f"{len(statements)} statements" if hidden else "; ".join(map(text, statements))
    say(f"Will run in {connection.database}: {shown}")
    yield command


def _ask(kind: type[FactBase[T]], connection: Connection, **arguments: Any) -> T:
    """The fact; ``None`` while an earlier operation has yet to make the server or the database."""
    absent = host.state.current_stage != StateStage.Execute
    return read(kind, connection=connection, absent=absent, **arguments)


def _has_password(
    connection: Connection, roles: Mapping[str, Any], role: str, secret: HiddenValue
) -> bool:
    """By what the server keeps; whom it does not show that, by logging in."""
    own = roles.get(connection.user)
    if own and own["superuser"]:
        kept = read(Verifier, connection=connection, role=role)
        return role_plan.is_password(kept, secret)
    return read(Login, connection=role_plan.as_role(connection, role, secret))


def _membership(connection: Connection, owner: str | None) -> list[Composable]:
    """What lets the connection's user give a database to a role ("CREATE DATABASE": it must be able to be it)."""
    rows = _ask(Query, connection, sql=compose(_ACTS_AS, role=owner)) if owner else None
    if not rows or rows[0]["able"]:
        return []
    say(f"  {connection.user} becomes a member of {owner}, to whom it gives the database")
    return [compose("GRANT {role} TO CURRENT_USER", role=Identifier(owner or ""))]


def _drop(
    title: str, found: Any, connection: Connection, template: str, name: str
) -> Generator[PyinfraCommand]:
    if found is None:
        host.noop(f"{title} does not exist")
        return
    show(title, dict(found), None)
    statement = SQL(template).format(name=Identifier(name))
    yield execute(connection, [statement], transaction=False)


def _extension(
    extension: str, current: str | None, schema: str | None, version: str | None
) -> Composable:
    if current is not None:
        return compose(
            "ALTER EXTENSION {name} UPDATE TO {version}",
            name=Identifier(extension),
            version=version,
        )
    options = [
        *([compose(" SCHEMA {schema}", schema=Identifier(schema))] if schema else []),
        *([compose(" VERSION {version}", version=version)] if version else []),
    ]
    head = compose("CREATE EXTENSION {name}", name=Identifier(extension))
    return SQL("").join([head, *options])


def _composed(
    statements: Sequence[Statement], values: Mapping[str, Any]
) -> tuple[list[Statement], list[str]]:
    hidden = [value.unmask() for value in values.values() if isinstance(value, HiddenValue)]
    if not values:
        return list(statements), hidden
    plain = {
        key: value.unmask() if isinstance(value, HiddenValue) else value
        for key, value in values.items()
    }
    return [
        compose(statement, **plain) if isinstance(statement, str) else statement
        for statement in statements
    ], hidden
