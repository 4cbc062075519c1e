"""A service's side of its control manager: what StartServiceCtrlDispatcher and SetServiceStatus do.

Of the standard library alone, so that a service can load this file by its path.
"""

from __future__ import annotations

import hashlib
import json
import os
import select
import socket
import threading
from typing import Any

FAILED_SERVICE_CONTROLLER_CONNECT = 1063
LONGEST_MESSAGE = 2**17
STOPPED = 1
OWN_PROCESS = 0x10


class ScmError(OSError):
    """What the control manager refuses, with Windows' system error code."""

    def __init__(self, code: int, text: str = "") -> None:
        super().__init__(code, text or f"system error {code}")
        self.code = code


def address(lab: str) -> str:
    """The abstract socket of a lab's control manager: a path may be too long for a file's."""
    return "\0winfra-scm-" + hashlib.sha256(lab.encode()).hexdigest()[:32]


def connect() -> Dispatcher:
    """Tell the control manager that this process is the service which it started.

    ``ScmError(1063)`` in every other process, also in a child of that one.
    """
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    try:
        connection.connect(address(os.environ.get("WINFRA_LAB", "")))
        greeting = json.loads(connection.recv(LONGEST_MESSAGE) or b"{}")
    except (OSError, ValueError):
        greeting = {}
    if "name" not in greeting:
        connection.close()
        raise ScmError(greeting.get("error", FAILED_SERVICE_CONTROLLER_CONNECT))
    return Dispatcher(connection, greeting["name"], greeting["arguments"])


class Dispatcher:
    """The connection of one service; any thread may use it.

    + name: of the service, as it is registered
    + arguments: those of the start request, without the name
    """

    def __init__(self, connection: socket.socket, name: str, arguments: list[str]) -> None:
        self._connection = connection
        self._sending = threading.Lock()
        self._open_control = False
        self.name = name
        self.arguments = arguments
        self.ended = False
        """Has the control manager let go: the service reported STOPPED, or the machine went?"""

    def set_status(
        self,
        state: int,
        accepted: int = 0,
        win32_exit: int = 0,
        specific_exit: int = 0,
        checkpoint: int = 0,
        wait_hint: int = 0,
        service_type: int = OWN_PROCESS,
    ) -> None:
        """Report a status; ``wait_hint`` in milliseconds."""
        status = {
            "state": state, "accepted": accepted, "win32_exit": win32_exit,
            "specific_exit": specific_exit, "checkpoint": checkpoint, "wait_hint": wait_hint,
            "type": service_type,
        }  # fmt: skip
        self._send({"status": status})

    def next_control(self, timeout: float | None = None) -> tuple[int, int] | None:
        """The next control and its event type; None after ``timeout`` seconds or when ``ended``.

        One thread calls this again and again: the call says that the handler of the control
        before has returned, which the sender of that control waits for.
        """
        self.acknowledge()
        while not self.ended:
            if not select.select([self._connection], [], [], timeout)[0]:
                return None
            message = self._receive()
            if "control" in message:
                self._open_control = True
                return message["control"], message.get("event_type", 0)
            self.ended = True
        return None

    def acknowledge(self, code: int = 0) -> None:
        """The handler has returned ``code``; a second time, nothing."""
        if self._open_control:
            self._open_control = False
            self._send({"handled": code})

    def _receive(self) -> dict[str, Any]:
        try:
            message: dict[str, Any] = json.loads(self._connection.recv(LONGEST_MESSAGE) or b"{}")
        except OSError:
            return {}
        return message

    def _send(self, message: dict[str, Any]) -> None:
        with self._sending:
            try:
                self._connection.send(json.dumps(message).encode())
            except OSError:
                self.ended = True
