"""Access lists of the lab: kept beside the files, inherited, evaluated; what scripts see of them."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tests.lab.people import answers, edit, new_user, powershell, stored
from winfra.lab import rights, token
from winfra.lab.access import AccessLists, evaluate
from winfra.lab.state import Lab

FULL, READ, READ_CONTROL, WRITE_DAC, DELETE = 0x1F01FF, 0x120089, 0x20000, 0x40000, 0x10000
FOREIGN = "S-1-5-21-11-22-33-1104"
IN_LAB = "$x = $ExecutionContext.SessionState.Path.GetUnresolvedProviderPathFromPSPath('D:\\x')\n"
NEW = "$new = [Security.AccessControl.DirectorySecurity]::new()\n"


def folder(lab: Lab, path: str = r"D:\x") -> Path:
    made = lab.path(path)
    made.mkdir(parents=True, exist_ok=True)
    return made


def put(lab: Lab, path: Path, sddl: str) -> None:
    lists = AccessLists(lab.folder)
    lists.write_list(path, lists.dialect.parse(sddl))


def read(lab: Lab, path: Path) -> str:
    text = AccessLists(lab.folder).sddl(path)
    return text[text.index("D:") :]


def may(lab: Lab, path: Path, user: str = "deploy") -> int:
    return AccessLists(lab.folder).granted(path, token.of_process(lab.folder, {"USERNAME": user}))


def test_a_fresh_machine(machine: Lab) -> None:
    """Its drives and folders are protected as on a server that has just been set up."""
    lists = AccessLists(machine.folder)
    deploy = stored(machine, "users", "deploy")["sid"]

    assert lists.sddl(machine.drive("D")) == (
        "O:BAG:SYD:(A;OICI;FA;;;BA)(A;OICI;FA;;;SY)(A;OICIIO;GA;;;CO)(A;OICI;0x1200a9;;;BU)"
        "(A;CI;LC;;;BU)(A;CIIO;DC;;;BU)(A;;0x1200a9;;;WD)"
    )
    assert lists.sddl(machine.drive("C")).startswith("O:S-1-5-80-956008885-")
    assert read(machine, machine.path(r"C:\Users\deploy")).endswith(f"(A;OICI;FA;;;{deploy})")
    new_user(machine, "reader")
    for path in (r"C:\Windows", r"C:\Program Files", r"C:\Users", "D:\\"):
        assert may(machine, machine.path(path), "reader") & READ == READ
        assert not may(machine, machine.path(path), "reader") & DELETE
    assert not may(machine, machine.path(r"C:\Users\deploy"), "reader") & 1
    assert may(machine, machine.path(r"C:\Users\deploy\Documents")) == FULL
    assert not (machine.state / "access").exists()


def test_what_is_set_stands_in_a_file(machine: Lab) -> None:
    """With its path, owner and entries; folders and files below follow."""
    made = folder(machine, r"D:\x\y")
    (made / "f").write_text("x")

    put(machine, made.parent, f"D:P(A;OICI;FA;;;SY)(A;CI;FR;;;{FOREIGN})")

    (file,) = (machine.state / "access").iterdir()
    assert json.loads(file.read_text()) == {
        "path": r"D:\x",
        "owner": "S-1-5-32-544",
        "group": f"{machine.read_state('system')['machine_sid']}-513",
        "control": "PAI",
        "entries": ["(A;OICI;FA;;;SY)", f"(A;CI;FR;;;{FOREIGN})"],
    }
    assert read(machine, made) == f"D:AI(A;OICIID;FA;;;SY)(A;CIID;FR;;;{FOREIGN})"
    assert read(machine, made / "f") == "D:AI(A;ID;FA;;;SY)"


def test_inherited_entries_are_windows_to_compute(machine: Lab) -> None:
    """Those that come with a list are dropped, and those from above follow."""
    made = folder(machine)

    put(machine, made, "D:AI(A;;FR;;;BG)(A;ID;FA;;;AN)")

    assert read(machine, made).startswith("D:AI(A;;FR;;;BG)(A;OICIID;FA;;;BA)")
    assert "AN" not in read(machine, made)


def remove_and_make(path: Path) -> None:
    shutil.rmtree(path)
    path.mkdir()


def move_away_and_make(path: Path) -> None:
    path.rename(path.with_name("away"))
    path.mkdir()


@pytest.mark.parametrize("change", [remove_and_make, move_away_and_make])
def test_a_new_folder_has_nothing_of_an_old_one(
    machine: Lab, change: Callable[[Path], None]
) -> None:
    """However soon it is made in its place."""
    made = folder(machine)
    put(machine, made, "D:P(A;OICI;FA;;;SY)")

    change(made)

    assert "P" not in read(machine, made)[:5]
    assert may(machine, made) == FULL


def test_a_list_goes_where_its_folder_goes(machine: Lab) -> None:
    """Renamed, or moved on the same drive."""
    made = folder(machine)
    put(machine, made, "D:P(A;OICI;FA;;;SY)")

    moved = made.rename(machine.path(r"D:\renamed"))

    assert read(machine, moved) == "D:PAI(A;OICI;FA;;;SY)"


def test_a_link_has_a_list_of_its_own(machine: Lab) -> None:
    """Not that of its target."""
    made = folder(machine)
    put(machine, made, "D:P(A;OICI;FA;;;SY)")
    link = machine.path(r"D:\link")
    link.symlink_to(made)

    assert "P" not in read(machine, link)[:5]


@pytest.mark.parametrize(
    ("entries", "granted"),
    [
        ("(A;;FR;;;BA)", READ),
        ("(A;;FR;;;BU)(A;;SD;;;AU)", READ | DELETE),
        ("(D;;SD;;;WD)(A;;FA;;;BA)", FULL & ~DELETE),
        ("(A;;FA;;;BA)(D;;SD;;;WD)", FULL),
        ("(D;;GA;;;NU)(A;;GA;;;BA)", 0),
        ("(A;OICIIO;GA;;;BA)", 0),
        ("(A;;GR;;;BA)", READ),
        ("(A;;FA;;;SY)", 0),
        ("(XA;;FA;;;BA;(x))", 0),
        ("(A;;FR;;;OW)", 0),
    ],
)
def test_rights_are_evaluated(machine: Lab, entries: str, granted: int) -> None:
    """Of each right, the first entry for any of the SIDs decides."""
    lists = AccessLists(machine.folder)
    found = replace(lists.dialect.parse(f"D:{entries}"), owner="S-1-5-18")
    who = replace(token.of_process(machine.folder, {"USERNAME": "deploy"}), privileges=())

    assert evaluate(found, who) == granted


def test_no_list_grants_everything(machine: Lab) -> None:
    """An empty one grants nothing."""
    lists = AccessLists(machine.folder)
    who = replace(token.of_process(machine.folder, {"USERNAME": "deploy"}), privileges=())

    assert evaluate(lists.dialect.parse("O:SYD:NO_ACCESS_CONTROL"), who) == FULL
    assert evaluate(lists.dialect.parse("O:SYD:P"), who) == 0


def test_an_owner_may_look_after_the_list(machine: Lab) -> None:
    """Unless an entry for OWNER RIGHTS says how much; the privilege lets take ownership."""
    lists = AccessLists(machine.folder)
    who = token.of_process(machine.folder, {"USERNAME": "deploy"})
    plain = replace(who, privileges=())

    assert evaluate(lists.dialect.parse("O:BAD:P"), plain) == READ_CONTROL | WRITE_DAC
    assert evaluate(lists.dialect.parse("O:BAD:P(A;;RC;;;OW)"), plain) == READ_CONTROL
    assert evaluate(lists.dialect.parse("O:SYD:P"), who) == 0x80000


def test_a_filtered_administrator(machine: Lab) -> None:
    """The group then counts for denials alone."""
    (user,) = machine.config.users
    machine.configure(users=(replace(user, full_token=False),))
    lists = AccessLists(machine.folder)
    who = token.of_process(machine.folder, {"USERNAME": "deploy"})

    assert evaluate(lists.dialect.parse("O:SYD:(A;;FA;;;BA)"), who) == 0
    assert evaluate(lists.dialect.parse("O:SYD:(D;;FR;;;BA)(A;;FA;;;BU)"), who) == FULL & ~READ


def test_a_folder_lets_delete_what_is_in_it(machine: Lab) -> None:
    """Whatever the file's own list says."""
    made = folder(machine)
    file = made / "f"
    file.write_text("x")
    put(machine, file, "D:P(A;;FA;;;SY)")

    assert may(machine, file) & DELETE
    put(machine, made, "D:P(A;;FR;;;BA)")
    assert not may(machine, file) & DELETE


