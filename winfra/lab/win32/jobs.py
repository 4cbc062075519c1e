"""Jobs: processes that end together, found by the mark in their environment.

``run/jobs/CREATOR-NUMBER.json`` tells the control manager what to do when the creator is gone.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from winfra.lab import marks
from winfra.lab.win32 import processes
from winfra.lab.win32.handles import KernelObject
from winfra.lab.win32.processes import Process, status
from winfra.lab.win32.starting import JOB
from winfra.lab.windows_python.start import at_end

KILL_ON_CLOSE, BREAKAWAY_OK, SILENT_BREAKAWAY = 0x2000, 0x800, 0x1000
_SECONDS = 10.0
_PAUSE = 0.003
_CALM = 10
_numbers = iter(range(1, 2**31))
_jobs: list[Job] = []
at_end(lambda: leave())  # noqa: PLW0108 - it is defined below


class Job(KernelObject):
    """+ limits: as SetInformationJobObject was given them."""

    def __init__(self) -> None:
        self.name = f"{os.getpid()}-{next(_numbers)}"
        self.flags = 0
        self.limits: dict[str, Any] = {}
        self.total = 0
        self.terminated = 0
        self._suspended: list[Process] = []
        self._assigned: dict[int, str] = {}
        self.write()
        _jobs.append(self)

    @property
    def kills_on_close(self) -> bool:
        return bool(self.flags & KILL_ON_CLOSE)

    def write(self) -> None:
        self._file.parent.mkdir(exist_ok=True)
        new = self._file.with_suffix(".new")
        new.write_text(json.dumps({"kill_on_close": self.kills_on_close}), encoding="utf-8")
        new.replace(self._file)
        if self.kills_on_close:
            for process in self._suspended:
                process.tell("dies")

    def assign(self, process: Process) -> None:
        """Put a process into it: a suspended one with all that it will start, another from now on."""
        self.total += 1
        if process.pid == os.getpid():
            os.environ[JOB] = ";".join([*own(), self.name])
        elif process.is_suspended:
            process.tell(f"job {self.name}")
            if self.kills_on_close:
                process.tell("dies")
            self._suspended.append(process)
        self._assigned[process.pid] = status(process.pid)[2]

    def members(self) -> set[int]:
        """The living processes that are in it, this one included."""
        marked = set(_marked(self.name))
        assigned = {pid for pid, born in self._assigned.items() if _lives(pid, born)}
        return marked | assigned | set(_below(assigned - {os.getpid()}))

    def terminate(self, code: int) -> None:
        """End all that is in it; this process comes last."""
        self.terminate_others(code)
        if os.getpid() in self._assigned:
            processes.kill(os.getpid(), code)

    def terminate_others(self, code: int) -> None:
        """End what is in it, also what is started meanwhile, and leave this process alone."""
        end = time.monotonic() + _SECONDS
        calm = 0
        parents: dict[int, int] = {}
        # A process between exec's two halves shows no mark, and one that forks and ends may be missed
        # in a list: one empty look is not enough.
        while calm < _CALM and time.monotonic() < end:
            others = self.members() - {os.getpid()}
            for pid in others:
                parents[pid] = status(pid)[1]
                processes.kill(pid, code)
            self.terminated += len(others)
            calm = 0 if others else calm + 1
            time.sleep(_PAUSE)
        for pid, parent in parents.items():
            if parent in parents or parent <= 1:
                processes.forget(pid)

    def close(self) -> None:
        _jobs.remove(self)
        if self.kills_on_close:
            self.terminate(0)
        self._file.unlink(missing_ok=True)

    @property
    def _file(self) -> Path:
        return Path(os.environ["WINFRA_LAB"], "run", "jobs", f"{self.name}.json")


def leave() -> None:
    """As at the end of the process: its handles are closed, its own end is on the way."""
    for job in _jobs:
        if job.kills_on_close:
            job.terminate_others(0)


def own() -> list[str]:
    """The jobs that this process is in."""
    return _names(dict(os.environ))


def of_children(*, breakaway: bool) -> list[str] | None:
    """The jobs of a new child; None where it may not leave them."""
    flags = {job.name: job.flags for job in _jobs}
    names = own()
    if breakaway and not all(flags.get(name, 0) & BREAKAWAY_OK for name in names):
        return None
    leaves = SILENT_BREAKAWAY | (BREAKAWAY_OK if breakaway else 0)
    return [name for name in names if not flags.get(name, 0) & leaves]


def names_of(pid: int) -> list[str]:
    """The jobs that a process is in."""
    found = own() if pid == os.getpid() else _names(marks.of_started(pid))
    return [*found, *(job.name for job in _jobs if pid in job.members())]


def _marked(job: str) -> Iterator[int]:
    for name in os.listdir("/proc"):
        if name.isdecimal() and job in _names(marks.of_process(name)):
            yield int(name)


def _names(found: dict[str, str]) -> list[str]:
    return [one for one in found.get(JOB, "").split(";") if one]


def _lives(pid: int, born: str) -> bool:
    """Is it this very process? Its number may be another's by now."""
    state, _, start = status(pid)
    return state not in {"Z", "X", ""} and start == born


def _below(pids: set[int]) -> Iterator[int]:
    parents = {int(n): status(n)[1] for n in os.listdir("/proc") if n.isdecimal()} if pids else {}
    found = set(pids)
    while more := {pid for pid, parent in parents.items() if parent in found} - found:
        found |= more
        yield from more


def known() -> list[Job]:
    """Those that this process made."""
    return list(_jobs)
