"""A lab that `deploy.py` is run on by the program ``pyinfra``, and what it has come to by other means."""

from __future__ import annotations

import json
import re
import subprocess
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import psycopg
import requests

from tests.harness import pyinfra_cli
from winfra.lab import downloads, postgresql
from winfra.lab.scm.client import request
from winfra.lab.state import Lab

HOME = r"D:\prefect_data"
POOL, WORKER = "local-pool", "WINLAB-1"
LOUDEST = ("--diff", "-vvv", "--debug-all")
SECONDS = 900
DATA: dict[str, Any] = {
    "postgresql_settings": {"shared_buffers": "32MB", "max_connections": 50},
    # A worker asks for runs every 10 s, which a test would wait for.
    "prefect_worker_settings": {"PREFECT_WORKER_QUERY_SECONDS": 1},
}
RESULTS = re.compile(r"Grand total +\d+ +(\d+|-) +(\d+|-) +(\d+|-)")
FLOW = '''
"""Ends when it may."""

import time
from pathlib import Path

from prefect import flow


@flow
def wait():
    while not Path(r"D:\\prefect_data\\flows\\go").exists():
        time.sleep(0.1)
'''
_INVENTORY = """
from pyinfra.api.hiddenvalue import HiddenValue

secrets = {secrets!r}
data = {data!r} | {{key: HiddenValue(value) for key, value in secrets.items()}}
lab = database = server = workers = [("@lab/windows", data)]
"""

Done = subprocess.CompletedProcess[str]
Secrets = Mapping[str, str]


def announced(done: Done) -> dict[str, bool]:
    """Of a dry run's table each operation, and whether it would change something."""
    assert done.returncode == 0, done.stdout[-5000:]
    table = done.stdout.partition("Detected changes:")[2].partition("\n\n")[0]
    rows = re.findall(r"^ +(\S.*?) {2,}(-|\d+ \(\S+\)) +- *$", table, re.MULTILINE)
    return {name: change != "-" for name, change in rows}


def carried_out(done: Done) -> dict[str, bool]:
    """Of a run's table the same."""
    assert done.returncode == 0, done.stdout[-5000:]
    table = done.stdout.partition("Results:")[2].partition("\n\n")[0]
    rows = re.findall(r"^ +(\S.*?) {2,}1 +(-|1) +- +(?:-|1) *$", table, re.MULTILINE)
    return {name: changed == "1" for name, changed in rows}


def results(done: Done) -> tuple[str, ...]:
    """The last line of pyinfra's results: operations that changed, failed, changed nothing."""
    assert done.returncode == 0, done.stdout[-5000:]
    [found] = RESULTS.findall(done.stdout)
    return tuple(found)


