"""The process of one service: its start as Windows starts it, and the line to its dispatcher."""

from __future__ import annotations

import json
import os
import select
import socket
import struct
import subprocess
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol

from winfra.lab import command_line as lines, process_log, program_search
from winfra.lab.latch import Latch
from winfra.lab.machine import LabProcess, candidates
from winfra.lab.paths import child, to_real
from winfra.lab.program_search import SYSTEM_FOLDERS
from winfra.lab.scm import codes
from winfra.lab.scm.accounts import may_execute
from winfra.lab.scm.dispatcher import LONGEST_MESSAGE, address
from winfra.lab.token import Token


class Owner(Protocol):
    """Who is told what a service's process does; each call comes from the process's own thread."""

    def on_connected(self, process: ServiceProcess) -> None: ...
    def on_status(self, process: ServiceProcess, status: Mapping[str, int]) -> None: ...
    def on_handled(self, process: ServiceProcess, code: int) -> None: ...
    def on_ended(self, process: ServiceProcess) -> None: ...


class ServiceProcess:
    """A started process and the thread that listens to it."""

    def __init__(self, process: LabProcess, owner: Owner, name: str, arguments: list[str]) -> None:
        self.pid = process.pid
        self.connected = False
        self.ended = False
        self._process = process
        self._owner = owner
        self._greeting = {"name": name, "arguments": arguments}
        self._attached = Latch()
        self._connection: socket.socket | None = None
        threading.Thread(target=self._listen, name=f"service {name}", daemon=True).start()

    @property
    def exit_code(self) -> int | None:
        return self._process.returncode

    def attach(self, connection: socket.socket) -> bool:
        """Take the connection of its dispatcher; False where it has one already."""
        if self._connection is not None:
            return False
        self._connection = connection
        self._attached.set()
        return True

    def send(self, control: int, event_type: int = 0) -> None:
        self._send({"control": control, "event_type": event_type})

    def let_go(self) -> None:
        """The service is STOPPED: its dispatcher returns."""
        self._send({"end": True})

    def kill(self) -> None:
        """End the process, not what it started."""
        self._process.kill()

    def _send(self, message: Mapping[str, Any]) -> None:
        if self._connection is not None:
            try:
                self._connection.send(json.dumps(message).encode(), socket.MSG_NOSIGNAL)
            except OSError:
                return  # it ends; its thread will tell

    def _listen(self) -> None:
        end = os.pidfd_open(self.pid)
        try:
            waiting = select.poll()
            waiting.register(end, select.POLLIN)
            waiting.register(self._attached, select.POLLIN)
            while not any(number == end for number, _ in waiting.poll()):
                if not self.connected:
                    waiting.unregister(self._attached)
                    self._welcome(waiting)
                elif not self._receive() and self._connection is not None:
                    waiting.unregister(self._connection)
        finally:
            os.close(end)
        self._finish()

    def _welcome(self, waiting: select.poll) -> None:
        assert self._connection is not None
        waiting.register(self._connection, select.POLLIN)
        self.connected = True
        self._send(self._greeting)
        self._owner.on_connected(self)

    def _receive(self) -> bool:
        """Take one message; False where none will come any more."""
        assert self._connection is not None
        try:
            message = json.loads(self._connection.recv(LONGEST_MESSAGE) or b"null")
        except (OSError, ValueError):
            return False
        if message is None:
            return False
        if "status" in message:
            self._owner.on_status(self, message["status"])
        elif "handled" in message:
            self._owner.on_handled(self, message["handled"])
        return True

    def _finish(self) -> None:
        if self.connected and self._connection is not None:
            # What it said last counts, and a child that it left behind has the socket too.
            self._connection.shutdown(socket.SHUT_RDWR)
            while self._receive():
                pass
        if self._connection is not None:
            self._connection.close()
        self._process.wait()
        self.ended = True
        self._owner.on_ended(self)


class Door:
    """Where dispatchers connect: the number of the process tells which service it is."""

    def __init__(self, lab: Path, find: Callable[[int], ServiceProcess | None]) -> None:
        self._find = find
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._socket.bind(address(str(lab)))
        self._socket.listen(16)
        threading.Thread(target=self._accept, name="services", daemon=True).start()

    def _accept(self) -> None:
        while True:
            connection, _ = self._socket.accept()
            size = struct.calcsize("3i")
            peer = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, size)
            process = self._find(struct.unpack("3i", peer)[0])
            if process is None:
                self._refuse(connection, codes.FAILED_SERVICE_CONTROLLER_CONNECT)
            elif not process.attach(connection):
                self._refuse(connection, codes.SERVICE_ALREADY_RUNNING)

    @staticmethod
    def _refuse(connection: socket.socket, code: int) -> None:
        with connection:
            connection.send(json.dumps({"error": code}).encode(), socket.MSG_NOSIGNAL)


def start(lab: Path, command_line: str, environment: Mapping[str, str], who: Token) -> LabProcess:
    """Start a service's command line as CreateProcessAsUser does; ``ScmError`` where it refuses.

    The process keeps the lab's own user of Linux: what its account may is decided by the lab's
    access lists, by the marks in its environment.
    """
    file = _find(lab, command_line, who)
    argv = [str(file), "--line", command_line]
    if not program_search.is_simulated(file):
        argv[1:] = lines.split(command_line)[1:]
        if not program_search.logs_itself(file):
            process_log.append(lab, environment, command_line)
    nothing = subprocess.DEVNULL
    folder = to_real(lab, SYSTEM_FOLDERS[0])
    try:
        process = LabProcess(
            argv, stdin=nothing, stdout=nothing, stderr=nothing,
            cwd=folder, env=dict(environment), start_new_session=True,
        )  # fmt: skip
    except OSError:
        raise codes.error(codes.BAD_EXE_FORMAT) from None
    process.lab = lab
    return process


def _find(lab: Path, command_line: str, who: Token) -> Path:
    failure = codes.FILE_NOT_FOUND
    for name in candidates(command_line):
        file = _file(lab, name)
        if file is None:
            continue
        if not file.parent.is_dir():
            failure = codes.PATH_NOT_FOUND
        if not file.is_file():
            continue
        if not may_execute(lab, file, who):
            raise codes.error(codes.ACCESS_DENIED)
        if not program_search.is_executable(file):
            raise codes.error(codes.BAD_EXE_FORMAT)
        return file
    raise codes.error(failure)


def _file(lab: Path, name: str) -> Path | None:
    name = name.replace("/", "\\")
    if "." not in name.rpartition("\\")[2]:
        name += ".exe"
    if name[1:2] == ":":
        return to_real(lab, name)
    if "\\" in name:
        return None
    places = (child(to_real(lab, folder), name) for folder in SYSTEM_FOLDERS)
    return next((file for file in places if file.is_file()), None)
