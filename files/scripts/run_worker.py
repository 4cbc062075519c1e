"""Runs a Prefect worker, and sees to it that none of its runs stays Running without a process.

Started by the service host as ``python run_worker.py POOL WORKER [OPTION ...]``; the options are those of
``prefect worker start``. Where the API is, and the login, is in the environment as Prefect has it.

Prefect 3 leaves a run Running when its worker or its machine ends (PrefectHQ/prefect#16746), and its
worker ends at once where the server does not answer yet (#22638).
"""

from __future__ import annotations

import base64
import http.client
import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.error import HTTPError
from urllib.parse import quote

import pywintypes
import win32api
import win32con
import win32event

ACTIVE = ["PENDING", "RUNNING", "CANCELLING"]
LABEL = "prefect.worker.name"
LOOK_SECONDS = 15.0
END_SECONDS = 8.0
"""So long a worker that has been told to stop may take."""
_PAUSE = 0.5
_ANSWER_SECONDS = 5.0


class Api:
    """The server that the environment names."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._url = environment["PREFECT_API_URL"].rstrip("/")
        self._headers = {"Content-Type": "application/json"}
        if login := environment.get("PREFECT_API_AUTH_STRING"):
            encoded = base64.b64encode(login.encode()).decode()
            self._headers["Authorization"] = f"Basic {encoded}"
        # Without the proxy that the machine may have.
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """What the server answers; an ``OSError`` where it does not, or refuses."""
        content = None if body is None else json.dumps(body).encode()
        url = f"{self._url}/{path}"
        request = urllib.request.Request(url, content, self._headers, method=method)  # noqa: S310  the settings' own
        try:
            with self._opener.open(request, timeout=_ANSWER_SECONDS) as answer:
                text = answer.read()
        except http.client.HTTPException as error:
            raise OSError(repr(error)) from error
        return json.loads(text) if text else None

    def is_ready(self) -> bool:
        try:
            self.ask("GET", "ready")
        except OSError:
            return False
        return True


class Keeper:
    """One worker from its start to its end."""

    def __init__(self, api: Api, pool: str, worker: str) -> None:
        self._api, self._pool, self._worker = api, pool, worker
        self._stopping = False
        self._suspects: set[str] = set()

    def stop(self, *_: object) -> None:
        """Ctrl-C, which the worker gets as well."""
        self._stopping = True

    def run(self, options: list[str]) -> int:
        """Keep the worker until it ends: its exit code."""
        if not self._await_server():
            return 0
        self._tidy(f"worker {self._worker} ended while this run had not")
        command = [sys.executable, "-m", "prefect", "worker", "start"]
        own = ["--pool", self._pool, "--type", "process", "--name", self._worker]
        code = self._watch(subprocess.Popen([*command, *own, *options]))
        self._tidy(f"worker {self._worker} was stopped while this run was running")
        return code

    def _await_server(self) -> bool:
        said = False
        while not self._stopping:
            if self._api.is_ready():
                return True
            if not said:
                say("waits until the server is ready")
            said = True
            time.sleep(_PAUSE)
        return False

    def _watch(self, process: subprocess.Popen[bytes]) -> int:
        looked = time.monotonic()
        end: float | None = None
        while True:
            try:
                # Not for longer: on Windows a signal waits until this is over.
                return process.wait(_PAUSE)
            except subprocess.TimeoutExpired:
                now = time.monotonic()
            if self._stopping:
                end = end or now + END_SECONDS
                if now >= end:
                    say("the worker does not stop, and is ended")
                    process.kill()
            elif now - looked >= LOOK_SECONDS:
                looked = now
                self._look()

    def _tidy(self, reason: str) -> None:
        """None of its runs has a process now; and the server is not to take it for online."""
        try:
            for run in self._runs():
                self._end(run, reason)
            self._forget()
        except OSError as error:
            say(f"cannot look for runs without a process: {error}")

    def _look(self) -> None:
        """A run whose process ended while the server did not answer; twice, for it may be about to end."""
        try:
            gone = {run["id"]: run for run in self._runs() if _has_lost_process(run)}
            for key in self._suspects & gone.keys():
                self._end(gone[key], "its process has ended without a word")
            self._suspects = {*gone} - self._suspects
        except OSError:
            # The worker says so, again and again.
            return

    def _runs(self) -> Iterator[dict[str, Any]]:
        query = {
            "flow_runs": {"state": {"type": {"any_": ACTIVE}}},
            "work_pools": {"name": {"any_": [self._pool]}},
            "limit": 200,
        }
        for run in self._api.ask("POST", "flow_runs/filter", query):
            if (run.get("labels") or {}).get(LABEL) == self._worker:
                yield run

    def _end(self, run: Mapping[str, Any], reason: str) -> None:
        kind = "CANCELLED" if run["state"]["type"] == "CANCELLING" else "CRASHED"
        state = {"type": kind, "name": kind.title(), "message": reason[0].upper() + reason[1:]}
        self._api.ask("POST", f"flow_runs/{run['id']}/set_state", {"state": state, "force": True})
        say(f"run {run['name']} is {kind.lower()}: {reason}")

    def _forget(self) -> None:
        path = f"work_pools/{quote(self._pool, safe='')}/workers/{quote(self._worker, safe='')}"
        try:
            self._api.ask("DELETE", path)
        except HTTPError as error:
            if error.code != http.client.NOT_FOUND:
                raise


def _has_lost_process(run: Mapping[str, Any]) -> bool:
    process = run.get("infrastructure_pid") or ""
    return process.isdigit() and not is_alive(int(process))


def is_alive(process: int) -> bool:
    """Is there a process of this number? (``os.kill`` with 0 would send Ctrl-C on Windows.)"""
    try:
        handle = win32api.OpenProcess(win32con.SYNCHRONIZE, 0, process)
    except pywintypes.error:
        return False
    try:
        answer = win32event.WaitForSingleObject(handle, 0)
    finally:
        win32api.CloseHandle(handle)
    return bool(answer == win32event.WAIT_TIMEOUT)


def say(text: str) -> None:
    sys.stdout.write(f"run_worker: {text}\n")
    sys.stdout.flush()


def main(arguments: list[str]) -> int:
    pool, worker, *options = arguments
    keeper = Keeper(Api(os.environ), pool, worker)
    signal.signal(signal.SIGINT, keeper.stop)
    if breaks := getattr(signal, "SIGBREAK", None):
        # The worker's own way to end itself, which may reach all that have its console.
        signal.signal(breaks, keeper.stop)
    return keeper.run(options)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
