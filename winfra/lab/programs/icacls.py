"""icacls.exe: access lists of files and folders, shown and changed."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatch
from pathlib import Path

from winfra.lab import console, resolve, sids, token
from winfra.lab.access import (
    READ_CONTROL,
    WRITE_DAC,
    WRITE_OWNER,
    AccessLists,
    below,
    may_own,
)
from winfra.lab.descriptor import (
    CONTAINER_INHERIT,
    FULL,
    INHERIT_ONLY,
    INHERITED,
    NO_PROPAGATE,
    OBJECT_INHERIT,
    Ace,
    Descriptor,
)
from winfra.lab.paths import to_real, to_windows

SIMPLE = {
    "N": 0,
    "F": FULL,
    "M": 0x1301BF,
    "RX": 0x1200A9,
    "R": 0x120089,
    "W": 0x120116,
    "D": 0x110000,
}
SPECIAL = {
    "DE": 0x10000, "D": 0x10000, "RC": 0x20000, "WDAC": 0x40000, "WO": 0x80000, "S": 0x100000,
    "AS": 0x1000000, "MA": 0x2000000, "GR": 0x80000000, "GW": 0x40000000, "GE": 0x20000000,
    "GA": 0x10000000, "RD": 0x1, "WD": 0x2, "AD": 0x4, "REA": 0x8, "WEA": 0x10, "X": 0x20,
    "DC": 0x40, "RA": 0x80, "WA": 0x100,
}  # fmt: skip
_ORDER = (
    "DE", "RC", "WDAC", "WO", "S", "AS", "MA", "GR", "GW", "GE", "GA",
    "RD", "WD", "AD", "REA", "WEA", "X", "DC", "RA", "WA",
)  # fmt: skip
FLAGS = {
    "OI": OBJECT_INHERIT, "CI": CONTAINER_INHERIT, "IO": INHERIT_ONLY, "NP": NO_PROPAGATE,
}  # fmt: skip
INVALID = 87
TEXTS = {
    2: "The system cannot find the file specified.",
    3: "The system cannot find the path specified.",
    5: "Access is denied.",
    1307: "This security ID may not be assigned as the owner of this object.",
    1332: "No mapping between account names and security IDs was done.",
}
_PERMISSION = re.compile(r"(?P<flags>(?:\((?:OI|CI|IO|NP)\))*)(?P<rights>.*)", re.IGNORECASE)


class RefusedError(Exception):
    """What is asked for cannot be done; the code is that of the system, and icacls ends with it."""

    def __init__(self, code: int, subject: str) -> None:
        super().__init__(subject)
        self.code = code
        invalid = f'Invalid parameter "{subject}"\n'
        self.text = invalid if code == INVALID else f"{subject}: {TEXTS[code]}\n"


Edit = Callable[[Descriptor, bool], Descriptor]


@dataclass
class Orders:
    """The command line: what to do with each file, in order."""

    pattern: str
    edits: list[Edit] = field(default_factory=list)
    owner: str | None = None
    switches: set[str] = field(default_factory=set)


def main(argv: list[str]) -> int:
    try:
        orders = _Parser(argv).orders()
        files = list(_files(orders))
    except RefusedError as refusal:
        console.complain(refusal.text)
        if refusal.code != INVALID:
            console.write(_summary(0, 1))
        return refusal.code
    quiet, goes_on = "/q" in orders.switches, "/c" in orders.switches
    done, code, failed = 0, 0, 0
    for file in files:
        try:
            _carry_out(orders, file, quiet=quiet)
            done += 1
        except RefusedError as refusal:
            console.complain(refusal.text)
            failed, code = failed + 1, refusal.code
            if not goes_on:
                break
    console.write(_summary(done, failed))
    return code


def _summary(done: int, failed: int) -> str:
    return f"Successfully processed {done} files; Failed processing {failed} files\n"


class _Parser:
    def __init__(self, argv: Sequence[str]) -> None:
        if not argv or argv[0] == "/?":
            raise RefusedError(INVALID, argv[0] if argv else "")
        self._words = list(argv[1:])
        self._orders = Orders(argv[0])
        self._names = resolve.names(console.lab())

    def orders(self) -> Orders:
        while self._words:
            self._option(self._words.pop(0))
        return self._orders

    def _option(self, word: str) -> None:
        name, _, mode = word.lower().partition(":")
        if name in {"/t", "/c", "/l", "/q"}:
            self._orders.switches.add(name)
        elif name in {"/grant", "/deny"} and mode in {"", "r"}:
            for given in self._arguments(word):
                sid, flags, mask = self._permission(given)
                self._orders.edits.append(_adding(sid, flags, mask, name == "/deny", mode == "r"))
        elif name == "/remove" and mode in {"", "g", "d"}:
            gone = {self._sid(given) for given in self._arguments(word)}
            self._orders.edits.append(_removing(gone, mode))
        elif name in {"/inheritance", "/inheritancelevel"} and mode in {"e", "d", "r"}:
            self._orders.edits.append(_inheriting(mode))
        elif name == "/setowner" and self._words:
            self._orders.owner = self._sid(self._words.pop(0))
        elif name == "/reset":
            self._orders.edits.append(lambda found, _: replace(found, control="AI", aces=()))
        else:
            raise RefusedError(INVALID, word)

    def _arguments(self, option: str) -> list[str]:
        given = []
        while self._words and not self._words[0].startswith("/"):
            given.append(self._words.pop(0))
        if not given:
            raise RefusedError(INVALID, option)
        return given

    def _permission(self, text: str) -> tuple[str, int, int]:
        account, _, permission = text.rpartition(":")
        if not account:
            raise RefusedError(INVALID, text)
        sid = self._sid(account)
        found = _PERMISSION.fullmatch(permission)
        assert found is not None
        flags = 0
        for name in re.findall(r"\w+", found["flags"].upper()):
            flags |= FLAGS[name]
        mask = _mask(found["rights"].upper())
        if mask is None:
            raise RefusedError(INVALID, text)
        return sid, flags, mask

    def _sid(self, account: str) -> str:
        if account.startswith("*"):
            sid = sids.parse(account[1:])
            if sid is None:
                raise RefusedError(1332, account)
            return sid
        principal = self._names.find_name(account)
        if principal is None:
            raise RefusedError(1332, account)
        return principal.sid


def _mask(text: str) -> int | None:
    if text in SIMPLE:
        return SIMPLE[text]
    names = text.removeprefix("(").removesuffix(")").split(",") if text else []
    known = SPECIAL if text.startswith("(") else {}
    mask = 0
    for name in names:
        if name not in known and name not in SIMPLE:
            return None
        mask |= known.get(name, SIMPLE.get(name, 0))
    return mask if names else None


def _adding(sid: str, flags: int, mask: int, deny: bool, instead: bool) -> Edit:
    """/grant, /grant:r and /deny; on a file without what only folders pass on."""

    def edit(found: Descriptor, container: bool) -> Descriptor:
        own = flags if container else 0
        if flags & INHERIT_ONLY and not container:
            return found
        kind, rights = ("D", mask & ~SPECIAL["S"] or mask) if deny else ("A", mask)
        aces = list(found.aces or ())
        if instead or deny:
            # Explicitly granted rights that are replaced, or denied from now on.
            aces = [ace for ace in (_less(a, sid, mask, instead) for a in aces) if ace]
        same = [a for a in aces if (a.kind, a.flags, a.sid) == (kind, own, sid)]
        if same:
            larger = replace(same[0], mask=same[0].mask | rights)
            return replace(found, aces=tuple(larger if a is same[0] else a for a in aces))
        return replace(found, aces=_ordered([*aces, Ace(kind, own, rights, sid)]))

    return edit


def _less(ace: Ace, sid: str, mask: int, instead: bool) -> Ace | None:
    if ace.inherited or ace.sid != sid or ace.kind != "A":
        return ace
    left = 0 if instead else ace.mask & ~mask
    return replace(ace, mask=left) if left & ~SPECIAL["S"] else None


def _removing(gone: set[str], mode: str) -> Edit:
    kinds = {"": {"A", "D"}, "g": {"A"}, "d": {"D"}}[mode]

    def edit(found: Descriptor, _: bool) -> Descriptor:
        aces = found.aces or ()
        kept = [a for a in aces if a.inherited or a.sid not in gone or a.kind not in kinds]
        return replace(found, aces=tuple(kept))

    return edit


def _inheriting(mode: str) -> Edit:
    """e: from above again; d: what came from above becomes the list's own; r: it goes."""

    def edit(found: Descriptor, _: bool) -> Descriptor:
        if mode == "e":
            return replace(found, control="AI")
        if found.protected:
            return found
        aces = [a for a in found.aces or () if mode == "d" or not a.inherited]
        own = [replace(a, flags=a.flags & ~INHERITED) for a in aces]
        return replace(found, control="PAI", aces=_ordered(own))

    return edit


