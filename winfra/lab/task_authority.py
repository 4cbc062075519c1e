"""What a PowerShell process of the lab asks about scheduled tasks."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from winfra.lab import control
from winfra.lab.sam import RefusedError

if TYPE_CHECKING:
    from winfra.lab.tasks import Tasks


class TaskAuthority:
    """Answers to the cmdlets of ScheduledTasks; what they need is loaded when one is used."""

    lab: Path

    def on_tasks(self) -> list[dict[str, Any]]:
        return self._tasks().described()

    def on_register_task(self, path: str, xml: str, force: str) -> None:
        self._tasks().register(path, xml, force=bool(force))

    def on_unregister_task(self, path: str) -> None:
        self._tasks().unregister(path)

    def on_export_task(self, path: str) -> str:
        return self._tasks().export(path)

    def on_enable_task(self, path: str, enabled: str) -> None:
        self._tasks().set_enabled(path, enabled=bool(enabled))

    def on_start_task(self, path: str) -> None:
        self._ask("start", path)

    def on_stop_task(self, path: str) -> None:
        self._ask("stop", path)

    def _ask(self, verb: str, path: str) -> None:
        """Have the scheduler in the daemon do it."""
        self._tasks().export(path)
        running = json.loads((self.lab / "daemon.json").read_text(encoding="utf-8"))
        answer = control.ask(
            running["control_port"], running["token"], "task", verb=verb, path=path
        )["result"]
        if answer is not None:
            raise RefusedError(answer["kind"], answer["message"], answer["code"])

    def _tasks(self) -> Tasks:
        from winfra.lab.tasks import Tasks

        return Tasks(self.lab)