def test_a_services_account(machine: Lab) -> None:
    """Its own SID, and those it gets as a service."""
    made = folder(machine)
    lists = AccessLists(machine.folder)
    put(machine, made, f"D:P(A;OICI;FA;;;SY)(A;OICI;FR;;;{FOREIGN})")

    assert lists.granted(made, lists.of("S-1-5-18")) == FULL
    assert not lists.granted(made, lists.of("S-1-5-19")) & 1
    assert lists.granted(made, lists.of("S-1-5-19", (FOREIGN,))) & READ == READ


# What scripts see


def test_get_acl(machine: Lab) -> None:
    """Owner, entries and SDDL, in .NET's order, under the names of this Windows."""
    machine.configure(language="de")
    made = folder(machine)
    (made / "f").write_text("x")
    put(machine, made, f"D:P(D;;SD;;;BU)(A;;FA;;;SY)(A;OICIIO;FA;;;SY)(A;OICI;GR;;;{FOREIGN})")

    found = answers(
        machine,
        r"""
        $acl = Get-Acl -LiteralPath D:\x
        @{
            Sddl = $acl.Sddl; Owner = $acl.Owner; Protected = $acl.AreAccessRulesProtected
            Path = $acl.Path
            Rules = @($acl.Access | ForEach-Object {
                "$($_.IdentityReference) $($_.AccessControlType) $($_.FileSystemRights) " +
                "$($_.IsInherited) $($_.InheritanceFlags) $($_.PropagationFlags)" })
            File = (Get-Acl D:\x\*).Sddl
            Piped = (Get-Item D:\x | Get-Acl).Sddl -eq $acl.Sddl
        }
        """,
    )

    lists = AccessLists(machine.folder)
    assert found["Sddl"] == lists.net_sddl(made)
    assert found["Owner"] == "VORDEFINIERT\\Administratoren"
    assert found["Protected"] is True
    assert found["Rules"] == [
        "VORDEFINIERT\\Benutzer Deny Delete False None None",
        "NT-AUTORITÄT\\SYSTEM Allow FullControl False ContainerInherit, ObjectInherit None",
        f"{FOREIGN} Allow -2147483648 False ContainerInherit, ObjectInherit None",
    ]
    assert found["File"] == lists.net_sddl(made / "f")
    assert found["Piped"] is True


