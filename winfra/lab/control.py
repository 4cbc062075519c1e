"""The lab's own line to its daemon: one JSON object a connection, over the loopback interface."""

from __future__ import annotations

import hmac
import json
import socket
import threading
from collections.abc import Callable
from typing import Any

SECONDS = 30.0


def ask(
    port: int, token: str, command: str, timeout: float = SECONDS, **arguments: Any
) -> dict[str, Any]:
    """Have the daemon do something; ``ConnectionError`` where it refuses or does not answer."""
    request = {"token": token, "command": command, "arguments": arguments}
    with socket.create_connection(("127.0.0.1", port), timeout=timeout) as connection:
        connection.sendall(json.dumps(request).encode() + b"\n")
        with connection.makefile("rb") as reply:
            answer: dict[str, Any] = json.loads(reply.readline() or b"{}")
    if "error" in answer or not answer:
        raise ConnectionError(answer.get("error", "the lab's daemon hung up"))
    return answer


class Listener:
    """Answers ``ask``: each command is a function of the given table."""

    def __init__(self, token: str, commands: dict[str, Callable[..., Any]]) -> None:
        self._token = token
        self._commands = commands
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]

    def start(self) -> None:
        threading.Thread(target=self._serve, name="control", daemon=True).start()

    def _serve(self) -> None:
        while True:
            connection, _ = self._socket.accept()
            threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    def _answer(self, connection: socket.socket) -> None:
        connection.settimeout(SECONDS)
        with connection, connection.makefile("rb") as lines:
            try:
                answer = self._carry_out(json.loads(lines.readline()))
            except Exception as error:  # noqa: BLE001 - whatever it is, the asker is to know
                answer = {"error": f"{type(error).__name__}: {error}"}
            connection.sendall(json.dumps(answer).encode() + b"\n")

    def _carry_out(self, request: dict[str, Any]) -> dict[str, Any]:
        if not hmac.compare_digest(str(request.get("token")), self._token):
            return {"error": "wrong token"}
        return {"result": self._commands[request["command"]](**request["arguments"])}
