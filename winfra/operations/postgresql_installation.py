r"""Installing a PostgreSQL server; ``winfra.operations.postgresql`` has it as ``installation``."""

from __future__ import annotations

import json
from collections.abc import Generator, Mapping
from typing import Any, Literal, TypeVar

from psycopg.sql import Identifier
from pyinfra import host
from pyinfra.api import FunctionCommand
from pyinfra.api.command import PyinfraCommand
from pyinfra.api.deploy import deploy
from pyinfra.api.exceptions import DeployError
from pyinfra.api.hiddenvalue import HiddenValue

from winfra import installation_plan, role_plan, scram
from winfra.access import Entry
from winfra.difference import say, show
from winfra.facts.archives import Extracted
from winfra.facts.postgresql_installation import MARKER, Installation, InstallationInfo
from winfra.facts.services import Service
from winfra.installation_plan import Wanted
from winfra.messages import postgresql_installation as messages
from winfra.operation import fail, operation, read
from winfra.operations import archives, files, packages, registry, services
from winfra.operations.postgresql_verification import usable
from winfra.script import Script
from winfra.service_change import Plan, change
from winfra.service_plan import to_stop
from winfra.services import Recovery
from winfra.sid import ADMINISTRATORS, SYSTEM, virtual_account_sid
from winfra.sources import Fetched, Source
from winfra.sql import Connection, compose
from winfra.standing import standing

START_SECONDS = 300
"""How long pg_ctl waits for a server that has to recover first, before it calls the start failed."""
SOURCES = ("archive", "installer", "existing")
T = TypeVar("T")
_EVENT_LOG = r"HKLM\SYSTEM\CurrentControlSet\Services\EventLog\Application"


