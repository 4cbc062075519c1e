"""Sections 6 to 8 on a lab: real Prefect as services on real PostgreSQL; its API is the witness."""

from __future__ import annotations

import json
import os
import re
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psutil
import pytest
import requests
from pyinfra.api.hiddenvalue import HiddenValue

from tasks.new_secrets import new_secrets
from tasks.server import prefect_server
from tasks.settings import prefect_settings
from tasks.work_pool import work_pool
from tasks.worker import prefect_worker
from tests.database import DATA
from tests.prefect_site import AUTH, HOME, PASSWORD, PrefectSite
from tests.service_trial import is_running, process, status, stored
from winfra.lab import postgresql
from winfra.lab.scm.client import request
from winfra.prefect_api import Api
from winfra.prefect_drain import Drain, Work

SERVER, WORKER, POOL = "PrefectServer", "PrefectWorker", "local-pool"
SECTIONS = (prefect_server, work_pool, prefect_worker)
NAME = "WINLAB-1"
# Ends when there is a file of the name that it is given, at the latest after a while.
FLOW = """
import time
from pathlib import Path
from prefect import flow

@flow
def wait(name: str):
    end = time.monotonic() + 300
    while not Path("data", name).exists() and time.monotonic() < end:
        time.sleep(0.1)
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


def until(condition: Callable[[], Any], seconds: float = 180) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it does not come about"
        time.sleep(0.2)


def stop(site: PrefectSite, service: str) -> None:
    if is_running(site.lab, service):
        request(site.lab.folder, "control", name=service, control=1)
    until(lambda: status(site.lab, service)["state"] == 1)


def begin(site: PrefectSite, name: str = "never") -> str:
    """A run until there is such a file, once its process runs."""
    flow = site.ask("POST", "flows/", {"name": "wait"})
    deployment = site.ask("POST", "deployments/", {
        "name": "lab", "flow_id": flow["id"], "entrypoint": "flows/wait.py:wait",
        "work_pool_name": POOL, "job_variables": {"working_dir": HOME},
        "pull_steps": [{"prefect.deployments.steps.set_working_directory": {"directory": HOME}}],
    })  # fmt: skip
    path = f"deployments/{deployment['id']}/create_flow_run"
    made: str = site.ask("POST", path, {"parameters": {"name": name}})["id"]
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


def postmaster(site: PrefectSite) -> int:
    """The first line of its file is the number of PostgreSQL's first process."""
    return int(site.lab.path(rf"{DATA}\postmaster.pid").read_text().split()[0])


def completes(site: PrefectSite) -> bool:
    let_end(site, "now")
    run = begin(site, "now")
    until(lambda: state(site, run) == "COMPLETED")
    return True


def let_end(site: PrefectSite, name: str) -> None:
    site.lab.path(rf"{HOME}\data\{name}").touch()


def is_paused(site: PrefectSite) -> bool:
    found: bool = site.ask("GET", f"work_pools/{POOL}")["is_paused"]
    return found


@contextmanager
def ended_when_drained(site: PrefectSite, name: str) -> Iterator[None]:
    """The run goes on until the pool is paused for it."""

    def end() -> None:
        until(lambda: is_paused(site), 300)
        time.sleep(1)
        let_end(site, name)

    thread = threading.Thread(target=end)
    thread.start()
    try:
        yield
    finally:
        thread.join()


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
    run = begin(site, "drained")
    pids = [process(lab, name) for name in (SERVER, WORKER)]
    with site.connected(**changes) as trial:
        dry = trial.dry(prefect_settings), trial.dry(prefect_server)
        assert "restarted (settings)" in dry[1].output
        assert re.search(rf"finishes its work before +- +->  {WORKER}", dry[1].output)
    with ended_when_drained(site, "drained"):
        applied = site.run(prefect_settings, prefect_server, prefect_worker, **changes)
    assert f"{NAME} waits for " in applied[1].output
    assert state(site, run) == "COMPLETED"
    assert all(is_running(lab, name) for name in (SERVER, WORKER))
    assert not {process(lab, name) for name in (SERVER, WORKER)} & {*pids}
    assert not is_paused(site)
    assert completes(site)


