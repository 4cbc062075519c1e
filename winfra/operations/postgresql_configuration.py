"""The settings and access rules of a PostgreSQL server; ``winfra.operations.postgresql`` has both."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import replace
from pathlib import PureWindowsPath
from typing import Any

from pyinfra import host
from pyinfra.api import FunctionCommand
from pyinfra.api.command import PyinfraCommand
from pyinfra.api.state import StateStage

from winfra import access_rules as rules_file, postgresql_configuration as plan, service_change
from winfra.access_rules import Rule
from winfra.difference import show
from winfra.facts.files import FileBytes, FileContents
from winfra.facts.postgresql import AccessRules, FileSettings, Query, SettingInfo, Settings
from winfra.facts.services import Service
from winfra.messages import postgresql_configuration as messages
from winfra.operation import fail, operation, read
from winfra.path import windows_path
from winfra.postgresql_change import RulesPlan, SettingsPlan, change_rules, change_settings
from winfra.postgresql_configuration import Value
from winfra.postgresql_server import Change
from winfra.service_plan import to_stop
from winfra.services import service_name
from winfra.sql import Connection, compose
from winfra.sql_reading import login_pending, say_pending
from winfra.text import text_of

_PORT_LINE = 3
"""Of postmaster.pid ("pidfile.h"), which a running server keeps in its data folder."""
_STALE = """
SELECT bool_or((pg_stat_file(name, true)).modification > pg_conf_load_time()) AS stale
FROM unnest({names}::text[]) name
"""


@operation()
def configuration(
    settings: Mapping[str, Value],
    *,
    data: str,
    connection: Connection,
    service: str | None = None,
    file: str = "prefect.conf",
    start_seconds: float = 60,
    stop_seconds: float = 60,
    drains: Mapping[str, service_change.Drain] | None = None,
) -> Generator[PyinfraCommand]:
    r"""
    Bring settings of a server into force, by a file of their own in ``conf.d``.

    + settings: their names and values: ``"2GB"``, ``100``, ``True``; ``None`` leaves one out
    + data: the server's data folder on the host
    + connection: how SQL reaches the server; as a superuser
    + service: its service, which is restarted where a setting needs that; left to others if not given
    + file: the name of the file in conf.d; those that come after it in the alphabet count more
    + start_seconds: how long the server may take to start
    + stop_seconds: how long it may take to stop
    + drains: what lets services that depend on it finish their work before, as ``services.service``
      takes it

    The server checks the file before it is told to read it, and a value that it refuses, or does not
    start with, is taken back. A setting that also stands where it counts more, such as in
    postgresql.auto.conf, is named, and nothing is changed.

    **Example:**

    .. code:: python

        postgresql.configuration(
            name="Tune the server",
            settings={"shared_buffers": "2GB", "work_mem": "64MB", "max_connections": 50},
            data=r"D:\pgsql\data",
            service="postgresql-x64-16",
            connection=connection,
        )
    """
    entries, data = plan.entries(settings), windows_path(data, "data")
    own_path, main_path = rf"{data}\conf.d\{plan.file_name(file)}", rf"{data}\postgresql.conf"
    if service is not None:
        service_name(service)
    known, now = _server(connection, data, entries)
    if known is not None:
        _check_settings(entries, known, now, file)
    changes = _changes(
        (own_path, plan.rendered(entries)),
        (main_path, plan.with_include(_content(main_path, data) or b"")),
    )
    if known is None and not changes and login_pending(now):
        say_pending("what PostgreSQL has of its settings", now)
        return
    if known is not None and not changes and _settled(entries, known, now, file):
        host.noop("PostgreSQL's settings are as wanted")
        return
    _show(changes)
    _show_settings(entries, known)
    port = int(entries.get("port", now.port))
    limits = {
        "start_seconds": start_seconds,
        "stop_seconds": stop_seconds,
        "drains": drains or {},
    }
    restart = _restart(service, limits) if service is not None else None
    work = SettingsPlan(entries, file, own_path, changes, now, port, restart, start_seconds)
    yield FunctionCommand(change_settings, (work,), {})


@operation()
def access_rules(
    rules: Sequence[Rule],
    *,
    data: str,
    connection: Connection,
    exact: bool = False,
) -> Generator[PyinfraCommand]:
    r"""
    Set who may log in, by a block at the top of pg_hba.conf.

    + rules: see ``winfra.access_rules.Rule``, and ``loopback`` there; the first that fits counts
    + data: the server's data folder on the host
    + connection: how SQL reaches the server; as a superuser, whom the rules must let in
    + exact: these rules and no others; otherwise what stands below the block stays

    The server checks the file before it is told to read it; what it refuses is taken back.

    **Example:**

    .. code:: python

        from winfra.access_rules import Rule, loopback

        postgresql.access_rules(
            name="Let Prefect and the superuser in, from this host alone",
            rules=[*loopback("prefect_db", "prefect"), *loopback(None, "postgres")],
            exact=True,
            data=r"D:\pgsql\data",
            connection=connection,
        )
    """
    data = windows_path(data, "data")
    path = rf"{data}\pg_hba.conf"
    content = _content(path, data)
    on_disk = _ask(AccessRules, connection)
    if on_disk is not None:
        _check_rules(rules, content or b"", on_disk, connection, exact)
    changes = _changes((path, rules_file.with_block(content or b"", rules, exact=exact)))
    if on_disk is None and not changes and login_pending(connection):
        say_pending("what PostgreSQL has of its access rules", connection)
        return
    if on_disk is not None and not changes and not _stale(connection, "pg_hba.conf"):
        host.noop("PostgreSQL's access rules are as wanted")
        return
    _show(changes)
    yield FunctionCommand(change_rules, (RulesPlan(changes, connection),), {})


def _ask(kind: Any, connection: Connection, **arguments: Any) -> Any:
    """The fact; ``None`` while an earlier operation has yet to make the server."""
    absent = host.state.current_stage != StateStage.Execute
    return read(kind, connection=connection, absent=absent, **arguments)


def _server(
    connection: Connection, data: str, entries: Mapping[str, str]
) -> tuple[dict[str, SettingInfo] | None, Connection]:
    """What the server says of the settings, on the port where it listens until they are in force."""
    names = list(entries)
    known = read(Settings, connection=connection, names=names, absent=True)
    if known is not None:
        return known, connection
    lines = read(FileContents, path=rf"{data}\postmaster.pid") or []
    text = lines[_PORT_LINE] if len(lines) > _PORT_LINE else ""
    now = replace(connection, port=int(text)) if text.isdigit() else connection
    return _ask(Settings, now, names=names), now


def _check_settings(
    entries: Mapping[str, str], known: Mapping[str, SettingInfo], now: Connection, file: str
) -> None:
    if any(plan.unknown(entries, known)):
        everything: dict[str, SettingInfo] | None = read(Settings, connection=now)
        names = ", ".join(plan.unknown(entries, everything or {}))
        raise fail(messages.UNKNOWN_SETTINGS, host=host.name, names=names)
    for name, reason in plan.bad_values(entries, known):
        raise fail(messages.BAD_SETTING, host=host.name, name=name, reason=reason)
    on_disk = read(FileSettings, connection=now) or []
    if found := list(plan.errors(on_disk, known, file, own=False)):
        raise fail(messages.BROKEN, host=host.name, errors="; ".join(found))
    if over := list(plan.overridden(entries, known, on_disk, file)):
        settings = "; ".join(f"{name} ({where})" for name, where in over)
        raise fail(messages.OVERRIDDEN, host=host.name, settings=settings)


def _check_rules(
    rules: Sequence[Rule], content: bytes, on_disk: Any, connection: Connection, exact: bool
) -> None:
    others = [] if exact else rules_file.outside(content, on_disk)
    if found := list(rules_file.errors(others)):
        raise fail(messages.BROKEN, host=host.name, errors="; ".join(found))
    statement = "SELECT host(inet_client_addr()) AS address"
    [client] = read(Query, connection=connection, sql=statement) or []
    if not rules_file.keeps(rules, others, connection, client["address"] or ""):
        values = {"user": connection.user, "database": connection.database}
        raise fail(messages.LOCKED_OUT, host=host.name, **values, **client)


def _settled(
    entries: Mapping[str, str], known: Mapping[str, SettingInfo], now: Connection, file: str
) -> bool:
    """Whether the server has read what the files say."""
    waiting = plan.pending(known, entries) or plan.differing(entries, known)
    return not waiting and not _stale(now, "postgresql.conf", f"conf.d/{file}")


def _stale(connection: Connection, *names: str) -> bool:
    statement = compose(_STALE, names=list(names))
    [row] = read(Query, connection=connection, sql=statement) or [{"stale": True}]
    return bool(row["stale"])


def _content(path: str, data: str) -> bytes | None:
    content = read(FileBytes, path=path)
    if content is None and host.state.current_stage == StateStage.Execute:
        file = PureWindowsPath(path).name
        raise fail(messages.NO_CLUSTER, data=data, host=host.name, file=file)
    return content


def _changes(*wanted: tuple[str, bytes]) -> list[Change]:
    found = [Change(path, read(FileBytes, path=path), new) for path, new in wanted]
    return [change for change in found if change.old != change.new]


def _show(changes: Sequence[Change]) -> None:
    for change in changes:
        old = None if change.old is None else text_of(change.old) or ""
        show(f"file {change.path}", old, text_of(change.new or b""))


def _show_settings(entries: Mapping[str, str], known: Mapping[str, SettingInfo] | None) -> None:
    """What is in force, beside what is wanted."""
    if known is None:
        return
    found = plan.differing(entries, known)
    after = {
        name: f"{wanted} (after a restart)" if _needs_restart(known, name) else wanted
        for name, (_, wanted) in found.items()
    }
    show("PostgreSQL's settings in force", {name: now for name, (now, _) in found.items()}, after)


def _needs_restart(known: Mapping[str, SettingInfo], name: str) -> bool:
    return known[name.lower()]["context"] == plan.RESTART


def _restart(service: str, limits: Mapping[str, Any]) -> service_change.Plan:
    found = read(Service, service=service)
    return service_change.Plan(service, stop=to_stop(service, found), start=True, **limits)
