"""Access lists in the words of Explorer's dialog, side by side."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from winfra.access import PLACES, RIGHTS, entries
from winfra.sddl import SYNCHRONIZE, Ace, Descriptor, Place

Table = dict[str, str]

_NAMES = {"full": "full control"}
_WHERE = {
    f"this {words}" if words.startswith("folder") else words: place
    for words, place in PLACES.items()
}


def rights_words(mask: int) -> str:
    """The largest rights that make up a mask, such as ``read, create folders``."""
    left, words = mask & ~SYNCHRONIZE, []
    for name, right in RIGHTS.items():
        bits = right & ~SYNCHRONIZE
        if bits & left and not bits & ~mask:
            words.append(_NAMES.get(name, name.replace("_", " ")))
            left &= ~bits
    return ", ".join(words + ([f"0x{left:x}"] if left else [])) or "nothing"


def place_words(place: Place) -> str:
    """Where an entry of a folder applies."""
    direct = Place.THIS | Place.SUBFOLDERS | Place.FILES
    for words, known in _WHERE.items():
        if known == place:
            return words
        if known & direct == place:
            return f"{words}, one level deep"
    return "nowhere"


def describe(ace: Ace, *, folder: bool) -> str:
    """An entry without its account."""
    if not ace.plain:
        words = f"entry with a meaning of its own: {ace.text}"
    else:
        where = f", {place_words(ace.places)}" if folder else ""
        words = f"{'deny ' * ace.denies}{rights_words(ace.mask)}{where}"
    return f"{words} (inherited)" if ace.inherited else words


def difference(
    before: Descriptor | None, after: Descriptor, label: Callable[[str], str], *, folder: bool
) -> tuple[Table, Table]:
    """What differs, by account: what is there, and what is wanted."""
    old, new = (_by_account(side, folder=folder) for side in (before, after))
    current: Table = {}
    desired: Table = {}
    for sid in {**old, **new}:
        was, becomes = old.get(sid, Counter()), new.get(sid, Counter())
        for table, differing in ((current, was - becomes), (desired, becomes - was)):
            if differing:
                table[label(sid)] = "; ".join(differing.elements())
    if before is None or before.protected != after.protected:
        if before is not None:
            current["inheritance"] = _inheritance(before)
        if after.protected or before is not None:
            desired["inheritance"] = _inheritance(after)
    return current, desired


def _inheritance(descriptor: Descriptor) -> str:
    return "off" if descriptor.protected else "on"


def _by_account(side: Descriptor | None, *, folder: bool) -> dict[str, Counter[str]]:
    found: dict[str, Counter[str]] = {}
    for ace in entries(side, folder=folder) if side else []:
        found.setdefault(ace.sid, Counter())[describe(ace, folder=folder)] += 1
    return found
