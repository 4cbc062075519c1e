"""Security descriptors of files and folders as text (SDDL), taken apart and put together.

What is not understood stays as it was written. "Security Descriptor Definition Language" and
"ACE Strings" (Microsoft) say what the letters mean.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import IntFlag


class Place(IntFlag):
    """Where an entry of a folder applies; of a file it is ``THIS`` alone."""

    THIS = 1
    SUBFOLDERS = 2
    FILES = 4
    DEEPER_FOLDERS = 8
    DEEPER_FILES = 16


ALIASES = {
    "AA": "S-1-5-32-579", "AC": "S-1-15-2-1", "AN": "S-1-5-7", "AO": "S-1-5-32-548",
    "AS": "S-1-18-1", "AU": "S-1-5-11", "BA": "S-1-5-32-544", "BG": "S-1-5-32-546",
    "BO": "S-1-5-32-551", "BU": "S-1-5-32-545", "CD": "S-1-5-32-574", "CG": "S-1-3-1",
    "CO": "S-1-3-0", "CY": "S-1-5-32-569", "ED": "S-1-5-9", "ER": "S-1-5-32-573",
    "ES": "S-1-5-32-576", "HA": "S-1-5-32-578", "HI": "S-1-16-12288", "HO": "S-1-5-32-578",
    "IS": "S-1-5-32-568", "IU": "S-1-5-4", "LS": "S-1-5-19", "LU": "S-1-5-32-559",
    "LW": "S-1-16-4096", "ME": "S-1-16-8192", "MP": "S-1-16-8448", "MS": "S-1-5-32-577",
    "MU": "S-1-5-32-558", "NO": "S-1-5-32-556", "NS": "S-1-5-20", "NU": "S-1-5-2",
    "OW": "S-1-3-4", "PO": "S-1-5-32-550", "PS": "S-1-5-10", "PU": "S-1-5-32-547",
    "RA": "S-1-5-32-575", "RC": "S-1-5-12", "RD": "S-1-5-32-555", "RE": "S-1-5-32-552",
    "RM": "S-1-5-32-580", "RU": "S-1-5-32-554", "SI": "S-1-16-16384", "SO": "S-1-5-32-549",
    "SS": "S-1-18-2", "SU": "S-1-5-6", "SY": "S-1-5-18", "UD": "S-1-5-84-0-0-0-0-0",
    "WD": "S-1-1-0", "WR": "S-1-5-33",
}  # fmt: skip
"""Those that mean the same SID on every computer."""
_OF_THE_MACHINE = {"LA": "500", "LG": "501"}

SYNCHRONIZE = 0x100000
_GENERIC = {
    0x10000000: 0x1F01FF,
    0x20000000: 0x1200A0,
    0x40000000: 0x120116,
    0x80000000: 0x120089,
}
_RIGHTS = {
    "CC": 0x1, "DC": 0x2, "LC": 0x4, "SW": 0x8, "RP": 0x10, "WP": 0x20, "DT": 0x40, "LO": 0x80,
    "CR": 0x100, "SD": 0x10000, "RC": 0x20000, "WD": 0x40000, "WO": 0x80000,
    "GA": 0x10000000, "GX": 0x20000000, "GW": 0x40000000, "GR": 0x80000000,
    "FA": 0x1F01FF, "FR": 0x120089, "FW": 0x120116, "FX": 0x1200A0,
}  # fmt: skip
_INHERITANCE = ("OI", "CI", "NP", "IO")
_FLAGS = {*_INHERITANCE, "ID", "SA", "FA", "CR", "TP"}

_SID = re.compile(r"S-1-(0x[0-9a-f]+|\d+)(-\d+)*", re.IGNORECASE)
_PARTS = re.compile(
    r"(?:O:(?P<owner>[A-Za-z0-9-]*?))?"
    r"(?:G:(?P<group>[A-Za-z0-9-]*?))?"
    r"(?:D:(?P<control>(?:P|AR|AI|NO_ACCESS_CONTROL)*)(?P<entries>(?:\(.*)?))?"
    r"(?P<rest>S:.*)?",
    re.DOTALL,
)


@dataclass(frozen=True)
class Ace:
    """One entry of an access list.

    + text: as it stands in the descriptor
    + kind: ``A`` allows, ``D`` denies; all else has conditions or another meaning
    + flags: two letters each
    + mask: its rights, generic ones mapped to a file's
    + sid: the account's SID; where the alias depends on the machine or domain, the alias
    """

    text: str
    kind: str
    flags: tuple[str, ...]
    mask: int
    sid: str
    plain: bool

    @property
    def inherited(self) -> bool:
        return "ID" in self.flags

    @property
    def denies(self) -> bool:
        return self.kind in {"D", "OD", "XD"}

    @property
    def places(self) -> Place:
        return places(self.flags)

    def own(self) -> Ace:
        """The same entry as the object's own, not inherited from above."""
        flags = tuple(flag for flag in self.flags if flag != "ID")
        kind, _, rest = self.text.removeprefix("(").split(";", 2)
        return replace(self, flags=flags, text=f"({kind};{''.join(flags)};{rest}")


