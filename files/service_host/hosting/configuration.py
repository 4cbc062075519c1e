"""What the host is told: one JSON file a service, checked before anything is started."""

from __future__ import annotations

import json
import ntpath
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

MEGABYTE = 1024 * 1024
HOUR = 3600.0
DAY = 24 * HOUR
_NEEDED: Any = object()


class ConfigurationError(ValueError):
    """The sentence about it; ``log`` is where it can be written, as far as that is known."""

    log: Log | None = None


@dataclass(frozen=True)
class Log:
    """A log that is begun anew when it has so many bytes; so many older ones are kept."""

    path: str
    bytes: int
    keep: int


@dataclass(frozen=True)
class Probe:
    """How the host asks whether its child answers: a page, or a connection where it is ``None``.

    + failures: so many in a row, and the child is deaf
    + start_seconds: how long it may take until it answers for the first time
    """

    address: str
    port: int
    page: str | None
    seconds: float
    timeout: float
    failures: int
    start_seconds: float


@dataclass(frozen=True)
class Restarts:
    """A child that ends is started again, so often within so many seconds."""

    count: int
    seconds: float


@dataclass(frozen=True)
class Program:
    """What is started: arguments, folder, and the file with its environment."""

    command: tuple[str, ...]
    directory: str
    settings: str | None


@dataclass(frozen=True)
class Service:
    """A service that runs a program until it is stopped."""

    name: str
    program: Program
    log: Log
    probe: Probe | None
    stop_seconds: float
    restarts: Restarts
    record: str | None


@dataclass(frozen=True)
class Check:
    """One run of a program, whose output goes into a file.

    + environment: variables beside those of the settings, and before them
    """

    program: Program
    output: str
    seconds: float
    environment: Mapping[str, str]


def service(content: bytes) -> Service:
    """Read the configuration of a service."""
    section = _Section(_document(content), "")
    log = _log(section.section("log"))
    try:
        found = Service(
            name=section.text("service"),
            program=_program(section, anywhere=False),
            log=log,
            probe=_probe(section.section("probe", None)),
            stop_seconds=section.number("stop_seconds", 0, HOUR, 30),
            restarts=_restarts(section.section("restarts", {})),
            record=section.path("record", None),
        )
        section.end()
    except ConfigurationError as error:
        error.log = log
        raise
    return found


def check(content: bytes) -> Check:
    """Read the configuration of one run."""
    section = _Section(_document(content), "")
    found = Check(
        program=_program(section, anywhere=True),
        output=section.path("output"),
        seconds=section.number("seconds", 0, DAY, 60),
        environment=section.variables("environment"),
    )
    section.end()
    return found


