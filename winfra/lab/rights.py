"""User rights: ``state/rights.json`` says which SIDs hold each."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

from winfra.lab import security_log
from winfra.lab.resolve import Names, directory
from winfra.lab.sids import parse, service_sid
from winfra.lab.state_file import read_json, write_json
from winfra.lab.well_known import (
    ADMINISTRATORS,
    ALL_SERVICES,
    EVERYONE,
    LOCAL_SERVICE,
    NETWORK_SERVICE,
    SYSTEM,
    USERS,
)

_BACKUP = "S-1-5-32-551"
_SERVICE = "S-1-5-6"
_WINDOW_MANAGER = "S-1-5-90-0"
_SERVICES = (LOCAL_SERVICE, NETWORK_SERVICE)

# Right -> what whoami.exe says of it, and who holds it on a server outside a domain
# ("User Rights Assignment" in Microsoft's security policy settings reference).
RIGHTS: dict[str, tuple[str, tuple[str, ...]]] = {
    "SeNetworkLogonRight": ("", (EVERYONE, ADMINISTRATORS, USERS, _BACKUP)),
    "SeInteractiveLogonRight": ("", (ADMINISTRATORS, USERS, _BACKUP)),
    "SeRemoteInteractiveLogonRight": ("", (ADMINISTRATORS, "S-1-5-32-555")),
    "SeBatchLogonRight": ("", (ADMINISTRATORS, _BACKUP, "S-1-5-32-559")),
    "SeServiceLogonRight": ("", (ALL_SERVICES,)),
    "SeDenyNetworkLogonRight": ("", ()),
    "SeDenyInteractiveLogonRight": ("", ()),
    "SeDenyRemoteInteractiveLogonRight": ("", ()),
    "SeDenyBatchLogonRight": ("", ()),
    "SeDenyServiceLogonRight": ("", ()),
    "SeTcbPrivilege": ("Act as part of the operating system", ()),
    "SeMachineAccountPrivilege": ("Add workstations to domain", ()),
    "SeTrustedCredManAccessPrivilege": ("Access Credential Manager as a trusted caller", ()),
    "SeLockMemoryPrivilege": ("Lock pages in memory", ()),
    "SeCreateTokenPrivilege": ("Create a token object", ()),
    "SeCreatePermanentPrivilege": ("Create permanent shared objects", ()),
    "SeSyncAgentPrivilege": ("Synchronize directory service data", ()),
    "SeRelabelPrivilege": ("Modify an object label", ()),
    "SeEnableDelegationPrivilege": (
        "Enable computer and user accounts to be trusted for delegation",
        (),
    ),
    "SeAssignPrimaryTokenPrivilege": ("Replace a process level token", _SERVICES),
    "SeAuditPrivilege": ("Generate security audits", _SERVICES),
    "SeBackupPrivilege": ("Back up files and directories", (ADMINISTRATORS, _BACKUP)),
    "SeChangeNotifyPrivilege": (
        "Bypass traverse checking",
        (EVERYONE, *_SERVICES, ADMINISTRATORS, USERS, _BACKUP, _WINDOW_MANAGER),
    ),
    "SeCreateGlobalPrivilege": ("Create global objects", (*_SERVICES, ADMINISTRATORS, _SERVICE)),
    "SeCreatePagefilePrivilege": ("Create a pagefile", (ADMINISTRATORS,)),
    "SeCreateSymbolicLinkPrivilege": ("Create symbolic links", (ADMINISTRATORS,)),
    "SeDebugPrivilege": ("Debug programs", (ADMINISTRATORS,)),
    "SeDelegateSessionUserImpersonatePrivilege": (
        "Obtain an impersonation token for another user in the same session",
        (ADMINISTRATORS,),
    ),
    "SeImpersonatePrivilege": (
        "Impersonate a client after authentication",
        (*_SERVICES, ADMINISTRATORS, _SERVICE),
    ),
    "SeIncreaseBasePriorityPrivilege": (
        "Increase scheduling priority",
        (ADMINISTRATORS, _WINDOW_MANAGER),
    ),
    "SeIncreaseQuotaPrivilege": (
        "Adjust memory quotas for a process",
        (*_SERVICES, ADMINISTRATORS),
    ),
    "SeIncreaseWorkingSetPrivilege": (
        "Increase a process working set",
        (USERS, _WINDOW_MANAGER),
    ),
    "SeLoadDriverPrivilege": ("Load and unload device drivers", (ADMINISTRATORS,)),
    "SeManageVolumePrivilege": ("Perform volume maintenance tasks", (ADMINISTRATORS,)),
    "SeProfileSingleProcessPrivilege": ("Profile single process", (ADMINISTRATORS,)),
    "SeRemoteShutdownPrivilege": ("Force shutdown from a remote system", (ADMINISTRATORS,)),
    "SeRestorePrivilege": ("Restore files and directories", (ADMINISTRATORS, _BACKUP)),
    "SeSecurityPrivilege": ("Manage auditing and security log", (ADMINISTRATORS,)),
    "SeShutdownPrivilege": ("Shut down the system", (ADMINISTRATORS, _BACKUP)),
    "SeSystemEnvironmentPrivilege": ("Modify firmware environment values", (ADMINISTRATORS,)),
    "SeSystemProfilePrivilege": (
        "Profile system performance",
        (ADMINISTRATORS, service_sid("WdiServiceHost")),
    ),
    "SeSystemtimePrivilege": ("Change the system time", (LOCAL_SERVICE, ADMINISTRATORS)),
    "SeTakeOwnershipPrivilege": ("Take ownership of files or other objects", (ADMINISTRATORS,)),
    "SeTimeZonePrivilege": ("Change the time zone", (LOCAL_SERVICE, ADMINISTRATORS)),
    "SeUndockPrivilege": ("Remove computer from docking station", (ADMINISTRATORS,)),
}
DENY = {
    f"Se{kind}LogonRight": f"SeDeny{kind}LogonRight"
    for kind in ("Network", "Interactive", "RemoteInteractive", "Batch", "Service")
}
"""A right to log on -> the right that takes it away."""


def read(lab: Path) -> dict[str, list[str]]:
    """Right -> SIDs, those that nobody holds included."""
    stored: dict[str, list[str]] = read_json(lab / "state" / "rights.json", {})
    if stored:
        return {name: list(stored.get(name, ())) for name in RIGHTS}
    return {name: list(holders) for name, (_, holders) in RIGHTS.items()}


def write(lab: Path, wanted: Mapping[str, Iterable[str]], subject: str) -> None:
    """Give these rights to exactly these SIDs; other rights stay as they are."""
    held = read(lab)
    for right, new in wanted.items():
        before, after = held[right], list(dict.fromkeys(new))
        is_logon = right.endswith("LogonRight")
        for number, some in (
            (4717 if is_logon else 4704, set(after) - set(before)),
            (4718 if is_logon else 4705, set(before) - set(after)),
        ):
            for sid in sorted(some):
                security_log.append(lab, number, subject, target=sid, right=right)
        held[right] = after
    write_json(lab / "state" / "rights.json", held)


def make(lab: Path) -> None:
    write_json(lab / "state" / "rights.json", read(lab))


def held_by(lab: Path, token: Collection[str]) -> set[str]:
    """The rights that a token with these SIDs has."""
    return {right for right, holders in read(lab).items() if set(holders) & set(token)}


def may_log_on(lab: Path, token: Collection[str], right: str) -> bool:
    """Does a token have a right to log on that no deny right takes away?"""
    held = held_by(lab, token)
    return right in held and DENY[right] not in held


def policy(lab: Path) -> dict[str, list[str]]:
    """Right -> entries, as the policy that comes first (precedence 1) defines it."""
    entries = sorted(directory(lab).rights, key=lambda one: -int(one.get("precedence", 1)))
    return {one["right"]: one["accounts"] for one in entries}


def refresh(lab: Path, names: Names) -> None:
    """What a refresh of group policy does: rights that policy defines become what it says."""
    wanted = {right: resolved(names, entries) for right, entries in policy(lab).items()}
    if wanted:
        write(lab, wanted, SYSTEM)


def resolved(names: Names, entries: Iterable[str]) -> list[str]:
    """The SIDs of a policy's entries, ``*S-1-…`` or names; what does not resolve is left out."""
    found = (resolve(names, entry) for entry in entries)
    return [sid for sid in found if sid is not None]


def resolve(names: Names, entry: str) -> str | None:
    if entry.startswith("*"):
        return parse(entry[1:])
    principal = names.find_name(entry)
    return parse(entry) if principal is None else principal.sid
