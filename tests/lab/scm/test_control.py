"""Controls: what a running service is sent, how it answers, what a stop leaves behind."""

from __future__ import annotations

import os
import signal

import pytest

from tests.lab.people import edit, new_user
from tests.lab.scm.services import (
    CONTROL,
    control,
    create,
    events,
    left_over,
    let_go,
    lives,
    notes,
    refusal,
    running,
    start,
    until,
    wait,
)
from winfra.lab.registry import Registry
from winfra.lab.scm import codes, ordering
from winfra.lab.scm.client import request
from winfra.lab.scm.database import Database
from winfra.lab.state import Lab
from winfra.lab.well_known import ADMINISTRATORS


def test_a_stop_is_answered_before_it_is_done(lab: Lab) -> None:
    """ControlService returns when the handler has; the service stops behind it."""
    running(lab, "Prefect", "slow=held")
    assert control(lab, "Prefect", codes.STOP)["state"] == codes.STOP_PENDING
    assert refusal(control, lab, "Prefect", codes.STOP) == codes.SERVICE_CANNOT_ACCEPT_CTRL
    assert refusal(start, lab, "Prefect") == codes.SERVICE_ALREADY_RUNNING
    let_go(lab, "Prefect")
    found = wait(lab, "Prefect", codes.STOPPED)
    assert (found["pid"], found["accepted"], found["win32_exit"]) == (0, 0, 0)
    assert events(lab, 7036)[-1] == (7036, ["Prefect", "stopped"])
    until(lambda: not left_over(lab), "its process is still there")


def test_pause_and_continue(lab: Lab) -> None:
    """Both where it accepts them."""
    running(lab, "Prefect", "accepts=3")
    control(lab, "Prefect", codes.PAUSE)
    assert wait(lab, "Prefect", codes.PAUSED)["pid"]
    control(lab, "Prefect", codes.CONTINUE)
    wait(lab, "Prefect", codes.RUNNING)
    assert [data[1] for _, data in events(lab, 7036)] == ["running", "paused", "running"]


def test_refused_controls(lab: Lab) -> None:
    """1062 stopped, 1052 not accepted, 87 no control, 1060 no service, 1051 still needed."""
    create(lab, "Base")
    assert refusal(control, lab, "Base", codes.STOP) == codes.SERVICE_NOT_ACTIVE
    running(lab, "Top", dependencies=["Base"])
    assert refusal(control, lab, "Base", codes.PAUSE) == codes.INVALID_SERVICE_CONTROL
    assert refusal(control, lab, "Base", 77) == codes.INVALID_PARAMETER
    assert refusal(control, lab, "Base", codes.SHUTDOWN) == codes.INVALID_PARAMETER
    assert refusal(control, lab, "None", codes.STOP) == codes.SERVICE_DOES_NOT_EXIST
    assert refusal(control, lab, "Base", codes.STOP) == codes.DEPENDENT_SERVICES_RUNNING
    assert request(lab.folder, "dependents", name="base") == ["Top"]
    assert refusal(control, lab, "RpcSs", codes.STOP) == codes.INVALID_SERVICE_CONTROL


def test_its_own_controls(lab: Lab) -> None:
    """From 128 on they need no acceptance; what the handler returns is the answer."""
    running(lab, "Prefect", "accepts=0")
    control(lab, "Prefect", 200)
    until(lambda: bool(notes(lab, "Prefect", "control")), "no control came")
    assert notes(lab, "Prefect", "control")[0]["control"] == 200
    running(lab, "Other", "refuse=87")
    assert refusal(control, lab, "Other", 128) == 87
    control(lab, "Other", codes.STOP)  # it still accepts others


def test_a_handler_that_does_not_return(lab: Lab) -> None:
    """1053 after the time limit, event 7011; the service goes on running, not to be stopped."""
    running(lab, "Prefect", "block")
    Registry(lab.registry).set(CONTROL, "ServicesPipeTimeout", 500)
    assert refusal(control, lab, "Prefect", codes.STOP) == codes.SERVICE_REQUEST_TIMEOUT
    assert events(lab, 7011) == [(7011, ["500", "Prefect"])]
    assert lab.service("Prefect")["state"] == codes.RUNNING
    assert refusal(control, lab, "Prefect", codes.STOP) == codes.SERVICE_CANNOT_ACCEPT_CTRL


def test_a_process_that_ends_in_its_handler(lab: Lab) -> None:
    """109, the pipe has been ended; and it counts as a crash."""
    running(lab, "Prefect", "gone")
    assert refusal(control, lab, "Prefect", codes.STOP) == codes.BROKEN_PIPE
    assert events(lab, 7034) == [(7034, ["Prefect", "1"])]


