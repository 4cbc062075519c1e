"""What an operation would change, shown under ``--diff``: current and wanted side by side."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterator, Mapping
from typing import TypeAlias

from pyinfra import host, logger
from pyinfra.api.hiddenvalue import HiddenValue
from pyinfra.api.output import format_text

Side: TypeAlias = Mapping[str, object] | str | HiddenValue | None

# A line of the host's text could otherwise move the cursor or colour the terminal.
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_WIDEST = 48


def show(title: str, current: Side, desired: Side) -> None:
    """Print what is there and what is wanted, when pyinfra runs with ``--diff``.

    + title: the thing, such as ``service PrefectServer``
    + current: its properties, or its text; ``None`` where it does not exist
    + desired: the same as wanted; ``None`` where it is to go

    Of properties only those that differ are printed, of texts a unified diff; a ``HiddenValue``
    shows as changed and no more. Call it before the first ``yield``: a dry run stops there.
    """
    if not host.state.config.DIFF:
        return
    host.log(f"{_verb(current, desired)} {format_text(title, bold=True)}")
    for line in lines(current, desired):
        logger.info("  %s", line)


def say(sentence: str) -> None:
    """Print what will be done, under ``--diff``, where there is nothing to compare."""
    if host.state.config.DIFF:
        host.log(sentence)


def lines(current: Side, desired: Side) -> list[str]:
    """The lines of a difference, without its title."""
    if isinstance(current, HiddenValue) or isinstance(desired, HiddenValue):
        return ["content: not shown" if current is None else "content: changed, not shown"]
    if isinstance(current, Mapping) or isinstance(desired, Mapping):
        return list(_table(_properties(current), _properties(desired)))
    return list(_unified(current, desired))


def _verb(current: Side, desired: Side) -> str:
    if current is None:
        return "Will create"
    return "Will remove" if desired is None else "Will change"


def _properties(side: Side) -> Mapping[str, object]:
    return side if isinstance(side, Mapping) else {}


def _table(current: Mapping[str, object], desired: Mapping[str, object]) -> Iterator[str]:
    """One line a property that differs: its name, what is there, what is wanted."""
    names = [name for name in {**current, **desired} if _differs(name, current, desired)]
    if not names:
        return
    rows = [(name, *_cells(name, current, desired)) for name in names]
    name_width = max(len(name) for name, _, _ in rows)
    width = min(max(len(text) for _, text, _ in rows), _WIDEST)
    for name, before, after in rows:
        old, new = format_text(f"{before:<{width}}", "red"), format_text(after, "green")
        yield f"{name:<{name_width}}  {old}  ->  {new}"


def _differs(name: str, current: Mapping[str, object], desired: Mapping[str, object]) -> bool:
    return _bare(current.get(name)) != _bare(desired.get(name))


def _bare(value: object) -> object:
    return value.unmask() if isinstance(value, HiddenValue) else value


def _cells(name: str, current: Mapping[str, object], desired: Mapping[str, object]) -> list[str]:
    sides = (current.get(name), desired.get(name))
    if any(isinstance(side, HiddenValue) for side in sides):
        return ["(secret)", "(changed)"]
    return [_cell(side) for side in sides]


def _cell(value: object) -> str:
    """A value on one line; what is absent is a dash, what is empty shows that it is there."""
    if value is None:
        return "-"
    if isinstance(value, str):
        return _printable(value).replace("\n", "\\n") or '""'
    if isinstance(value, (list, tuple, set, frozenset)):
        items = sorted(value, key=str) if isinstance(value, (set, frozenset)) else value
        return ", ".join(_cell(item) for item in items) or "(none)"
    if isinstance(value, Mapping):
        return _printable(json.dumps(_plain(value), ensure_ascii=False))
    if isinstance(value, bytes):
        return value.hex(" ") or "(none)"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return _printable(str(value))


def _plain(value: object) -> object:
    """A nested value for JSON, secrets masked."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return value if isinstance(value, (bool, int, float, str, type(None))) else str(value)


def _unified(current: object, desired: object) -> Iterator[str]:
    before, after = _text_lines(current), _text_lines(desired)
    if before == after:
        if current != desired:
            yield f"line ends or encoding: {_ends(current)}  ->  {_ends(desired)}"
        return
    for line in list(difflib.unified_diff(before, after, n=3, lineterm=""))[2:]:
        colour = {"+": "green", "-": "red", "@": "cyan"}.get(line[0])
        shown = _printable(line)
        yield format_text(shown, colour) if colour else shown
    if _ends(current) != _ends(desired) and current and desired:
        yield f"line ends: {_ends(current)}  ->  {_ends(desired)}"


def _text_lines(text: object) -> list[str]:
    if not isinstance(text, str) or not text:
        return []
    found = re.split(r"\r\n|\r|\n", text.lstrip("\ufeff"))
    return found if found[-1] else found[:-1]


def _ends(text: object) -> str:
    """The way a text ends its lines, as a word."""
    if not isinstance(text, str):
        return "none"
    kinds = {"\r\n": "CRLF", "\n": "LF", "\r": "CR"}
    found = {kinds[end] for end in re.findall(r"\r\n|\r|\n", text)}
    mark = ["byte order mark"] if text.startswith("\ufeff") else []
    last = ["none after the last line"] if not text.endswith(("\r", "\n")) else []
    return ", ".join([*sorted(found), *mark, *last])


def _printable(text: str) -> str:
    return _UNPRINTABLE.sub(lambda found: f"\\x{ord(found[0]):02x}", text)
