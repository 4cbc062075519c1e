"""What a service should be, put as Windows keeps it and compared; without a host."""

import struct
from typing import Any

import pytest
from hypothesis import example, given, strategies as st
from pyinfra.api import OperationValueError
from pyinfra.api.hiddenvalue import HiddenValue

from winfra import services
from winfra.lab import command_line
from winfra.messages.operations import SECRET_REFUSED
from winfra.messages.services import REFUSED
from winfra.services import Recovery, ServiceInfo

PYTHON = r"C:\Program Files\Python311\python.exe"
SID = "S-1-5-21-1-2-3-1001"
ARGUMENT = st.text(st.characters(codec="utf-8", exclude_categories=["C"]))


def info(**changes: Any) -> ServiceInfo:
    """A service as an installer may leave it."""
    found: dict[str, Any] = {
        "service": "Example",
        "display_name": "Example service",
        "description": "",
        "path": r'"C:\Example\example.exe" run',
        "account": "LocalSystem",
        "account_sid": "S-1-5-18",
        "enabled": "automatic",
        "dependencies": ["Tcpip", "+NetGroup"],
        "recovery": services.recovery(b"", on_error_exit=False),
        "sid_type": "none",
        "privileges": [],
        "preshutdown_seconds": None,
        "environment": {"HOME": r"D:\x"},
        "marked_for_deletion": False,
        "state": "Running",
        "process_id": 4711,
        "dependents": [],
        "record": None,
    }
    return ServiceInfo(**{**found, **changes})  # type: ignore[typeddict-item]


@given(st.lists(ARGUMENT))
@example(["\xa0"])
def test_windows_takes_the_command_line_apart_again(arguments: list[str]) -> None:
    """Spaces, quotes, backslashes before quotes; the program is in quotes whatever it is."""
    line = services.image_path([PYTHON, *arguments])

    assert command_line.split(line) == [PYTHON, *arguments]
    assert line.startswith(f'"{PYTHON}"')


@pytest.mark.parametrize(
    "line",
    [
        rf'"{PYTHON}" -I "D:\a b"',
        r'"%ProgramFiles%\x y\z.exe"',
        r"C:\Windows\System32\svchost.exe -k netsvcs -p",
        r"%SystemRoot%\System32\svchost.exe -k netsvcs",
        r"C:\x.exe",
    ],
)
def test_a_command_line_stays_as_it_is(line: str) -> None:
    """Where no space can make Windows start another program."""
    assert services.image_path(line) == line


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        (r"C:\Program Files\x\y.exe -a", "needs quotes"),
        (r"%ProgramFiles%\y.exe", "needs quotes"),
        (r'"C:\x.exe', "do not end"),
        (r'"C:\x.exe"y', "do not end"),
        (r"x.exe", "not absolute"),
        (r"C:\x.bat", "needs quotes"),
        ([r"C:\a b\x.bat"], "is no .exe"),
        ([r"C:\a b\x.ps1", "run"], "is no .exe"),
        (["python.exe", "x.py"], "not absolute"),
        ([r'C:\a" b\x.exe'], "character"),
        ([r"C:\x.exe", "a\nb"], "one line"),
        ([], "names no program"),
        ("", "one line"),
    ],
)
def test_a_path_that_is_no_service_is_refused(path: Any, reason: str) -> None:
    r"""An unquoted path with spaces above all: Windows would try C:\Program.exe."""
    with pytest.raises(OperationValueError, match="path: ") as caught:
        services.image_path(path)

    assert reason in str(caught.value)


def test_recovery_as_the_registry_keeps_it() -> None:
    """The bytes that services.msc writes: restart, restart, nothing, counted for a day."""
    stored = struct.pack("<5I", 86_400, 0, 0, 3, 20) + struct.pack(
        "<6I", 1, 5_000, 1, 30_000, 0, 60_000
    )
    wanted = Recovery([("restart", 5), ("restart", 30), ("none", 60)])

    assert services.recovery(stored, on_error_exit=True) == wanted.info


@pytest.mark.parametrize(
    ("stored", "expected"),
    [
        (b"", ([], 0)),
        (b"\x00" * 19, ([], 0)),
        (struct.pack("<5I", 7, 0, 0, 0, 20), ([], 7)),
        (
            struct.pack("<5I", 0xFFFFFFFF, 1, 1, 1, 20) + struct.pack("<2I", 2, 1),
            ([("reboot", 0.001)], None),
        ),
        (struct.pack("<5I", 0, 0, 1, 9, 20) + struct.pack("<2I", 3, 1000), ([("run", 1.0)], 0)),
        (struct.pack("<5I", 0, 0, 1, 1, 20) + struct.pack("<2I", 17, 0), ([("action 17", 0.0)], 0)),
    ],
)
def test_any_recovery_can_be_read(stored: bytes, expected: tuple[list[Any], int | None]) -> None:
    """Also what is cut short, and what the operation itself does not set."""
    found = services.recovery(stored, on_error_exit=False)

    assert (found["actions"], found["reset_seconds"]) == expected


