"""Rules of pg_hba.conf: who may log in to what from where, and how; a block of them in the file."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from pyinfra.api import OperationValueError

from winfra.facts.postgresql import AccessRule
from winfra.messages import postgresql_configuration as messages
from winfra.sql import Connection

Kind = Literal["host", "hostssl", "hostnossl", "hostgssenc", "hostnogssenc"]
Method = Literal["scram-sha-256", "sspi", "cert", "ldap", "radius", "gss", "reject", "trust", "md5"]
LOOPBACK = ("127.0.0.1/32", "::1/128")
"""``localhost`` may mean either of them, often the second first."""
BEGIN = (
    "# BEGIN prefect-on-windows (postgresql.access_rules): its next run undoes what is changed here"
)
END = "# END prefect-on-windows"
_KINDS = ("host", "hostssl", "hostnossl", "hostgssenc", "hostnogssenc")
_METHODS = ("scram-sha-256", "sspi", "cert", "ldap", "radius", "gss", "reject", "trust", "md5")
_ADDRESSES = {"all", "samehost", "samenet"}
_HOST = re.compile(r"\.?[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?")
_ENCRYPTED = {"require", "verify-ca", "verify-full"}
_LONGEST = 255
_BLOCK = re.compile(
    r"^# BEGIN prefect-on-windows\b.*?^# END prefect-on-windows[^\n]*\n?", re.MULTILINE | re.DOTALL
)
_RULE = re.compile(r"[ \t]*[^\s#]")


@dataclass(frozen=True)
class Rule:
    """
    Who may log in:

    + database: a name, or several; ``None`` for all
    + user: the name of a role, or several; ``None`` for all
    + address: a network such as ``10.1.2.0/24``, one address, a host name, ``samehost``, ``samenet``
      or ``all``
    + method: how they prove who they are
    + kind: ``host``; ``hostssl`` for TLS alone
    + options: of the method, such as ``{"map": "admins"}``
    """

    database: str | Sequence[str] | None
    user: str | Sequence[str] | None
    address: str
    method: Method = "scram-sha-256"
    kind: Kind = "host"
    options: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        for reason in self._problems():
            raise OperationValueError(messages.BAD_RULE.text(rule=repr(self), reason=reason))

    @property
    def databases(self) -> tuple[str, ...] | None:
        return _names(self.database)

    @property
    def users(self) -> tuple[str, ...] | None:
        return _names(self.user)

    @property
    def line(self) -> str:
        """As it stands in pg_hba.conf."""
        fields = [
            self.kind,
            _field(self.databases),
            _field(self.users),
            _address(self.address),
            self.method,
            *(f"{name}={_quoted(value)}" for name, value in self.options),
        ]
        return "  ".join(fields)

    def lets_in(self, connection: Connection, address: str) -> bool | None:
        """Whether it surely decides about a connection from an address; ``None`` where it does not."""
        kinds = {"host", "hostssl"} if connection.tls in _ENCRYPTED else {"host"}
        if self.kind not in kinds or _network(self.address, address) is not True:
            return None
        if self.databases is not None and connection.database not in self.databases:
            return None
        if self.users is not None and connection.user not in self.users:
            return None
        return self.method != "reject"

    def _problems(self) -> Iterator[str]:
        if self.kind not in _KINDS:
            yield f"{self.kind!r} is none of {', '.join(_KINDS)}"
        if self.method not in _METHODS:
            yield f"{self.method!r} is none of {', '.join(_METHODS)}"
        for what, names in (("database", self.databases), ("user", self.users)):
            if names == ():
                yield f"{what} is empty"
            for name in names or ():
                if reason := _name_problem(name):
                    yield f"{what}: {name!r} {reason}"
        if not _is_address(self.address):
            yield f"address: {self.address!r} is no address, network or name of a host"
        for name, value in self.options:
            if not re.fullmatch(r"[a-z_]+", name) or (value and _name_problem(value)):
                yield f"options: {name}={value!r} cannot stand in the file"


def loopback(database: str | Sequence[str] | None, user: str | Sequence[str] | None) -> list[Rule]:
    """Rules for both loopback addresses, by SCRAM."""
    return [Rule(database, user, address) for address in LOOPBACK]


def with_block(content: bytes, rules: Sequence[Rule], *, exact: bool) -> bytes:
    """The file with the block at its top: the first rule that fits counts.

    + exact: without any other rule; comments stay
    """
    text = content.decode("utf-8", "surrogateescape").removeprefix("\ufeff")
    ends = "\r\n" if "\r\n" in text else "\n"
    rest = _BLOCK.sub("", text)
    if exact:
        rest = "".join(line for line in _logical_lines(rest) if not _RULE.match(line))
    block = ends.join([BEGIN, *(rule.line for rule in rules), END, ""])
    return (block + rest).encode("utf-8", "surrogateescape")


def errors(on_disk: Sequence[AccessRule]) -> Iterator[str]:
    for rule in on_disk:
        if rule["error"]:
            yield f"line {rule['line_number']}: {rule['error']}"


def outside(content: bytes, on_disk: Sequence[AccessRule]) -> list[AccessRule]:
    """The rules of the file that are not of the block."""
    text = content.decode("utf-8", "surrogateescape")
    block = _BLOCK.search(text)
    first = text.count("\n", 0, block.start()) + 1 if block else 0
    last = first + block[0].count("\n") if block else 0
    return [rule for rule in on_disk if not first <= rule["line_number"] < last]


def keeps(
    rules: Sequence[Rule], others: Sequence[AccessRule], connection: Connection, address: str
) -> bool:
    """Whether the connection's user can still log in from an address, as far as the rules tell."""
    for rule in rules:
        decided = rule.lets_in(connection, address)
        if decided is not None:
            return decided
    return any(_may(rule, connection) for rule in others)


