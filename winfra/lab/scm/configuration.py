"""Creating, changing and deleting services, with the refusals of CreateService and its relatives."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from winfra.lab.scm import accounts, codes
from winfra.lab.scm.core import Core
from winfra.lab.scm.database import SETTINGS, Service, is_name
from winfra.lab.scm.events import START_TYPES, TYPES
from winfra.lab.scm.windows_services import LOCAL_SYSTEM

_DEFAULTS = {
    "type": codes.OWN_PROCESS,
    "start": codes.DEMAND_START,
    "error_control": codes.ERROR_NORMAL,
    "account": LOCAL_SYSTEM,
}
_ALLOWED = {
    "type": {codes.OWN_PROCESS, codes.SHARE_PROCESS},
    "start": {codes.AUTO_START, codes.DEMAND_START, codes.DISABLED_START},
    "error_control": {0, 1, 2, 3},
    "sid_type": {codes.SID_NONE, codes.SID_UNRESTRICTED, codes.SID_RESTRICTED},
}


class Configuration:
    """Changes the database; every method is called by who holds ``core.changed``."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def create(self, name: str, settings: Mapping[str, Any]) -> None:
        if not is_name(name):
            raise codes.error(codes.INVALID_NAME)
        found = self._core.database.find(name)
        if found is not None and not self._core.removed(found):
            marked = found.delete_flag
            raise codes.error(codes.SERVICE_MARKED_FOR_DELETE if marked else codes.SERVICE_EXISTS)
        if self._core.database.is_driver(name):
            raise codes.error(codes.SERVICE_EXISTS)
        settings = {**_DEFAULTS, "display_name": name, **settings}
        if not settings.get("path"):
            raise codes.error(codes.INVALID_PARAMETER)
        self._check(name, None, settings)
        self._store(name, settings)
        self._core.save(names=self._core.database.names())
        self._core.note(
            7045, name, settings["path"], TYPES[settings["type"] & codes.WIN32],
            START_TYPES[settings["start"]], settings["account"],
        )  # fmt: skip

    def change(self, service: Service, settings: Mapping[str, Any]) -> None:
        if service.delete_flag:
            raise codes.error(codes.SERVICE_MARKED_FOR_DELETE)
        self._check(service.name, service, settings)
        self._store(service.name, settings)
        start = settings.get("start", service.start)
        if start != service.start:
            before = START_TYPES.get(service.start, "")
            self._core.note(7040, service.display_name, before, START_TYPES[start], service.name)

    def delete(self, service: Service) -> None:
        """Remove a service now, or when it has stopped and the last one let go of it."""
        if service.delete_flag:
            raise codes.error(codes.SERVICE_MARKED_FOR_DELETE)
        self._core.database.mark(service.name)
        self._core.removed(self._core.database.find(service.name) or service)

    def _store(self, name: str, settings: Mapping[str, Any]) -> None:
        self._core.database.write(name, settings)
        if "password" in settings:
            self._core.secrets.set(name, settings["password"])

    def _check(self, name: str, service: Service | None, settings: Mapping[str, Any]) -> None:
        if unknown := set(settings) - SETTINGS:
            raise TypeError(f"no settings of a service: {sorted(unknown)}")
        kind = settings.get("type", service.type if service else codes.OWN_PROCESS)
        account = settings.get("account", service.account if service else LOCAL_SYSTEM)
        values = {**settings, "type": kind & ~codes.INTERACTIVE_PROCESS}
        self._check_values(values, service)
        if kind & codes.INTERACTIVE_PROCESS and account.lower() != LOCAL_SYSTEM.lower():
            raise codes.error(codes.INVALID_PARAMETER)
        lab = self._core.lab.folder
        if "account" in settings and accounts.find(lab, account, name) is None:
            raise codes.error(codes.INVALID_SERVICE_ACCOUNT)
        if "display_name" in settings and self._is_taken(name, settings["display_name"]):
            raise codes.error(codes.DUPLICATE_SERVICE_NAME)
        dependencies = settings.get("dependencies", [])
        if dependencies and self._core.graph().is_circular(name, dependencies):
            raise codes.error(codes.CIRCULAR_DEPENDENCY)

    def _check_values(self, settings: Mapping[str, Any], service: Service | None) -> None:
        for setting, allowed in _ALLOWED.items():
            if setting in settings and settings[setting] not in allowed:
                raise codes.error(codes.INVALID_PARAMETER)
        start = settings.get("start", service.start if service else codes.DEMAND_START)
        if settings.get("delayed") and start != codes.AUTO_START:
            raise codes.error(codes.INVALID_PARAMETER)
        actions = settings.get("failure", {}).get("actions", [])
        if any(kind not in range(4) for kind, _ in actions):
            raise codes.error(codes.INVALID_PARAMETER)

    def _is_taken(self, name: str, display_name: str) -> bool:
        """Is it another service's name or display name?"""
        others = (one for one in self._core.database.all() if one.name.lower() != name.lower())
        wanted = display_name.lower()
        return any(wanted in {one.name.lower(), one.display_name.lower()} for one in others)
