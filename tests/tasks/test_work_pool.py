"""Section 7 on a lab, with a real Prefect server, whose own answer is the witness."""

from __future__ import annotations

from typing import Any

from pyinfra.api.hiddenvalue import HiddenValue

from tasks.work_pool import work_pool
from tests.prefect_server import AUTH, PrefectServer
from tests.trial import Trial, connected_to
from winfra.messages import prefect_api, prefect_work_pool as messages


def data(server: PrefectServer, **more: Any) -> dict[str, Any]:
    port = int(server.url.rpartition(":")[2].partition("/")[0])
    return {"prefect_port": port, "prefect_auth_string": HiddenValue(AUTH), **more}


def test_the_guides_pool(trial: Trial, prefect_server: PrefectServer) -> None:
    """Dry says so and makes nothing; a second run changes nothing, whatever was set besides."""
    with connected_to(trial.lab, **data(prefect_server)) as site:
        dry = site.dry(work_pool)
        assert "Will create work pool local-pool" in dry.output
        assert prefect_server.ask("POST", "work_pools/filter", {}) == []

        assert site.run(work_pool).changed
        [found] = prefect_server.ask("POST", "work_pools/filter", {})
        assert (found["name"], found["type"]) == ("local-pool", "process")
        assert found["concurrency_limit"] is None

        by_hand = {"concurrency_limit": 2, "description": "ours", "is_paused": True}
        prefect_server.ask("PATCH", "work_pools/local-pool", by_hand)
        again = site.run(work_pool)
        assert (again.changed, again.failed) == (False, False)
        [found] = prefect_server.ask("POST", "work_pools/filter", {})
        assert {key: found[key] for key in by_hand} == by_hand


def test_values_of_a_site(trial: Trial, prefect_server: PrefectServer) -> None:
    """Name, limit, defaults of the jobs; what Prefect does not take is refused before."""
    wanted = {
        "work_pool": "etl",
        "work_pool_concurrency": 3,
        "work_pool_job_variables": {"stream_output": False},
    }
    with connected_to(trial.lab, **data(prefect_server, **wanted)) as site:
        assert site.run(work_pool).changed
        [found] = prefect_server.ask("POST", "work_pools/filter", {})
        assert (found["name"], found["concurrency_limit"]) == ("etl", 3)
        properties = found["base_job_template"]["variables"]["properties"]
        assert properties["stream_output"]["default"] is False
    with connected_to(trial.lab, **data(prefect_server, work_pool_concurrency=-5)) as site:
        applied = site.run(work_pool)
        assert messages.BAD_LIMIT.text(value=-5) in applied.output


def test_a_wrong_login(trial: Trial, prefect_server: PrefectServer) -> None:
    """It is named, and not shown."""
    wrong = HiddenValue("admin:wr0ng-login")
    with connected_to(trial.lab, **data(prefect_server, prefect_auth_string=wrong)) as site:
        applied = site.run(work_pool)
        assert applied.failed
        text = prefect_api.LOGIN_REFUSED.text(url=prefect_server.url, reason="Unauthorized")
        assert text in applied.output
        assert "wr0ng" not in applied.output
