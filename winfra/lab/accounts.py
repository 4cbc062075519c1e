"""The lab's account database: ``state/accounts.json``, kept in step with the users in ``config.json``.

A user in ``config.json`` may log on over the wire, which needs the password itself; what changes
such an account in the lab is written there too. All other accounts have a salted hash only.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import secrets
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from winfra.lab import config as lab_config, well_known
from winfra.lab.config import LabConfig
from winfra.lab.endpoint_config import User as EndpointUser
from winfra.lab.state_file import read_json, write_json
from winfra.lab.well_known import ADMINISTRATORS, REMOTE_MANAGEMENT, USERS, Language

ROUNDS = 1000


@dataclass
class User:
    """A local account.

    + password, history: salted hashes, the newest first; None: no password
    + password_set: when, as ISO text; None: must be changed at the next logon
    + bad_time, locked_time: of the last wrong password, and of the lockout
    """

    name: str
    sid: str
    full_name: str = ""
    comment: str = ""
    password: str | None = None
    history: list[str] = field(default_factory=list)
    password_set: str | None = None
    password_expires: bool = True
    password_required: bool = True
    may_change_password: bool = True
    enabled: bool = True
    account_expires: str | None = None
    bad_passwords: int = 0
    bad_time: str | None = None
    locked_time: str | None = None


@dataclass
class Group:
    """A local group; its members are SIDs, known or not."""

    name: str
    sid: str
    comment: str = ""
    members: list[str] = field(default_factory=list)


@dataclass
class Policy:
    """Rules for passwords and lockout, as Windows Server sets them up (``defltsv.inf``).

    + lockout_minutes: 0: until an administrator unlocks the account
    """

    minimum_length: int = 0
    complexity: bool = True
    history: int = 0
    minimum_age_days: int = 0
    maximum_age_days: int = 42
    lockout_threshold: int = 0
    lockout_minutes: int = 30
    lockout_window_minutes: int = 30


@dataclass
class Accounts:
    """The database, read; ``save`` writes it.

    + connected_as: with whose name this machine has a connection to itself already; a password
      cannot be tried then (error 1219)
    """

    lab: Path
    config: LabConfig
    machine_sid: str
    users: list[User]
    groups: list[Group]
    policy: Policy = field(default_factory=Policy)
    next_rid: int = 1000
    connected_as: str = ""
    _clear: dict[str, str] = field(default_factory=dict, repr=False)

    @property
    def language(self) -> Language:
        return self.config.language

    @property
    def computer(self) -> str:
        return self.config.host_name.upper()

    def user(self, name: str) -> User | None:
        """By name or SID."""
        return next((one for one in self.users if _is(one, name)), None)

    def group(self, name: str) -> Group | None:
        """By name or SID."""
        return next((one for one in self.groups if _is(one, name)), None)

    def new_sid(self) -> str:
        sid = f"{self.machine_sid}-{self.next_rid}"
        self.next_rid += 1
        return sid

    def set_password(self, user: User, password: str | None) -> None:
        if user.password is not None:
            user.history.insert(0, user.password)
        user.password = None if password is None else hashed(password)
        self._clear[user.sid] = password or ""

    def save(self) -> None:
        write_json(self.lab / "state" / "accounts.json", _plain(self))
        users = tuple(self._endpoint_users())
        if users != self.config.users:
            self.config = replace(self.config, users=users)
            lab_config.write(self.lab / "config.json", self.config)

    def _endpoint_users(self) -> Iterator[EndpointUser]:
        for known in self.config.users:
            user = self.user(known.name)
            if user is not None:
                yield replace(
                    known,
                    password=self._clear.get(user.sid, known.password),
                    disabled=not user.enabled,
                    administrator=self._is_member(user, ADMINISTRATORS),
                    remote_management=self._is_member(user, REMOTE_MANAGEMENT),
                )

    def _is_member(self, user: User, group: str) -> bool:
        found = self.group(group)
        return found is not None and user.sid in found.members

    def follow_config(self) -> None:
        """Take over what the users in ``config.json`` are now."""
        for known in self.config.users:
            user = self.user(known.name)
            if user is None:
                user = User(known.name, self.new_sid(), password_expires=False)
                self.users.append(user)
                self._join(user, USERS, member=True)
            if not matches(user.password, known.password):
                user.password = hashed(known.password)
            user.enabled = not known.disabled
            self._join(user, ADMINISTRATORS, member=known.administrator)
            self._join(user, REMOTE_MANAGEMENT, member=known.remote_management)

    def _join(self, user: User, sid: str, *, member: bool) -> None:
        group = self.group(sid)
        if group is None or (user.sid in group.members) == member:
            return
        if member:
            group.members.append(user.sid)
        else:
            group.members.remove(user.sid)


def read(lab: Path) -> Accounts:
    """The database as it is now."""
    config = lab_config.read(lab / "config.json")
    machine_sid = read_json(lab / "state" / "system.json")["machine_sid"]
    file = lab / "state" / "accounts.json"
    if file.is_file():
        accounts = _stored(lab, config, machine_sid, read_json(file))
    else:
        accounts = _fresh(lab, config, machine_sid)
    named: list[User | Group] = [*accounts.users, *accounts.groups]
    for one in named:
        one.name = well_known.local_name(one.sid, one.name, config.language)
    accounts.follow_config()
    return accounts


@contextlib.contextmanager
def changing(lab: Path) -> Iterator[Accounts]:
    """The database for a change by this process alone, saved where nothing was raised."""
    with locked(lab):
        accounts = read(lab)
        yield accounts
        accounts.save()


@contextlib.contextmanager
def locked(lab: Path) -> Iterator[None]:
    import fcntl  # not on Windows, where tests against real hosts import this module

    (lab / "run").mkdir(parents=True, exist_ok=True)
    with (lab / "run" / "accounts.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def make(lab: Path) -> None:
    """The database of a new machine."""
    with changing(lab):
        pass


def password_is(lab: Path, name: str, password: str) -> bool:
    """Is this the account's password? For tests: nothing is counted or logged."""
    user = read(lab).user(name)
    return user is not None and matches(user.password, password)


