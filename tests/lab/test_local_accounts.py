"""The cmdlets of Microsoft.PowerShell.LocalAccounts in the lab."""

from __future__ import annotations

from typing import Any

import pytest

from tests.lab.people import PASSWORD, answers, new_user, powershell, sam, stored
from winfra.lab import accounts
from winfra.lab.endpoint_config import User
from winfra.lab.state import Lab

ADMINISTRATORS = "S-1-5-32-544"
SECRET = f"$secret = [Net.NetworkCredential]::new('', '{PASSWORD}').SecurePassword\n"
REFUSED = """
$found = [ordered] @{}
foreach ($name in $actions.Keys) {
    $found[$name] = try { $null = & $actions[$name]; 'done' } catch { $_.FullyQualifiedErrorId + ' ' + $_.CategoryInfo.Category }
}
$found
"""


def refusals(lab: Lab, actions: str, **options: Any) -> dict[str, str]:
    """Name of an action -> the error's id and category."""
    start = f"$ErrorActionPreference = 'Stop'\n{SECRET}$actions = [ordered] @{{\n{actions}\n}}\n"
    found = answers(lab, start + REFUSED, **options)
    return {
        name: said.replace("Microsoft.PowerShell.Commands.", "") for name, said in found.items()
    }


def test_a_new_user(machine: Lab) -> None:
    """It has what it was given, and comes back as an object."""
    found = answers(
        machine,
        SECRET
        + """
        $made = New-LocalUser -Name 'svc prefect' -Password $secret -PasswordNeverExpires -Description 'runs flows' -FullName 'Prefect'
        $read = Get-LocalUser -Name 'svc prefect'
        @{
            Sid = $made.SID.Value; Same = $made.SID -eq $read.SID; Text = "$read"; Enabled = $read.Enabled
            Description = $read.Description; FullName = $read.FullName; Expires = $read.PasswordExpires
            Set = $read.PasswordLastSet -is [datetime]; Account = $read.AccountExpires; Source = $read.PrincipalSource
        }
        """,
    )

    user = stored(machine, "users", "svc prefect")
    assert found == {
        "Sid": user["sid"], "Same": True, "Text": "svc prefect", "Enabled": True,
        "Description": "runs flows", "FullName": "Prefect", "Expires": None,
        "Set": True, "Account": None, "Source": "Local",
    }  # fmt: skip
    assert not user["password_expires"]
    assert accounts.password_is(machine.folder, "svc prefect", PASSWORD)


def test_changing_a_user(machine: Lab) -> None:
    """Each cmdlet takes a name, a SID or an object from the pipeline."""
    user = new_user(machine)
    result = powershell(
        machine,
        f"""
        $secret = [Net.NetworkCredential]::new('', 'An0ther-Word').SecurePassword
        Get-LocalUser svc_prefect | Set-LocalUser -Password $secret -PasswordNeverExpires $false -Description 'new'
        Set-LocalUser -SID {user.sid} -UserMayChangePassword $false -AccountExpires '2031-02-03T04:05:06Z'
        Disable-LocalUser -Name svc_prefect
        (Get-LocalUser -SID {user.sid}).PasswordExpires -is [datetime]
        (Get-LocalUser svc_*).AccountExpires.ToUniversalTime().ToString('s')
        """,
    )

    assert (result.lines, result.errors) == (["True", "2031-02-03T04:05:06"], "")
    found = stored(machine, "users", "svc_prefect")
    assert found["comment"] == "new"
    assert (found["password_expires"], found["may_change_password"]) == (True, False)
    assert found["enabled"] is False
    assert accounts.password_is(machine.folder, "svc_prefect", "An0ther-Word")
    powershell(
        machine, f"Enable-LocalUser -SID {user.sid}\nSet-LocalUser svc_prefect -AccountNeverExpires"
    )
    found = stored(machine, "users", "svc_prefect")
    assert (found["enabled"], found["account_expires"]) == (True, None)


