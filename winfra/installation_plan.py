"""What is to be done so that a host has a PostgreSQL server of ours, and what forbids it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PureWindowsPath
from typing import Any

from pyinfra.api import OperationValueError

from winfra.facts.postgresql_installation import InstallationInfo
from winfra.messages import Message, postgresql_installation as messages
from winfra.path import is_root, windows_path

OLDEST = 15
"""The oldest major version that Prefect's database is supported on here."""
NEEDED = 256 * 2**20
"""What a new cluster needs: 40 MB at once, and as much again for its first log files (WAL) and temporary ones."""
_DATA = re.compile(r'\s-D\s+(?:"([^"]+)"|(\S+))')
Problem = tuple[Message, dict[str, Any]]


@dataclass(frozen=True)
class Wanted:
    """The server that is wanted, its values checked."""

    version: str
    folder: str
    data: str
    port: int

    def __post_init__(self) -> None:
        # A number where it comes from --data, whose values core reads as JSON where it can.
        object.__setattr__(self, "version", str(self.version))
        if not re.fullmatch(r"\d{2}", self.version) or int(self.version) < OLDEST:
            reason = f"{self.version!r} is no major version from {OLDEST} on"
            raise refused("version", reason)
        object.__setattr__(self, "folder", windows_path(self.folder, "folder"))
        object.__setattr__(self, "data", windows_path(self.data, "data"))
        for argument, path in {"folder": self.folder, "data": self.data}.items():
            if is_root(path):
                raise refused(argument, f"{path} is a whole drive")
        if self.data.startswith("\\\\"):
            raise refused("data", "a service's account cannot rely on a share")
        inside = PureWindowsPath(self.data)
        if PureWindowsPath(self.folder) in (inside, *inside.parents):
            raise refused("data", f"{self.data} is in the program folder, which updates replace")
        if not 1024 <= self.port <= 65_535:
            raise refused("port", f"{self.port} is none from 1024 to 65535")

    def check_installer(self) -> None:
        """What EDB's installer takes for a data folder (the expression is its own)."""
        if not re.fullmatch(r"[a-zA-Z]:\\[0-9a-zA-Z_\\\s.\-()]*", self.data, re.ASCII):
            raise refused("data", f"EDB's installer takes no such folder: {self.data}")
        if PureWindowsPath(self.data) in PureWindowsPath(self.folder).parents:
            raise refused("data", f"{self.data} holds the program folder")

    @property
    def service(self) -> str:
        return f"postgresql-x64-{self.version}"

    @property
    def account(self) -> str:
        return rf"NT SERVICE\{self.service}"

    @property
    def event_source(self) -> str:
        return f"PostgreSQL-{self.version}"

    def program(self, name: str) -> str:
        return rf"{self.folder}\bin\{name}.exe"


def refused(argument: str, reason: str) -> OperationValueError:
    return OperationValueError(messages.INSTALLATION_REFUSED.text(argument=argument, reason=reason))


def has_cluster(found: InstallationInfo, wanted: Wanted) -> bool:
    """Is there a cluster of ours, for this service?"""
    cluster = found["cluster"]
    return bool(
        cluster and cluster["version"] == wanted.version and cluster["made_for"] == wanted.service
    )


def problem(found: InstallationInfo, wanted: Wanted, host: str) -> Problem | None:
    """The first reason why nothing may be done."""
    return next(_problems(found, wanted, host), None)


def _problems(found: InstallationInfo, wanted: Wanted, host: str) -> Iterator[Problem]:
    known = {"host": host, "data": wanted.data}
    cluster = found["cluster"]
    if cluster and cluster["version"] is not None and cluster["version"] != wanted.version:
        values = {"found": cluster["version"], "version": wanted.version}
        yield messages.OTHER_MAJOR, {**known, **values}
    served = data_of(found["path"])
    ours = has_cluster(found, wanted)
    if found["begun"] and not ours and same_path(served, wanted.data):
        return  # the installer has done its part, and ours is to be taken up
    if found["path"] is not None and not (ours and same_path(served, wanted.data)):
        data = served or "an unknown folder"
        yield messages.FOREIGN_SERVICE, {"host": host, "service": wanted.service, "data": data}
    if cluster and not ours and (cluster["version"] is not None or cluster["control"]):
        yield messages.FOREIGN_CLUSTER, {**known, "version": cluster["version"] or "?"}
    if cluster and not ours and cluster["entries"]:
        yield messages.NOT_EMPTY, {**known, "entries": ", ".join(cluster["entries"])}
    if found["state"] != "Running":
        yield from _obstacles(found, wanted, host, ours=ours)


def _obstacles(
    found: InstallationInfo, wanted: Wanted, host: str, *, ours: bool
) -> Iterator[Problem]:
    for noted in found["noted"]:
        if found["path"] is None and wanted.service.lower() in {
            noted["key"].lower(),
            noted["service"].lower(),
        }:
            values = {key: noted[key] or "unknown" for key in ("key", "folder", "data")}
            yield messages.HALF_INSTALLED, {**values, "host": host, "service": wanted.service}
    if found["port_taken"] and found["state"] in {None, "Stopped"}:
        yield messages.PORT_TAKEN, {"host": host, "port": wanted.port}
    if not ours and found["free"] is not None and found["free"] < NEEDED:
        free, needed = found["free"] // 2**20, NEEDED // 2**20
        drive = wanted.data[:2]
        yield messages.NO_SPACE, {"host": host, "drive": drive, "free": free, "needed": needed}


def options(wanted: Wanted, superuser: str, locale: str) -> list[str]:
    """Lines of the installer's option file; the password is written on the host."""
    values = {
        "mode": "unattended",
        "unattendedmodeui": "none",
        "superaccount": superuser,
        "servicename": wanted.service,
        "serverport": wanted.port,
        "prefix": wanted.folder,
        "datadir": wanted.data,
        "locale": locale,
        "disable-components": "pgAdmin,stackbuilder",
        "install_runtimes": 0,
        "enable_acledit": 1,
        "create_shortcuts": 0,
    }
    return [f"{name}={value}" for name, value in values.items()]


def data_of(command_line: str | None) -> str | None:
    """The data folder in the command line of a service."""
    found = _DATA.search(command_line or "")
    return (found[1] or found[2]) if found else None


def same_path(one: str | None, other: str) -> bool:
    return one is not None and PureWindowsPath(one) == PureWindowsPath(other)
