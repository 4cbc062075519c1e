r"""Installing a PostgreSQL server; ``winfra.operations.postgresql`` has it as ``installation``."""

from __future__ import annotations

import json
from collections.abc import Generator
from typing import Any, Literal

from pyinfra import host
from pyinfra.api.command import PyinfraCommand
from pyinfra.api.deploy import deploy
from pyinfra.api.exceptions import DeployError
from pyinfra.api.hiddenvalue import HiddenValue

from winfra import installation_plan, role_plan
from winfra.access import Entry
from winfra.difference import show
from winfra.facts.postgresql_installation import MARKER, Installation, InstallationInfo
from winfra.installation_plan import Wanted
from winfra.messages import postgresql_installation as messages
from winfra.operation import fail, operation, read
from winfra.operations import archives, files, registry, services
from winfra.script import Script
from winfra.services import Recovery
from winfra.sid import ADMINISTRATORS, SYSTEM, virtual_account_sid

START_SECONDS = 300
"""How long pg_ctl waits for a server that has to recover first, before it calls the start failed."""
_EVENT_LOG = r"HKLM\SYSTEM\CurrentControlSet\Services\EventLog\Application"


@deploy("PostgreSQL's installation")
def installation(
    version: str,
    source: Literal["archive"] = "archive",
    *,
    src: str,
    sha256: str,
    data: str,
    folder: str | None = None,
    port: int = 5432,
    address: str = "127.0.0.1,::1",
    superuser: str = "postgres",
    superuser_password: HiddenValue | None = None,
    locale: str = "C",
    log: str | None = None,
) -> None:
    r"""
    Install a PostgreSQL server: programs, cluster, and a service under an account of its own.

    + version: the major version, such as ``"16"``
    + source: ``archive``: EDB's zip of binaries; ``installer``: EDB's installer
    + src: the archive or the installer, see ``archives.extracted``
    + sha256: of that file
    + data: the data folder; one that is there must be empty, or of a cluster that this has made
    + folder: where the programs go; ``C:\Program Files\PostgreSQL\VERSION`` by default
    + port: of a new cluster
    + address: where a new cluster listens, with commas between
    + superuser: its superuser's name
    + superuser_password: the superuser's, of a new cluster
    + locale: a new cluster's; ``C`` does not change with Windows
    + log: the server's log, whose end is shown when it does not start

    The service is ``postgresql-x64-VERSION`` and runs as ``NT SERVICE\postgresql-x64-VERSION``. A
    cluster that this has not made is left alone, and the run stops.

    **Example:**

    .. code:: python

        from winfra.operations import postgresql

        postgresql.installation(
            name="Install PostgreSQL",
            version="16",
            src="downloads/postgresql-16.10-1-windows-x64-binaries.zip",
            sha256="9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
            data=r"D:\pgsql\data",
            superuser_password=host.data.postgresql_superuser_password,
        )
    """
    wanted = Wanted(version, folder or rf"C:\Program Files\PostgreSQL\{version}", data, port)
    secret = role_plan.password(superuser, superuser_password)
    keepers = [Entry(SYSTEM, "full"), Entry(ADMINISTRATORS, "full")]
    possible(name=f"PostgreSQL {version} can be installed", wanted=wanted)
    archives.extracted(
        name=f"PostgreSQL's programs in {wanted.folder}",
        src=src,
        dest=wanted.folder,
        sha256=sha256,
        inside="pgsql",
        only=["bin", "lib", "share"],
    )
    files.access(
        name="Access to PostgreSQL's programs",
        path=wanted.folder,
        entries=[Entry(wanted.account, "read_and_execute")],
    )
    cluster(
        name=f"Cluster in {wanted.data}",
        wanted=wanted,
        address=address,
        superuser=superuser,
        password=secret,
        locale=locale,
    )
    files.access(
        name=f"Access to {wanted.data}",
        path=wanted.data,
        entries=[*keepers, Entry(wanted.account, "full")],
        exact=True,
    )
    registered(name=f"Service {wanted.service} registered", wanted=wanted)
    _event_source(wanted)
    services.service(
        name=f"Service {wanted.service}",
        service=wanted.service,
        running=True,
        enabled=True,
        path=command_line(wanted),
        display_name=wanted.service,
        description=f"PostgreSQL {version}, data in {wanted.data}",
        account=wanted.account,
        dependencies=["RPCSS"],
        recovery=Recovery([("restart", 5), ("restart", 30), ("restart", 60)]),
        start_seconds=START_SECONDS + 20,
        log=log,
    )


