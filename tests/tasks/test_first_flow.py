"""Section 9 on a lab with the real Prefect and PostgreSQL: its server, psycopg and the files are the witness."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from winrm.protocol import Protocol

from tasks.first_flow import first_flow
from tasks.server import prefect_server
from tasks.summary import summary
from tasks.work_pool import work_pool
from tasks.worker import prefect_worker
from tests.files.service_host.hosted import PYTHON
from tests.lab.scm.services import control
from tests.prefect_site import HOME, PASSWORD, PrefectSite, prefect_site
from tests.service_trial import status, wait
from tests.tasks.test_service_account import sid_of
from winfra import summary as end
from winfra.lab.access import AccessLists
from winfra.lab.endpoint_config import User
from winfra.lab.scm import codes
from winfra.messages import prefect_deployment as messages

__all__ = ["prefect_site"]

FOLDER = rf"{HOME}\flows\etl-flow"
KEEPERS = {"S-1-5-18", "S-1-5-32-544"}
PENGFEI = User("pengfei", "P3ngfei's-\"pw", administrator=False, remote_management=True)
BROKEN = """
import time

from prefect import flow


@flow
def broken(hangs: bool) -> None:
    print("now it begins", flush=True)
    if hangs:
        time.sleep(600)
    raise ValueError("no rows today")
"""
Data = dict[str, Any]


@pytest.fixture(scope="module")
def site(prefect_site: PrefectSite) -> Iterator[PrefectSite]:
    """A host on which the sections before this one are done, and which an ordinary user knows."""
    lab = prefect_site.lab
    lab.configure(users=(*lab.config.users, PENGFEI))
    prefect_site.data["flow_user"] = PENGFEI.name
    prefect_site.run(prefect_server, work_pool, prefect_worker)
    yield prefect_site
    lab.configure(users=lab.config.users[:1])


@pytest.fixture
def broken(tmp_path: Path) -> Data:
    """What a site says of a flow that does not end well."""
    (tmp_path / "broken.py").write_text(BROKEN)
    return {
        "flow_files": str(tmp_path),
        "flow_name": "broken",
        "flow_entrypoint": "broken.py:broken",
        "flow_parameters": {"hangs": False},
    }


def stored(site: PrefectSite, run: str) -> tuple[Any, ...] | None:
    """A run as it stands in Prefect's database."""
    with psycopg.connect(
        host="127.0.0.1", port=site.server.port, user="prefect", dbname="prefect_db",
        password=PASSWORD.unmask(),
    ) as connection:  # fmt: skip
        statement = "SELECT state_type FROM flow_run WHERE id = %s::uuid"
        return connection.execute(statement, [run]).fetchone()


def runs(site: PrefectSite, name: str) -> list[Data]:
    """Of a flow, the newest last."""
    query = {"flows": {"name": {"any_": [name]}}, "sort": "START_TIME_ASC"}
    found: list[Data] = site.ask("POST", "flow_runs/filter", query)
    return found


def trustees(site: PrefectSite, path: str) -> set[str]:
    lists = AccessLists(site.lab.folder)
    return {ace.sid for ace in lists.read(site.lab.path(path)).aces or ()}


