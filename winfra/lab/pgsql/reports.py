"""What PostgreSQL writes to the Application event log, where it runs as a service."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from winfra.lab import event_log
from winfra.lab.event_log import ERROR, INFORMATION, WARNING
from winfra.lab.registry import Registry

SOURCES = r"HKLM\SYSTEM\CurrentControlSet\Services\EventLog\Application"
_SEVERITY = re.compile(
    r"\b(DEBUG|LOG|INFO|NOTICE|WARNING|ERROR|FATAL|PANIC|DETAIL|HINT|QUERY|CONTEXT|LOCATION|"
    r"STATEMENT|BACKTRACE):  "
)
_LEVELS = {"WARNING": WARNING, "ERROR": ERROR, "FATAL": ERROR, "PANIC": ERROR}
_FURTHER = {"DETAIL", "HINT", "QUERY", "CONTEXT", "LOCATION", "STATEMENT", "BACKTRACE"}
_NO_SOURCE = (
    "The description for Event ID 0 from source {source} cannot be found. Either the component "
    "that raises this event is not installed on your local computer or the installation is "
    "corrupted. You can install or repair the component on the local computer.\n\nIf the event "
    "originated on another computer, the display information had to be saved with the event."
    "\n\nThe following information was included with the event: \n\n{text}"
)
__all__ = ["ERROR", "INFORMATION", "SOURCES", "Reports"]


class Reports:
    """The writer of one event source."""

    def __init__(self, lab: Path, source: str) -> None:
        self._lab = lab
        self._source = source

    def write(self, level: int, text: str) -> None:
        """One event, with number 0."""
        known = Registry(self._lab / "registry").exists(rf"{SOURCES}\{self._source}")
        message = text if known else _NO_SOURCE.format(source=self._source, text=text)
        event_log.append(self._lab, "Application", self._source, 0, level, message, [text])

    def server_lines(self, lines: Sequence[str]) -> None:
        """Lines of a server's log: each message is an event, its details with it."""
        message: list[str] = []
        level = INFORMATION
        for line in lines:
            found = _SEVERITY.search(line)
            if found is not None and found[1] not in _FURTHER:
                self._write_message(level, message)
                message, level = [], _LEVELS.get(found[1], INFORMATION)
            message.append(line)
        self._write_message(level, message)

    def _write_message(self, level: int, lines: Sequence[str]) -> None:
        if lines:
            self.write(level, "\n".join(lines) + "\n")
