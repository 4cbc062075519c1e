"""Services that do not do as they should; what a user is told, and what is left behind."""

from __future__ import annotations

from typing import Any

import pytest

from tests.service_trial import (
    HOST,
    KEY,
    PROGRAM,
    WANTED,
    account,
    clean,
    is_running,
    make,
    process,
    run,
    starts,
    status,
    stored,
    tell,
    wait,
)
from tests.trial import Trial, failing
from winfra.messages import Message, services as messages
from winfra.operations import services


@pytest.fixture(autouse=True)
def _clean(trial: Trial) -> None:
    clean(trial)


def test_dependents_start_again_after_a_failure(trial: Trial) -> None:
    """The service does not stop in time: what was stopped for it runs again."""
    make(trial.lab, "Example")
    make(trial.lab, "B", dependencies=["Example"])
    make(trial.lab, "C", dependencies=["B"])
    tell(trial.lab, "B", slow_stop=20)
    run(trial.lab, "C")
    first = process(trial.lab, "C")

    tried = trial.run(services.service, "Example", restarted=True, stop_seconds=1)

    assert tried.failed
    pid = process(trial.lab, "B")
    values = {"service": "B", "host": HOST, "state": "stopping", "seconds": 1, "process": pid}
    assert messages.NOT_STOPPED.text(**values) in tried.output
    assert is_running(trial.lab, "Example")
    assert status(trial.lab, "C")["pid"] != first


def test_a_change_that_fails_leaves_it_running(trial: Trial) -> None:
    """It was stopped for the change, and is started with what it had."""
    make(trial.lab, "Example")
    make(trial.lab, "B", dependencies=["Example"])
    run(trial.lab, "B")

    with failing(trial.lab, "sc.exe", "no", 5, when="config"):
        tried = trial.run(services.service, "Example", path=[PROGRAM, "other"])

    assert tried.failed
    assert messages.DENIED.remedy in tried.output
    assert is_running(trial.lab, "Example")
    assert is_running(trial.lab, "B")


def test_services_that_stay_stopped_are_named(trial: Trial) -> None:
    """What depends on a service cannot run without it."""
    make(trial.lab, "Example")
    make(trial.lab, "B", dependencies=["Example"])
    run(trial.lab, "B")
    tell(trial.lab, "Example", exit=1066, specific=42)

    tried = trial.run(services.service, "Example", restarted=True)

    assert tried.failed
    assert messages.STAY_STOPPED.text(service="Example", host=HOST, services="B") in tried.output
    assert messages.SPECIFIC.text(service="Example", host=HOST, specific=42) in tried.output


@pytest.mark.parametrize(
    ("settings", "behaviour", "message"),
    [
        ({"path": r'"C:\Example Services\gone.exe"'}, {}, messages.NO_FILE),
        ({"path": r'"C:\No such folder\gone.exe"'}, {}, messages.NO_FOLDER),
        ({"path": r'"C:\Windows\System32\hostname.exe"'}, {}, messages.NOT_CONNECTED),
        ({"start": 4}, {}, messages.DISABLED),
        ({"dependencies": ["Gone"]}, {}, messages.DEPENDENCY_GONE),
        ({}, {"crash": 3}, messages.CRASHED),
        ({}, {"exit": 1066, "specific": 7}, messages.SPECIFIC),
        ({}, {"exit": 1234}, messages.ERROR),
        ({}, {"slow": 20}, messages.NOT_RUNNING),
        ({}, {"exit": 0}, messages.ENDED),
        (
            {"account": r"NT AUTHORITY\LocalService", "privileges": ["SeTcbPrivilege"]},
            {},
            messages.NO_PRIVILEGE,
        ),
    ],
    ids=lambda value: value.key if isinstance(value, Message) else "",
)
def test_why_a_service_does_not_start(
    trial: Trial, settings: dict[str, Any], behaviour: dict[str, Any], message: Message
) -> None:
    """Windows' error in words, with what to do next."""
    trial.lab.keys.set(r"HKLM\SYSTEM\CurrentControlSet\Control", "ServicesPipeTimeout", 3000)
    make(trial.lab, "Example", **settings)
    tell(trial.lab, "Example", **behaviour)

    seconds = 1.5 if "slow" in behaviour else 20
    tried = trial.run(services.service, "Example", start_seconds=seconds)

    assert tried.failed
    assert message.remedy.partition("{")[0] in tried.output


