"""What has to be done about a service, decided from what is there and what is wanted."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from pyinfra.api.hiddenvalue import HiddenValue

from winfra import services
from winfra.service_change import Plan
from winfra.service_words import WORDS, shown, state
from winfra.services import Enabled, ServiceInfo, needs_password, refused

RESTARTED_FOR = ("path", "account", "environment", "privileges", "sid_type")
"""What a process has from its start; all else Windows takes at once, or at the next start."""
STOPPED, RUNNING = "Stopped", "Running"
_STARTING = {"Start Pending", "Continue Pending"}
_START = {
    "automatic": "auto",
    "delayed": "delayed-auto",
    "manual": "demand",
    "disabled": "disabled",
}
"""sc.exe's words."""
_DIGEST = 12
"""So much of a digest tells it from another."""
_SECRET = HiddenValue("")


@dataclass(frozen=True)
class Decision:
    """What differs, and what follows from it.

    + changes: properties that are set, the account as ``(name, SID)``
    + reasons: why a running service is restarted, empty when it is not
    + origins: of what it has been started from: what it was, what it should be
    + stop, start: what is done with it
    """

    changes: Mapping[str, Any]
    reasons: list[str] = field(default_factory=list)
    origins: Mapping[str, tuple[str | None, str | None]] = field(default_factory=dict)
    stop: bool = False
    start: bool = False

    @property
    def anything(self) -> bool:
        return bool(self.changes or self.stop or self.start)

    def sides(
        self,
        found: ServiceInfo | None,
        secret: HiddenValue | None,
        drains: Collection[str] = (),
    ) -> tuple[dict[str, Any] | None, dict[str, Any]]:
        """Current and wanted, in the words of services.msc; what is drained before it is stopped."""
        before: dict[str, Any] = {}
        after: dict[str, Any] = {}
        for key, value in self.changes.items():
            current = dict(found)[key] if found else None
            was, should = shown(key, current), shown(key, value[0] if key == "account" else value)
            before |= dict.fromkeys(should) | was
            after |= should
        if "account" in self.changes and secret is not None:
            before["password"], after["password"] = _SECRET, secret
        for origin, digests in self.origins.items():
            row = f"started from {origin}"
            before[row], after[row] = (digest and digest[:_DIGEST] for digest in digests)
        if self.stop or self.start:
            before["state"], after["state"] = state(found), self._outcome()
        if self.stop and self.start and found and found["dependents"]:
            before["depend on it"] = ["running" for _ in found["dependents"]]
            after["depend on it"] = [f"{one} restarted" for one in found["dependents"]]
        elif self.stop and found and found["dependents"]:
            before["depend on it"], after["depend on it"] = found["dependents"], "stopped"
        if self.stop and found and (names := drained(found, drains)):
            after["finishes its work before"] = names
        return (before if found else None), after

    def _outcome(self) -> str:
        if not self.start:
            return "stopped"
        return f"restarted ({', '.join(self.reasons)})" if self.reasons else "running"


def wanted(*, enabled: bool | str | None, path: Any, **given: Any) -> dict[str, Any]:
    """What is given of a service, checked."""
    found = {
        "path": services.image_path(path) if path is not None else None,
        "enabled": _enabled(enabled),
    }
    checks = {
        "display_name": lambda value: services.text("display_name", value, 256),
        "description": lambda value: services.text("description", value),
        "account": lambda value: services.text("account", value),
        "dependencies": services.dependencies,
        "recovery": lambda value: value.info,
        "sid_type": _sid_type,
        "privileges": services.privileges,
        "preshutdown_seconds": lambda value: services.seconds("preshutdown_seconds", value),
        "environment": services.environment,
    }
    for key, value in given.items():
        found[key] = checks[key](value) if value is not None else None
    return {key: value for key, value in found.items() if value is not None}


def secret(account: str | None, password: str | HiddenValue | None) -> HiddenValue | None:
    """The password, where the account has one."""
    if password is None:
        return None
    if account is None:
        raise refused("password", "there is no account that it belongs to; give account as well")
    if not needs_password(account):
        raise refused("password", f"{account} logs on without one; leave it out")
    found = password if isinstance(password, HiddenValue) else HiddenValue(password)
    if not found.unmask():
        raise refused("password", f"the one of {account} is empty")
    return found


def check(
    running: bool | None,
    restarted: bool,
    enabled: bool | str | None,
    start_seconds: float,
    stop_seconds: float,
) -> None:
    if running and enabled is False:
        raise refused("enabled", "a disabled service cannot run; give running=False or None")
    if restarted and running is False:
        raise refused("restarted", "a service that is to be stopped is not restarted")
    for argument, value in (("start_seconds", start_seconds), ("stop_seconds", stop_seconds)):
        if services.seconds(argument, value) == 0:
            raise refused(argument, "no time to wait for it at all")


