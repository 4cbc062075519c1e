"""Changes to local accounts and groups, with the refusals of Windows' security accounts manager."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from winfra.lab import accounts, security_log, sids, token, well_known
from winfra.lab.accounts import Accounts, Group, User
from winfra.lab.resolve import Names
from winfra.lab.token import Token

LONGEST_NAME = 20
FORBIDDEN = '"/\\[]:;|=,+*?<>@'
LONGEST_PASSWORD = 127


class RefusedError(Exception):
    """Windows refuses.

    + kind: as the exceptions of Microsoft.PowerShell.LocalAccounts are named
    + code: the system error code that other interfaces give for it
    """

    def __init__(self, kind: str, message: str, code: int, target: str = "") -> None:
        super().__init__(message)
        self.kind = kind
        self.code = code
        self.target = target


def _not_found(kind: str, code: int, name: str) -> RefusedError:
    return RefusedError(f"{kind}NotFound", f"{kind} {name} was not found.", code, name)


def user_not_found(name: str) -> RefusedError:
    return _not_found("User", 2221, name)


def group_not_found(name: str) -> RefusedError:
    return _not_found("Group", 2220, name)


def principal_not_found(name: str) -> RefusedError:
    return _not_found("Principal", 1332, name)


def bad_password() -> RefusedError:
    message = (
        "Unable to update the password. The value provided for the new password does not meet "
        "the length, complexity, or history requirements of the domain."
    )
    return RefusedError("InvalidPassword", message, 1325)


def special_account(name: str) -> RefusedError:
    # STATUS_SPECIAL_ACCOUNT, which the cmdlets do not translate.
    message = "An unspecified error occurred: status = 3221225764"
    return RefusedError("Internal", message, 1371, name)


class Sam:
    """The accounts of a lab as one process may change them; each call stands by itself."""

    def __init__(self, lab: Path, caller: Token) -> None:
        self.lab = lab
        self.caller = caller

    def create(self, name: str, password: str | None, settings: Mapping[str, str]) -> User:
        """A new account; settings as ``change`` takes them."""
        self._need_administrator(name)
        with accounts.changing(self.lab) as known:
            _check_new_name(known, name)
            user = User(name, known.new_sid())
            _apply(user, settings)
            if password is None:
                user.password_required = False
            _check_policy(known, user, password or "")
            known.users.append(user)
            known.set_password(user, password)
            user.password_set = now().isoformat()
            for event in (4720, *((4722,) if user.enabled else ()), 4724):
                self._note(known, event, user)
        return user

    def change(self, name: str, password: str | None, settings: Mapping[str, str]) -> User:
        """Change an account's properties, and its password where one is given.

        + settings: full_name, comment, account_expires (ISO, empty: never), and as ``true`` or
          ``false``: enabled, password_expires, may_change_password
        """
        with accounts.changing(self.lab) as known:
            user = self._user(known, name)
            self._need_administrator(user.name)
            enabled = user.enabled
            _apply(user, settings)
            if user.enabled != enabled:
                self._note(known, 4722 if user.enabled else 4725, user)
            self._note(known, 4738, user)
        if password is not None:
            self._reset_password(user.sid, password)
        return user

    def _reset_password(self, sid: str, password: str) -> None:
        # After the properties, which stay changed where it is refused. Neither history nor minimum
        # age count: it is no change by the user (MS-SAMR 3.1.5.6).
        with accounts.changing(self.lab) as known:
            user = self._user(known, sid)
            _check_policy(known, user, password)
            known.set_password(user, password)
            if user.password_set is not None:
                user.password_set = now().isoformat()
            self._note(known, 4724, user)

    def change_own_password(self, name: str, old: str, new: str) -> None:
        """What ChangePassword does: the old password is asked for, the whole policy counts."""
        with accounts.changing(self.lab) as known:
            user = self._user(known, name)
            if not accounts.matches(user.password, old):
                message = "The specified network password is not correct."
                raise RefusedError("InvalidPassword", message, 86, name)
            _check_policy(known, user, new)
            _check_history_and_age(known, user, new)
            known.set_password(user, new)
            user.password_set = now().isoformat()
            security_log.append(self.lab, 4723, user.sid, target=user.sid, name=user.name)

    def remove(self, name: str) -> None:
        with accounts.changing(self.lab) as known:
            user = self._user(known, name)
            self._need_administrator(user.name)
            if sids.rid_of(user.sid) < 1000:
                raise special_account(user.name)
            # Memberships stay behind as SIDs that name nobody.
            known.users.remove(user)
            self._note(known, 4726, user)

    def add_member(self, group_name: str, member: str) -> None:
        """Put an account into a group; the member is a name or a SID."""
        with accounts.changing(self.lab) as known:
            group = self._group(known, group_name)
            self._need_administrator(group.name)
            sid = _member_sid(known, group, member)
            if sid in group.members:
                message = f"{member} is already a member of group {group.name}."
                raise RefusedError("MemberExists", message, 1378, group.name)
            group.members.append(sid)
            self._note_member(4732, group, sid)

    def remove_member(self, group_name: str, member: str) -> None:
        with accounts.changing(self.lab) as known:
            group = self._group(known, group_name)
            self._need_administrator(group.name)
            sid = _sid_of(known, member)
            if sid not in group.members:
                message = f"Member {member} was not found in group {group.name}."
                raise RefusedError("MemberNotFound", message, 1377, member)
            if group.sid == well_known.ADMINISTRATORS and _is_administrator(known, sid):
                raise special_account(member)
            group.members.remove(sid)
            self._note_member(4733, group, sid)

    def _user(self, known: Accounts, name: str) -> User:
        user = known.user(name)
        if user is None:
            raise user_not_found(name)
        return user

    def _group(self, known: Accounts, name: str) -> Group:
        group = known.group(name)
        if group is None:
            raise group_not_found(name)
        return group

    def _need_administrator(self, target: str) -> None:
        if not self.caller.elevated:
            raise RefusedError("AccessDenied", "Access denied.", 5, target)

    def _note(self, known: Accounts, event: int, user: User) -> None:
        security_log.append(self.lab, event, self.caller.sid, target=user.sid, name=user.name)

    def _note_member(self, event: int, group: Group, sid: str) -> None:
        security_log.append(
            self.lab, event, self.caller.sid, target=group.sid, name=group.name, member=sid
        )


def now() -> datetime:
    return datetime.now(UTC)


def after(start: str | None, **span: float) -> datetime | None:
    """A span after an ISO time; None where there is no start."""
    return None if start is None else datetime.fromisoformat(start) + timedelta(**span)


def _check_new_name(known: Accounts, name: str) -> None:
    """What "Naming conventions" and MS-SAMR say of a user's name."""
    is_bad = any(letter in FORBIDDEN or ord(letter) < 32 for letter in name)
    if is_bad or not name.strip(" .") or name.endswith(".") or len(name) > LONGEST_NAME:
        raise RefusedError("InvalidName", f"The name {name} is invalid.", 2202, name)
    if known.user(name):
        raise RefusedError("UserExists", f"User {name} already exists.", 2224, name)
    if known.group(name) or name.lower() == known.computer.lower():
        raise RefusedError("NameInUse", f"The name {name} is already in use.", 1379, name)


