"""
The services module handles Windows' services.

Services are given by their names, not by the names that services.msc displays.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Generator, Mapping, Sequence
from typing import Any, Literal

from pyinfra import host
from pyinfra.api import FunctionCommand
from pyinfra.api.command import PyinfraCommand
from pyinfra.api.hiddenvalue import HiddenValue
from pyinfra.api.state import StateStage

from winfra import service_plan
from winfra.difference import say, show
from winfra.facts.services import Port, Service, Services
from winfra.identity import resolve
from winfra.messages import services as messages
from winfra.operation import fail, operation, read
from winfra.path import windows_path
from winfra.script import Script
from winfra.service_change import Drain, Plan, change
from winfra.service_plan import Decision
from winfra.services import (
    Recovery,
    ServiceInfo,
    SidType,
    needs_password,
    refused,
    service_name,
    stored_account,
)


@operation()
def service(
    service: str,
    running: bool | None = True,
    restarted: bool = False,
    enabled: bool | Literal["delayed", "manual"] | None = None,
    *,
    present: bool = True,
    path: str | Sequence[str] | None = None,
    display_name: str | None = None,
    description: str | None = None,
    account: str | None = None,
    password: str | HiddenValue | None = None,
    dependencies: Sequence[str] | None = None,
    recovery: Recovery | None = None,
    sid_type: SidType | None = None,
    privileges: Sequence[str] | None = None,
    preshutdown_seconds: float | None = None,
    environment: Mapping[str, str] | None = None,
    start_seconds: float = 60,
    stop_seconds: float = 60,
    log: str | None = None,
    record: str | None = None,
    started_from: Mapping[str, str | None] | None = None,
    drains: Mapping[str, Drain] | None = None,
) -> Generator[PyinfraCommand]:
    r"""
    Make, change, start, stop or remove a service; what is not given stays as it is.

    + service: its name
    + running: whether it should run; ``None``: as it is
    + restarted: whether to restart it whatever else is to be done
    + enabled: ``True`` (starts with Windows), ``"delayed"`` (two minutes later), ``"manual"``, or
      ``False`` (disabled); a new service is manual
    + present: whether it should exist; one that should not is stopped first
    + path: program and arguments as a list; or a command line with its program in quotes
    + display_name: its name in services.msc
    + description: what services.msc says of it
    + account: ``NAME``, ``DOMAIN\NAME``, ``NT SERVICE\NAME``, ``DOMAIN\NAME$``, ``LocalSystem``,
      ``NT AUTHORITY\LocalService`` or a SID; a new service has LocalSystem
    + password: the account's; it is written when the account changes, and when Windows cannot log on
    + dependencies: the services that must run before, all of them; a group has a ``+`` before its name
    + recovery: what Windows does when it fails, see ``winfra.services.Recovery``
    + sid_type: whether it has a SID of its own: ``none``, ``unrestricted`` or ``restricted``
    + privileges: those that it keeps of its account's, such as ``SeChangeNotifyPrivilege``
    + preshutdown_seconds: how long Windows waits for it at shutdown
    + environment: variables of its own, all of them
    + start_seconds: how long it may take to run
    + stop_seconds: how long it may take to stop
    + log: its log, whose end is shown when it does not start or stop
    + record: the JSON file in which it says what it started from
    + started_from: what it should have started from; where the record says otherwise it is restarted

    A service that runs is restarted when its path, account, environment, privileges or SID type
    change; the services that depend on it are stopped before, and started again.

    **Example:**

    .. code:: python

        from winfra.operations import services
        from winfra.services import Recovery

        services.service(
            name="Keep the Prefect server running",
            service="PrefectServer",
            enabled=True,
            path=[r"C:\Program Files\Python311\python.exe", "-I", r"D:\prefect_data\host", "run"],
            account="svc_prefect",
            password=host.data.service_account_password,
            dependencies=["postgresql-x64-16"],
            recovery=Recovery([("restart", 5), ("restart", 30), ("restart", 60)]),
        )
    """
    service_name(service)
    wanted = service_plan.wanted(
        path=path,
        display_name=display_name,
        description=description,
        account=account,
        enabled=enabled,
        dependencies=dependencies,
        recovery=recovery,
        sid_type=sid_type,
        privileges=privileges,
        preshutdown_seconds=preshutdown_seconds,
        environment=environment,
    )
    secret = service_plan.secret(account, password)
    service_plan.check(running, restarted, enabled, start_seconds, stop_seconds)
    service_plan.check_record(record, started_from)
    log = windows_path(log, "log", file=True) if log is not None else None
    found = read(Service, service=service, **({"record": record} if record else {}))
    limits = {
        "start_seconds": start_seconds,
        "stop_seconds": stop_seconds,
        "log": log,
        "drains": drains or {},
    }
    if not present:
        yield from _remove(service, found, limits)
        return
    decision = service_plan.decide(
        found, _with_sid(found, wanted), running, restarted=restarted, started_from=started_from
    )
    _check_found(service, found, decision)
    if not decision.anything:
        host.noop(f"service {service} is as wanted")
        return
    _check_password(service, decision, secret)
    show(f"service {service}", *decision.sides(found, secret, drains or ()))
    plan = service_plan.plan(service, found, decision, secret, **limits)
    yield FunctionCommand(change, (plan,), {})


@operation()
def wait_port(
    port: int,
    address: str = "127.0.0.1",
    seconds: float = 60,
    open: bool = True,  # noqa: A002  the word for a port
) -> Generator[PyinfraCommand]:
    """
    Wait until something on the host accepts connections on a port; it fails when nothing does in time.

    + port: the port
    + address: the IP address, as the host sees it
    + seconds: how long to wait
    + open: ``False``: wait until nothing does any more

    **Example:**

    .. code:: python

        services.wait_port(
            name="Wait until the Prefect server answers",
            port=4200,
        )
    """
    if not 1 <= port <= 65_535:
        raise refused("port", f"{port} is no port")
    try:
        ipaddress.ip_address(address)
    except ValueError as error:
        raise refused("address", f"{address!r} is no IP address") from error
    if seconds <= 0:
        raise refused("seconds", f"{seconds!r} is no time to wait")
    if read(Port, port=port, address=address) == open:
        host.noop(f"{address}:{port} {'answers' if open else 'does not answer'}")
        return
    say(f"Will wait until {address}:{port} {'answers' if open else 'answers no longer'}")
    yield Script("wait_port", Address=address, Port=port, Seconds=seconds, Open=open)


def _remove(
    service: str, found: ServiceInfo | None, limits: Mapping[str, Any]
) -> Generator[PyinfraCommand]:
    if found is None:
        host.noop(f"service {service} does not exist")
        return
    show(f"service {service}", service_plan.removed(found, limits["drains"]), None)
    stop = service_plan.to_stop(service, found)
    yield FunctionCommand(change, (Plan(service, stop=stop, remove=True, **limits),), {})


def _check_found(service: str, found: ServiceInfo | None, decision: Decision) -> None:
    """What an earlier operation makes is there when this one runs, not when it is prepared."""
    if found is not None and found["marked_for_deletion"]:
        raise fail(messages.MARKED, service=service, host=host.name)
    if host.state.current_stage != StateStage.Execute:
        return
    if found is None and "path" not in decision.changes:
        raise fail(messages.NO_SERVICE, service=service, host=host.name)
    wanted = decision.changes.get("dependencies", ())
    names = [name for name in wanted if not name.startswith("+")]
    others = read(Services, services=names) if names else {}
    if missing := [name for name, other in others.items() if other is None]:
        raise fail(
            messages.NO_DEPENDENCY, service=service, host=host.name, missing=", ".join(missing)
        )


def _with_sid(found: ServiceInfo | None, wanted: Mapping[str, Any]) -> dict[str, Any]:
    """The account with its SID, which the host has to tell where the names are not the same."""
    account = wanted.get("account")
    if account is None:
        return dict(wanted)
    if found is not None and stored_account(account).casefold() == found["account"].casefold():
        return {**wanted, "account": (account, found["account_sid"])}
    return {**wanted, "account": (account, resolve(account))}


def _check_password(service: str, decision: Decision, secret: HiddenValue | None) -> None:
    account = decision.changes.get("account")
    if account is not None and secret is None and needs_password(account[0]):
        raise fail(messages.NO_PASSWORD, service=service, host=host.name, account=account[0])
