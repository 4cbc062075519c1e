r"""A service for tests: does what ``D:\services\NAME.json`` says, and notes there that it started.

Run with the path of the lab's ``dispatcher.py`` as its first argument. Keys of the file:

+ ``exit``, ``specific``: it stops with this error instead of running
+ ``slow``: seconds in which it starts, with checkpoints
+ ``slow_stop``: seconds in which it stops
+ ``crash``: it ends without a word while it starts
+ ``late``: seconds before it connects
+ ``event``: the texts of an error that it logs, in the Application event log, under its own name
+ ``fresh``: it begins its log anew
+ ``says``: what it writes to ``D:\services\NAME.log`` when it starts
"""

from __future__ import annotations

import importlib.util
import json
import os
import sys
import time
from pathlib import Path
from typing import Any

STOP, SHUTDOWN = 1, 5
STOPPED, START_PENDING, STOP_PENDING, RUNNING = 1, 2, 3, 4
ACCEPT_STOP = 1


def main(dispatcher: str, arguments: list[str]) -> None:
    folder = Path(os.environ["WINFRA_LAB"]) / "drives" / "D" / "services"
    service = load(dispatcher).connect()
    told = behaviour(folder / f"{service.name}.json")
    time.sleep(told.get("late", 0))
    if told.get("crash"):
        sys.exit(told["crash"])
    note(folder, service.name, arguments)
    report(folder, service.name, told)
    pause(service, START_PENDING, told.get("slow", 0))
    if "exit" in told:
        service.set_status(STOPPED, 0, told["exit"], told.get("specific", 0))
        return
    service.set_status(RUNNING, ACCEPT_STOP)
    while not service.ended:
        control = service.next_control()
        if control is not None and control[0] in {STOP, SHUTDOWN}:
            service.acknowledge()
            pause(service, STOP_PENDING, told.get("slow_stop", 0))
            service.set_status(STOPPED)
            return


def load(path: str) -> Any:
    spec = importlib.util.spec_from_file_location("dispatcher", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["dispatcher"] = module
    spec.loader.exec_module(module)
    return module


def behaviour(file: Path) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(file.read_text()) if file.is_file() else {}
    return told


def note(folder: Path, name: str, arguments: list[str]) -> None:
    """One line a start, for the test to read."""
    folder.mkdir(exist_ok=True)
    environment = {key: value for key, value in os.environ.items() if key.startswith("TEST_")}
    line = {"pid": os.getpid(), "arguments": arguments, "environment": environment}
    append(folder / f"{name}.started", line)


def append(file: Path, entry: dict[str, Any]) -> None:
    """In one write: others read and write it too."""
    with file.open("ab", buffering=0) as lines:
        lines.write((json.dumps(entry) + "\n").encode())


def report(folder: Path, name: str, told: dict[str, Any]) -> None:
    if says := told.get("says"):
        mode = "w" if told.get("fresh") else "a"
        with (folder / f"{name}.log").open(mode, encoding="utf-8") as log:
            log.write(f"{says}\n")
    if texts := told.get("event"):
        entry = {
            "time": time.time(), "provider": name, "id": 3, "level": 2,
            "message": "", "data": texts, "pid": os.getpid(),
        }  # fmt: skip
        append(Path(os.environ["WINFRA_LAB"]) / "log" / "events-Application.jsonl", entry)


def pause(service: Any, state: int, seconds: float) -> None:
    end = time.monotonic() + seconds
    for checkpoint in range(1, 10_000):
        service.set_status(state, 0, checkpoint=checkpoint, wait_hint=5000)
        if time.monotonic() >= end:
            return
        time.sleep(0.05)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
