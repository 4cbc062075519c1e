"""Section 6 of the guide: Prefect's server, as a service that is ready when the section ends."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pyinfra import host, logger
from pyinfra.api.deploy import deploy
from pyinfra.api.exceptions import DeployError

from winfra import (
    prefect_drain,
    prefect_environment,
    prefect_exposure,
    prefect_layout,
    prefect_settings,
)
from winfra.facts.server import Hostname
from winfra.messages import Message, prefect_server as messages
from winfra.operations import files, firewall, prefect, service_host
from winfra.prefect_layout import Layout
from winfra.service_host import Probe

DEFAULTS: dict[str, Any] = {
    **prefect_layout.DEFAULTS,
    **prefect_environment.DEFAULTS,
    "postgresql_source": "archive",
    "postgresql_version": "16",
    "prefect_networks": [],
    "server_description": "Prefect 3 Server API Service",
    "server_start_seconds": 180,
    "prefect_scripts": None,
}
SCRIPTS = Path(__file__).parents[1] / "files" / "scripts"


@deploy("6 Server", data_defaults=DEFAULTS)
def prefect_server() -> None:
    """Keep the server alive, and wait until it is ready."""
    layout = prefect_layout.of(host)
    data = {key: host.data.get(key) for key in DEFAULTS}
    _address(layout, data)
    scripts(layout.scripts, data["prefect_scripts"])
    _service(layout, data)
    service, drains = data["server_service"], prefect_drain.of(layout, host.get_fact(Hostname))
    prefect.ready(
        name=f"{service} is ready",
        api=layout.api,
        seconds=data["server_start_seconds"],
        service=service,
        log=layout.log(service),
    )
    if service in drains:
        prefect.pool_goes_on(name="Workers get runs", drain=drains[service])


def scripts(folder: str, source: str | None) -> None:
    """What people at the host start server and worker with, and what keeps the worker."""
    files.sync(name="Scripts", src=source or str(SCRIPTS), dest=folder)


def _service(layout: Layout, data: dict[str, Any]) -> None:
    service, account = data["server_service"], layout.server_account
    listen, port = data["prefect_listen"], data["prefect_port"]
    command = [layout.python, "-m", "prefect", "server", "start"]
    settings = prefect_environment.server(layout, data)
    service_host.service(
        name=f"Service {service}",
        service=service,
        command=[*command, "--host", listen, "--port", str(port)],
        configuration=layout.configuration(service),
        folder=layout.service_host,
        # Where flows cannot write: Prefect reads an .env and a prefect.toml where it works.
        directory=layout.home,
        log=layout.log(service),
        settings=layout.settings(service),
        # Not ready: a new server is no better where there is no database.
        probe=Probe(url=f"http://{prefect_exposure.own(listen)}:{port}/api/health"),
        display_name="Prefect Server",
        description=data["server_description"],
        account=account,
        password=layout.password(account),
        dependencies=_database(data),
        started_from={"settings": prefect_settings.digest(settings)},
        drains=prefect_drain.of(layout, host.get_fact(Hostname)),
    )


def _database(data: dict[str, Any]) -> list[str]:
    """PostgreSQL's service, where it is one of this host's own."""
    alone = {"database", "server", "workers"}.isdisjoint(host.groups)
    if data["postgresql_source"] == "existing" or not (alone or "database" in host.groups):
        return []
    return [f"postgresql-x64-{data['postgresql_version']}"]


def _address(layout: Layout, data: dict[str, Any]) -> None:
    """Who can reach the server: its host alone, or given networks with a login."""
    listen, networks = data["prefect_listen"], data["prefect_networks"]
    prefect_exposure.check_networks(networks)
    opened = not prefect_exposure.is_loopback(listen)
    values = {"host": host.name, "address": listen, "port": data["prefect_port"]}
    if opened and layout.api.auth is None:
        raise DeployError(messages.NO_LOGIN.text(**values))
    if opened and not networks:
        _warn(messages.NO_NETWORKS, **values)
    if opened and networks:
        what = prefect_exposure.left_open(data["prefect_version"])
        given = {"networks": ", ".join(networks), "version": data["prefect_version"], "what": what}
        _warn(messages.OPENED, **values, **given)
    rule = data["server_service"]
    firewall.rule(
        name=f"Who may reach port {data['prefect_port']}",
        rule=rule,
        present=bool(opened and networks),
        ports=data["prefect_port"],
        remote_addresses=networks or None,
        program=layout.python,
    )


def _warn(message: Message, **values: object) -> None:
    host.log_styled(message.text(**values), fg="yellow", log_func=logger.warning)
