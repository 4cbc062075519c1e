"""Recovery: what counts as a failure, and what follows."""

from __future__ import annotations

import os
import signal
import time
from typing import Any

import pytest

from tests.lab.scm.services import (
    change,
    control,
    create,
    events,
    left_over,
    notes,
    refusal,
    running,
    start,
    until,
    wait,
)
from winfra.lab.scm import codes
from winfra.lab.state import Lab

RESTART, COMMAND, REBOOT, NOTHING = 1, 3, 2, 0


def failure(*actions: tuple[int, int], reset: int = 3600, **more: Any) -> dict[str, Any]:
    return {"reset_seconds": reset, "actions": [list(one) for one in actions], **more}


def starts(lab: Lab, name: str) -> int:
    return len(notes(lab, name, "start"))


def test_a_crash_without_actions(lab: Lab) -> None:
    """Event 7034 with the number of failures, exit code 1067, and no restart."""
    create(lab, "Prefect", "crash=3")
    for n in (1, 2):
        start(lab, "Prefect")
        until(lambda n=n: len(events(lab, 7034)) == n, "no event")  # type: ignore[misc]
    assert events(lab, 7034) == [(7034, ["Prefect", "1"]), (7034, ["Prefect", "2"])]
    found = lab.service("Prefect")
    assert (found["state"], found["win32_exit"]) == (codes.STOPPED, codes.PROCESS_ABORTED)
    assert starts(lab, "Prefect") == 2


def test_a_crash_is_followed_by_each_action_in_turn(lab: Lab) -> None:
    """The first two restart after their delays; the last one, none, ends it."""
    actions = failure((RESTART, 100), (RESTART, 300), (NOTHING, 0))
    create(lab, "Prefect", "crash=0", failure=actions)
    start(lab, "Prefect")
    until(lambda: len(events(lab, 7034)) == 1, "it does not end")
    assert events(lab, 7031, 7034) == [
        (7031, ["Prefect", "1", "100", "1", "Restart the service"]),
        (7031, ["Prefect", "2", "300", "1", "Restart the service"]),
        (7034, ["Prefect", "3"]),
    ]
    times = [one["time"] for one in notes(lab, "Prefect", "start")]
    assert len(times) == 3
    assert times[1] - times[0] >= 0.1
    assert times[2] - times[1] >= 0.3


def test_the_last_action_goes_on(lab: Lab) -> None:
    """As often as it fails."""
    create(lab, "Prefect", "crash=1", failure=failure((RESTART, 10)))
    start(lab, "Prefect")
    until(lambda: starts(lab, "Prefect") >= 4, "it was not started again")


def test_failures_are_forgotten_after_the_reset_period(lab: Lab) -> None:
    """Then the first action comes again."""
    create(lab, "Prefect", "", failure=failure((RESTART, 10), (NOTHING, 0), reset=1))
    start(lab, "Prefect")
    for n in (1, 2):
        until(lambda n=n: starts(lab, "Prefect") == n, "no restart")  # type: ignore[misc]
        pid = wait(lab, "Prefect", codes.RUNNING)["pid"]
        if n == 2:
            time.sleep(1.1)  # the period, after the first failure
        os.kill(pid, signal.SIGKILL)
    until(lambda: starts(lab, "Prefect") == 3, "no restart")
    assert [data[1] for _, data in events(lab, 7031)] == ["1", "1"]


@pytest.mark.parametrize(("flag", "restarts"), [(False, False), (True, True)])
def test_a_stop_with_an_error(lab: Lab, flag: bool, restarts: bool) -> None:
    """Only with the flag for non-crash failures does it count; the event is written anyway."""
    create(lab, "Prefect", "exit=1066 specific=42", failure=failure((RESTART, 10), (NOTHING, 0)))
    change(lab, "Prefect", failure_flag=flag)
    start(lab, "Prefect")
    until(lambda: len(events(lab, 7024)) == 1 + restarts, "no event")
    # Once it answers, what follows from the stop is settled.
    assert lab.service("Prefect")["state"] == codes.STOPPED
    assert starts(lab, "Prefect") == 1 + restarts
    assert events(lab, 7024)[0] == (7024, ["Prefect", "%%42"])
    found = lab.service("Prefect")
    assert (found["win32_exit"], found["specific_exit"]) == (1066, 42)
    assert len(events(lab, 7031)) == restarts


def test_a_win32_error_is_event_7023(lab: Lab) -> None:
    """With the text of the error."""
    create(lab, "Prefect", "exit=5")
    start(lab, "Prefect")
    until(lambda: bool(events(lab, 7023)), "no event")
    assert "Access is denied." in lab.event_log("System", 7023)[0]["message"]


def test_a_stop_that_was_asked_for_is_no_failure(lab: Lab) -> None:
    """Not even with actions and the flag."""
    running(lab, "Prefect", failure=failure((RESTART, 10)), failure_flag=True)
    control(lab, "Prefect", codes.STOP)
    wait(lab, "Prefect", codes.STOPPED)
    assert starts(lab, "Prefect") == 1
    assert not events(lab, 7031, 7034)


def test_a_restart_that_fails_is_event_7032(lab: Lab) -> None:
    """And it is tried no more."""
    running(lab, "Prefect", failure=failure((RESTART, 10)))
    change(lab, "Prefect", start=codes.DISABLED_START)
    os.kill(lab.service("Prefect")["pid"], signal.SIGKILL)
    until(lambda: bool(events(lab, 7032)), "no event")
    assert events(lab, 7032) == [(7032, ["1", "Restart the service", "Prefect", "%%1058"])]


def test_a_command_runs_as_the_account(lab: Lab) -> None:
    """With the number of failures in the place of %1%."""
    command = r'"C:\services\service.exe" dies=0 failed-%1%'
    actions = failure((COMMAND, 10), command=command)
    create(lab, "Prefect", "crash=1", account=r"NT SERVICE\Prefect", failure=actions)
    start(lab, "Prefect")
    until(lambda: len(lab.processes()) == 2, "no command was run")
    ran = lab.processes()[-1]
    assert ran["command_line"].endswith("failed-1")
    assert ran["user"] == "Prefect"


def test_the_machine_restarts(lab: Lab) -> None:
    """Where that is the action."""
    lab.configure(reboot_seconds=0.1)
    boot = lab.read_state("system")["boot_time"]
    create(lab, "Prefect", "crash=1", failure=failure((REBOOT, 10)))
    start(lab, "Prefect")
    until(lambda: lab.read_state("system")["boot_time"] != boot, "no restart")
    assert events(lab, 7031) == [(7031, ["Prefect", "1", "10", "2", "Restart the computer"])]


def test_many_crashes_leave_nothing(lab: Lab) -> None:
    """As many restarts as crashes, and one process in the end."""
    create(lab, "Prefect", "", failure=failure((RESTART, 0)))
    start(lab, "Prefect")
    for n in range(25):
        until(lambda n=n: starts(lab, "Prefect") == n + 1, "no restart")  # type: ignore[misc]
        os.kill(wait(lab, "Prefect", codes.RUNNING)["pid"], signal.SIGKILL)
    until(lambda: starts(lab, "Prefect") == 26, "no restart")
    assert left_over(lab) == [wait(lab, "Prefect", codes.RUNNING)["pid"]]
    assert refusal(control, lab, "Prefect", codes.STOP) == 0
