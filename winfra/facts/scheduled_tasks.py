"""Facts about scheduled tasks."""

from __future__ import annotations

from typing import Any

from typing_extensions import override

from winfra.fact import WindowsFact
from winfra.scheduled_tasks import TaskInfo, parse
from winfra.script import Script


class Task(WindowsFact[TaskInfo | None]):
    r"""
    Returns a scheduled task by its full name, or ``None`` if it does not exist:

    .. code:: python

        {
            "command": "D:\\python\\python.exe",
            "arguments": "-I D:\\scripts\\clean.py",
            "directory": "",
            "account": "S-1-5-18",
            "run_highest": False,
            "triggers": ["daily at 03:30"],
            "time_limit": 4320,
            "multiple_instances": "ignore",
            "start_when_available": False,
            "enabled": True,
            "description": "Deletes old results",
            "further": [],
        }
    """

    def command(self, task: str) -> Script:
        folder, _, name = task.rpartition("\\")
        return Script("get_scheduled_task", Path=f"{folder}\\", Name=name)

    @override
    def read(self, value: Any) -> TaskInfo | None:
        return None if value is None else parse(value["Xml"])
