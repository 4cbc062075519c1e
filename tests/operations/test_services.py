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
    WANTED,
    account,
    clean,
    is_running,
    make,
    process,
    run,
    spoil,
    starts,
    status,
    stored,
    tell,
)
from tests.trial import Trial, no_host
from winfra.facts.services import Service
from winfra.lab.scm.client import request
from winfra.messages import services as messages
from winfra.operations import services


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


def test_variables_are_taken_away(trial: Trial) -> None:
    """An empty environment is none of its own."""
    make(trial.lab, "Example", environment=["TEST_A=1"])
    run(trial.lab, "Example")

    assert "environment TEST_A" in trial.dry(services.service, "Example", environment={}).output
    assert trial.run(services.service, "Example", environment={}).changed

    assert "Environment" not in stored(trial.lab, "Example")
    assert [one["environment"] for one in starts(trial.lab, "Example")] == [{"TEST_A": "1"}, {}]
    assert not trial.run(services.service, "Example", environment={}).changed


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


def test_an_unchanged_service_is_asked_for_once(trial: Trial) -> None:
    """One exchange, whatever is wanted of it."""
    account(trial)
    trial.run(services.service, "Example", **WANTED)
    before = trial.connector.session.exchanges

    trial.fact(Service, service="Example")
    one = trial.connector.session.exchanges - before
    assert not trial.run(services.service, "Example", **WANTED).changed

    assert trial.connector.session.exchanges - before == 2 * one