def check_record(record: str | None, started_from: Mapping[str, str | None] | None) -> None:
    if (record is None) != (started_from is None):
        given = "record" if record is not None else "started_from"
        raise refused(given, "record and started_from belong together; give both or neither")


def decide(
    found: ServiceInfo | None,
    desired: Mapping[str, Any],
    running: bool | None,
    *,
    restarted: bool = False,
    started_from: Mapping[str, str | None] | None = None,
) -> Decision:
    """What has to be done; a service that there is not is made and started."""
    if found is None:
        return Decision(dict(desired), start=bool(running))
    changes = services.differences(found, desired)
    now = found["state"]
    up = now not in {STOPPED, "Stop Pending"}
    origins = _origins(found["record"] or {}, started_from or {}) if up else {}
    needed = [WORDS.get(key, key) for key in RESTARTED_FOR if key in changes]
    reasons = [*needed, *origins, *(["as asked"] if restarted else [])] if up else []
    stop = bool(reasons) or (running is False and now != STOPPED)
    stop = stop or (running is True and now not in {STOPPED, RUNNING, *_STARTING})
    start = (running is True and (stop or now != RUNNING)) or (running is None and stop)
    return Decision(changes, reasons if start else [], origins, stop, start)


def plan(
    service: str,
    found: ServiceInfo | None,
    decision: Decision,
    password: HiddenValue | None,
    **limits: Any,
) -> Plan:
    known: dict[str, Any] = {**(dict(found) if found else {}), **decision.changes}
    account = known.get("account", "LocalSystem")
    return Plan(
        service,
        parameters=_parameters(found, decision, password),
        password=password,
        stop=to_stop(service, found) if decision.stop else (),
        start=decision.start,
        known={
            "path": known.get("path", ""),
            "account": account if isinstance(account, str) else account[0],
            "dependencies": ", ".join(known.get("dependencies", ())),
        },
        **limits,
    )


def to_stop(service: str, found: ServiceInfo | None) -> tuple[str, ...]:
    """Its dependents that run, then itself; nothing where it has stopped."""
    if found is None or found["state"] == STOPPED:
        return ()
    return (*found["dependents"], service)


def drained(found: ServiceInfo, drains: Collection[str]) -> list[str]:
    """Those that are given time to finish their work before they are stopped."""
    known = {name.casefold() for name in drains}
    return [one for one in to_stop(found["service"], found) if one.casefold() in known]


def removed(found: ServiceInfo, drains: Collection[str] = ()) -> dict[str, Any]:
    shown = {"state": state(found), "program": found["path"], "log on as": found["account"]}
    others = {
        "stopped with it": found["dependents"],
        "finishes its work before": drained(found, drains),
    }
    return shown | {key: names for key, names in others.items() if names}


def _parameters(
    found: ServiceInfo | None, decision: Decision, password: HiddenValue | None
) -> dict[str, Any]:
    """Of set_service.ps1."""
    given: dict[str, Any] = {"Create": True} if found is None else {}
    for key, value in decision.changes.items():
        given |= _parameter(key, value)
    if "Account" in given:
        given["Password"] = password
    if found is None:
        given.setdefault("Enabled", "demand")
    return given


def _parameter(key: str, value: Any) -> dict[str, Any]:
    match key:
        case "recovery":
            reset = value["reset_seconds"]
            return {
                "Actions": [
                    f"{_kind(kind)}/{round(delay * 1000)}" for kind, delay in value["actions"]
                ],
                "ResetPeriod": "INFINITE" if reset is None else str(reset),
                "OnErrorExit": value["on_error_exit"],
            }
        case "account":
            return {"Account": services.stored_account(value[0])}
        case "enabled":
            return {"Enabled": _START[value]}
        case "preshutdown_seconds":
            return {"PreshutdownMilliseconds": round(value * 1000)}
        case "environment":
            return {"Environment": [f"{name}={text}" for name, text in value.items()]}
        case _:
            return {"".join(word.capitalize() for word in key.split("_")): value}


def _kind(kind: str) -> str:
    """An action in sc.exe's words, which has none for none."""
    return "" if kind == "none" else kind


def _enabled(enabled: bool | str | None) -> Enabled | None:
    if enabled is None:
        return None
    words: dict[bool | str, Enabled] = {
        True: "automatic", False: "disabled", "delayed": "delayed", "manual": "manual",
    }  # fmt: skip
    if enabled not in words:
        raise refused("enabled", f"{enabled!r} is none of True, False, 'delayed' and 'manual'")
    return words[enabled]


def _sid_type(value: Literal["none", "unrestricted", "restricted"]) -> str:
    if value not in services.SID_TYPES.values():
        raise refused("sid_type", f"{value!r} is none of none, unrestricted and restricted")
    return value


def _origins(
    record: Mapping[str, Any], started_from: Mapping[str, str | None]
) -> dict[str, tuple[str | None, str | None]]:
    return {
        name: (record.get(name), digest)
        for name, digest in started_from.items()
        if record.get(name) != digest
    }
