"""Section 4 of the guide: Prefect and what it needs, installed without an index."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pyinfra import host
from pyinfra.api.deploy import deploy

from winfra import prefect_drain, prefect_layout, wheelhouse
from winfra.facts.server import Hostname
from winfra.operations import files, pip, prefect
from winfra.prefect_layout import Layout

FILES = Path(__file__).parents[1] / "files"
DEFAULTS: dict[str, Any] = {
    **prefect_layout.DEFAULTS,
    "wheelhouse": None,
    "wheelhouse_platform": "windows",
    "service_host_files": None,
}


@deploy("4 Prefect", data_defaults=DEFAULTS)
def prefect_packages() -> None:
    """Have Prefect's packages, the service host, and accounts that can run both."""
    layout = prefect_layout.of(host)
    data = host.data
    files.sync(
        name="Service host",
        src=data.service_host_files or str(FILES / "service_host"),
        dest=layout.service_host,
        delete=True,
    )
    pip.wheelhouse(
        name=f"Prefect {data.prefect_version}",
        src=data.wheelhouse or _built(),
        dest=layout.packages,
        python=layout.python,
        version=str(data.python_version),
        platform=data.wheelhouse_platform,
        contains={"prefect": data.prefect_version},
        services=[data.worker_service, data.server_service],
        drains=prefect_drain.of(layout, host.get_fact(Hostname)),
    )
    for account, password in layout.accounts.items():
        prefect.verified(
            name=f"{account} can run Prefect",
            account=account,
            password=password,
            python=layout.python,
            service_host_folder=layout.service_host,
            directory=rf"{layout.home}\data",
            record=rf"{layout.home}\scripts\verified-{account.replace(chr(92), '-')}.json",
            environment=_environment(layout),
        )


def _built() -> str:
    """Where ``make wheelhouse`` puts the wheels."""
    data = host.data
    return str(
        wheelhouse.default(data.prefect_version, str(data.python_version), data.wheelhouse_platform)
    )


def _environment(layout: Layout) -> dict[str, str]:
    """For a look at the version: Prefect's folder is no profile's, and no server of its own is made."""
    return {
        "PREFECT_HOME": layout.home,
        "PREFECT_SERVER_EPHEMERAL_ENABLED": "false",
        "DO_NOT_TRACK": "1",
        "PYTHONUTF8": "1",
        "PYTHONIOENCODING": "utf-8",
        "PYTHONNOUSERSITE": "1",
    }
