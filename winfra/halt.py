"""Services that are stopped while what they run is replaced."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from typing import Any

from pyinfra.api import FunctionCommand
from pyinfra.api.command import PyinfraCommand

from winfra.difference import say
from winfra.facts.services import Service
from winfra.operation import read
from winfra.service_change import Drain, Plan, change
from winfra.service_plan import to_stop


class Halt:
    """The services that run, of those named, and what depends on them.

    + services: their names, in the order in which they are stopped
    + drains: what lets them finish their work before, by their names
    + seconds: how long each may take to stop
    """

    def __init__(
        self,
        services: Sequence[str],
        drains: Mapping[str, Drain] | None = None,
        seconds: float = 60,
    ) -> None:
        self._options: dict[str, Any] = {"drains": drains or {}, "stop_seconds": seconds}
        self._drained = {name.casefold() for name in drains or {}}
        found = {service: to_stop(service, read(Service, service=service)) for service in services}
        self._stop = {service: stop for service, stop in found.items() if stop}

    def show(self, reason: str) -> None:
        names = dict.fromkeys(name for stop in self._stop.values() for name in stop)
        if names:
            say(f"Will stop {', '.join(map(self._shown, names))} {reason}")

    def commands(self) -> Generator[PyinfraCommand]:
        """Stop them; what an earlier one of them has stopped already is left out."""
        stopped: set[str] = set()
        for service, names in self._stop.items():
            left = tuple(name for name in names if name not in stopped)
            stopped.update(left)
            if left:
                yield FunctionCommand(change, (Plan(service, stop=left, **self._options),), {})

    def _shown(self, name: str) -> str:
        return f"{name} (its work ends first)" if name.casefold() in self._drained else name