def test_no_actions_have_nothing_to_count() -> None:
    """Windows deletes the time together with the actions."""
    assert Recovery([]).info["reset_seconds"] == 0


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"actions": [("run", 1)]}, "'run' is none of"),
        ({"actions": [("restart", -1)]}, "no number of seconds"),
        ({"actions": [], "reset_seconds": -1}, "no number of seconds"),
    ],
)
def test_a_recovery_that_windows_would_not_take(options: dict[str, Any], reason: str) -> None:
    """It is refused where it is written."""
    with pytest.raises(OperationValueError, match="recovery: ") as caught:
        Recovery(**options)

    assert reason in str(caught.value)


@pytest.mark.parametrize(
    ("account", "stored", "password"),
    [
        ("svc_prefect", r".\svc_prefect", True),
        (r".\svc_prefect", r".\svc_prefect", True),
        (r"CORP\svc", r"CORP\svc", True),
        ("svc@corp.example", "svc@corp.example", True),
        (SID, SID, True),
        (r"CORP\gmsa$", r"CORP\gmsa$", False),
        (r"NT SERVICE\Example", r"NT SERVICE\Example", False),
        ("LocalSystem", "LocalSystem", False),
        ("SYSTEM", "LocalSystem", False),
        ("S-1-5-18", "LocalSystem", False),
        ("LocalService", r".\LocalService", True),
        (r"NT AUTHORITY\Local Service", r"NT AUTHORITY\LocalService", False),
        ("S-1-5-20", r"NT AUTHORITY\NetworkService", False),
    ],
)
def test_an_account_and_its_password(account: str, stored: str, password: bool) -> None:
    """As Windows keeps it; those that Windows looks after by itself have none."""
    assert services.stored_account(account) == stored
    assert services.needs_password(account) == password


@pytest.mark.parametrize(
    ("stored", "wanted", "same"),
    [
        ((r".\svc", SID), ("svc", SID), True),
        ((r".\svc", SID), (SID, SID), True),
        ((r".\svc", SID), ("svc2", "S-1-5-21-1-2-3-1002"), False),
        ((r".\gone", None), ("gone", None), True),
        ((r".\gone", None), ("GONE", SID), True),
        (("LocalSystem", None), (r"NT AUTHORITY\SYSTEM", None), True),
        (("LocalSystem", "S-1-5-18"), ("svc", None), False),
        ((r"NT SERVICE\A", None), (r"nt service\a", None), True),
        ((r"NT SERVICE\A", None), (r"NT SERVICE\B", None), False),
        ((r"CORP\x$", None), (r"CORP\x$", "S-1-5-21-9-9-9-1"), True),
    ],
)
def test_accounts_are_compared_by_sid(
    stored: tuple[str, str | None], wanted: tuple[str, str | None], same: bool
) -> None:
    """By name only where the host knows no SID."""
    assert services.same_account(*stored, *wanted) == same


@pytest.mark.parametrize(
    ("key", "value", "differs"),
    [
        ("path", r'"C:\Example\example.exe" run', False),
        ("path", r'"C:\Example\Example.exe" run', True),
        ("path", r"C:\Example\example.exe run", True),
        ("dependencies", ["+netgroup", "TCPIP"], False),
        ("dependencies", ["Tcpip"], True),
        ("dependencies", [], True),
        ("environment", {"home": r"D:\x"}, False),
        ("environment", {"HOME": r"d:\x"}, True),
        ("environment", {}, True),
        ("description", "", False),
        ("account", (r"NT AUTHORITY\SYSTEM", "S-1-5-18"), False),
        ("account", ("svc", SID), True),
        ("recovery", Recovery([], on_error_exit=False).info, False),
        ("recovery", Recovery([("restart", 1)]).info, True),
        ("preshutdown_seconds", 180.0, True),
        ("privileges", ["SeChangeNotifyPrivilege"], True),
    ],
)
def test_what_differs(key: str, value: Any, differs: bool) -> None:
    """Names without regard to case, lists without regard to order, texts exactly."""
    assert services.differences(info(), {key: value}) == ({key: value} if differs else {})


def test_a_secret_does_not_stand_in_the_registry() -> None:
    """Every user can read a service's environment there."""
    with pytest.raises(OperationValueError) as caught:
        services.environment({"TOKEN": HiddenValue("hush")})  # type: ignore[dict-item]

    assert str(caught.value) == SECRET_REFUSED.text(place="environment TOKEN")


@pytest.mark.parametrize(
    ("check", "value"),
    [
        (services.service_name, ""),
        (services.service_name, " x"),
        (services.service_name, "a/b"),
        (services.service_name, "a\\b"),
        (services.service_name, "x" * 257),
        (services.dependencies, ["a/b"]),
        (services.dependencies, ["+"]),
        (services.privileges, []),
        (services.privileges, ["SeServiceLogonRight"]),
        (services.environment, {"A=B": "x"}),
        (services.environment, {"A": "x\ny"}),
        (services.environment, {"A": 1}),
    ],
)
def test_what_windows_would_not_take_is_refused(check: Any, value: Any) -> None:
    """Names, privileges, variables."""
    with pytest.raises(OperationValueError) as caught:
        check(value)

    assert REFUSED.remedy in str(caught.value)