def test_a_service_that_another_keeps_from_starting(trial: Trial) -> None:
    """What it depends on is named, and why that did not start."""
    make(trial.lab, "B")
    make(trial.lab, "Example", dependencies=["B"])
    tell(trial.lab, "B", exit=1234)

    tried = trial.run(services.service, "Example")

    assert tried.failed
    values = {"service": "Example", "host": HOST, "dependencies": "B"}
    assert messages.DEPENDENCY.text(**values) in tried.output
    assert "event 7001" in tried.output


def test_a_program_that_the_account_may_not_read(trial: Trial) -> None:
    """Access is denied to the account of the service, not to the one that asks."""
    from winfra.access import Entry
    from winfra.operations import files
    from winfra.sid import ADMINISTRATORS, SYSTEM

    account(trial)
    folder = PROGRAM.rpartition("\\")[0]
    entries = [Entry(SYSTEM, "full"), Entry(ADMINISTRATORS, "full")]
    trial.run(files.access, folder, entries, exact=True)
    try:
        tried = trial.run(services.service, "Example", **WANTED)
    finally:
        trial.run(files.access, folder, [Entry("Users", "read_and_execute")])

    assert tried.failed
    assert messages.DENIED.remedy in tried.output
    assert "svc_prefect" in tried.output


def test_a_script_is_no_program(trial: Trial) -> None:
    """Nor is a file of another kind under a program's name."""
    path = r"D:\text.exe"
    trial.lab.path(path).write_text("text")
    make(trial.lab, "Example", path=path)

    tried = trial.run(services.service, "Example")

    assert tried.failed
    assert messages.NO_PROGRAM.text(service="Example", host=HOST, path=path) in tried.output


def test_the_end_of_its_log_is_shown(trial: Trial) -> None:
    """What this attempt wrote, and not what stood there before."""
    log = r"D:\services\Example.log"
    trial.lab.path(log).write_text("an old line\n")
    make(trial.lab, "Example")
    tell(trial.lab, "Example", exit=1066, specific=7, says="no configuration: é\x1b[31m")

    tried = trial.run(services.service, "Example", log=log)

    assert tried.failed
    assert "no configuration: é\\x1b[31m" in tried.output
    assert "an old line" not in tried.output
    assert "event 7024" in tried.output


def test_a_log_that_is_begun_anew_is_shown_from_its_beginning(trial: Trial) -> None:
    """And what the service itself put into the event log, which Windows has no sentence for."""
    log = r"D:\services\Example.log"
    trial.lab.path(log).write_text("an old line\n" * 1000)
    make(trial.lab, "Example")
    tell(trial.lab, "Example", exit=1066, says="a new\n  line", fresh=True, event=["no", "file"])

    tried = trial.run(services.service, "Example", log=log)

    assert "    a new\n" in tried.output
    assert "      line\n" in tried.output
    assert "event 3: no file" in tried.output


def test_the_log_of_a_service_that_does_not_stop(trial: Trial) -> None:
    """What it wrote since it was told to."""
    log = r"D:\services\Example.log"
    make(trial.lab, "Example")
    tell(trial.lab, "Example", slow_stop=20, says="started")
    run(trial.lab, "Example")

    tried = trial.run(services.service, "Example", running=False, stop_seconds=0.5, log=log)

    assert tried.failed
    assert messages.NOT_STOPPED.remedy.partition("{")[0] in tried.output
    assert "started" not in tried.output.partition("stop_seconds=0.5")[2]


def test_a_service_that_takes_no_stop(trial: Trial) -> None:
    """Windows' own, for instance."""
    tried = trial.run(services.service, "Dnscache", running=False)

    assert tried.failed
    assert messages.NO_STOP.text(service="Dnscache", host=HOST) in tried.output
    assert is_running(trial.lab, "Dnscache")


