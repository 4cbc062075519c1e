"""Runs of flows in Prefect; ``winfra.operations.prefect`` has these operations."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from typing import Any

from pyinfra import host
from pyinfra.api import FunctionCommand
from pyinfra.api.command import PyinfraCommand

from winfra import flow_run as work
from winfra.deployment_plan import bad_argument
from winfra.difference import show
from winfra.facts.prefect_deployment import Deployment
from winfra.facts.prefect_flow_run import FlowRuns
from winfra.operation import operation
from winfra.path import windows_path
from winfra.prefect_api import Api, check_name
from winfra.prefect_reading import ask


@operation()
def flow_run(
    flow: str,
    deployment: str,
    *,
    api: Api,
    parameters: Mapping[str, Any] | None = None,
    proof: str | None = None,
    tags: Sequence[str] = (),
    seconds: float = 300,
    start_seconds: float = 60,
    ui: str | None = None,
    log: str | None = None,
    log_hosts: Sequence[str] = (),
) -> Generator[PyinfraCommand]:
    r"""
    Run a deployment, wait until it has ended, and show its tasks and its log lines.

    It fails where the run fails, hangs, or is taken by no worker; a run that has not ended then is
    cancelled.

    + flow: the flow's name
    + deployment: the deployment's name
    + api: the Prefect server
    + parameters: besides the deployment's own
    + proof: what the run is to prove, such as a digest of the flow's files: where a run of this
      deployment, as it is now, has completed with the same, none is made
    + tags: of the run
    + seconds: how long all of it may take
    + start_seconds: how long until a worker has taken it
    + ui: the address of Prefect's UI, for the link to the run; the API's own without ``/api``
    + log: the worker's log, whose end is shown when the run does not end well
    + log_hosts: the hosts of the inventory that have this log; the current one when not given

    **Example:**

    .. code:: python

        prefect.flow_run(
            name="Prove that a flow runs",
            flow="etl_flow",
            deployment="first",
            proof="3f2a91c0",
            log=r"D:\prefect_data\logs\PrefectWorker.log",
            api=Api("http://127.0.0.1:4200/api", host.data.prefect_auth_string),
        )
    """
    check_name("flow", flow)
    check_name("deployment", deployment)
    for argument, value in (("seconds", seconds), ("start_seconds", start_seconds)):
        if value <= 0:
            raise bad_argument(argument, value, "it is not more than 0")
    log = windows_path(log, "log", file=True) if log is not None else None
    ui = (ui or api.url.rstrip("/").removesuffix("/api")).rstrip("/")
    given = dict(parameters or {})
    labels = [*tags]
    if proof is not None:
        found = ask(Deployment, api, flow=flow, deployment=deployment)
        tag = work.proof_tag(proof, found, given)
        names = {"flow": flow, "deployment": deployment}
        done = found and ask(FlowRuns, api, **names, states=["COMPLETED"], tags=[tag])
        if done:
            address = f"{ui}/runs/flow-run/{done[0]['id']}"
            host.noop(f"run {done[0]['flow_run']} of {flow}/{deployment} has completed: {address}")
            return
        labels.append(tag)
    shown = {"parameters": given, "tags": [*tags]}
    show(f"run of {flow}/{deployment}", None, {name: one for name, one in shown.items() if one})
    plan = work.Plan(
        api, flow, deployment, given, labels, seconds, start_seconds,
        ui=ui, log=log, log_hosts=log_hosts,
    )  # fmt: skip
    yield FunctionCommand(work.run, (plan,), {})