def _ordered(aces: Iterable[Ace]) -> tuple[Ace, ...]:
    return tuple(
        sorted(aces, key=lambda ace: (ace.inherited, not ace.inherited and not ace.denies))
    )


def _files(orders: Orders) -> Iterator[Path]:
    """The file or folder that is named, or those a pattern fits; with /t all that is below."""
    lab = console.lab()
    pattern = (
        orders.pattern.rstrip("\\") if len(orders.pattern.rstrip("\\")) > 2 else orders.pattern
    )
    full = (
        pattern if pattern[1:2] == ":" or pattern.startswith("\\\\?\\") else f"{_here()}\\{pattern}"
    )
    path = to_real(lab, full)
    if any(sign in path.name for sign in "*?"):
        wanted = path.name.lower()
        found = [p for p in sorted(path.parent.glob("*")) if fnmatch(p.name.lower(), wanted)]
    else:
        found = [path] if path.exists() or path.is_symlink() else []
    if not found:
        raise RefusedError(2 if path.parent.is_dir() else 3, orders.pattern)
    for one in found:
        yield one
        if "/t" in orders.switches:
            yield from below(one)


def _here() -> str:
    return (to_windows(console.lab(), Path.cwd()) or "C:\\").rstrip("\\")


def _carry_out(orders: Orders, file: Path, *, quiet: bool) -> None:
    lab = console.lab()
    lists, who = AccessLists(lab), token.of_process(lab)
    shown = to_windows(lab, file) or str(file)
    rights = lists.granted(file, who)
    if orders.owner:
        # icacls turns on the privileges to take ownership and to restore files.
        if "SeRestorePrivilege" not in who.privileges:
            if not rights & WRITE_OWNER:
                raise RefusedError(5, shown)
            if not may_own(orders.owner, who):
                raise RefusedError(1307, shown)
        lists.write_owner(file, orders.owner)
    if orders.edits:
        if not rights & READ_CONTROL or not rights & WRITE_DAC:
            raise RefusedError(5, shown)
        found = lists.read(file)
        for edit in orders.edits:
            found = edit(found, file.is_dir())
        lists.write_list(file, found)
    if orders.owner or orders.edits:
        console.write("" if quiet else f"processed file: {shown}\n")
        return
    if not rights & READ_CONTROL:
        raise RefusedError(5, shown)
    console.write(_listing(lists.read(file), shown, as_given=orders.pattern))


