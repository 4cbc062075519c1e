"""Facts about user rights."""

from __future__ import annotations

from typing import Any, TypedDict

from typing_extensions import override

from winfra.fact import WindowsFact
from winfra.script import Script


class Policy(TypedDict):
    """What a domain's policy says of a right: only these accounts have it."""

    gpo: str
    sids: list[str]


class Right(TypedDict):
    """Who has a right, who is denied it, and which policy decides."""

    granted: list[str]
    denied: list[str]
    policy: Policy | None


class UserRight(WindowsFact[Right]):
    """
    Returns the SIDs that have a right, and those that the right's counterpart denies it:

    .. code:: python

        {
            "granted": ["S-1-5-80-0", "S-1-5-21-1-2-3-1001"],
            "denied": [],
            "policy": {"gpo": "Server baseline", "sids": ["S-1-5-80-0"]},
        }

    ``policy`` is ``None`` where no group policy of a domain sets the right.
    """

    def command(self, right: str) -> Script:
        return Script("get_user_right", Right=right)

    @override
    def read(self, value: Any) -> Right:
        policy = value["Policy"]
        return Right(
            granted=value["Granted"],
            denied=value["Denied"],
            policy=policy and Policy(gpo=policy["Gpo"], sids=policy["Sids"]),
        )
