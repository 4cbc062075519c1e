"""Deployments on a real Prefect server, which a lab asks for; its own answer is the witness."""

from __future__ import annotations

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
STEP = "prefect.deployments.steps.set_working_directory"


@pytest.fixture(autouse=True)
def _pool(prefect_server: PrefectServer) -> None:
    prefect_server.ask("POST", "work_pools/", {"name": "local-pool", "type": "process"})


def deployed(server: PrefectServer) -> Any:
    [found] = server.ask("POST", "deployments/filter", {})
    return found


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
    """The server's sentence is quoted; before there is a server nothing is missed."""
    given = {**WANTED, "work_pool": "gone", "api": prefect_server.api}
    applied = trial.run(deployment, *NAMES, **given)
    assert applied.failed
    values = {"url": prefect_server.url, "request": "POST deployments/"}
    text = prefect_api.NOT_FOUND.text(**values, reason='Work pool "gone" not found')
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
    ],
)
def test_wrong_arguments_are_refused(change: Any, expected: str) -> None:
    """Before the server is asked anything."""
    given = {**WANTED, **change, "api": Api("http://127.0.0.1:9/api")}
    with no_host(), pytest.raises(OperationValueError) as raised:
        list(deployment._inner(*NAMES, **given))
    assert expected in str(raised.value)
