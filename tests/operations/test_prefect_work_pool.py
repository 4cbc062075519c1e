"""Work pools of a real Prefect server, which a lab asks for; the server's own answer is the witness."""

from __future__ import annotations

from typing import Any

import pytest
from pyinfra.api import OperationValueError
from pyinfra.api.hiddenvalue import HiddenValue

from tests.prefect_server import PrefectServer
from tests.trial import Trial, no_host
from winfra.facts.prefect_work_pool import Workers, WorkPool
from winfra.messages import prefect_api, prefect_work_pool as messages
from winfra.operations.prefect_work_pool import work_pool
from winfra.prefect_api import Api

NAME = "local pool-é"
TEMPLATE = {
    "job_configuration": {"command": "{{ command }}", "working_dir": "{{ working_dir }}"},
    "variables": {
        "type": "object",
        "properties": {
            "command": {"type": "string", "title": "Of somebody else"},
            "working_dir": {"type": "string"},
        },
    },
}


def pool(server: PrefectServer, name: str = NAME) -> Any:
    [found] = server.ask("POST", "work_pools/filter", {"work_pools": {"name": {"any_": [name]}}})
    return found


def make(server: PrefectServer, **given: Any) -> None:
    server.ask("POST", "work_pools/", {"name": NAME, "type": "process", **given})


def defaults(server: PrefectServer) -> dict[str, Any]:
    properties = pool(server)["base_job_template"]["variables"]["properties"]
    return {name: one["default"] for name, one in properties.items() if "default" in one}


def test_a_pool_is_made(trial: Trial, prefect_server: PrefectServer) -> None:
    """Dry says so and does nothing; again nothing is done."""
    wanted = {"description": 'for "é"', "concurrency_limit": 4, "api": prefect_server.api}
    dry = trial.dry(work_pool, NAME, **wanted)
    assert dry.will_change
    assert f"Will create work pool {NAME}" in dry.output
    assert prefect_server.ask("POST", "work_pools/filter", {}) == []

    assert trial.run(work_pool, NAME, **wanted).changed
    found = pool(prefect_server)
    assert (found["type"], found["description"], found["concurrency_limit"]) == (
        "process",
        'for "é"',
        4,
    )
    assert not found["is_paused"]
    again = trial.run(work_pool, NAME, **wanted)
    assert (again.changed, again.failed) == (False, False)


def test_what_is_not_given_stays(trial: Trial, prefect_server: PrefectServer) -> None:
    """A limit, a pause and a template that somebody has set; only what differs is shown and sent."""
    make(
        prefect_server,
        description="old",
        concurrency_limit=2,
        is_paused=True,
        base_job_template=TEMPLATE,
    )
    api = prefect_server.api
    assert not trial.run(work_pool, NAME, api=api).changed
    dry = trial.dry(work_pool, NAME, description="new", api=api)
    assert "old" in dry.output
    assert "paused" not in dry.output

    assert trial.run(work_pool, NAME, description="new", api=api).changed
    found = pool(prefect_server)
    assert (found["description"], found["concurrency_limit"], found["is_paused"]) == (
        "new",
        2,
        True,
    )
    assert found["base_job_template"] == TEMPLATE

    change = {"concurrency_limit": -1, "paused": False}
    assert trial.run(work_pool, NAME, **change, api=api).changed
    found = pool(prefect_server)
    assert (found["concurrency_limit"], found["is_paused"]) == (None, False)
    assert not trial.run(work_pool, NAME, **change, api=api).changed


def test_defaults_of_jobs(trial: Trial, prefect_server: PrefectServer) -> None:
    """Of a pool that no worker has seen, and of one that has a template; a secret is not shown."""
    secret = HiddenValue("s3cret-of-a-job")
    wanted = {"working_dir": r"D:\data", "stream_output": False, "env": {"TOKEN": secret}}
    given = {"job_variables": wanted, "api": prefect_server.api}
    assert "s3cret" not in trial.dry(work_pool, NAME, **given).output
    assert trial.run(work_pool, NAME, **given).changed
    env = {"TOKEN": "s3cret-of-a-job"}
    assert defaults(prefect_server) == {**wanted, "env": env}
    assert not trial.run(work_pool, NAME, **given).changed
    secret_ = {"job_variables": {"env": {"TOKEN": HiddenValue("another-s3cret")}}}
    dry = trial.dry(work_pool, NAME, **{**given, **secret_})
    assert "job_variables.env" in dry.output
    assert "s3cret" not in dry.output

    prefect_server.clear()
    make(prefect_server, base_job_template=TEMPLATE)
    assert trial.run(
        work_pool, NAME, job_variables={"working_dir": r"D:\data"}, api=prefect_server.api
    ).changed
    template = pool(prefect_server)["base_job_template"]
    assert template["job_configuration"] == TEMPLATE["job_configuration"]
    assert template["variables"]["properties"]["command"]["title"] == "Of somebody else"
    assert defaults(prefect_server) == {"working_dir": r"D:\data"}