def test_its_job_dies_with_it(lab: Lab) -> None:
    """What its job holds is ended with it, in another session too; what is in none stays."""
    running(lab, "Prefect", "job")
    children = notes(lab, "Prefect", "children")[0]
    everyone = [*children["held"], children["free"]]
    assert all(lives(pid) for pid in everyone)
    os.kill(lab.service("Prefect")["pid"], signal.SIGKILL)
    wait(lab, "Prefect", codes.STOPPED)
    assert not any(lives(pid) for pid in children["held"])
    assert lives(children["free"])
    assert not list((lab.folder / "run" / "jobs").iterdir())


def test_services_of_windows(lab: Lab) -> None:
    """They run from the start without a process, and follow controls."""
    names = ("EventLog", "LanmanServer", "RpcSs", "Schedule", "WinRM")
    assert all(lab.service(name)["state"] == codes.RUNNING for name in names)
    assert not lives(lab.service("WinRM")["pid"])
    control(lab, "W32Time", codes.STOP)
    assert lab.service("w32time")["state"] == codes.STOPPED
    start(lab, "W32Time")
    assert lab.service("W32Time")["state"] == codes.RUNNING
    assert lab.service("wuauserv")["state"] == codes.STOPPED


@pytest.mark.parametrize(
    ("marks", "may_query", "may_control"),
    [
        ({"USERNAME": "deploy"}, True, True),
        ({"USERNAME": "plain"}, False, False),
        ({"USERNAME": "plain", "WINFRA_LAB_LOGON": "interactive"}, True, False),
        ({"WINFRA_LAB_ACCOUNT": "S-1-5-19", "WINFRA_LAB_LOGON": "service"}, True, False),
        ({"WINFRA_LAB_ACCOUNT": "S-1-5-18"}, True, True),
    ],
)
def test_who_may(
    lab: Lab,
    marks: dict[str, str],
    may_query: bool,
    may_control: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Administrators do all; who is logged on at the machine or is a service reads; others nothing."""
    new_user(lab, "plain")
    for name in ("USERNAME", "WINFRA_LAB_ACCOUNT", "WINFRA_LAB_LOGON"):
        monkeypatch.delenv(name, raising=False)
    for name, text in {"WINFRA_LAB": str(lab.folder), **marks}.items():
        monkeypatch.setenv(name, text)
    expected = 0 if may_query else codes.ACCESS_DENIED
    assert refusal(request, lab.folder, "query", name="W32Time") == expected
    assert refusal(request, lab.folder, "list") == expected
    expected = 0 if may_control else codes.ACCESS_DENIED
    assert refusal(control, lab, "W32Time", codes.STOP) == expected
    settings = {"path": "x"}
    assert refusal(request, lab.folder, "create", name="x", settings=settings) == expected
    assert refusal(request, lab.folder, "query", name="None") == codes.SERVICE_DOES_NOT_EXIST


def test_an_administrator_is_one_by_the_group(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rights follow from the token, not from the name."""
    sid = new_user(lab, "plain").sid

    def join(known: object) -> None:
        from winfra.lab.accounts import Accounts

        assert isinstance(known, Accounts)
        group = known.group(ADMINISTRATORS)
        assert group is not None
        group.members.append(sid)

    edit(lab, join)
    monkeypatch.setenv("WINFRA_LAB", str(lab.folder))
    monkeypatch.setenv("USERNAME", "plain")
    control(lab, "W32Time", codes.STOP)


def test_dependents_come_in_the_order_of_their_stop(machine: Lab) -> None:
    """Who depends on another one comes before it; whatever the names are."""
    database = Database(machine.keys)
    for name, needs in {"b": [], "a": ["b"], "d": ["a"], "c": ["d", "b"], "e": []}.items():
        database.write(name, {"type": 16, "dependencies": needs})
    graph = ordering.Graph(database.all())
    assert graph.dependents("B") == ["c", "d", "a"]
    assert graph.is_circular("b", ["c"])
    assert graph.is_circular("b", ["B"])
    assert not graph.is_circular("b", ["e"])


def test_stopping_the_lab_ends_every_service_at_once(lab: Lab) -> None:
    """Also those that would not stop for ten minutes; and nothing is left over."""
    running(lab, "One", "block")
    running(lab, "Two", "job slow=600")
    create(lab, "Three", "never")
    from threading import Thread

    thread = Thread(target=refusal, args=(start, lab, "Three"))
    thread.start()
    until(lambda: lab.service("Three")["state"] == codes.START_PENDING, "not begun")
    lab.reset()
    assert not left_over(lab)
    assert refusal(lab.service, "One") == codes.SERVICE_DOES_NOT_EXIST
    thread.join(60)
    assert not thread.is_alive()