def _may(rule: AccessRule, connection: Connection) -> bool:
    databases, users = rule["database"] or [], rule["user_name"] or []
    return (
        rule["error"] is None
        and rule["auth_method"] != "reject"
        and bool({"all", connection.database} & set(databases))
        and any(user in {"all", connection.user} or user.startswith("+") for user in users)
    )


def _names(given: str | Sequence[str] | None) -> tuple[str, ...] | None:
    if given is None:
        return None
    return (given,) if isinstance(given, str) else tuple(given)


def _name_problem(name: str) -> str | None:
    if not name:
        return "is empty"
    if any(character in name for character in "\r\n\x00"):
        return "has a line end"
    if name.startswith("/"):
        return "begins with a slash, which makes a regular expression of it"
    return "is too long" if len(name.encode()) > _LONGEST else None


def _field(names: tuple[str, ...] | None) -> str:
    return "all" if names is None else ",".join(_quoted(name) for name in names)


def _quoted(name: str) -> str:
    """In quotes a name is nothing but a name: no keyword, no group, no file."""
    return '"' + name.replace('"', '""') + '"'


def _is_address(address: str) -> bool:
    return (
        address in _ADDRESSES
        or _parsed(address) is not None
        or ("/" not in address and _HOST.fullmatch(address) is not None)
    )


def _parsed(address: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    try:
        return ipaddress.ip_network(address, strict=False)
    except ValueError:
        return None


def _address(address: str) -> str:
    """One address needs its mask in the file."""
    if "/" not in address and (network := _parsed(address)) is not None:
        return str(network)
    return address


def _network(network: str, address: str) -> bool | None:
    """Whether an address is in a network; ``None`` where only the server can tell."""
    if network == "all":
        return True
    found = _parsed(network)
    try:
        return ipaddress.ip_address(address) in found if found else None
    except ValueError:
        return None


def _logical_lines(text: str) -> Iterator[str]:
    """Lines; one that ends with a backslash goes on in the next."""
    whole = ""
    for line in re.findall(r"[^\n]*\n|[^\n]+", text):
        whole += line
        if not line.rstrip("\r\n").endswith("\\"):
            yield whole
            whole = ""
    yield whole
