"""Section 2 of the guide: PostgreSQL installed, and Prefect's database in it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import PureWindowsPath
from typing import Any

from pyinfra import host
from pyinfra.api.deploy import deploy
from pyinfra.api.exceptions import DeployError

from tasks.new_secrets import before_new_password
from winfra import prefect_drain, prefect_layout
from winfra.access import Entry
from winfra.access_rules import Rule, loopback
from winfra.facts.server import Hostname
from winfra.messages.postgresql_installation import PASSWORD_MISSING, SOURCE_UNSET
from winfra.operations import files, postgresql
from winfra.operations.postgresql_installation import START_SECONDS
from winfra.operations.postgresql_verification import verified
from winfra.sid import ADMINISTRATORS, SYSTEM
from winfra.sql import Connection

DEFAULTS: dict[str, Any] = {
    **prefect_layout.DEFAULTS,
    "postgresql_source": "archive",
    "postgresql_version": "16",
    "postgresql_archive": None,
    "postgresql_archive_sha256": None,
    "postgresql_installer": None,
    "postgresql_installer_sha256": None,
    "postgresql_folder": None,
    "postgresql_data": r"D:\pgsql\data",
    "postgresql_logs": r"D:\pgsql\logs",
    "postgresql_address": "127.0.0.1",
    "postgresql_port": 5432,
    "postgresql_psql": None,
    "postgresql_tls": None,
    "postgresql_authority": None,
    "postgresql_superuser": "postgres",
    "postgresql_superuser_password": None,
    "postgresql_settings": {},
    "postgresql_listen": "127.0.0.1,::1",
    "postgresql_clients": [],
    "postgresql_access_rules": [],
    "prefect_database": "prefect_db",
    "prefect_role": "prefect",
    "prefect_database_password": None,
    "vc_runtime": None,
    "vc_runtime_sha256": None,
    "allow_reboot": False,
}
LOOPBACKS = ("127.0.0.1", "::1")


@deploy("2 PostgreSQL", data_defaults=DEFAULTS)
def postgresql_server() -> None:
    """Have a server, Prefect's role and database in it, and try them."""
    _check_passwords()
    existing = host.data.postgresql_source == "existing"
    connection = _connection(existing=existing)
    if existing:
        postgresql.installation(
            version=host.data.postgresql_version, source="existing", connection=connection
        )
    else:
        _install()
        _folders()
        postgresql.superuser_password(
            name=f"Password of {connection.user}",
            data=host.data.postgresql_data,
            connection=connection,
        )
        _configure(connection)
    if "server" in host.groups or {"database", "workers"}.isdisjoint(host.groups):
        before_new_password(prefect_layout.of(host))
    _database(connection)
    prefect = replace(
        connection,
        user=host.data.prefect_role,
        password=host.data.prefect_database_password,
        database=host.data.prefect_database,
    )
    addresses = [connection.address] if existing else LOOPBACKS
    verified(
        name=f"{prefect.user} can use {prefect.database}",
        connections=[replace(prefect, address=address) for address in addresses],
    )


def _check_passwords() -> None:
    passwords = {
        "postgresql_superuser_password": host.data.postgresql_superuser,
        "prefect_database_password": host.data.prefect_role,
    }
    for key, role in passwords.items():
        if host.data.get(key) is None:
            raise DeployError(PASSWORD_MISSING.text(role=role, key=key.upper()))


def _connection(*, existing: bool) -> Connection:
    """How SQL reaches the server: one that is installed here by its own psql, on the host."""
    data = host.data
    given: dict[str, Any] = {
        "psql": rf"{_folder()}\bin\psql.exe",
        "port": data.postgresql_port,
        "user": data.postgresql_superuser,
        "password": data.postgresql_superuser_password,
    }
    if existing:
        given |= {
            "psql": data.postgresql_psql,
            "address": data.postgresql_address,
            "tls": data.postgresql_tls,
            "authority": data.postgresql_authority,
        }
    return Connection(**given)