class _Section:
    """One object of the configuration; what nothing has asked for at the end is refused."""

    def __init__(self, values: Any, name: str) -> None:
        if not isinstance(values, dict):
            raise ConfigurationError(f"{name or 'it'} must be an object, and is {_shown(values)}")
        self._values: dict[str, Any] = dict(values)
        self._name = name

    def take(self, key: str, default: Any) -> Any:
        value = self._values.pop(key, default)
        if value is _NEEDED:
            raise ConfigurationError(f"{self._called(key)} is missing")
        return value

    def text(self, key: str, default: Any = _NEEDED) -> Any:
        value = self.take(key, default)
        if value is not default and (not isinstance(value, str) or not value or "\0" in value):
            self._refuse(key, value, "a text")
        return value

    def path(self, key: str, default: Any = _NEEDED) -> Any:
        value = self.text(key, default)
        if value is not default and not is_full_path(value):
            self._refuse(key, value, r"a full path such as D:\prefect_data\logs\x.log")
        return value

    def number(self, key: str, least: float, most: float, default: Any = _NEEDED) -> Any:
        value = self.take(key, default)
        is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
        if not is_number or not least <= value <= most:
            self._refuse(key, value, f"a number from {least:g} to {most:g}")
        return value

    def whole(self, key: str, least: int, most: int, default: Any = _NEEDED) -> Any:
        value = self.number(key, least, most, default)
        if not isinstance(value, int):
            self._refuse(key, value, "a whole number")
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        value = self.take(key, _NEEDED)
        if not isinstance(value, list) or not value or not value[0]:
            self._refuse(key, value, "a list that begins with a program")
        if not all(isinstance(item, str) and "\0" not in item for item in value):
            self._refuse(key, value, "a list of texts")
        return tuple(value)

    def variables(self, key: str) -> dict[str, str]:
        value = self.take(key, {})
        if not isinstance(value, dict) or not all(isinstance(one, str) for one in value.values()):
            self._refuse(key, value, "an object of texts")
        return dict(value)

    def section(self, key: str, default: Any = _NEEDED) -> Any:
        value = self.take(key, default)
        return None if value is None else _Section(value, self._called(key))

    def end(self) -> None:
        if self._values:
            names = ", ".join(self._called(key) for key in sorted(self._values))
            raise ConfigurationError(f"{names}: there is no such setting")

    def _called(self, key: str) -> str:
        return f"{self._name}.{key}" if self._name else key

    def _refuse(self, key: str, value: Any, wanted: str) -> None:
        raise ConfigurationError(f"{self._called(key)} must be {wanted}, and is {_shown(value)}")


def is_full_path(path: str) -> bool:
    drive, rest = ntpath.splitdrive(path)
    return bool(drive) and rest.startswith(("\\", "/"))


def _document(content: bytes) -> Any:
    try:
        return json.loads(content.decode("utf-8-sig"))
    except ValueError as error:
        raise ConfigurationError(f"it is not JSON in UTF-8: {error}") from error


def _program(section: _Section, *, anywhere: bool) -> Program:
    command = section.texts("command")
    if not anywhere and not is_full_path(command[0]):
        raise ConfigurationError(f"command: {command[0]} is not a full path")
    return Program(
        command=command,
        directory=section.path("directory"),
        settings=section.path("settings", None),
    )


def _log(section: _Section | None) -> Log:
    if section is None:
        raise ConfigurationError("log must be an object, and is null")
    log = Log(
        path=section.path("path"),
        bytes=section.whole("bytes", 1024, 1024 * MEGABYTE, 10 * MEGABYTE),
        keep=section.whole("keep", 0, 1000, 5),
    )
    section.end()
    return log


def _restarts(section: _Section | None) -> Restarts:
    if section is None:
        return Restarts(0, 0.0)
    restarts = Restarts(
        count=section.whole("count", 0, 1000, 3),
        seconds=section.number("seconds", 0, DAY, 300),
    )
    section.end()
    return restarts


def _probe(section: _Section | None) -> Probe | None:
    if section is None:
        return None
    url = section.text("url", None)
    address, port, page = _page(url) if url else _address(section)
    probe = Probe(
        address=address,
        port=port,
        page=page,
        seconds=section.number("seconds", 0.01, DAY, 30),
        timeout=section.number("timeout", 0.01, HOUR, 5),
        failures=section.whole("failures", 1, 1000, 3),
        start_seconds=section.number("start_seconds", 0, DAY, 120),
    )
    section.end()
    return probe


def _page(url: str) -> tuple[str, int, str]:
    try:
        parts = urlsplit(url)
        port = parts.port or 80
    except ValueError as error:
        raise ConfigurationError(f"probe.url is no address: {error}") from error
    # TLS would need certificates and ssl's start-up time to learn no more than a connection tells.
    if parts.scheme != "http" or not parts.hostname or parts.username is not None:
        raise ConfigurationError(
            f"probe.url must begin with http:// and name no user, and is {_shown(url)}; "
            "for others give probe.address and probe.port"
        )
    return parts.hostname, port, (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def _address(section: _Section) -> tuple[str, int, None]:
    return section.text("address"), section.whole("port", 1, 65535), None


def _shown(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 80 else f"{text[:77]}..."
