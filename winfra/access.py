"""Access lists of files and folders: what is wanted is compared with what is there, and composed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, get_args

from pyinfra.api import OperationValueError

from winfra.messages.access import ENTRY_REFUSED
from winfra.sddl import (
    ALIASES,
    SYNCHRONIZE,
    Ace,
    Descriptor,
    Place,
    new_ace,
    places,
    same_account,
)

# "File Access Rights Constants" (Microsoft); the first five as Explorer's dialog has them.
RIGHTS = {
    "full": 0x1F01FF,
    "modify": 0x1301BF,
    "read_and_execute": 0x1200A9,
    "read": 0x120089,
    "write": 0x100116,
    "read_data": 0x1,
    "create_files": 0x2,
    "create_folders": 0x4,
    "read_extended_attributes": 0x8,
    "write_extended_attributes": 0x10,
    "traverse": 0x20,
    "delete_subfolders_and_files": 0x40,
    "read_attributes": 0x80,
    "write_attributes": 0x100,
    "delete": 0x10000,
    "read_permissions": 0x20000,
    "change_permissions": 0x40000,
    "take_ownership": 0x80000,
}
AppliesTo = Literal[
    "folder, subfolders and files",
    "folder and subfolders",
    "folder and files",
    "folder only",
    "subfolders and files only",
    "subfolders only",
    "files only",
]
PLACES: dict[str, Place] = dict(
    zip(
        get_args(AppliesTo),
        [
            places(("OI", "CI")),
            places(("CI",)),
            places(("OI",)),
            Place.THIS,
            places(("OI", "CI", "IO")),
            places(("CI", "IO")),
            places(("OI", "IO")),
        ],
        strict=True,
    )
)
EVERYONE, AUTHENTICATED, USERS = (ALIASES[alias] for alias in ("WD", "AU", "BU"))
# With these an administrator can look at a list and repair it.
_NEEDED = RIGHTS["read"] | RIGHTS["change_permissions"]


@dataclass(frozen=True)
class Entry:
    """An entry that an access list should have.

    + account: its name, or its SID
    + rights: ``full``, ``modify``, ``read_and_execute``, ``read``, ``write``, a single right such
      as ``create_folders``, or several
    + type: ``allow`` or ``deny``
    + applies_to: as Explorer's dialog says it, such as ``folder only``; by default the
      folder, its subfolders and files. Of a file's entry it is the file
    """

    account: str
    rights: str | Sequence[str]
    type: Literal["allow", "deny"] = "allow"
    applies_to: AppliesTo | None = None

    def __post_init__(self) -> None:
        names = self.names
        for problem in (
            not self.account.strip() and "it names no account",
            not names and "it gives no right",
            *(f"{name!r} is none of the rights" for name in names if name not in RIGHTS),
            self.type not in {"allow", "deny"} and f"{self.type!r} is neither allow nor deny",
            self.applies_to not in {None, *PLACES}
            and f"{self.applies_to!r} is no place that an entry applies to",
        ):
            if problem:
                raise OperationValueError(ENTRY_REFUSED.text(account=self.account, reason=problem))

    @property
    def names(self) -> list[str]:
        return [self.rights] if isinstance(self.rights, str) else list(self.rights)

    @property
    def mask(self) -> int:
        """Its rights as bits; Windows opens no file for those that may not synchronize with it."""
        mask = SYNCHRONIZE
        for name in self.names:
            mask |= RIGHTS[name]
        # Denied, that would deny everything ("FileSystemAccessRule", Microsoft).
        return mask & ~SYNCHRONIZE if self.type == "deny" and mask != RIGHTS["full"] else mask


@dataclass(frozen=True)
class Grant:
    """An entry with its account's SID, and where it applies."""

    sid: str
    mask: int
    denies: bool
    place: Place

    @classmethod
    def of(cls, entry: Entry, sid: str, *, folder: bool) -> Grant:
        place = PLACES[entry.applies_to or "folder, subfolders and files"]
        return cls(sid, entry.mask, entry.type == "deny", place if folder else place & Place.THIS)


