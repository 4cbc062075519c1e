"""Access lists of the lab's files and folders: kept, inherited, evaluated.

What a file or folder has of its own is a JSON file in ``state/access``, named after the file's
drive, number and time of birth: it goes along when the file is renamed, and does not stick to
another one that is made in its place. The rest follows from the folders above.
"""

from __future__ import annotations

import ctypes
import os
import struct
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, replace
from functools import cache
from pathlib import Path

from winfra.lab import accounts, token
from winfra.lab.descriptor import (
    INHERIT_ONLY,
    OWNER_RIGHTS,
    Ace,
    Descriptor,
    Dialect,
    inherit,
    map_generic,
    of_net,
)
from winfra.lab.paths import to_windows
from winfra.lab.state_file import read_json, write_json
from winfra.lab.token import Token
from winfra.lab.well_known import ADMINISTRATORS

DELETE, READ_CONTROL, WRITE_DAC, WRITE_OWNER = 0x10000, 0x20000, 0x40000, 0x80000
READ_DATA, WRITE_DATA, APPEND_DATA, DELETE_CHILD = 0x1, 0x2, 0x4, 0x40
READ_ATTRIBUTES, WRITE_ATTRIBUTES, EXECUTE = 0x80, 0x100, 0x20

_INSTALLER = "S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464"
_SYSTEM_FOLDER = (
    f"O:{_INSTALLER}G:{_INSTALLER}D:PAI(A;OICIIO;GA;;;CO)(A;OICIIO;GA;;;SY)(A;;0x1301bf;;;SY)"
    "(A;OICIIO;GA;;;BA)(A;;0x1301bf;;;BA)(A;OICIIO;GXGR;;;BU)(A;;0x1200a9;;;BU)"
    f"(A;CIIO;GA;;;{_INSTALLER})(A;;FA;;;{_INSTALLER})(A;;0x1200a9;;;AC)(A;OICIIO;GXGR;;;AC)"
)
# As on a freshly installed Server 2022; a volume formatted by it has that of D:.
DEFAULTS = {
    "c:\\": f"O:{_INSTALLER}G:{_INSTALLER}D:PAI(A;OICIIO;GA;;;CO)(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)"
    "(A;CI;LC;;;BU)(A;CIIO;DC;;;BU)(A;OICI;0x1200a9;;;BU)",
    "": "O:BAG:SYD:(A;OICI;FA;;;BA)(A;OICI;FA;;;SY)(A;OICIIO;GA;;;CO)(A;OICI;0x1200a9;;;BU)"
    "(A;CI;LC;;;BU)(A;CIIO;DC;;;BU)(A;;0x1200a9;;;WD)",
    "c:\\program files": _SYSTEM_FOLDER,
    "c:\\program files (x86)": _SYSTEM_FOLDER,
    "c:\\programdata": "O:SYG:SYD:PAI(A;OICIIO;GA;;;CO)(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)"
    "(A;OICI;0x1200a9;;;BU)(A;CI;DCLCRPCR;;;BU)",
    "c:\\users": "O:SYG:SYD:PAI(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;;0x1200a9;;;BU)"
    "(A;OICIIO;GXGR;;;BU)(A;;0x1200a9;;;WD)(A;OICIIO;GXGR;;;WD)",
    "c:\\windows": _SYSTEM_FOLDER,
    "c:\\windows\\temp": "O:SYG:SYD:PAI(A;OICIIO;GA;;;CO)(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)"
    "(A;CI;0x100026;;;BU)",
}
_PROFILE = "O:SYG:SYD:PAI(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICI;FA;;;{sid})"
# Of statx(2): AT_FDCWD, AT_SYMLINK_NOFOLLOW, STATX_INO, STATX_BTIME.
_HERE, _NOT_ITS_TARGET, _NUMBER, _BIRTH = -100, 0x100, 0x100, 0x800


@dataclass
class Own:
    """What an object has of its own, as its file in ``state/access`` says it.

    + path: where it was when this was written
    + control: ``P`` and ``AI`` as in SDDL
    + entries: in SDDL; None: there is no list, which grants everything
    """

    path: str
    owner: str
    group: str
    control: str = "AI"
    entries: list[str] | None = field(default_factory=list)


