"""What the service host is told of a service: its configuration file, checked before it is written."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import urlsplit

from pyinfra.api import OperationValueError

from winfra.messages.service_host import REFUSED
from winfra.path import windows_path

_HOUR = 3600
_DAY = 24 * _HOUR


@dataclass(frozen=True)
class Probe:
    """How the host asks whether the program answers; one that lives but is deaf is started again.

    + url: a page of its own, ``http://…``; any answer but a server's error will do
    + port: instead of a page, a port that accepts connections
    + address: of that port
    + seconds: from one question to the next
    + timeout: how long an answer may take
    + failures: after so many in a row it is deaf
    + start_seconds: how long it may take until it answers for the first time
    """

    url: str | None = None
    port: int | None = None
    address: str = "127.0.0.1"
    seconds: float = 30
    timeout: float = 5
    failures: int = 3
    start_seconds: float = 120

    def __post_init__(self) -> None:
        if (self.url is None) == (self.port is None):
            raise refused("probe", "it needs either url or port")
        if self.url is not None:
            _check_url(self.url)
        if self.port is not None:
            _check("probe", self.port, 1, 65_535, whole=True)
        _check("probe", self.seconds, 0.01, _DAY)
        _check("probe", self.timeout, 0.01, _HOUR)
        _check("probe", self.failures, 1, 1000, whole=True)
        _check("probe", self.start_seconds, 0, _DAY)

    @property
    def settings(self) -> dict[str, Any]:
        where = {"url": self.url} if self.url else {"address": self.address, "port": self.port}
        rest = {key: value for key, value in asdict(self).items() if key not in {
            "url", "address", "port",
        }}  # fmt: skip
        return {**where, **rest}


@dataclass(frozen=True)
class Restarts:
    """How often the program is started again within so many seconds; then Windows' recovery acts."""

    count: int = 3
    seconds: float = 300

    def __post_init__(self) -> None:
        _check("restarts", self.count, 0, 1000, whole=True)
        _check("restarts", self.seconds, 0, _DAY)


@dataclass(frozen=True)
class Log:
    """A log that is begun anew when it has so many bytes; so many older ones are kept."""

    path: str
    bytes: int = 10 * 1024 * 1024
    keep: int = 5

    def __post_init__(self) -> None:
        _check("log_bytes", self.bytes, 1024, 1024**3, whole=True)
        _check("log_keep", self.keep, 0, 1000, whole=True)


@dataclass(frozen=True)
class Configuration:
    """The file's content, by the names that the host reads."""

    service: str
    command: Sequence[str]
    directory: str
    log: Log
    settings: str | None
    record: str
    probe: Probe | None
    stop_seconds: float
    restarts: Restarts

    def __post_init__(self) -> None:
        check_command(self.command)
        windows_path(self.command[0], "command", file=True)
        _check("stop_seconds", self.stop_seconds, 0, _HOUR)

    @property
    def content(self) -> bytes:
        values = {
            **{key: getattr(self, key) for key in ("service", "directory", "settings", "record")},
            "command": list(self.command),
            "log": asdict(self.log),
            "probe": self.probe.settings if self.probe else None,
            "stop_seconds": self.stop_seconds,
            "restarts": asdict(self.restarts),
        }
        return (json.dumps(values, indent=2, ensure_ascii=False) + "\n").encode()


def check_command(command: Sequence[Any]) -> None:
    if isinstance(command, str) or not command or not command[0]:
        raise refused("command", "it is no list of a program and its arguments")
    for argument in command:
        if not isinstance(argument, str) or "\0" in argument:
            raise refused("command", f"{argument!r} is no text")


def refused(argument: str, reason: str) -> OperationValueError:
    return OperationValueError(REFUSED.text(argument=argument, reason=reason))


def _check_url(url: str) -> None:
    try:
        parts = urlsplit(url)
        good = parts.scheme == "http" and parts.hostname and parts.port != 0
    except ValueError:
        good = False
    if not good or parts.username is not None:
        raise refused("probe", f"{url!r} is no http:// address without a user; give port instead")


def _check(argument: str, value: float, least: float, most: float, *, whole: bool = False) -> None:
    kind = int if whole else (int, float)
    if isinstance(value, bool) or not isinstance(value, kind) or not least <= value <= most:
        what = "whole number" if whole else "number"
        raise refused(argument, f"{value!r} is no {what} from {least:g} to {most:g}")
