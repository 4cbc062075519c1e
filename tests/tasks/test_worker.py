"""Sections 6 to 8 on a lab: real Prefect as services on real PostgreSQL; its API is the witness."""

from __future__ import annotations

import json
import os
import re
import signal
import time
from collections.abc import Callable, Iterator
from typing import Any

import psutil
import pytest
import requests

from tasks.server import prefect_server
from tasks.settings import prefect_settings
from tasks.work_pool import work_pool
from tasks.worker import prefect_worker
from tests.prefect_site import AUTH, HOME, PASSWORD, PrefectSite
from tests.service_trial import is_running, process, status, stored
from winfra.lab.scm.client import request

SERVER, WORKER, POOL = "PrefectServer", "PrefectWorker", "local-pool"
SECTIONS = (prefect_server, work_pool, prefect_worker)
NAME = "WINLAB-1"
FLOW = """
import time
from prefect import flow

@flow
def wait(seconds: float):
    time.sleep(seconds)
"""


@pytest.fixture(scope="module")
def site(prefect_site: PrefectSite) -> Iterator[PrefectSite]:
    """Server, pool and worker after their first run."""
    before = set(prefect_site.lab.path(HOME).rglob("*"))
    with prefect_site.connected() as trial:
        for section in SECTIONS:
            dry = trial.dry(section)
            assert dry.will_change, dry.output
            assert not dry.failed, dry.output
            for secret in (AUTH, PASSWORD):
                assert secret.unmask() not in dry.output
    assert set(prefect_site.lab.path(HOME).rglob("*")) == before
    prefect_site.lab.path(rf"{HOME}\flows\wait.py").write_text(FLOW)
    prefect_site.run(*SECTIONS)
    yield prefect_site
    for service in (WORKER, SERVER):
        stop(prefect_site, service)


def until(condition: Callable[[], Any], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it does not come about"
        time.sleep(0.2)


def stop(site: PrefectSite, service: str) -> None:
    if is_running(site.lab, service):
        request(site.lab.folder, "control", name=service, control=1)
    until(lambda: status(site.lab, service)["state"] == 1)


def begin(site: PrefectSite, seconds: float) -> str:
    """A run of so many seconds, once its process runs."""
    flow = site.ask("POST", "flows/", {"name": "wait"})
    deployment = site.ask("POST", "deployments/", {
        "name": "lab", "flow_id": flow["id"], "entrypoint": "flows/wait.py:wait",
        "work_pool_name": POOL, "job_variables": {"working_dir": HOME},
        "pull_steps": [{"prefect.deployments.steps.set_working_directory": {"directory": HOME}}],
    })  # fmt: skip
    path = f"deployments/{deployment['id']}/create_flow_run"
    made: str = site.ask("POST", path, {"parameters": {"seconds": seconds}})["id"]
    until(lambda: state(site, made) not in {"SCHEDULED", "PENDING"})
    return made


def state(site: PrefectSite, flow_run: str) -> str:
    found: str = site.ask("GET", f"flow_runs/{flow_run}")["state"]["type"]
    return found


def reason(site: PrefectSite, flow_run: str) -> str:
    found: str = site.ask("GET", f"flow_runs/{flow_run}")["state"]["message"]
    return found


def workers(site: PrefectSite) -> list[tuple[str, str]]:
    found = site.ask("POST", f"work_pools/{POOL}/workers/filter", {})
    return [(one["name"], one["status"]) for one in found]


def is_ready(site: PrefectSite) -> bool:
    try:
        return bool(site.ask("GET", "ready"))
    except requests.RequestException:
        return False


def completes(site: PrefectSite) -> bool:
    run = begin(site, 0)
    until(lambda: state(site, run) == "COMPLETED")
    return True


def test_server_and_worker_run(site: PrefectSite) -> None:
    """As the guide calls them, one after the other; a second run changes nothing."""
    lab = site.lab
    server, worker = stored(lab, SERVER), stored(lab, WORKER)
    assert (server["Description"], worker["Description"]) == (
        "Prefect 3 Server API Service",
        "Prefect 3 Worker Service",
    )
    assert server["DependOnService"] == [f"postgresql-x64-{site.data['postgresql_version']}"]
    assert worker["DependOnService"] == [SERVER]
    assert (server["Start"], server.get("DelayedAutostart", 0)) == (2, 0)
    assert (worker["Start"], worker["DelayedAutostart"]) == (2, 1)
    assert site.ask("GET", "ready") == {"message": "OK"}
    assert workers(site) == [(NAME, "ONLINE")]
    pids = [process(lab, name) for name in (SERVER, WORKER)]
    for applied in site.run(*SECTIONS):
        assert not applied.changed, applied.output
    assert [process(lab, name) for name in (SERVER, WORKER)] == pids
    lines = json.dumps(lab.processes(), ensure_ascii=False)
    assert not [one for one in (AUTH, PASSWORD) if one.unmask() in lines]


def test_a_new_setting_of_the_server(site: PrefectSite) -> None:
    """The run that is under way ends first; both are restarted, and the pool goes on."""
    lab, changes = (
        site.lab,
        {"prefect_server_settings": {"PREFECT_SERVER_LOGGING_LEVEL": "WARNING"}},
    )
    run = begin(site, 4)
    pids = [process(lab, name) for name in (SERVER, WORKER)]
    with site.connected(**changes) as trial:
        dry = trial.dry(prefect_settings), trial.dry(prefect_server)
        assert "restarted (settings)" in dry[1].output
        assert re.search(rf"finishes its work before +- +->  {WORKER}", dry[1].output)
    applied = site.run(prefect_settings, prefect_server, prefect_worker, **changes)
    assert f"{NAME} finishes " in applied[1].output
    assert state(site, run) == "COMPLETED"
    assert all(is_running(lab, name) for name in (SERVER, WORKER))
    assert not {process(lab, name) for name in (SERVER, WORKER)} & {*pids}
    assert not site.ask("GET", f"work_pools/{POOL}")["is_paused"]
    assert completes(site)


def test_a_worker_that_is_killed(site: PrefectSite) -> None:
    """Its run does not stay Running, its processes do not stay, and it comes back by itself."""
    run = begin(site, 600)
    flow_process = int(site.ask("GET", f"flow_runs/{run}")["infrastructure_pid"])
    os.kill(process(site.lab, WORKER), signal.SIGKILL)
    until(lambda: state(site, run) == "CRASHED")
    assert reason(site, run) == f"Worker {NAME} ended while this run had not"
    assert not psutil.pid_exists(flow_process)
    assert completes(site)


def test_a_worker_that_is_stopped(site: PrefectSite) -> None:
    """Its run is marked while it stops; the section starts it again."""
    run = begin(site, 600)
    stop(site, WORKER)
    assert state(site, run) == "CRASHED"
    assert reason(site, run) == f"Worker {NAME} was stopped while this run was running"
    assert workers(site) == []
    [applied] = site.run(prefect_worker)
    assert applied.changed
    assert completes(site)


def test_a_server_that_is_killed(site: PrefectSite) -> None:
    """It comes back, and the worker takes runs from it as before."""
    before = process(site.lab, SERVER)
    os.kill(before, signal.SIGKILL)
    until(lambda: is_running(site.lab, SERVER) and process(site.lab, SERVER) != before)
    until(lambda: is_ready(site))
    assert completes(site)
