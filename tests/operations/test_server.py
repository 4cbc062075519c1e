"""Restarts of a lab; its own record of them is the witness."""

import time
from datetime import datetime
from typing import Any

import pytest
from pyinfra.api import OperationValueError

from tests.trial import Trial, no_host
from winfra.facts.powershell import Output
from winfra.facts.server import BootTime
from winfra.lab.installation import BOOTED_KEY
from winfra.messages import operations as messages
from winfra.operations import server


def started(trial: Trial) -> datetime:
    """When the lab's machine started, by its own file."""
    return datetime.fromisoformat(trial.lab.read_state("system")["boot_time"])


@pytest.fixture(autouse=True)
def _quick(trial: Trial) -> None:
    trial.lab.configure(reboot_seconds=0.5)


def test_a_server_restarts_and_is_waited_for(trial: Trial) -> None:
    """The next question is answered by the machine that has started anew."""
    before = started(trial)

    dry = trial.dry(server.reboot)
    assert dry.will_change
    assert "Will restart the server" in dry.output
    assert started(trial) == before

    ran = trial.run(server.reboot)
    assert ran.changed, ran.output
    assert started(trial) > before
    assert trial.lab.keys.exists(BOOTED_KEY)
    assert abs(trial.fact(BootTime) - started(trial)).total_seconds() < 1
    assert trial.fact(Output, text="'still here'") == ["still here"]


def test_a_server_restarts_only_when_windows_waits_for_it(trial: Trial) -> None:
    """The reason is shown, and gone afterwards; a restart scheduled by others is taken over (1190)."""
    pending = (
        r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\WindowsUpdate\Auto Update\RebootRequired"
    )
    before = started(trial)
    idle = trial.run(server.reboot, only_pending=True)
    assert not idle.changed
    assert "noop: no restart is pending" in idle.output
    assert started(trial) == before

    trial.lab.keys.set_all(pending, {})
    dry = trial.dry(server.reboot, only_pending=True)
    assert "Will restart the server, pending: Windows Update" in dry.output
    trial.lab.reboot(3600)
    assert trial.run(server.reboot, only_pending=True).changed
    assert started(trial) > before
    assert not trial.run(server.reboot, only_pending=True).changed


def test_a_restart_that_windows_refuses_fails_its_host(trial: Trial) -> None:
    """With shutdown.exe's own words."""
    program = trial.lab.path(r"C:\Windows\System32\shutdown.exe")
    before = program.read_text()
    program.write_text("#!/bin/sh\necho 'Access is denied.(5)' >&2\nexit 5\n")

    tried = trial.run(server.reboot)

    program.write_text(before)
    assert tried.failed
    assert messages.RESTART_REFUSED.text(reason="Access is denied.(5)", code=5) in tried.output


def test_a_server_that_does_not_come_back_fails_its_host(trial: Trial) -> None:
    """After the time that it was given, with a sentence."""
    trial.lab.configure(reboot_seconds=4)

    tried = trial.run(server.reboot, reboot_timeout=0.5)

    assert tried.failed
    assert messages.RESTART_TIMEOUT.text(host="@lab/trial", seconds="0.5") in tried.output
    while not trial.host.connected:
        time.sleep(0.2)
        trial.host.connect(show_errors=False)


@pytest.mark.parametrize(
    ("options", "argument", "value", "wanted"),
    [
        ({"delay": 0}, "delay", 0, "2 to 3600 seconds"),
        ({"reboot_timeout": 0}, "reboot_timeout", 0, "more than 0 seconds"),
        ({"comment": "a\nb"}, "comment", repr("a\nb"), "one line of 512 characters"),
    ],
)
def test_bad_arguments_are_refused_before_the_host_is_asked(
    options: dict[str, Any], argument: str, value: object, wanted: str
) -> None:
    """There is no host here."""
    with no_host(), pytest.raises(OperationValueError) as error:
        next(server.reboot._inner(**options))

    expected = messages.REBOOT_REFUSED.text(argument=argument, value=value, wanted=wanted)
    assert str(error.value) == expected
