"""The Security event log: one JSON object a line in ``log/security.jsonl``."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any

FILE = "security.jsonl"


def append(lab: Path, event: int, subject: str, **data: Any) -> None:
    """Note an event.

    + event: its number, as in Microsoft's list of security events
    + subject: the account that asked for it
    """
    entry = {"time": time.time(), "event": event, "subject": subject, **data}
    (lab / "log").mkdir(exist_ok=True)
    log = os.open(lab / "log" / FILE, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        os.write(log, (json.dumps(entry) + "\n").encode())
    finally:
        os.close(log)


def read(lab: Path, event: int | None = None) -> list[dict[str, Any]]:
    """The events so far, in order; only those of one number where it is given."""
    file = lab / "log" / FILE
    lines = file.read_text(encoding="utf-8").splitlines() if file.is_file() else []
    entries = [json.loads(line) for line in lines]
    return [entry for entry in entries if event in {None, entry["event"]}]
