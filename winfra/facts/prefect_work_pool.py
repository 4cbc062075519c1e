"""Facts about Prefect's work pools and their workers; each takes a ``winfra.prefect_api.Api``.

With ``absent=True`` they return ``None`` where there is no server yet.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypedDict

from typing_extensions import override

from winfra.fact import WindowsFact
from winfra.messages.prefect_api import NOT_FOUND
from winfra.prefect_api import UNSEEN, Api, Request, read, route


class WorkPoolInfo(TypedDict):
    """A work pool; ``job_template`` is empty until a worker has first seen the pool."""

    work_pool: str
    type: str
    description: str | None
    paused: bool
    concurrency_limit: int | None
    status: str | None
    job_template: dict[str, Any]


class WorkerInfo(TypedDict):
    """A worker of a pool; ``status`` is ``ONLINE`` or ``OFFLINE``."""

    worker: str
    status: str
    last_heartbeat: str | None


class WorkPool(WindowsFact[WorkPoolInfo | None]):
    """
    Returns a work pool, or ``None``:

    .. code:: python

        {
            "work_pool": "local-pool",
            "type": "process",
            "description": None,
            "paused": False,
            "concurrency_limit": 4,
            "status": "READY",
            "job_template": {"job_configuration": {}, "variables": {}},
        }
    """

    def command(self, api: Api, work_pool: str, absent: bool = False) -> Request:
        tolerated = UNSEEN if absent else (NOT_FOUND,)
        return read(api, route("work_pools", work_pool), tolerated=tolerated)

    @override
    def read(self, value: Any) -> WorkPoolInfo | None:
        return None if value is None else work_pool_info(value)


class Workers(WindowsFact[list[WorkerInfo] | None]):
    """Returns the workers that a pool has seen, or ``None`` where there is no such pool."""

    def command(self, api: Api, work_pool: str, absent: bool = False) -> Request:
        tolerated = UNSEEN if absent else (NOT_FOUND,)
        return read(
            api, route("work_pools", work_pool, "workers", "filter"), {}, tolerated=tolerated
        )

    @override
    def read(self, value: Any) -> list[WorkerInfo] | None:
        return None if value is None else [worker_info(one) for one in value]


def work_pool_info(value: Mapping[str, Any]) -> WorkPoolInfo:
    return {
        "work_pool": value["name"],
        "type": value["type"],
        "description": value["description"],
        "paused": value["is_paused"],
        "concurrency_limit": value["concurrency_limit"],
        "status": value.get("status"),
        "job_template": value["base_job_template"],
    }


def worker_info(value: Mapping[str, Any]) -> WorkerInfo:
    return {
        "worker": value["name"],
        "status": value["status"],
        "last_heartbeat": value["last_heartbeat_time"],
    }
