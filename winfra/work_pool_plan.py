"""What a work pool is to be: compared with what it is, without a server."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from pyinfra.api import OperationValueError
from pyinfra.api.hiddenvalue import HiddenValue

from winfra.facts.prefect_work_pool import WorkPoolInfo
from winfra.messages import prefect_work_pool as messages
from winfra.prefect_api import check_name

UNLIMITED = -1
_FIELDS = {
    "type": "type",
    "description": "description",
    "paused": "is_paused",
    "concurrency_limit": "concurrency_limit",
}
"""The operation's words -> the API's."""
# What a worker of type process knows ("Process worker"), for a pool that no worker has seen yet.
_PROCESS = {
    "name": {"title": "Name", "type": "string"},
    "env": {
        "title": "Environment Variables",
        "type": "object",
        "additionalProperties": {"type": "string"},
    },
    "labels": {
        "title": "Labels",
        "type": "object",
        "additionalProperties": {"type": "string"},
    },
    "command": {"title": "Command", "type": "string"},
    "stream_output": {"title": "Stream Output", "type": "boolean", "default": True},
    "working_dir": {"title": "Working Directory", "type": "string", "format": "path"},
}


def check(work_pool: str, concurrency_limit: int | None) -> None:
    """Refuse what the server would refuse."""
    check_name("work_pool", work_pool)
    if work_pool.lower().startswith("prefect"):
        raise OperationValueError(messages.RESERVED.text(work_pool=work_pool))
    if concurrency_limit is not None and concurrency_limit < UNLIMITED:
        raise OperationValueError(messages.BAD_LIMIT.text(value=concurrency_limit))


def wanted(**given: Any) -> dict[str, Any]:
    """What was given, as a fact has it."""
    found = {key: value for key, value in given.items() if value is not None}
    if found.get("concurrency_limit") == UNLIMITED:
        found["concurrency_limit"] = None
    return found


def change(
    found: WorkPoolInfo | None, properties: Mapping[str, Any], variables: Mapping[str, Any]
) -> dict[str, Any]:
    """What differs, each with its wanted value; ``job_variables.x`` is a default of the template."""
    is_: Mapping[str, Any] = found or {}
    changed = {
        name: value
        for name, value in properties.items()
        if (name not in is_ or is_[name] != value) and not (found is None and value is None)
    }
    defaults = _defaults(found)
    for name, value in variables.items():
        if name not in defaults or defaults[name] != plain(value):
            changed[f"job_variables.{name}"] = shown(value)
    return changed


def before(found: WorkPoolInfo | None, changed: Mapping[str, Any]) -> dict[str, Any] | None:
    """What is there of that."""
    if found is None:
        return None
    is_: Mapping[str, Any] = found
    defaults = {f"job_variables.{name}": value for name, value in _defaults(found).items()}
    return {
        name: HiddenValue(found_) if isinstance(changed[name], HiddenValue) else found_
        for name in changed
        for found_ in [is_.get(name, defaults.get(name))]
    }


def body(
    found: WorkPoolInfo | None,
    changed: Mapping[str, Any],
    variables: Mapping[str, Any],
) -> dict[str, Any]:
    """What is sent."""
    sent = {_FIELDS[name]: value for name, value in changed.items() if name in _FIELDS}
    if any(name not in _FIELDS for name in changed):
        sent["base_job_template"] = _template(found, variables)
    return sent


def unknown(found: WorkPoolInfo | None, variables: Mapping[str, Any]) -> dict[str, list[str]]:
    """The variables that a job of this pool does not have, and those that it has."""
    known = sorted(_properties(found))
    wrong = sorted(set(variables) - set(known))
    return {"wrong": wrong, "known": known} if wrong else {}


def plain(value: Any) -> Any:
    """A value with its secrets."""
    if isinstance(value, HiddenValue):
        return value.unmask()
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return value


def shown(value: Any) -> Any:
    """A value as a difference may have it: one that holds a secret is one."""
    bare = plain(value)
    return value if bare == value else HiddenValue(bare)


def _template(found: WorkPoolInfo | None, variables: Mapping[str, Any]) -> dict[str, Any]:
    """The pool's template, or that of a process, with these defaults."""
    properties = deepcopy(dict(_properties(found)))
    for name, value in variables.items():
        properties[name] = {**properties[name], "default": value}
    if found is not None and found["job_template"]:
        template = deepcopy(found["job_template"])
        template["variables"]["properties"] = properties
        return template
    configuration = {name: f"{{{{ {name} }}}}" for name in _PROCESS}
    schema = {"type": "object", "properties": properties}
    return {"job_configuration": configuration, "variables": schema}


def _properties(found: WorkPoolInfo | None) -> Mapping[str, Any]:
    if found is not None and found["job_template"]:
        properties: Mapping[str, Any] = found["job_template"]["variables"].get("properties", {})
        return properties
    return _PROCESS


def _defaults(found: WorkPoolInfo | None) -> dict[str, Any]:
    if found is None or not found["job_template"]:
        return {}
    return {name: one["default"] for name, one in _properties(found).items() if "default" in one}
