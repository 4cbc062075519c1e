"""What the host says of itself, in the log and in Windows' Application event log.

The numbers are those of the events, and of the service-specific exit codes where a start fails.
"""

from __future__ import annotations

import re
import time
from dataclasses import dataclass

import pywintypes
import win32evtlogutil

from .log import RotatingLog

ERROR, WARNING, INFORMATION = 1, 2, 4
"""EVENTLOG_ERROR_TYPE and so on."""
_LONGEST = 30_000
"""ReportEvent takes 31,839 characters."""


@dataclass(frozen=True)
class Event:
    number: int
    level: int


STARTED = Event(1, INFORMATION)
STOPPED = Event(2, INFORMATION)
RESTARTED = Event(3, WARNING)
DEAF = Event(4, WARNING)
DEADLINE = Event(5, WARNING)
HANDED_OVER = Event(6, ERROR)
CONFIGURATION = Event(10, ERROR)
SETTINGS = Event(11, ERROR)
NOT_STARTED = Event(12, ERROR)
LOG = Event(13, WARNING)
RECORD = Event(14, WARNING)
CONSOLE = Event(15, WARNING)
OUTPUT = Event(16, ERROR)
UNEXPECTED = Event(20, ERROR)


class Failure(Exception):  # noqa: N818  it is what the service ends with, not a defect
    """The service cannot run; the event says in what way."""

    def __init__(self, event: Event, sentence: str) -> None:
        super().__init__(sentence)
        self.event = event


class Journal:
    """The host's own sentences; losing one never stops the service."""

    def __init__(self, service: str) -> None:
        self._service = service
        self.log: RotatingLog | None = None
        self._log_failed = False

    def write(self, event: Event, sentence: str) -> None:
        if self.log is not None:
            now = time.strftime("%Y-%m-%d %H:%M:%S%z")
            if self.log.write_line(f"{now} [service host] {sentence}"):
                self._log_failed = False
            else:
                self._report_log(self.log)
        self._report(event, sentence)

    def output(self, data: bytes) -> None:
        """Output of the child: into the log alone."""
        if self.log is None or self.log.write(data):
            self._log_failed = False
        else:
            self._report_log(self.log)

    def _report_log(self, log: RotatingLog) -> None:
        """Once until it can be written again."""
        if not self._log_failed:
            self._log_failed = True
            self._report(LOG, f"the log cannot be written, output is lost: {log.failure}")

    def _report(self, event: Event, sentence: str) -> None:
        # Windows would take %1 in it for the place of a text (ReportEvent).
        text = re.sub("%(?=[0-9])", "% ", sentence[:_LONGEST])
        try:
            win32evtlogutil.ReportEvent(
                self._service, event.number, eventType=event.level, strings=[text]
            )
        except pywintypes.error:
            return
