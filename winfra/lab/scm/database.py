"""What services are configured to be: the keys below ``Services`` in the registry, and nothing beside."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from winfra.lab.registry import Data, Kind, Registry
from winfra.lab.scm import codes
from winfra.lab.scm.windows_services import KEY, LOCAL_SYSTEM

LONGEST_NAME = 256
DEFAULT_PRESHUTDOWN = 10_000
"""Milliseconds since Windows 10 version 1703 (SERVICE_PRESHUTDOWN_INFO)."""
# Setting -> value of the registry and its kind, for what is stored as it comes.
_STORED: dict[str, tuple[str, Kind]] = {
    "type": ("Type", "DWord"),
    "start": ("Start", "DWord"),
    "delayed": ("DelayedAutostart", "DWord"),
    "error_control": ("ErrorControl", "DWord"),
    "path": ("ImagePath", "ExpandString"),
    "display_name": ("DisplayName", "String"),
    "account": ("ObjectName", "String"),
    "group": ("Group", "String"),
    "description": ("Description", "String"),
    "failure_flag": ("FailureActionsOnNonCrashFailures", "DWord"),
    "sid_type": ("ServiceSidType", "DWord"),
    "privileges": ("RequiredPrivileges", "MultiString"),
    "preshutdown_milliseconds": ("PreshutdownTimeout", "DWord"),
    "environment": ("Environment", "MultiString"),
}
SETTINGS = {*_STORED, "dependencies", "failure", "password"}


@dataclass(frozen=True)
class Failure:
    """Recovery (SERVICE_FAILURE_ACTIONS).

    + actions: of the first, second … failure: type and delay in milliseconds; the last one goes on
    """

    reset_seconds: int = 0
    reboot_message: str = ""
    command: str = ""
    actions: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True)
class Service:
    """One service as the registry has it."""

    name: str
    type: int
    start: int
    delayed: bool
    error_control: int
    path: str
    display_name: str
    account: str
    group: str
    dependencies: tuple[str, ...]
    description: str
    failure: Failure
    failure_flag: bool
    sid_type: int
    privileges: tuple[str, ...]
    preshutdown_milliseconds: int
    environment: tuple[str, ...]
    delete_flag: bool

    def plain(self) -> dict[str, Any]:
        value = asdict(self)
        value["failure"]["actions"] = [list(one) for one in self.failure.actions]
        return {name: list(v) if isinstance(v, tuple) else v for name, v in value.items()}


class Database:
    """The services of one registry, read anew at each call."""

    def __init__(self, registry: Registry) -> None:
        self.registry = registry

    def names(self) -> list[str]:
        """All services that are no drivers."""
        found = self.registry.subkeys(KEY)
        return [name for name in found if _is_service(self.registry.get(rf"{KEY}\{name}", "Type"))]

    def all(self) -> Iterator[Service]:
        for name in self.registry.subkeys(KEY):
            if (service := self.find(name)) is not None:
                yield service

    def find(self, name: str) -> Service | None:
        """A service by its name, in any case."""
        if not is_name(name):
            return None
        values = self.registry.values(rf"{KEY}\{name}")
        one = {key.lower(): data for key, (_, data) in values.items()}
        if not _is_service(one.get("type")):
            return None
        return _service(self.registry.name(rf"{KEY}\{name}"), one)

    def is_driver(self, name: str) -> bool:
        kind = self.registry.get(rf"{KEY}\{name}", "Type")
        return isinstance(kind, int) and not kind & codes.WIN32

    def write(self, name: str, settings: Mapping[str, Any]) -> None:
        """Store settings, checked before; an empty text or list removes what it may remove."""
        key = rf"{KEY}\{name}"
        if not self.registry.exists(key):
            self.registry.set_all(key, {})
        for setting, (value, kind) in _STORED.items():
            if setting in settings:
                self._set(key, value, settings[setting], kind)
        if "dependencies" in settings:
            groups = [one[1:] for one in settings["dependencies"] if one.startswith("+")]
            names = [one for one in settings["dependencies"] if not one.startswith("+")]
            self._set(key, "DependOnService", names, "MultiString")
            self._set(key, "DependOnGroup", groups, "MultiString")
        if "failure" in settings:
            self._set_failure(key, settings["failure"])

    def mark(self, name: str) -> None:
        """Mark for deletion."""
        self.registry.set(rf"{KEY}\{name}", "DeleteFlag", 1)

    def delete(self, name: str) -> None:
        self.registry.delete(rf"{KEY}\{name}")

    def limit(self, value: str, default: int) -> float:
        """A time limit of the control manager, from milliseconds to seconds."""
        stored = self.registry.get(r"HKLM\SYSTEM\CurrentControlSet\Control", value)
        try:
            return int(str(stored if stored is not None else default)) / 1000
        except ValueError:
            return default / 1000

    def _set(self, key: str, value: str, data: Any, kind: Kind) -> None:
        if isinstance(data, (str, list, tuple)) and not data:
            self.registry.remove(key, value)
        else:
            self.registry.set(key, value, int(data) if kind == "DWord" else data, kind)

    def _set_failure(self, key: str, given: Mapping[str, Any]) -> None:
        if "reboot_message" in given:
            self._set(key, "RebootMessage", given["reboot_message"], "String")
        if "command" in given:
            self._set(key, "FailureCommand", given["command"], "String")
        if "actions" in given:
            packed = _packed(given.get("reset_seconds", 0), given["actions"])
            if given["actions"]:
                self.registry.set(key, "FailureActions", packed)
            else:
                self.registry.remove(key, "FailureActions")


def _is_service(kind: Data | None) -> bool:
    return isinstance(kind, int) and bool(kind & codes.WIN32)


def is_name(name: str) -> bool:
    return 0 < len(name) <= LONGEST_NAME and not {"/", "\\"} & set(name)


def _service(name: str, values: Mapping[str, Data]) -> Service:
    groups = [f"+{one}" for one in _texts(values.get("dependongroup"))]
    return Service(
        name=name,
        type=_number(values.get("type"), codes.OWN_PROCESS),
        start=_number(values.get("start"), codes.DEMAND_START),
        delayed=bool(_number(values.get("delayedautostart"))),
        error_control=_number(values.get("errorcontrol"), codes.ERROR_NORMAL),
        path=_text(values.get("imagepath")),
        display_name=_text(values.get("displayname")) or name,
        account=_text(values.get("objectname")) or LOCAL_SYSTEM,
        group=_text(values.get("group")),
        dependencies=(*_texts(values.get("dependonservice")), *groups),
        description=_text(values.get("description")),
        failure=_failure(values),
        failure_flag=bool(_number(values.get("failureactionsonnoncrashfailures"))),
        sid_type=_number(values.get("servicesidtype")),
        privileges=_texts(values.get("requiredprivileges")),
        preshutdown_milliseconds=_number(values.get("preshutdowntimeout"), DEFAULT_PRESHUTDOWN),
        environment=_texts(values.get("environment")),
        delete_flag=bool(_number(values.get("deleteflag"))),
    )


# FailureActions: the structure of 32-bit Windows, its two texts in values of their own.
def _packed(reset_seconds: int, actions: list[list[int]]) -> bytes:
    head = struct.pack("<5I", reset_seconds, 0, 0, len(actions), 0x14)
    return head + b"".join(struct.pack("<2I", *action) for action in actions)


def _failure(values: Mapping[str, Data]) -> Failure:
    texts = _text(values.get("rebootmessage")), _text(values.get("failurecommand"))
    packed = values.get("failureactions")
    if not isinstance(packed, bytes) or len(packed) < 0x14:
        return Failure(0, *texts)
    reset_seconds, _, _, count, _ = struct.unpack_from("<5I", packed)
    count = min(count, (len(packed) - 0x14) // 8)
    actions = [struct.unpack_from("<2I", packed, 0x14 + 8 * n) for n in range(count)]
    return Failure(reset_seconds, *texts, tuple((kind, delay) for kind, delay in actions))


def _number(data: Data | None, default: int = 0) -> int:
    return data & 0xFFFFFFFF if isinstance(data, int) else default


def _text(data: Data | None) -> str:
    return data if isinstance(data, str) else ""


def _texts(data: Data | None) -> tuple[str, ...]:
    return tuple(one for one in data if one) if isinstance(data, list) else ()