def test_removing_a_user(machine: Lab) -> None:
    """It is gone, and -WhatIf is not."""
    new_user(machine)

    kept = powershell(machine, "Remove-LocalUser -Name svc_prefect -WhatIf")
    assert stored(machine, "users", "svc_prefect")
    assert 'Performing the operation "Remove local user" on target "svc_prefect".' in kept.output
    assert powershell(machine, "Get-LocalUser svc_prefect | Remove-LocalUser").errors == ""
    assert accounts.read(machine.folder).user("svc_prefect") is None


def test_refusals(machine: Lab) -> None:
    """Each has the exception, id and category of Windows."""
    new_user(machine)
    found = refusals(
        machine,
        """
        Taken = { New-LocalUser svc_prefect -Password $secret }
        Group = { New-LocalUser Users -Password $secret }
        Name = { New-LocalUser 'a/b' -Password $secret }
        Long = { New-LocalUser ('x' * 21) -Password $secret }
        Comment = { Set-LocalUser svc_prefect -Description ('x' * 49) }
        Weak = { New-LocalUser weak -Password ([Net.NetworkCredential]::new('', 'weak').SecurePassword) }
        Reset = { Set-LocalUser svc_prefect -Password ([Net.NetworkCredential]::new('', 'weak').SecurePassword) }
        Unknown = { Get-LocalUser nobody }
        UnknownSid = { Set-LocalUser -SID S-1-5-21-1-2-3-4 -Description x }
        Remove = { Remove-LocalUser nobody }
        BuiltIn = { Remove-LocalUser Administrator }
        Both = { Set-LocalUser svc_prefect -AccountExpires '2031-01-01' -AccountNeverExpires }
        Nothing = { Get-LocalUser nobod* }
        """,
    )

    assert found == {
        "Taken": "UserExists,NewLocalUserCommand ResourceExists",
        "Group": "NameInUse,NewLocalUserCommand InvalidArgument",
        "Name": "InvalidName,NewLocalUserCommand InvalidArgument",
        "Long": "ParameterArgumentValidationError,New-LocalUser InvalidData",
        "Comment": "ParameterArgumentValidationError,Set-LocalUser InvalidData",
        "Weak": "InvalidPassword,NewLocalUserCommand InvalidArgument",
        "Reset": "InvalidPassword,SetLocalUserCommand InvalidArgument",
        "Unknown": "UserNotFound,GetLocalUserCommand ObjectNotFound",
        "UnknownSid": "UserNotFound,SetLocalUserCommand ObjectNotFound",
        "Remove": "UserNotFound,RemoveLocalUserCommand ObjectNotFound",
        "BuiltIn": "Internal,RemoveLocalUserCommand NotSpecified",
        "Both": "InvalidParameters,SetLocalUserCommand InvalidArgument",
        "Nothing": "done",
    }


def test_exceptions_can_be_caught(machine: Lab) -> None:
    """By the names of their types, and by that of what several have in common."""
    found = answers(
        machine,
        """
        $ErrorActionPreference = 'Stop'
        @{
            User = $(try { Get-LocalUser nobody } catch [Microsoft.PowerShell.Commands.UserNotFoundException] { "$_" })
            Group = $(try { Get-LocalGroup none } catch [Microsoft.PowerShell.Commands.NotFoundException] { "$_" })
        }
        """,
    )

    assert found == {"User": "User nobody was not found.", "Group": "Group none was not found."}


