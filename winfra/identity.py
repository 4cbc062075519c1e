"""Accounts by name and SID, as operations need them: asked of the host only where it has to tell."""

from __future__ import annotations

from winfra.facts.accounts import Sids
from winfra.operation import read
from winfra.sid import known_sid


def resolve(account: str) -> str | None:
    """The SID of an account; ``None`` for one that does not exist yet."""
    return known_sid(account) or read(Sids, accounts=[account])[account]


def label(sid: str | None, name: str | None) -> str:
    """An account as people and programs know it: ``svc_prefect (S-1-5-…)``."""
    if sid is None:
        return f"{name} (not there yet)"
    if name is None or name == sid:
        return f"an account that is gone ({sid})"
    return f"{name} ({sid})"
