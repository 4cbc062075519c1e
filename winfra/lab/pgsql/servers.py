"""PostgreSQL's running servers and their helpers, for who ends what runs in a lab."""

from __future__ import annotations

import contextlib
import json
import signal
from collections.abc import Iterator
from pathlib import Path

import psutil

from winfra.lab.pgsql.noted import FOLDER, started

SECONDS = 5.0


def processes(lab: Path, shell: str | None = None) -> Iterator[psutil.Process]:
    """The noted processes that live, and all below them."""
    for one in _noted(lab, shell):
        with contextlib.suppress(psutil.Error):
            yield from (one, *one.children(recursive=True))


def end(lab: Path, shell: str | None = None) -> None:
    """Have servers let go of their shared memory, which would outlast a kill."""
    servers = list(_noted(lab, shell))
    for one in servers:
        with contextlib.suppress(psutil.Error):
            one.send_signal(signal.SIGQUIT)
    psutil.wait_procs(servers, timeout=SECONDS)


def _noted(lab: Path, shell: str | None) -> Iterator[psutil.Process]:
    for file in (lab / FOLDER).glob("[0-9]*"):
        try:
            entry = json.loads(file.read_text(encoding="ascii"))
            process = psutil.Process(int(file.name))
            alive = started(process.pid) == entry["started"]
            alive = alive and process.status() != psutil.STATUS_ZOMBIE
        except (OSError, ValueError, psutil.Error):
            file.unlink(missing_ok=True)
            continue
        if not alive:
            file.unlink(missing_ok=True)
        elif shell in {None, entry["shell"]}:
            yield process
