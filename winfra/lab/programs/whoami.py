"""whoami.exe: the account of this process, its groups and privileges, as a network logon has them."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from winfra.lab import console

ENABLED = "Mandatory group, Enabled by default, Enabled group"
DENY_ONLY = "Group used for deny only"
SECTIONS = ("/user", "/groups", "/priv")

ADMINISTRATOR_PRIVILEGES = (
    ("SeIncreaseQuotaPrivilege", "Adjust memory quotas for a process"),
    ("SeSecurityPrivilege", "Manage auditing and security log"),
    ("SeTakeOwnershipPrivilege", "Take ownership of files or other objects"),
    ("SeLoadDriverPrivilege", "Load and unload device drivers"),
    ("SeSystemProfilePrivilege", "Profile system performance"),
    ("SeSystemtimePrivilege", "Change the system time"),
    ("SeProfileSingleProcessPrivilege", "Profile single process"),
    ("SeIncreaseBasePriorityPrivilege", "Increase scheduling priority"),
    ("SeCreatePagefilePrivilege", "Create a pagefile"),
    ("SeBackupPrivilege", "Back up files and directories"),
    ("SeRestorePrivilege", "Restore files and directories"),
    ("SeShutdownPrivilege", "Shut down the system"),
    ("SeDebugPrivilege", "Debug programs"),
    ("SeSystemEnvironmentPrivilege", "Modify firmware environment values"),
    ("SeRemoteShutdownPrivilege", "Force shutdown from a remote system"),
    ("SeUndockPrivilege", "Remove computer from docking station"),
    ("SeManageVolumePrivilege", "Perform volume maintenance tasks"),
    ("SeImpersonatePrivilege", "Impersonate a client after authentication"),
    ("SeCreateGlobalPrivilege", "Create global objects"),
    ("SeTimeZonePrivilege", "Change the time zone"),
    ("SeCreateSymbolicLinkPrivilege", "Create symbolic links"),
)
PRIVILEGES = (
    ("SeChangeNotifyPrivilege", "Bypass traverse checking"),
    ("SeIncreaseWorkingSetPrivilege", "Increase a process working set"),
)


@dataclass(frozen=True)
class Section:
    title: str
    columns: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]


def main(argv: list[str]) -> int:
    words = [word.lower() for word in argv]
    form = words[words.index("/fo") + 1] if "/fo" in words[:-1] else "table"
    asked = SECTIONS if "/all" in words else tuple(word for word in words if word in SECTIONS)
    known = {*SECTIONS, "/all", "/fo", "/nh", "/upn", form}
    wrong = next((word for word in words if word not in known), None)
    if wrong is not None or form not in {"table", "list", "csv"}:
        console.complain(
            f"ERROR: Invalid argument/option - '{wrong or form}'.\nType \"WHOAMI /?\" for usage.\n"
        )
        return 1
    if not asked:
        console.write(f"{_account()}\n")
        return 0
    for name in asked:
        console.write(_FORMS[form](_section(name), "/nh" not in words))
    return 0


def _account() -> str:
    return f"{os.environ['USERDOMAIN']}\\{os.environ['USERNAME']}".lower()


def _section(name: str) -> Section:
    user = console.user()
    if name == "/user":
        return Section("USER INFORMATION", ("User Name", "SID"), [(_account(), _sid(user["name"]))])
    if name == "/groups":
        columns = ("Group Name", "Type", "SID", "Attributes")
        return Section("GROUP INFORMATION", columns, _groups(user))
    full = user.get("administrator") and user.get("full_token", True)
    rows = [*(ADMINISTRATOR_PRIVILEGES if full else ()), *PRIVILEGES]
    return Section(
        "PRIVILEGES INFORMATION",
        ("Privilege Name", "Description", "State"),
        [(privilege, text, "Enabled") for privilege, text in sorted(rows)],
    )


def _sid(name: str) -> str:
    names = [user["name"] for user in console.config()["users"]]
    return f"{console.state('system')['machine_sid']}-{1000 + names.index(name)}"


def _groups(user: dict[str, Any]) -> list[tuple[str, ...]]:
    known = "Well-known group"
    rows = [("Everyone", known, "S-1-1-0", ENABLED)]
    full = user.get("full_token", True)
    if user.get("administrator"):
        # Remote UAC leaves a local administrator the group only to be refused by.
        local = r"NT AUTHORITY\Local account and member of Administrators group"
        rows += [
            (local, known, "S-1-5-114", ENABLED if full else DENY_ONLY),
            (
                r"BUILTIN\Administrators",
                "Alias",
                "S-1-5-32-544",
                f"{ENABLED}, Group owner" if full else DENY_ONLY,
            ),
        ]
    if user.get("remote_management"):
        rows.append((r"BUILTIN\Remote Management Users", "Alias", "S-1-5-32-580", ENABLED))
    rows += [
        (r"BUILTIN\Users", "Alias", "S-1-5-32-545", ENABLED),
        (r"NT AUTHORITY\NETWORK", known, "S-1-5-2", ENABLED),
        (r"NT AUTHORITY\Authenticated Users", known, "S-1-5-11", ENABLED),
        (r"NT AUTHORITY\This Organization", known, "S-1-5-15", ENABLED),
        (r"NT AUTHORITY\Local account", known, "S-1-5-113", ENABLED),
        (r"NT AUTHORITY\NTLM Authentication", known, "S-1-5-64-10", ENABLED),
    ]
    high = user.get("administrator") and full
    name, sid = ("High", "S-1-16-12288") if high else ("Medium", "S-1-16-8192")
    return [*rows, (rf"Mandatory Label\{name} Mandatory Level", "Label", sid, "")]


def _table(section: Section, header: bool) -> str:
    rows = [section.columns, *section.rows]
    widths = [max(len(row[n]) for row in rows) for n in range(len(section.columns))]

    def line(cells: Sequence[str]) -> str:
        return " ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)) + "\n"

    head = line(section.columns) + line(["=" * width for width in widths]) if header else ""
    underlined = f"\n{section.title}\n{'-' * len(section.title)}\n\n"
    return underlined + head + "".join(line(row) for row in section.rows)


def _list(section: Section, header: bool) -> str:
    width = max(len(name) for name in section.columns) + 1
    pairs = (zip(section.columns, row, strict=True) for row in section.rows)
    entries = ("".join(f"{(name + ':').ljust(width)} {cell}\n" for name, cell in p) for p in pairs)
    return f"\n{section.title}\n{'-' * len(section.title)}\n\n" + "\n".join(entries)


def _csv(section: Section, header: bool) -> str:
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writerows([section.columns, *section.rows] if header else section.rows)
    return text.getvalue()


_FORMS = {"table": _table, "list": _list, "csv": _csv}
