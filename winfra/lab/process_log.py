"""The log of process starts, as event 4688 with command lines would tell them."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from winfra.lab import json_lines

FILE = "processes.jsonl"


def append(lab: Path, environment: Mapping[str, str], command_line: str) -> None:
    entry = {
        "time": time.time(),
        "user": environment.get("USERNAME", ""),
        "shell": environment.get("WINFRA_LAB_SHELL", ""),
        "command_line": command_line,
    }
    json_lines.append(lab / "log" / FILE, entry)


def read(lab: Path) -> list[dict[str, Any]]:
    """Every process that was started since the last reset, in order."""
    return json_lines.read(lab / "log" / FILE)
