"""What a service is configured to be: in the registry, and what is refused."""

from __future__ import annotations

import struct
from typing import Any

import pytest

from tests.lab.scm.services import change, create, events, refusal
from winfra.lab.scm import codes
from winfra.lab.scm.client import request
from winfra.lab.scm.windows_services import KEY
from winfra.lab.state import Lab


def values(lab: Lab, name: str) -> dict[str, Any]:
    return {value: data for value, (_, data) in lab.keys.values(rf"{KEY}\{name}").items()}


def test_a_new_service_in_the_registry(lab: Lab) -> None:
    """What CreateService writes where nothing else is asked for, and event 7045."""
    create(lab, "Prefect", path=r"C:\x.exe")
    assert values(lab, "Prefect") == {
        "DisplayName": "Prefect", "ErrorControl": 1, "ImagePath": r"C:\x.exe",
        "ObjectName": "LocalSystem", "Start": 3, "Type": 16,
    }  # fmt: skip
    assert lab.keys.kind(rf"{KEY}\Prefect", "ImagePath") == "ExpandString"
    kind = "user mode service"
    data = ["Prefect", r"C:\x.exe", kind, "demand start", "LocalSystem"]
    assert events(lab, 7045) == [(7045, data)]


def test_every_setting_in_the_registry(lab: Lab) -> None:
    """Under the names and in the kinds that Windows has for them; all comes back from there."""
    actions = [[1, 5000], [0, 0], [3, 60000]]
    failure = {
        "reset_seconds": 86400,
        "command": "c.exe",
        "reboot_message": "m",
        "actions": actions,
    }
    settings: dict[str, Any] = {
        "display_name": "The server", "path": r"%SystemRoot%\x.exe", "start": 2, "delayed": True,
        "account": r"NT AUTHORITY\NetworkService", "dependencies": ["RpcSs", "+Data"],
        "description": "text", "failure": failure, "failure_flag": True, "sid_type": 1,
        "privileges": ["SeChangeNotifyPrivilege"], "preshutdown_milliseconds": 120000,
        "environment": ["A=1"], "group": "Mine", "error_control": 0,
    }  # fmt: skip
    create(lab, "Prefect", **settings)
    found = values(lab, "Prefect")
    packed = found.pop("FailureActions")
    assert struct.unpack("<11I", packed) == (86400, 0, 0, 3, 20, 1, 5000, 0, 0, 3, 60000)
    assert found == {
        "DelayedAutostart": 1, "DependOnGroup": ["Data"], "DependOnService": ["RpcSs"],
        "Description": "text", "DisplayName": "The server", "Environment": ["A=1"],
        "ErrorControl": 0, "FailureActionsOnNonCrashFailures": 1, "FailureCommand": "c.exe",
        "Group": "Mine", "ImagePath": r"%SystemRoot%\x.exe",
        "ObjectName": r"NT AUTHORITY\NetworkService", "PreshutdownTimeout": 120000,
        "RebootMessage": "m", "RequiredPrivileges": ["SeChangeNotifyPrivilege"],
        "ServiceSidType": 1, "Start": 2, "Type": 16,
    }  # fmt: skip
    read = lab.service("prefect")
    assert {name: read[name] for name in settings} == settings


def test_what_is_taken_away(lab: Lab) -> None:
    """Empty texts and lists remove their values; what is not named stays."""
    create(lab, "Prefect", dependencies=["RpcSs"], description="text", privileges=["SeX"])
    change(lab, "Prefect", failure={"reset_seconds": 1, "actions": [[1, 1]]})
    change(lab, "Prefect", dependencies=[], description="", privileges=[])
    assert lab.service("Prefect")["failure"]["actions"] == [[1, 1]]
    change(lab, "Prefect", failure={"reset_seconds": 0, "actions": []})
    gone = {"DependOnService", "Description", "RequiredPrivileges", "FailureActions"}
    assert not gone & set(values(lab, "Prefect"))


def test_what_is_changed_by_hand_counts(lab: Lab) -> None:
    """The registry is read again for each request."""
    create(lab, "Prefect")
    lab.keys.set(rf"{KEY}\Prefect", "Start", 4)
    lab.keys.set(rf"{KEY}\Prefect", "FailureActions", b"\x01")
    found = lab.service("Prefect")
    assert (found["start"], found["failure"]["actions"]) == (4, [])


