"""What is done about a service, by what is there and what is wanted; without a host."""

from typing import Any

import pytest
from pyinfra.api import OperationValueError
from pyinfra.api.hiddenvalue import HiddenValue

from tests.test_services import info
from winfra import service_plan
from winfra.services import Recovery

PATH = r'"C:\other.exe"'


@pytest.mark.parametrize(
    ("state", "running", "changes", "steps"),
    [
        # state, running, what is wanted otherwise -> stopped, started
        ("Running", True, {}, (False, False)),
        ("Stopped", True, {}, (False, True)),
        ("Start Pending", True, {}, (False, True)),
        ("Stop Pending", True, {}, (True, True)),
        ("Paused", True, {}, (True, True)),
        ("Running", False, {}, (True, False)),
        ("Stopped", False, {}, (False, False)),
        ("Stop Pending", False, {}, (True, False)),
        ("Running", None, {}, (False, False)),
        ("Stopped", None, {}, (False, False)),
        ("Running", True, {"path": PATH}, (True, True)),
        ("Running", None, {"path": PATH}, (True, True)),
        ("Start Pending", True, {"path": PATH}, (True, True)),
        ("Stopped", None, {"path": PATH}, (False, False)),
        ("Stopped", True, {"path": PATH}, (False, True)),
        ("Running", False, {"path": PATH}, (True, False)),
        ("Running", True, {"account": ("svc", "S-1-5-21-1-2-3-4")}, (True, True)),
        ("Running", True, {"environment": {}}, (True, True)),
        ("Running", True, {"privileges": ["SeChangeNotifyPrivilege"]}, (True, True)),
        ("Running", True, {"sid_type": "unrestricted"}, (True, True)),
        ("Running", True, {"enabled": "delayed"}, (False, False)),
        ("Running", True, {"description": "x"}, (False, False)),
        ("Running", True, {"display_name": "x"}, (False, False)),
        ("Running", True, {"dependencies": []}, (False, False)),
        ("Running", True, {"recovery": Recovery([("restart", 1)]).info}, (False, False)),
        ("Running", True, {"preshutdown_seconds": 5.0}, (False, False)),
    ],
)
def test_only_what_must_is_stopped_and_started(
    state: str, running: bool | None, changes: dict[str, Any], steps: tuple[bool, bool]
) -> None:
    """A restart needs a change that a running process cannot follow, and a running process."""
    decision = service_plan.decide(info(state=state), changes, running)

    assert (decision.stop, decision.start) == steps
    assert dict(decision.changes) == changes


def test_a_service_is_restarted_for_what_it_was_started_from() -> None:
    """The record is the process's own: it tells also after a run that was killed."""
    found = info(record={"settings": "1", "host": "2"})

    same = service_plan.decide(found, {}, True, started_from={"settings": "1"})
    other = service_plan.decide(found, {}, True, started_from={"settings": "3", "host": "2"})
    none = service_plan.decide(info(), {}, True, started_from={"settings": "3"})
    stopped = service_plan.decide(info(state="Stopped"), {}, True, started_from={"settings": "3"})

    assert not same.anything
    assert (other.stop, other.start, other.reasons) == (True, True, ["settings"])
    assert other.sides(found, None)[1]["started from settings"] == "3"
    assert none.origins == {"settings": (None, "3")}
    assert (stopped.stop, stopped.start, stopped.reasons) == (False, True, [])


def test_a_restart_is_done_when_asked_for() -> None:
    """And only a start where there is nothing to stop."""
    running = service_plan.decide(info(), {}, True, restarted=True)
    stopped = service_plan.decide(info(state="Stopped"), {}, None, restarted=True)

    assert (running.stop, running.start) == (True, True)
    assert (stopped.stop, stopped.start) == (False, False)


def test_dependents_stop_before_and_are_named() -> None:
    """In the order in which they can."""
    found = info(dependents=["Worker", "Monitor"])
    decision = service_plan.decide(found, {"path": PATH}, True)

    plan = service_plan.plan("Example", found, decision, None)
    before, after = decision.sides(found, None)

    assert plan.stop == ("Worker", "Monitor", "Example")
    assert before is not None
    assert after["depend on it"] == ["Worker restarted", "Monitor restarted"]
    assert after["state"] == "restarted (program)"


def test_the_parameters_of_the_script() -> None:
    """Windows' own words and numbers."""
    wanted = service_plan.wanted(
        path=PATH,
        enabled="delayed",
        display_name="Example",
        description="",
        account="svc",
        dependencies=["a", "+b"],
        recovery=Recovery([("restart", 0.5), ("none", 1)], reset_seconds=None),
        sid_type="unrestricted",
        privileges=["SeChangeNotifyPrivilege"],
        preshutdown_seconds=2.5,
        environment={"A": "b=c"},
    )
    secret = HiddenValue("hush")
    decision = service_plan.decide(None, {**wanted, "account": ("svc", None)}, True)

    plan = service_plan.plan("Example", None, decision, secret, log=None)

    assert plan.parameters == {
        "Create": True,
        "Path": PATH,
        "Enabled": "delayed-auto",
        "DisplayName": "Example",
        "Description": "",
        "Account": r".\svc",
        "Password": secret,
        "Dependencies": ["a", "+b"],
        "Actions": ["restart/500", "/1000"],
        "ResetPeriod": "INFINITE",
        "OnErrorExit": True,
        "SidType": "unrestricted",
        "Privileges": ["SeChangeNotifyPrivilege"],
        "PreshutdownMilliseconds": 2500,
        "Environment": ["A=b=c"],
    }
    assert "hush" not in repr(plan)


def test_a_new_service_is_manual_unless_said_otherwise() -> None:
    """It is made disabled, and has to become something."""
    decision = service_plan.decide(None, {"path": PATH}, None)

    assert service_plan.plan("x", None, decision, None).parameters["Enabled"] == "demand"


def test_a_new_service_is_shown_with_all_that_is_given() -> None:
    """In the words of services.msc."""
    wanted = service_plan.wanted(path=PATH, enabled=True, recovery=Recovery([("restart", 5)]))
    decision = service_plan.decide(None, wanted, True)

    assert decision.sides(None, None) == (
        None,
        {
            "program": PATH,
            "startup type": "automatic",
            "when it fails": ["restart after 5 s"],
            "failures forgotten": "after 86400 s",
            "an error exit is a failure": True,
            "state": "running",
        },
    )


@pytest.mark.parametrize(
    ("call", "reason"),
    [
        (lambda: service_plan.secret("LocalSystem", "x"), "logs on without one"),
        (lambda: service_plan.secret(r"CORP\g$", "x"), "logs on without one"),
        (lambda: service_plan.secret(None, "x"), "give account as well"),
        (lambda: service_plan.secret("svc", ""), "is empty"),
        (lambda: service_plan.check(True, False, False, 1, 1), "cannot run"),
        (lambda: service_plan.check(False, True, None, 1, 1), "not restarted"),
        (lambda: service_plan.check(True, False, None, 0, 1), "no time"),
        (lambda: service_plan.check(True, False, None, 1, -1), "no number of seconds"),
        (lambda: service_plan.check_record("x", None), "belong together"),
        (lambda: service_plan.check_record(None, {}), "belong together"),
        (lambda: service_plan.wanted(path=None, enabled="auto"), "'auto' is none of"),
        (lambda: service_plan.wanted(path=None, enabled=None, sid_type="x"), "'x' is none of"),
    ],
)
def test_bad_arguments_are_refused(call: Any, reason: str) -> None:
    """Before a host is asked."""
    with pytest.raises(OperationValueError) as caught:
        call()

    assert reason in str(caught.value)
