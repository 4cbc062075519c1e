"""Logging on: passwords, lockout, restrictions and rights, with the codes that LogonUser gives."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from winfra.lab import accounts, rights, security_log, sids, token, well_known
from winfra.lab.accounts import Accounts, User
from winfra.lab.sam import after, now
from winfra.lab.token import RIGHT_TO, Logon

WRONG = 1326
RESTRICTED = 1327
PASSWORD_EXPIRED = 1330
DISABLED = 1331
NOT_GRANTED = 1385
OTHER_CREDENTIALS = 1219
EXPIRED = 1793
MUST_CHANGE = 1907
LOCKED = 1909

TEXTS = {
    0: "The operation completed successfully.",
    WRONG: "The user name or password is incorrect.",
    RESTRICTED: (
        "Account restrictions are preventing this user from signing in. For example: blank "
        "passwords aren't allowed, sign-in times are limited, or a policy restriction has been "
        "enforced."
    ),
    PASSWORD_EXPIRED: "The password for this account has expired.",
    DISABLED: "This user can't sign in because this account is currently disabled.",
    NOT_GRANTED: (
        "Logon failure: the user has not been granted the requested logon type at this computer."
    ),
    OTHER_CREDENTIALS: (
        "Multiple connections to a server or shared resource by the same user, using more than "
        "one user name, are not allowed. Disconnect all previous connections to the server or "
        "shared resource and try again."
    ),
    EXPIRED: "The user's account has expired.",
    MUST_CHANGE: "The user's password must be changed before signing in.",
    LOCKED: "The referenced account is currently locked out and may not be logged on to.",
}
_STATUS = {
    WRONG: "0xC000006A",
    RESTRICTED: "0xC000006E",
    PASSWORD_EXPIRED: "0xC0000071",
    DISABLED: "0xC0000072",
    NOT_GRANTED: "0xC000015B",
    EXPIRED: "0xC0000193",
    MUST_CHANGE: "0xC0000224",
    LOCKED: "0xC0000234",
}
_TYPES: dict[Logon, int] = {"interactive": 2, "network": 3, "batch": 4, "service": 5}


def log_on(lab: Path, name: str, password: str, kind: Logon = "network") -> int:
    """Log on as a local account; 0 or the system error code. Counted and logged as on Windows."""
    with accounts.changing(lab) as known:
        user = known.user(name)
        if user is None:
            _note(lab, 4625, kind, name, status="0xC0000064")
            return WRONG
        code = _check(known, user, password, kind)
        if code:
            _note(lab, 4625, kind, user.name, status=_STATUS[code], sid=user.sid)
        else:
            user.bad_passwords, user.bad_time = 0, None
            _note(lab, 4624, kind, user.name, sid=user.sid)
        return code


def last_logons(lab: Path) -> dict[str, str]:
    """SID -> when it last logged on, by the event log: a logon changes no account."""
    return {
        event["sid"]: datetime.fromtimestamp(event["time"], UTC).isoformat()
        for event in security_log.read(lab, 4624)
    }


def is_locked(known: Accounts, user: User) -> bool:
    if user.locked_time is None:
        return False
    minutes = known.policy.lockout_minutes
    end = after(user.locked_time, minutes=minutes)
    return minutes == 0 or (end is not None and end > now())


def is_password_expired(known: Accounts, user: User) -> bool:
    """Has the password to be changed, by its age or because an administrator said so?"""
    if not user.password_expires:
        return False
    end = after(user.password_set, days=known.policy.maximum_age_days)
    return end is None or (known.policy.maximum_age_days > 0 and end <= now())


def _check(known: Accounts, user: User, password: str, kind: Logon) -> int:
    if is_locked(known, user):
        return LOCKED
    if user.locked_time is not None:
        user.locked_time, user.bad_passwords = None, 0
    # Only who knows the password learns what else is wrong with the account.
    if not accounts.matches(user.password, password):
        _count(known, user)
        return WRONG
    return _restriction(known, user, password, kind) or _right(known, user, kind)


def _count(known: Accounts, user: User) -> None:
    policy = known.policy
    forgotten = after(user.bad_time, minutes=policy.lockout_window_minutes)
    if forgotten is not None and forgotten <= now():
        user.bad_passwords = 0
    user.bad_passwords += 1
    user.bad_time = now().isoformat()
    is_built_in = sids.rid_of(user.sid) == well_known.ADMINISTRATOR_RID
    if 0 < policy.lockout_threshold <= user.bad_passwords and not is_built_in:
        user.locked_time = user.bad_time
        security_log.append(known.lab, 4740, well_known.SYSTEM, target=user.sid, name=user.name)


def _restriction(known: Accounts, user: User, password: str, kind: Logon) -> int:
    account_end = after(user.account_expires)
    if not user.enabled:
        return DISABLED
    if account_end is not None and account_end <= now():
        return EXPIRED
    if not password and kind == "network":
        # LimitBlankPasswordUse: a blank password is for the console alone.
        return RESTRICTED
    if is_password_expired(known, user):
        return MUST_CHANGE if user.password_set is None else PASSWORD_EXPIRED
    return 0


def _right(known: Accounts, user: User, kind: Logon) -> int:
    one = token.make(known, user.sid, kind)
    everything = (*one.sids, *one.deny_only)
    return 0 if rights.may_log_on(known.lab, everything, RIGHT_TO[kind]) else NOT_GRANTED


def _note(lab: Path, event: int, kind: Logon, name: str, **data: str) -> None:
    security_log.append(lab, event, well_known.SYSTEM, name=name, logon_type=_TYPES[kind], **data)