def test_drivers_are_no_services(lab: Lab) -> None:
    """Keys of other types, and keys without one, are neither listed nor found."""
    lab.keys.set(rf"{KEY}\Disk", "Type", 1)
    names = {one["name"] for one in request(lab.folder, "list")}
    assert {"WinRM", "EventLog"} <= names
    assert not {"Disk", "Tcpip"} & names
    assert refusal(lab.service, "Tcpip") == codes.SERVICE_DOES_NOT_EXIST


@pytest.mark.parametrize(
    ("settings", "code"),
    [
        ({"start": 1}, codes.INVALID_PARAMETER),
        ({"type": 3}, codes.INVALID_PARAMETER),
        ({"type": 0x110}, 0),
        ({"type": 0x110, "account": r"NT AUTHORITY\LocalService"}, codes.INVALID_PARAMETER),
        ({"error_control": 9}, codes.INVALID_PARAMETER),
        ({"sid_type": 2}, codes.INVALID_PARAMETER),
        ({"delayed": True}, codes.INVALID_PARAMETER),
        ({"delayed": True, "start": 2}, 0),
        ({"failure": {"actions": [[9, 0]]}}, codes.INVALID_PARAMETER),
        ({"account": "nobody"}, codes.INVALID_SERVICE_ACCOUNT),
        ({"account": r".\nobody"}, codes.INVALID_SERVICE_ACCOUNT),
        ({"account": "deploy"}, codes.INVALID_SERVICE_ACCOUNT),
        ({"account": r".\deploy"}, 0),
        ({"account": r"BUILTIN\Users"}, codes.INVALID_SERVICE_ACCOUNT),
        ({"account": r"NT SERVICE\Other"}, codes.INVALID_SERVICE_ACCOUNT),
        ({"account": r"NT SERVICE\prefect"}, 0),
        ({"account": r"NT AUTHORITY\LOCAL SERVICE"}, 0),
        ({"account": "localsystem"}, 0),
        ({"display_name": "winrm"}, codes.DUPLICATE_SERVICE_NAME),
        ({"display_name": "Windows Event Log"}, codes.DUPLICATE_SERVICE_NAME),
        ({"display_name": "prefect"}, 0),
        ({"dependencies": ["Prefect"]}, codes.CIRCULAR_DEPENDENCY),
        ({"dependencies": ["Unknown"]}, 0),
    ],
)
def test_refused_settings(lab: Lab, settings: dict[str, Any], code: int) -> None:
    """The error that ChangeServiceConfig gives; nothing is changed then."""
    create(lab, "Prefect")
    before = values(lab, "Prefect")
    assert refusal(change, lab, "Prefect", **settings) == code
    assert (values(lab, "Prefect") == before) == bool(code) or settings == {"display_name": "x"}


def test_refused_new_services(lab: Lab) -> None:
    """1073 for a name that is there, 123 for one that cannot be, 87 without a path."""
    create(lab, "Prefect")
    assert refusal(create, lab, "PREFECT") == codes.SERVICE_EXISTS
    assert refusal(create, lab, r"a\b") == codes.INVALID_NAME
    assert refusal(create, lab, "x" * 257) == codes.INVALID_NAME
    assert refusal(create, lab, "Other", path="") == codes.INVALID_PARAMETER


def test_a_circle_over_others(lab: Lab) -> None:
    """However many are in between."""
    create(lab, "One")
    create(lab, "Two", dependencies=["One"])
    create(lab, "Three", dependencies=["Two"])
    assert refusal(change, lab, "One", dependencies=["Three"]) == codes.CIRCULAR_DEPENDENCY


def test_a_changed_start_type_is_an_event(lab: Lab) -> None:
    """7040 with both, and nothing where it stays."""
    create(lab, "Prefect", display_name="The server")
    change(lab, "Prefect", start=2)
    change(lab, "Prefect", start=2, description="x")
    assert events(lab, 7040) == [(7040, ["The server", "demand start", "auto start", "Prefect"])]


def test_names_by_their_display_names(lab: Lab) -> None:
    """GetServiceKeyName, in any case."""
    assert request(lab.folder, "find", display_name="windows event log") == "EventLog"
    assert refusal(request, lab.folder, "find", display_name="x") == codes.SERVICE_DOES_NOT_EXIST
