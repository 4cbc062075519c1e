"""The summary module asks for what a run says at its end (``winfra.summary``)."""

from __future__ import annotations

from collections.abc import Generator

from pyinfra import host
from pyinfra.api.command import PyinfraCommand

from winfra import summary
from winfra.facts.postgresql import Query
from winfra.facts.prefect_api import Answer
from winfra.facts.prefect_flow_run import FlowRuns
from winfra.facts.python import Interpreter
from winfra.flow_run_report import Report
from winfra.operation import operation, read
from winfra.prefect_api import Api
from winfra.prefect_reading import preparing
from winfra.sql import Connection

_VERSION = "SELECT split_part(current_setting('server_version'), ' ', 1) AS version"


@operation()
def versions(
    *,
    connection: Connection | None = None,
    python_folder: str | None = None,
    api: Api | None = None,
    flow: str | None = None,
    deployment: str | None = None,
    ui: str | None = None,
) -> Generator[PyinfraCommand]:
    r"""
    Ask for the versions that the summary at the end of the run shows, and for a flow's newest run.

    Nothing is changed, and in a dry run nothing asked.

    + connection: how SQL reaches PostgreSQL
    + python_folder: the interpreter's
    + api: the Prefect server
    + flow: the flow's name
    + deployment: the flow's deployment
    + ui: the address of Prefect's UI, for the link to the run

    **Example:**

    .. code:: python

        from winfra.operations import summary

        summary.versions(name="Versions", python_folder=r"C:\Program Files\Python312")
    """
    if preparing():
        return
    found = []
    if connection:
        [row] = read(Query, connection=connection, sql=_VERSION) or [{"version": "?"}]
        found.append(f"PostgreSQL {row['version']}")
    if python_folder:
        interpreter = read(Interpreter, folder=python_folder) or {}
        found.append(f"Python {interpreter.get('version', '?')}")
    if api:
        found.append(f"Prefect {read(Answer, api=api, path='admin/version')}")
    rows = summary.of(host.state)
    rows.put(host, summary.VERSIONS, ", ".join(found))
    if api and flow and deployment:
        rows.put(host, summary.RUN, *_run(api, flow, deployment, ui or api.url))
    host.noop(", ".join(found))
    yield from ()


def _run(api: Api, flow: str, deployment: str, ui: str) -> list[str]:
    runs = read(FlowRuns, api=api, flow=flow, deployment=deployment)
    if not runs:
        return [f"none of {flow}/{deployment}"]
    report = Report(f"{flow}/{deployment}", runs[0], [], [], f"{ui}/runs/flow-run/{runs[0]['id']}")
    return [report.headline, report.address]