@deploy("Installation")
def installation(
    version: str,
    source: Literal["archive", "installer", "existing"] = "archive",
    *,
    src: str | None = None,
    sha256: str | None = None,
    data: str | None = None,
    connection: Connection | None = None,
    runtime: str | None = None,
    runtime_sha256: str | None = None,
    allow_reboot: bool = False,
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

    + version: the major version, such as ``"16"``; of an existing server the oldest that will do
    + source: ``archive``: EDB's zip of binaries; ``installer``: EDB's installer; ``existing``:
      nothing is installed, the server is looked at
    + src: the archive or the installer, see ``archives.extracted``
    + sha256: of that file
    + data: the data folder; one that is there must be empty, or of a cluster that this has made
    + connection: how SQL reaches an existing server
    + runtime: ``vc_redist.x64.exe``, for a host without the Visual C++ runtime
    + runtime_sha256: of that file
    + allow_reboot: restart the host if the runtime's installer asks for it; else the run stops
    + folder: where the programs go; ``C:\Program Files\PostgreSQL\VERSION`` by default
    + port: of a new cluster
    + address: where a new cluster listens, with commas between
    + superuser: its superuser's name
    + superuser_password: the superuser's, of a new cluster
    + locale: a new cluster's; ``C`` does not change with Windows
    + log: the server's log, whose end is shown when it does not start

    Another archive of the same major version is an update: the server is stopped meanwhile, and what
    depends on it. The service is ``postgresql-x64-VERSION`` and runs as ``NT SERVICE\postgresql-x64-VERSION``. A
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
    version = str(version)
    if source == "existing":
        usable(
            name="The existing server can be used",
            connection=_given("connection", connection),
            version=version,
        )
        return
    folder = folder or rf"C:\Program Files\PostgreSQL\{version}"
    wanted = Wanted(version, folder, _given("data", data), port)
    if source not in SOURCES:
        raise installation_plan.refused("source", f"{source!r} is none of {', '.join(SOURCES)}")
    file, digest = _given("src", src), _given("sha256", sha256)
    secret = role_plan.password(superuser, superuser_password)
    keepers = [Entry(SYSTEM, "full"), Entry(ADMINISTRATORS, "full")]
    possible(name=f"PostgreSQL {version} can be installed", wanted=wanted)
    packages.runtime(
        name="The Visual C++ runtime",
        src=runtime,
        sha256=runtime_sha256,
        allow_reboot=allow_reboot,
    )
    new: dict[str, Any] = {
        "address": address,
        "superuser": superuser,
        "password": secret,
        "locale": locale,
    }
    if source == "archive":
        _programs(wanted, file, digest)
        cluster(name=f"Cluster in {wanted.data}", wanted=wanted, **new)
    else:
        installed(name="EDB's installer", wanted=wanted, src=file, sha256=digest, **new)
    files.access(
        name="The service may use PostgreSQL's programs",
        path=wanted.folder,
        entries=[Entry(wanted.account, "read_and_execute")],
    )
    files.access(
        name=f"The service may use {wanted.data}",
        path=wanted.data,
        entries=[Entry(wanted.account, "full")],
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
    # Not before: the installer's server runs as another account until the service has been changed.
    files.access(
        name=f"Nobody else may use {wanted.data}",
        path=wanted.data,
        entries=[*keepers, Entry(wanted.account, "full")],
        exact=True,
    )


def _programs(wanted: Wanted, src: str, sha256: str) -> None:
    halted(name="Nothing uses programs that are to be replaced", wanted=wanted, sha256=sha256)
    archives.extracted(
        name=f"PostgreSQL's programs in {wanted.folder}",
        src=src,
        dest=wanted.folder,
        sha256=sha256,
        inside="pgsql",
        only=["bin", "lib", "share"],
    )


@operation()
def possible(wanted: Wanted) -> Generator[PyinfraCommand]:
    """
    Make sure that nothing forbids to install or keep a server; nothing is changed.

    + wanted: the server
    """
    for path in (wanted.folder, wanted.data):
        standing(path)
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
def halted(wanted: Wanted, sha256: str) -> Generator[PyinfraCommand]:
    """
    Stop a server whose programs another archive is about to replace, and what depends on it.

    + wanted: the server
    + sha256: of the archive
    """
    there = read(Extracted, path=wanted.folder)
    found = read(Service, service=wanted.service)
    if there is None or there["sha256"] == sha256.lower() or found is None:
        host.noop("no programs are to be replaced")
        return
    if not (stop := to_stop(wanted.service, found)):
        host.noop(f"service {wanted.service} does not run")
        return
    say(f"Will stop {', '.join(stop)} for an update")
    yield FunctionCommand(change, (Plan(wanted.service, stop=stop),), {})


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
    if _has_cluster(wanted):
        return
    secret = _password(superuser, password)
    settings = _settings(wanted, address)
    _show(wanted, superuser, locale, settings)
    yield Script("set_directory", Path=wanted.data)
    yield Script(
        "initialize_cluster",
        Program=wanted.program("initdb"),
        Data=wanted.data,
        Version=wanted.version,
        ServiceSid=virtual_account_sid(wanted.account),
        Argument=["-U", superuser, "-A", "scram-sha-256", "-E", "UTF8", f"--locale={locale}"],
        Password=secret,
        Setting=settings,
        Marker=MARKER,
        Note=_note(wanted),
    )


@operation()
def installed(
    wanted: Wanted,
    src: str,
    sha256: str,
    address: str,
    superuser: str,
    password: HiddenValue | None,
    locale: str = "C",
) -> Generator[PyinfraCommand]:
    """
    Run EDB's installer: programs, cluster and service; it is not asked to update what it made.

    + wanted: the server
    + src: the installer, see ``archives.extracted``
    + sha256: of that file
    + address: where the server listens, with commas between
    + superuser: its superuser's name
    + password: the superuser's
    + locale: such as ``C``, or ``en-US``
    """
    source = Source(src, sha256)
    wanted.check_installer()
    if _has_cluster(wanted):
        return
    secret = _password(superuser, password)
    settings = _settings(wanted, address)
    fetched = Fetched(source)
    _show(wanted, superuser, locale, settings)
    yield from fetched.fetch()
    yield Script(
        "run_postgresql_installer",
        Installer=fetched.path,
        Folder=wanted.folder,
        Data=wanted.data,
        Service=wanted.service,
        Version=wanted.version,
        Port=wanted.port,
        Superuser=superuser,
        Option=installation_plan.options(wanted, superuser, locale),
        Statement=_statement(superuser, secret),
        Setting=settings,
        Marker=MARKER,
        Note=_note(wanted),
    )
    yield from fetched.remove()


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


def _has_cluster(wanted: Wanted) -> bool:
    found = installation_plan.has_cluster(_read(wanted), wanted)
    if found:
        host.noop(f"{wanted.data} holds a cluster of PostgreSQL {wanted.version}")
    return found


def _password(superuser: str, password: HiddenValue | None) -> HiddenValue:
    if password is None:
        key = "POSTGRESQL_SUPERUSER_PASSWORD"
        raise DeployError(messages.PASSWORD_MISSING.text(role=superuser, key=key))
    return password


def _settings(wanted: Wanted, address: str) -> dict[str, str]:
    """What a server needs to know before SQL can reach it."""
    return {
        "listen_addresses": _quoted(address),
        "port": str(wanted.port),
        "event_source": _quoted(wanted.event_source),
    }


def _show(wanted: Wanted, superuser: str, locale: str, settings: Mapping[str, str]) -> None:
    about = {"version": wanted.version, "superuser": superuser, "encoding": "UTF8"}
    show(f"cluster {wanted.data}", None, {**about, "locale": locale, **settings})


def _note(wanted: Wanted) -> str:
    return json.dumps({"service": wanted.service, "version": wanted.version})


def _statement(superuser: str, password: HiddenValue) -> HiddenValue:
    """SQL with which the superuser gets its password, without a word of it in the server's log."""
    name, verifier = Identifier(superuser), scram.verifier(password.unmask())
    change = compose("ALTER ROLE {name} PASSWORD {verifier};", name=name, verifier=verifier)
    quiet = "SET log_statement = 'none'; SET log_min_duration_statement = -1;"
    return HiddenValue(f"{quiet} SET log_min_error_statement = 'panic'; {change.as_string(None)}\n")


def _given(argument: str, value: T | None) -> T:
    if value is None:
        raise installation_plan.refused(argument, "it is not given")
    return value


def _read(wanted: Wanted) -> InstallationInfo:
    return read(Installation, service=wanted.service, data=wanted.data, port=wanted.port)


def _quoted(text: str) -> str:
    """A value in postgresql.conf."""
    return "'" + text.replace("'", "''") + "'"
