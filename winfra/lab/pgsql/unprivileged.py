"""A program of Linux as a user whom PostgreSQL does not refuse: ``unprivileged PROGRAM ARGUMENT …``."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import NoReturn

from winfra.lab.bare import LIGHT
from winfra.lab.pgsql import real


def command(given: Sequence[str]) -> list[str]:
    """The command line that does it."""
    if real.user() is None:
        return [*given]
    return [sys.executable, "-ISX", "utf8", str(LIGHT), __name__, *given]


def main(argv: Sequence[str]) -> NoReturn:
    real.become_unprivileged()
    os.execv(argv[0], [*argv])
