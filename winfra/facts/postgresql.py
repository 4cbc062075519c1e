"""Facts about a PostgreSQL server; each takes a ``winfra.sql.Connection``.

With ``absent=True`` they return ``None`` where there is no such server or database yet, or no login.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypedDict, cast

from pyinfra.api import StringCommand
from pyinfra.api.hiddenvalue import HiddenValue
from typing_extensions import override

from winfra.fact import WindowsFact
from winfra.messages.postgresql import LOGIN_REFUSED
from winfra.sql import Connection, Statement, compose
from winfra.sql_command import ABSENT, UNSEEN, query

_ROLES = """
SELECT rolname AS role, rolsuper AS superuser, rolinherit AS inherit, rolcreaterole AS createrole,
  rolcreatedb AS createdb, rolcanlogin AS login, rolreplication AS replication, rolbypassrls AS bypassrls,
  rolconnlimit AS connection_limit, nullif(rolvaliduntil, 'infinity') AS valid_until
FROM pg_roles
"""
# Columns that came and went by version are taken from the row as JSON.
_DATABASES = """
SELECT datname AS database, pg_get_userbyid(datdba) AS owner, pg_encoding_to_char(encoding) AS encoding,
  datcollate AS lc_collate, datctype AS lc_ctype, to_jsonb(d) ->> 'datlocprovider' AS locale_provider,
  coalesce(to_jsonb(d) ->> 'datlocale', to_jsonb(d) ->> 'daticulocale') AS icu_locale,
  datconnlimit AS connection_limit,
  EXISTS (SELECT FROM aclexplode(coalesce(datacl, acldefault('d', datdba))) a
    WHERE a.grantee = 0 AND a.privilege_type = 'CONNECT') AS public
FROM pg_database d
"""
_EXTENSIONS = """
SELECT a.name AS extension, a.default_version, e.extversion AS version, n.nspname AS schema
FROM pg_available_extensions a LEFT JOIN pg_extension e ON e.extname = a.name
  LEFT JOIN pg_namespace n ON n.oid = e.extnamespace
"""
_SETTINGS = """
SELECT name, setting, reset_val, boot_val, unit, vartype, context, source, sourcefile, min_val, max_val,
  enumvals, pending_restart
FROM pg_settings WHERE {names}::text[] IS NULL OR lower(name) = ANY ({names})
"""
_FILE_SETTINGS = """
SELECT sourcefile, sourceline, seqno, name, setting, applied, error FROM pg_file_settings ORDER BY seqno
"""
_ACCESS_RULES = """
SELECT line_number, type, database, user_name, address, netmask, auth_method, options, error
FROM pg_hba_file_rules ORDER BY line_number
"""


class RoleInfo(TypedDict):
    """What a role is and may."""

    role: str
    superuser: bool
    inherit: bool
    createrole: bool
    createdb: bool
    login: bool
    replication: bool
    bypassrls: bool
    connection_limit: int
    valid_until: str | None


class DatabaseInfo(TypedDict):
    """A database; ``public``: whether every role may connect."""

    database: str
    owner: str
    encoding: str
    lc_collate: str
    lc_ctype: str
    locale_provider: str | None
    icu_locale: str | None
    connection_limit: int
    public: bool


class ExtensionInfo(TypedDict):
    """An extension that the server has; ``version`` is ``None`` where the database has it not."""

    extension: str
    default_version: str
    version: str | None
    schema: str | None


class SettingInfo(TypedDict):
    """A row of ``pg_settings``."""

    name: str
    setting: str | None
    reset_val: str | None
    boot_val: str | None
    unit: str | None
    vartype: str
    context: str
    source: str
    sourcefile: str | None
    min_val: str | None
    max_val: str | None
    enumvals: list[str] | None
    pending_restart: bool


class FileSetting(TypedDict):
    """A row of ``pg_file_settings``: an entry of the configuration files, as they are on disk."""

    sourcefile: str
    sourceline: int
    seqno: int
    name: str | None
    setting: str | None
    applied: bool
    error: str | None


class AccessRule(TypedDict):
    """A row of ``pg_hba_file_rules``: a line of pg_hba.conf, as it is on disk."""

    line_number: int
    type: str | None
    database: list[str] | None
    user_name: list[str] | None
    address: str | None
    netmask: str | None
    auth_method: str | None
    options: list[str] | None
    error: str | None


class Query(WindowsFact[list[dict[str, Any]] | None]):
    """
    Returns the rows of a SELECT; the transaction is read-only:

    .. code:: python

        host.get_fact(Query, connection=connection, sql="SELECT 1 AS one")  # [{"one": 1}]
    """

    def command(
        self, connection: Connection, sql: Statement, absent: bool = False
    ) -> StringCommand:
        return query(connection, sql, tolerated=UNSEEN if absent else ())


class Login(WindowsFact[bool]):
    """Returns whether the server takes the connection's user and password."""

    def command(self, connection: Connection) -> StringCommand:
        return query(connection, "SELECT 1", tolerated=(LOGIN_REFUSED,))

    @override
    def read(self, value: Any) -> bool:
        return value is not None


