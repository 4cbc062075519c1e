"""Real Prefect as services of the lab's Windows, as two accounts that may do little."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.files.service_host.hosted import (
    PYTHON,
    Hosted,
    allow,
    commands,
    left_over,
    service_sid,
)
from tests.lab.people import PASSWORD, stored
from tests.lab.runs import run
from tests.lab.scm.services import until
from tests.lab.service_scripts import may_log_on
from winfra.lab import postgresql, prefect
from winfra.lab.access import AccessLists
from winfra.lab.state import Lab

HOME = r"D:\prefect_data"
DATABASE_PASSWORD = "p@:/"
HEAD = "9e83011d1f2a"
READ, MODIFY = "0x1200a9", "0x1301bf"
ACCOUNTS = {"PrefectServer": "svc_server", "PrefectWorker": "svc_worker"}
FLOW = r"""
import json
import os
import sys
from pathlib import Path

from prefect import flow, get_run_logger, task


@task
def try_to(path, mode):
    try:
        Path(path).open(mode).close()
    except OSError as error:
        return type(error).__name__
    return "done"


@flow
def try_it(text):
    Path("data", "written.txt").write_text(text, encoding="utf-8")
    found = {
        "folder": os.getcwd(),
        "user": os.environ["USERNAME"],
        "program": sys.executable,
        "argument": text,
        "settings of the server": try_to(r"D:\prefect_data\settings\PrefectServer.json", "r"),
        "its own code": try_to(__file__, "a"),
        "packages": try_to(Path(sys.prefix, "Lib", "site-packages", "x.pth"), "w"),
        "log": try_to(r"D:\prefect_data\logs\flow.log", "w"),
    }
    get_run_logger().info(json.dumps(found))
