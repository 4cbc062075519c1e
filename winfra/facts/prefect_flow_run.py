"""Facts about runs of flows in Prefect; each takes a ``winfra.prefect_api.Api``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypedDict

from typing_extensions import override

from winfra.fact import WindowsFact
from winfra.prefect_api import UNSEEN, Api, Request, read

WORKER_LABEL = "prefect.worker.name"


class FlowRunInfo(TypedDict):
    """A run; ``state`` is one of Prefect's types, ``state_name`` what people read."""

    id: str
    flow_run: str
    deployment_id: str | None
    work_pool: str | None
    worker: str | None
    state: str
    state_name: str
    message: str | None
    created: str
    started: str | None
    ended: str | None
    seconds: float
    tags: list[str]
    parameters: dict[str, Any]


class FlowRuns(WindowsFact[list[FlowRunInfo] | None]):
    """
    Returns the newest runs of a deployment; ``None`` with ``absent=True`` where there is no server yet.

    + flow: the flow's name
    + deployment: the deployment's name
    + states: such as ``["COMPLETED"]``; of any state when not given
    + tags: those that have all of these
    + limit: how many, up to 200

    .. code:: python

        [
            {
                "id": "0c9a1d5e-0d4e-4a0b-9d5e-4c5d1a3c9a55",
                "flow_run": "amber-fox",
                "deployment_id": "6f3b1a0e-7f4e-4d0e-8b46-4f6c8d0c7d3a",
                "work_pool": "local-pool",
                "worker": "SRV1-1",
                "state": "COMPLETED",
                "state_name": "Completed",
                "message": None,
                "created": "2026-11-22T23:53:02.670415Z",
                "started": "2026-11-22T23:53:09.120415Z",
                "ended": "2026-11-22T23:53:11.480415Z",
                "seconds": 2.36,
                "tags": ["etl"],
                "parameters": {},
            },
        ]
    """

    def command(
        self,
        api: Api,
        flow: str,
        deployment: str,
        states: Sequence[str] = (),
        tags: Sequence[str] = (),
        limit: int = 1,
        absent: bool = False,
    ) -> Request:
        runs: dict[str, Any] = {}
        if states:
            runs["state"] = {"type": {"any_": [*states]}}
        if tags:
            runs["tags"] = {"all_": [*tags]}
        query = {
            "flows": {"name": {"any_": [flow]}},
            "deployments": {"name": {"any_": [deployment]}},
            "flow_runs": runs,
            "sort": "EXPECTED_START_TIME_DESC",
            "limit": limit,
        }
        return read(api, "flow_runs/filter", query, tolerated=UNSEEN if absent else ())

    @override
    def read(self, value: Any) -> list[FlowRunInfo] | None:
        return None if value is None else [flow_run_info(one) for one in value]


def flow_run_info(value: Mapping[str, Any]) -> FlowRunInfo:
    state = value["state"] or {}
    return {
        "id": value["id"],
        "flow_run": value["name"],
        "deployment_id": value["deployment_id"],
        "work_pool": value.get("work_pool_name"),
        "worker": (value.get("labels") or {}).get(WORKER_LABEL),
        "state": value["state_type"],
        "state_name": value["state_name"],
        "message": state.get("message"),
        "created": value["created"],
        "started": value["start_time"],
        "ended": value["end_time"],
        "seconds": value["total_run_time"],
        "tags": sorted(value["tags"]),
        "parameters": value["parameters"],
    }
