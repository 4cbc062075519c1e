"""What a process makes belongs to its account."""

from __future__ import annotations

import threading
from collections.abc import Callable


class _Made(threading.local):
    path = ""


_made = _Made()
_owners: list[Callable[[str], None]] = []


def belongs(own: Callable[[str], None]) -> None:
    """Have a function told of everything that was made."""
    _owners.append(own)


def note(path: str) -> None:
    """It is about to be made, by this thread's next call."""
    _made.path = path


def settle() -> None:
    """The call has come back, and nothing went wrong."""
    path = _made.path
    if path:
        _made.path = ""
        for own in _owners:
            own(path)
