"""Where Prefect lies on a host and what its parts are called, from the host's data."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from pyinfra.api.hiddenvalue import HiddenValue

from winfra import roles
from winfra.prefect_api import Api

DEFAULTS: dict[str, Any] = {
    "prefect_data": r"D:\prefect_data",
    "service_account": "svc_prefect",
    "service_account_password": None,
    "server_account": None,
    "server_account_password": None,
    "worker_account": None,
    "worker_account_password": None,
    "python_source": "installer",
    "python_version": "3.12",
    "python_folder": None,
    "conda_folder": r"C:\miniforge3",
    "conda_environment": "prefect_env",
    "prefect_version": "3.4.25",
    "prefect_server": "127.0.0.1",
    "prefect_port": 4200,
    "prefect_auth_string": None,
    "server_service": "PrefectServer",
    "worker_service": "PrefectWorker",
    "work_pool": "local-pool",
    "worker_name": None,
    "worker_drain_seconds": 300,
}
"""The data that sections share: each section's own defaults begin with these."""


@dataclass(frozen=True)
class Layout:
    """The paths and names of one host.

    + data: the host's
    + groups: the host's roles; one that has neither ``server`` nor ``workers`` counts as both
    + workers_apart: whether other hosts have workers
    """

    data: Mapping[str, Any]
    groups: Collection[str] = ()
    workers_apart: bool = False

    @property
    def home(self) -> str:
        return str(self.data["prefect_data"])

    @property
    def python_folder(self) -> str:
        """The folder of the interpreter: the one that runs Prefect, never a virtual environment's."""
        if self.data["python_source"] == "conda":
            return rf"{self.data['conda_folder']}\envs\{self.data['conda_environment']}"
        numbers = "".join(str(self.data["python_version"]).split(".")[:2])
        return str(self.data["python_folder"] or rf"C:\Program Files\Python{numbers}")

    @property
    def python(self) -> str:
        return rf"{self.python_folder}\python.exe"

    @property
    def packages(self) -> str:
        """The wheels, for this host's own use."""
        return rf"{self.home}\packages"

    @property
    def scripts(self) -> str:
        return rf"{self.home}\scripts"

    @property
    def service_host(self) -> str:
        return rf"{self.scripts}\service_host"

    @property
    def api(self) -> Api:
        """The server's API as this host reaches it."""
        return Api(f"{self.address}/api", self.data["prefect_auth_string"])

    @property
    def address(self) -> str:
        """The server's address as this host reaches it, and a browser there."""
        return f"http://{self.data['prefect_server']}:{self.data['prefect_port']}"

    def settings(self, service: str) -> str:
        """The file with a service's environment."""
        return rf"{self.home}\settings\{service}.json"

    def configuration(self, service: str) -> str:
        """What the service host is told of a service."""
        return rf"{self.home}\settings\{service}.service.json"

    def log(self, service: str) -> str:
        return rf"{self.home}\logs\{service}.log"

    def worker(self, computer: str) -> str:
        """The worker's name: always the same, for each new one would stay in the server's list."""
        return str(self.data["worker_name"] or f"{computer}-1")

    @property
    def roles(self) -> set[str]:
        return {"server", "workers"} & set(self.groups) or {"server", "workers"}

    @property
    def server_account(self) -> str:
        return self._account("server")

    @property
    def worker_account(self) -> str:
        return self._account("worker")

    def password(self, account: str) -> HiddenValue | None:
        """The password of one of the accounts; None where Windows knows it, or nobody."""
        for kind in ("server", "worker", "service"):
            if self.data[f"{kind}_account"] == account:
                found: HiddenValue | None = self.data[f"{kind}_account_password"]
                return found
        return None

    @property
    def accounts(self) -> dict[str, HiddenValue | None]:
        """The accounts of the services on this host, each with its password."""
        names = [self.server_account] * ("server" in self.roles)
        names += [self.worker_account] * ("workers" in self.roles)
        return {name: self.password(name) for name in names}

    def _account(self, kind: str) -> str:
        return str(self.data[f"{kind}_account"] or self.data["service_account"])


def of(host: Any) -> Layout:
    """The layout of pyinfra's current host, which knows where the others are."""
    roles.check_addresses(host)
    workers = {one.name for one in host.state.inventory.get_group("workers", [])}
    apart = bool(workers - {host.name})
    return Layout({key: host.data.get(key) for key in DEFAULTS}, host.groups, apart)
