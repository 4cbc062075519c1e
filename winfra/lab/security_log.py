"""The Security event log: one JSON object a line in ``log/security.jsonl``."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from winfra.lab import json_lines

FILE = "security.jsonl"


def append(lab: Path, event: int, subject: str, **data: Any) -> None:
    """Note an event.

    + event: its number, as in Microsoft's list of security events
    + subject: the account that asked for it
    """
    entry = {"time": time.time(), "event": event, "subject": subject, **data}
    (lab / "log").mkdir(exist_ok=True)
    json_lines.append(lab / "log" / FILE, entry)


def read(lab: Path, event: int | None = None) -> list[dict[str, Any]]:
    """The events so far, in order; only those of one number where it is given."""
    entries = json_lines.read(lab / "log" / FILE)
    return [entry for entry in entries if event in {None, entry["event"]}]
