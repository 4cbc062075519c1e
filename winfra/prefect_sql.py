"""How SQL reaches Prefect's database: by which connection, and through which host of the inventory."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pyinfra.api import Host

from winfra.sql import Connection

DEFAULTS: dict[str, Any] = {
    "postgresql_source": "archive",
    "postgresql_version": "16",
    "postgresql_folder": None,
    "postgresql_psql": None,
    "postgresql_address": "127.0.0.1",
    "postgresql_port": 5432,
    "postgresql_tls": None,
    "postgresql_authority": None,
    "prefect_database": "prefect_db",
    "prefect_role": "prefect",
    "prefect_database_password": None,
}


def database_host(host: Host) -> Host:
    """The host with PostgreSQL: of the inventory the one with that role, or the host itself."""
    if not {"database", "server", "workers"} & set(host.groups):
        return host
    found = host.state.inventory.get_group("database", [])
    return host if host in found or not found else found[0]


def connection(host: Host, data: Mapping[str, Any]) -> tuple[Connection, Host]:
    """As Prefect's role; and the host that runs psql, where that is done by a host.

    A server that the deploy has installed lets nobody in but its own host and Prefect's, so its own psql
    is asked.

    + data: the current host's, with ``DEFAULTS``
    """
    through = host
    given: dict[str, Any] = {
        "psql": data["postgresql_psql"],
        "address": data["postgresql_address"],
        "port": data["postgresql_port"],
        "tls": data["postgresql_tls"],
        "authority": data["postgresql_authority"],
    }
    if data["postgresql_source"] != "existing":
        through = database_host(host)
        own = {key: through.data.get(key, default) for key, default in DEFAULTS.items()}
        version = own["postgresql_version"]
        folder = own["postgresql_folder"] or rf"C:\Program Files\PostgreSQL\{version}"
        given = {"psql": rf"{folder}\bin\psql.exe", "port": own["postgresql_port"]}
    found = Connection(
        **given,
        user=data["prefect_role"],
        password=data["prefect_database_password"],
        database=data["prefect_database"],
    )
    return found, through
