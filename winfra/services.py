"""Services: what is wanted of one, checked, put as Windows keeps it, and compared with what is there."""

from __future__ import annotations

import re
import struct
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypedDict

from pyinfra.api import OperationValueError
from pyinfra.api.hiddenvalue import HiddenValue

from winfra.messages.operations import SECRET_REFUSED
from winfra.messages.services import REFUSED
from winfra.path import windows_path
from winfra.sid import SYSTEM, is_managed, is_sid, is_virtual, known_sid

Enabled = Literal["automatic", "delayed", "manual", "disabled"]
SidType = Literal["none", "unrestricted", "restricted"]

SID_TYPES: dict[int, SidType] = {0: "none", 1: "unrestricted", 3: "restricted"}
"""SERVICE_SID_TYPE_…, as ``ServiceSidType`` holds them."""
LOCAL_SERVICE, NETWORK_SERVICE = "S-1-5-19", "S-1-5-20"
# CreateService: these names are the same in every language of Windows.
_BUILT_IN = {
    SYSTEM: "LocalSystem",
    LOCAL_SERVICE: r"NT AUTHORITY\LocalService",
    NETWORK_SERVICE: r"NT AUTHORITY\NetworkService",
}
_ACTIONS = ("none", "restart", "reboot", "run", "own restart")
"""SC_ACTION_TYPE."""
_NEVER = 0xFFFFFFFF
_LONGEST_NAME = 256
_LARGEST_SECONDS = 0x7FFFFFFF / 1000
_CONTROL = re.compile(r"[\x00-\x1f]")
_FOLDERS = re.compile(r"%(systemroot|windir|systemdrive)%", re.IGNORECASE)
_PRIVILEGE = re.compile(r"Se\w+Privilege")


class RecoveryInfo(TypedDict):
    """``actions`` are kinds and seconds; ``reset_seconds`` is ``None`` where failures never expire."""

    actions: list[tuple[str, float]]
    reset_seconds: int | None
    on_error_exit: bool


class ServiceInfo(TypedDict):
    """
    A service as it is.

    ``dependencies`` are services, and groups with a ``+`` before their names; ``dependents`` those
    that run, in the order in which they can be stopped; ``state`` is Win32_Service's; ``record``
    what the service itself wrote when it started.
    """

    service: str
    display_name: str
    description: str
    path: str
    account: str
    account_sid: str | None
    enabled: Enabled
    dependencies: list[str]
    recovery: RecoveryInfo
    sid_type: SidType
    privileges: list[str]
    preshutdown_seconds: float | None
    environment: dict[str, str]
    marked_for_deletion: bool
    state: str
    process_id: int
    dependents: list[str]
    record: dict[str, Any] | None


@dataclass(frozen=True)
class Recovery:
    """What Windows does when a service fails.

    + actions: of the first, second … failure: ``restart``, ``reboot`` or ``none``, and after how many
      seconds; the last one holds for all later failures
    + reset_seconds: a service that has not failed for so long begins with the first again; ``None``: never
    + on_error_exit: a service that stops with an error has failed, too, not only one that crashes
    """

    actions: Sequence[tuple[Literal["restart", "reboot", "none"], float]]
    reset_seconds: int | None = 86_400
    on_error_exit: bool = True

    def __post_init__(self) -> None:
        for kind, seconds in self.actions:
            if kind not in {"restart", "reboot", "none"}:
                raise refused("recovery", f"{kind!r} is none of restart, reboot and none")
            _check_seconds("recovery", seconds)
        if self.reset_seconds is not None and not 0 <= self.reset_seconds < _NEVER:
            raise refused("recovery", f"reset_seconds={self.reset_seconds} is no number of seconds")

    @property
    def info(self) -> RecoveryInfo:
        actions = [(str(kind), float(seconds)) for kind, seconds in self.actions]
        # Without actions there is nothing to count failures for.
        reset = self.reset_seconds if actions else 0
        return RecoveryInfo(
            actions=actions, reset_seconds=reset, on_error_exit=bool(self.on_error_exit)
        )


