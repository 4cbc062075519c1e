"""Services on a lab; its registry, its control manager's states and the processes are the witness."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from pyinfra.api import OperationValueError
from pyinfra.api.hiddenvalue import HiddenValue

from tests.service_trial import (
    KEY,
    PASSWORD,
    PROGRAM,
    account,
    clean,
    events,
    is_running,
    make,
    process,
    run,
    spoil,
    starts,
    status,
    stored,
    tell,
    wait,
)
from tests.trial import Trial, failing, no_host
from winfra.facts.services import Service
from winfra.lab import accounts as lab_accounts
from winfra.lab.scm.client import request
from winfra.messages import Message, services as messages
from winfra.messages.accounts import UNKNOWN_ACCOUNT
from winfra.operations import services
from winfra.services import Recovery

WANTED: dict[str, Any] = {
    "enabled": True,
    "path": [PROGRAM, "--data", r"D:\services\a b"],
    "display_name": "An example",
    "description": 'It\'s "one" & more',
    "account": "svc_prefect",
    "password": PASSWORD,
    "dependencies": ["EventLog"],
    "recovery": Recovery([("restart", 5), ("restart", 30), ("none", 60)]),
    "sid_type": "unrestricted",
    "privileges": ["SeChangeNotifyPrivilege"],
    "preshutdown_seconds": 60,
    "environment": {"TEST_HOME": "a b=c;é", "TEST_EMPTY": ""},
}
HOST = "@lab/trial"


@pytest.fixture(autouse=True)
def _clean(trial: Trial) -> None:
    clean(trial)


def test_a_service_is_made_and_runs(trial: Trial) -> None:
    """Dry says all of it and does nothing; the registry and the process have it; again, nothing."""
    account(trial)
    dry = trial.dry(services.service, "Example", **WANTED)
    assert dry.will_change
    assert "Will create service Example" in dry.output
    assert "restart after 5 s, restart after 30 s, nothing" in dry.output
    assert status(trial.lab, "Example") == {}

    assert trial.run(services.service, "Example", **WANTED).changed
    found = stored(trial.lab, "Example")
    assert found["ImagePath"] == rf'"{PROGRAM}" --data "D:\services\a b"'
    assert (found["Start"], found["ObjectName"]) == (2, r".\svc_prefect")
    assert (found["DisplayName"], found["Description"]) == ("An example", 'It\'s "one" & more')
    assert found["DependOnService"] == ["EventLog"]
    assert found["Environment"] == ["TEST_HOME=a b=c;é", "TEST_EMPTY="]
    assert (found["ServiceSidType"], found["PreshutdownTimeout"]) == (1, 60_000)
    assert found["RequiredPrivileges"] == ["SeChangeNotifyPrivilege"]
    assert is_running(trial.lab, "Example")
    (started,) = starts(trial.lab, "Example")
    assert started["arguments"][0] == "--data"
    assert started["environment"] == {"TEST_HOME": "a b=c;é", "TEST_EMPTY": ""}

    assert not trial.run(services.service, "Example", **WANTED).changed
    assert len(starts(trial.lab, "Example")) == 1


@pytest.mark.parametrize(
    ("value", "data", "shown", "restarts"),
    [
        ("Start", 3, "startup type", False),
        ("DelayedAutostart", 1, "automatic (delayed start)", False),
        ("DisplayName", "Other", "display name", False),
        ("Description", "Other", "description", False),
        ("DependOnService", ["EventLog", "Schedule"], "depends on", False),
        ("DependOnGroup", ["NetGroup"], "+NetGroup", False),
        ("FailureActions", b"", "when it fails", False),
        ("FailureActionsOnNonCrashFailures", 0, "an error exit is a failure", False),
        ("PreshutdownTimeout", None, "time at shutdown", False),
        ("ImagePath", f"{PROGRAM} --data x", "program", True),
        ("ObjectName", "LocalSystem", "log on as", True),
        ("ServiceSidType", None, "service SID", True),
        ("RequiredPrivileges", None, "privileges", True),
        ("Environment", ["TEST_HOME=x", "OTHER=1"], "environment OTHER", True),
    ],
)
def test_what_is_spoilt_is_found_and_mended(
    trial: Trial, value: str, data: Any, shown: str, restarts: bool
) -> None:
    """Each property by itself; the process stays where it can follow."""
    account(trial)
    trial.run(services.service, "Example", **WANTED)
    before, pid = stored(trial.lab, "Example"), process(trial.lab, "Example")
    spoil(trial.lab, "Example", value, data)

    dry = trial.dry(services.service, "Example", **WANTED)
    assert shown in dry.output
    assert ("restarted (" in dry.output) == restarts
    assert stored(trial.lab, "Example") != before
    assert trial.run(services.service, "Example", **WANTED).changed

    assert normal(stored(trial.lab, "Example")) == normal(before)
    assert is_running(trial.lab, "Example")
    assert (process(trial.lab, "Example") != pid) == restarts
    assert not trial.run(services.service, "Example", **WANTED).changed


def normal(values: dict[str, Any]) -> dict[str, Any]:
    """What is 0 or empty may be absent."""
    return {name: data for name, data in values.items() if data}


def test_what_is_not_given_stays(trial: Trial) -> None:
    """Another's service is left as it is, apart from what is asked for."""
    make(trial.lab, "Example", account=r"NT AUTHORITY\LocalService", start=3, description="x")
    before = stored(trial.lab, "Example")

    assert trial.run(services.service, "Example", running=None, enabled="delayed").changed

    after = stored(trial.lab, "Example")
    assert after == {**before, "Start": 2, "DelayedAutostart": 1}
    assert status(trial.lab, "Example")["state"] == 1


