"""The event logs System and Application: one JSON object a line in ``log/events-NAME.jsonl``."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from winfra.lab import json_lines

CRITICAL, ERROR, WARNING, INFORMATION = 1, 2, 3, 4


def append(
    lab: Path,
    log: str,
    provider: str,
    event_id: int,
    level: int,
    message: str,
    data: Sequence[str] = (),
) -> None:
    """Note an event.

    + log: ``System`` or ``Application``
    + level: 1 critical, 2 error, 3 warning, 4 information
    + data: the insertion texts, as Windows stores them
    """
    entry = {
        "time": time.time(), "provider": provider, "id": event_id, "level": level,
        "message": message, "data": [*data], "pid": os.getpid(),
    }  # fmt: skip
    (lab / "log").mkdir(exist_ok=True)
    json_lines.append(_file(lab, log), entry)


def read(
    lab: Path, log: str, *, provider: str | None = None, event_id: int | None = None
) -> list[dict[str, Any]]:
    """The events of a log, the oldest first, each with its number as ``record``."""
    found = json_lines.read(_file(lab, log))
    entries = [{"record": number, "log": log, **one} for number, one in enumerate(found, 1)]
    return [
        entry
        for entry in entries
        if provider in {None, entry["provider"]} and event_id in {None, entry["id"]}
    ]


def exists(log: str) -> bool:
    return log.lower() in {"system", "application"}


def clear(lab: Path) -> None:
    for file in (lab / "log").glob("events-*.jsonl"):
        file.unlink(missing_ok=True)


def _file(lab: Path, log: str) -> Path:
    return lab / "log" / f"events-{log.capitalize()}.jsonl"
