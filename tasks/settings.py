"""Section 5 of the guide: what Prefect's services are told, and the database that they find."""

from __future__ import annotations

from io import StringIO
from typing import Any

from pyinfra import host
from pyinfra.api.deploy import deploy
from pyinfra.api.exceptions import DeployError

from tasks.new_secrets import before_new_login
from winfra import prefect_drain, prefect_environment, prefect_layout
from winfra.access import Entry
from winfra.facts.server import Hostname
from winfra.messages.prefect_settings import NO_PASSWORD
from winfra.operations import environment, files, prefect
from winfra.prefect_layout import Layout
from winfra.service_host_check import ACCOUNT as CHECK
from winfra.sid import ADMINISTRATORS, SYSTEM, USERS
from winfra.sql import Connection

DEFAULTS: dict[str, Any] = {
    **prefect_layout.DEFAULTS,
    **prefect_environment.DEFAULTS,
    "postgresql_source": "archive",
    "postgresql_version": "16",
    "postgresql_folder": None,
    "postgresql_psql": None,
    "prefect_migration_seconds": 3600,
}
PROFILES = "PREFECT_PROFILES_PATH"


@deploy("5 Settings", data_defaults=DEFAULTS)
def prefect_settings() -> None:
    """A file for each service, a profile for people, and the database as Prefect needs it."""
    layout = prefect_layout.of(host)
    data = {key: host.data.get(key) for key in DEFAULTS}
    services = [data["server_service"], data["worker_service"]]
    prefect.no_variables(
        name="No settings for everybody to read", keep=[PROFILES], services=services
    )
    before_new_login(layout)
    if "server" in layout.roles:
        if data["prefect_database_password"] is None:
            raise DeployError(NO_PASSWORD.text())
        _settings(layout, services[0], prefect_environment.server(layout, data), CHECK)
    if "workers" in layout.roles:
        _settings(layout, services[1], prefect_environment.worker(layout, data))
    _profile(layout, data)
    if "server" in layout.roles:
        _database(layout, data)


def _settings(layout: Layout, service: str, values: dict[str, Any], *others: str) -> None:
    prefect.settings(
        name=f"Settings of {service}",
        dest=layout.settings(service),
        settings=values,
        readers=[rf"NT SERVICE\{service}", *others],
        folder=layout.python_folder,
    )


def _profile(layout: Layout, data: dict[str, Any]) -> None:
    """For people at the host: where the server is, and nothing secret."""
    path = prefect_environment.profiles(layout)
    files.put(
        name="A profile for people",
        src=StringIO(prefect_environment.people(layout, data)),
        dest=path,
    )
    readers = [Entry(account, "read") for account in (USERS, *layout.accounts)]
    files.access(
        name=f"Access to {path}",
        path=path,
        entries=[Entry(SYSTEM, "full"), Entry(ADMINISTRATORS, "full"), *readers],
        exact=True,
    )
    environment.variable(name="Where the profile is", variable=PROFILES, value=path)


def _database(layout: Layout, data: dict[str, Any]) -> None:
    # What Prefect 3 gives up on after several attempts it keeps here, wherever its home is.
    letters = rf"{layout.home}\dlq"
    files.directory(name=f"Folder {letters}", path=letters)
    files.access(
        name=f"Access to {letters}",
        path=letters,
        entries=[
            Entry(SYSTEM, "full"),
            Entry(ADMINISTRATORS, "full"),
            Entry(layout.server_account, "modify"),
        ],
        exact=True,
    )
    connection = _connection(data)
    prefect.database(
        name="Database as this Prefect needs it",
        connection=connection,
        python=layout.python,
        settings=layout.settings(data["server_service"]),
        account=layout.server_account,
        password=layout.password(layout.server_account),
        service_host_folder=layout.service_host,
        # Of which nobody but administrators changes anything: Prefect reads an .env where it works.
        directory=layout.home,
        backup=rf"{layout.home}\backups\before-upgrade.dump" if connection.psql else None,
        seconds=data["prefect_migration_seconds"],
        services=[data["worker_service"], data["server_service"]],
        drains=prefect_drain.of(layout, host.get_fact(Hostname)),
    )


def _connection(data: dict[str, Any]) -> Connection:
    """As Prefect's role: by psql where the server is here or one is named, else from this machine."""
    psql = data["postgresql_psql"]
    here = "database" in host.groups or not {"server", "workers"} & set(host.groups)
    if data["postgresql_source"] != "existing" and here:
        version = data["postgresql_version"]
        folder = data["postgresql_folder"] or rf"C:\Program Files\PostgreSQL\{version}"
        psql = rf"{folder}\bin\psql.exe"
    return Connection(
        psql=psql,
        address=data["postgresql_address"],
        port=data["postgresql_port"],
        user=data["prefect_role"],
        password=data["prefect_database_password"],
        database=data["prefect_database"],
        tls=data["postgresql_tls"],
        authority=data["postgresql_authority"],
    )