def test_a_service_is_stopped_and_started(trial: Trial) -> None:
    """Once each."""
    make(trial.lab, "Example")

    assert trial.run(services.service, "Example").changed
    assert is_running(trial.lab, "Example")
    assert not trial.run(services.service, "Example").changed
    assert "running" in trial.dry(services.service, "Example", running=False).output
    assert is_running(trial.lab, "Example")
    assert trial.run(services.service, "Example", running=False).changed
    assert status(trial.lab, "Example")["state"] == 1
    assert not trial.run(services.service, "Example", running=False).changed


def test_a_restart_that_is_asked_for(trial: Trial) -> None:
    """Only of a service that runs; otherwise it is a start."""
    make(trial.lab, "Example")
    trial.run(services.service, "Example", restarted=True)
    first = process(trial.lab, "Example")

    assert trial.run(services.service, "Example", restarted=True).changed

    assert process(trial.lab, "Example") != first
    assert len(starts(trial.lab, "Example")) == 2


def test_a_service_is_removed(trial: Trial) -> None:
    """It is stopped before, with those that need it; again, nothing."""
    make(trial.lab, "Example")
    make(trial.lab, "Needs it", dependencies=["Example"])
    run(trial.lab, "Needs it")

    dry = trial.dry(services.service, "Example", present=False)
    assert "Will remove service Example" in dry.output
    assert "Needs it" in dry.output
    assert trial.run(services.service, "Example", present=False).changed

    assert status(trial.lab, "Example") == {}
    assert not trial.lab.keys.exists(rf"{KEY}\Example")
    assert status(trial.lab, "Needs it")["state"] == 1
    assert not trial.run(services.service, "Example", present=False).changed


@pytest.mark.parametrize("name", ["[a]*?", 'it\'s (1) & "more"', "Zähler $x`%PATH%", "a'b;c|d"])
def test_names_that_windows_takes_work(trial: Trial, name: str) -> None:
    """Brackets and quotes, which PowerShell, WQL or sc.exe might take for their own."""
    wanted: dict[str, Any] = {"path": [PROGRAM], "dependencies": ["EventLog"], "description": "x"}

    assert trial.run(services.service, name, **wanted).changed
    assert is_running(trial.lab, name)
    assert not trial.run(services.service, name, **wanted).changed
    assert trial.run(services.service, name, present=False).changed
    assert status(trial.lab, name) == {}


