"""Section 9 of the guide: a first flow, and the proof that a worker has run it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pyinfra import host, inventory
from pyinfra.api.deploy import deploy

from winfra import prefect_layout, prefect_sql
from winfra.access import Entry
from winfra.local_file import folder_digest, local_path
from winfra.operations import files, prefect
from winfra.operations.hosts import in_step
from winfra.prefect_layout import Layout
from winfra.sid import ADMINISTRATORS, SYSTEM

FILES = Path(__file__).parents[1] / "files"
DEFAULTS: dict[str, Any] = {
    **prefect_layout.DEFAULTS,
    **prefect_sql.DEFAULTS,
    "prefect_ui_url": None,
    "work_pool": "local-pool",
    "flow_files": None,
    "flow_folder": None,
    "flow_name": "etl-flow",
    "flow_entrypoint": "etl_flow.py:etl_flow",
    "flow_deployment": "first",
    "flow_parameters": {},
    "flow_user": None,
    "flow_seconds": 300,
    "flow_start_seconds": 60,
    "flow_again": False,
}


@deploy("9 First flow", data_defaults=DEFAULTS)
def first_flow() -> None:
    """The flow's files on each worker's host; then, from the server's, a run of it and where that is kept."""
    layout = prefect_layout.of(host)
    if "workers" in layout.roles:
        _files(layout)
    in_step()
    if "server" in layout.roles:
        _run(layout)
    in_step()
    prefect.no_own_database(
        name="Prefect has no database of its own",
        **_flow(),
        api=layout.api,
        folders=[layout.home, rf"{layout.home}\data"],
        accounts=[*layout.accounts],
    )


def _files(layout: Layout) -> None:
    """For administrators, the account that runs the flow, and the user who works with it."""
    folder = _folder(layout)
    readers = dict.fromkeys([layout.worker_account, host.data.flow_user or layout.worker_account])
    files.directory(name=f"Folder {folder}", path=folder)
    files.access(
        name=f"Access to {folder}",
        path=folder,
        entries=[
            Entry(SYSTEM, "full"),
            Entry(ADMINISTRATORS, "full"),
            *(Entry(reader, "read_and_execute") for reader in readers),
        ],
        exact=True,
    )
    files.sync(name="The flow's files", src=_source(), dest=folder)


def _run(layout: Layout) -> None:
    data = host.data
    flow = _flow()
    digest = folder_digest(local_path(_source()))
    prefect.deployment(
        name=f"Deploy {flow['flow']}",
        **flow,
        entrypoint=data.flow_entrypoint,
        path=_folder(layout),
        work_pool=data.work_pool,
        version=digest[:12],
        api=layout.api,
    )
    prefect.flow_run(
        name=f"A worker runs {flow['flow']}",
        **flow,
        parameters=data.flow_parameters,
        proof=None if data.flow_again else f"{digest} by Prefect {data.prefect_version}",
        seconds=data.flow_seconds,
        start_seconds=data.flow_start_seconds,
        ui=data.prefect_ui_url,
        log=layout.log(data.worker_service),
        log_hosts=[one.name for one in inventory.get_group("workers", [])],
        api=layout.api,
    )
    values = {key: host.data.get(key) for key in prefect_sql.DEFAULTS}
    connection, through = prefect_sql.connection(host, values)
    prefect.run_stored(
        name=f"The run is in {connection.database}",
        **flow,
        api=layout.api,
        connection=connection,
        through=through.name,
    )


def _flow() -> dict[str, Any]:
    return {"flow": host.data.flow_name, "deployment": host.data.flow_deployment}


def _source() -> str:
    return str(host.data.flow_files or FILES / "flows")


def _folder(layout: Layout) -> str:
    return str(host.data.flow_folder or rf"{layout.home}\flows\{host.data.flow_name}")
