"""What facts say of services and ports; the lab's registry and real sockets are the witness."""

from __future__ import annotations

import socket
import struct
from typing import Any

import pytest

from tests.service_trial import PROGRAM, account, clean, make, process, run
from tests.trial import Trial
from winfra.facts.services import Port, Service, ServiceAccounts, Services
from winfra.sid import virtual_account_sid


@pytest.fixture(autouse=True)
def _clean(trial: Trial) -> None:
    clean(trial)


def test_a_service_as_it_is(trial: Trial) -> None:
    """All of its configuration, its state, what depends on it."""
    sid = account(trial)
    make(
        trial.lab,
        "An example",
        path=rf'"{PROGRAM}" %TEMP%',
        display_name="Example",
        description="What it does",
        account=r".\svc_prefect",
        start=2,
        delayed=True,
        dependencies=["EventLog", "+NetGroup"],
        failure={"reset_seconds": 60, "actions": [[1, 5000], [0, 0]]},
        failure_flag=True,
        sid_type=3,
        privileges=["SeChangeNotifyPrivilege"],
        preshutdown_milliseconds=2500,
        environment=["A=b=c", "B="],
    )

    assert trial.fact(Service, service="An example") == {
        "service": "An example",
        "display_name": "Example",
        "description": "What it does",
        "path": rf'"{PROGRAM}" %TEMP%',
        "account": r".\svc_prefect",
        "account_sid": sid,
        "enabled": "delayed",
        "dependencies": ["EventLog", "+NetGroup"],
        "recovery": {
            "actions": [("restart", 5.0), ("none", 0.0)],
            "reset_seconds": 60,
            "on_error_exit": True,
        },
        "sid_type": "restricted",
        "privileges": ["SeChangeNotifyPrivilege"],
        "preshutdown_seconds": 2.5,
        "environment": {"A": "b=c", "B": ""},
        "marked_for_deletion": False,
        "state": "Stopped",
        "process_id": 0,
        "dependents": [],
        "record": None,
    }


def test_several_services_in_one_exchange(trial: Trial) -> None:
    """Those that run and depend on one, in the order in which they can stop; none for what is not."""
    for name, needs in ("A", []), ("B", ["A"]), ("C", ["B", "A"]), ("D", ["A"]), ("E", ["C"]):
        make(trial.lab, name, dependencies=needs)
    run(trial.lab, "C")

    found = trial.fact(Services, services=["A", "b", "Gone", "[A]", "it's"])

    assert found["A"]["dependents"] == ["C", "B"]
    assert found["b"]["dependents"] == ["C"]
    assert (found["A"]["state"], found["A"]["process_id"]) == ("Running", process(trial.lab, "A"))
    assert [found[name] for name in ("Gone", "[A]", "it's")] == [None, None, None]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ('{"settings": "1é"}', {"settings": "1é"}),
        ("[]", None),
        ("{", None),
        ("", None),
        (None, None),
    ],
)
def test_what_a_service_says_it_started_from(
    trial: Trial, content: str | None, expected: Any
) -> None:
    """A record that cannot be read says nothing."""
    make(trial.lab, "Example")
    if content is not None:
        trial.lab.path(r"D:\record [1].json").write_text(content, encoding="utf-8")

    found = trial.fact(Service, service="Example", record=r"D:\record [1].json")

    assert found["record"] == expected


def test_damaged_recovery_is_none(trial: Trial) -> None:
    """As services.msc shows it."""
    make(trial.lab, "Example")
    key = r"HKLM\SYSTEM\CurrentControlSet\Services\Example"
    trial.lab.keys.set(key, "FailureActions", struct.pack("<3I", 1, 2, 3))

    assert trial.fact(Service, service="Example")["recovery"]["actions"] == []


def test_services_by_their_accounts(trial: Trial) -> None:
    """All by SID, none where the account is gone; drivers and what is marked for deletion not."""
    sid = account(trial)
    for name, stored in (
        ("A", r".\svc_prefect"),
        ("B", r"NT SERVICE\B"),
        ("C", "LocalSystem"),
        ("D", r"NT AUTHORITY\LocalService"),
        ("E [1]", r".\svc_prefect"),
    ):
        make(trial.lab, name, account=stored)
    trial.lab.keys.set(r"HKLM\SYSTEM\CurrentControlSet\Services\C", "ObjectName", r".\gone")
    trial.lab.keys.set(r"HKLM\SYSTEM\CurrentControlSet\Services\ADriver", "Type", 1)
    key = r"HKLM\SYSTEM\CurrentControlSet\Services\D"
    trial.lab.keys.set(key, "DeleteFlag", 1)
    marked = {one["service"] for one in trial.fact(ServiceAccounts)}
    trial.lab.keys.remove(key, "DeleteFlag")

    found = {one["service"]: one["sid"] for one in trial.fact(ServiceAccounts)}
    trial.lab.keys.delete(r"HKLM\SYSTEM\CurrentControlSet\Services\ADriver")

    assert found["A"] == found["E [1]"] == sid
    assert found["B"] == virtual_account_sid(r"NT SERVICE\B")
    assert found["C"] is None
    assert found["D"] == "S-1-5-19"
    assert found["EventLog"] == "S-1-5-19"
    assert "ADriver" not in found
    assert set(found) - marked == {"D"}


@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
def test_a_port(trial: Trial, address: str) -> None:
    """Whether something listens there."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family) as listener:
        listener.bind((address, 0))
        port = listener.getsockname()[1]
        assert not trial.fact(Port, port=port, address=address)
        listener.listen()
        assert trial.fact(Port, port=port, address=address)
