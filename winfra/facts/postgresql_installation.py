"""Facts about what there is of a PostgreSQL server on the host, before anything can be asked of it."""

from __future__ import annotations

import json
from typing import Any, TypedDict

from typing_extensions import override

from winfra.fact import WindowsFact
from winfra.path import windows_path
from winfra.script import Script

MARKER = "winfra.json"
"""The file in a data folder that says that this product made the cluster, and for which service."""


class ClusterInfo(TypedDict):
    """A data folder; ``version`` is that of PG_VERSION, ``made_for`` the service of the marker."""

    entries: list[str]
    version: str | None
    control: bool
    made_for: str | None


class Noted(TypedDict):
    """What EDB's installer noted of an installation."""

    key: str
    folder: str
    data: str
    service: str


class InstallationInfo(TypedDict):
    """See ``Installation``."""

    state: str | None
    path: str | None
    cluster: ClusterInfo | None
    noted: list[Noted]
    begun: bool
    free: int | None
    port_taken: bool


class Installation(WindowsFact[InstallationInfo]):
    r"""
    Returns what there is of a server, by its service's name and its data folder:

    .. code:: python

        {
            "state": "Running",        # of the service; None without one
            "path": '"C:\\Program Files\\PostgreSQL\\16\\bin\\pg_ctl.exe" runservice -N …',
            "cluster": {"entries": ["base", …], "version": "16", "control": True, "made_for": None},
            "noted": [],               # by EDB's installer
            "begun": False,            # this product ran that, and did not come to its end
            "free": 96636764160,       # bytes on the data folder's drive
            "port_taken": True,        # something on the host listens there
        }
    """

    def command(self, service: str, data: str, port: int) -> Script:
        return Script(
            "get_postgresql_installation",
            Service=service,
            Data=windows_path(data, "data"),
            Marker=MARKER,
            Port=port,
        )

    @override
    def read(self, value: Any) -> InstallationInfo:
        return InstallationInfo(
            state=value["State"],
            path=value["ImagePath"],
            cluster=_cluster(value["Cluster"]),
            noted=[
                Noted(
                    key=one["Key"], folder=one["Folder"], data=one["Data"], service=one["Service"]
                )
                for one in value["Noted"]
            ],
            begun=value["Begun"],
            free=value["Free"],
            port_taken=value["PortTaken"],
        )


def _cluster(found: Any) -> ClusterInfo | None:
    if found is None:
        return None
    version = found["Version"]
    return ClusterInfo(
        entries=found["Entries"],
        version=version.strip() if version is not None else None,
        control=found["Control"],
        made_for=_made_for(found["Marker"]),
    )


def _made_for(marker: str | None) -> str | None:
    try:
        found = json.loads(marker or "")
    except ValueError:
        return None
    return found.get("service") if isinstance(found, dict) else None
