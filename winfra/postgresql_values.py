"""Values of PostgreSQL's settings, read as PostgreSQL reads them ("Setting Parameters", guc.c)."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

_MEMORY = {"TB": 1024**4, "GB": 1024**3, "MB": 1024**2, "kB": 1024, "B": 1}
_TIME = {"d": 86_400_000.0, "h": 3_600_000.0, "min": 60_000.0, "s": 1000.0, "ms": 1.0, "us": 0.001}
_BASE = re.compile(r"(\d*)([A-Za-z]+)")
# strtol takes a leading zero for an octal number, unless a fraction follows; strtod does not.
_INTEGER = re.compile(
    r"\s*([+-]?(?:0[xX][0-9a-fA-F]+|0[0-7]*|[1-9]\d*))(?![\d.eE])\s*([A-Za-z]*)\s*"
)
_REAL = re.compile(
    r"\s*([+-]?(?:0[xX][0-9a-fA-F]+|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?))\s*([A-Za-z]*)\s*"
)
_FRACTION = re.compile(r"\s*[+-]?\d*[.eE]")
_LARGEST_INTEGER = 2**31 - 1
_TRUE, _FALSE = ("true", "yes"), ("false", "no")


class ValueRefusedError(ValueError):
    """A value that PostgreSQL would not take; the text says why."""


def number(text: str, unit: str | None, *, whole: bool) -> float:
    """A number in the setting's own unit, such as 262144 for ``2GB`` in units of ``8kB``."""
    whole_text = whole and not _FRACTION.match(text)
    found = (_INTEGER if whole_text else _REAL).fullmatch(text)
    if found is None:
        raise ValueRefusedError(f"{text!r} is no number")
    digits, given = found.groups()
    value = _integer(digits) if whole_text or "x" in digits.lower() else float(digits)
    if given:
        value = _converted(value, given, unit)
    return _rounded(value) if whole else value


def same(info: Mapping[str, Any], first: str, second: str) -> bool:
    """Whether two texts mean the same value of a setting (a row of ``pg_settings``)."""
    if first == second:
        return True
    try:
        one, other = (_meaning(info, text) for text in (first, second))
    except ValueRefusedError:
        return False
    if isinstance(one, float) and isinstance(other, float):
        # pg_settings shows six digits of a real.
        return math.isclose(one, other, rel_tol=0 if info["vartype"] == "integer" else 1e-5)
    return one == other


def check(info: Mapping[str, Any], text: str) -> None:
    """Raise ``ValueRefusedError`` for what the setting surely does not take."""
    if info["context"] == "internal":
        raise ValueRefusedError("it can only be read")
    meaning = _meaning(info, text)
    if isinstance(meaning, float):
        low, high = float(info["min_val"]), float(info["max_val"])
        if not low <= meaning <= high:
            unit = f" {info['unit']}" if info["unit"] else ""
            span = f"{info['min_val']} to {info['max_val']}{unit}"
            raise ValueRefusedError(f"{text!r} is not in its range, {span}")
    allowed = [value.lower() for value in info["enumvals"] or []]
    if allowed and meaning not in allowed and not isinstance(meaning, bool):
        raise ValueRefusedError(f"{text!r} is none of {', '.join(info['enumvals'])}")


def _meaning(info: Mapping[str, Any], text: str) -> float | bool | str:
    kind = info["vartype"]
    if kind in {"integer", "real"}:
        return number(text, info["unit"], whole=kind == "integer")
    if kind == "bool":
        return _truth(text)
    if kind == "enum":
        try:
            # Of those that have on and off, most take the other words for them too.
            return _truth(text) if "on" in info["enumvals"] else text.lower()
        except ValueRefusedError:
            return text.lower()
    return text


def _truth(text: str) -> bool:
    """parse_bool: any beginning of a word that only one of them has."""
    word = text.strip().lower()
    if word in {"on", "1"} or (word and any(one.startswith(word) for one in _TRUE)):
        return True
    if word in {"of", "off", "0"} or (word and any(one.startswith(word) for one in _FALSE)):
        return False
    raise ValueRefusedError(f"{text!r} is neither on nor off")


def _integer(digits: str) -> float:
    bare = digits.lstrip("+-").lower()
    base = 16 if bare.startswith("0x") else 8 if bare.startswith("0") else 10
    return float(int(digits, base))


def _converted(value: float, given: str, unit: str | None) -> float:
    base = _BASE.fullmatch(unit or "")
    if base is None:
        raise ValueRefusedError(f"{given} is a unit, and this setting has none")
    units: dict[str, float] = dict(_MEMORY) if base[2] in _MEMORY else dict(_TIME)
    if given not in units:
        raise ValueRefusedError(f"{given!r} is none of the units {', '.join(units)}")
    size = int(base[1] or 1) * units[base[2]]
    converted = value * units[given] / size
    # A fraction is rounded to a multiple of the next smaller unit.
    smaller = list(units)[list(units).index(given) + 1 :]
    if smaller:
        step = units[smaller[0]] / size
        converted = round(converted / step) * step
    return converted


def _rounded(value: float) -> float:
    whole = float(round(value))
    if abs(whole) > _LARGEST_INTEGER:
        raise ValueRefusedError(f"{value:g} is more than an integer holds")
    return whole
