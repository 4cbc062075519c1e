"""Names to SIDs and back, as LookupAccountName and LookupAccountSid do it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from winfra.lab import accounts, sids, well_known
from winfra.lab.accounts import Accounts
from winfra.lab.state_file import read_json
from winfra.lab.well_known import NT_SERVICE, Principal


@dataclass(frozen=True)
class Directory:
    """The domain that the machine is in, as ``state/policy.json`` describes it.

    + reachable: False: no domain controller answers, its accounts do not resolve
    + accounts: ``{"name", "sid", "kind": "user" or "group"}``; a managed account's name ends in $
    + gpos: ``{"id", "name"}``
    + rights: ``{"right", "accounts", "gpo", "precedence"}``: what policy says of user rights
    """

    domain: str = ""
    dns: str = ""
    reachable: bool = True
    accounts: list[dict[str, Any]] = field(default_factory=list)
    gpos: list[dict[str, Any]] = field(default_factory=list)
    rights: list[dict[str, Any]] = field(default_factory=list)

    def principals(self) -> Iterator[Principal]:
        for one in self.accounts if self.reachable else ():
            yield Principal(self.domain, one["name"], one["sid"], one.get("kind", "user"))

    def owns(self, sid: str) -> bool:
        domains = {sids.domain_of(one["sid"]) for one in self.accounts}
        return sids.domain_of(sid) in domains


def directory(lab: Path) -> Directory:
    return Directory(**read_json(lab / "state" / "policy.json", {}))


def service_names(lab: Path) -> list[str]:
    """The services that exist: those of Windows, and the keys of ``state/services.json``."""
    return [*well_known.SERVICES, *read_json(lab / "state" / "services.json", {})]


class Names:
    """What resolves on this machine now."""

    def __init__(self, known: Accounts) -> None:
        self.accounts = known
        self.directory = directory(known.lab)

    def find_name(self, name: str) -> Principal | None:
        r"""The account that ``NAME``, ``DOMAIN\NAME`` or ``NAME@DOMAIN`` stands for."""
        domain, backslash, own = name.rpartition("\\")
        if not backslash and "@" in name and (found := self._find_upn(name)) is not None:
            return found
        for one in self._all():
            if not _same(one.name, own):
                continue
            # Services resolve under their domain's name only.
            if _same(one.domain, domain) if backslash else one.domain != NT_SERVICE:
                return one
        return None

    def find_sid(self, sid: str) -> Principal | None:
        return next((one for one in self._all() if one.sid == sid), None)

    def display(self, sid: str) -> str:
        """The full name, or the SID where it does not resolve."""
        found = self.find_sid(sid)
        return sid if found is None else found.full_name

    def _find_upn(self, name: str) -> Principal | None:
        own, _, domain = name.rpartition("@")
        if not _same(domain, self.directory.dns):
            return None
        return next((one for one in self.directory.principals() if _same(one.name, own)), None)

    def _all(self) -> Iterator[Principal]:
        """In the order in which an isolated name is looked for."""
        known = self.accounts
        yield from (one for one in well_known.principals(known.language) if one.kind != "alias")
        builtin = well_known.BUILTIN[well_known.LANGUAGES.index(known.language)]
        for group in known.groups:
            is_builtin = group.sid.startswith("S-1-5-32-")
            domain = builtin if is_builtin else known.computer
            yield Principal(domain, group.name, group.sid, "alias")
        for user in known.users:
            yield Principal(known.computer, user.name, user.sid, "user")
        yield from self.directory.principals()
        for name in service_names(known.lab):
            yield Principal(NT_SERVICE, name, sids.service_sid(name), "well-known")


def names(lab: Path) -> Names:
    return Names(accounts.read(lab))


def _same(one: str, other: str) -> bool:
    return one.lower() == other.lower()