def recovery(stored: bytes, on_error_exit: bool) -> RecoveryInfo:
    """What ``FailureActions`` says: SERVICE_FAILURE_ACTIONS with pointers of 32 bits, then SC_ACTIONs."""
    if len(stored) < 20:
        return RecoveryInfo(actions=[], reset_seconds=0, on_error_exit=on_error_exit)
    reset, _, _, count, _ = struct.unpack_from("<5I", stored)
    pairs = struct.iter_unpack("<2I", stored[20 : 20 + 8 * min(count, (len(stored) - 20) // 8)])
    actions = [
        (_ACTIONS[kind] if kind < len(_ACTIONS) else f"action {kind}", delay / 1000)
        for kind, delay in pairs
    ]
    return RecoveryInfo(
        actions=actions,
        reset_seconds=None if reset == _NEVER else reset,
        on_error_exit=on_error_exit,
    )


def service_name(service: str) -> str:
    """A service's name as CreateService takes it."""
    reason = None
    if not service.strip() or service != service.strip():
        reason = "it is empty, or has spaces around it"
    elif len(service) > _LONGEST_NAME:
        reason = f"{len(service)} characters, and {_LONGEST_NAME} are the most"
    elif found := re.search(r"[\\/\x00-\x1f]", service):
        reason = f"it has the character {found[0]!r}"
    if reason:
        raise refused("service", f"{service[:40]!r} is no name of a service: {reason}")
    return service


def image_path(path: str | Sequence[str]) -> str:
    """The command line of a service, in which no space lets Windows start another program.

    + path: program and arguments, which are quoted; or a command line whose program is in quotes
    """
    if isinstance(path, str):
        _check_text("path", path)
        _check_command_line(path)
        return path
    if not path:
        raise refused("path", "it names no program")
    program, *arguments = map(str, path)
    for argument in arguments:
        _check_text("path", argument, empty=True)
    rest = [subprocess.list2cmdline(arguments)] if arguments else []
    return " ".join([f'"{_program(program)}"', *rest])


def _check_command_line(line: str) -> None:
    if line.startswith('"'):
        program, quote, rest = line[1:].partition('"')
        if not quote or not (rest == "" or rest.startswith(" ")):
            raise refused("path", f"the quotes around the program of {line!r} do not end")
        _program(program)
        return
    program = line.split(" ", 1)[0]
    # "C:\Program Files\x.exe" without quotes: Windows tries C:\Program.exe first (CreateProcess).
    unsafe = "%" in _FOLDERS.sub("", program) or not program.lower().endswith(".exe")
    if unsafe:
        reason = f"{line!r} needs quotes around its program, or the program and arguments as a list"
        raise refused("path", reason)
    _program(program)


def _program(program: str) -> str:
    variable = re.match(r"%[^%\\]+%(?=\\)", program)
    windows_path(f"C:{program[variable.end() :]}" if variable else program, "path", file=True)
    if not program.lower().endswith(".exe"):
        reason = f"{program!r} is no .exe, and Windows starts no other file as a service"
        raise refused("path", reason)
    return program


def stored_account(account: str) -> str:
    r"""An account's name as Windows keeps it with a service: ``.\NAME`` for one of the host's."""
    sid = known_sid(account)
    if sid in _BUILT_IN:
        return _BUILT_IN[sid]
    if is_sid(account) or "\\" in account or "@" in account:
        return account
    return rf".\{account}"


def needs_password(account: str) -> bool:
    """Does one log on with a password as this account, and not Windows by itself?"""
    return not (known_sid(account) in _BUILT_IN or is_virtual(account) or is_managed(account))


def same_account(
    stored: str, stored_sid: str | None, account: str, account_sid: str | None
) -> bool:
    """Are the two one account, by SID where both have one, else by name?"""
    one, other = known_sid(stored) or stored_sid, known_sid(account) or account_sid
    if one is not None and other is not None:
        return one == other
    return stored_account(stored).casefold() == stored_account(account).casefold()


def environment(variables: Mapping[str, str]) -> dict[str, str]:
    """Variables as the registry can keep them; a secret is refused, since every user can read it there."""
    for name, value in variables.items():
        if isinstance(value, HiddenValue):
            raise OperationValueError(SECRET_REFUSED.text(place=f"environment {name}"))
        if not name or "=" in name or _CONTROL.search(name):
            raise refused("environment", f"{name!r} is no name of a variable")
        _check_text(f"environment {name}", value, empty=True)
    return dict(variables)


def dependencies(names: Sequence[str]) -> list[str]:
    """Names of services, and of groups behind a ``+``."""
    for name in names:
        service_name(name.removeprefix("+"))
    return list(names)


def privileges(names: Sequence[str]) -> list[str]:
    """Privileges by their names in the API."""
    if not names:
        raise refused("privileges", "none would be left; name at least SeChangeNotifyPrivilege")
    for name in names:
        if not _PRIVILEGE.fullmatch(name):
            raise refused(
                "privileges", f"{name!r} is no privilege, such as SeChangeNotifyPrivilege"
            )
    return list(names)


def text(argument: str, value: str, longest: int = 32_000) -> str:
    """One line of text."""
    _check_text(argument, value, empty=argument == "description")
    if len(value) > longest:
        raise refused(argument, f"{len(value)} characters, and {longest} are the most")
    return value


def seconds(argument: str, value: float) -> float:
    """A number of seconds that Windows can count in milliseconds."""
    _check_seconds(argument, value)
    return float(value)


def differences(found: ServiceInfo, wanted: Mapping[str, Any]) -> dict[str, Any]:
    """Of what is wanted, what is not so; the account stands in it as ``(name, SID)``."""
    return {key: value for key, value in wanted.items() if not _same(key, found, value)}


def _same(key: str, found: ServiceInfo, value: Any) -> bool:
    if key == "account":
        return same_account(found["account"], found["account_sid"], *value)
    current: Any = dict(found)[key]
    if key in {"dependencies", "privileges"}:
        return {one.casefold() for one in current} == {one.casefold() for one in value}
    if key == "environment":
        return _folded(current) == _folded(value)
    return bool(current == value)


def _folded(variables: Mapping[str, str]) -> dict[str, str]:
    return {name.upper(): value for name, value in variables.items()}


def refused(argument: str, reason: str) -> OperationValueError:
    return OperationValueError(REFUSED.text(argument=argument, reason=reason))


def _check_text(argument: str, value: object, *, empty: bool = False) -> None:
    if not isinstance(value, str) or _CONTROL.search(value) or not (value or empty):
        raise refused(argument, f"{value!r} is no text on one line")


def _check_seconds(argument: str, value: float) -> None:
    if not 0 <= value < _LARGEST_SECONDS:
        raise refused(argument, f"{value!r} is no number of seconds")
