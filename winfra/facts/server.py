"""Facts about the running server."""

from __future__ import annotations

from datetime import datetime
from typing import Any, cast

from typing_extensions import override

from winfra.fact import WindowsFact
from winfra.script import Script
from winfra.text import utc_time


class BootTime(WindowsFact[datetime]):
    """Returns when Windows started: ``datetime(2026, 1, 31, 12, tzinfo=UTC)``."""

    def command(self) -> Script:
        return Script("get_boot")

    @override
    def read(self, value: Any) -> datetime:
        return utc_time(value["BootTime"])


class Hostname(WindowsFact[str]):
    """Returns the computer's name: ``"SRV1"``."""

    def command(self) -> Script:
        return Script("get_session")

    @override
    def read(self, value: Any) -> str:
        return cast(str, value["Computer"])
