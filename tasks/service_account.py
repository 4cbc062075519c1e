"""Section 1 of the guide: so far the folders that the service account will use."""

from __future__ import annotations

from pyinfra import host
from pyinfra.api.deploy import deploy

from winfra.operations import files

DEFAULTS = {
    "prefect_data": r"D:\prefect_data",
}

FOLDERS = ("data", "logs", "scripts", "settings", "flows")


@deploy("1 Service account", data_defaults=DEFAULTS)
def service_account() -> None:
    """Make ``prefect_data`` and its folders."""
    home = host.data.prefect_data
    for folder in (home, *(rf"{home}\{name}" for name in FOLDERS)):
        files.directory(name=f"Folder {folder}", path=folder)
