"""The faults that a test asks for: which of them are due at which request."""

from __future__ import annotations

import threading
from collections.abc import Iterable

from winfra.lab.endpoint_config import Fault, FaultKind


class Mishaps:
    """Counts requests and what went wrong with them on purpose."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._seen: dict[str, int] = {}

    def at_once(self, faults: Iterable[Fault]) -> dict[FaultKind, Fault]:
        """Those that do not ask what is requested, nor by whom."""
        return self._due(
            fault for fault in faults if fault.kind == "unavailable" and not fault.action
        )

    def due(self, faults: Iterable[Fault], verb: str) -> dict[FaultKind, Fault]:
        """The faults that a request meets; it counts for each of them."""
        early = {"unavailable", "restart"}
        return self._due(
            fault
            for fault in faults
            if fault.action == verb or (not fault.action and fault.kind not in early)
        )

    def _due(self, faults: Iterable[Fault]) -> dict[FaultKind, Fault]:
        with self._lock:
            return {fault.kind: fault for fault in faults if self._meets(fault)}

    def _meets(self, fault: Fault) -> bool:
        seen = self._seen.get(fault.identity, 0)
        self._seen[fault.identity] = seen + 1
        return seen >= fault.after and (not fault.times or seen < fault.after + fault.times)