def test_a_whole_list_is_written(machine: Lab) -> None:
    """As the product does it; the owner stays."""
    made = folder(machine)
    (made / "f").write_text("x")

    run = powershell(
        machine,
        IN_LAB
        + NEW
        + f"""
        $access = [Security.AccessControl.AccessControlSections]::Access
        $new.SetSecurityDescriptorSddlForm('O:SYG:SYD:PAI(A;OICI;FA;;;BA)(A;;FR;;;{FOREIGN})', $access)
        [IO.Directory]::SetAccessControl($x, $new)
        $file = New-Object System.Security.AccessControl.FileSecurity
        $file.SetSecurityDescriptorSddlForm('D:AI(A;OICI;FR;;;{FOREIGN})', $access)
        [System.IO.File]::SetAccessControl("$x/f", $file)
        [IO.Directory]::GetAccessControl($x).GetSecurityDescriptorSddlForm($access)
        [IO.File]::GetAccessControl("$x/f", 'Access').GetSecurityDescriptorSddlForm('Access')
        """,
    )

    assert run.errors == ""
    assert read(machine, made) == f"D:PAI(A;OICI;FA;;;BA)(A;;FR;;;{FOREIGN})"
    assert read(machine, made / "f") == f"D:AI(A;;FR;;;{FOREIGN})(A;ID;FA;;;BA)"
    assert run.lines == [read(machine, made), read(machine, made / "f")]
    assert AccessLists(machine.folder).own(made).owner == "S-1-5-32-544"


def test_set_acl_writes_the_owner_too(machine: Lab) -> None:
    """All that another file's descriptor says."""
    made = folder(machine)
    other = folder(machine, r"D:\y")
    put(machine, other, "O:SYG:SYD:P(A;OICI;FA;;;BA)")

    run = powershell(machine, r"Get-Acl D:\y | Set-Acl -Path D:\x")

    assert run.errors == ""
    lists = AccessLists(machine.folder)
    assert lists.sddl(made) == lists.sddl(other) == "O:SYG:SYD:PAI(A;OICI;FA;;;BA)"


REFUSED = """
try {{ {0} }} catch {{
    $inner = $_.Exception.GetBaseException()
    $inner.GetType().Name + '|' + $inner.Message.Replace("`r`n", ' ') + '|' + $_.FullyQualifiedErrorId
}}
"""


def refusal(lab: Lab, text: str, user: str = "deploy") -> list[str]:
    start = "$ErrorActionPreference = 'Stop'\n" + IN_LAB + NEW
    run = powershell(lab, start + REFUSED.format(text), user=user)
    assert run.errors == ""
    return run.output.strip().split("|")


