"""What a deployment is to be: compared with what it is, without a server."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from pyinfra.api import OperationValueError

from winfra.facts.prefect_deployment import DIRECTORY_STEP, DeploymentInfo
from winfra.messages import prefect_deployment as messages
from winfra.prefect_schedule import Schedule, Step, steps
from winfra.work_pool_plan import plain, shown

_FIELDS = {
    "entrypoint": "entrypoint",
    "work_pool": "work_pool_name",
    "work_queue": "work_queue_name",
    "parameters": "parameters",
    "parameter_schema": "parameter_openapi_schema",
    "version": "version",
    "description": "description",
    "tags": "tags",
    "paused": "paused",
}
"""The operation's words -> the API's, of what goes as it is."""


def check_entrypoint(entrypoint: str) -> None:
    r"""Refuse what a worker could not load: ``etl.py:main`` it is, below the folder.

    An absolute path would be split at its drive's colon.
    """
    reason = None
    if not re.fullmatch(r"[^:]+:[^:]+", entrypoint):
        reason = "it is not of the form file.py:function"
    elif re.match(r"[\\/]", entrypoint) or ".." in re.split(r"[\\/]", entrypoint):
        reason = "its file is not below the folder"
    if reason:
        raise bad_argument("entrypoint", entrypoint, reason)


def check_schedules(schedules: Mapping[str, Schedule]) -> None:
    """Refuse what no server would take, and names without which none is found again."""
    for slug, schedule in schedules.items():
        if not slug.strip():
            raise bad_argument("schedules", slug, "it is empty")
        for value, reason in schedule.problems():
            raise bad_argument(f"schedules: {slug}", value, reason)


def bad_argument(argument: str, value: object, reason: str) -> OperationValueError:
    text = messages.BAD_ARGUMENT.text(argument=argument, value=value, reason=reason)
    return OperationValueError(text)


def wanted(**given: Any) -> dict[str, Any]:
    """What was given, as a fact has it."""
    found = {key: value for key, value in given.items() if value is not None}
    if "tags" in found:
        found["tags"] = sorted(set(found["tags"]))
    return found


def change(found: DeploymentInfo | None, properties: Mapping[str, Any]) -> dict[str, Any]:
    """What differs, each with its wanted value; of the job's variables those that are given count."""
    is_: Mapping[str, Any] = found or {}
    variables = properties.get("job_variables", {})
    there = is_.get("job_variables", {})
    changed = {
        name: shown(value)
        for name, value in properties.items()
        if name != "job_variables" and (name not in is_ or is_[name] != plain(value))
    }
    for name, value in variables.items():
        if name not in there or there[name] != plain(value):
            changed[f"job_variables.{name}"] = shown(value)
    return changed


def before(found: DeploymentInfo, changed: Mapping[str, Any]) -> dict[str, Any]:
    """What is there of that."""
    is_: Mapping[str, Any] = found
    variables = {f"job_variables.{name}": one for name, one in found["job_variables"].items()}
    return {name: is_.get(name, variables.get(name)) for name in changed}


def body(
    found: DeploymentInfo | None, changed: Mapping[str, Any], properties: Mapping[str, Any]
) -> dict[str, Any]:
    """What is sent."""
    sent = {_FIELDS[name]: properties[name] for name in changed if name in _FIELDS}
    if not {"work_pool", "work_queue"}.isdisjoint(changed):
        # Of a queue without its pool Prefect takes the one in default-agent-pool, of a pool its default one.
        both = ("work_pool", "work_queue")
        sent |= {_FIELDS[name]: properties[name] for name in both if name in properties}
    if "path" in changed:
        sent["pull_steps"] = [{DIRECTORY_STEP: {"directory": properties["path"]}}]
    if any(name.startswith("job_variables.") for name in changed):
        there = found["job_variables"] if found else {}
        sent["job_variables"] = {**there, **properties["job_variables"]}
    return sent


def schedule_steps(found: DeploymentInfo, schedules: Mapping[str, Schedule] | None) -> list[Step]:
    """What is to be done about them; nothing where they are not given."""
    return [] if schedules is None else steps(found["schedules"], schedules)
