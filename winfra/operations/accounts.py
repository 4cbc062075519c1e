"""
The accounts module handles local users and the members of local groups.

Accounts and groups are given by name or by SID; they are compared by SID, so that the English names
of Windows' own hold on every server.
"""

from __future__ import annotations

import re
from collections.abc import Generator
from typing import Any, cast

from pyinfra import host
from pyinfra.api import OperationValueError
from pyinfra.api.command import PyinfraCommand
from pyinfra.api.hiddenvalue import HiddenValue
from pyinfra.api.state import StateStage

from winfra import password as passwords
from winfra.connector import WinRMConnector
from winfra.difference import say, show
from winfra.facts.accounts import NEVER, GroupMembers, User, UserInfo
from winfra.facts.services import ServiceAccounts
from winfra.identity import label, resolve
from winfra.messages import accounts as messages
from winfra.operation import fail, operation, read
from winfra.script import Script
from winfra.sid import is_local, known_sid

# "New-LocalUser": the characters that a name cannot have.
_FORBIDDEN = re.compile(r'["/\\\[\]:;|=,+*?<>@\x00-\x1f]')
_LONGEST_NAME = 20
_LONGEST_COMMENT = 48
_LONGEST_PASSWORD = 127
_UNSET = HiddenValue("")


@operation()
def user(
    user: str,
    present: bool = True,
    *,
    password: str | HiddenValue | None = None,
    comment: str | None = None,
    password_expires: bool = False,
    expires: bool = False,
    enabled: bool = True,
) -> Generator[PyinfraCommand]:
    """
    Make, change or remove a local account.

    + user: its name
    + present: whether it should exist
    + password: set only when it differs, which one attempt to log on tells; left as it is when not given
    + comment: its description, 48 characters at most; left as it is when not given
    + password_expires: whether the password has to be changed from time to time
    + expires: whether it may have a day from which on it cannot log on; such a day is left as it is
    + enabled: whether it can log on

    An account that is locked is reported, not unlocked. A password that changes is written to the
    services that log on with it first.

    **Example:**

    .. code:: python

        from winfra.operations import accounts

        accounts.user(
            name="Make the account of the services",
            user="svc_prefect",
            password=host.data.service_account_password,
            comment="Prefect service account",
        )
    """
    user = _name(user)
    secret = _password(user, password)
    _check_comment(user, comment)
    found = read(User, user=user)
    if not present:
        yield from _remove(user, found)
        return
    wanted = {"comment": comment, "enabled": enabled, "password_expires": password_expires}
    if found is not None and not expires:
        wanted["expires"] = NEVER
    change = _change(user, found, {k: v for k, v in wanted.items() if v is not None}, secret)
    if not change:
        host.noop(f"user {user} is as wanted")
        return
    # Before the account itself: a run that ends between the two finds the password wrong again.
    yield from _passwords_of_services(found, change.get("password"))
    yield Script(
        "set_user",
        User=user,
        Password=change.get("password"),
        Comment=change.get("comment"),
        Expires=change.get("expires"),
        PasswordExpires=change.get("password_expires"),
        Enabled=change.get("enabled"),
    )
    if "password" in change:
        passwords.remember(user, change["password"])


@operation()
def group_member(
    member: str, group: str, present: bool = True, *, until_end: bool = False
) -> Generator[PyinfraCommand]:
    """
    Add an account to a local group or take it out; other members stay.

    + member: the account, by name or SID
    + group: the group, by name or SID
    + present: whether it should be a member
    + until_end: for this run alone: it is taken out when the run ends, also when it fails

    **Example:**

    .. code:: python

        accounts.group_member(
            name="Let the monitoring read the performance counters",
            member="svc_monitoring",
            group="Performance Log Users",
        )
    """
    group = known_sid(group) or group
    members = read(GroupMembers, group=group)
    if members is None:
        raise fail(messages.UNKNOWN_GROUP, group=group, host=host.name)
    sid = resolve(member)
    inside = any(one["sid"] == sid for one in members)
    out = Script("set_group_member", Group=group, Member=sid or member, Present=False)
    if until_end and host.state.current_stage == StateStage.Execute:
        cast(WinRMConnector, host.connector).at_end(out)
    if inside == present:
        host.noop(f"{member} is {'' if inside else 'not '}in the group {group}")
        return
    shown = sorted(label(one["sid"], one["name"]) for one in members)
    this = label(sid, member)
    after = sorted([*shown, this]) if present else [one for one in shown if f"({sid})" not in one]
    show(f"group {group}", {"members": shown}, {"members": after})
    yield Script("set_group_member", **{**out.parameters, "Present": present})


