"""Facts that preflight alone asks for."""

from __future__ import annotations

import time
from typing import Any, TypedDict

from typing_extensions import override

from winfra.fact import WindowsFact
from winfra.script import Script


class Session(TypedDict):
    """The account of the session, and what it meets; ``clock`` is seconds ahead of this machine."""

    user: str
    administrator: bool
    full_token: bool
    auto_run: dict[str, str]
    clock: float


class PreflightSession(WindowsFact[Session]):
    r"""
    Returns the rights of the connected account, AutoRun commands and the clock:

    .. code:: python

        {
            "user": "deployer",
            "administrator": True,
            "full_token": True,
            "auto_run": {"HKLM\\Software\\Microsoft\\Command Processor": "chcp 65001"},
            "clock": 0.4,
        }
    """

    def command(self) -> Script:
        # The time is a parameter, so each question is a new one: a kept answer's clock is old.
        return Script("get_preflight", ControlTime=time.time_ns() // 1_000_000)

    @override
    def read(self, value: Any) -> Session:
        return {
            "user": value["User"],
            "administrator": value["Administrator"],
            "full_token": value["FullToken"],
            "auto_run": {item["Key"]: item["Command"] for item in value["AutoRun"]},
            "clock": value["ClockMilliseconds"] / 1000,
        }
