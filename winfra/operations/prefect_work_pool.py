"""Work pools of Prefect; ``winfra.operations.prefect`` has these operations."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from typing import Any

from pyinfra import host
from pyinfra.api.command import PyinfraCommand

from winfra import work_pool_plan as plan
from winfra.difference import show
from winfra.facts.prefect_work_pool import WorkPool, WorkPoolInfo
from winfra.messages import prefect_work_pool as messages
from winfra.operation import fail, operation
from winfra.prefect_api import Api, Request, route
from winfra.prefect_reading import ask, login_pending


@operation()
def work_pool(
    work_pool: str,
    present: bool = True,
    *,
    api: Api,
    type: str = "process",  # noqa: A002  Prefect's own word
    description: str | None = None,
    concurrency_limit: int | None = None,
    paused: bool | None = None,
    job_variables: Mapping[str, Any] | None = None,
) -> Generator[PyinfraCommand]:
    r"""
    Make, change or remove a work pool; what is not given stays as it is.

    + work_pool: its name
    + present: whether it should exist; one that should not goes with its queues
    + api: the Prefect server
    + type: of its workers; that of a pool that exists cannot be changed
    + description: a text for people
    + concurrency_limit: how many runs it may have at once; -1 for any number
    + paused: whether its workers get no runs
    + job_variables: defaults of its job template's variables, such as ``working_dir``

    **Example:**

    .. code:: python

        from winfra.operations import prefect
        from winfra.prefect_api import Api

        prefect.work_pool(
            name="Make the work pool",
            work_pool="local-pool",
            concurrency_limit=4,
            job_variables={"working_dir": r"D:\prefect_data\data"},
            api=Api("http://127.0.0.1:4200/api", host.data.prefect_auth_string),
        )
    """
    plan.check(work_pool, concurrency_limit)
    found = ask(WorkPool, api, work_pool=work_pool)
    if found is None and login_pending(api):
        host.noop(f"work pool {work_pool} is looked at when the server has its new login")
        return
    if not present:
        yield from _remove(api, work_pool, found)
        return
    properties = plan.wanted(
        type=type, description=description, paused=paused, concurrency_limit=concurrency_limit
    )
    variables = job_variables or {}
    _refuse(work_pool, found, type, variables)
    changed = plan.change(found, properties, variables)
    if found is not None and not changed:
        host.noop(f"work pool {work_pool} is as wanted")
        return
    show(f"work pool {work_pool}", plan.before(found, changed), changed)
    sent = plan.body(found, changed, variables)
    if found is None:
        yield Request(api, "POST", "work_pools/", {"name": work_pool, **sent})
    else:
        yield Request(api, "PATCH", route("work_pools", work_pool), sent)


def _remove(api: Api, work_pool: str, found: WorkPoolInfo | None) -> Generator[PyinfraCommand]:
    if found is None:
        host.noop(f"work pool {work_pool} does not exist")
        return
    show(f"work pool {work_pool}", {"type": found["type"]}, None)
    yield Request(api, "DELETE", route("work_pools", work_pool))


def _refuse(
    work_pool: str, found: WorkPoolInfo | None, kind: str, variables: Mapping[str, Any]
) -> None:
    """What cannot be brought about."""
    if found is not None and found["type"] != kind:
        values = {"work_pool": work_pool, "found": found["type"], "wanted": kind}
        raise fail(messages.OTHER_TYPE, **values)
    if wrong := plan.unknown(found, variables):
        names = {"name": ", ".join(wrong["wrong"]), "known": ", ".join(wrong["known"])}
        raise fail(messages.NO_VARIABLE, work_pool=work_pool, **names)
