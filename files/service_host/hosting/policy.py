"""Decisions of the host that need no Windows: may the child start again, does it still answer."""

from __future__ import annotations

from collections import deque

from .configuration import Restarts


class Allowance:
    """How often a child may be started again before Windows is to decide."""

    def __init__(self, restarts: Restarts) -> None:
        self._restarts = restarts
        self._times: deque[float] = deque()

    def take(self, now: float) -> bool:
        """Count one restart; ``False`` when there have been enough within the time."""
        while self._times and now - self._times[0] >= self._restarts.seconds:
            self._times.popleft()
        if len(self._times) >= self._restarts.count:
            return False
        self._times.append(now)
        return True


class Hearing:
    """Whether a child answers; until it has answered once, it is given time to start."""

    def __init__(self, failures: int, start_seconds: float, started: float) -> None:
        self._limit = failures
        self._patient_until = started + start_seconds
        self._failures = 0

    def note(self, answered: bool, now: float) -> bool:
        """Count one question; ``True`` when the child is deaf."""
        if answered:
            self._failures = 0
            self._patient_until = now
            return False
        if now < self._patient_until:
            return False
        self._failures += 1
        return self._failures >= self._limit
