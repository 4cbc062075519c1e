"""pg_ctl runservice: the service of Windows whose child the server is."""

from __future__ import annotations

import contextlib
import os
import select
import shlex
import signal
import subprocess
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

from winfra.lab import console
from winfra.lab.pgsql import noted, rights, server, start, text, unprivileged
from winfra.lab.pgsql.reports import ERROR, INFORMATION, Reports
from winfra.lab.pgsql.rights import EXECUTE, Rights, restricted
from winfra.lab.scm import codes, dispatcher
from winfra.lab.scm.dispatcher import Dispatcher, ScmError

if TYPE_CHECKING:
    from winfra.lab.pgsql.pg_ctl import Options

ACCEPTED = codes.ACCEPT_STOP | codes.ACCEPT_SHUTDOWN | codes.ACCEPT_PAUSE
START_WAIT_HINT, STOP_WAIT_HINT = 60_000, 10_000
WAITS_PER_SECOND = 10
STOP_WAITS = 12
STOP_SECONDS = 5.0
COLLECT_SECONDS = 5.0
"""What is left of a server that ended may still hold its pipe."""


def run(lab: Path, own: Path, options: Options) -> int:
    try:
        connection = dispatcher.connect()
    except ScmError as error:
        console.complain(
            f'pg_ctl: could not start service "{options.service}": error code {error.code}\n'
        )
        return 1
    _Service(lab, own, options, connection).run()
    return 0


class _Service:
    def __init__(self, lab: Path, own: Path, options: Options, connection: Dispatcher) -> None:
        self._lab = lab
        self._program = own.with_name("postgres.exe")
        self._options = options
        self._connection = connection
        self._data = server.data_folder(lab, options.data)
        self._reports = Reports(lab, options.values.get("e", "PostgreSQL"))
        self._checkpoint = 0
        self._hint = START_WAIT_HINT
        self._stopping = threading.Event()
        self._server: subprocess.Popen[bytes] | None = None
        self._collector = threading.Thread()

    def run(self) -> None:
        self._report(codes.START_PENDING)
        if self._start():
            self._listen()
            self._serve()
        if self._server and self._server.poll() is not None:
            server.clean(self._lab, self._data)
            self._collector.join(COLLECT_SECONDS)
        self._report(codes.STOPPED)

    def _report(self, state: int) -> None:
        self._connection.set_status(
            state, ACCEPTED, checkpoint=self._checkpoint, wait_hint=self._hint
        )

    def _start(self) -> bool:
        """False where the server does not become ready; the service's exit code is 0 all the same."""
        who = Rights(self._lab, restricted(rights.own(self._lab)))
        if not self._program.is_file() or not who.may(self._program, EXECUTE):
            return False
        refused = next(rights.refusals(who, self._data), None)
        if refused is None:
            self._launch()
        else:
            Reports(self._lab, "PostgreSQL").server_lines([refused])
        if not self._options.wait:
            return self._server is not None
        self._reports.write(INFORMATION, "Waiting for server startup...\n")
        if not self._wait_until_ready():
            self._reports.write(ERROR, "Timed out waiting for server startup\n")
            return False
        self._reports.write(INFORMATION, "Server started and accepting connections\n")
        return True

    def _launch(self) -> None:
        server.prepare(self._lab, self._data)
        more = shlex.split(self._options.values.get("o", ""))
        command = [start.binary("postgres"), *server.SOCKETS, "-D", str(self._data), *more]
        self._server = subprocess.Popen(
            unprivileged.command(command), env=start.environment(self._lab),
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
        )  # fmt: skip
        noted.note(self._lab, self._server.pid)
        self._collector = threading.Thread(target=self._collect, daemon=True)
        self._collector.start()

    def _collect(self) -> None:
        """What a server that runs as a service writes goes to the event log."""
        assert self._server is not None
        assert self._server.stderr is not None
        spell = text.spelling(self._lab)
        reports = Reports(self._lab, self._event_source())
        pipe, rest = self._server.stderr.fileno(), b""
        while chunk := os.read(pipe, 65536):
            # A message and its details come at once, or nearly.
            while select.select([pipe], [], [], 0.05)[0] and (more := os.read(pipe, 65536)):
                chunk += more
            *lines, rest = (rest + chunk).split(b"\n")
            reports.server_lines([os.fsdecode(spell(line)) for line in lines])

    def _event_source(self) -> str:
        command = [start.binary("postgres"), "-C", "event_source", "-D", str(self._data)]
        found = subprocess.run(
            unprivileged.command(command), capture_output=True, text=True, check=False
        )
        return found.stdout.strip() or "PostgreSQL"

    def _wait_until_ready(self) -> bool:
        seconds = int(self._options.values.get("t") or os.environ.get("PGCTLTIMEOUT") or 60)
        for _ in range(seconds * WAITS_PER_SECOND):
            if self._server is None or self._server.poll() is not None:
                return False
            number, status = server.state(self._data)
            if number == self._server.pid and status in {"ready", "standby"}:
                return True
            self._checkpoint += 1
            self._report(codes.START_PENDING)
            time.sleep(1 / WAITS_PER_SECOND)
        return False

    def _listen(self) -> None:
        self._report(codes.RUNNING)
        threading.Thread(target=self._handle, daemon=True).start()

    def _handle(self) -> None:
        while (received := self._connection.next_control()) is not None:
            match received[0]:
                case codes.STOP | codes.SHUTDOWN:
                    self._hint = STOP_WAIT_HINT
                    self._report(codes.STOP_PENDING)
                    self._stopping.set()
                case codes.PAUSE:
                    self._signal(signal.SIGHUP)

    def _serve(self) -> None:
        assert self._server
        while not self._stopping.is_set() and self._server.poll() is None:
            self._stopping.wait(0.05)
        self._report(codes.STOP_PENDING)
        if self._stopping.is_set():
            self._stop()

    def _stop(self) -> None:
        assert self._server
        self._signal(signal.SIGINT)
        last = self._checkpoint + STOP_WAITS
        while self._server.poll() is None and self._checkpoint < last:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._server.wait(STOP_SECONDS)
                return
            self._checkpoint += 1
            self._report(codes.STOP_PENDING)

    def _signal(self, number: signal.Signals) -> None:
        if self._server and self._server.poll() is None:
            self._server.send_signal(number)
