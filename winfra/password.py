"""Whether a local account's password is the wanted one, asked at most once a run."""

from __future__ import annotations

import hashlib
from typing import cast

from pyinfra.api.hiddenvalue import HiddenValue
from pyinfra.context import host

from winfra.facts.accounts import Password, PasswordState
from winfra.operation import read

_KEPT = "winfra_passwords"


def state(user: str, password: HiddenValue) -> PasswordState:
    """What one attempt to log on has shown; a second one could lock the account."""
    kept = host.connector_data.setdefault(_KEPT, {})
    key = _key(user, password)
    if key not in kept:
        kept[key] = read(Password, user=user, password=password)
    return cast(PasswordState, kept[key])


def remember(user: str, password: HiddenValue) -> None:
    """The password has been set: nothing has to be tried."""
    host.connector_data.setdefault(_KEPT, {})[_key(user, password)] = "matches"


def _key(user: str, password: HiddenValue) -> tuple[str, str]:
    return user.lower(), hashlib.sha256(password.unmask().encode()).hexdigest()
