"""Resident memory on either side while a large file goes up and down."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import psutil
from rich.table import Table

from benchmarks.place import fresh_lab, table
from winfra.lab.state import Lab

SIZE = 2 << 30
REMOTE = r"D:\large.bin"
ROOT = Path(__file__).parents[1]
MIB = 1 << 20


@dataclass
class Watched:
    """A process's resident memory in bytes: before, and the most there was."""

    before: int
    most: int

    @property
    def growth(self) -> int:
        return self.most - self.before

    def row(self) -> list[str]:
        return [f"{number / MIB:.0f}" for number in (self.before, self.most, self.growth)]


def measure() -> Table:
    made = table(
        f"Resident memory while {SIZE >> 30} GiB go to the host and back, MiB",
        "process", "direction", "before", "most", "growth", "seconds",
        caption="To reach: a growth of less than 100 MiB.",
    )  # fmt: skip
    with fresh_lab() as lab:
        local = lab.folder / "local.bin"
        sparse(local, SIZE)
        for direction in "up", "down":
            start = time.perf_counter()
            control, host = carried(lab, direction, local, REMOTE)
            took = f"{time.perf_counter() - start:.0f}"
            made.add_row("control machine", direction, *control.row(), took)
            made.add_row("host's PowerShell", direction, *host.row(), took)
            if local.stat().st_size != SIZE:
                raise RuntimeError("the file came back with another size")
    return made


def sparse(path: Path, size: int) -> None:
    """A file of zeros that takes no room."""
    with path.open("wb") as file:
        os.truncate(file.fileno(), size)


def carried(lab: Lab, direction: str, local: Path, remote: str) -> tuple[Watched, Watched]:
    """The memory of the two processes, the control machine's and the host's, while a file goes."""
    arguments = [str(lab.home), lab.name, direction, str(local), remote]
    with subprocess.Popen(
        [sys.executable, "-m", "benchmarks.carry", *arguments],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        processes = [psutil.Process(child.pid), psutil.Process(int(child.stdout.readline()))]
        found = [Watched(resident(one), 0) for one in processes]
        child.stdin.write("\n")
        child.stdin.flush()
        while child.poll() is None:
            for watched, process in zip(found, processes, strict=True):
                watched.most = max(watched.most, resident(process))
            time.sleep(0.02)
    if child.returncode:
        raise RuntimeError(f"carrying {direction} failed with exit code {child.returncode}")
    control, host = found
    return control, host


def resident(process: psutil.Process) -> int:
    """Its resident memory; nothing once it has ended."""
    try:
        size: int = process.memory_info().rss
    except psutil.NoSuchProcess:
        return 0
    return size
