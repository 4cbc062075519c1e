"""Deployments of flows in Prefect; ``winfra.operations.prefect`` has these operations."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from typing import Any

from pyinfra import host, logger
from pyinfra.api import FunctionCommand, Host, State
from pyinfra.api.command import PyinfraCommand

from winfra import deployment_plan as plan
from winfra.difference import show
from winfra.facts.prefect_deployment import Deployment
from winfra.operation import operation
from winfra.path import windows_path
from winfra.prefect_api import Api, Client, RefusedError, Request, check_name, route
from winfra.prefect_reading import ask, login_pending


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
) -> Generator[PyinfraCommand]:
    r"""
    Deploy a flow whose files are on the workers' hosts, change its deployment, or remove that.

    What is not given stays as it is, schedules included.

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

    **Example:**

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
    found = ask(Deployment, api, flow=flow, deployment=deployment)
    if found is None and login_pending(api):
        host.noop(f"{title} is looked at when the server has its new login")
        return
    if not present:
        if found is None:
            host.noop(f"{title} does not exist")
            return
        show(title, {"entrypoint": found["entrypoint"], "work_pool": found["work_pool"]}, None)
        yield Request(api, "DELETE", route("deployments", found["id"]))
        return
    changed = plan.change(found, properties)
    if found is not None and not changed:
        host.noop(f"{title} is as wanted")
        return
    show(title, plan.before(found, changed), changed)
    sent = plan.body(found, changed, properties)
    if found is None:
        yield FunctionCommand(_make, (api, flow, {"name": deployment, **sent}), {})
    else:
        # Not POST, which would make it anew: Prefect drops its schedules then.
        yield Request(api, "PATCH", route("deployments", found["id"]), sent)


def _make(state: State, host: Host, api: Api, flow: str, sent: Mapping[str, Any]) -> bool:
    """The flow where there is none of this name, and its deployment."""
    client = Client(host, api)
    try:
        made = client.post("flows/", {"name": flow})
        client.post("deployments/", {"flow_id": made["id"], **sent})
    except RefusedError as refusal:
        for line in refusal.lines:
            host.log_styled(line, fg="red", log_func=logger.error)
        return False
    return True
