"""Switching the machine off and on again, as ``shutdown.exe`` asks for it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Literal

from winfra.lab.config import LabConfig

# System error codes, which shutdown.exe returns.
DONE = 0
IN_PROGRESS = 1115
NOT_IN_PROGRESS = 1116
ALREADY_SCHEDULED = 1190


class Power:
    """One shutdown at a time: scheduled, then in progress, then over.

    + go_down: ends what runs in the machine
    + come_up: starts it again after so many seconds
    + switch_off: ends the lab itself
    """

    def __init__(
        self,
        *,
        config: Callable[[], LabConfig],
        go_down: Callable[[], None],
        come_up: Callable[[float], None],
        switch_off: Callable[[], None],
    ) -> None:
        self._config = config
        self._go_down = go_down
        self._come_up = come_up
        self._switch_off = switch_off
        self._lock = threading.Lock()
        self._timer: threading.Timer | None = None
        self.state: Literal["up", "scheduled", "down"] = "up"

    def schedule(self, seconds: float = 0.0, *, restart: bool = True) -> int:
        """Go down after so many seconds; returns the exit code of shutdown.exe."""
        with self._lock:
            if self.state != "up":
                return IN_PROGRESS if self.state == "down" else ALREADY_SCHEDULED
            self.state = "scheduled"
            self._timer = threading.Timer(seconds, self._shut_down, kwargs={"restart": restart})
            self._timer.daemon = True
            self._timer.start()
            return DONE

    def abort(self) -> int:
        """Forget a shutdown that is scheduled; returns the exit code of shutdown.exe."""
        with self._lock:
            if self.state != "scheduled" or self._timer is None:
                return IN_PROGRESS if self.state == "down" else NOT_IN_PROGRESS
            self._timer.cancel()
            self.state = "up"
            return DONE

    def cancel(self) -> None:
        """Forget a scheduled shutdown, and wait for one that is in progress."""
        self.abort()
        if self._timer is not None and self._timer is not threading.current_thread():
            self._timer.join()

    def _shut_down(self, *, restart: bool) -> None:
        with self._lock:
            if self.state != "scheduled":
                return
            self.state = "down"
        self._go_down()
        if not restart:
            self._switch_off()
            return
        self._come_up(self._config().reboot_seconds)
        with self._lock:
            self.state = "up"
