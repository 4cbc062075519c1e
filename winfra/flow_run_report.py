"""A run of a flow as a table: its state, its tasks, its log lines, and where to see it."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pyinfra.api.output import format_text
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from winfra.facts.prefect_flow_run import FlowRunInfo
from winfra.service_log import printable

MOST_LINES = 60
_LEVELS = {10: "debug", 20: "info", 30: "warning", 40: "error", 50: "critical"}
_COLOURS = {"COMPLETED": "green", "FAILED": "red", "CRASHED": "red", "CANCELLED": "yellow"}


@dataclass(frozen=True)
class Report:
    """
    What there is to say about a run.

    + deployment: ``flow/deployment``
    + tasks: the API's task runs
    + logs: the API's log lines
    + address: of the run in the UI
    """

    deployment: str
    run: FlowRunInfo
    tasks: Sequence[Mapping[str, Any]]
    logs: Sequence[Mapping[str, Any]]
    address: str

    def lines(self, width: int) -> Iterator[str]:
        """At most ``width`` wide."""
        yield self.headline
        if self.tasks:
            yield from _printed(self._tasks(), width)
        if self.logs:
            yield from _printed(self._logs(), width)
        yield self.address

    @property
    def headline(self) -> str:
        run = self.run
        state = format_text(printable(run["state_name"]), _COLOURS.get(run["state"]))
        worker = f" by {run['worker']}" if run["worker"] else ""
        took = f" in {run['seconds']:.1f} s" if run["ended"] else ""
        return f"{self.deployment}: run {run['flow_run']} {state}{took}{worker}"

    def _tasks(self) -> Table:
        table = _table("task", "state", "started", "seconds")
        for one in sorted(self.tasks, key=lambda task: task["start_time"] or "~"):
            colour = _COLOURS.get(one["state_type"])
            state = Text.from_ansi(format_text(printable(one["state_name"] or "-"), colour))
            cells = [_text(one["name"]), state, _text(_time(one["start_time"]))]
            table.add_row(*cells, _text(f"{one['total_run_time']:.1f}"))
        return table

    def _logs(self) -> Table:
        table = _table("time", "level", "of", "message")
        names = {one["id"]: one["name"] for one in self.tasks}
        left = len(self.logs) - MOST_LINES
        if left > 0:
            table.add_row("", "", "", _text(f"({left} lines before these)"))
        for one in self.logs[-MOST_LINES:]:
            level = _LEVELS.get(one["level"], str(one["level"]))
            of = names.get(one["task_run_id"], "task") if one["task_run_id"] else "flow"
            table.add_row(*map(_text, (_time(one["timestamp"]), level, of, one["message"])))
        return table


def _table(*titles: str) -> Table:
    table = Table(box=SIMPLE_HEAD, header_style="", pad_edge=False)
    for title in titles:
        table.add_column(title, overflow="fold")
    return table


def _text(cell: str) -> Text:
    return Text(printable(cell.expandtabs(4).rstrip()))


def _time(text: str | None) -> str:
    """The time of day in UTC."""
    return datetime.fromisoformat(text).strftime("%H:%M:%S") if text else "-"


def _printed(table: Table, width: int) -> Iterator[str]:
    stream = io.StringIO()
    # Colours come from pyinfra's format_text, which knows whether there is a terminal.
    Console(file=stream, width=width, force_terminal=True, color_system="standard").print(table)
    return (line.rstrip() for line in stream.getvalue().splitlines() if line.strip())
