"""Security descriptors of files as Windows reads and writes them, and what .NET makes of a list.

Apart from the product's own module on purpose: one must not hide the other's mistakes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from winfra.lab import sids
from winfra.lab.well_known import ADMINISTRATOR_RID, GUEST_RID, SDDL

OBJECT_INHERIT, CONTAINER_INHERIT, NO_PROPAGATE, INHERIT_ONLY, INHERITED = 1, 2, 4, 8, 16
INHERITANCE = OBJECT_INHERIT | CONTAINER_INHERIT | NO_PROPAGATE | INHERIT_ONLY
AUDIT = 0x40 | 0x80

FULL, READ, WRITE, EXECUTE = 0x1F01FF, 0x120089, 0x120116, 0x1200A0
GENERIC = {0x10000000: FULL, 0x20000000: EXECUTE, 0x40000000: WRITE, 0x80000000: READ}
CREATOR_OWNER, CREATOR_GROUP, OWNER_RIGHTS = "S-1-3-0", "S-1-3-1", "S-1-3-4"

_FLAGS = {
    "OI": 1, "CI": 2, "NP": 4, "IO": 8, "ID": 16, "CR": 32, "SA": 64, "FA": 128,
}  # fmt: skip
_WHOLE = {"FA": FULL, "FR": READ, "FW": WRITE, "FX": EXECUTE}
_LETTERS = {
    "CC": 0x1, "DC": 0x2, "LC": 0x4, "SW": 0x8, "RP": 0x10, "WP": 0x20, "DT": 0x40, "LO": 0x80,
    "CR": 0x100, "SD": 0x10000, "RC": 0x20000, "WD": 0x40000, "WO": 0x80000,
    "GA": 0x10000000, "GX": 0x20000000, "GW": 0x40000000, "GR": 0x80000000,
}  # fmt: skip
_KINDS = {"A", "D", "OA", "OD", "XA", "XD", "ZA", "AU", "AL", "OU", "OL", "XU", "ML", "RA", "SP"}
# Further abbreviations that name no domain ("SID Strings").
_ALIASES = SDDL | {
    "AA": "S-1-5-32-579", "AC": "S-1-15-2-1", "AO": "S-1-5-32-548", "CD": "S-1-5-32-574",
    "CY": "S-1-5-32-569", "ED": "S-1-5-9", "ER": "S-1-5-32-573", "HA": "S-1-5-32-578",
    "IS": "S-1-5-32-568", "PO": "S-1-5-32-550", "RU": "S-1-5-32-554", "SO": "S-1-5-32-549",
    "WR": "S-1-5-33",
}  # fmt: skip
_MACHINES = {"LA": ADMINISTRATOR_RID, "LG": GUEST_RID}
_PARTS = re.compile(
    r"(?:O:(?P<owner>[\w-]*?))?(?:G:(?P<group>[\w-]*?))?"
    r"(?:D:(?P<list>.*?))?(?:S:(?P<system>.*))?",
    re.DOTALL,
)
_LIST = re.compile(
    r"(?P<control>(?:P|AR|AI|NO_ACCESS_CONTROL)*)(?P<entries>(?:\(.*\))?)", re.DOTALL
)


@dataclass(frozen=True)
class Ace:
    """One entry.

    + kind: ``A`` allows, ``D`` denies
    + rest: of other kinds two objects and perhaps a condition
    """

    kind: str
    flags: int
    mask: int
    sid: str
    rest: tuple[str, ...] = ("", "")

    @property
    def inherited(self) -> bool:
        return bool(self.flags & INHERITED)

    @property
    def denies(self) -> bool:
        return self.kind in {"D", "OD", "XD"}


@dataclass(frozen=True)
class Descriptor:
    """Owner, group and access list; ``aces`` is None where there is no list."""

    owner: str | None
    group: str | None
    control: str
    aces: tuple[Ace, ...] | None

    @property
    def protected(self) -> bool:
        return self.control.startswith("P")


@dataclass(frozen=True)
class Dialect:
    """SDDL on one machine: some abbreviations are accounts of its own."""

    machine_sid: str

    def parse(self, text: str) -> Descriptor:
        """``ValueError`` where Windows does not convert the text (error 1336 or 1337)."""
        parts = _PARTS.fullmatch(text)
        found = _LIST.fullmatch(parts["list"] or "") if parts else None
        if parts is None or found is None or not text:
            raise ValueError(text)
        control = found["control"]
        absent = parts["list"] is None or "NO_ACCESS_CONTROL" in control
        aces = tuple(self.ace(one) for one in _split(found["entries"]))
        return Descriptor(
            self._sid(parts["owner"]) if parts["owner"] else None,
            self._sid(parts["group"]) if parts["group"] else None,
            control.replace("NO_ACCESS_CONTROL", ""),
            None if absent else aces,
        )

    def ace(self, text: str) -> Ace:
        fields = text[1:-1].split(";", 6)
        if len(fields) < 6:
            raise ValueError(text)
        kind, flags, rights, first, second, sid = fields[:6]
        rest = (first, second, *fields[6:])
        if kind not in _KINDS or (kind in {"A", "D"} and any(rest)):
            raise ValueError(text)
        number = 0
        for pair in _pairs(flags):
            number |= _FLAGS[pair]
        return Ace(kind, number, _mask(rights), self._sid(sid), rest)

    def text(self, descriptor: Descriptor) -> str:
        """As ConvertSecurityDescriptorToStringSecurityDescriptor writes it."""
        aces = descriptor.aces
        entries = "NO_ACCESS_CONTROL" if aces is None else "".join(map(self.entry, aces))
        owner = f"O:{self.account(descriptor.owner)}" if descriptor.owner else ""
        group = f"G:{self.account(descriptor.group)}" if descriptor.group else ""
        return f"{owner}{group}D:{descriptor.control}{entries}"

    def entry(self, ace: Ace) -> str:
        flags = "".join(name for name, bit in _FLAGS.items() if ace.flags & bit)
        first, second, *condition = ace.rest
        fields = [ace.kind, flags, rights_text(ace.mask), first, second, self.account(ace.sid)]
        return f"({';'.join([*fields, *condition])})"

    def account(self, sid: str) -> str:
        for alias, known in _ALIASES.items():
            if known == sid:
                return alias
        for alias, number in _MACHINES.items():
            if sid == f"{self.machine_sid}-{number}":
                return alias
        return sid

    def _sid(self, text: str) -> str:
        upper = text.upper()
        if upper in _ALIASES:
            return _ALIASES[upper]
        if upper in _MACHINES:
            return f"{self.machine_sid}-{_MACHINES[upper]}"
        sid = sids.parse(text)
        if sid is None:
            raise ValueError(text)
        return sid


def rights_text(mask: int) -> str:
    for name, whole in _WHOLE.items():
        if mask == whole:
            return name
    if mask & ~sum(_LETTERS.values()):
        return f"0x{mask:x}"
    return "".join(name for name, bit in _LETTERS.items() if mask & bit)


def map_generic(mask: int) -> int:
    for bit, rights in GENERIC.items():
        if mask & bit:
            mask = mask & ~bit | rights
    return mask


def inherit(above: Sequence[Ace], *, container: bool, owner: str, group: str) -> list[Ace]:
    """What an object gets of the entries of its folder ("ACE Inheritance Rules", Microsoft)."""
    # What CREATOR OWNER stands for may be there already.
    return list(dict.fromkeys(_passed_on(above, container, owner, group)))


def _passed_on(above: Sequence[Ace], container: bool, owner: str, group: str) -> Iterator[Ace]:
    for ace in above:
        onwards = not ace.flags & NO_PROPAGATE
        passed = ace.flags & (OBJECT_INHERIT | CONTAINER_INHERIT) if container and onwards else 0
        if ace.flags & (CONTAINER_INHERIT if container else OBJECT_INHERIT):
            sid = {CREATOR_OWNER: owner, CREATOR_GROUP: group}.get(ace.sid, ace.sid)
            own = replace(ace, mask=map_generic(ace.mask), sid=sid, flags=INHERITED)
            if (own.mask, own.sid) == (ace.mask, ace.sid):
                yield replace(own, flags=INHERITED | passed)
                continue
            yield own
        if passed:
            yield replace(ace, flags=INHERITED | INHERIT_ONLY | passed)


def of_net(aces: Sequence[Ace], *, container: bool) -> tuple[Ace, ...]:
    """What .NET Framework keeps of a list, which it sorts and compacts (``CommonAcl``)."""
    kept = [one for one in (_meaningful(ace, container=container) for ace in aces) if one]
    stages = [_stage(ace) for ace in kept]
    if None in stages or stages != sorted(stages, key=str):
        return tuple(kept)
    own = sorted((a for a in kept if not a.inherited), key=lambda a: (not a.denies, _key(a.sid)))
    return (*_compact(own), *(ace for ace in kept if ace.inherited))


def _meaningful(ace: Ace, *, container: bool) -> Ace | None:
    flags = ace.flags & ~AUDIT
    spreads = flags & (OBJECT_INHERIT | CONTAINER_INHERIT)
    if ace.mask == 0 or (flags & INHERIT_ONLY and not (container and spreads)):
        return None
    if not container or not spreads:
        flags &= ~INHERITANCE
    return replace(ace, flags=flags)


def _stage(ace: Ace) -> int | None:
    if ace.inherited:
        return 2
    if ace.kind not in {"A", "D", "OA", "OD", "XA", "XD"}:
        return None
    return 0 if ace.denies else 1


def _key(sid: str) -> tuple[int, ...]:
    """SIDs in the order of ``SecurityIdentifier.CompareTo``: authority, length, numbers."""
    _, _, authority, *numbers = sid.split("-")
    return (int(authority), len(numbers), *map(int, numbers))


def _compact(aces: list[Ace]) -> list[Ace]:
    """Each entry merged with the next, once, as .NET does it."""
    result = list(aces)
    number = 0
    while number < len(result) - 1:
        merged = _merged(result[number], result[number + 1])
        if merged:
            result[number : number + 2] = [merged]
        number += 1
    return result


def _merged(one: Ace, other: Ace) -> Ace | None:
    if (one.kind, one.sid, one.rest) != (other.kind, other.sid, other.rest):
        return None
    if one.flags == other.flags:
        return replace(one, mask=one.mask | other.mask)
    if one.mask != other.mask:
        return None
    together = _REACH[one.flags] | _REACH[other.flags]
    flags = next((flags for flags, reach in _REACH.items() if reach == together), None)
    return None if flags is None else replace(one, flags=flags)


def _reach(flags: int) -> frozenset[str]:
    """The object itself, its children and theirs to which an entry applies."""
    names = set() if flags & INHERIT_ONLY else {"self"}
    for bit, kind in ((OBJECT_INHERIT, "file"), (CONTAINER_INHERIT, "folder")):
        if flags & bit:
            names |= {kind} if flags & NO_PROPAGATE else {kind, f"deeper {kind}"}
    return frozenset(names)


_REACH = {
    flags: _reach(flags)
    for flags in range(16)
    if flags & (OBJECT_INHERIT | CONTAINER_INHERIT) or flags == 0
}


def _split(text: str) -> Iterator[str]:
    """The entries, each in its parentheses; a condition has its own."""
    depth = start = 0
    quoted = False
    for position, letter in enumerate(text):
        quoted ^= letter == '"'
        if quoted or letter not in "()":
            if depth == 0:
                raise ValueError(text)
            continue
        if letter == "(" and depth == 0:
            start = position
        depth += 1 if letter == "(" else -1
        if depth == 0:
            yield text[start : position + 1]
    if depth or quoted:
        raise ValueError(text)


def _pairs(text: str) -> Iterator[str]:
    for position in range(0, len(text), 2):
        pair = text[position : position + 2]
        if len(pair) < 2:
            raise ValueError(text)
        yield pair


def _mask(text: str) -> int:
    if text[:1].isdigit():
        return int(text, 16 if text[:2].lower() == "0x" else 8 if text[0] == "0" else 10)
    mask = 0
    for pair in _pairs(text):
        bit = _WHOLE.get(pair, _LETTERS.get(pair))
        if bit is None:
            raise ValueError(text)
        mask |= bit
    return mask