def _listing(found: Descriptor, shown: str, as_given: str) -> str:
    names = resolve.names(console.lab())
    head = as_given if as_given.lower().rstrip("\\") == shown.lower().rstrip("\\") else shown
    lines = []
    for ace in found.aces or ():
        account = names.display(ace.sid)
        lines.append(f"{account}:{_shown_flags(ace)}{_shown_rights(ace)}")
    if found.aces is None:
        lines = ["Everyone:(F)"]
    if not lines:
        return f"{head}\n\n"
    indent = " " * len(head)
    return "".join(f"{indent if n else head} {line}\n" for n, line in enumerate(lines)) + "\n"


def _shown_flags(ace: Ace) -> str:
    names = [("I", INHERITED), *((n, FLAGS[n]) for n in ("OI", "CI", "IO", "NP"))]
    return "".join(f"({name})" for name, bit in names if ace.flags & bit)


def _shown_rights(ace: Ace) -> str:
    kind, mask = "(DENY)" if ace.denies else "", ace.mask
    if ace.denies and mask == FULL:
        return "(N)"
    for name in ("F", "M", "RX", "R", "W"):
        if mask == SIMPLE[name] or (
            ace.denies and mask | SPECIAL["S"] == SIMPLE[name] | SPECIAL["S"]
        ):
            return f"{kind}({name})"
    if mask == 0x10000000:
        return f"{kind}(F)" if ace.flags & INHERIT_ONLY else f"{kind}(GA)"
    return f"{kind}({_shown_special(mask)})"


def _shown_special(mask: int) -> str:
    """The largest simple right that is in it, and the single ones beside."""
    simple = next((n for n in ("RX", "R", "W") if mask & SIMPLE[n] == SIMPLE[n]), None)
    left = mask & ~SIMPLE[simple] if simple else mask
    first = [simple] if simple else []
    return ",".join([*first, *(name for name in _ORDER if left & SPECIAL[name])])