def _install() -> None:
    data = host.data
    source = data.postgresql_source
    src, sha256 = (data.get(f"postgresql_{source}{end}") for end in ("", "_sha256"))
    for key, value in {f"postgresql_{source}": src, f"postgresql_{source}_sha256": sha256}.items():
        if value is None:
            raise DeployError(SOURCE_UNSET.text(key=key, source=source))
    postgresql.installation(
        version=data.postgresql_version,
        source=source,
        src=src,
        sha256=sha256,
        data=data.postgresql_data,
        runtime=data.vc_runtime,
        runtime_sha256=data.vc_runtime_sha256,
        allow_reboot=data.allow_reboot,
        folder=_folder(),
        port=data.postgresql_port,
        address=data.postgresql_listen,
        superuser=data.postgresql_superuser,
        superuser_password=data.postgresql_superuser_password,
    )


def _folders() -> None:
    """The folder for logs; and the one that it and the data are in, which is PostgreSQL's alone."""
    account = rf"NT SERVICE\{_service()}"
    keepers = [Entry(SYSTEM, "full"), Entry(ADMINISTRATORS, "full")]
    logs = host.data.postgresql_logs
    rights = {logs: "modify"}
    parents = {PureWindowsPath(path).parent for path in (host.data.postgresql_data, logs)}
    if len(parents) == 1 and (parent := parents.pop()) != PureWindowsPath(parent.anchor):
        rights[str(parent)] = "read_and_execute"
    files.directory(name=f"Folder {logs}", path=logs)
    for path, right in rights.items():
        files.access(
            name=f"Access to {path}",
            path=path,
            entries=[*keepers, Entry(account, right)],
            exact=True,
        )


def _configure(connection: Connection) -> None:
    data = host.data
    logs = str(data.postgresql_logs).replace("\\", "/")
    settings = {
        "listen_addresses": data.postgresql_listen,
        "port": data.postgresql_port,
        "logging_collector": True,
        "log_directory": logs,
        "log_filename": "postgresql-%Y-%m-%d.log",
        **data.postgresql_settings,
    }
    postgresql.configuration(
        name="Settings",
        settings=settings,
        data=data.postgresql_data,
        service=_service(),
        start_seconds=START_SECONDS + 20,
        connection=connection,
        drains=prefect_drain.of(prefect_layout.of(host), host.get_fact(Hostname)),
    )
    postgresql.access_rules(
        name="Who may log in",
        rules=[*_rules(), *data.postgresql_access_rules],
        exact=True,
        data=data.postgresql_data,
        connection=connection,
    )


def _rules() -> list[Rule]:
    """This host for Prefect and the superuser; others for Prefect, by TLS."""
    role, database = host.data.prefect_role, host.data.prefect_database
    others = [
        Rule(database, role, address, kind="hostssl") for address in host.data.postgresql_clients
    ]
    return [*loopback(database, role), *loopback(None, host.data.postgresql_superuser), *others]


def _database(connection: Connection) -> None:
    role, database = host.data.prefect_role, host.data.prefect_database
    postgresql.role(
        name=f"Role {role}",
        role=role,
        password=host.data.prefect_database_password,
        superuser=False,
        inherit=True,
        createdb=False,
        createrole=False,
        replication=False,
        bypassrls=False,
        connection_limit=-1,
        valid_until="infinity",
        connection=connection,
    )
    postgresql.database(
        name=f"Database {database}",
        database=database,
        owner=role,
        encoding="UTF8",
        connection=connection,
    )
    postgresql.extension(
        name="Extension pg_trgm",
        extension="pg_trgm",
        connection=replace(connection, database=database),
    )


def _service() -> str:
    return f"postgresql-x64-{host.data.postgresql_version}"


def _folder() -> str:
    version = host.data.postgresql_version
    return str(host.data.postgresql_folder or rf"C:\Program Files\PostgreSQL\{version}")
