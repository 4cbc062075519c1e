"""Deployments on a real Prefect server, which a lab asks for; its own answer is the witness."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

import pytest
from pyinfra.api import OperationValueError
from pyinfra.api.hiddenvalue import HiddenValue

from tests.prefect_server import PrefectServer
from tests.trial import Trial, no_host
from winfra.facts.prefect_deployment import Deployment
from winfra.messages import operations, prefect_api, prefect_deployment as messages
from winfra.operations.prefect_deployment import deployment
from winfra.prefect_api import Api
from winfra.prefect_schedule import Cron, Interval, RRule, Schedule

NAMES = ("etl flow-é", "first")
WANTED: dict[str, Any] = {
    "entrypoint": "sub/etl.py:etl_flow",
    "path": r"D:\prefect data\flows",
    "work_pool": "local-pool",
    "parameters": {"rows": 3, "name": "é\"'"},
    "job_variables": {"env": {"TOKEN": HiddenValue("s3cret")}},
    "version": "3f2a",
    "description": "An example",
    "tags": ["b", "a"],
}
SCHEDULES: dict[str, Schedule] = {
    "working days": Cron("30 6 * * mon-fri", timezone="Europe/Paris"),
    "often": Interval(900, active=False),
    "last Friday": RRule("FREQ=MONTHLY;BYDAY=-1FR;BYHOUR=18;BYMINUTE=0;BYSECOND=0"),
}
STEP = "prefect.deployments.steps.set_working_directory"


@pytest.fixture(autouse=True)
def _pool(prefect_server: PrefectServer) -> None:
    prefect_server.ask("POST", "work_pools/", {"name": "local-pool", "type": "process"})


def deployed(server: PrefectServer) -> Any:
    [found] = server.ask("POST", "deployments/filter", {})
    return found


def spaced(text: str) -> str:
    """Without the columns, whose width depends on the rest."""
    return re.sub(" +", " ", text)


def schedules(server: PrefectServer) -> dict[str | None, Any]:
    """By their slugs, without what Prefect adds, as far as it does not matter."""
    return {one["slug"]: one for one in deployed(server)["schedules"]}


def test_a_flow_is_deployed(trial: Trial, prefect_server: PrefectServer) -> None:
    """Dry says so and does nothing; again nothing is done; no secret is shown."""
    given = {**WANTED, "api": prefect_server.api}
    dry = trial.dry(deployment, *NAMES, **given)
    assert f"Will create deployment {'/'.join(NAMES)}" in dry.output
    assert "s3cret" not in dry.output
    assert prefect_server.ask("POST", "flows/filter", {}) == []

    applied = trial.run(deployment, *NAMES, **given)
    assert applied.changed, applied.output
    found = deployed(prefect_server)
    assert found["name"] == "first"
    assert found["pull_steps"] == [{STEP: {"directory": r"D:\prefect data\flows"}}]
    assert found["parameters"] == WANTED["parameters"]
    assert found["job_variables"] == {"env": {"TOKEN": "s3cret"}}
    values = [found[key] for key in ("entrypoint", "version", "work_pool_name", "work_queue_name")]
    assert values == ["sub/etl.py:etl_flow", "3f2a", "local-pool", "default"]
    [flow] = prefect_server.ask("POST", "flows/filter", {})
    assert flow["name"] == NAMES[0]

    again = trial.run(deployment, *NAMES, **given)
    assert (again.changed, again.failed) == (False, False)


def test_only_what_differs_is_changed(trial: Trial, prefect_server: PrefectServer) -> None:
    """Its id, its schedules and what nobody asked for stay."""
    given = {**WANTED, "api": prefect_server.api}
    trial.run(deployment, *NAMES, **given)
    before = deployed(prefect_server)
    schedule = {"active": True, "schedule": {"cron": "0 3 * * *", "timezone": "UTC"}}
    prefect_server.ask("POST", f"deployments/{before['id']}/schedules", [schedule])

    change = {
        "path": r"D:\other",
        "version": "4",
        "description": None,
        "job_variables": {"working_dir": r"D:\data"},
        "tags": ["a"],
    }
    dry = trial.dry(deployment, *NAMES, **{**given, **change})
    assert r"D:\prefect data\flows" in dry.output
    assert "entrypoint" not in dry.output
    assert trial.run(deployment, *NAMES, **{**given, **change}).changed

    after = deployed(prefect_server)
    assert (after["id"], len(after["schedules"])) == (before["id"], 1)
    assert (after["version"], after["description"]) == ("4", "An example")
    assert after["pull_steps"] == [{STEP: {"directory": r"D:\other"}}]
    assert after["job_variables"] == {"env": {"TOKEN": "s3cret"}, "working_dir": r"D:\data"}
    assert after["tags"] == ["a"]
    assert not trial.run(deployment, *NAMES, **{**given, **change}).changed


def test_a_queue_is_one_of_the_pools(trial: Trial, prefect_server: PrefectServer) -> None:
    """Also when nothing but the queue, or nothing but the pool, is another one."""
    prefect_server.ask("POST", "work_pools/", {"name": "other-pool", "type": "process"})
    given = {**WANTED, "api": prefect_server.api}
    for place in (
        {"work_queue": None},
        {"work_queue": "fast"},
        {"work_queue": "fast", "work_pool": "other-pool"},
        {"work_queue": "default", "work_pool": "other-pool"},
    ):
        wanted = {**given, **place}
        assert trial.run(deployment, *NAMES, **wanted).changed
        found = deployed(prefect_server)
        assert found["work_pool_name"] == wanted["work_pool"]
        assert found["work_queue_name"] == (wanted["work_queue"] or "default")
        assert not trial.run(deployment, *NAMES, **wanted).changed


def test_schedules_are_made(trial: Trial, prefect_server: PrefectServer) -> None:
    """With the deployment, and for one that is there; again, nothing is done; without a word of them they stay."""
    given = {**WANTED, "api": prefect_server.api}
    dry = trial.dry(deployment, *NAMES, **given, schedules=SCHEDULES)
    for line in (
        "schedules.working days - -> cron 30 6 * * mon-fri, Europe/Paris",
        "schedules.often - -> every 900 s, UTC, not active",
    ):
        assert line in spaced(dry.output)
    for before in ({}, {"present": False}, given):
        trial.run(deployment, *NAMES, **{"api": prefect_server.api, **before})
        applied = trial.run(deployment, *NAMES, **given, schedules=SCHEDULES)
        assert applied.changed, applied.output
        found = schedules(prefect_server)
        assert {slug: one["active"] for slug, one in found.items()} == {
            "working days": True,
            "often": False,
            "last Friday": True,
        }
        cron = found["working days"]["schedule"]
        assert (cron["cron"], cron["timezone"]) == ("30 6 * * mon-fri", "Europe/Paris")
        assert found["often"]["schedule"]["interval"] == 900
        assert "FREQ=MONTHLY;BYDAY=-1FR" in found["last Friday"]["schedule"]["rrule"]
        for same in (SCHEDULES, None):
            again = trial.run(deployment, *NAMES, **given, schedules=same)
            assert (again.changed, again.failed) == (False, False), again.output
        trial.run(deployment, *NAMES, **given, schedules={})
        assert schedules(prefect_server) == {}


def test_schedules_that_differ(trial: Trial, prefect_server: PrefectServer) -> None:
    """One that somebody has changed, stopped, removed or added is named and mended; the others stay as they are."""
    given = {**WANTED, "api": prefect_server.api, "schedules": SCHEDULES}
    trial.run(deployment, *NAMES, **given)
    place, before = f"deployments/{deployed(prefect_server)['id']}", schedules(prefect_server)
    other = {"cron": "0 4 * * *", "timezone": "UTC"}
    prefect_server.ask("PATCH", f"{place}/schedules/{before['working days']['id']}", {
        "schedule": other, "active": False, "parameters": {"rows": 7},
    })  # fmt: skip
    prefect_server.ask("PATCH", f"{place}/schedules/{before['often']['id']}", {"active": True})
    prefect_server.ask("DELETE", f"{place}/schedules/{before['last Friday']['id']}")
    [added] = prefect_server.ask("POST", f"{place}/schedules", [{"schedule": other}])

    dry = trial.dry(deployment, *NAMES, **given)
    for line in (
        "cron 0 4 * * *, UTC, not active -> cron 30 6 * * mon-fri, Europe/Paris, not active",
        "-> every 900 s, UTC, from ",
        "schedules.last Friday",
        f"schedules.{added['id']}",
    ):
        assert line in spaced(dry.output)
    assert "entrypoint" not in dry.output
    assert trial.run(deployment, *NAMES, **given).changed
    after = schedules(prefect_server)
    assert {*after} == {*SCHEDULES}
    first = after["working days"]
    # Somebody has stopped it, and nobody says that it should run.
    assert (first["schedule"]["cron"], first["active"]) == ("30 6 * * mon-fri", False)
    assert (first["id"], first["parameters"]) == (before["working days"]["id"], {"rows": 7})
    assert after["often"]["active"] is False
    assert after["often"]["schedule"] == before["often"]["schedule"]
    assert not trial.run(deployment, *NAMES, **given).changed


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        (Cron("0 6 * * *", timezone="Europe/Pariss"), 'Invalid timezone: "Europe/Pariss"'),
    ],
)
def test_a_schedule_that_the_server_refuses(
    trial: Trial, prefect_server: PrefectServer, schedule: Schedule, expected: str
) -> None:
    """Its reason is quoted, and not what other kinds of schedules would lack."""
    given = {**WANTED, "api": prefect_server.api}
    trial.run(deployment, *NAMES, **given)
    applied = trial.run(deployment, *NAMES, **given, schedules={"s": schedule})
    assert applied.failed
    assert expected in applied.output
    assert "Field required" not in applied.output
    assert schedules(prefect_server) == {}


def test_it_is_removed(trial: Trial, prefect_server: PrefectServer) -> None:
    """One that is not there is no error."""
    trial.run(deployment, *NAMES, **WANTED, api=prefect_server.api)
    given = {"present": False, "api": prefect_server.api}
    assert "Will remove deployment" in trial.dry(deployment, *NAMES, **given).output
    assert trial.run(deployment, *NAMES, **given).changed
    assert prefect_server.ask("POST", "deployments/filter", {}) == []
    assert not trial.run(deployment, *NAMES, **given).changed


def test_one_whose_flow_comes_from_elsewhere(trial: Trial, prefect_server: PrefectServer) -> None:
    """Its folder is not known, and becomes the wanted one."""
    flow = prefect_server.ask("POST", "flows/", {"name": NAMES[0]})
    step = {"prefect.deployments.steps.git_clone": {"repository": "https://example.org/x.git"}}
    given = {"name": "first", "flow_id": flow["id"], "pull_steps": [step]}
    prefect_server.ask("POST", "deployments/", given)
    values = {"flow": NAMES[0], "deployment": "first", "api": prefect_server.api}
    found = trial.fact(Deployment, **values)
    assert (found["path"], found["work_pool"]) == (None, None)

    assert trial.run(deployment, *NAMES, **WANTED, api=prefect_server.api).changed
    assert trial.fact(Deployment, **values)["path"] == WANTED["path"]


def test_a_pool_that_is_not_there(trial: Trial, prefect_server: PrefectServer) -> None:
    """It is named, when the deployment is made and when it is changed; before there is a server nothing is missed."""
    given = {**WANTED, "work_pool": "gone", "api": prefect_server.api}
    applied = trial.run(deployment, *NAMES, **given)
    assert applied.failed
    values = {"url": prefect_server.url, "request": "POST deployments/"}
    text = prefect_api.NOT_FOUND.text(**values, reason='Work pool "gone" not found')
    assert text in applied.output

    trial.run(deployment, *NAMES, **{**given, "work_pool": "local-pool"})
    assert not trial.dry(deployment, *NAMES, **given).failed
    applied = trial.run(deployment, *NAMES, **given)
    title = f"deployment {'/'.join(NAMES)}"
    text = messages.NO_POOL.text(deployment=title, work_pool="gone", url=prefect_server.url)
    assert text in applied.output

    dry = trial.dry(deployment, *NAMES, **{**WANTED, "api": Api("http://127.0.0.1:9/api")})
    assert (dry.will_change, dry.failed) == (True, False)
    login = Api(prefect_server.url, HiddenValue("admin:a-new-one"))
    dry = trial.dry(deployment, *NAMES, **{**WANTED, "api": login})
    assert "when the server has its new login" in dry.output


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (
            {"entrypoint": r"C:\flows\etl.py:main"},
            messages.BAD_ARGUMENT.text(
                argument="entrypoint",
                value=r"C:\flows\etl.py:main",
                reason="it is not of the form file.py:function",
            ),
        ),
        ({"entrypoint": "../etl.py:main"}, "its file is not below the folder"),
        ({"entrypoint": "/etl.py:main"}, "its file is not below the folder"),
        (
            {"path": "flows"},
            operations.PATH_REFUSED.text(argument="path", path="flows", reason="")[:40],
        ),
        ({"work_pool": ""}, "it is empty"),
        (
            {"schedules": {"nightly": Cron("0 25 * * *")}},
            messages.BAD_ARGUMENT.text(
                argument="schedules: nightly",
                value="0 25 * * *",
                reason="[0 25 * * *] is not acceptable, out of range",
            ),
        ),
        ({"schedules": {" ": Cron("@daily")}}, "it is empty"),
        (
            {"schedules": {"s": Cron("@daily", timezone="W. Europe Standard Time")}},
            "it is no name of IANA's time zones, such as Europe/Paris",
        ),
        ({"schedules": {"s": Interval(0)}}, "it is not more than 0"),
        (
            {"schedules": {"s": Interval(60, anchor=datetime.fromisoformat("2026-01-01"))}},
            "it is without an offset",
        ),
        ({"schedules": {"s": RRule("BYDAY=MO")}}, "it does not say how often, such as FREQ=DAILY"),
        ({"schedules": {"s": RRule("FREQ=SOMETIMES")}}, "invalid 'FREQ': SOMETIMES"),
    ],
)
def test_wrong_arguments_are_refused(change: Any, expected: str) -> None:
    """Before the server is asked anything."""
    given = {**WANTED, **change, "api": Api("http://127.0.0.1:9/api")}
    with no_host(), pytest.raises(OperationValueError) as raised:
        list(deployment._inner(*NAMES, **given))
    assert expected in str(raised.value)
