"""Options of PostgreSQL's programs, as far as the lab reads them itself."""

from __future__ import annotations

from collections.abc import Sequence

SHORT = {"encoding": "-E", "pgdata": "-D"}


def value_of(given: Sequence[str], name: str) -> str:
    """The value of ``--NAME=VALUE``, ``--NAME VALUE``, ``-N VALUE`` or ``-NVALUE``; the last counts."""
    short, found = SHORT.get(name, "\0"), ""
    for position, argument in enumerate(given):
        following = given[position + 1] if position + 1 < len(given) else ""
        if argument in {f"--{name}", short}:
            found = following
        elif argument.startswith(f"--{name}="):
            found = argument.partition("=")[2]
        elif argument.startswith(short):
            found = argument.removeprefix(short)
    return found