def test_a_service_that_is_marked_for_deletion(trial: Trial) -> None:
    """Something holds it open: nothing can be done until that lets go."""
    make(trial.lab, "Example")
    trial.lab.write_state("service_handles", ["Example"])
    try:
        for _ in range(2):
            tried = trial.run(services.service, "Example", present=False, stop_seconds=0.5)
            assert tried.failed
            assert messages.MARKED.text(service="Example", host=HOST) in tried.output

        tried = trial.run(services.service, "Example", path=[PROGRAM])
        assert tried.failed
        assert messages.MARKED.text(service="Example", host=HOST) in tried.output
    finally:
        trial.lab.write_state("service_handles", [])
    assert not trial.run(services.service, "Example", present=False).failed
    wait(lambda: status(trial.lab, "Example") == {})


def test_a_service_that_there_is_not(trial: Trial) -> None:
    """An earlier operation may make it: it is missed when it runs."""
    assert trial.dry(services.service, "Example").will_change

    tried = trial.run(services.service, "Example")

    assert tried.failed
    assert messages.NO_SERVICE.text(service="Example", host=HOST) in tried.output


def test_a_dependency_that_there_is_not(trial: Trial) -> None:
    """The same; a group of services may be empty."""
    options: dict[str, Any] = {"path": [PROGRAM], "dependencies": ["Gone", "+Group", "EventLog"]}
    assert trial.dry(services.service, "Example", **options).will_change

    tried = trial.run(services.service, "Example", **options)

    assert tried.failed
    values = {"service": "Example", "host": HOST, "missing": "Gone"}
    assert messages.NO_DEPENDENCY.text(**values) in tried.output
    assert status(trial.lab, "Example") == {}


def test_services_cannot_depend_on_each_other(trial: Trial) -> None:
    """Windows finds the circle."""
    make(trial.lab, "Example")
    make(trial.lab, "B", dependencies=["Example"])

    tried = trial.run(services.service, "Example", dependencies=["B"])

    assert tried.failed
    assert messages.CIRCLE.remedy in tried.output


def test_a_name_that_is_taken(trial: Trial) -> None:
    """By a driver, which is no service; and a display name by another service."""
    trial.lab.keys.set(rf"{KEY}\ADriver", "Type", 1)
    make(trial.lab, "Example", display_name="The example")
    try:
        driver = trial.run(services.service, "ADriver", path=[PROGRAM])
    finally:
        trial.lab.keys.delete(rf"{KEY}\ADriver")
    name = trial.run(services.service, "B", path=[PROGRAM], display_name="The example")

    assert driver.failed
    assert messages.EXISTS.remedy in driver.output
    assert name.failed
    assert messages.DISPLAY_NAME_TAKEN.remedy in name.output


def test_a_new_service_that_is_not_complete_is_disabled(trial: Trial) -> None:
    """It would run as LocalSystem; the next run completes it."""
    account(trial)
    with failing(trial.lab, "sc.exe", "no", 87, when="privs"):
        assert trial.run(services.service, "Example", **WANTED).failed
    assert stored(trial.lab, "Example")["Start"] == 4

    assert trial.run(services.service, "Example", **WANTED).changed
    assert stored(trial.lab, "Example")["Start"] == 2
    assert is_running(trial.lab, "Example")


def test_a_run_that_ended_between_change_and_start(trial: Trial) -> None:
    """The service was stopped before it was changed: the next run finds it so, and starts it."""
    make(trial.lab, "Example")
    run(trial.lab, "Example")
    wanted: dict[str, Any] = {"environment": {"TEST_A": "1"}}
    with failing(trial.lab, "sc.exe", "", 1115, when="start Example"):
        assert trial.run(services.service, "Example", **wanted).failed
    assert stored(trial.lab, "Example")["Environment"] == ["TEST_A=1"]

    assert trial.run(services.service, "Example", **wanted).changed

    assert starts(trial.lab, "Example")[-1]["environment"] == {"TEST_A": "1"}