@operation()
def possible(wanted: Wanted) -> Generator[PyinfraCommand]:
    """
    Make sure that nothing forbids to install or keep a server; nothing is changed.

    + wanted: the server
    """
    found = _read(wanted)
    problem = installation_plan.problem(found, wanted, host.name)
    if problem is not None:
        message, values = problem
        raise fail(message, **values)
    state = (
        f"service {wanted.service} is {found['state']}" if found["state"] else "nothing is there"
    )
    host.noop(f"nothing forbids PostgreSQL {wanted.version}: {state}")
    yield from ()


@operation()
def cluster(
    wanted: Wanted,
    address: str,
    superuser: str,
    password: HiddenValue | None,
    locale: str = "C",
) -> Generator[PyinfraCommand]:
    """
    Make a cluster in an empty folder: UTF-8, logins by SCRAM.

    + wanted: the server
    + address: where it listens, with commas between
    + superuser: its superuser's name
    + password: the superuser's
    + locale: such as ``C``, or ``en-US``
    """
    if installation_plan.has_cluster(_read(wanted), wanted):
        host.noop(f"{wanted.data} holds a cluster of PostgreSQL {wanted.version}")
        return
    if password is None:
        key = "POSTGRESQL_SUPERUSER_PASSWORD"
        raise DeployError(messages.PASSWORD_MISSING.text(role=superuser, key=key))
    settings = {
        "listen_addresses": _quoted(address),
        "port": str(wanted.port),
        "event_source": _quoted(wanted.event_source),
    }
    about = {"version": wanted.version, "superuser": superuser, "encoding": "UTF8"}
    show(f"cluster {wanted.data}", None, {**about, "locale": locale, **settings})
    yield Script("set_directory", Path=wanted.data)
    yield Script(
        "initialize_cluster",
        Program=wanted.program("initdb"),
        Data=wanted.data,
        Version=wanted.version,
        ServiceSid=virtual_account_sid(wanted.account),
        Argument=["-U", superuser, "-A", "scram-sha-256", "-E", "UTF8", f"--locale={locale}"],
        Password=password,
        Setting=settings,
        Marker=MARKER,
        Note=json.dumps({"service": wanted.service, "version": wanted.version}),
    )


@operation()
def registered(wanted: Wanted) -> Generator[PyinfraCommand]:
    """
    Register a cluster as a service, by pg_ctl.

    + wanted: the server
    """
    if _read(wanted)["state"] is not None:
        host.noop(f"service {wanted.service} is registered")
        return
    show(f"service {wanted.service}", None, {"path": command_line(wanted)})
    given = [*("-N", wanted.service), *("-D", wanted.data), *("-S", "auto")]
    given += [*("-e", wanted.event_source), "-w", *("-t", str(START_SECONDS))]
    program = wanted.program("pg_ctl")
    yield Script("register_cluster", Program=program, Argument=given, Service=wanted.service)


def command_line(wanted: Wanted) -> str:
    """What pg_ctl registers a service with (pgwin32_CommandLine)."""
    return (
        f'"{wanted.program("pg_ctl")}" runservice -N "{wanted.service}" -D "{wanted.data}"'
        f' -e "{wanted.event_source}" -w -t {START_SECONDS}'
    )


def _event_source(wanted: Wanted) -> None:
    values: dict[str, Any] = {
        "EventMessageFile": rf"{wanted.folder}\lib\pgevent.dll",
        "TypesSupported": 7,
    }
    for value, content in values.items():
        registry.value(
            name=f"Event source {wanted.event_source}: {value}",
            path=rf"{_EVENT_LOG}\{wanted.event_source}",
            value=value,
            data=content,
        )


def _read(wanted: Wanted) -> InstallationInfo:
    return read(Installation, service=wanted.service, data=wanted.data, port=wanted.port)


def _quoted(text: str) -> str:
    """A value in postgresql.conf."""
    return "'" + text.replace("'", "''") + "'"
