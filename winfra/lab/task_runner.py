"""The task scheduler of a lab, in its daemon: starts what is due or asked for, and ends it in time."""

from __future__ import annotations

import subprocess
import threading
import uuid
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from winfra.lab import task_process
from winfra.lab.machine import LabProcess, Machine
from winfra.lab.sam import RefusedError
from winfra.lab.state import Lab
from winfra.lab.task_process import TaskError
from winfra.lab.task_schema import Node
from winfra.lab.task_triggers import duration, next_at_boot, next_run, triggers
from winfra.lab.tasks import Tasks

PAUSE = 0.3
RUNNING = 267009
"""SCHED_S_TASK_RUNNING"""
TERMINATED = 267014
"""SCHED_S_TASK_TERMINATED"""
DISABLED = (0x80041326, "The task is disabled. ")


@dataclass
class Instance:
    """A task that runs."""

    mark: str
    process: LabProcess
    ended_by_scheduler: bool = False


@dataclass
class Record:
    """What the scheduler knows of one task."""

    instances: list[Instance] = field(default_factory=list)
    waiting: int = 0


class TaskRunner:
    """Runs the tasks of one lab."""

    def __init__(self, lab: Lab, machine: Machine) -> None:
        self._lab = lab
        self._machine = machine
        self._tasks = Tasks(lab.folder)
        self._lock = threading.RLock()
        self._records: dict[str, Record] = {}
        self._up = threading.Event()
        self._boot = self._checked = _now()
        threading.Thread(target=self._watch, name="tasks", daemon=True).start()

    def boot(self) -> None:
        """Windows has started; what was missed while it was off is made up for where a task says so."""
        with self._lock:
            now = _now()
            for path, status in self._tasks.status().items():
                if status.get("running"):
                    self._tasks.note(path, {"running": 0, "last_result": TERMINATED})
            self._make_up(now)
            self._boot, self._checked = now, now - timedelta(microseconds=1)
            self._up.set()

    def halt(self) -> None:
        """Windows goes down; the processes are ended by whoever switches it off."""
        self._up.clear()
        with self._lock:
            self._records = {}

    def request(self, verb: str, path: str) -> None | dict[str, object]:
        """``start`` or ``stop`` a task; an answer is why not: ``kind``, ``message``, ``code``."""
        try:
            if verb == "start":
                self._start_on_demand(path)
            else:
                self._stop(path)
        except RefusedError as refusal:
            return {"kind": refusal.kind, "message": str(refusal), "code": refusal.code}
        return None

    def _watch(self) -> None:
        while True:
            self._up.wait()
            threading.Event().wait(PAUSE)
            with self._lock:
                if self._up.is_set() and self._lab.exists:
                    self._check(_now())

    def _check(self, now: datetime) -> None:
        """Start what has become due since the last look."""
        for path, task in self._enabled():
            if _due(task, self._boot, self._checked, now):
                self._start(path, task)
        self._checked = now

    def _make_up(self, now: datetime) -> None:
        known = self._tasks.status()
        for path, task in self._enabled():
            last = known.get(path, {}).get("next_run")
            if task.value("Settings/StartWhenAvailable") != "true" or last is None:
                continue
            if datetime.fromisoformat(last) < now:
                self._start(path, task)

    def _enabled(self) -> list[tuple[str, Node]]:
        """The tasks that may run; their files may be changed, or spoilt, at any time."""
        found = []
        for path in self._tasks.paths():
            try:
                task = self._tasks.read(path)
            except (RefusedError, UnicodeError):
                continue
            if task.value("Settings/Enabled", "true") == "true":
                found.append((path, task))
                self._note_next(path, task)
        return found

    def _note_next(self, path: str, task: Node) -> None:
        moment = next_run(task, _now())
        text = moment.isoformat() if moment else None
        if self._tasks.status().get(path, {}).get("next_run") != text:
            self._tasks.note(path, {"next_run": text})

    def _start_on_demand(self, path: str) -> None:
        with self._lock:
            task = self._tasks.read(path)
            if task.value("Settings/Enabled", "true") != "true":
                raise RefusedError(f"HRESULT 0x{DISABLED[0]:08x}", DISABLED[1], DISABLED[0])
            self._start(path, task)

    def _stop(self, path: str) -> None:
        self._tasks.read(path)
        with self._lock:
            record = self._records.get(path, Record())
            record.waiting = 0
            for instance in record.instances:
                self._end(instance)

    def _start(self, path: str, task: Node) -> None:
        record = self._records.setdefault(path, Record())
        if record.instances:
            policy = task.value("Settings/MultipleInstancesPolicy", "IgnoreNew")
            if policy == "Queue":
                record.waiting += 1
            if policy == "StopExisting":
                record.waiting = 1
                for instance in record.instances:
                    self._end(instance)
            if policy != "Parallel":
                return
        self._run(path, task, record)

    def _run(self, path: str, task: Node, record: Record) -> None:
        mark = f"TASK-{uuid.uuid4()}"
        started = {"last_run": _now().isoformat(timespec="seconds")}
        try:
            process = task_process.start(self._lab.folder, self._lab.config, task, mark)
        except TaskError as failure:
            self._tasks.note(path, {**started, "last_result": failure.code})
            return
        instance = Instance(mark, process)
        record.instances.append(instance)
        running = len(record.instances)
        self._tasks.note(path, {**started, "last_result": RUNNING, "running": running})
        limit = duration(task.value("Settings/ExecutionTimeLimit", "PT72H")).total_seconds()
        threading.Thread(
            target=self._wait, args=(path, record, instance, limit or None), daemon=True
        ).start()

    def _wait(self, path: str, record: Record, instance: Instance, limit: float | None) -> None:
        process = instance.process
        try:
            process.wait(limit)
        except subprocess.TimeoutExpired:
            self._end(instance)
        code = process.wait()
        with self._lock:
            record.instances.remove(instance)
            result = TERMINATED if instance.ended_by_scheduler else code & 0xFFFFFFFF
            if self._records.get(path) is not record or self._tasks.find(path) is None:
                return  # another machine by now, or no such task
            self._tasks.note(path, {"last_result": result, "running": len(record.instances)})
            if record.waiting and not record.instances and self._up.is_set():
                record.waiting -= 1
                self._run(path, self._tasks.read(path), record)

    def _end(self, instance: Instance) -> None:
        instance.ended_by_scheduler = True
        self._machine.kill(instance.mark)


def _due(task: Node, boot: datetime, after: datetime, now: datetime) -> bool:
    moments = [next_run(task, after), *(next_at_boot(one, boot, after) for one in triggers(task))]
    return any(moment is not None and moment <= now for moment in moments)


def _now() -> datetime:
    return datetime.now()  # noqa: DTZ005 - the machine's local time