@dataclass
class Deployed:
    """
    The lab:

    + folder: for inventories
    + secrets: those in force, by their keys in .env
    + outputs: of every run so far
    """

    lab: Lab
    folder: Path
    secrets: Secrets
    outputs: list[str] = field(default_factory=list)

    @cached_property
    def data(self) -> dict[str, Any]:
        """What a site has in group data of its own."""
        return {**downloads.data(), **DATA}

    def by_inventory(self, *what: str) -> Done:
        """As ``@lab/windows``, with the lab's group data and these secrets."""
        file = self.folder / "inventory.py"
        secrets = {key.lower(): value for key, value in self.secrets.items()}
        file.write_text(_INVENTORY.format(secrets=secrets, data=DATA))
        return self._run(str(file), *what, ENV_FILE="none")

    def by_env(self, *what: str) -> Done:
        """As ``localhost``, by .env and ``@winrm``."""
        file = self.folder / "site.env"
        values = {key.upper(): value for key, value in self.lab.host_data().items()}
        values |= {"SERVER_HOST": "localhost", **self.secrets}
        file.write_text("".join(f"{key}={_quoted(value)}\n" for key, value in values.items()))
        options = [f"--data={key}={json.dumps(value)}" for key, value in self.data.items()]
        return self._run("inventory.py", *what, *options, ENV_FILE=str(file))

    def ask(self, path: str, body: Any = None, *, method: str = "", login: str = "") -> Any:
        """What Prefect's API says to whom has the login, the one in force where none is given."""
        url = f"http://127.0.0.1:{self.data['prefect_port']}/api/{path}"
        name, _, password = (login or self.secrets["PREFECT_AUTH_STRING"]).partition(":")
        method = method or ("GET" if body is None else "POST")
        answer = requests.request(method, url, json=body, auth=(name, password), timeout=60)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def ask_at_once(self, number: int, path: str, login: str) -> set[int]:
        """The statuses of so many requests, for which the server opens further sessions of its database."""
        url = f"http://127.0.0.1:{self.data['prefect_port']}/api/{path}"
        name, _, password = login.partition(":")

        def ask(_: int) -> int:
            return requests.post(url, json={}, auth=(name, password), timeout=60).status_code

        with ThreadPoolExecutor(number) as pool:
            return {*pool.map(ask, range(number))}

    def logs_in(self, user: str, password: str) -> bool:
        """Whether PostgreSQL takes it."""
        given: dict[str, Any] = {"port": self.data["postgresql_port"], "dbname": "prefect_db"}
        try:
            psycopg.connect(host="127.0.0.1", user=user, password=password, **given).close()
        except psycopg.OperationalError as error:
            if "password authentication failed" not in str(error):
                raise
            return False
        return True

    @property
    def services(self) -> list[dict[str, Any]]:
        """What the control manager says of them, in the order in which they depend on one another."""
        return [self.lab.service(name) for name in self._names]

    @property
    def _names(self) -> tuple[str, ...]:
        return postgresql.service_name(), "PrefectServer", "PrefectWorker"

    def processes(self) -> set[int]:
        """Of those services that run, also while the machine goes down and comes up again."""
        written = self.lab.read_state("services")
        return {written[name]["pid"] for name in self._names if written[name]["state"] == 4}

    def are_running(self) -> bool:
        return [one["state"] for one in self.services] == [4, 4, 4]

    def online(self) -> bool:
        try:
            found = self.ask(f"work_pools/{POOL}/workers/filter", {})
        except requests.RequestException:
            return False
        return (WORKER, "ONLINE") in {(one["name"], one["status"]) for one in found}

    def begin(self) -> str:
        """A run that waits until it may end, once it waits."""
        run = begin(self.ask, self.lab)
        until(lambda: self.run_state(run) == "RUNNING")
        return run

    def may_end(self) -> None:
        self.lab.path(rf"{HOME}\flows\go").touch()

    def run_state(self, run: str) -> str:
        found: str = self.ask(f"flow_runs/{run}")["state"]["type"]
        return found

    def paused(self, login: str = "") -> bool:
        found: bool = self.ask(f"work_pools/{POOL}", login=login)["is_paused"]
        return found

    def stop(self, service: str) -> None:
        request(self.lab.folder, "control", name=service, control=1)
        until(lambda: self.lab.service(service)["state"] == 1)

    def _run(self, *arguments: str, **environment: str) -> Done:
        done = pyinfra_cli(*arguments, env={"COLUMNS": "140", **environment}, timeout=SECONDS)
        self.outputs.append(done.stdout)
        return done


def begin(ask: Callable[..., Any], *labs: Lab) -> str:
    """A run that one of these takes, and that waits there until it may end."""
    for lab in labs:
        lab.path(rf"{HOME}\flows\go").unlink(missing_ok=True)
        lab.path(rf"{HOME}\flows\wait.py").write_text(FLOW)
    flow = ask("flows/", {"name": "wait"})["id"]
    steps = [{"prefect.deployments.steps.set_working_directory": {"directory": HOME}}]
    wanted = {"name": "lab", "flow_id": flow, "entrypoint": "flows/wait.py:wait"}
    place = {"work_pool_name": POOL, "job_variables": {"working_dir": HOME}}
    deployment = ask("deployments/", {**wanted, **place, "pull_steps": steps})["id"]
    run: str = ask(f"deployments/{deployment}/create_flow_run", {})["id"]
    return run


def until(condition: Callable[[], Any], seconds: float = 180) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it does not come about"
        time.sleep(0.2)


def _quoted(value: object) -> str:
    text = str(value).replace("\\", "\\\\").replace("'", "\\'")
    return f"'{text}'"
