"""Section 3 of the guide: the Python that runs Prefect."""

from __future__ import annotations

from typing import Any

from pyinfra import host
from pyinfra.api.deploy import deploy
from pyinfra.api.exceptions import DeployError

from winfra import prefect_drain, prefect_layout
from winfra.facts.server import Hostname
from winfra.messages.python import SOURCE_REFUSED, SOURCE_UNSET
from winfra.operations import conda, python
from winfra.prefect_layout import Layout

DEFAULTS: dict[str, Any] = {
    **prefect_layout.DEFAULTS,
    "python_installer": None,
    "python_installer_sha256": None,
    "conda_installer": None,
    "conda_installer_sha256": None,
    "conda_packages": None,
    "allow_reboot": False,
}


@deploy("3 Python", data_defaults=DEFAULTS)
def python_interpreter() -> None:
    """Have a full Python that the services run and cannot write."""
    layout = prefect_layout.of(host)
    sources = {"installer": _installer, "conda": _conda, "existing": _existing}
    source = host.data.python_source
    if source not in sources:
        raise DeployError(SOURCE_REFUSED.text(source=source, sources=", ".join(sources)))
    sources[source](layout)
    _guard(layout, layout.python_folder)


def _installer(layout: Layout) -> None:
    data = host.data
    for key in ("python_installer", "python_installer_sha256"):
        if data.get(key) is None:
            raise DeployError(SOURCE_UNSET.text(key=key, source=data.python_source))
    python.installation(
        name=f"Python {data.python_version}",
        version=data.python_version,
        folder=layout.python_folder,
        src=data.python_installer,
        sha256=data.python_installer_sha256,
        allow_reboot=data.allow_reboot,
        **_services(layout),
    )


def _existing(layout: Layout) -> None:
    python.installation(
        name=f"Python {host.data.python_version}",
        version=host.data.python_version,
        source="existing",
        folder=layout.python_folder,
    )


def _conda(layout: Layout) -> None:
    data = host.data
    conda.installation(
        name=f"conda in {data.conda_folder}",
        folder=data.conda_folder,
        src=data.conda_installer,
        sha256=data.conda_installer_sha256,
    )
    if data.conda_installer is not None:
        # One that others have installed may be meant for more than this.
        _guard(layout, data.conda_folder)
    conda.environment(
        name=f"Environment {data.conda_environment}",
        path=layout.python_folder,
        python=data.python_version,
        packages=data.conda_packages,
        conda=data.conda_folder,
        **_services(layout),
    )


def _services(layout: Layout) -> dict[str, Any]:
    """Those that run this Python, the one that needs the other first, and how a worker finishes its runs."""
    return {
        "services": [host.data.worker_service, host.data.server_service],
        "drains": prefect_drain.of(layout, host.get_fact(Hostname)),
    }


def _guard(layout: Layout, folder: str) -> None:
    accounts = list(layout.accounts)
    python.access(name=f"Access to {folder}", folder=folder, accounts=accounts)
