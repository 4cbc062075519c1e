"""whoami.exe: the account of this process, its groups and privileges, as a network logon has them."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from winfra.lab import accounts, console, resolve, rights, token
from winfra.lab.resolve import Names
from winfra.lab.token import Token
from winfra.lab.well_known import ADMINISTRATORS, Kind

ENABLED = "Mandatory group, Enabled by default, Enabled group"
DENY_ONLY = "Group used for deny only"
SECTIONS = ("/user", "/groups", "/priv")

TYPES: dict[Kind, str] = {"alias": "Alias", "label": "Label", "well-known": "Well-known group"}


@dataclass(frozen=True)
class Section:
    title: str
    columns: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]


def main(argv: list[str]) -> int:
    words = [word.lower() for word in argv]
    form = words[words.index("/fo") + 1] if "/fo" in words[:-1] else "table"
    asked = SECTIONS if "/all" in words else tuple(word for word in words if word in SECTIONS)
    known = {*SECTIONS, "/all", "/fo", "/nh", "/upn", form}
    wrong = next((word for word in words if word not in known), None)
    if wrong is not None or form not in {"table", "list", "csv"}:
        console.complain(
            f"ERROR: Invalid argument/option - '{wrong or form}'.\nType \"WHOAMI /?\" for usage.\n"
        )
        return 1
    if not asked:
        console.write(f"{_account()}\n")
        return 0
    for name in asked:
        console.write(_FORMS[form](_section(name), "/nh" not in words))
    return 0


def _account() -> str:
    known = accounts.read(console.lab())
    return token.name(known, token.of_process(console.lab())).lower()


def _section(name: str) -> Section:
    own = token.of_process(console.lab())
    if name == "/user":
        return Section("USER INFORMATION", ("User Name", "SID"), [(_account(), own.sid)])
    if name == "/groups":
        columns = ("Group Name", "Type", "SID", "Attributes")
        return Section("GROUP INFORMATION", columns, list(_groups(own)))
    return Section(
        "PRIVILEGES INFORMATION",
        ("Privilege Name", "Description", "State"),
        [(privilege, rights.RIGHTS[privilege][0], "Enabled") for privilege in own.privileges],
    )


def _groups(own: Token) -> Iterator[tuple[str, ...]]:
    known = resolve.names(console.lab())
    for sid in (*own.groups, *own.deny_only):
        attributes = DENY_ONLY if sid in own.deny_only else ENABLED
        if sid == ADMINISTRATORS and sid in own.groups:
            attributes += ", Group owner"
        yield *_named(known, sid), attributes
    yield *_named(known, token.label(own)), ""


def _named(known: Names, sid: str) -> tuple[str, str, str]:
    found = known.find_sid(sid)
    if found is None:
        return "", "Unknown SID type", sid
    return found.full_name, TYPES.get(found.kind, "Group"), sid


def _table(section: Section, header: bool) -> str:
    rows = [section.columns, *section.rows]
    widths = [max(len(row[n]) for row in rows) for n in range(len(section.columns))]

    def line(cells: Sequence[str]) -> str:
        return " ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)) + "\n"

    head = line(section.columns) + line(["=" * width for width in widths]) if header else ""
    underlined = f"\n{section.title}\n{'-' * len(section.title)}\n\n"
    return underlined + head + "".join(line(row) for row in section.rows)


def _list(section: Section, header: bool) -> str:
    width = max(len(name) for name in section.columns) + 1
    pairs = (zip(section.columns, row, strict=True) for row in section.rows)
    entries = ("".join(f"{(name + ':').ljust(width)} {cell}\n" for name, cell in p) for p in pairs)
    return f"\n{section.title}\n{'-' * len(section.title)}\n\n" + "\n".join(entries)


def _csv(section: Section, header: bool) -> str:
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writerows([section.columns, *section.rows] if header else section.rows)
    return text.getvalue()


_FORMS = {"table": _table, "list": _list, "csv": _csv}