@dataclass(frozen=True)
class Descriptor:
    """A security descriptor.

    + control: the flags of its access list (``P``: protected from what stands above)
    + rest: what follows the access list, to the letter
    + everyone: there is no access list at all, which grants everybody everything
    """

    owner: str
    group: str
    control: str
    aces: tuple[Ace, ...]
    rest: str
    everyone: bool = False

    @property
    def protected(self) -> bool:
        return self.control.startswith("P")

    @property
    def access_list(self) -> str:
        """``D:`` and what belongs to it; empty where there is no access list."""
        absent = self.everyone and not self.control
        return "" if absent else f"D:{self.control}{''.join(ace.text for ace in self.aces)}"

    def text(self) -> str:
        owner = f"O:{self.owner}" if self.owner else ""
        group = f"G:{self.group}" if self.group else ""
        return owner + group + self.access_list + self.rest


def parse(text: str) -> Descriptor:
    """The parts of a descriptor; ``ValueError`` where the text is none."""
    parts = _PARTS.fullmatch(text)
    if parts is None or not text:
        raise ValueError(f"no security descriptor: {text!r}")
    texts, rest = _entries(parts["entries"] or "")
    control = parts["control"]
    return Descriptor(
        owner=parts["owner"] or "",
        group=parts["group"] or "",
        control=control or "",
        aces=tuple(_ace(one) for one in texts),
        rest=rest + (parts["rest"] or ""),
        everyone=control is None or "NO_ACCESS_CONTROL" in control,
    )


def new_ace(*, deny: bool, place: Place, mask: int, sid: str) -> Ace:
    """An entry as Windows would write it, but with the SID in full."""
    kind, flags = "D" if deny else "A", flags_of(place)
    rights = "FA" if mask == _RIGHTS["FA"] else f"0x{mask:x}"
    return Ace(f"({kind};{''.join(flags)};{rights};;;{sid})", kind, flags, mask, sid, plain=True)


def sid_of(account: str) -> str:
    """The SID that an account in a descriptor stands for."""
    return ALIASES.get(account.upper(), account.upper())


def same_account(one: str, other: str) -> bool:
    """Whether two SIDs mean one account; Windows writes its own Administrator as ``LA``."""
    for alias, account in ((one, other), (other, one)):
        if number := _OF_THE_MACHINE.get(alias):
            return account == alias or re.fullmatch(rf"S-1-5-21-.*-{number}", account) is not None
    return one == other


def places(flags: tuple[str, ...]) -> Place:
    place = Place(0) if "IO" in flags else Place.THIS
    deeper = "NP" not in flags
    if "CI" in flags:
        place |= Place.SUBFOLDERS | (Place.DEEPER_FOLDERS if deeper else 0)
    if "OI" in flags:
        place |= Place.FILES | (Place.DEEPER_FILES if deeper else 0)
    return place


def flags_of(place: Place) -> tuple[str, ...]:
    """The flags that say where an entry applies; ``ValueError`` where none do."""
    for number in range(16):
        flags = tuple(flag for bit, flag in enumerate(_INHERITANCE) if number & 1 << bit)
        if places(flags) == place:
            return flags
    raise ValueError(f"no entry can apply to {place!r}")


def map_generic(mask: int) -> int:
    """The rights of a file that generic ones stand for (``GENERIC_MAPPING`` of files)."""
    for generic, rights in _GENERIC.items():
        if mask & generic:
            mask = mask & ~generic | rights
    return mask


def _entries(text: str) -> tuple[list[str], str]:
    """The entries, each in its parentheses, and what follows them."""
    found, position = [], 0
    while text.startswith("(", position):
        end = _end(text, position)
        found.append(text[position:end])
        position = end
    rest = text[position:]
    if rest and not rest.startswith("S:"):
        raise ValueError(f"no entry of an access list: {rest!r}")
    return found, rest


def _end(text: str, start: int) -> int:
    """Behind the parenthesis that closes; a condition has its own, and texts in quotes."""
    depth, quoted = 0, False
    for position in range(start, len(text)):
        letter = text[position]
        if letter == '"':
            quoted = not quoted
        elif not quoted and letter in "()":
            depth += 1 if letter == "(" else -1
            if depth == 0:
                return position + 1
    raise ValueError(f"an entry does not end: {text[start:]!r}")


def _ace(text: str) -> Ace:
    fields = text[1:-1].split(";", 6)
    if len(fields) < 6:
        raise ValueError(f"an entry has too few fields: {text!r}")
    kind, flags, mask = fields[0], tuple(_pairs(fields[1])), _mask(fields[2])
    known = kind in {"A", "D"} and len(fields) == 6 and not fields[3] and not fields[4]
    plain = known and mask is not None and _FLAGS.issuperset(flags) and _is_account(fields[5])
    return Ace(text, kind, flags, map_generic(mask or 0), sid_of(fields[5]), plain)


def _is_account(text: str) -> bool:
    return _SID.fullmatch(text) is not None or re.fullmatch("[A-Za-z]{2}", text) is not None


def _pairs(text: str) -> Iterator[str]:
    for position in range(0, len(text), 2):
        yield text[position : position + 2].upper()


def _mask(text: str) -> int | None:
    if text[:1].isdigit():
        try:
            return int(text, 16 if text[:2].lower() == "0x" else 8 if text[0] == "0" else 10)
        except ValueError:
            return None
    mask = 0
    for pair in _pairs(text):
        if pair not in _RIGHTS:
            return None
        mask |= _RIGHTS[pair]
    return mask