def test_what_new_secrets_stop(site: PrefectSite) -> None:
    """It is said once in a run, in a section that runs alone by that; with the same secrets nothing stops."""
    login = "PrefectWorker (its work ends first) while http"
    new = {"prefect_auth_string": HiddenValue("people:new")}
    with site.connected(**new) as trial:
        said = [trial.dry(section).output for section in (new_secrets, prefect_settings)]
    assert f"Will stop {login}" in said[0]
    assert "Will stop" not in said[1]
    with site.connected(**new) as trial:
        assert f"Will stop {login}" in trial.dry(prefect_settings).output

    both = "PrefectWorker (its work ends first), PrefectServer while role prefect gets another password"
    with site.connected(prefect_database_password=HiddenValue("new")) as trial:
        assert f"Will stop {both}" in trial.dry(new_secrets).output
    [applied] = site.run(new_secrets)
    assert not applied.changed, applied.output


def test_a_worker_that_is_killed(site: PrefectSite) -> None:
    """Its run does not stay Running, its processes do not stay, and it comes back by itself."""
    run = begin(site)
    flow_process = int(site.ask("GET", f"flow_runs/{run}")["infrastructure_pid"])
    os.kill(process(site.lab, WORKER), signal.SIGKILL)
    until(lambda: state(site, run) == "CRASHED")
    assert reason(site, run) == f"Worker {NAME} ended while this run had not"
    assert not psutil.pid_exists(flow_process)
    assert completes(site)


def test_a_worker_that_is_stopped(site: PrefectSite) -> None:
    """Its run is marked and ended; the section starts it again, in a pool that a broken off run has paused."""
    run = begin(site)
    flow_process = int(site.ask("GET", f"flow_runs/{run}")["infrastructure_pid"])
    stop(site, WORKER)
    assert state(site, run) == "CRASHED"
    assert not psutil.pid_exists(flow_process)
    assert workers(site) == []
    with site.connected() as trial:
        api = Api(f"http://127.0.0.1:{site.data['prefect_port']}/api", AUTH)
        assert Work(trial.host, Drain(api, POOL, NAME)).pause()
    assert is_paused(site)
    [applied] = site.run(prefect_worker)
    assert applied.changed
    assert not is_paused(site)
    assert completes(site)


def test_a_server_that_is_killed(site: PrefectSite) -> None:
    """It comes back; the run that is under way goes on to its end, and the worker takes the next."""
    run = begin(site, "outlasts")
    before = process(site.lab, SERVER)
    os.kill(before, signal.SIGKILL)
    until(lambda: is_running(site.lab, SERVER) and process(site.lab, SERVER) != before)
    until(lambda: is_ready(site))
    assert state(site, run) == "RUNNING"
    let_end(site, "outlasts")
    until(lambda: state(site, run) == "COMPLETED")
    assert completes(site)


def test_a_database_that_is_taken_away(site: PrefectSite) -> None:
    """A run that ends meanwhile does not stay Running; what runs on its own comes back to the database."""
    run = begin(site, "meanwhile")
    flow_process = int(site.ask("GET", f"flow_runs/{run}")["infrastructure_pid"])
    pids = postmaster(site), process(site.lab, SERVER)
    os.kill(pids[0], signal.SIGKILL)
    until(lambda: not is_running(site.lab, postgresql.service_name()))
    assert not is_ready(site)
    let_end(site, "meanwhile")
    until(lambda: not psutil.pid_exists(flow_process), 300)
    postgresql.start(site.lab)
    until(lambda: is_ready(site))
    until(lambda: state(site, run) == "CRASHED")
    assert postmaster(site) != pids[0]
    assert process(site.lab, SERVER) == pids[1]
    assert completes(site)
