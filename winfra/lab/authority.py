"""The local security authority for one PowerShell process: it asks line by line, this one answers.

A line of a request is a verb and its arguments in Base64; an answer is JSON. Whoever asks is who
the process runs as.
"""

from __future__ import annotations

import base64
import json
import os
import sys
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, TypeAlias

from winfra.lab import accounts, logon, resolve, sids, token, well_known
from winfra.lab.access_authority import AccessAuthority
from winfra.lab.accounts import Group, User
from winfra.lab.event_authority import EventAuthority
from winfra.lab.firewall_authority import FirewallAuthority
from winfra.lab.resolve import Names
from winfra.lab.sam import RefusedError, Sam, after, caller, group_not_found, user_not_found
from winfra.lab.service_authority import ServiceAuthority
from winfra.lab.task_authority import TaskAuthority
from winfra.lab.well_known import Principal

Answer: TypeAlias = "dict[str, Any] | list[Any] | str | int | None"


def main(argv: Sequence[str]) -> int:
    authority = Authority(Path(os.environ["WINFRA_LAB"]))
    for line in sys.stdin:
        verb, *words = line.rstrip("\n").split(" ")
        given = [base64.b64decode(word).decode("utf-8") for word in words]
        print(json.dumps(authority.answer(verb, given)), flush=True)
    return 0


class Authority(
    AccessAuthority, EventAuthority, FirewallAuthority, ServiceAuthority, TaskAuthority
):
    """Answers to the lab's cmdlets and types."""

    def __init__(self, lab: Path) -> None:
        self.lab = lab
        self.connection = ("", "")

    def answer(self, verb: str, words: Sequence[str]) -> dict[str, Any]:
        try:
            method: Callable[..., Answer] = getattr(self, f"on_{verb}")
            return {"result": method(*words), "error": None}
        except RefusedError as refusal:
            return {
                "result": None,
                "error": refusal.kind,
                "message": str(refusal),
                "code": refusal.code,
                "target": refusal.target,
            }

    def on_elevated(self) -> Answer:
        return token.of_process(self.lab).elevated

    def on_find_name(self, name: str) -> Answer:
        return _principal(resolve.names(self.lab).find_name(name))

    def on_find_sid(self, sid: str) -> Answer:
        return _principal(resolve.names(self.lab).find_sid(sid))

    def on_alias(self, text: str) -> Answer:
        """The SID that SDDL abbreviates."""
        machine = {"LA": 500, "LG": 501}.get(text.upper())
        if machine is not None:
            return f"{accounts.read(self.lab).machine_sid}-{machine}"
        return well_known.SDDL.get(text.upper())

    def on_users(self) -> Answer:
        known = accounts.read(self.lab)
        return [_user(known, one) for one in sorted(known.users, key=lambda one: one.name.lower())]

    def on_user(self, name: str) -> Answer:
        known = accounts.read(self.lab)
        user = known.user(name)
        if user is None:
            raise user_not_found(name)
        return _user(known, user)

    def on_new_user(self, name: str, has_password: str, password: str, *settings: str) -> Answer:
        user = self._sam().create(name, password if has_password else None, _pairs(settings))
        return self.on_user(user.sid)

    def on_set_user(self, name: str, has_password: str, password: str, *settings: str) -> Answer:
        self._sam().change(name, password if has_password else None, _pairs(settings))
        return None

    def on_change_password(self, name: str, old: str, new: str) -> Answer:
        self._sam().change_own_password(name, old, new)
        return None

    def on_remove_user(self, name: str) -> Answer:
        self._sam().remove(name)
        return None

    def on_groups(self) -> Answer:
        known = accounts.read(self.lab)
        return [_group(one) for one in sorted(known.groups, key=lambda one: one.name.lower())]

    def on_group(self, name: str) -> Answer:
        return _group(self._find_group(name))

    def on_members(self, name: str) -> Answer:
        """The SIDs of a group with what is known of them."""
        found = resolve.names(self.lab)
        return [self._member(found, sid) for sid in self._find_group(name).members]

    def on_add_member(self, group: str, member: str) -> Answer:
        self._sam().add_member(group, member)
        return None

    def on_remove_member(self, group: str, member: str) -> Answer:
        self._sam().remove_member(group, member)
        return None

    def on_connect(self, name: str, password: str) -> Answer:
        """A connection of this process to the machine itself, as another account."""
        domain, _, own = name.rpartition("\\")
        known = accounts.read(self.lab)
        held = self.connection if self.connection[0] else (known.connected_as, "")
        if held == (name.lower(), password) and self.connection[0]:
            return 0
        if held[0]:
            return logon.OTHER_CREDENTIALS
        if domain.lower() not in {"", ".", known.computer.lower()}:
            return logon.WRONG
        code = logon.log_on(self.lab, own, password)
        if code == 0:
            self.connection = (name.lower(), password)
        return code

    def on_disconnect(self) -> Answer:
        self.connection = ("", "")
        return None

    def on_text(self, code: str) -> Answer:
        return logon.TEXTS.get(int(code), "")

    def _sam(self) -> Sam:
        return caller(self.lab)

    def _find_group(self, name: str) -> Group:
        group = accounts.read(self.lab).group(name)
        if group is None:
            raise group_not_found(name)
        return group

    def _member(self, found: Names, sid: str) -> dict[str, Any]:
        principal = found.find_sid(sid)
        known = _principal(principal) or {"sid": sid, "name": "", "domain": "", "kind": ""}
        is_local = sids.domain_of(sid) in {found.accounts.machine_sid, "S-1-5-32"}
        source = "Local" if is_local else "ActiveDirectory" if found.directory.owns(sid) else ""
        workgroup = "WORKGROUP" if is_local and not found.directory.domain else ""
        return {**known, "source": source, "workgroup": workgroup, "is_local": is_local}


def _principal(one: Principal | None) -> dict[str, Any] | None:
    if one is None:
        return None
    return {"domain": one.domain, "name": one.name, "sid": one.sid, "kind": one.kind}


def _group(group: Group) -> dict[str, Any]:
    return {"name": group.name, "sid": group.sid, "comment": group.comment}


def _user(known: accounts.Accounts, user: User) -> dict[str, Any]:
    policy = known.policy
    ages = user.password_expires and policy.maximum_age_days
    expires = after(user.password_set, days=policy.maximum_age_days) if ages else None
    return {
        "name": user.name,
        "sid": user.sid,
        "full_name": user.full_name,
        "comment": user.comment,
        "enabled": user.enabled,
        "account_expires": user.account_expires,
        "password_set": user.password_set,
        "password_expires": _iso(expires),
        "password_never_expires": not user.password_expires,
        "password_expired": logon.is_password_expired(known, user),
        "password_changeable": _iso(after(user.password_set, days=policy.minimum_age_days)),
        "password_required": user.password_required,
        "may_change_password": user.may_change_password,
        "last_logon": logon.last_logons(known.lab).get(user.sid),
        "bad_passwords": user.bad_passwords,
        "is_locked": logon.is_locked(known, user),
        "lockout_threshold": policy.lockout_threshold,
        "lockout_minutes": policy.lockout_minutes,
        "lockout_window_minutes": policy.lockout_window_minutes,
        "minimum_length": policy.minimum_length,
        "minimum_age_days": policy.minimum_age_days,
        "maximum_age_days": policy.maximum_age_days,
        "history": policy.history,
    }


def _iso(time: datetime | None) -> str | None:
    return None if time is None else time.isoformat()


def _pairs(words: Sequence[str]) -> dict[str, str]:
    return dict(zip(words[::2], words[1::2], strict=True))
