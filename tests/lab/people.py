"""Accounts of a machine under test: who asks, and state changed by hand."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from tests.lab.runs import POWERSHELL, Run, encoded, run
from winfra.lab import accounts, token
from winfra.lab.accounts import Accounts, User
from winfra.lab.sam import RefusedError, Sam
from winfra.lab.state import Lab

PASSWORD = "Tr0ub4dor&3"


def sam(lab: Lab, user: str = "deploy") -> Sam:
    """The accounts as a user may change them."""
    return Sam(lab.folder, token.of_process(lab.folder, {"USERNAME": user}))


def new_user(lab: Lab, name: str = "svc_prefect", **settings: str) -> User:
    """An account whose password does not expire."""
    return sam(lab).create(name, PASSWORD, {"password_expires": "false", **settings})


def stored(lab: Lab, kind: str, name: str) -> dict[str, Any]:
    """A user or a group as it stands in ``accounts.json``."""
    entries = lab.read_state("accounts")[kind]
    return next(one for one in entries if name in {one["name"], one["sid"]})


def edit(lab: Lab, change: Callable[[Accounts], object]) -> None:
    with accounts.changing(lab.folder) as known:
        change(known)


def refusal(action: Callable[[], object]) -> tuple[str, int]:
    """The kind and code with which something is refused."""
    try:
        action()
    except RefusedError as error:
        return error.kind, error.code
    return "", 0


def powershell(lab: Lab, text: str, **options: Any) -> Run:
    """Run a script in strict mode, errors as text."""
    start = "Set-StrictMode -Version 3.0\n"
    line = f"{POWERSHELL} -OutputFormat Text -EncodedCommand {encoded(start + text)}"
    return run(lab, line, **options)


def answers(lab: Lab, text: str, **options: Any) -> dict[str, Any]:
    """The hashtable that a script makes, through JSON."""
    result = powershell(lab, f"ConvertTo-Json -Depth 4 -InputObject (& {{ {text} }})", **options)
    assert not result.errors, result.errors
    value: dict[str, Any] = json.loads(result.output)
    return value
