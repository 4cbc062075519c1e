"""Standard input of a simulated program: the console of its shell, or redirected."""

from __future__ import annotations

import os


def is_redirected() -> bool:
    """Is it a pipe or file? The console of a WinRS shell is a pipe that the machine has marked."""
    try:
        status = os.fstat(0)
    except OSError:
        return False
    return str(status.st_ino) != os.environ.get("WINFRA_LAB_CONSOLE") and not os.isatty(0)
