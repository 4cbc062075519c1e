"""What a PowerShell process of the lab asks about event logs."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

from winfra.lab import event_log, security_log, token
from winfra.lab.registry import Registry
from winfra.lab.sam import RefusedError
from winfra.lab.well_known import INTERACTIVE

LOGS = ("Application", "Security", "System")
KEY = r"HKLM\SYSTEM\CurrentControlSet\Services\EventLog"
AUDITING = "Microsoft-Windows-Security-Auditing"
PROVIDERS: dict[str, tuple[str, ...]] = {
    "Application": ("Application", "Application Error", "ESENT", "MsiInstaller", "WSH"),
    "Security": (AUDITING, "Microsoft-Windows-Eventlog"),
    "System": (
        "EventLog",
        "Microsoft-Windows-Kernel-General",
        "Microsoft-Windows-Kernel-Power",
        "Microsoft-Windows-Winlogon",
        "Service Control Manager",
        "System",
        "User32",
    ),
}
"""Log -> who of Windows itself writes to it; others have a key below the log's in the registry."""
# The default access of a log: also to processes that no network logon made, and to this group.
_READERS = {INTERACTIVE, "S-1-5-6", "S-1-5-3", "S-1-5-32-573"}
_AUDIT_TITLES = {
    4624: "An account was successfully logged on.",
    4625: "An account failed to log on.",
    4704: "A user right was assigned.",
    4705: "A user right was removed.",
    4717: "System security access was granted to an account.",
    4718: "System security access was removed from an account.",
    4720: "A user account was created.",
    4722: "A user account was enabled.",
    4723: "An attempt was made to change an account's password.",
    4724: "An attempt was made to reset an account's password.",
    4725: "A user account was disabled.",
    4726: "A user account was deleted.",
    4732: "A member was added to a security-enabled local group.",
    4733: "A member was removed from a security-enabled local group.",
    4738: "A user account was changed.",
    4740: "A user account was locked out.",
}


class EventAuthority:
    """Answers about events."""

    lab: Path

    def on_event_logs(self) -> list[dict[str, Any]]:
        """Each log with who writes to it, and whether the caller may read it."""
        return [
            {"name": log, "providers": self._providers(log), "readable": self._may_read(log)}
            for log in LOGS
        ]

    def on_events(self, log: str, filters: str, maximum: str = "") -> list[dict[str, Any]]:
        """The events that pass one of the filters at least, the newest first; all without a filter.

        + filters: JSON, a list of what ``passes`` takes
        + maximum: so many of them at most
        """
        if not self._may_read(log):
            message = "Attempted to perform an unauthorized operation."
            raise RefusedError("AccessDenied", message, 5)
        wanted = json.loads(filters)
        found = [
            event
            for event in reversed(self._events(log))
            if not wanted or any(passes(event, one) for one in wanted)
        ]
        # Milliseconds: what asks reads whole numbers.
        found = [{**event, "time": int(1000 * event["time"])} for event in found]
        return found[: int(maximum)] if maximum else found

    def _events(self, log: str) -> list[dict[str, Any]]:
        if log == "Security":
            return [*_audits(security_log.read(self.lab))]
        return event_log.read(self.lab, log)

    def _providers(self, log: str) -> list[str]:
        registered = Registry(self.lab / "registry").subkeys(rf"{KEY}\{log}")
        return sorted({*PROVIDERS[log], *registered}, key=str.lower)

    def _may_read(self, log: str) -> bool:
        who = token.of_process(self.lab)
        readers = _READERS if log != "Security" else {"S-1-5-32-573"}
        return who.elevated or bool(readers & {*who.groups})


def passes(event: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    """Is an event one of those that a filter means?

    + wanted: ``providers``, ``ids``, ``levels``, ``data``: lists of which one has to fit;
      ``since``, ``until``: seconds since 1970
    """
    return (
        _is_among(event["provider"].lower(), [one.lower() for one in wanted.get("providers", [])])
        and _is_among(event["id"], wanted.get("ids", []))
        and _is_among(event["level"], wanted.get("levels", []))
        and (not wanted.get("data") or bool({*wanted["data"]} & {*event["data"]}))
        and wanted.get("since", 0) <= event["time"] <= wanted.get("until", float("inf"))
    )


def _is_among(value: object, wanted: Collection[object]) -> bool:
    return not wanted or value in wanted


def _audits(entries: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """The Security log's entries as those of the other logs."""
    for record, entry in enumerate(entries, 1):
        known = {"time", "event", "subject"}
        yield {
            "record": record,
            "log": "Security",
            "time": entry["time"],
            "provider": AUDITING,
            "id": entry["event"],
            "level": 0,
            "message": _AUDIT_TITLES.get(entry["event"], ""),
            "data": [str(value) for name, value in entry.items() if name not in known],
            "pid": 4,
        }
