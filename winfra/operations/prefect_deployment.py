"""Deployments of flows in Prefect; ``winfra.operations.prefect`` has these operations."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from typing import Any

from pyinfra import host, logger
from pyinfra.api import FunctionCommand, Host, State
from pyinfra.api.command import PyinfraCommand

from winfra import deployment_plan as plan
from winfra.difference import show
from winfra.facts.prefect_deployment import Deployment, DeploymentInfo
from winfra.facts.prefect_work_pool import WorkPool
from winfra.messages import prefect_deployment as messages
from winfra.operation import fail, operation, read
from winfra.path import windows_path
from winfra.prefect_api import Api, Client, RefusedError, Request, check_name, route
from winfra.prefect_reading import ask, login_pending, preparing
from winfra.prefect_schedule import Schedule, Step, new, text


@operation()
def deployment(
    flow: str,
    deployment: str,
    present: bool = True,
    *,
    api: Api,
    entrypoint: str = "",
    path: str = "",
    work_pool: str = "",
    work_queue: str | None = None,
    parameters: Mapping[str, Any] | None = None,
    parameter_schema: Mapping[str, Any] | None = None,
    job_variables: Mapping[str, Any] | None = None,
    version: str | None = None,
    description: str | None = None,
    tags: Sequence[str] | None = None,
    paused: bool | None = None,
    schedules: Mapping[str, Schedule] | None = None,
) -> Generator[PyinfraCommand]:
    r"""
    Deploy a flow whose files are on the workers' hosts, change its deployment, or remove that.

    What is not given stays as it is.

    + flow: the flow's name, as its decorator has it
    + deployment: the deployment's name
    + present: whether it should exist; one that should not goes with its scheduled runs
    + api: the Prefect server
    + entrypoint: the file below ``path``, and the function in it
    + path: the folder on each worker's host, in which the flow is loaded and runs
    + work_pool: where its runs wait for a worker
    + work_queue: of that pool; its default one where none is named
    + parameters: what its runs get
    + parameter_schema: of the parameters (JSON schema), for the UI's form
    + job_variables: what its runs have instead of the pool's defaults; others stay
    + version: of the flow; its runs are labelled with it
    + description: a text for people
    + tags: of the deployment and of its runs
    + paused: whether its schedules make no runs
    + schedules: when it runs, each with a name of its own (Prefect's slug); others are removed,
      those without a name, such as people make in the UI, included; ``{}`` for none

    **Examples:**

    .. code:: python

        prefect.deployment(
            name="Deploy the flow",
            flow="etl_flow",
            deployment="first",
            entrypoint="etl_flow.py:etl_flow",
            path=r"D:\prefect_data\flows",
            work_pool="local-pool",
            api=Api("http://127.0.0.1:4200/api", host.data.prefect_auth_string),
        )

        from winfra.prefect_schedule import Cron, Interval, RRule

        prefect.deployment(
            name="Deploy the report, on working days and at the month's end",
            flow="report",
            deployment="production",
            entrypoint="report.py:report",
            path=r"D:\prefect_data\flows\report",
            work_pool="local-pool",
            schedules={
                "working days": Cron("30 6 * * mon-fri", timezone="Europe/Paris"),
                "every quarter of an hour": Interval(900, active=False),
                "last Friday": RRule(
                    "FREQ=MONTHLY;BYDAY=-1FR;BYHOUR=18;BYMINUTE=0;BYSECOND=0",
                    timezone="Europe/Paris",
                ),
            },
            api=Api("http://127.0.0.1:4200/api", host.data.prefect_auth_string),
        )
    """
    check_name("flow", flow)
    check_name("deployment", deployment)
    title = f"deployment {flow}/{deployment}"
    properties: dict[str, Any] = {}
    if present:
        check_name("work_pool", work_pool)
        plan.check_entrypoint(entrypoint)
        properties = plan.wanted(
            entrypoint=entrypoint,
            path=windows_path(path, "path"),
            work_pool=work_pool,
            work_queue=work_queue,
            parameters=parameters,
            parameter_schema=parameter_schema,
            job_variables=job_variables,
            version=version,
            description=description,
            tags=tags,
            paused=paused,
        )
        plan.check_schedules(schedules or {})
    found = ask(Deployment, api, flow=flow, deployment=deployment)
    if found is None and login_pending(api):
        host.noop(f"{title} is looked at when the server has its new login")
    elif not present:
        yield from _remove(api, title, found)
    elif found is None:
        yield from _create(api, title, (flow, deployment), properties, schedules or {})
    else:
        yield from _change(api, title, found, properties, plan.schedule_steps(found, schedules))


def _remove(api: Api, title: str, found: DeploymentInfo | None) -> Generator[PyinfraCommand]:
    if found is None:
        host.noop(f"{title} does not exist")
        return
    show(title, {"entrypoint": found["entrypoint"], "work_pool": found["work_pool"]}, None)
    yield Request(api, "DELETE", route("deployments", found["id"]))


def _create(
    api: Api,
    title: str,
    names: tuple[str, str],
    properties: Mapping[str, Any],
    schedules: Mapping[str, Schedule],
) -> Generator[PyinfraCommand]:
    changed = plan.change(None, properties)
    shown = {f"schedules.{slug}": text(one, one.active) for slug, one in schedules.items()}
    show(title, None, {**changed, **shown})
    sent = plan.body(None, changed, properties)
    if schedules:
        sent["schedules"] = [new(slug, one) for slug, one in schedules.items()]
    yield FunctionCommand(_make, (api, *names, sent), {})


def _change(
    api: Api,
    title: str,
    found: DeploymentInfo,
    properties: Mapping[str, Any],
    steps: Sequence[Step],
) -> Generator[PyinfraCommand]:
    changed = plan.change(found, properties)
    if not changed and not steps:
        host.noop(f"{title} is as wanted")
        return
    if "work_pool" in changed:
        _check_pool(api, title, properties["work_pool"])
    before = {f"schedules.{step.title}": step.before for step in steps}
    after = {f"schedules.{step.title}": step.after for step in steps}
    show(title, {**plan.before(found, changed), **before}, {**changed, **after})
    place = route("deployments", found["id"])
    if changed:
        # Not POST, which would make it anew: Prefect drops its schedules then.
        yield Request(api, "PATCH", place, plan.body(found, changed, properties))
    for step in steps:
        # Each by itself: with the deployment, Prefect makes all of them anew, or removes none.
        path = "/".join([place, "schedules", *([step.id] if step.id else [])])
        yield Request(api, step.method, path, step.body)


def _check_pool(api: Api, title: str, work_pool: str) -> None:
    """Prefect answers a change to a pool that is not there with 500; an earlier operation may yet make it."""
    if not preparing() and read(WorkPool, api=api, work_pool=work_pool) is None:
        raise fail(messages.NO_POOL, deployment=title, work_pool=work_pool, url=api.url)


def _make(
    state: State, host: Host, api: Api, flow: str, deployment: str, sent: Mapping[str, Any]
) -> bool:
    """The flow where there is none of this name, and its deployment."""
    client = Client(host, api)
    try:
        made = client.post("flows/", {"name": flow})
        client.post("deployments/", {"name": deployment, "flow_id": made["id"], **sent})
    except RefusedError as refusal:
        for line in refusal.lines:
            host.log_styled(line, fg="red", log_func=logger.error)
        return False
    return True