def _check_policy(known: Accounts, user: User, password: str) -> None:
    """Length and complexity, which count whoever sets the password."""
    policy = known.policy
    if not password and not user.password_required:
        return
    if not policy.minimum_length <= len(password) <= LONGEST_PASSWORD:
        raise bad_password()
    if policy.complexity and not _is_complex(password, user):
        raise bad_password()


def _check_history_and_age(known: Accounts, user: User, password: str) -> None:
    policy = known.policy
    before = [user.password, *user.history][: policy.history]
    changeable = after(user.password_set, days=policy.minimum_age_days)
    too_young = changeable is not None and changeable > now()
    if too_young or any(old and accounts.matches(old, password) for old in before):
        raise bad_password()


def _is_complex(password: str, user: User) -> bool:
    """Three of five kinds of characters, and no name of the account.

    "Password must meet complexity requirements" in Microsoft's security policy settings reference.
    """
    kinds = (
        any(letter.isupper() for letter in password),
        any(letter.islower() for letter in password),
        any(letter in "0123456789" for letter in password),
        any(not letter.isalnum() for letter in password),
        any(
            letter.isalpha() and not letter.isupper() and not letter.islower()
            for letter in password
        ),
    )
    parts = [user.name, *re.split(r"[,.\-_ #\t]+", user.full_name)]
    lower = password.lower()
    named = any(len(part) > 2 and part.lower() in lower for part in parts)
    return sum(kinds) >= 3 and not named


def _apply(user: User, settings: Mapping[str, str]) -> None:
    for name, value in settings.items():
        typed: Any = value
        if isinstance(getattr(user, name), bool):
            typed = value == "true"
        elif name == "account_expires":
            typed = value or None
        setattr(user, name, typed)


def _sid_of(known: Accounts, member: str) -> str:
    sid = sids.parse(member)
    if sid is not None:
        return sid
    principal = Names(known).find_name(member)
    if principal is None:
        raise principal_not_found(member)
    return principal.sid


def _member_sid(known: Accounts, group: Group, member: str) -> str:
    """The SID of what may become a member; a foreign SID may name nobody that is known here."""
    sid = _sid_of(known, member)
    principal = Names(known).find_sid(sid)
    own = (known.machine_sid, "S-1-5-32")
    if principal is None and sids.domain_of(sid) in own:
        raise RefusedError(
            "MemberNotFound", f"Member {member} was not found in group {group.name}.", 1387, member
        )
    if principal is not None and principal.kind in {"alias", "label"}:
        # STATUS_INVALID_MEMBER
        message = "An unspecified error occurred: status = 3221225851"
        raise RefusedError("Internal", message, 1388, member)
    return sid


def _is_administrator(known: Accounts, sid: str) -> bool:
    return sid == f"{known.machine_sid}-{well_known.ADMINISTRATOR_RID}"


def caller(lab: Path) -> Sam:
    """The accounts as this process may change them."""
    return Sam(lab, token.of_process(lab))