@dataclass(frozen=True)
class Wanted:
    """What an access list should be.

    + purge: accounts, by SID, whose other entries go; ``True``: everybody's
    + inherit: whether entries of the folders above apply; ``None``: as it is
    + keep_inherited: those that inheritance brought stay as the list's own when it ends
    """

    grants: tuple[Grant, ...]
    purge: bool | frozenset[str] = False
    inherit: bool | None = None
    keep_inherited: bool = True


def compose(current: Descriptor, wanted: Wanted, *, folder: bool = True) -> Descriptor:
    """The descriptor with a list as wanted; the same one where nothing is to change."""
    before = entries(current, folder=folder)
    protected = current.protected if wanted.inherit is None else not wanted.inherit
    own, inherited = _separate(before, wanted, protected=protected)
    own = [ace for ace in own if not _goes(ace, wanted)]
    # Denials last: an entry that allows can undo one that is inherited.
    for grant in sorted(wanted.grants, key=lambda grant: grant.denies):
        own = _with(own, inherited, grant, wanted.grants)
    after = _ordered([*own, *inherited])
    same = protected == current.protected and after == _ordered(before)
    if same and (after == before or all(_is_so(before, g, wanted.grants) for g in wanted.grants)):
        return current
    control = "P" * protected + "AI" * ("AI" in current.control)
    return replace(current, control=control, aces=tuple(after), everyone=False)


def blocking(after: Descriptor, grants: Sequence[Grant]) -> list[Ace]:
    """The entries of other accounts that deny what is to be granted."""
    blockers: list[Ace] = []
    for grant in grants:
        aces = _relevant(after.aces, grants)
        if not grant.denies and not is_granted(aces, grant):
            against = _memberships(grant.sid)
            blockers += [
                ace
                for ace in aces
                if ace.plain and ace.denies and ace.sid in against and ace.mask & grant.mask
            ]
    return list(dict.fromkeys(blockers))


def locked_out(
    before: Descriptor, after: Descriptor, accounts: Mapping[str, frozenset[str]]
) -> list[str]:
    """Those, of accounts with all SIDs of theirs, that could look after the list, and no longer can."""
    if before.protected and not after.protected:
        return []  # what comes from above is not known yet
    return [
        account
        for account, sids in accounts.items()
        if (before.everyone or _may(before.aces, sids)) and not _may(after.aces, sids)
    ]


def entries(current: Descriptor, *, folder: bool) -> list[Ace]:
    """The entries of a list; one for Everyone where there is no list."""
    if not current.everyone:
        return list(current.aces)
    place = PLACES["folder, subfolders and files"] if folder else Place.THIS
    return [new_ace(deny=False, place=place, mask=RIGHTS["full"], sid=EVERYONE)]


def is_granted(aces: Sequence[Ace], grant: Grant) -> bool:
    """Whether entries for the account itself grant all, no denial standing before them."""
    against = {grant.sid, *_memberships(grant.sid)}
    return all(
        _decided(aces, grant.mask, place, {grant.sid}, against)[0] == grant.mask
        for place in Place
        if place & grant.place
    )


def _is_denied(aces: Sequence[Ace], grant: Grant) -> bool:
    return all(
        _decided(aces, grant.mask, place, {grant.sid}, {grant.sid})[1] == grant.mask
        for place in Place
        if place & grant.place
    )


def _may(aces: Sequence[Ace], sids: frozenset[str]) -> bool:
    return _decided(aces, _NEEDED, Place.THIS, sids, sids)[0] == _NEEDED


def _decided(
    aces: Sequence[Ace], mask: int, place: Place, allowed: Iterable[str], denied: Iterable[str]
) -> tuple[int, int]:
    """Which rights are granted and which denied: of each, the first entry decides."""
    granted = refused = 0
    for ace in aces:
        if not ace.plain or not ace.places & place:
            continue
        open_rights = ace.mask & mask & ~granted & ~refused
        if ace.denies and _is_any(ace.sid, denied):
            refused |= open_rights
        elif not ace.denies and _is_any(ace.sid, allowed):
            granted |= open_rights
    return granted, refused


def _is_any(sid: str, accounts: Iterable[str]) -> bool:
    return any(same_account(sid, account) for account in accounts)


