"""The log of process starts, as event 4688 with command lines would tell them."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping
from pathlib import Path


def append(lab: Path, environment: Mapping[str, str], command_line: str) -> None:
    entry = {
        "time": time.time(),
        "user": environment.get("USERNAME", ""),
        "shell": environment.get("WINFRA_LAB_SHELL", ""),
        "command_line": command_line,
    }
    line = (json.dumps(entry) + "\n").encode()
    # One write to a file opened for appending: starts at the same time do not mix.
    log = os.open(lab / "log" / "processes.jsonl", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        os.write(log, line)
    finally:
        os.close(log)
