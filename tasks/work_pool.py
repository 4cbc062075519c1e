"""Section 7 of the guide: the work pool that runs wait in until a worker takes them."""

from __future__ import annotations

from typing import Any

from pyinfra import host
from pyinfra.api.deploy import deploy

from winfra import prefect_layout
from winfra.operations import prefect

DEFAULTS: dict[str, Any] = {
    **prefect_layout.DEFAULTS,
    "work_pool": "local-pool",
    "work_pool_concurrency": None,
    "work_pool_job_variables": {},
}


@deploy("7 Work pool", data_defaults=DEFAULTS)
def work_pool() -> None:
    """Have the pool on the server; what somebody has set in it besides stays."""
    pool = host.data.work_pool
    prefect.work_pool(
        name=f"Have the work pool {pool}",
        work_pool=pool,
        type="process",
        concurrency_limit=host.data.work_pool_concurrency,
        job_variables=host.data.work_pool_job_variables,
        api=prefect_layout.of(host).api,
    )