"""
pytestmark = pytest.mark.skipif(
    not (postgresql.is_available() and prefect.is_available()), reason="no PostgreSQL or no wheels"
)


@dataclass
class Site:
    """Prefect's server and worker on one machine."""

    lab: Lab
    hosted: Hosted
    port: int
    database: int

    def ask(self, path: str, body: Any = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        url = f"http://127.0.0.1:{self.port}/api/{path}"
        request = urllib.request.Request(url, data, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=20) as answer:  # noqa: S310
            return json.loads(answer.read())

    def is_ready(self) -> bool:
        try:
            answer: dict[str, str] = self.ask("ready")
        except OSError:
            return False
        return answer == {"message": "OK"}

    def log(self, name: str) -> str:
        return self.lab.path(rf"{HOME}\logs\{name}.log").read_text(encoding="utf-8")

    def settings(self, name: str) -> dict[str, str]:
        """What a service is told; of the database, the server alone."""
        shared = {
            "PREFECT_HOME": rf"{HOME}\data",
            "PREFECT_API_URL": f"http://127.0.0.1:{self.port}/api",
            "PREFECT_LOGGING_COLORS": "false",
            "PREFECT_RESULTS_LOCAL_STORAGE_PATH": rf"{HOME}\data\storage",
            "PREFECT_SERVER_MEMO_STORE_PATH": rf"{HOME}\data\memo_store.toml",
            "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
            "DO_NOT_TRACK": "1",
            "PYTHONUTF8": "1",
        }
        server = {
            "PREFECT_SERVER_DATABASE_DRIVER": "postgresql+asyncpg",
            "PREFECT_SERVER_DATABASE_HOST": "127.0.0.1",
            "PREFECT_SERVER_DATABASE_PORT": str(self.database),
            "PREFECT_SERVER_DATABASE_USER": "prefect",
            "PREFECT_SERVER_DATABASE_NAME": "prefect_db",
            "PREFECT_SERVER_DATABASE_PASSWORD": DATABASE_PASSWORD,
            "PREFECT_SERVER_DATABASE_MIGRATE_ON_START": "false",
            "PREFECT_SERVER_DATABASE_TIMEOUT": "600",
            "PREFECT_SERVER_UI_STATIC_DIRECTORY": rf"{HOME}\data\ui",
        }
        return shared | server if name == "PrefectServer" else shared

    def start(self, name: str, *arguments: str) -> None:
        file = rf"{HOME}\settings\{name}.json"
        self.hosted.write(file, json.dumps(self.settings(name)))
        allow(self.lab, self.lab.path(file), (service_sid(name), "FR"))
        self.hosted.configure(
            name, command=[PYTHON, "-m", "prefect", *arguments], directory=HOME, settings=file,
            log={"path": rf"{HOME}\logs\{name}.log"}, record=rf"{HOME}\logs\{name}.record.json",
            stop_seconds=30,
        )  # fmt: skip
        account = {"account": rf".\{ACCOUNTS[name]}", "password": PASSWORD}
        self.hosted.create_bare(name, sid_type=1, **account)
        self.hosted.run(name)

    def workers(self) -> list[str]:
        wanted = {"workers": {"status": {"any_": ["ONLINE"]}}}
        found = self.ask("work_pools/local-pool/workers/filter", wanted)
        return [one["name"] for one in found]

    def run_flow(self, text: str) -> dict[str, Any]:
        """Deploy the flow, run it and wait for its end."""
        flow = self.ask("flows/", {"name": "try-it"})
        step = {"prefect.deployments.steps.set_working_directory": {"directory": HOME}}
        deployment = self.ask("deployments/", {
            "name": "lab", "flow_id": flow["id"], "entrypoint": "flows/try.py:try_it",
            "work_pool_name": "local-pool", "job_variables": {"working_dir": HOME},
            "pull_steps": [step],
        })  # fmt: skip
        path = f"deployments/{deployment['id']}/create_flow_run"
        found: dict[str, Any] = self.ask(path, {"parameters": {"text": text}})

        def has_ended() -> bool:
            found.update(self.ask(f"flow_runs/{found['id']}"))
            return found["state"]["type"] in {"COMPLETED", "FAILED", "CRASHED", "CANCELLED"}

        until(has_ended, "it does not end")
        return found

    def messages(self, run_id: str) -> list[str]:
        wanted = {"logs": {"flow_run_id": {"any_": [run_id]}}}
        return [one["message"] for one in self.ask("logs/filter", wanted)]


def running(lab: Lab) -> list[str]:
    """The command lines of all services' processes; PostgreSQL is another one."""
    return commands(left_over(lab))


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    lab = Lab("prefect", Path(tmp_path_factory.mktemp("labs")))
    lab.start()
    try:
        yield _made(lab)
    finally:
        lab.remove()


def _made(lab: Lab) -> Site:
    hosted = Hosted(lab)
    prefect.install(lab, PYTHON.rpartition("\\")[0])
    for name in ACCOUNTS.values():
        may_log_on(lab, name)
    with psycopg.connect(postgresql.install(lab), autocommit=True) as connection:
        connection.execute(f"CREATE ROLE prefect LOGIN PASSWORD '{DATABASE_PASSWORD}'")
        connection.execute("CREATE DATABASE prefect_db OWNER prefect")
        site = Site(lab, hosted, postgresql.free_port(), connection.info.port)
    accounts = [stored(lab, "users", name)["sid"] for name in ACCOUNTS.values()]
    for name, right in (("", READ), ("flows", READ), ("data", MODIFY), ("logs", MODIFY)):
        folder = lab.path(rf"{HOME}\{name}")
        folder.mkdir(exist_ok=True)
        allow(lab, folder, *((sid, right) for sid in accounts))
    lab.path(rf"{HOME}\flows\try.py").write_text(FLOW, encoding="utf-8")
    return site


def test_from_an_empty_database_to_a_completed_run(site: Site) -> None:
    """Migrated, served, polled, run: each as its account, by Windows' paths, within its rights."""
    lab = site.lab
    migrated = run(
        lab, f'"{PYTHON}" -m prefect server database upgrade -y', user="svc_server",
        environment=site.settings("PrefectServer"),
    )  # fmt: skip
    assert (migrated.code, migrated.errors) == (0, "")
    dsn = postgresql.dsn(site.database, DATABASE_PASSWORD, "prefect", "prefect_db")
    with psycopg.connect(dsn) as connection:
        row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    assert row == (HEAD,)

    address = ["--host", "127.0.0.1", "--port", str(site.port)]
    site.start("PrefectServer", "server", "start", *address)
    until(site.is_ready, "the server does not answer")
    site.ask("work_pools/", {"name": "local-pool", "type": "process"})
    site.start("PrefectWorker", "worker", "start", "--pool", "local-pool", "--name", "LAB-1")
    until(lambda: site.workers() == ["LAB-1"], "the worker does not poll")
    found = site.run_flow("é x")
    assert found["state"]["type"] == "COMPLETED", site.log("PrefectWorker")

    until(lambda: any("packages" in one for one in site.messages(found["id"])), "no log")
    [text] = [one for one in site.messages(found["id"]) if "packages" in one]
    assert json.loads(text) == {
        "folder": HOME, "user": "svc_worker", "program": PYTHON, "argument": "é x",
        "settings of the server": "PermissionError", "its own code": "PermissionError",
        "packages": "PermissionError", "log": "done",
    }  # fmt: skip
    written = lab.path(rf"{HOME}\data\written.txt")
    assert written.read_text(encoding="utf-8") == "é x"
    owner = stored(lab, "users", "svc_worker")["sid"]
    assert AccessLists(lab.folder).read(written).owner == owner
    with psycopg.connect(dsn) as connection:
        query = "SELECT state_type FROM flow_run WHERE id = %s"
        assert connection.execute(query, [found["id"]]).fetchone() == ("COMPLETED",)
    assert not list(lab.drive("D").rglob("prefect.db"))


def test_stop(site: Site) -> None:
    """By Ctrl-C: both say good bye, and no process is left."""
    assert any("-m prefect worker" in one for one in running(site.lab))
    for name, words in (("PrefectWorker", "Worker 'LAB-1' stopped!"), ("PrefectServer", "stopped")):
        site.hosted.stop(name)
        assert words in site.log(name)
    until(lambda: not any("-m prefect" in one for one in running(site.lab)), "one is left over")
