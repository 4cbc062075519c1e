"""SQL for a PostgreSQL server: how it gets there, and how it is composed.

psql runs on the host and gets SQL on its standard input; without it, psycopg connects from the control
machine. ``psycopg.sql`` composes: a value never becomes part of a text that somebody else wrote.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal, LiteralString

from psycopg import sql
from pyinfra.api import OperationValueError
from pyinfra.api.hiddenvalue import HiddenValue

from winfra.messages import Message, postgresql as messages
from winfra.path import windows_path

Statement = str | sql.Composable
TLS = Literal["disable", "allow", "prefer", "require", "verify-ca", "verify-full"]

CONNECT_SECONDS = 10
LONGEST_NAME = 63
"""NAMEDATALEN - 1: PostgreSQL cuts a longer one off, with a notice only."""
SECTION = "winfra"
_CONTROL = re.compile(r"[\x01-\x1f\x7f]")
_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?")


@dataclass(frozen=True)
class Connection:
    r"""
    How SQL reaches a server:

    + psql: the path of psql.exe on the host; without it psycopg connects from the control machine
    + address: the server's name or IP address, as psql or this machine sees it
    + port: its port
    + user: the role to log in as
    + password: the role's
    + database: the database to connect to
    + tls: libpq's ``sslmode``; left to libpq when not given
    + authority: file of the authorities to trust, where psql or psycopg runs (``sslrootcert``)
    + seconds: how long one statement may take

    .. code:: python

        Connection(
            psql=r"C:\Program Files\PostgreSQL\16\bin\psql.exe",
            password=host.data.postgresql_superuser_password,
        )
    """

    psql: str | None = None
    address: str = "127.0.0.1"
    port: int = 5432
    user: str = "postgres"
    password: str | HiddenValue | None = None
    database: str = "postgres"
    tls: TLS | None = None
    authority: str | None = None
    seconds: float = 60

    def __post_init__(self) -> None:
        if isinstance(self.password, str):
            object.__setattr__(self, "password", HiddenValue(self.password))
        if self.psql is not None:
            object.__setattr__(self, "psql", windows_path(self.psql, "psql", file=True))
        for argument, reason in self._problems():
            raise OperationValueError(
                messages.BAD_CONNECTION.text(
                    argument=argument, value=getattr(self, argument), reason=reason
                )
            )
        identifier("user", self.user)
        identifier("database", self.database)

    @property
    def secret(self) -> str | None:
        return self.password.unmask() if isinstance(self.password, HiddenValue) else None

    @property
    def values(self) -> dict[str, Any]:
        """What sentences about it name."""
        names = ("address", "port", "user", "database")
        seconds = f"{self.seconds:g}"
        return {name: getattr(self, name) for name in names} | {"seconds": seconds}

    @property
    def parameters(self) -> dict[str, str]:
        """libpq's, without the password."""
        given = {
            "host": self.address,
            "port": str(self.port),
            "user": self.user,
            "dbname": self.database,
            "connect_timeout": str(CONNECT_SECONDS),
            "application_name": "prefect-on-windows",
            "sslmode": self.tls,
            "sslrootcert": self.authority,
        }
        return {key: value for key, value in given.items() if value is not None}

    @property
    def service_file(self) -> str:
        """For libpq on the host: arguments and variables would pass through Windows' code page."""
        lines = [f"{key}={value}" for key, value in self.parameters.items()]
        return "\n".join([f"[{SECTION}]", *lines, ""])

    @property
    def password_line(self) -> HiddenValue | None:
        """The line of libpq's password file, for whatever host it takes the address to be."""
        if self.secret is None:
            return None
        return HiddenValue("*:*:*:*:" + re.sub(r"([\\:])", r"\\\1", self.secret) + "\n")

    def _problems(self) -> Iterator[tuple[str, str]]:
        if not _is_address(self.address):
            yield "address", "no name and no IP address of a host"
        if not 1 <= self.port <= 65_535:
            yield "port", "no port"
        if self.seconds <= 0:
            yield "seconds", "no time to wait"
        for argument in ("user", "database", "authority"):
            text = getattr(self, argument) or ""
            if text != text.strip() or not text.isprintable():
                yield argument, "libpq's files cannot hold spaces at its ends, nor line ends"
        if self.secret is not None and re.search(r"[\r\n\x00]", self.secret):
            yield "password", "a line end is in it"


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return _HOST.fullmatch(text) is not None
    return True


def identifier(argument: str, name: str) -> str:
    """The name of a role, database or the like, which PostgreSQL would take as it is."""
    reason = None
    if not name:
        reason = "it is empty"
    elif "\x00" in name or any("\ud800" <= character <= "\udfff" for character in name):
        reason = "it has a character that no text may have"
    elif len(name.encode()) > LONGEST_NAME:
        reason = f"it is longer than {LONGEST_NAME} bytes"
    if reason:
        raise OperationValueError(
            messages.BAD_NAME.text(argument=argument, name=name, reason=reason)
        )
    return name


def compose(template: LiteralString, **values: Any) -> sql.Composed:
    """A statement: ``{name}`` stands for a value, or for what is given as a ``Composable``."""
    return sql.SQL(template).format(**{key: literal(value) for key, value in values.items()})


def literal(value: Any) -> sql.Composable:
    """A value in a statement; a control character in it would not get through psql as it is."""
    if isinstance(value, sql.Composable):
        return value
    if isinstance(value, str) and (not value.isprintable()) and "\x00" not in value:
        quoted = value.replace("\\", "\\\\").replace("'", "''")
        escaped = _CONTROL.sub(lambda found: f"\\x{ord(found[0]):02x}", quoted)
        return sql.SQL(f" E'{escaped}'")
    return sql.Literal(value)


def text(statement: Statement) -> str:
    """A statement as it is sent, without its last semicolon."""
    if isinstance(statement, sql.Composable):
        statement = statement.as_string(None)
    return statement.rstrip().removesuffix(";")


def bad_value(
    argument: str, reason: str, message: Message = messages.BAD_VALUE
) -> OperationValueError:
    return OperationValueError(message.text(argument=argument, reason=reason))
