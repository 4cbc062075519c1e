"""What has to be done about a database, decided from what is there and what is wanted."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from psycopg.sql import SQL, Composable, Identifier

from winfra.facts.postgresql import DatabaseInfo
from winfra.role_plan import limit
from winfra.sql import bad_value, compose, identifier

FIXED = ("encoding", "locale", "icu_locale")
"""Decided when a database is made."""
_ENCODINGS = {"unicode": "utf8"}


def wanted(
    *, owner: str | None, connection_limit: int | None, public: bool | None, **fixed: str | None
) -> dict[str, Any]:
    """The properties that are given, checked."""
    found: dict[str, Any] = {key: value for key, value in fixed.items() if value is not None}
    if empty := [key for key, value in found.items() if not value.strip()]:
        raise bad_value(empty[0], "it is empty")
    if owner is not None:
        found["owner"] = identifier("owner", owner)
    if connection_limit is not None:
        found["connection_limit"] = limit(connection_limit)
    if public is not None:
        found["public"] = public
    return found


def drift(found: DatabaseInfo | None, wanted: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """What differs and cannot be changed: its name, what is there, what is wanted."""
    if found is None:
        return
    if "encoding" in wanted and _encoding(found["encoding"]) != _encoding(wanted["encoding"]):
        yield "the encoding", found["encoding"], wanted["encoding"]
    for kind, key in (("collation", "lc_collate"), ("character classes of", "lc_ctype")):
        current = str(dict(found)[key])
        if "locale" in wanted and _locale(current) != _locale(wanted["locale"]):
            yield kind, current, wanted["locale"]
    current = found["icu_locale"] or ""
    if "icu_locale" in wanted and _locale(current) != _locale(wanted["icu_locale"]):
        yield "the ICU locale", current or "(none)", wanted["icu_locale"]


def change(found: DatabaseInfo | None, wanted: Mapping[str, Any]) -> dict[str, Any]:
    """The properties that are set."""
    if found is None:
        return dict(wanted)
    return {
        key: value
        for key, value in wanted.items()
        if key not in FIXED and dict(found)[key] != value
    }


def statements(
    database: str, found: DatabaseInfo | None, change: Mapping[str, Any], template: str | None
) -> list[Composable]:
    name = Identifier(database)
    done: list[Composable] = []
    if found is None:
        done.append(_create(name, change, template))
    else:
        if "owner" in change:
            owner = Identifier(change["owner"])
            done.append(compose("ALTER DATABASE {name} OWNER TO {owner}", name=name, owner=owner))
        if "connection_limit" in change:
            limit = change["connection_limit"]
            text = "ALTER DATABASE {name} CONNECTION LIMIT {limit}"
            done.append(compose(text, name=name, limit=limit))
    if change.get("public") is False:
        done.append(compose("REVOKE CONNECT, TEMPORARY ON DATABASE {name} FROM PUBLIC", name=name))
    elif found is not None and "public" in change:
        done.append(compose("GRANT CONNECT, TEMPORARY ON DATABASE {name} TO PUBLIC", name=name))
    return done


def _create(name: Identifier, given: Mapping[str, Any], template: str | None) -> Composable:
    # template1 may hold text in its own encoding: only template0 is copied into another.
    if template is None and any(key in given for key in FIXED):
        template = "template0"
    options = {
        "OWNER": Identifier(given["owner"]) if "owner" in given else None,
        "TEMPLATE": Identifier(template) if template else None,
        "ENCODING": given.get("encoding"),
        "LOCALE": given.get("locale"),
        "LOCALE_PROVIDER": SQL("icu") if "icu_locale" in given else None,
        "ICU_LOCALE": given.get("icu_locale"),
        "CONNECTION LIMIT": given.get("connection_limit"),
    }
    parts = [
        SQL(option + " ") + compose("{value}", value=value)
        for option, value in options.items()
        if value is not None
    ]
    return SQL(" ").join([SQL("CREATE DATABASE ") + name, *parts])


def _encoding(name: str) -> str:
    """As pg_char_to_encoding compares: letters and digits alone, in lower case."""
    bare = re.sub(r"[^a-z0-9]", "", name.lower())
    return _ENCODINGS.get(bare, bare)


def _locale(name: str) -> str:
    return name.lower().replace("utf-8", "utf8")
