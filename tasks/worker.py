"""Section 8 of the guide: a worker, as a service that is online in its pool when the section ends."""

from __future__ import annotations

from typing import Any

from pyinfra import host
from pyinfra.api.deploy import deploy

from tasks.server import scripts
from winfra import prefect_drain, prefect_environment, prefect_layout, prefect_settings
from winfra.facts.server import Hostname
from winfra.operations import prefect, service_host
from winfra.prefect_layout import Layout

DEFAULTS: dict[str, Any] = {
    **prefect_layout.DEFAULTS,
    **prefect_environment.DEFAULTS,
    "worker_limit": None,
    "worker_description": "Prefect 3 Worker Service",
    "worker_start_seconds": 180,
    "prefect_scripts": None,
}


@deploy("8 Worker", data_defaults=DEFAULTS)
def prefect_worker() -> None:
    """Keep a worker alive, and wait until it is online in its pool."""
    layout = prefect_layout.of(host)
    data = {key: host.data.get(key) for key in DEFAULTS}
    worker = layout.worker(host.get_fact(Hostname))
    scripts(layout.scripts, data["prefect_scripts"])
    program = rf"{layout.scripts}\run_worker.py"
    _service(layout, data, [layout.python, program, data["work_pool"], worker])
    service = data["worker_service"]
    place = {"work_pool": data["work_pool"], "api": layout.api}
    prefect.worker_drain(name=f"{worker} gets runs", worker=worker, drained=False, **place)
    prefect.worker_online(
        name=f"{worker} is online",
        worker=worker,
        seconds=data["worker_start_seconds"],
        service=service,
        log=layout.log(service),
        **place,
    )


def _service(layout: Layout, data: dict[str, Any], program: list[str]) -> None:
    service, account = data["worker_service"], layout.worker_account
    limit = [] if data["worker_limit"] is None else ["--limit", str(data["worker_limit"])]
    settings = prefect_environment.worker(layout, data)
    service_host.service(
        name=f"Service {service}",
        service=service,
        # From the Internet it shall install nothing.
        command=[*program, *limit, "--install-policy", "never"],
        configuration=layout.configuration(service),
        folder=layout.service_host,
        directory=rf"{layout.home}\data",
        log=layout.log(service),
        settings=layout.settings(service),
        enabled="delayed",
        display_name="Prefect Worker",
        description=data["worker_description"],
        account=account,
        password=layout.password(account),
        dependencies=[data["server_service"]] if "server" in layout.roles else [],
        started_from={"settings": prefect_settings.digest(settings)},
        drains=prefect_drain.of(layout, host.get_fact(Hostname)),
    )
