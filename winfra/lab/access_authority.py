"""What a PowerShell process of the lab asks about access lists."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from winfra.lab import token
from winfra.lab.access import (
    READ_CONTROL,
    WRITE_DAC,
    WRITE_OWNER,
    AccessLists,
    may_own,
)
from winfra.lab.descriptor import Descriptor, Dialect, of_net
from winfra.lab.sam import RefusedError


class AccessAuthority:
    """Answers about files and folders; paths are real ones."""

    lab: Path

    def on_read_access(self, path: str) -> dict[str, str | None]:
        """The descriptor as .NET gives it, in parts."""
        lists, file = self._lists(), _existing(path)
        self._need(lists, file, READ_CONTROL)
        return _parts(lists.dialect, lists.read(file), container=file.is_dir())

    def on_parse_access(self, sddl: str, container: str) -> dict[str, str | None]:
        """What .NET makes of a text, in parts; refused where it is no descriptor."""
        dialect = self._lists().dialect
        try:
            found = dialect.parse(sddl)
        except (ValueError, KeyError):
            raise RefusedError("InvalidSddl", "no descriptor", 1336) from None
        return _parts(dialect, found, container=bool(container))

    def on_write_access(self, path: str, owner: str, group: str, access: str) -> None:
        """Set what is not empty, all of it or nothing."""
        lists, file = self._lists(), _existing(path)
        wanted = lists.dialect.parse(access) if access else None
        self._need(
            lists, file, (WRITE_OWNER if owner or group else 0) | (WRITE_DAC if access else 0)
        )
        if owner and not self._may_give_away(owner):
            raise RefusedError("InvalidOwner", "not allowed to be the owner", 1307)
        own = lists.own(file)
        own.owner, own.group = owner or own.owner, group or own.group
        if wanted is None:
            lists.write(file, own)
        else:
            lists.write_list(file, replace(wanted, owner=own.owner, group=own.group))

    def on_abbreviate(self, sid: str) -> str:
        return self._lists().dialect.account(sid)

    def on_rules(self, access: str) -> list[dict[str, object]]:
        """The entries of a list as FileSystemAccessRule has them."""
        aces = self._lists().dialect.parse(access).aces or ()
        return [
            {"kind": ace.kind, "flags": ace.flags, "mask": ace.mask, "sid": ace.sid} for ace in aces
        ]

    def on_hand_access(self, source: str, path: str) -> None:
        """A file that takes another's place takes over what that has of its own (ReplaceFile)."""
        lists = self._lists()
        lists.write(Path(path), lists.own(Path(source)))

    def _lists(self) -> AccessLists:
        return AccessLists(self.lab)

    def _need(self, lists: AccessLists, file: Path, mask: int) -> None:
        if mask & ~lists.granted(file, token.of_process(self.lab)):
            raise RefusedError("AccessDenied", "Access is denied.", 5)

    def _may_give_away(self, owner: str) -> bool:
        who = token.of_process(self.lab)
        return may_own(owner, who) or "SeRestorePrivilege" in who.privileges


def _existing(path: str) -> Path:
    file = Path(path)
    if not (file.exists() or file.is_symlink()):
        raise RefusedError("PathNotFound", f"Cannot find path '{path}'.", 2)
    return file


def _parts(dialect: Dialect, found: Descriptor, *, container: bool) -> dict[str, str | None]:
    aces = None if found.aces is None else of_net(found.aces, container=container)
    return {
        "owner": found.owner,
        "group": found.group,
        "short_owner": dialect.account(found.owner) if found.owner else None,
        "short_group": dialect.account(found.group) if found.group else None,
        "access": dialect.text(Descriptor(None, None, found.control, aces)),
    }
