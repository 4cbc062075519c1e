"""The rights module handles user rights, which Windows calls user rights assignment."""

from __future__ import annotations

import re
from collections.abc import Generator

from pyinfra import host
from pyinfra.api import OperationValueError
from pyinfra.api.command import PyinfraCommand

from winfra.difference import show
from winfra.facts.accounts import Names
from winfra.facts.rights import Right, UserRight
from winfra.identity import label, resolve
from winfra.messages import accounts as messages
from winfra.operation import fail, operation, read
from winfra.script import Script
from winfra.sid import (
    ALL_SERVICES,
    AUTHENTICATED_USERS,
    EVERYONE,
    LOCAL_ACCOUNT,
    USERS,
    is_local,
    is_virtual,
)

_RIGHT = re.compile(r"Se[A-Z]\w+(Right|Privilege)")


@operation()
def user_right(
    account: str, right: str = "SeServiceLogonRight", present: bool = True
) -> Generator[PyinfraCommand]:
    r"""
    Give an account a right, or take it; other accounts keep theirs.

    + account: by name or SID
    + right: its name in the API, such as ``SeServiceLogonRight``
    + present: whether the account should have it

    Nothing is changed, and the group policy named, where a policy of the domain decides without the
    account; nor where the right is denied. A virtual account has the right to log on as a service by
    ``NT SERVICE\ALL SERVICES``.

    **Example:**

    .. code:: python

        from winfra.operations import rights

        rights.user_right(
            name="Let the account log on as a service",
            account="svc_prefect",
        )
    """
    if not _RIGHT.fullmatch(right):
        raise OperationValueError(messages.UNKNOWN_RIGHT.text(right=right))
    sid = resolve(account)
    found = read(UserRight, right=right)
    if present:
        _check_policy(account, sid, right, found)
        _check_denied(account, sid, right, found)
    has = sid in found["granted"] or (present and _as_service(account, found))
    if has == present:
        host.noop(f"{account} has {'' if has else 'not '}the right {right}")
        return
    _show(account, sid, right, found, present)
    yield Script("set_user_right", Right=right, Account=sid or account, Present=present)


def _as_service(account: str, found: Right) -> bool:
    return is_virtual(account) and ALL_SERVICES in found["granted"]


def _check_policy(account: str, sid: str | None, right: str, found: Right) -> None:
    policy = found["policy"]
    if policy is None or sid in policy["sids"]:
        return
    if is_virtual(account) and ALL_SERVICES in policy["sids"]:
        return
    raise fail(
        messages.RIGHT_BY_POLICY, gpo=policy["gpo"], right=right, host=host.name, account=account
    )


def _check_denied(account: str, sid: str | None, right: str, found: Right) -> None:
    """The account itself, and the groups that it is in whatever else it is in."""
    own = {sid, EVERYONE, AUTHENTICATED_USERS}
    own |= {USERS, LOCAL_ACCOUNT} if is_local(account) else set()
    own |= {ALL_SERVICES} if is_virtual(account) else set()
    for denied in found["denied"]:
        if denied in own:
            name = read(Names, sids=[denied])[denied]
            shown = label(denied, name)
            raise fail(
                messages.RIGHT_DENIED, account=account, right=right, denied=shown, host=host.name
            )


def _show(account: str, sid: str | None, right: str, found: Right, present: bool) -> None:
    if not host.state.config.DIFF:
        return
    sids = [one for one in found["granted"] if one.startswith("S-1-")]
    names = read(Names, sids=sids) if sids else {}
    shown = {one: label(one, names.get(one)) for one in found["granted"]}
    after = {key: text for key, text in shown.items() if key != sid}
    if present:
        after[sid or account] = label(sid, account)
    show(f"right {right}", {"accounts": [*shown.values()]}, {"accounts": [*after.values()]})