class LoginRefused(WindowsFact[bool]):
    """Returns whether a server answers, and refuses the connection's user and password."""

    def command(self, connection: Connection) -> StringCommand:
        return query(connection, "SELECT 1", tolerated={**dict.fromkeys(ABSENT), LOGIN_REFUSED: []})

    @override
    def read(self, value: Any) -> bool:
        return isinstance(value, list) and not value


class Roles(WindowsFact[dict[str, RoleInfo] | None]):
    """
    Returns all roles by their names, without their passwords:

    .. code:: python

        {
            "prefect": {
                "role": "prefect",
                "superuser": False,
                "inherit": True,
                "createrole": False,
                "createdb": False,
                "login": True,
                "replication": False,
                "bypassrls": False,
                "connection_limit": -1,
                "valid_until": None,
            },
        }
    """

    def command(self, connection: Connection, absent: bool = False) -> StringCommand:
        return query(connection, _ROLES, tolerated=UNSEEN if absent else ())

    @override
    def read(self, value: Any) -> dict[str, RoleInfo] | None:
        return None if value is None else {item["role"]: cast(RoleInfo, item) for item in value}


class Verifier(WindowsFact[HiddenValue | None]):
    """Returns what the server keeps of a role's password, or ``None``; for a superuser alone."""

    def command(self, connection: Connection, role: str) -> StringCommand:
        statement = "SELECT rolpassword FROM pg_authid WHERE rolname = {role}"
        return query(connection, compose(statement, role=role))

    @override
    def read(self, value: Any) -> HiddenValue | None:
        kept = value[0]["rolpassword"] if value else None
        return None if kept is None else HiddenValue(kept)


class Databases(WindowsFact[dict[str, DatabaseInfo] | None]):
    """
    Returns all databases by their names:

    .. code:: python

        {
            "prefect_db": {
                "database": "prefect_db",
                "owner": "prefect",
                "encoding": "UTF8",
                "lc_collate": "C",
                "lc_ctype": "C",
                "locale_provider": "c",
                "icu_locale": None,
                "connection_limit": -1,
                "public": True,
            },
        }
    """

    def command(self, connection: Connection, absent: bool = False) -> StringCommand:
        return query(connection, _DATABASES, tolerated=UNSEEN if absent else ())

    @override
    def read(self, value: Any) -> dict[str, DatabaseInfo] | None:
        return (
            None if value is None else {one["database"]: cast(DatabaseInfo, one) for one in value}
        )


class Extensions(WindowsFact[dict[str, ExtensionInfo] | None]):
    """Returns the extensions that the server has, each with its version in the connection's database."""

    def command(self, connection: Connection, absent: bool = False) -> StringCommand:
        return query(connection, _EXTENSIONS, tolerated=UNSEEN if absent else ())

    @override
    def read(self, value: Any) -> dict[str, ExtensionInfo] | None:
        return (
            None if value is None else {one["extension"]: cast(ExtensionInfo, one) for one in value}
        )


class Settings(WindowsFact[dict[str, SettingInfo] | None]):
    """Returns rows of ``pg_settings`` by their lower-case names.

    + names: those that are wanted; all when not given
    """

    def command(
        self, connection: Connection, names: Sequence[str] | None = None, absent: bool = False
    ) -> StringCommand:
        wanted = None if names is None else [name.lower() for name in names]
        statement = compose(_SETTINGS, names=wanted)
        return query(connection, statement, tolerated=UNSEEN if absent else ())

    @override
    def read(self, value: Any) -> dict[str, SettingInfo] | None:
        return (
            None
            if value is None
            else {one["name"].lower(): cast(SettingInfo, one) for one in value}
        )


class FileSettings(WindowsFact[list[FileSetting] | None]):
    """Returns the entries of the configuration files as they are on disk (``pg_file_settings``)."""

    def command(self, connection: Connection, absent: bool = False) -> StringCommand:
        return query(connection, _FILE_SETTINGS, tolerated=UNSEEN if absent else ())


class AccessRules(WindowsFact[list[AccessRule] | None]):
    """Returns the lines of pg_hba.conf as they are on disk (``pg_hba_file_rules``)."""

    def command(self, connection: Connection, absent: bool = False) -> StringCommand:
        return query(connection, _ACCESS_RULES, tolerated=UNSEEN if absent else ())
