"""The deploy on several hosts by role, each a lab: the server's API, the files and the services are the witness.

The labs share this machine's loopback, so each role has an address of its own in it. Python, Prefect and
its wheels are there already, since bringing them onto a host is tried elsewhere.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import pytest
import requests

from tests.deployed import begin, until
from tests.files.service_host.hosted import PYTHON
from winfra.lab import postgresql, prefect as lab_prefect
from winfra.lab.fixtures import LabFactory
from winfra.lab.state import Lab

HOME = r"D:\prefect_data"
FLOW = rf"{HOME}\flows\etl-flow"
CERTIFICATES = r"C:\certificates"
SECRETS = {
    "service_account_password": "Lab-0nly-Account",
    "postgresql_superuser_password": "Lab-0nly-Kestrel",
    "prefect_database_password": "Lab-0nly-Harrier",
    "prefect_auth_string": "people:Lab-0nly-Login",
}
NEW = {key: f"{value}-2" for key, value in SECRETS.items()}
DATABASE, SERVER = "127.0.0.3", "127.0.0.2"
INVENTORY = """
from pyinfra.api.hiddenvalue import HiddenValue

data = {data!r} | {{key: HiddenValue(value) for key, value in {secrets!r}.items()}}
database = [("@lab/database", data)]
server = [("@lab/server", data)]
workers = [(f"@lab/worker{{n}}", {{**data, "worker_name": f"W{{n}}-1"}}) for n in (1, 2)]
lab = database + server + workers
"""


@dataclass
class Hosts:
    """Labs by their names, and a way to the deploy, to Prefect and to its database."""

    labs: dict[str, Lab]
    data: dict[str, Any]
    inventory: Path
    cli: Callable[..., subprocess.CompletedProcess[str]]
    secrets: dict[str, str] = field(default_factory=lambda: SECRETS)

    def deploy(self, *options: str, secrets: dict[str, str] = SECRETS) -> str:
        self.inventory.write_text(INVENTORY.format(data=self.data, secrets=secrets))
        environment = {"ENV_FILE": "none", "COLUMNS": "200"}
        arguments = (str(self.inventory), "deploy.py", *options)
        done = self.cli(*arguments, env=environment, timeout=900)
        assert done.returncode == 0, done.stdout
        return done.stdout

    def ask(self, path: str, body: Any = None) -> Any:
        url = f"http://{SERVER}:{self.data['prefect_port']}/api/{path}"
        method = "GET" if body is None else "POST"
        name, _, password = self.secrets["prefect_auth_string"].partition(":")
        answer = requests.request(method, url, json=body, auth=(name, password), timeout=30)
        answer.raise_for_status()
        return answer.json()

    def takes(self, password: str) -> bool:
        """Whether PostgreSQL lets Prefect's role in."""
        given: dict[str, Any] = {"port": self.data["postgresql_port"], "dbname": "prefect_db"}
        try:
            psycopg.connect(host="127.0.0.1", user="prefect", password=password, **given).close()
        except psycopg.OperationalError as error:
            if "password authentication failed" not in str(error):
                raise
            return False
        return True

    def lines(self, lab: str, path: str) -> list[str]:
        return self.labs[lab].path(path).read_text(encoding="utf-8").splitlines()

    def settings(self, lab: str, service: str) -> dict[str, str]:
        text = "\n".join(self.lines(lab, rf"{HOME}\settings\{service}.json"))
        found: dict[str, str] = json.loads(text)
        return found


@pytest.fixture
def hosts(lab_factory: LabFactory, pyinfra_cli: Callable[..., Any], tmp_path: Path) -> Hosts:
    if not (postgresql.is_available() and lab_prefect.is_available()):
        pytest.skip("no PostgreSQL, or no wheels of Prefect: make lab-wheelhouse")
    labs = {name: lab_factory(name) for name in ("database", "server", "worker1", "worker2")}
    for name in ("server", "worker1", "worker2"):
        _install(labs[name])
    _certify(labs["database"])
    data = {
        "python_source": "existing",
        "python_folder": PYTHON.removesuffix(r"\python.exe"),
        "data_free_gb": 1,
        "postgresql_port": postgresql.free_port(),
        "postgresql_listen": f"127.0.0.1,::1,{DATABASE}",
        "postgresql_address": DATABASE,
        "postgresql_clients": [f"{SERVER}/32"],
        "postgresql_settings": {
            "shared_buffers": "32MB",
            "max_connections": 50,
            "ssl": True,
            "ssl_cert_file": "C:/certificates/server.crt",
            "ssl_key_file": "C:/certificates/server.key",
        },
        "prefect_port": postgresql.free_port(),
        "prefect_server": SERVER,
        "prefect_listen": "0.0.0.0",  # noqa: S104  as a server for others has it, with a login
        "prefect_networks": ["127.0.0.0/8"],
        "worker_limit": 1,
    }
    return Hosts(labs, data, tmp_path / "inventory.py", pyinfra_cli)


