"""Job objects that die with the process that made them.

A process in jobs has the mark ``WINFRA_LAB_JOB``: ``CREATOR-NUMBER`` entries with ``;`` between
them; ``run/jobs/CREATOR-NUMBER.json`` says whether closing the job's last handle ends what it holds.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

from winfra.lab import marks

MARK = "WINFRA_LAB_JOB"
SECONDS = 30.0


def close(lab: Path, creator: int) -> None:
    """The handles of a process that ended are closed: end what its jobs hold, until none is left."""
    gone = {creator}
    end = time.monotonic() + SECONDS
    while (held := set(_held(lab, gone))) and time.monotonic() < end:
        for number in held:
            with contextlib.suppress(ProcessLookupError):
                os.kill(number, signal.SIGKILL)
        gone |= held
        time.sleep(0.005)  # a killed process is gone when the kernel comes to it
    for file in (file for number in gone for file in _files(lab, number)):
        file.unlink(missing_ok=True)


def _held(lab: Path, creators: set[int]) -> Iterator[int]:
    files = [file for creator in creators for file in _files(lab, creator)]
    jobs = {file.stem for file in files if _kills(file)}
    if not jobs:
        return
    for folder in Path("/proc").glob("[0-9]*"):
        found = marks.of_process(folder.name)
        if jobs & {*found.get(MARK, "").split(";")} and found.get("WINFRA_LAB") == str(lab):
            yield int(folder.name)


def _files(lab: Path, creator: int) -> list[Path]:
    return list((lab / "run" / "jobs").glob(f"{creator}-*.json"))


def _kills(file: Path) -> bool:
    try:
        return bool(json.loads(file.read_text(encoding="utf-8"))["kill_on_close"])
    except (OSError, ValueError, KeyError):
        return False