def test_groups(machine: Lab) -> None:
    """Groups have names of the language; members are listed with the machine's name, in order."""
    machine.configure(language="de")
    user = new_user(machine, "Anna")
    found = answers(
        machine,
        f"""
        Add-LocalGroupMember -SID {ADMINISTRATORS} -Member {user.sid}
        Add-LocalGroupMember -Group (Get-LocalGroup Benutzer) -Member (Get-LocalUser Anna)
        @{{
            Group = (Get-LocalGroup -SID {ADMINISTRATORS}).Name
            Members = @(Get-LocalGroupMember Administratoren | ForEach-Object {{ $_.Name }})
            One = (Get-LocalGroupMember -Name Administratoren -Member Anna).SID.Value
            Users = @(Get-LocalGroupMember Benutzer | ForEach-Object {{ "$($_.ObjectClass) $($_.Name)" }})
        }}
        """,
    )

    assert found == {
        "Group": "Administratoren",
        "Members": ["WINLAB\\Administrator", "WINLAB\\Anna", "WINLAB\\deploy"],
        "One": user.sid,
        "Users": [
            "Group NT-AUTORITÄT\\Authentifizierte Benutzer",
            "Group NT-AUTORITÄT\\INTERAKTIV",
            "User WINLAB\\Anna",
            "User WINLAB\\deploy",
        ],
    }


def test_refusals_of_members(machine: Lab) -> None:
    """Who is there, is not there or does not exist has an error of its own."""
    user = new_user(machine)
    sam(machine).add_member("Guests", user.sid)
    found = refusals(
        machine,
        """
        There = { Add-LocalGroupMember Guests svc_prefect }
        Gone = { Remove-LocalGroupMember Users svc_prefect }
        Unknown = { Add-LocalGroupMember Guests nobody }
        NoGroup = { Add-LocalGroupMember Nothing svc_prefect }
        Read = { Get-LocalGroupMember Nothing }
        Special = { Remove-LocalGroupMember Administrators Administrator }
        Remove = { Remove-LocalGroupMember Guests -Member svc_prefect }
        """,
    )

    assert found == {
        "There": "MemberExists,AddLocalGroupMemberCommand ResourceExists",
        "Gone": "MemberNotFound,RemoveLocalGroupMemberCommand ObjectNotFound",
        "Unknown": "PrincipalNotFound,AddLocalGroupMemberCommand ObjectNotFound",
        "NoGroup": "GroupNotFound,AddLocalGroupMemberCommand ObjectNotFound",
        "Read": "GroupNotFound,GetLocalGroupMemberCommand ObjectNotFound",
        "Special": "Internal,RemoveLocalGroupMemberCommand NotSpecified",
        "Remove": "done",
    }


@pytest.mark.parametrize(
    ("sid", "said"),
    [
        ("S-1-5-21-11-22-33-1104", "An unspecified error occurred: error code = 1789"),
        ("", "Failed to compare two elements in the array."),
    ],
)
def test_an_orphan_ends_the_list(machine: Lab, sid: str, said: str) -> None:
    """A member that no longer exists, of a domain or of this machine, hides all the others."""
    user = new_user(machine)
    sam(machine).add_member(ADMINISTRATORS, sid or user.sid)
    sam(machine).remove("svc_prefect")

    result = powershell(machine, "Get-LocalGroupMember Administrators")

    assert result.output == ""
    assert said in result.errors


@pytest.mark.parametrize(
    "user",
    [User("plain", "p", administrator=False), User("plain", "p", full_token=False)],
    ids=["plain", "filtered"],
)
def test_access_denied(machine: Lab, user: User) -> None:
    """Only an administrator with a full token changes anything."""
    machine.configure(users=(*machine.config.users, user))
    machine.path(r"C:\Users\plain\AppData\Local\Temp").mkdir(parents=True)
    found = refusals(
        machine,
        """
        New = { New-LocalUser other -Password $secret }
        Set = { Set-LocalUser deploy -Description x }
        Disable = { Disable-LocalUser deploy }
        Remove = { Remove-LocalUser deploy }
        Add = { Add-LocalGroupMember Guests deploy }
        Read = { Get-LocalUser deploy }
        """,
        user="plain",
    )

    assert found.pop("Read") == "done"
    assert {said.partition(",")[0] for said in found.values()} == {"AccessDenied"}
    assert {said.partition(" ")[2] for said in found.values()} == {"PermissionDenied"}