class AccessLists:
    """The access lists of one lab."""

    def __init__(self, lab: Path) -> None:
        self.lab = lab
        self._folder = lab / "state" / "access"
        self._accounts = accounts.read(lab)
        self.dialect = Dialect(self._accounts.machine_sid)
        self._above: dict[tuple[Path, int], Descriptor] | None = None

    def remember(self) -> None:
        """Read each folder once until this is called again: its caller sees when a list is written."""
        self._above = {}

    def read(self, path: Path) -> Descriptor:
        """The whole descriptor of a file or folder on a drive of the lab."""
        own = self.own(path)
        if own.entries is None:
            return Descriptor(own.owner, own.group, own.control, None)
        aces = tuple(self.dialect.ace(text) for text in own.entries)
        if not own.control.startswith("P") and not self._is_root(path):
            above = self._folders(path.parent).aces or ()
            container = path.is_dir() and not path.is_symlink()
            aces += (*inherit(above, container=container, owner=own.owner, group=own.group),)
        return Descriptor(own.owner, own.group, own.control, aces)

    def _folders(self, path: Path) -> Descriptor:
        """A folder's descriptor, for what lies in it."""
        if self._above is None:
            return self.read(path)
        key = path, path.lstat().st_ino
        if key not in self._above:
            self._above[key] = self.read(path)
        return self._above[key]

    def sddl(self, path: Path) -> str:
        return self.dialect.text(self.read(path))

    def net_sddl(self, path: Path) -> str:
        """As .NET Framework, and so Get-Acl, gives it."""
        found, container = self.read(path), path.is_dir()
        if found.aces is not None:
            found = replace(found, aces=of_net(found.aces, container=container))
        return self.dialect.text(found)

    def own(self, path: Path) -> Own:
        """What was set for it, or what it was made with."""
        stored = read_json(self._folder / f"{_identity(self.lab, path)}.json", {})
        return Own(**stored) if stored else self._new(path)

    def write_list(self, path: Path, wanted: Descriptor) -> None:
        """Set owner and group where they are given, and the list; what is inherited follows."""
        own = self.own(path)
        aces = wanted.aces
        protected = "P" if wanted.protected and not self._is_root(path) else ""
        entries = None if aces is None else [a for a in aces if protected or not a.inherited]
        self.write(
            path,
            replace(
                own,
                owner=wanted.owner or own.owner,
                group=wanted.group or own.group,
                control=protected + "AI",
                entries=None if entries is None else [*map(self.dialect.entry, entries)],
            ),
        )

    def write_owner(self, path: Path, sid: str) -> None:
        self.write(path, replace(self.own(path), owner=sid))

    def write(self, path: Path, own: Own) -> None:
        self._folder.mkdir(exist_ok=True)
        written = replace(own, path=to_windows(self.lab, path) or str(path))
        write_json(self._folder / f"{_identity(self.lab, path)}.json", asdict(written))

    def granted(self, path: Path, who: Token) -> int:
        """All rights that a token has (``MAXIMUM_ALLOWED``), those from its folder included."""
        mask = evaluate(self.read(path), who)
        if not self._is_root(path):
            above = evaluate(self._folders(path.parent), who)
            mask |= DELETE if above & DELETE_CHILD else 0
            mask |= READ_ATTRIBUTES if above & READ_DATA else 0
        return mask

    def of(self, sid: str, more: tuple[str, ...] = ()) -> Token:
        """The token of a service's account; more: further SIDs, such as the service's own."""
        return token.make(self._accounts, sid, "service", more)

    def _new(self, path: Path) -> Own:
        windows = (to_windows(self.lab, path) or "").lower()
        text = DEFAULTS.get(windows) or (DEFAULTS[""] if self._is_root(path) else None)
        profile = windows.removeprefix("c:\\users\\") if windows.startswith("c:\\users\\") else ""
        user = self._accounts.user(profile.partition("\\")[0]) if profile else None
        if user is not None and "\\" not in profile:
            text = _PROFILE.format(sid=user.sid)
        if text is None:
            none = f"{self._accounts.machine_sid}-513"  # the primary group of local accounts
            return Own(windows, user.sid if user else ADMINISTRATORS, none)
        found = self.dialect.parse(text)
        entries = [self.dialect.entry(ace) for ace in found.aces or ()]
        return Own(windows, found.owner or "", found.group or "", found.control, entries)

    def _is_root(self, path: Path) -> bool:
        return path.parent == self.lab / "drives"


def evaluate(descriptor: Descriptor, who: Token) -> int:
    """The rights that a descriptor grants: of each right, the first entry decides."""
    if descriptor.aces is None:
        return 0x1F01FF
    granted, refused = _owners(descriptor, who), 0
    granted |= WRITE_OWNER if "SeTakeOwnershipPrivilege" in who.privileges else 0
    aces = [_for_owner(ace, descriptor) for ace in descriptor.aces if not ace.flags & INHERIT_ONLY]
    for ace in aces:
        mask = map_generic(ace.mask)
        if ace.kind == "D" and ace.sid in {*who.sids, *who.deny_only}:
            refused |= mask & ~granted
        elif ace.kind == "A" and ace.sid in who.sids:
            granted |= mask & ~refused
    return granted


def _owners(descriptor: Descriptor, who: Token) -> int:
    """What an owner may without an entry, unless an entry for OWNER RIGHTS says otherwise."""
    limited = any(ace.sid == OWNER_RIGHTS for ace in descriptor.aces or ())
    return READ_CONTROL | WRITE_DAC if descriptor.owner in who.sids and not limited else 0


def _for_owner(ace: Ace, descriptor: Descriptor) -> Ace:
    return replace(ace, sid=descriptor.owner or "") if ace.sid == OWNER_RIGHTS else ace


def may_own(sid: str, who: Token) -> bool:
    """May the token make this account an owner without the privilege to restore files?"""
    return sid == who.sid or (sid == ADMINISTRATORS and ADMINISTRATORS in who.groups)


def below(path: Path) -> Iterator[Path]:
    """Everything in a folder, a link not followed."""
    for child in sorted(path.iterdir()) if path.is_dir() and not path.is_symlink() else ():
        yield child
        yield from below(child)


@cache
def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _identity(lab: Path, path: Path) -> str:
    """What is true of this file or folder as long as it exists, and of no other."""
    buffer = ctypes.create_string_buffer(256)
    if _libc().statx(_HERE, os.fsencode(path), _NOT_ITS_TARGET, _NUMBER | _BIRTH, buffer) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), str(path))
    number = struct.unpack_from("Q", buffer, 0x20)[0]
    seconds, nanoseconds = struct.unpack_from("qI", buffer, 0x50)
    drive = path.relative_to(lab / "drives").parts[0]
    return f"{drive}-{number}-{seconds}.{nanoseconds:09}"
