"""Dependencies between services: which must run before which. No state, no files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from winfra.lab.scm.database import Service


class Graph:
    """All services by what they depend on; names in any case."""

    def __init__(self, services: Iterable[Service]) -> None:
        self.services: Mapping[str, Service] = {one.name.lower(): one for one in services}

    def needed(self, service: Service) -> Iterator[str]:
        """The names of what a service depends on directly, members of its groups included."""
        for one in service.dependencies:
            if one.startswith("+"):
                yield from self.members(one[1:])
            else:
                yield one

    def members(self, group: str) -> list[str]:
        """The services of a load order group."""
        wanted = group.lower()
        return [one.name for one in self.services.values() if one.group.lower() == wanted]

    def dependents(self, name: str) -> list[str]:
        """All that depend on a service, directly or not: who depends on another one comes first."""
        return [one for one in reversed(self.start_order()) if self._depends(one, name)]

    def start_order(self) -> list[str]:
        """All services, each behind what it depends on."""
        done: dict[str, str] = {}

        def visit(name: str, above: tuple[str, ...]) -> None:
            service = self.services.get(name.lower())
            if service is None or name.lower() in done or name.lower() in above:
                return
            for one in self.needed(service):
                visit(one, (*above, name.lower()))
            done[name.lower()] = service.name

        for name in sorted(self.services):
            visit(name, ())
        return list(done.values())

    def is_circular(self, name: str, dependencies: Iterable[str]) -> bool:
        """Would these dependencies make a service depend on itself?"""
        names = [
            each
            for one in dependencies
            for each in (self.members(one[1:]) if one[:1] == "+" else [one])
        ]
        return any(one.lower() == name.lower() or self._depends(one, name) for one in names)

    def _depends(self, name: str, on: str) -> bool:
        return on.lower() in self._all_needed(name.lower(), set())

    def _all_needed(self, name: str, found: set[str]) -> set[str]:
        service = self.services.get(name)
        for one in () if service is None else self.needed(service):
            if one.lower() not in found:
                found.add(one.lower())
                self._all_needed(one.lower(), found)
        return found
