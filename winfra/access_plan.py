"""What an access list on the host should become: read, composed, and refused where it would do harm."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pyinfra import host
from pyinfra.api import OperationValueError
from pyinfra.api.state import StateStage

from winfra.access import (
    AUTHENTICATED,
    EVERYONE,
    USERS,
    Entry,
    Grant,
    Wanted,
    blocking,
    compose,
    locked_out,
)
from winfra.access_words import describe, difference
from winfra.difference import show
from winfra.facts.access import Access
from winfra.facts.accounts import Names, Sids
from winfra.identity import label
from winfra.messages import access as messages
from winfra.messages.accounts import UNKNOWN_ACCOUNT
from winfra.operation import fail, read
from winfra.sddl import Descriptor, parse, same_account, sid_of
from winfra.sid import ADMINISTRATORS, SYSTEM, is_sid, known_sid
from winfra.standing import standing

_NOTHING = Descriptor("", "", "", (), "")


@dataclass(frozen=True)
class Request:
    """What was asked for, as ``files.access`` takes it."""

    entries: Sequence[Entry]
    exact: bool = False
    purge: bool | Sequence[str] = False
    inherit: bool | None = None
    keep_inherited: bool = True
    owner: str | None = None

    def __post_init__(self) -> None:
        beside = {"purge": self.purge, "inherit": self.inherit}
        for argument, value in beside.items():
            if self.exact and value:
                raise _refused(argument, "exact=True says already that all other entries go")
        if not (self.entries or self.exact or self.purge or self.owner) and self.inherit is None:
            raise _refused("entries", "nothing is asked for")
        if isinstance(self.purge, str):
            raise _refused("purge", f"it is one name, {self.purge!r}, and a list is meant")

    @property
    def purged(self) -> list[str]:
        return [] if isinstance(self.purge, bool) else list(self.purge)

    def accounts(self) -> list[str]:
        owner = [self.owner] if self.owner else []
        return list(dict.fromkeys([*(e.account for e in self.entries), *self.purged, *owner]))

    def wanted(self, sids: Mapping[str, str], *, folder: bool) -> Wanted:
        grants = tuple(Grant.of(one, sids[one.account], folder=folder) for one in self.entries)
        if self.exact:
            return Wanted(grants, purge=True, inherit=False, keep_inherited=False)
        named = frozenset(sids[account] for account in self.purged)
        purge = self.purge if isinstance(self.purge, bool) else named
        return Wanted(grants, purge, self.inherit, self.keep_inherited)


@dataclass(frozen=True)
class Plan:
    """The list that is there (``None`` while the path is still to be made), and what it is to be.

    + sids: of the accounts asked for; where an account is still to be made, its name
    + owner: the SID of the new owner, where it changes
    """

    path: str
    folder: bool
    before: Descriptor | None
    after: Descriptor
    sids: Mapping[str, str]
    owner: str | None

    @property
    def sddl(self) -> str | None:
        """The access list, where it changes."""
        return None if self.after == self.before else self.after.access_list

    @property
    def changes(self) -> bool:
        return self.sddl is not None or self.owner is not None

    def show(self) -> None:
        """Print the difference under ``--diff``, one line an account."""
        if not host.state.config.DIFF:
            return
        names = _Names(self)
        current, desired = difference(self.before, self.after, names.label, folder=self.folder)
        if self.owner is not None:
            if self.before is not None:
                current["owner"] = names.label(sid_of(self.before.owner))
            desired["owner"] = names.label(self.owner)
        show(f"access to {self.path}", current, desired)


class _Names:
    """The names of the accounts in a plan, asked for at once."""

    def __init__(self, plan: Plan) -> None:
        self._given = {sid: name for name, sid in plan.sids.items() if not is_sid(name)}
        sides = [one for one in (plan.before, plan.after) if one is not None]
        found = [ace.sid for one in sides for ace in one.aces]
        owners = [sid_of(one.owner) for one in sides if one.owner and plan.owner]
        asked = [sid for sid in dict.fromkeys([*found, *owners]) if sid not in self._given]
        self._names = read(Names, sids=asked) if asked else {}

    def label(self, sid: str) -> str:
        if sid in self._given:
            return label(sid if is_sid(sid) else None, self._given[sid])
        return label(sid, self._names.get(sid))


def plan(path: str, request: Request, *, lock_out: bool) -> Plan:
    """What is to change on the current host; fails it where the result would be wrong."""
    entry, _ = standing(path)
    executes = host.state.current_stage == StateStage.Execute
    if entry is None and executes:
        raise fail(messages.PATH_MISSING, path=path, host=host.name)
    folder = entry is None or entry["folder"]
    sids = _sids(request, must_exist=executes)
    _check_places(path, request.entries, folder=folder)
    before = _read(path) if entry is not None else None
    wanted = request.wanted(sids, folder=folder)
    after = compose(before or _NOTHING, wanted, folder=folder)
    found = Plan(path, folder, before, after, sids, _new_owner(before, request, sids))
    if found.changes:
        _check(found, wanted, lock_out=lock_out)
    return found


def access_list(entries: Sequence[Entry]) -> str:
    """The list, as SDDL, of a file that is still to be made: these entries and no others."""
    request = Request(entries, exact=True)
    sids = _sids(request, must_exist=host.state.current_stage == StateStage.Execute)
    wanted = request.wanted(sids, folder=False)
    return compose(_NOTHING, wanted, folder=False).access_list


def _refused(argument: str, reason: str) -> OperationValueError:
    return OperationValueError(messages.ACCESS_REFUSED.text(argument=argument, reason=reason))


def _sids(request: Request, *, must_exist: bool) -> dict[str, str]:
    accounts = request.accounts()
    found = {account: known_sid(account) for account in accounts}
    unknown = [account for account, sid in found.items() if sid is None]
    told: dict[str, str | None] = read(Sids, accounts=unknown) if unknown else {}
    found |= told
    for account, sid in found.items():
        if sid is None and must_exist and account not in request.purged:
            raise fail(UNKNOWN_ACCOUNT, Account=account)
    return {account: sid or account for account, sid in found.items()}


def _check_places(path: str, entries: Sequence[Entry], *, folder: bool) -> None:
    for entry in () if folder else entries:
        if not Grant.of(entry, entry.account, folder=False).place:
            raise fail(
                messages.NO_FILE_PLACE,
                path=path, host=host.name, account=entry.account, place=entry.applies_to,
            )  # fmt: skip


def _read(path: str) -> Descriptor:
    sddl = read(Access, paths=[path])[path] or ""
    try:
        return parse(sddl)
    except ValueError:
        raise fail(messages.LIST_NOT_UNDERSTOOD, path=path, host=host.name, sddl=sddl) from None


def _new_owner(before: Descriptor | None, request: Request, sids: Mapping[str, str]) -> str | None:
    if request.owner is None:
        return None
    wanted = sids[request.owner]
    same = before is not None and same_account(sid_of(before.owner), wanted)
    return None if same else wanted


def _check(found: Plan, wanted: Wanted, *, lock_out: bool) -> None:
    for ace in blocking(found.after, wanted.grants):
        entry = f"{_Names(found).label(ace.sid)}: {describe(ace, folder=found.folder)}"
        raise fail(messages.DENIED_BY_OTHERS, path=found.path, host=host.name, entry=entry)
    out = [] if lock_out else _locked_out(found)
    if out:
        accounts = " and ".join(out)
        raise fail(messages.LOCKED_OUT, path=found.path, host=host.name, accounts=accounts)


def _locked_out(found: Plan) -> list[str]:
    if found.before is None and not found.after.protected:
        return []  # the folders above decide
    accounts = {
        "SYSTEM": {SYSTEM, ADMINISTRATORS},
        "Administrators": {ADMINISTRATORS},
    }
    user = host.connector.data.get("winrm_user")
    if user and any(ace.denies for ace in found.after.aces):
        sid = known_sid(user) or read(Sids, accounts=[user])[user]
        accounts[user] = {sid or user, ADMINISTRATORS, USERS}
    before = found.before or parse("D:NO_ACCESS_CONTROL")
    everybody = {EVERYONE, AUTHENTICATED}
    return locked_out(
        before, found.after, {name: frozenset(own | everybody) for name, own in accounts.items()}
    )