def test_what_is_no_descriptor(machine: Lab) -> None:
    """An ArgumentException at once."""
    folder(machine)

    found = refusal(machine, "$new.SetSecurityDescriptorSddlForm('D:(A;;FA', 'Access')")

    assert found[0] == "ArgumentException"
    assert found[1].startswith("The SDDL form of a security descriptor object is invalid.")


def test_what_is_not_there(machine: Lab) -> None:
    """Each way to ask says it in its own words."""
    assert refusal(machine, r"Get-Acl -LiteralPath D:\no") == [
        "ItemNotFoundException",
        r"Cannot find path 'D:\no' because it does not exist.",
        "GetAcl_PathNotFound_Exception,Microsoft.PowerShell.Commands.GetAclCommand",
    ]
    assert refusal(machine, r"Get-Acl Q:\no")[0] == "ItemNotFoundException"
    text = "$new.SetSecurityDescriptorSddlForm('D:P'); [IO.Directory]::SetAccessControl($x, $new)"
    assert refusal(machine, text)[0] == "DirectoryNotFoundException"
    assert refusal(machine, "[IO.File]::GetAccessControl($x)")[0] == "FileNotFoundException"


def test_an_administrators_folder_without_access(machine: Lab) -> None:
    """Neither read nor changed by one whom it grants nothing, an administrator though he be."""
    made = folder(machine)
    put(machine, made, "O:SYD:P(A;OICI;FA;;;SY)")
    before = AccessLists(machine.folder).sddl(made)

    assert refusal(machine, r"Get-Acl D:\x") == [
        "UnauthorizedAccessException",
        "Attempted to perform an unauthorized operation.",
        "System.UnauthorizedAccessException,Microsoft.PowerShell.Commands.GetAclCommand",
    ]
    write = "$new.SetSecurityDescriptorSddlForm('D:P(A;;FA;;;WD)'); [IO.Directory]::SetAccessControl($x, $new)"
    found = refusal(machine, write)
    assert found[0] == "UnauthorizedAccessException"
    assert found[2] == "UnauthorizedAccessException"
    assert AccessLists(machine.folder).sddl(made) == before


def test_who_may_read_may_not_change(machine: Lab) -> None:
    """A user sees the list of a folder that he reads, and no more."""
    made = folder(machine)
    new_user(machine, "reader")
    write = "$new.SetSecurityDescriptorSddlForm('D:P(A;;FA;;;WD)'); [IO.Directory]::SetAccessControl($x, $new)"
    before = AccessLists(machine.folder).sddl(made)

    assert refusal(machine, write, user="reader")[0] == "UnauthorizedAccessException"
    assert refusal(machine, r"(Get-Acl D:\x).Sddl.Length -gt 20", user="reader") == ["True"]
    assert AccessLists(machine.folder).sddl(made) == before


def test_a_stranger_as_owner(machine: Lab) -> None:
    """Without the privilege to restore files, only oneself or Administrators."""
    made = folder(machine)
    rights.write(machine.folder, {"SeRestorePrivilege": []}, "S-1-5-18")
    write = "$new.SetSecurityDescriptorSddlForm('O:{}'); [IO.Directory]::SetAccessControl($x, $new)"

    found = refusal(machine, write.format("SY"))

    assert found[:2] == [
        "InvalidOperationException",
        "The security identifier is not allowed to be the owner of this object.",
    ]
    assert refusal(machine, write.format("BA")) == [""]
    assert AccessLists(machine.folder).own(made).owner == "S-1-5-32-544"


def test_a_file_that_is_replaced_keeps_its_list(machine: Lab) -> None:
    """ReplaceFile hands it on to the new one."""
    made = folder(machine)
    (made / "old").write_text("old")
    (made / "new").write_text("new")
    put(machine, made / "old", "O:SYD:P(A;;FA;;;BA)")

    run = powershell(machine, IN_LAB + '[IO.File]::Replace("$x/new", "$x/old", "$x/backup")')

    assert run.errors == ""
    assert (made / "old").read_text() == "new"
    assert read(machine, made / "old") == "D:PAI(A;;FA;;;BA)"
    assert AccessLists(machine.folder).own(made / "old").owner == "S-1-5-18"


def test_another_members_rights(machine: Lab) -> None:
    """Groups that an account is in grant it what they are granted."""
    made = folder(machine)
    user = new_user(machine, "svc_prefect")
    put(machine, made, "O:SYD:P(A;;FR;;;BG)")

    assert not may(machine, made, "svc_prefect") & 1
    edit(machine, lambda known: known.group("S-1-5-32-546").members.append(user.sid))  # type: ignore[union-attr]
    assert may(machine, made, "svc_prefect") & READ == READ