def test_a_pool_is_removed(trial: Trial, prefect_server: PrefectServer) -> None:
    """One that is not there is no error."""
    make(prefect_server)
    given = {"present": False, "api": prefect_server.api}
    assert "Will remove work pool" in trial.dry(work_pool, NAME, **given).output
    assert trial.run(work_pool, NAME, **given).changed
    assert prefect_server.ask("POST", "work_pools/filter", {}) == []
    assert not trial.run(work_pool, NAME, **given).changed


def test_what_cannot_be_brought_about(trial: Trial, prefect_server: PrefectServer) -> None:
    """Another type, a variable that jobs do not have: the pool stays as it is."""
    make(prefect_server, type="docker", base_job_template=TEMPLATE)
    before = pool(prefect_server)
    applied = trial.run(work_pool, NAME, api=prefect_server.api)
    values = {"work_pool": NAME, "found": "docker", "wanted": "process"}
    assert messages.OTHER_TYPE.text(**values) in applied.output
    given = {"type": "docker", "job_variables": {"image": "x"}}
    applied = trial.run(work_pool, NAME, **given, api=prefect_server.api)
    values = {"work_pool": NAME, "name": "image", "known": "command, working_dir"}
    assert messages.NO_VARIABLE.text(**values) in applied.output
    assert pool(prefect_server) == before


def test_before_there_is_a_server(trial: Trial) -> None:
    """A dry run says what it would make; a run needs the server."""
    api = Api("http://127.0.0.1:9/api")
    dry = trial.dry(work_pool, NAME, api=api)
    assert f"Will create work pool {NAME}" in dry.output
    assert not dry.failed
    applied = trial.run(work_pool, NAME, api=api)
    assert applied.failed
    assert prefect_api.NO_SERVER.text(url=api.url, reason="").split(": ")[0] in applied.output


def test_a_server_that_has_the_old_login(trial: Trial, prefect_server: PrefectServer) -> None:
    """A dry run knows nothing of the pool then, and says so; a run comes after the restart."""
    make(prefect_server)
    api = Api(prefect_server.url, HiddenValue("admin:a-new-one"))
    dry = trial.dry(work_pool, NAME, api=api)
    assert "when the server has its new login" in dry.output
    assert (dry.will_change, dry.failed) == (False, False)
    assert trial.run(work_pool, NAME, api=api).failed


def test_facts_of_a_pool(trial: Trial, prefect_server: PrefectServer) -> None:
    """Its workers, which have sent a heartbeat; of no pool there is nothing."""
    make(prefect_server, concurrency_limit=3)
    path = f"work_pools/{NAME}/workers/heartbeat"
    prefect_server.ask("POST", path, {"name": "HOST-1"})
    given = {"api": prefect_server.api, "work_pool": NAME}

    found = trial.fact(WorkPool, **given)
    assert (found["work_pool"], found["concurrency_limit"]) == (NAME, 3)
    [worker] = trial.fact(Workers, **given)
    assert (worker["worker"], worker["status"]) == ("HOST-1", "ONLINE")
    assert trial.fact(WorkPool, api=prefect_server.api, work_pool="none") is None
    assert trial.fact(Workers, api=prefect_server.api, work_pool="none") is None


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (
            {"work_pool": "a/b"},
            prefect_api.BAD_NAME.text(argument="work_pool", name="a/b", reason="/ is in it"),
        ),
        (
            {"work_pool": " "},
            prefect_api.BAD_NAME.text(argument="work_pool", name=" ", reason="it is empty"),
        ),
        ({"work_pool": "Prefect-1"}, messages.RESERVED.text(work_pool="Prefect-1")),
        ({"work_pool": "p", "concurrency_limit": -2}, messages.BAD_LIMIT.text(value=-2)),
    ],
)
def test_wrong_arguments_are_refused(given: Any, expected: str) -> None:
    """Before the server is asked anything."""
    with no_host(), pytest.raises(OperationValueError) as raised:
        list(work_pool._inner(**given, api=Api("http://127.0.0.1:9/api")))
    assert expected in str(raised.value)
