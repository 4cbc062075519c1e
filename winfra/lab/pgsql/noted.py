"""Processes that have no mark which the lab could read, and so are noted by who starts them.

PostgreSQL's run as another user, and write what ``ps`` shows over their environment.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

FOLDER = "run/servers"


def note(lab: Path, number: int) -> None:
    """Remember a process as one of the lab; everything below it counts as well."""
    folder = lab / FOLDER
    folder.mkdir(exist_ok=True)
    entry = {"started": started(number), "shell": os.environ.get("WINFRA_LAB_SHELL", "")}
    (folder / str(number)).write_text(json.dumps(entry), encoding="ascii")


def started(number: int) -> int:
    """When a process started, in ticks: its number alone may come again."""
    # The 22nd field of proc(5)'s stat; the name in parentheses is the second.
    fields = Path(f"/proc/{number}/stat").read_text(encoding="utf-8").rpartition(")")[2]
    return int(fields.split()[19])
