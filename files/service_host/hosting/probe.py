"""Asking the child over the network whether it answers."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable

from .configuration import Probe
from .policy import Hearing

SERVER_ERROR = 500


def answers(probe: Probe) -> bool:
    """Ask once: a connection, or a page that the server does not fail at."""
    if probe.page is None:
        return _connects(probe)
    # Not urllib.request: it would ask through the proxy that the registry names.
    import http.client

    connection = http.client.HTTPConnection(probe.address, probe.port, timeout=probe.timeout)
    try:
        connection.request("GET", probe.page, headers={"Connection": "close"})
        return connection.getresponse().status < SERVER_ERROR
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _connects(probe: Probe) -> bool:
    try:
        with socket.create_connection((probe.address, probe.port), timeout=probe.timeout):
            return True
    except OSError:
        return False


class Prober:
    """Asks again and again in a thread of its own, and says once when the child is deaf."""

    def __init__(self, probe: Probe, deaf: Callable[[], None]) -> None:
        self._probe, self._deaf = probe, deaf
        self._ended = threading.Event()
        self._hearing = Hearing(probe.failures, probe.start_seconds, time.monotonic())
        threading.Thread(target=self._run, name="probe", daemon=True).start()

    def end(self) -> None:
        self._ended.set()

    def _run(self) -> None:
        while not self._ended.wait(self._probe.seconds):
            answered = answers(self._probe)
            if self._hearing.note(answered, time.monotonic()):
                if not self._ended.is_set():
                    self._deaf()
                return