def test_dependents_stop_before_and_start_after(trial: Trial) -> None:
    """In their order, whatever asked for the restart; what did not run stays stopped."""
    for name, needs in ("Example", []), ("B", ["Example"]), ("C", ["B"]), ("D", ["Example"]):
        make(trial.lab, name, dependencies=needs)
    run(trial.lab, "C")
    before = {name: process(trial.lab, name) for name in ("Example", "B", "C")}

    dry = trial.dry(services.service, "Example", restarted=True)
    assert "C restarted, B restarted" in dry.output
    assert trial.run(services.service, "Example", restarted=True).changed

    assert all(is_running(trial.lab, name) for name in before)
    assert all(process(trial.lab, name) != pid for name, pid in before.items())
    assert status(trial.lab, "D")["state"] == 1


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
    values = {"service": "B", "host": HOST, "state": "stop pending", "seconds": 1, "process": pid}
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


def test_a_service_is_restarted_for_what_it_was_started_from(trial: Trial) -> None:
    """The record is read; the difference says which part is another."""
    record = r"D:\services\record.json"
    file = trial.lab.path(record)
    file.write_text(json.dumps({"settings": "1" * 64, "host": "2" * 64, "started": "now"}))
    make(trial.lab, "Example")
    run(trial.lab, "Example")
    same = {"settings": "1" * 64, "host": "2" * 64}
    other = {"settings": "3" * 64, "host": "2" * 64}

    assert not trial.run(services.service, "Example", record=record, started_from=same).changed
    dry = trial.dry(services.service, "Example", record=record, started_from=other)
    assert "started from settings" in dry.output
    assert "111111111111" in dry.output
    assert "333333333333" in dry.output
    assert "restarted (settings)" in dry.output
    assert trial.run(services.service, "Example", record=record, started_from=other).changed
    assert len(starts(trial.lab, "Example")) == 2
    file.write_text("{ no JSON")
    assert trial.run(services.service, "Example", record=record, started_from=same).changed
    file.unlink()
    assert trial.run(services.service, "Example", record=record, started_from=same).changed


@pytest.mark.parametrize(
    "name",
    ["LocalSystem", r"NT AUTHORITY\NetworkService", "S-1-5-19", r"NT SERVICE\Example"],
)
def test_an_account_without_a_password(trial: Trial, name: str) -> None:
    """None is asked for, and the one that was kept is blank."""
    account(trial)
    trial.run(services.service, "Example", **WANTED)
    before = process(trial.lab, "Example")
    assert secret(trial) != ""

    assert trial.run(services.service, "Example", account=name, privileges=None).changed

    assert process(trial.lab, "Example") != before
    assert secret(trial) == ""
    assert not trial.run(services.service, "Example", account=name).changed


def secret(trial: Trial) -> str:
    """The password that the control manager keeps with the service."""
    from winfra.lab.scm.accounts import Secrets

    return Secrets(trial.lab.folder).get("Example")


def test_an_account_by_any_of_its_names(trial: Trial) -> None:
    """It is compared by SID."""
    sid = account(trial)
    trial.run(services.service, "Example", **WANTED)
    computer = trial.lab.config.host_name

    trial.run(services.service, "Example", account="LocalSystem")
    assert trial.run(services.service, "Example", account=sid, password=PASSWORD).changed
    assert stored(trial.lab, "Example")["ObjectName"].lower().endswith(r"\svc_prefect")

    for name in (r".\SVC_PREFECT", sid, rf"{computer}\svc_prefect"):
        assert not trial.run(services.service, "Example", account=name).changed


def test_an_account_that_needs_a_password_and_has_none(trial: Trial) -> None:
    """Nothing is changed; one that is there already needs none."""
    account(trial)
    make(trial.lab, "Example")
    before = stored(trial.lab, "Example")
    values = {"service": "Example", "host": HOST, "account": "svc_prefect"}

    tried = trial.run(services.service, "Example", account="svc_prefect")

    assert tried.failed
    assert messages.NO_PASSWORD.text(**values) in tried.output
    assert stored(trial.lab, "Example") == before


def test_a_wrong_password_is_written_once(trial: Trial) -> None:
    """Windows cannot log on with the one it keeps; with the one given it can."""
    account(trial)
    trial.run(services.service, "Example", **WANTED)
    trial.run(services.service, "Example", running=False)
    other = HiddenValue("An0ther;Staple%")
    account(trial, password=other)

    tried = trial.run(services.service, "Example", **{**WANTED, "password": other})

    assert tried.changed
    assert not tried.failed
    assert "An0ther" not in tried.output
    assert is_running(trial.lab, "Example")


