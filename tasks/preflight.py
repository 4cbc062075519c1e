"""Before the guide begins: does the host have what the sections need?"""

from __future__ import annotations

from pyinfra import host
from pyinfra.api.deploy import deploy

from winfra.operations.preflight import requirements

DEFAULTS = {
    "windows_build": 17763,
    "clock_seconds": 300,
    "data_drives": ["D:"],
    "data_free_gb": 20,
    "python_source": "installer",
    "python_version": None,
    "python_installer": None,
    "python_installer_sha256": None,
    "conda_installer": None,
    "conda_installer_sha256": None,
    "conda_packages": None,
    "postgresql_source": "archive",
    "postgresql_version": None,
    "postgresql_archive": None,
    "postgresql_archive_sha256": None,
    "postgresql_installer": None,
    "postgresql_installer_sha256": None,
    "vc_runtime": None,
    "vc_runtime_sha256": None,
    "prefect_version": None,
    "wheelhouse": None,
    "wheelhouse_platform": "windows",
}


@deploy("Preflight", data_defaults=DEFAULTS)
def preflight() -> None:
    """Show all that is missing in one table, and go no further on a host that lacks something."""
    requirements(
        name="The host has what the deploy needs",
        wanted={key: host.data.get(key) for key in DEFAULTS},
    )
