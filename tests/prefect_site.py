"""A host with all that comes before Prefect's services: accounts, Python with Prefect, its settings and database."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
import requests
from pyinfra.api.hiddenvalue import HiddenValue

from tasks.service_account import service_account
from tasks.settings import prefect_settings
from tests.database import Server
from tests.files.service_host.hosted import PYTHON, SOURCE
from tests.harness import Applied
from tests.service_trial import remove, status
from tests.trial import Trial, clear, connected_to
from winfra.lab import postgresql as lab_postgresql, prefect as lab_prefect
from winfra.lab.state import Lab

PASSWORD = HiddenValue("Pr3fect '@/:%#\"é\\ $&+?")
AUTH = HiddenValue("people:Au7h-'@/:%#\"")
ACCOUNT_PASSWORD = HiddenValue("Acc0unt-'\"$é")
HOME = r"D:\prefect_data"


@dataclass
class PrefectSite:
    """The host, what a deploy is told of it, and its server's API as a witness."""

    lab: Lab
    server: Server
    data: dict[str, Any]
    auth: HiddenValue = AUTH
    _connections: list[Any] = field(default_factory=list)

    @contextmanager
    def connected(self, **changes: Any) -> Iterator[Trial]:
        with connected_to(self.lab, **{**self.data, **changes}) as trial:
            yield trial

    def run(self, *sections: Callable[..., Any], **changes: Any) -> list[Applied]:
        """Each of them, one after another; they succeed."""
        with self.connected(**changes) as trial:
            applied = [trial.run(section) for section in sections]
        for one in applied:
            assert not one.failed, one.output
        return applied

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        url = f"http://127.0.0.1:{self.data['prefect_port']}/api/{path}"
        name, _, password = self.auth.unmask().partition(":")
        login = requests.auth.HTTPBasicAuth(name.encode(), password.encode())
        answer = requests.request(method, url, json=body, auth=login, timeout=30)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def log(self, service: str) -> str:
        return self.lab.path(rf"{HOME}\logs\{service}.log").read_text(encoding="utf-8")

    def settings(self, service: str) -> dict[str, str]:
        found: dict[str, str] = json.loads(
            self.lab.path(rf"{HOME}\settings\{service}.json").read_bytes()
        )
        return found


@pytest.fixture(scope="module")
def prefect_site(_module_trial: Trial, _module_server: Server) -> Iterator[PrefectSite]:
    """Sections 1 to 5 are done; nothing of Prefect runs yet."""
    if not lab_prefect.is_available():
        pytest.skip("no wheels of Prefect: make wheelhouse")
    lab = _module_trial.lab
    clear(lab.drive("D"))
    if not lab.path(PYTHON).exists():
        lab.install_python()
    folder = PYTHON.removesuffix(r"\python.exe")
    lab_prefect.install(lab, folder)
    data = {
        "python_folder": folder,
        "service_account_password": ACCOUNT_PASSWORD,
        "postgresql_version": lab_postgresql.major(),
        "postgresql_port": _module_server.port,
        "prefect_database_password": PASSWORD,
        "prefect_auth_string": AUTH,
        "prefect_port": lab_postgresql.free_port(),
        # A worker asks for runs every 10 s, which a test would wait for.
        "prefect_worker_settings": {"PREFECT_WORKER_QUERY_SECONDS": 1},
    }
    found = PrefectSite(lab, _module_server, data)
    shutil.copytree(SOURCE, lab.path(rf"{HOME}\scripts\service_host"))
    _module_server.do(
        f"CREATE ROLE prefect LOGIN PASSWORD {_quoted(PASSWORD.unmask())}",
        "CREATE DATABASE prefect_db OWNER prefect",
    )
    found.run(service_account, prefect_settings)
    yield found
    for service in ("PrefectWorker", "PrefectServer"):
        if status(lab, service):
            remove(lab, service)
    _module_server.do("DROP DATABASE prefect_db WITH (FORCE)", "DROP ROLE prefect")


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