def test_a_password_that_is_wrong_stays_wrong(trial: Trial) -> None:
    """After one more attempt; what Windows logged is quoted, no password is."""
    account(trial)

    tried = trial.run(
        services.service, "Example", **{**WANTED, "password": HiddenValue("Wr0ng;Staple%")}
    )

    assert tried.failed
    values = {"service": "Example", "host": HOST, "account": "svc_prefect"}
    assert messages.LOGON.text(**values) in tried.output
    assert "event 7038" in tried.output
    assert "Wr0ng" not in tried.output
    assert len(events(trial.lab, 7038)) == 2


def test_an_account_that_may_not_log_on_as_a_service(trial: Trial) -> None:
    """The event of this attempt says which right it is."""
    from winfra.lab import rights

    account(trial)
    rights.write(trial.lab.folder, {"SeServiceLogonRight": ["S-1-5-80-0"]}, "a test")

    tried = trial.run(services.service, "Example", **WANTED)

    assert tried.failed
    assert messages.LOGON.remedy in tried.output
    assert "event 7041" in tried.output


def test_an_unknown_account_is_named(trial: Trial) -> None:
    """Before anything is made."""
    tried = trial.run(
        services.service, "Example", path=[PROGRAM], account="nobody", password=PASSWORD
    )

    assert tried.failed
    assert UNKNOWN_ACCOUNT.text(Account=r".\nobody") in tried.output
    assert status(trial.lab, "Example") == {}


def test_an_account_that_is_none_for_services(trial: Trial) -> None:
    """A group, or the virtual account of another service."""
    make(trial.lab, "Example")
    for name in (r"NT SERVICE\Other", "S-1-5-32-544"):
        tried = trial.run(services.service, "Example", account=name, password=None)
        assert tried.failed
    values = {"service": "Example", "host": HOST, "account": r"NT SERVICE\Other"}
    tried = trial.run(services.service, "Example", account=r"NT SERVICE\Other")
    assert messages.BAD_ACCOUNT.text(**values) in tried.output


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

    tried = trial.run(services.service, "Example", start_seconds=1.5)

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


def test_variables_are_taken_away(trial: Trial) -> None:
    """An empty environment is none of its own."""
    make(trial.lab, "Example", environment=["TEST_A=1"])
    run(trial.lab, "Example")

    assert "environment TEST_A" in trial.dry(services.service, "Example", environment={}).output
    assert trial.run(services.service, "Example", environment={}).changed

    assert "Environment" not in stored(trial.lab, "Example")
    assert [one["environment"] for one in starts(trial.lab, "Example")] == [{"TEST_A": "1"}, {}]
    assert not trial.run(services.service, "Example", environment={}).changed


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


def test_no_secret_on_a_command_line(trial: Trial) -> None:
    """Nor in anything that the lab's programs were started with, nor in what is kept on its drives."""
    account(trial)
    trial.lab.clear_logs()
    trial.run(services.service, "Example", **WANTED)

    lines = [one["command_line"] for one in trial.lab.processes()]
    assert any("sc.exe" in line for line in lines)
    assert not any("Corr3ct" in line for line in lines)
    assert lab_accounts.password_is(trial.lab.folder, "svc_prefect", PASSWORD.unmask())


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"service": "a/b"}, "is no name of a service"),
        ({"path": r"C:\Program Files\x.exe"}, "needs quotes"),
        ({"enabled": "auto"}, "'auto' is none of"),
        ({"enabled": False}, "cannot run"),
        ({"password": PASSWORD}, "give account as well"),
        ({"account": "LocalSystem", "password": PASSWORD}, "logs on without one"),
        ({"dependencies": ["a\\b"]}, "is no name of a service"),
        ({"sid_type": "own"}, "is none of"),
        ({"privileges": []}, "SeChangeNotifyPrivilege"),
        ({"preshutdown_seconds": -1}, "no number of seconds"),
        ({"environment": {"X": HiddenValue("hush")}}, "environment X would hold a secret"),
        ({"start_seconds": 0}, "no time"),
        ({"log": "x.log"}, "log: "),
        ({"record": r"D:\x.json"}, "belong together"),
        ({"running": False, "restarted": True}, "not restarted"),
    ],
)
def test_bad_values_are_refused_before_the_host_is_asked(
    options: dict[str, Any], reason: str
) -> None:
    """And no password is in the sentence."""
    with no_host(), pytest.raises(OperationValueError) as caught:
        list(services.service._inner(**{"service": "Example", **options}))

    assert reason in str(caught.value)
    assert "Corr3ct" not in str(caught.value)