def _memberships(sid: str) -> set[str]:
    """Groups to which the account belongs on every host."""
    if sid == EVERYONE:
        return set()
    if sid.startswith("S-1-5-21-"):
        return {EVERYONE, AUTHENTICATED, USERS}
    return {EVERYONE} if sid == AUTHENTICATED else {EVERYONE, AUTHENTICATED}


def _separate(aces: list[Ace], wanted: Wanted, *, protected: bool) -> tuple[list[Ace], list[Ace]]:
    """The list's own entries and the inherited ones, when it is to be protected from above or not."""
    own = [ace for ace in aces if not ace.inherited]
    inherited = [ace for ace in aces if ace.inherited]
    if not protected or wanted.inherit is None:
        return own, inherited
    return own + [ace.own() for ace in inherited if wanted.keep_inherited], []


def _goes(ace: Ace, wanted: Wanted) -> bool:
    """Whether it is among the entries to be purged, and grants or denies what is not asked for."""
    if wanted.purge is False or ace.inherited:
        return False
    if wanted.purge is not True and not _is_any(ace.sid, wanted.purge):
        return False
    return not ace.plain or not ace.places or not _is_within(ace, wanted.grants)


def _is_within(ace: Ace, grants: Iterable[Grant]) -> bool:
    same = [g for g in grants if g.denies == ace.denies and same_account(g.sid, ace.sid)]
    for place in Place:
        rest = ace.mask if place & ace.places else 0
        for grant in same:
            rest &= ~grant.mask if place & grant.place else -1
        if rest:
            return False
    return True


def _relevant(aces: Iterable[Ace], grants: Sequence[Grant]) -> list[Ace]:
    """Without the denials that are asked for beside what they deny."""
    return [ace for ace in aces if not (ace.plain and ace.denies and _is_within(ace, grants))]


def _is_so(aces: Sequence[Ace], grant: Grant, grants: Sequence[Grant]) -> bool:
    """Whether the entries grant it, or deny it where it is a denial."""
    return _is_denied(aces, grant) if grant.denies else is_granted(_relevant(aces, grants), grant)


def _with(own: list[Ace], inherited: list[Ace], grant: Grant, grants: Sequence[Grant]) -> list[Ace]:
    """The list's own entries, among them what grants or denies this where nothing does yet."""
    own = _ordered(own)
    if _is_so([*own, *inherited], grant, grants):
        return own
    if grant.denies:
        return _added(own, grant)
    asked = set(own) - set(_relevant(own, grants))
    return _added(
        [one for ace in own for one in ([ace] if ace in asked else _freed(ace, grant))], grant
    )


def _ordered(aces: Sequence[Ace]) -> list[Ace]:
    """Denied, allowed, inherited ("Order of ACEs in a DACL", Microsoft)."""
    return sorted(aces, key=lambda ace: (ace.inherited, not ace.inherited and not ace.denies))


def _added(own: list[Ace], grant: Grant) -> list[Ace]:
    """One more entry; smaller ones of the account go, one for the same place becomes larger."""
    mine = [
        ace
        for ace in own
        if ace.plain and ace.denies == grant.denies and same_account(ace.sid, grant.sid)
    ]
    wanted = _entry(grant, grant.place, grant.mask)
    if _is_within(wanted, [Grant(grant.sid, a.mask, a.denies, a.places) for a in mine]):
        return own
    there = next((ace for ace in mine if ace.places == grant.place), wanted)
    small = {ace for ace in mine if _is_within(ace, [grant])} | {there}
    larger = _entry(grant, grant.place, grant.mask | there.mask)
    return [*(ace for ace in own if ace not in small), larger]


def _freed(ace: Ace, grant: Grant) -> Iterator[Ace]:
    """What is left of a denial of the account's when this is to be granted."""
    stands = ace.plain and ace.denies and same_account(ace.sid, grant.sid)
    if not stands or not ace.mask & grant.mask or not ace.places & grant.place:
        yield ace
        return
    denial = replace(grant, denies=True)
    if rest := ace.mask & ~grant.mask:
        yield _entry(denial, ace.places, rest)
    if elsewhere := ace.places & ~grant.place:
        yield _entry(denial, elsewhere, ace.mask & grant.mask)


def _entry(grant: Grant, place: Place, mask: int) -> Ace:
    return new_ace(deny=grant.denies, place=place, mask=mask, sid=grant.sid)
