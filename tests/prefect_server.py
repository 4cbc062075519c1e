"""A real Prefect server of this machine, and its API as the witness of what is in it."""

from __future__ import annotations

import base64
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests
from pyinfra.api.hiddenvalue import HiddenValue

from winfra.lab import postgresql, prefect
from winfra.lab.python_packages import once
from winfra.prefect_api import Api

AUTH = "admin:P:a\"ss 'w0rd$"
START_SECONDS = 120
BUSY, ATTEMPTS = 503, 10
"""What SQLite cannot do at a moment, it can at the next."""
_SETTINGS = {
    "DO_NOT_TRACK": "1",
    # The packages are the same files in all labs, which notice what is written among them.
    "PYTHONDONTWRITEBYTECODE": "1",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_SERVER_API_AUTH_STRING": AUTH,
    "PREFECT_SERVER_UI_ENABLED": "false",
}


@dataclass
class PrefectServer:
    """A running server; ``ask`` is the witness's own way to it."""

    url: str

    @property
    def api(self) -> Api:
        return Api(self.url, HiddenValue(AUTH))

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        login = {"Authorization": f"Basic {base64.b64encode(AUTH.encode()).decode()}"}
        url = f"{self.url}/{path}"
        for _ in range(ATTEMPTS):
            answer = requests.request(method, url, json=body, headers=login, timeout=30)
            if answer.status_code != BUSY:
                break
            time.sleep(0.2)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def clear(self) -> None:
        """Nothing but what a new server has."""
        for kind, key in (
            ("flow_runs", "id"),
            ("deployments", "id"),
            ("flows", "id"),
            ("work_pools", "name"),
        ):
            for one in self.ask("POST", f"{kind}/filter", {}):
                self.ask("DELETE", f"{kind}/{one[key]}")


@pytest.fixture(scope="session")
def _prefect_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrefectServer]:
    packages = site_packages()
    home = tmp_path_factory.mktemp("prefect")
    shutil.copy(migrated(packages) / "prefect.db", home)
    port = postgresql.free_port()
    process = start(packages, home, port)
    try:
        yield wait(process, home, port)
    finally:
        process.terminate()
        process.wait(20)


@pytest.fixture
def prefect_server(_prefect_server: PrefectServer) -> PrefectServer:
    """A Prefect server with nothing in it; ``prefect_server.api``, ``prefect_server.ask("GET", …)``."""
    _prefect_server.clear()
    return _prefect_server


def site_packages() -> Path:
    """Prefect's packages, from the wheelhouse of the lab."""
    wheels = prefect.wheelhouse()
    if not wheels.is_dir():
        pytest.skip(f"{wheels} is not there: make wheelhouse")
    return prefect.installed(wheels) / "Lib" / "site-packages"


def migrated(packages: Path) -> Path:
    """A folder with a new server's database, which takes a while to make, and is made once."""
    name = f"{packages.parents[1].name}-database"

    def make(target: Path) -> None:
        process = run(packages, target, ["server", "database", "upgrade", "-y"])
        assert process.wait(START_SECONDS) == 0, (target / "log").read_text(errors="replace")

    return once(packages.parents[2], name, make)


def start(packages: Path, home: Path, port: int) -> subprocess.Popen[bytes]:
    # What runs in the background changes states behind a test's back, and keeps SQLite busy.
    return run(packages, home, ["server", "start", "--no-services", "--port", str(port)])


def run(packages: Path, home: Path, arguments: list[str]) -> subprocess.Popen[bytes]:
    """Prefect with nothing but its own packages."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("PREFECT_")}
    places = {"PREFECT_HOME": str(home), "HOME": str(home), "PYTHONPATH": str(packages)}
    with (home / "log").open("wb") as log:
        return subprocess.Popen(
            [sys.executable, "-S", "-m", "prefect", *arguments],
            env={**kept, **_SETTINGS, **places},
            cwd=home,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )


def wait(process: subprocess.Popen[bytes], home: Path, port: int) -> PrefectServer:
    """Until it answers."""
    server = PrefectServer(f"http://127.0.0.1:{port}/api")
    end = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < end:
        try:
            server.ask("GET", "ready")
        except requests.RequestException:
            time.sleep(0.1)
        else:
            return server
    process.kill()
    raise AssertionError((home / "log").read_text(errors="replace"))
