"""What happens after a service failed: restart, a command, a reboot, nothing."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from winfra.lab.registry import expand
from winfra.lab.scm import accounts, codes
from winfra.lab.scm.codes import ScmError
from winfra.lab.scm.core import Core
from winfra.lab.scm.database import Service
from winfra.lab.scm.events import ACTIONS
from winfra.lab.scm.starting import Starter


class Recovery:
    """Counts failures and carries out the action of each after its delay."""

    def __init__(self, core: Core, starter: Starter, reboot: Callable[[], object]) -> None:
        self._core = core
        self._starter = starter
        self._reboot = reboot

    def failed(self, service: Service, *, crashed: bool) -> None:
        """A service failed; called by who holds ``core.changed``."""
        record, failure = self._core.record(service.name), service.failure
        quiet = time.monotonic() - record.failed_at
        ends = bool(failure.actions) and failure.reset_seconds != codes.INFINITE
        if ends and quiet > failure.reset_seconds:
            record.failures = 0
        record.failures += 1
        record.failed_at = time.monotonic()
        action, delay = codes.ACTION_NONE, 0
        if failure.actions:
            action, delay = failure.actions[min(record.failures, len(failure.actions)) - 1]
        if action != codes.ACTION_NONE:
            text = ACTIONS.get(action, "")
            self._core.note(7031, service.display_name, record.failures, delay, action, text)
            self._schedule(service, action, delay / 1000)
        elif crashed:
            self._core.note(7034, service.display_name, record.failures)

    def _schedule(self, service: Service, action: int, seconds: float) -> None:
        timer = threading.Timer(seconds, self._act, (service.name, action, self._core.generation))
        timer.daemon = True
        record = self._core.record(service.name)
        record.timers = [one for one in record.timers if one.is_alive()] + [timer]
        timer.start()

    def _act(self, name: str, action: int, generation: int) -> None:
        with self._core.changed:
            service = self._core.database.find(name)
            over = self._core.down or self._core.ending or self._core.generation != generation
            if over or service is None:
                return
            try:
                self._carry_out(service, action)
            except ScmError as error:
                data = (action, ACTIONS[action], service.display_name, f"%%{error.code}")
                self._core.note(7032, *data)

    def _carry_out(self, service: Service, action: int) -> None:
        match action:
            case codes.ACTION_RESTART:
                self._starter.start(service)
            case codes.ACTION_COMMAND:
                self._run_command(service)
            case codes.ACTION_REBOOT:
                self._reboot()

    def _run_command(self, service: Service) -> None:
        """The program runs as the service's account; ``%1%`` is the number of failures."""
        lab = self._core.lab.folder
        account = accounts.find(lab, service.account, service.name)
        if account is None:
            raise codes.error(codes.SERVICE_LOGON_FAILED)
        count = {"1": str(self._core.record(service.name).failures)}
        who = accounts.token_of(lab, account, self._starter.groups(service))
        environment = self._starter.environment(service, account)
        command = expand(service.failure.command, {**environment, **count})
        process = self._starter.launch(service, account, who, command)
        threading.Thread(target=process.wait, daemon=True).start()
