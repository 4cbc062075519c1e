"""Facts about accounts and groups of the host."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, TypedDict, cast

from pyinfra.api.hiddenvalue import HiddenValue
from typing_extensions import override

from winfra.fact import WindowsFact
from winfra.script import Script

NEVER = "never"
PasswordState = Literal["matches", "differs", "must_change", "locked", "disabled", "untestable"]


class UserInfo(TypedDict):
    """A local account."""

    sid: str
    name: str
    comment: str
    enabled: bool
    expires: str
    password_expires: bool
    locked: bool


class Member(TypedDict):
    """A member of a group; ``name`` is ``None`` for an account that no longer exists."""

    sid: str
    name: str | None


class Sids(WindowsFact[dict[str, str | None]]):
    """Returns the SIDs of accounts by their names, ``None`` for each that the host does not know."""

    def command(self, accounts: Sequence[str]) -> Script:
        return Script("get_sids", Account=list(accounts))

    @override
    def read(self, value: Any) -> dict[str, str | None]:
        return {item["Account"]: item["Sid"] for item in value["Items"]}


class Names(WindowsFact[dict[str, str | None]]):
    """Returns the names of accounts by their SIDs, in the host's language; ``None`` for orphans."""

    def command(self, sids: Sequence[str]) -> Script:
        return Script("get_account_names", Sid=list(sids))

    @override
    def read(self, value: Any) -> dict[str, str | None]:
        return {item["Sid"]: item["Name"] for item in value["Items"]}


class User(WindowsFact[UserInfo | None]):
    """
    Returns a local account, or ``None`` where there is none:

    .. code:: python

        {
            "sid": "S-1-5-21-1-2-3-1001",
            "name": "svc_prefect",
            "comment": "Prefect service account",
            "enabled": True,
            "expires": "never",            # or 2030-01-31T12:00:00Z
            "password_expires": False,
            "locked": False,
        }
    """

    def command(self, user: str) -> Script:
        return Script("get_user", User=user.removeprefix(".\\"))

    @override
    def read(self, value: Any) -> UserInfo | None:
        if value is None:
            return None
        return UserInfo(
            sid=value["Sid"],
            name=value["Name"],
            comment=value["Comment"],
            enabled=value["Enabled"],
            expires=value["Expires"] or NEVER,
            password_expires=value["PasswordExpires"],
            locked=value["Locked"],
        )


class Password(WindowsFact[PasswordState]):
    """Returns whether a password is a local account's.

    Each time it is collected is an attempt to log on: ``winfra.password.state`` collects it once.
    """

    def command(self, user: str, password: HiddenValue) -> Script:
        return Script("test_password", User=user.removeprefix(".\\"), Password=password)

    @override
    def read(self, value: Any) -> PasswordState:
        return cast(PasswordState, value["State"])


class GroupMembers(WindowsFact[list[Member] | None]):
    """Returns the direct members of a local group, orphans included; ``None`` without the group.

    + group: its SID or its name
    """

    def command(self, group: str) -> Script:
        return Script("get_group_members", Group=group)

    @override
    def read(self, value: Any) -> list[Member] | None:
        if value is None:
            return None
        return [Member(sid=item["Sid"], name=item["Name"]) for item in value["Items"]]
