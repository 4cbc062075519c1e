"""Logs of the lab: one JSON object a line, appended to and read by several processes at once."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def append(file: Path, entry: Mapping[str, Any]) -> None:
    """Add one entry; makes the file, not its folder."""
    # One write to a file opened for appending: entries of the same time do not mix.
    log = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        os.write(log, (json.dumps(entry) + "\n").encode())
    finally:
        os.close(log)


def read(file: Path) -> list[dict[str, Any]]:
    """The entries so far, in order; none where there is no file.

    The last line may still be on its way: Linux shows a reader what is written page by page.
    """
    try:
        content = file.read_bytes()
    except FileNotFoundError:
        return []
    return [json.loads(line) for line in content.split(b"\n")[:-1]]
