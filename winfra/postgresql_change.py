"""Carrying out what has been decided about a server's files: what it refuses is put back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from pyinfra import logger
from pyinfra.api import Host, State

from winfra import access_rules, postgresql_configuration as configuration, service_change
from winfra.facts.postgresql import AccessRules, FileSettings, SettingInfo, Settings
from winfra.messages import postgresql_configuration as messages
from winfra.postgresql_server import Change, RefusedError, Server
from winfra.sql import Connection


@dataclass(frozen=True)
class SettingsPlan:
    """Settings to bring into force.

    + entries: names and values, as they stand in the file
    + file: the name of that file in conf.d
    + path: its path on the host
    + changes: what is written
    + connection: to the server as it runs now
    + port: where it listens afterwards
    + restart: how to restart it; ``None``: nobody shall
    """

    entries: Mapping[str, str]
    file: str
    path: str
    changes: Sequence[Change]
    connection: Connection
    port: int
    restart: service_change.Plan | None
    start_seconds: float


@dataclass(frozen=True)
class RulesPlan:
    """Access rules to bring into force."""

    changes: Sequence[Change]
    connection: Connection


def change_settings(state: State, host: Host, plan: SettingsPlan) -> bool:
    """Carry out a plan; ``False`` after the reason has been shown."""
    return _shown(host, lambda: _SettingsWork(state, host, plan).run())


def change_rules(state: State, host: Host, plan: RulesPlan) -> bool:
    """Carry out a plan; ``False`` after the reason has been shown."""
    server = Server(host, plan.connection)
    return _shown(host, lambda: server.apply(plan.changes, lambda: _check_rules(server)))


def _shown(host: Host, work: Callable[[], None]) -> bool:
    try:
        work()
    except RefusedError as refusal:
        for line in refusal.lines:
            host.log_styled(line, fg="red", log_func=logger.error)
        return False
    return True


class _SettingsWork:
    def __init__(self, state: State, host: Host, plan: SettingsPlan) -> None:
        self.state = state
        self.host = host
        self.plan = plan
        self.server = Server(host, plan.connection)

    def run(self) -> None:
        plan = self.plan
        self.server.apply(plan.changes, self._check)
        waiting = configuration.pending(self._known(), plan.entries)
        if waiting and plan.restart is None:
            names = ", ".join(waiting)
            warning = messages.RESTART_NEEDED.text(host=self.host.name, names=names)
            self.host.log_styled(warning, fg="yellow", log_func=logger.warning)
            return
        if waiting and plan.restart is not None:
            self._restart(plan.restart, waiting)
        self._check_force()

    def _check(self) -> None:
        """What the server makes of the files, before it is told to read them."""
        known = self._known()
        on_disk = self.server.rows(FileSettings().command(self.server.connection))
        host, file = self.host.name, self.plan.file
        if found := list(configuration.errors(on_disk, known, file, own=True)):
            raise RefusedError(messages.REFUSED.text(host=host, errors="; ".join(found)))
        if self.plan.entries and not configuration.is_read(on_disk, file):
            port = self.server.connection.port
            raise RefusedError(messages.NOT_READ.text(host=host, path=self.plan.path, port=port))
        if over := list(configuration.overridden(self.plan.entries, known, on_disk, file)):
            settings = "; ".join(f"{name} ({where})" for name, where in over)
            raise RefusedError(messages.OVERRIDDEN.text(host=host, settings=settings))

    def _restart(self, restart: service_change.Plan, waiting: Sequence[str]) -> None:
        """With the files as they were, where it does not come up with the new ones."""
        if self._started(restart, self.plan.port):
            return
        self.server.put_back(self.plan.changes)
        values = {"host": self.host.name, "names": ", ".join(waiting)}
        lines = [messages.RESTART_UNDONE.text(**values)]
        if not self._started(restart, self.plan.connection.port):
            lines = [messages.STAYS_DOWN.text(**values)]
        raise RefusedError(*lines)

    def _started(self, restart: service_change.Plan, port: int) -> bool:
        return service_change.change(self.state, self.host, restart) and self.server.wait(
            self.plan.start_seconds, port
        )

    def _check_force(self) -> None:
        if found := configuration.differing(self.plan.entries, self._known()):
            names = ", ".join(f"{name} is {current}" for name, (current, _) in found.items())
            raise RefusedError(messages.NOT_IN_FORCE.text(host=self.host.name, names=names))

    def _known(self) -> dict[str, SettingInfo]:
        command = Settings().command(self.server.connection, names=list(self.plan.entries))
        return Settings().read(self.server.rows(command)) or {}


def _check_rules(server: Server) -> None:
    on_disk = server.rows(AccessRules().command(server.connection))
    if found := list(access_rules.errors(on_disk)):
        values = {"host": server.host.name, "errors": "; ".join(found)}
        raise RefusedError(messages.RULES_REFUSED.text(**values))
