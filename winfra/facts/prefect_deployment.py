"""Facts about Prefect's deployments; each takes a ``winfra.prefect_api.Api``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypedDict

from typing_extensions import override

from winfra.fact import WindowsFact
from winfra.messages.prefect_api import NOT_FOUND
from winfra.prefect_api import UNSEEN, Api, Request, read, route
from winfra.prefect_schedule import Found, found

DIRECTORY_STEP = "prefect.deployments.steps.set_working_directory"


class DeploymentInfo(TypedDict):
    """A deployment; ``path`` is the folder on the worker's host, unless its flow comes from elsewhere."""

    id: str
    flow_id: str
    deployment: str
    entrypoint: str | None
    path: str | None
    work_pool: str | None
    work_queue: str | None
    parameters: dict[str, Any]
    parameter_schema: dict[str, Any]
    job_variables: dict[str, Any]
    version: str | None
    description: str | None
    tags: list[str]
    paused: bool
    status: str | None
    schedules: list[Found]


class Deployment(WindowsFact[DeploymentInfo | None]):
    r"""
    Returns a deployment, or ``None``; with ``absent=True`` also where there is no server yet:

    .. code:: python

        {
            "id": "6f3b1a0e-7f4e-4d0e-8b46-4f6c8d0c7d3a",
            "flow_id": "b7f4a4f4-5b0c-4a53-9d5e-4c5d1a3c9a55",
            "deployment": "first",
            "entrypoint": "etl_flow.py:etl_flow",
            "path": "D:\\prefect_data\\flows",
            "work_pool": "local-pool",
            "work_queue": "default",
            "parameters": {},
            "parameter_schema": {"type": "object", "properties": {}},
            "job_variables": {},
            "version": "3f2a91c0",
            "description": None,
            "tags": ["etl"],
            "paused": False,
            "status": "READY",
            "schedules": [Found("…", "nightly", Cron("30 2 * * *"), active=True, parameters={})],
        }

    ``Found`` and ``Cron`` are those of ``winfra.prefect_schedule``.
    """

    def command(self, api: Api, flow: str, deployment: str, absent: bool = False) -> Request:
        tolerated = UNSEEN if absent else (NOT_FOUND,)
        return read(api, route("deployments", "name", flow, deployment), tolerated=tolerated)

    @override
    def read(self, value: Any) -> DeploymentInfo | None:
        return None if value is None else deployment_info(value)


def deployment_info(value: Mapping[str, Any]) -> DeploymentInfo:
    return {
        "id": value["id"],
        "flow_id": value["flow_id"],
        "deployment": value["name"],
        "entrypoint": value["entrypoint"],
        "path": _directory(value["pull_steps"] or []),
        "work_pool": value["work_pool_name"],
        "work_queue": value["work_queue_name"],
        "parameters": value["parameters"],
        "parameter_schema": value["parameter_openapi_schema"] or {},
        "job_variables": value["job_variables"],
        "version": value["version"],
        "description": value["description"],
        "tags": sorted(value["tags"]),
        "paused": value["paused"],
        "status": value["status"],
        "schedules": [found(one) for one in value["schedules"]],
    }


def _directory(steps: list[dict[str, Any]]) -> str | None:
    """The folder, where entering it is all that is done before the flow is loaded."""
    match steps:
        case [{**step}] if DIRECTORY_STEP in step and len(step) == 1:
            directory: str = step[DIRECTORY_STEP]["directory"]
            return directory
    return None
