"""What a lab's WS-Management endpoint is told: users, quotas, time limits, faults to bring about.

The defaults are those of Windows Server 2016 and newer as ``winrm get winrm/config`` prints them.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Literal

UNLIMITED = 2147483647

FaultKind = Literal[
    "cut_reply", "drop", "unavailable", "delay", "refuse", "access_denied", "forget", "restart"
]


@dataclass(frozen=True)
class User:
    """An account that may try to log on over the network.

    + administrator: member of Administrators
    + full_token: False as remote UAC filtering leaves a local administrator: access is denied
    + remote_management: member of Remote Management Users: may open shells, is no administrator
    """

    name: str
    password: str
    administrator: bool = True
    disabled: bool = False
    full_token: bool = True
    remote_management: bool = False

    @property
    def may_manage(self) -> bool:
        """Does the listener's access list let this user in?"""
        return self.remote_management or (self.administrator and self.full_token)


@dataclass(frozen=True)
class Quotas:
    """Limits of ``winrm/config``, each named as there."""

    max_envelope_size_kb: int = 500
    max_timeout_ms: int = 60_000
    max_shells_per_user: int = UNLIMITED
    max_processes_per_shell: int = UNLIMITED
    max_memory_per_shell_mb: int = UNLIMITED
    max_concurrent_users: int = UNLIMITED
    max_concurrent_operations_per_user: int = 1500
    max_connections: int = 300


@dataclass(frozen=True)
class Timeouts:
    """Seconds of silence after which things end.

    + shell_idle: of a shell whose client asked for no IdleTimeOut
    + shell_idle_minimum: the smallest IdleTimeOut that a client may ask for
    + connection_idle: of an HTTP connection
    """

    shell_idle: float = 7200.0
    shell_idle_minimum: float = 60.0
    connection_idle: float = 120.0


@dataclass(frozen=True)
class Authentication:
    """Which ways in are open, as under ``winrm/config/service``.

    + keytab: file with the keys of HTTP/HOST for Kerberos; empty: Kerberos is refused
    + certificates: file of a client certificate (PEM) -> name of the user it stands for
    """

    allow_unencrypted: bool = False
    basic: bool = True
    negotiate: bool = True
    kerberos: bool = True
    certificate: bool = False
    channel_binding: Literal["None", "Relaxed", "Strict"] = "Relaxed"
    keytab: str = ""
    certificates: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Fault:
    """Something that goes wrong on purpose.

    + kind: ``cut_reply`` closes the socket in the middle of the reply's body; ``drop`` closes it
      after the request was carried out, before the reply; ``unavailable`` answers HTTP 503;
      ``delay`` waits ``seconds`` before the reply; ``refuse`` answers with the WS-Management
      fault ``code``; ``access_denied`` answers fault 5; ``forget`` ends all shells before the
      request is looked at; ``restart`` ends all shells and connections, refuses new ones for
      ``seconds``, then serves again
    + action: only requests of this action (``Create``, ``Command``, ``Send``, ``Receive``,
      ``Signal``, ``Delete``, ``Get``); empty: any. A ``restart`` without one happens at once
    + after: so many such requests pass first
    + times: how often; 0: always
    + identity: tells two equal faults apart; a new one is a new fault
    """

    kind: FaultKind
    action: str = ""
    after: int = 0
    times: int = 1
    seconds: float = 0.0
    code: int = 0
    identity: str = field(default_factory=lambda: uuid.uuid4().hex)


@dataclass(frozen=True)
class EndpointConfig:
    """All settings of the endpoint; ``read_config`` makes it of JSON, ``asdict`` JSON of it.

    + host_name: the computer's name
    + os_version: what an answer to Identify says
    + http_port, https_port: 0: any free one; read at the start only
    + record: every decrypted message goes to a numbered file under the log folder
    """

    host_name: str = "WINLAB"
    os_version: str = "10.0.17763"
    http_port: int = 0
    https_port: int = 0
    users: tuple[User, ...] = ()
    quotas: Quotas = field(default_factory=Quotas)
    timeouts: Timeouts = field(default_factory=Timeouts)
    authentication: Authentication = field(default_factory=Authentication)
    faults: tuple[Fault, ...] = ()
    record: bool = False

    def user(self, name: str) -> User | None:
        """The user of this name, found as Windows does without regard to case."""
        return next((user for user in self.users if user.name.lower() == name.lower()), None)


def read_config(value: Mapping[str, Any]) -> EndpointConfig:
    """The settings in what JSON gave; names that are not the endpoint's are left alone."""
    known = {name: value[name] for name in _names(EndpointConfig) if name in value}
    for name, kind in _PARTS.items():
        if name in known:
            known[name] = _read(kind, known[name])
    for name, kind in _LISTS.items():
        if name in known:
            known[name] = tuple(_read(kind, item) for item in known[name])
    return EndpointConfig(**known)


def watched(path: Path, read: Callable[[Path], EndpointConfig]) -> Callable[[], EndpointConfig]:
    """The settings in a file, read again whenever the file is another one or has changed."""
    seen: tuple[tuple[int, int, int], EndpointConfig] | None = None

    def current() -> EndpointConfig:
        nonlocal seen
        status = path.stat()
        mark = (status.st_ino, status.st_mtime_ns, status.st_size)
        if seen is None or seen[0] != mark:
            seen = (mark, read(path))
        return seen[1]

    return current


_PARTS: dict[str, type[Any]] = {
    "quotas": Quotas,
    "timeouts": Timeouts,
    "authentication": Authentication,
}
_LISTS: dict[str, type[Any]] = {"users": User, "faults": Fault}


def _names(kind: type[Any]) -> list[str]:
    return [item.name for item in fields(kind)]


def _read(kind: type[Any], value: Mapping[str, Any]) -> Any:
    return kind(**{name: value[name] for name in _names(kind) if name in value})
