"""Facts about services."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from typing import Any, TypedDict, cast

from typing_extensions import override

from winfra import services
from winfra.fact import WindowsFact
from winfra.path import windows_path
from winfra.script import Script
from winfra.services import Enabled, ServiceInfo
from winfra.sid import known_sid

_ENABLED: dict[int, Enabled] = {2: "automatic", 3: "manual", 4: "disabled"}
"""SERVICE_AUTO_START, SERVICE_DEMAND_START, SERVICE_DISABLED; 0 and 1 are drivers'."""


class ServiceAccount(TypedDict):
    """A service and the account it logs on as; ``sid`` is ``None`` for one that no longer exists."""

    service: str
    account: str
    sid: str | None


class Services(WindowsFact[dict[str, ServiceInfo | None]]):
    r"""
    Returns services by their names, ``None`` for each that there is not:

    .. code:: python

        {
            "PrefectServer": {
                "service": "PrefectServer",
                "display_name": "Prefect server",
                "description": "",
                "path": '"C:\\Program Files\\Python311\\python.exe" -I "D:\\prefect_data\\host" run',
                "account": ".\\svc_prefect",
                "account_sid": "S-1-5-21-1-2-3-1001",
                "enabled": "automatic",
                "dependencies": ["postgresql-x64-16"],
                "recovery": {
                    "actions": [("restart", 5.0)], "reset_seconds": 86400, "on_error_exit": True
                },
                "sid_type": "unrestricted",
                "privileges": [],
                "preshutdown_seconds": None,
                "environment": {},
                "marked_for_deletion": False,
                "state": "Running",
                "process_id": 4711,
                "dependents": ["PrefectWorker"],
                "record": None,
            },
        }
    """

    def command(self, services: Sequence[str]) -> Script:
        return Script("get_services", Service=list(services))

    @override
    def read(self, value: Any) -> dict[str, ServiceInfo | None]:
        return {item["Service"]: _info(item) for item in value["Items"]}


class Service(WindowsFact[ServiceInfo | None]):
    """Returns a service as ``Services`` does, or ``None``.

    + record: the path of the JSON file in which it says what it started from
    """

    def command(self, service: str, record: str | None = None) -> Script:
        path = windows_path(record, "record", file=True) if record is not None else None
        return Script("get_services", Service=[service], Record=path)

    @override
    def read(self, value: Any) -> ServiceInfo | None:
        return _info(value["Items"][0])


class ServiceAccounts(WindowsFact[list[ServiceAccount]]):
    """Returns the services of the host, each with the account that it logs on as."""

    def command(self) -> Script:
        return Script("get_service_accounts")

    @override
    def read(self, value: Any) -> list[ServiceAccount]:
        return [
            ServiceAccount(
                service=item["Service"],
                account=item["Account"],
                sid=known_sid(item["Account"]) or item["Sid"],
            )
            for item in value["Items"]
        ]


class Port(WindowsFact[bool]):
    """Returns whether something accepts connections on a port of the host."""

    def command(self, port: int, address: str = "127.0.0.1") -> Script:
        return Script("get_port", Address=address, Port=port)

    @override
    def read(self, value: Any) -> bool:
        return bool(value["Open"])


def _info(item: Any) -> ServiceInfo | None:
    if item["State"] is None:
        return None
    stored, state = item["Configuration"], item["State"]
    milliseconds = stored.get("PreshutdownTimeout")
    account = stored.get("ObjectName") or "LocalSystem"
    groups = [f"+{group}" for group in _texts(stored, "DependOnGroup")]
    return ServiceInfo(
        service=item["Service"],
        display_name=stored.get("DisplayName") or item["Service"],
        description=stored.get("Description") or "",
        path=stored.get("ImagePath") or "",
        account=account,
        account_sid=known_sid(account) or item["AccountSid"],
        enabled=_enabled(stored),
        dependencies=[*_texts(stored, "DependOnService"), *groups],
        recovery=services.recovery(
            base64.b64decode(stored.get("FailureActions") or ""),
            bool(stored.get("FailureActionsOnNonCrashFailures")),
        ),
        sid_type=services.SID_TYPES.get(stored.get("ServiceSidType") or 0, "none"),
        privileges=_texts(stored, "RequiredPrivileges"),
        preshutdown_seconds=None if milliseconds is None else milliseconds / 1000,
        environment=_environment(_texts(stored, "Environment")),
        marked_for_deletion=bool(stored.get("DeleteFlag")),
        state=state["State"],
        process_id=state["ProcessId"],
        dependents=item["Dependents"],
        record=_record(item["Record"]),
    )


def _enabled(stored: dict[str, Any]) -> Enabled:
    found = _ENABLED.get(stored.get("Start", 3), "automatic")
    return "delayed" if found == "automatic" and stored.get("DelayedAutostart") else found


def _texts(stored: dict[str, Any], name: str) -> list[str]:
    return [text for text in stored.get(name) or [] if text]


def _environment(lines: list[str]) -> dict[str, str]:
    pairs = (line.partition("=") for line in lines)
    return {name: value for name, _, value in pairs}


def _record(content: str | None) -> dict[str, Any] | None:
    """A record that cannot be read is none: the service is started anew, and writes another."""
    try:
        found = json.loads(content or "")
    except ValueError:
        return None
    return cast(dict[str, Any], found) if isinstance(found, dict) else None
