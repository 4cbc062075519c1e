"""The token of a process: the SIDs that Windows compares, and the privileges that follow."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, TypeAlias

from winfra.lab import accounts, rights, well_known
from winfra.lab.accounts import Accounts
from winfra.lab.resolve import Names
from winfra.lab.well_known import ADMINISTRATORS, SYSTEM

Logon: TypeAlias = Literal["network", "service", "interactive", "batch"]

RIGHT_TO: dict[Logon, str] = {
    "network": "SeNetworkLogonRight",
    "service": "SeServiceLogonRight",
    "interactive": "SeInteractiveLogonRight",
    "batch": "SeBatchLogonRight",
}
ANONYMOUS = "S-1-5-7"
ACCOUNT_VARIABLE = "WINFRA_LAB_ACCOUNT"
"""Holds the SID that a process runs as, where that is not the user that logged on to the wire."""
LOGON_VARIABLE = "WINFRA_LAB_LOGON"
"""Holds how it logged on, where not over the network."""
GROUPS_VARIABLE = "WINFRA_LAB_GROUPS"
"""Holds further SIDs of its token, such as its service's own, with ``;`` between them."""
PRIVILEGES_VARIABLE = "WINFRA_LAB_PRIVILEGES"
"""Holds the privileges that its service requires, with ``;`` between them; others are taken away."""
_LOGON_SID: dict[Logon, str] = {
    "network": "S-1-5-2",
    "service": "S-1-5-6",
    "interactive": "S-1-5-4",
    "batch": "S-1-5-3",
}
_SERVICE_ACCOUNTS = {SYSTEM, well_known.LOCAL_SERVICE, well_known.NETWORK_SERVICE}
_KEPT_BY_FILTER = {
    "SeChangeNotifyPrivilege",
    "SeIncreaseWorkingSetPrivilege",
    "SeShutdownPrivilege",
    "SeTimeZonePrivilege",
    "SeUndockPrivilege",
}


@dataclass(frozen=True)
class Token:
    """Who a process is.

    + groups: SIDs that grant
    + deny_only: SIDs that remote UAC leaves only to be refused by
    """

    sid: str
    groups: tuple[str, ...]
    deny_only: tuple[str, ...]
    privileges: tuple[str, ...]

    @property
    def sids(self) -> tuple[str, ...]:
        return (self.sid, *self.groups)

    @property
    def elevated(self) -> bool:
        """Is this an administrator with a full token, or the system itself?"""
        return ADMINISTRATORS in self.groups or self.sid == SYSTEM


def of_process(lab: Path, environment: Mapping[str, str] = os.environ) -> Token:
    """The token of a process of the lab, by its environment."""
    known = accounts.read(lab)
    sid = environment.get(ACCOUNT_VARIABLE)
    if sid is None:
        user = known.user(environment["USERNAME"])
        sid = ANONYMOUS if user is None else user.sid
    logon = _logon(environment.get(LOGON_VARIABLE, ""))
    more = tuple(one for one in environment.get(GROUPS_VARIABLE, "").split(";") if one)
    found = make(known, sid, logon, more)
    required = environment.get(PRIVILEGES_VARIABLE)
    if required is None:
        return found
    kept = {*required.split(";"), "SeChangeNotifyPrivilege"}
    return replace(found, privileges=tuple(one for one in found.privileges if one in kept))


def make(known: Accounts, sid: str, logon: Logon = "network", more: tuple[str, ...] = ()) -> Token:
    """The token that an account gets.

    + more: further SIDs, such as a service's own
    """
    user = known.user(sid)
    settings = known.config.user(user.name) if user else None
    if any(one.startswith("S-1-5-80-") for one in more):
        more = (*more, well_known.ALL_SERVICES)
    groups = list(dict.fromkeys([*_groups(known, sid, logon, more), *more]))
    filtered = [ADMINISTRATORS, well_known.LOCAL_ADMINISTRATOR]
    deny = [one for one in filtered if one in groups and settings and not settings.full_token]
    groups = [one for one in groups if one not in deny]
    held = rights.held_by(known.lab, (sid, *groups))
    if deny:
        held &= _KEPT_BY_FILTER
    privileges = sorted(one for one in held if one.endswith("Privilege"))
    return Token(sid, tuple(groups), tuple(deny), tuple(privileges))


def _logon(text: str) -> Logon:
    return next((kind for kind in RIGHT_TO if kind == text), "network")


def _groups(known: Accounts, sid: str, logon: Logon, more: tuple[str, ...]) -> Iterator[str]:
    everywhere = [well_known.EVERYONE, well_known.AUTHENTICATED, _LOGON_SID[logon]]
    if known.user(sid):
        everywhere += [well_known.LOCAL_ACCOUNT, "S-1-5-15"]
    if logon == "network":
        everywhere.append("S-1-5-64-10")
    if sid.startswith("S-1-5-80-"):
        everywhere.append(well_known.ALL_SERVICES)
    held = {sid, *everywhere, *more}
    local = [group.sid for group in known.groups if held & set(group.members)]
    if sid == SYSTEM:
        local.append(ADMINISTRATORS)
    if sid in _SERVICE_ACCOUNTS - {SYSTEM} and well_known.USERS not in local:
        local.append(well_known.USERS)
    yield well_known.EVERYONE
    if ADMINISTRATORS in local and known.user(sid):
        yield well_known.LOCAL_ADMINISTRATOR
    yield from local
    yield from everywhere[1:]


def label(token: Token) -> str:
    """The integrity level."""
    if token.sid in _SERVICE_ACCOUNTS:
        return "S-1-16-16384"
    return "S-1-16-12288" if token.elevated else "S-1-16-8192"


def name(known: Accounts, token: Token) -> str:
    return Names(known).display(token.sid)
