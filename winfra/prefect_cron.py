"""What is wrong with a cron expression, by the rules of croniter, with which Prefect reads it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_ALIASES = {"@midnight", "@hourly", "@daily", "@weekly", "@monthly", "@yearly", "@annually"}
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_LEAST, _MOST = 5, 7


@dataclass(frozen=True)
class _Field:
    """One of an expression; ``special`` are forms that only it takes."""

    name: str
    lowest: int
    highest: int
    names: tuple[str, ...] = ()
    special: str = "(?!)"


_FIELDS = (
    _Field("minute", 0, 59),
    _Field("hour", 0, 23),
    _Field("day of the month", 1, 31, ("l",), r"\?"),
    _Field("month", 1, 12, _MONTHS),
    # The third Friday, the last one.
    _Field("day of the week", 0, 7, _DAYS, rf"\?|(\d|{'|'.join(_DAYS)})#[1-5]|l[0-7]"),
    _Field("second", 0, 59),
    _Field("year", 1970, 2099),
)


def wrong_cron(expression: str) -> str | None:
    """The reason, or ``None``; the server may find more."""
    text = expression.lower()
    if text in _ALIASES:
        return None
    given = text.split()
    if not _LEAST <= len(given) <= _MOST:
        names = ", ".join(field.name for field in _FIELDS[:_LEAST])
        return f"it has {len(given)} fields instead of {_LEAST}: {names}"
    wrong = (reason for pair in zip(_FIELDS, given, strict=False) for reason in _wrong(*pair))
    return next(wrong, None)


def _wrong(field: _Field, text: str) -> Iterator[str]:
    for part in text.split(","):
        if re.fullmatch(field.special, part):
            continue
        span, slash, step = part.partition("/")
        if slash and not re.fullmatch(r"0*[1-9]\d*", step):
            yield f"{step or 'nothing'} is no step in {part}"
        low, dash, high = span.partition("-")
        for value in [low, high] if dash else [low]:
            if not (_is(field, value) or (value == "*" and not dash)):
                words = f" or {field.names[0]} to {field.names[-1]}" if len(field.names) > 1 else ""
                yield (
                    f"{value or 'nothing'} is no {field.name}, "
                    f"which is {field.lowest} to {field.highest}{words}"
                )


def _is(field: _Field, value: str) -> bool:
    if value in field.names:
        return True
    return value.isdecimal() and field.lowest <= int(value) <= field.highest