def test_a_service_that_starts_by_itself_is_waited_for(trial: Trial) -> None:
    """Somebody else has started it a moment ago."""
    make(trial.lab, "Example")
    tell(trial.lab, "Example", slow=1)
    request(trial.lab.folder, "start", name="Example")
    assert status(trial.lab, "Example")["state"] == 2

    assert trial.run(services.service, "Example").changed

    assert is_running(trial.lab, "Example")
    assert len(starts(trial.lab, "Example")) == 1


@contextlib.contextmanager
def listening_after(seconds: float) -> Iterator[int]:
    """A port on which something listens a while later."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        timer = threading.Timer(seconds, listener.listen)
        timer.start()
        yield listener.getsockname()[1]
        timer.join()


def test_a_port_is_waited_for(trial: Trial) -> None:
    """Dry says so and waits for nothing; once it answers, nothing is to be done."""
    with listening_after(0.5) as port:
        assert "Will wait" in trial.dry(services.wait_port, port).output
        assert trial.run(services.wait_port, port, seconds=10).changed
        assert not trial.run(services.wait_port, port).changed

        closing = trial.run(services.wait_port, port, open=False, seconds=0.5)

    assert closing.failed
    values = {"Address": "127.0.0.1", "Port": port, "Seconds": 0.5}
    assert messages.PORT_OPEN.text(**values) in closing.output
    tried = trial.run(services.wait_port, port, seconds=0.5)
    assert tried.failed
    assert messages.PORT_CLOSED.text(**values) in tried.output
    assert not trial.run(services.wait_port, port, open=False).changed


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"port": 0}, "port: 0"),
        ({"port": 65_536}, "port: 65536"),
        ({"port": 1, "address": "localhost"}, "is no IP address"),
        ({"port": 1, "seconds": 0}, "seconds: 0"),
    ],
)
def test_what_is_no_port_is_refused(options: dict[str, Any], reason: str) -> None:
    """Before the host is asked."""
    with no_host(), pytest.raises(OperationValueError) as caught:
        list(services.wait_port._inner(**options))

    assert messages.REFUSED.remedy in str(caught.value)
    assert reason in str(caught.value)


def test_a_service_that_starts_is_stopped(trial: Trial) -> None:
    """It takes no stop while it starts; a moment later it does."""
    make(trial.lab, "Example")
    tell(trial.lab, "Example", slow=1)
    request(trial.lab.folder, "start", name="Example")

    assert trial.run(services.service, "Example", running=False).changed

    assert status(trial.lab, "Example")["state"] == 1


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


def test_a_server_in_another_language(trial: Trial) -> None:
    """Accounts by their English names, states and errors without words."""
    trial.lab.configure(language="de")
    account(trial)
    try:
        wanted: dict[str, Any] = {"path": [PROGRAM], "account": r"NT AUTHORITY\LocalService"}
        assert trial.run(services.service, "Example", **wanted).changed
        assert not trial.run(services.service, "Example", **wanted).changed
        other = {"account": "svc_prefect", "password": PASSWORD}
        assert trial.run(services.service, "Example", **other).changed
        assert not trial.run(services.service, "Example", **other).changed
        tell(trial.lab, "Example", exit=1066, specific=7)
        tried = trial.run(services.service, "Example", restarted=True)
        assert messages.SPECIFIC.remedy in tried.output
        assert trial.run(services.service, "Example", present=False).changed
    finally:
        trial.lab.configure(language="en")


def test_an_unchanged_service_is_asked_for_once(trial: Trial) -> None:
    """One exchange, whatever is wanted of it."""
    account(trial)
    trial.run(services.service, "Example", **WANTED)
    before = trial.connector.session.exchanges

    trial.fact(Service, service="Example")
    one = trial.connector.session.exchanges - before
    assert not trial.run(services.service, "Example", **WANTED).changed

    assert trial.connector.session.exchanges - before == 2 * one
