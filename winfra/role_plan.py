"""What has to be done about a role, decided from what is there and what is wanted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from psycopg.sql import SQL, Composable, Identifier
from pyinfra.api import OperationValueError
from pyinfra.api.hiddenvalue import HiddenValue

from winfra import scram
from winfra.facts.postgresql import RoleInfo
from winfra.messages import postgresql as messages
from winfra.sql import Connection, bad_value, compose, identifier

_WORDS = {
    "login": "LOGIN",
    "superuser": "SUPERUSER",
    "inherit": "INHERIT",
    "createdb": "CREATEDB",
    "createrole": "CREATEROLE",
    "replication": "REPLICATION",
    "bypassrls": "BYPASSRLS",
}
NEVER = "infinity"


def check_name(role: str) -> None:
    """PostgreSQL keeps some names for itself ("CREATE ROLE", "Predefined roles")."""
    identifier("role", role)
    if role.startswith("pg_") or role in {"public", "none"}:
        reason = "PostgreSQL keeps it for itself"
        raise OperationValueError(messages.BAD_NAME.text(argument="role", name=role, reason=reason))


def password(role: str, given: str | HiddenValue | None) -> HiddenValue | None:
    """The password, refused where programs would differ in what they make of it."""
    if given is None:
        return None
    secret = given if isinstance(given, HiddenValue) else HiddenValue(given)
    try:
        scram.prepared(secret.unmask())
    except scram.PasswordError as error:
        text = messages.PASSWORD_REFUSED.text(role=role, reason=error)
        raise OperationValueError(text) from None
    return secret


def wanted(
    *, connection_limit: int | None, valid_until: datetime | str | None, **flags: bool | None
) -> dict[str, Any]:
    """The attributes that are given, checked."""
    found: dict[str, Any] = {key: value for key, value in flags.items() if value is not None}
    if connection_limit is not None:
        found["connection_limit"] = limit(connection_limit)
    if isinstance(valid_until, datetime) and valid_until.tzinfo is None:
        raise bad_value("valid_until", f"{valid_until} has no time zone")
    if isinstance(valid_until, str) and valid_until != NEVER:
        raise bad_value("valid_until", f"{valid_until!r} is neither a datetime nor {NEVER!r}")
    if valid_until is not None:
        found["valid_until"] = valid_until
    return found


def limit(connections: int) -> int:
    if connections < -1:
        raise bad_value("connection_limit", f"{connections} is no number of connections")
    return connections


def change(found: RoleInfo | None, wanted: Mapping[str, Any]) -> dict[str, Any]:
    """The attributes that differ."""
    if found is None:
        return dict(wanted)
    current = _current(found)
    return {key: value for key, value in wanted.items() if current[key] != value}


def before(found: RoleInfo | None, change: Mapping[str, Any]) -> dict[str, Any] | None:
    """What is there of what changes."""
    if found is None:
        return None
    current = {**_current(found), "password": HiddenValue("")}
    return {key: current[key] for key in change}


def is_password(kept: HiddenValue | None, secret: HiddenValue) -> bool:
    return scram.matches(kept.unmask() if kept else None, secret.unmask())


def as_role(connection: Connection, role: str, secret: HiddenValue) -> Connection:
    return replace(connection, user=role, password=secret)


def statement(
    role: str, found: RoleInfo | None, change: Mapping[str, Any]
) -> tuple[Composable, list[str]]:
    """CREATE or ALTER ROLE, and what in it nothing may show."""
    verb = SQL("CREATE ROLE " if found is None else "ALTER ROLE ")
    parts: list[Composable] = [verb + Identifier(role)]
    parts += [
        SQL(word if change[key] else f"NO{word}") for key, word in _WORDS.items() if key in change
    ]
    if "connection_limit" in change:
        parts.append(compose("CONNECTION LIMIT {limit}", limit=change["connection_limit"]))
    if "valid_until" in change:
        parts.append(compose("VALID UNTIL {time}", time=str(change["valid_until"])))
    hidden = []
    if "password" in change:
        hidden = [scram.verifier(change["password"].unmask())]
        parts.append(compose("PASSWORD {verifier}", verifier=hidden[0]))
    return SQL(" ").join(parts), hidden


def _current(found: RoleInfo) -> dict[str, Any]:
    time = found["valid_until"]
    return {**found, "valid_until": datetime.fromisoformat(time) if time else NEVER}