def hashed(password: str) -> str:
    salt = secrets.token_hex(8)
    return f"{salt}${_hash(salt, password)}"


def matches(stored: str | None, password: str) -> bool:
    if stored is None:
        return not password
    salt, _, value = stored.partition("$")
    return hmac.compare_digest(value, _hash(salt, password))


def _hash(salt: str, password: str) -> str:
    digest = hashlib.pbkdf2_hmac(
        "sha256", password.encode("utf-16-le"), bytes.fromhex(salt), ROUNDS
    )
    return digest.hex()


def _is(one: User | Group, name: str) -> bool:
    return one.sid == name or one.name.lower() == name.lower()


def _plain(accounts: Accounts) -> dict[str, Any]:
    return {
        "users": [asdict(user) for user in accounts.users],
        "groups": [asdict(group) for group in accounts.groups],
        "policy": asdict(accounts.policy),
        "next_rid": accounts.next_rid,
        "connected_as": accounts.connected_as,
    }


def _stored(lab: Path, config: LabConfig, machine_sid: str, value: dict[str, Any]) -> Accounts:
    users = [User(**item) for item in value["users"]]
    groups = [Group(**item) for item in value["groups"]]
    return Accounts(
        lab, config, machine_sid, users, groups,
        Policy(**value["policy"]), value["next_rid"], value["connected_as"],
    )  # fmt: skip


def _fresh(lab: Path, config: LabConfig, machine_sid: str) -> Accounts:
    """What setup leaves: Administrator with a password nobody knows, the others disabled."""
    users = [
        User(
            names[0],
            f"{machine_sid}-{rid}",
            enabled=rid == well_known.ADMINISTRATOR_RID,
            password=hashed(secrets.token_urlsafe(18)) if rid in {500, 504} else None,
            password_required=rid in {500, 504},
            password_expires=rid == 504,
            may_change_password=rid != well_known.GUEST_RID,
        )
        for rid, names in well_known.ACCOUNTS.items()
    ]
    groups = [Group(names[0], sid) for sid, names in well_known.GROUPS.items()]
    accounts = Accounts(lab, config, machine_sid, users, groups)
    members = {
        ADMINISTRATORS: [f"{machine_sid}-500"],
        USERS: [well_known.INTERACTIVE, well_known.AUTHENTICATED],
        well_known.GUESTS: [f"{machine_sid}-501"],
        "S-1-5-32-568": ["S-1-5-17"],
    }
    for sid, found in members.items():
        group = accounts.group(sid)
        assert group is not None
        group.members = found
    return accounts
