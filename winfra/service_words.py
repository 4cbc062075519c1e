"""A service's properties in the words of services.msc, for a difference."""

from __future__ import annotations

from typing import Any

from winfra.services import Enabled, RecoveryInfo, ServiceInfo

WORDS = {
    "path": "program",
    "display_name": "display name",
    "description": "description",
    "account": "log on as",
    "enabled": "startup type",
    "dependencies": "depends on",
    "sid_type": "service SID",
    "privileges": "privileges",
    "preshutdown_seconds": "time at shutdown",
}
_ENABLED: dict[Enabled, str] = {
    "automatic": "automatic",
    "delayed": "automatic (delayed start)",
    "manual": "manual",
    "disabled": "disabled",
}


def shown(key: str, value: Any) -> dict[str, Any]:
    """A property in the words of services.msc, one row or several."""
    match key:
        case "recovery":
            return _recovery_rows(value)
        case "environment":
            return {f"environment {name}": text for name, text in (value or {}).items()}
        case "enabled":
            return {WORDS[key]: _ENABLED[value] if value else None}
        case "preshutdown_seconds":
            return {WORDS[key]: f"{value:g} s" if value is not None else None}
        case _:
            return {WORDS[key]: value}


def _recovery_rows(value: RecoveryInfo | None) -> dict[str, Any]:
    if value is None:
        return {}
    reset = value["reset_seconds"]
    return {
        "when it fails": [_action(kind, delay) for kind, delay in value["actions"]],
        "failures forgotten": _reset(reset) if value["actions"] else None,
        "an error exit is a failure": value["on_error_exit"],
    }


def _reset(seconds: int | None) -> str:
    return "never" if seconds is None else f"after {seconds} s"


def _action(kind: str, delay: float) -> str:
    return "nothing" if kind == "none" else f"{kind} after {delay:g} s"


def state(found: ServiceInfo | None) -> str | None:
    return word(found["state"]) if found is not None else None


def word(state: str) -> str:
    """One of Win32_Service's states as people say it."""
    return {"Start Pending": "starting", "Stop Pending": "stopping"}.get(state, state.lower())
