"""A program that runs in a shell, and the operations of WS-Management on it."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from winfra.lab.faults import (
    BROKEN_PIPE,
    OPERATION_ABORTED,
    OPERATION_TIMEOUT,
    RECEIVE_IN_PROGRESS,
    WSManError,
    no_command,
)
from winfra.lab.latch import Latch

CHUNK = 65536
# As much as one answer of the usual size takes, so that a program that writes much is not woken
# more often than its output is fetched.
PIPE_SIZE = 262144
# An earlier Receive notices by then that its client is gone.
RECEIVE_GRACE = 1.0
STATUS_CONTROL_C_EXIT = 0xC000013A
# Not every system has all of them, and some that have none import this all the same.
GONE = sum(getattr(select, name, 0) for name in ("POLLRDHUP", "POLLHUP", "POLLERR"))


class ClientGoneError(Exception):
    """Whoever asked has closed the connection."""


@dataclass(frozen=True)
class Output:
    """What one Receive answers.

    + pieces: stream and bytes
    + exit_code: None while the command runs or has more to say
    """

    pieces: tuple[tuple[str, bytes], ...]
    exit_code: int | None


class Command:
    """A process behind a command identifier."""

    def __init__(self, process: subprocess.Popen[bytes], closed: Latch, identity: str) -> None:
        self.identity = identity or str(uuid.uuid4()).upper()
        self.process = process
        self.delivered = False
        self._closed = closed
        self._ended = Latch()
        self._open = _prepare(process)
        self._returned: list[tuple[str, bytes]] = []
        self._receiving = threading.Lock()
        self._sending = threading.Lock()
        threading.Thread(target=self._wait, name=f"wait {self.identity}", daemon=True).start()

    @property
    def running(self) -> bool:
        return not self._ended.is_set

    def receive(
        self, streams: Sequence[str], size: int, deadline: float, client: int = -1
    ) -> Output:
        """Up to size bytes of output, as soon as there are any; the exit code after the last.

        + client: socket of whoever asks; when it is closed meanwhile, nothing is taken
        """
        with self._one_receive():
            while True:
                if self.delivered:
                    raise no_command()
                output = self._take(streams, size)
                if output.pieces or output.exit_code is not None:
                    return output
                self._wait_for_output(streams, deadline, client)

    def put_back(self, output: Output) -> None:
        """Have the next Receive answer what did not reach the client."""
        with self._receiving:
            self._returned[:0] = output.pieces
            self.delivered = False

    def send(self, data: bytes, deadline: float, *, end: bool) -> None:
        """Write to standard input; waits while the pipe is full.

        What is not written at the deadline is still written later, as WriteFile of Windows' own
        shell goes on after the operation's answer.
        """
        if not self._sending.acquire(timeout=max(deadline - time.monotonic(), 0)):
            raise WSManError(OPERATION_TIMEOUT)
        rest = memoryview(data)
        going_on = False
        try:
            rest = self._write(rest, deadline)
            going_on = bool(rest)
            if end and not going_on:
                self._close_input()
        finally:
            if not going_on:
                self._sending.release()
        if going_on:
            threading.Thread(target=self._write_rest, args=(rest, end), daemon=True).start()
            raise WSManError(OPERATION_TIMEOUT)

    def interrupt(self) -> None:
        """What Ctrl+C does."""
        self._signal(signal.SIGINT)

    def terminate(self) -> None:
        self._signal(signal.SIGKILL)

    def _signal(self, number: signal.Signals) -> None:
        if self.running:
            # It leads a session of its own.
            try:
                os.killpg(self.process.pid, number)
            except (ProcessLookupError, PermissionError):
                self.process.send_signal(number)

    def _wait(self) -> None:
        self.process.wait()
        self._ended.set()

    @contextmanager
    def _one_receive(self) -> Iterator[None]:
        if not self._receiving.acquire(timeout=RECEIVE_GRACE):
            raise WSManError(RECEIVE_IN_PROGRESS)
        try:
            yield
        finally:
            self._receiving.release()

    def _take(self, streams: Sequence[str], size: int) -> Output:
        if self._closed.is_set:
            raise WSManError(OPERATION_ABORTED)
        # Before the pipes are looked at: output written before the end must not be overlooked.
        ended = not self.running
        pieces, self._returned = self._returned, []
        taken = sum(len(data) for _, data in pieces)
        reading = [name for name in streams if name in self._open]
        while reading and taken < size:
            for name in tuple(reading):
                data = _read(self._open[name], min(CHUNK, size - taken)) if taken < size else None
                if data:
                    pieces.append((name, data))
                    taken += len(data)
                else:
                    reading.remove(name)
                if data == b"":
                    del self._open[name]
        done = ended and not any(name in self._open for name in streams)
        return Output(tuple(pieces), self._exit_code() if done else None)

    def _wait_for_output(self, streams: Sequence[str], deadline: float, client: int) -> None:
        poll = select.poll()
        reading = [self._open[name] for name in streams if name in self._open]
        for descriptor in reading:
            poll.register(descriptor, select.POLLIN)
        poll.register(self._closed, select.POLLIN)
        # With nothing left to read, an end since the last look must still be seen.
        if self.running or not reading:
            poll.register(self._ended, select.POLLIN)
        if client >= 0:
            poll.register(client, GONE)
        found = poll.poll(max(deadline - time.monotonic(), 0) * 1000)
        if any(descriptor == client for descriptor, _ in found):
            raise ClientGoneError
        if not found:
            raise WSManError(OPERATION_TIMEOUT)

    def _exit_code(self) -> int:
        code = self.process.returncode or 0
        if code == -signal.SIGINT:
            return STATUS_CONTROL_C_EXIT
        # Killed: TerminateProcess is called with 1.
        return code if code >= 0 else 1

    def _write(self, data: memoryview, deadline: float) -> memoryview:
        """Write what the pipe takes until the deadline; returns the rest."""
        while data:
            stream = self.process.stdin
            if stream is None or stream.closed:
                raise WSManError(BROKEN_PIPE)
            try:
                data = data[os.write(stream.fileno(), data) :]
            except BlockingIOError:
                if not self._wait_for_room(stream.fileno(), deadline):
                    break
            except OSError as error:
                raise WSManError(BROKEN_PIPE) from error
        return data

    def _wait_for_room(self, descriptor: int, deadline: float) -> bool:
        poll = select.poll()
        poll.register(descriptor, select.POLLOUT)
        poll.register(self._closed, select.POLLIN)
        found = poll.poll(max(deadline - time.monotonic(), 0) * 1000)
        if self._closed.is_set:
            raise WSManError(OPERATION_ABORTED)
        return bool(found)

    def _write_rest(self, data: memoryview, end: bool) -> None:
        try:
            while data := self._write(data, time.monotonic() + 3600):
                pass
            if end:
                self._close_input()
        except WSManError:
            return
        finally:
            self._sending.release()

    def _close_input(self) -> None:
        if self.process.stdin is not None:
            self.process.stdin.close()


def _prepare(process: subprocess.Popen[bytes]) -> dict[str, int]:
    """The process's output pipes, made ready to be read without waiting."""
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stderr is not None
    found = {"stdout": process.stdout.fileno(), "stderr": process.stderr.fileno()}
    for descriptor in (process.stdin.fileno(), *found.values()):
        os.set_blocking(descriptor, False)
    if sys.platform == "linux":
        import fcntl

        for descriptor in found.values():
            try:
                fcntl.fcntl(descriptor, fcntl.F_SETPIPE_SZ, PIPE_SIZE)
            except OSError:  # the user's pipes already hold as much as the system lets them
                break
    return found


def _read(descriptor: int, size: int) -> bytes | None:
    """Bytes of a pipe: none at its end, None when there are none yet."""
    try:
        return os.read(descriptor, size)
    except BlockingIOError:
        return None