def _name(name: str) -> str:
    if not is_local(name):
        raise OperationValueError(messages.ACCOUNT_ELSEWHERE.text(user=name))
    bare = name.removeprefix(".\\")
    reason = None
    if len(bare) > _LONGEST_NAME:
        reason = f"{len(bare)} characters"
    elif found := _FORBIDDEN.search(bare):
        reason = f"it has the character {found[0]!r}"
    elif not bare.strip(". ") or bare.endswith("."):
        reason = "it ends with a dot, or is nothing but dots and spaces"
    if reason:
        raise OperationValueError(messages.ACCOUNT_NAME.text(user=name, reason=reason))
    return bare


def _password(user: str, password: str | HiddenValue | None) -> HiddenValue | None:
    if password is None:
        return None
    secret = password if isinstance(password, HiddenValue) else HiddenValue(password)
    text = secret.unmask()
    reason = None
    if not text:
        reason = "empty"
    elif len(text) > _LONGEST_PASSWORD:
        reason = "too long"
    elif not text.isprintable():
        reason = "one with control characters"
    if reason:
        raise OperationValueError(messages.PASSWORD_REFUSED.text(user=user, reason=reason))
    return secret


def _check_comment(user: str, comment: str | None) -> None:
    if comment is not None and len(comment) > _LONGEST_COMMENT:
        raise OperationValueError(messages.ACCOUNT_COMMENT.text(user=user, length=len(comment)))


def _remove(user: str, found: UserInfo | None) -> Generator[PyinfraCommand]:
    if found is None:
        host.noop(f"user {user} does not exist")
        return
    show(f"user {user}", {"sid": found["sid"], "comment": found["comment"]}, None)
    yield Script("remove_user", User=user)


def _change(
    user: str, found: UserInfo | None, wanted: dict[str, Any], secret: HiddenValue | None
) -> dict[str, Any]:
    """What has to be set, shown as it differs; empty when nothing has to."""
    if found is None:
        if secret is None:
            raise fail(messages.PASSWORD_MISSING, user=user, host=host.name)
        show(f"user {user}", None, {**wanted, "password": secret})
        return {**wanted, "password": secret}
    current = dict(found)
    change = {key: value for key, value in wanted.items() if current[key] != value}
    before = {key: current[key] for key in change}
    if secret is not None and _must_set(user, found, secret):
        change["password"], before["password"] = secret, _UNSET
    if change:
        show(f"user {user}", before, change)
    return change


def _passwords_of_services(
    found: UserInfo | None, secret: HiddenValue | None
) -> list[PyinfraCommand]:
    """Windows keeps the password with each service that logs on with it, and asks nobody for it."""
    if found is None or secret is None:
        return []
    names = [one["service"] for one in read(ServiceAccounts) if one["sid"] == found["sid"]]
    if names:
        say(f"  The password is also written to the services {', '.join(names)}")
    return [Script("set_service_password", Service=name, Password=secret) for name in names]


def _must_set(user: str, found: UserInfo, secret: HiddenValue) -> bool:
    """A password that cannot be tried is set: that it is the wanted one has to hold afterwards."""
    if found["locked"]:
        raise fail(messages.ACCOUNT_LOCKED, user=user, host=host.name)
    state = passwords.state(user, secret)
    if state == "locked":
        raise fail(messages.ACCOUNT_LOCKED, user=user, host=host.name)
    return state != "matches"