def _install(lab: Lab) -> None:
    lab.install_python()
    lab_prefect.install(lab, PYTHON.removesuffix(r"\python.exe"))
    shutil.copytree(lab_prefect.wheelhouse(), lab.path(rf"{HOME}\packages"))


def _certify(lab: Lab) -> None:
    """A key as PostgreSQL's service may read it, which does not take one that others can read."""
    folder = lab.path(CERTIFICATES)
    folder.mkdir()
    command = "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=database"
    files = ["-keyout", str(folder / "server.key"), "-out", str(folder / "server.crt")]
    subprocess.run([*command.split(), *files], check=True, capture_output=True)


def test_database_server_and_workers_apart(hosts: Hosts) -> None:
    """The same deploy.py with another inventory: both workers take runs, secrets change, nothing else does."""
    said = hosts.deploy("-y")
    assert "etl-flow/first: run " in said
    _check_roles(hosts)
    _check_access(hosts)
    _check_workers(hosts)
    _check_rotation(hosts)
    again = hosts.deploy("-y", secrets=NEW)
    assert again.count("nothing of ") == len(hosts.labs), again


def _check_roles(hosts: Hosts) -> None:
    """Each host has its services, and each worker's the flow."""
    services = {f"postgresql-x64-{postgresql.major()}", "PrefectServer", "PrefectWorker"}
    found = {name: services & set(lab.read_state("services")) for name, lab in hosts.labs.items()}
    assert found == {
        "database": {f"postgresql-x64-{postgresql.major()}"},
        "server": {"PrefectServer"},
        "worker1": {"PrefectWorker"},
        "worker2": {"PrefectWorker"},
    }
    with_flow = [name for name, lab in hosts.labs.items() if lab.path(FLOW).is_dir()]
    assert with_flow == ["worker1", "worker2"]


def _check_access(hosts: Hosts) -> None:
    """The database is open to the server alone, the server by its address; workers know no database."""
    rules = [line.split() for line in hosts.lines("database", r"D:\pgsql\data\pg_hba.conf")]
    remote = [rule[:4] for rule in rules if rule and rule[0] == "hostssl"]
    assert remote == [["hostssl", '"prefect_db"', '"prefect"', f"{SERVER}/32"]]
    url = f"http://{SERVER}:{hosts.data['prefect_port']}/api"
    settings = hosts.settings("server", "PrefectServer")
    assert settings["PREFECT_SERVER_DATABASE_HOST"] == DATABASE
    assert settings["PREFECT_API_URL"] == url
    for name in ("worker1", "worker2"):
        settings = hosts.settings(name, "PrefectWorker")
        assert settings["PREFECT_API_URL"] == url
        assert not [key for key in settings if "DATABASE" in key]
        assert not hosts.labs[name].path(rf"{HOME}\settings\PrefectServer.json").exists()


def _check_workers(hosts: Hosts) -> None:
    """Both are online, and take a run each of several."""
    assert {one["name"]: one["status"] for one in _workers(hosts)} == {
        "W1-1": "ONLINE",
        "W2-1": "ONLINE",
    }
    deployment = hosts.ask("deployments/name/etl-flow/first")["id"]
    made = [hosts.ask(f"deployments/{deployment}/create_flow_run", {})["id"] for _ in range(3)]
    query = {"flow_runs": {"id": {"any_": made}}}
    end = time.monotonic() + 240
    while time.monotonic() < end:
        runs = hosts.ask("flow_runs/filter", query)
        if all(run["state_type"] == "COMPLETED" for run in runs):
            break
        time.sleep(0.5)
    assert {run["state_type"] for run in runs} == {"COMPLETED"}
    assert {run["labels"]["prefect.worker.name"] for run in runs} == {"W1-1", "W2-1"}


def _check_rotation(hosts: Hosts) -> None:
    """A worker's run has its server, and that its database, until it ends; then all have the new secrets."""
    workers = [hosts.labs[name] for name in ("worker1", "worker2")]
    run = begin(hosts.ask, *workers)
    until(lambda: hosts.ask(f"flow_runs/{run}")["state_type"] == "RUNNING")
    with ThreadPoolExecutor(1) as pool:
        deploy = pool.submit(hosts.deploy, "-y", secrets=NEW)
        try:
            until(lambda: deploy.done() or hosts.ask("work_pools/local-pool")["is_paused"])
            assert hosts.takes(SECRETS["prefect_database_password"])
        finally:
            for lab in workers:
                lab.path(rf"{HOME}\flows\go").touch()
        deploy.result()
    hosts.secrets = NEW
    assert hosts.ask(f"flow_runs/{run}")["state_type"] == "COMPLETED"
    assert not hosts.ask("work_pools/local-pool")["is_paused"]
    assert not hosts.takes(SECRETS["prefect_database_password"])
    assert hosts.takes(NEW["prefect_database_password"])
    until(lambda: {"ONLINE"} == {one["status"] for one in _workers(hosts)})


def _workers(hosts: Hosts) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = hosts.ask("work_pools/local-pool/workers/filter", {})
    return found
