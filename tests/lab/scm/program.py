r"""A service for tests; each word on its command line, such as ``exit=5``, is one thing that it does.

Run with the path of the lab's ``dispatcher.py`` as its first argument. What it meets it writes to
``D:\services\NAME.jsonl``: its start, each control, its end. Words:

+ ``never``, ``late=SECONDS``, ``dies=CODE``: it does not connect, or later, or ends instead
+ ``starting=SECONDS``: it is start pending so long, with checkpoints; ``silent``: without
+ ``exit=CODE``, ``specific=CODE``: it stops with an error as soon as it runs
+ ``crash=CODE``: its process ends as soon as it runs, without a word; ``after=SECONDS``: later
+ ``accepts=MASK``
+ ``slow=SECONDS``: it is stop pending so long; ``stop_exit=CODE``: it stops with this
+ ``block``: its handler never returns; ``gone``: its process ends in the handler
+ ``refuse=CODE``: what its handler returns to its own controls
+ ``job``: it starts a child in a job that dies with it, and one in none
+ ``twice``: it connects a second time; ``child``: its child connects

Where SECONDS is ``held``, it is until ``D:\services\HELD.go`` is there; HELD is the service's name, or
for ``late`` the word ``late``.
"""

from __future__ import annotations

import importlib.util
import itertools
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

STOP, PAUSE, CONTINUE, SHUTDOWN, PRESHUTDOWN = 1, 2, 3, 5, 15
STOPPED, START_PENDING, STOP_PENDING, RUNNING, PAUSED = 1, 2, 3, 4, 7


class Program:
    def __init__(self, dispatcher: Any, words: list[str]) -> None:
        self.dispatcher = dispatcher
        pairs = (word.partition("=") for word in words)
        self.told = {name: text for name, _, text in pairs}
        self.folder = Path(os.environ["WINFRA_LAB"], "drives", "D", "services")
        self.folder.mkdir(exist_ok=True)

    def number(self, name: str) -> float:
        return float(self.told.get(name, "0"))

    def pause(self, name: str, held: str) -> Iterator[int]:
        """Count while the time of a word is not over."""
        seconds = 600.0 if self.told.get(name) == "held" else self.number(name)
        end, go = time.monotonic() + seconds, self.folder / f"{held}.go"
        for number in itertools.count(1):
            left = end - time.monotonic()
            if left <= 0 or (seconds == 600 and go.exists()):
                return
            yield number
            time.sleep(min(left, 0.05))

    def wait(self, name: str, held: str) -> None:
        for _ in self.pause(name, held):
            pass

    def run(self) -> None:
        # Before its connection, which lets those start that wait for it.
        self.begun = time.time()
        if "never" in self.told:
            time.sleep(600)
        self.wait("late", "late")
        if "dies" in self.told:
            os._exit(int(self.told["dies"]))
        self.service = self.dispatcher.connect()
        self.note(
            "start", time=self.begun, pid=os.getpid(), arguments=self.service.arguments,
            folder=str(Path.cwd()), environment=dict(os.environ), others=self.try_others(),
        )  # fmt: skip
        if "job" in self.told:
            self.start_children()
        self.become_running()
        while not self.service.ended:
            control = self.service.next_control()
            if control is not None and self.handle(control[0]):
                return

    def try_others(self) -> list[int]:
        """The error codes of connections that may not be."""
        found = []
        if "twice" in self.told:
            try:
                self.dispatcher.connect()
            except OSError as error:
                found.append(error.errno or 0)
        if "child" in self.told:
            code = f"import sys; sys.argv = {['', sys.argv[1], 'is-child']!r}; exec(open({__file__!r}).read())"
            found.append(subprocess.run([sys.executable, "-c", code], check=False).returncode)
        return found

    def start_children(self) -> None:
        jobs = Path(os.environ["WINFRA_LAB"], "run", "jobs")
        jobs.mkdir(exist_ok=True)
        name = f"{os.getpid()}-1"
        (jobs / f"{name}.json").write_text(json.dumps({"kill_on_close": True}))
        grandchild = "import subprocess, sys, time; p = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'], start_new_session=True); print(p.pid, flush=True); time.sleep(600)"
        held = subprocess.Popen(
            [sys.executable, "-c", grandchild], start_new_session=True, text=True,
            env={**os.environ, "WINFRA_LAB_JOB": f"1-1;{name}"}, stdout=subprocess.PIPE,
        )  # fmt: skip
        assert held.stdout is not None
        below = int(held.stdout.readline())
        free = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
        self.note("children", held=[held.pid, below], free=free.pid)

    def become_running(self) -> None:
        for checkpoint in self.pause("starting", self.service.name):
            if "silent" not in self.told:
                self.service.set_status(START_PENDING, checkpoint=checkpoint, wait_hint=500)
        accepted = int(self.told.get("accepts", "1"), 0)
        if "exit" in self.told:
            code, specific = int(self.told["exit"]), int(self.told.get("specific", "0"))
            self.service.set_status(STOPPED, 0, code, specific)
            return
        self.service.set_status(RUNNING, accepted)
        if "crash" in self.told:
            time.sleep(self.number("after"))
            os._exit(int(self.told["crash"]))

    def handle(self, control: int) -> bool:
        """Has it stopped?"""
        self.note("control", control=control)
        accepted = int(self.told.get("accepts", "1"), 0)
        if "block" in self.told:
            time.sleep(600)
        if "gone" in self.told:
            os._exit(7)
        if control == PAUSE:
            self.service.set_status(PAUSED, accepted)
        elif control == CONTINUE:
            self.service.set_status(RUNNING, accepted)
        elif control >= 128 and "refuse" in self.told:
            self.service.acknowledge(int(self.told["refuse"]))
        if control not in {STOP, SHUTDOWN, PRESHUTDOWN}:
            return False
        self.service.set_status(STOP_PENDING, wait_hint=5000)
        self.service.acknowledge()
        self.wait("slow", self.service.name)
        self.note("stop")
        self.service.set_status(STOPPED, 0, int(self.told.get("stop_exit", "0")))
        return True

    def note(self, what: str, **more: Any) -> None:
        # In one write: a test reads meanwhile.
        line = json.dumps({"what": what, "time": time.time(), **more}) + "\n"
        with (self.folder / f"{self.service.name}.jsonl").open("ab", buffering=0) as log:
            log.write(line.encode())


def load(path: str) -> Any:
    spec = importlib.util.spec_from_file_location("dispatcher", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["dispatcher"] = module
    spec.loader.exec_module(module)
    return module


def try_to_connect(dispatcher: Any) -> int:
    try:
        dispatcher.connect()
    except OSError as error:
        return {1063: 63, 1056: 56}.get(error.errno or 0, 1)
    return 0


if __name__ == "__main__":
    found = load(sys.argv[1])
    if sys.argv[2:] == ["is-child"]:
        sys.exit(try_to_connect(found))
    Program(found, sys.argv[2:]).run()
