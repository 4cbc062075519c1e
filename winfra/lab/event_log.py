"""The event logs System and Application: one JSON object a line in ``log/events-NAME.jsonl``."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

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
    # One write to a file opened for appending: events at the same time do not mix.
    file = os.open(_file(lab, log), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        os.write(file, (json.dumps(entry) + "\n").encode())
    finally:
        os.close(file)


def read(
    lab: Path, log: str, *, provider: str | None = None, event_id: int | None = None
) -> list[dict[str, Any]]:
    """The events of a log, the oldest first, each with its number as ``record``."""
    file = _file(lab, log)
    lines = file.read_text(encoding="utf-8").splitlines() if file.is_file() else []
    entries = [{"record": n, "log": log, **json.loads(line)} for n, line in enumerate(lines, 1)]
    return [
        entry
        for entry in entries
        if provider in {None, entry["provider"]} and event_id in {None, entry["id"]}
    ]


def exists(log: str) -> bool:
    return log.lower() in {"system", "application"}


def clear(lab: Path) -> None:
    for file in (lab / "log").glob("events-*.jsonl"):
        file.unlink()


def _file(lab: Path, log: str) -> Path:
    return lab / "log" / f"events-{log.capitalize()}.jsonl"