def as_pengfei(site: PrefectSite, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Python over WinRM, as somebody who knows the login to Prefect and has no other right."""
    reached = site.lab.host_data()
    client = Protocol(
        f"https://localhost:{reached['winrm_port']}/wsman",
        transport="ntlm",
        username=PENGFEI.name,
        password=PENGFEI.password,
        ca_trust_path=reached["winrm_ca_trust_path"],
    )
    login = {"PREFECT_API_AUTH_STRING": site.auth.unmask()}
    shell = client.open_shell(codepage=65001, env_vars=login)
    command = client.run_command(shell, f'"{PYTHON}"', arguments)
    output, errors, code = client.get_command_output(shell, command)
    client.cleanup_command(shell, command)
    client.close_shell(shell)
    return subprocess.CompletedProcess(arguments, code, output.decode(), errors.decode())


def test_a_worker_runs_the_first_flow(site: PrefectSite) -> None:
    """Dry says so and does nothing; then the run is in PostgreSQL; again, nothing is changed."""
    with site.connected() as trial:
        dry = trial.dry(first_flow)
        assert not dry.failed, dry.output
        for title in (f"folder {FOLDER}", "deployment etl-flow/first", "run of etl-flow/first"):
            assert f"Will create {title}" in dry.output
        assert runs(site, "etl-flow") == []
        assert not site.lab.path(FOLDER).exists()

        first = trial.run(first_flow)
        assert not first.failed, first.output
        [run] = runs(site, "etl-flow")
        assert run["state_type"] == "COMPLETED"
        assert stored(site, run["id"]) == ("COMPLETED",)
        assert "Loaded [10, 20, 30], in all 60" in first.output
        assert f"/runs/flow-run/{run['id']}" in first.output
        readers = {sid_of(site.lab), sid_of(site.lab, PENGFEI.name)}
        assert trustees(site, FOLDER) == KEEPERS | readers

        again = trial.run(first_flow)
    assert (again.failed, again.changed) == (False, False), again.output
    assert f"run {run['name']} of etl-flow/first is in prefect_db" in again.output


def test_the_end_of_a_run(site: PrefectSite) -> None:
    """The summary has what the services say of themselves, where they are, and the newest run."""
    with site.connected() as trial:
        assert not trial.run(summary).failed
        said = "\n".join(end.of(trial.host.state)._lines(trial.host.state))
    assert re.search(r"PostgreSQL \d+\.\d+, Python 3\.\d+\.\d+, Prefect 3\.\d+\.\d+\n", said)
    [run] = runs(site, "etl-flow")
    assert f"etl-flow/first: run {run['name']} Completed in " in said
    assert f"http://127.0.0.1:{site.data['prefect_port']}/runs/flow-run/{run['id']}" in said
    assert rf"{HOME}\logs\PrefectWorker.log" in said
    assert f"127.0.0.1:{site.server.port} (PostgreSQL)" in said


def test_what_is_spoilt_is_named_and_mended(site: PrefectSite) -> None:
    """A file that somebody has changed, a deployment that leads elsewhere; what was proven is proven."""
    file = site.lab.path(rf"{FOLDER}\etl_flow.py")
    wanted = file.read_bytes()
    file.write_bytes(b"print('mine')\n")
    deployment = site.ask("GET", "deployments/name/etl-flow/first")
    spoilt = {"entrypoint": "other.py:other"}
    site.ask("PATCH", f"deployments/{deployment['id']}", spoilt)
    with site.connected() as trial:
        dry = trial.dry(first_flow)
        assert "etl_flow.py" in dry.output
        assert "other.py:other  ->  etl_flow.py:etl_flow" in dry.output
        applied = trial.run(first_flow)
    assert not applied.failed, applied.output
    assert file.read_bytes() == wanted
    assert len(runs(site, "etl-flow")) == 1


def test_an_ordinary_user_runs_registers_and_has_it_run(site: PrefectSite) -> None:
    """Over WinRM and no administrator: neither the flow's files nor the services' settings are theirs."""
    direct = as_pengfei(site, rf"{FOLDER}\etl_flow.py")
    assert direct.returncode == 0, direct.stderr
    assert "Loaded [10, 20, 30], in all 60" in direct.stderr
    registered = as_pengfei(site, rf"{FOLDER}\register.py", "--run")
    assert registered.returncode == 0, registered.stdout + registered.stderr
    assert "Registered etl-flow/pengfei" in registered.stdout
    *_, by_hand, by_worker = runs(site, "etl-flow")
    assert by_hand["deployment_id"] is None
    assert (by_worker["state_type"], by_worker["work_pool_name"]) == ("COMPLETED", "local-pool")
    for path, mode in ((rf"{FOLDER}\x", "w"), (rf"{HOME}\settings\PrefectServer.json", "r")):
        refused = as_pengfei(site, "-c", f"open(r'{path}','{mode}')")
        assert "PermissionError" in refused.stderr
    assert not [*site.lab.path(r"C:\Users\pengfei").rglob("prefect.db*")]


def test_a_flow_that_raises(site: PrefectSite, broken: Data) -> None:
    """Its reason, its log, and the end of the worker's."""
    with site.connected(**broken) as trial:
        applied = trial.run(first_flow)
    [run] = runs(site, "broken")
    assert applied.failed
    text = messages.RUN_FAILED.text(
        run=run["name"], deployment="broken/first", found="Failed",
        reason="Flow run encountered an exception: ValueError: no rows today",
    )  # fmt: skip
    assert text in applied.output
    assert rf"the end of {HOME}\logs\PrefectWorker.log" in applied.output
    assert stored(site, run["id"]) == ("FAILED",)


def test_a_flow_that_cannot_be_loaded(site: PrefectSite, broken: Data, tmp_path: Path) -> None:
    """A mistake in its file: the run says so, and the worker goes on to the next."""
    (tmp_path / "broken.py").write_text("def broken(:\n")
    process_before = status(site.lab, "PrefectWorker")["pid"]
    with site.connected(**broken) as trial:
        applied = trial.run(first_flow)
        assert applied.failed
        assert "SyntaxError: invalid syntax" in applied.output
        assert "ended as " in applied.output
        (tmp_path / "broken.py").write_text(BROKEN.replace("broken(hangs", "renamed(hangs"))
        applied = trial.run(first_flow)
        assert applied.failed
        assert "'broken'" in applied.output
    with site.connected(flow_again=True) as trial:
        again = trial.run(first_flow)
    assert not again.failed, again.output
    assert status(site.lab, "PrefectWorker")["pid"] == process_before


def test_a_flow_that_hangs(site: PrefectSite, broken: Data) -> None:
    """It is told so, and cancelled."""
    broken |= {"flow_parameters": {"hangs": True}, "flow_seconds": 25}
    with site.connected(**broken) as trial:
        applied = trial.run(first_flow)
    *_, run = runs(site, "broken")
    assert applied.failed
    text = messages.RUN_HANGS.text(
        run=run["name"], deployment="broken/first", found="Running", seconds="25"
    )
    assert text in applied.output
    assert "now it begins" in applied.output
    assert run["state_type"] in {"CANCELLING", "CANCELLED"}


def test_a_run_that_no_worker_takes(site: PrefectSite) -> None:
    """The worker's service is stopped: the run is cancelled, so that nobody carries it out later."""
    control(site.lab, "PrefectWorker", codes.STOP)
    wait(lambda: status(site.lab, "PrefectWorker")["state"] == 1)
    with site.connected(flow_again=True, flow_start_seconds=3) as trial:
        applied = trial.run(first_flow)
    *_, run = runs(site, "etl-flow")
    assert applied.failed
    values = {"run": run["name"], "deployment": "etl-flow/first", "seconds": "3", "reason": ""}
    assert messages.RUN_NOT_TAKEN.text(**values).partition(": .")[0] in applied.output
    assert rf"the end of {HOME}\logs\PrefectWorker.log" in applied.output
    assert run["state_type"] == "CANCELLED"
