"""The types for accounts that scripts in the lab use: names, SIDs, entries of the WinNT: provider."""

from __future__ import annotations

from typing import Any

from tests.lab.people import PASSWORD, answers, edit, new_user, powershell, sam, stored
from winfra.lab import logon
from winfra.lab.accounts import Accounts
from winfra.lab.state import Lab

ADMINISTRATORS = "S-1-5-32-544"
HRESULT = "'{0:X8}' -f $_.Exception.GetBaseException().HResult"
FOREIGN = "S-1-5-21-11-22-33-1104"


def test_names_and_sids(machine: Lab) -> None:
    """A name becomes a SID and a SID a name, under both spellings of the types."""
    machine.configure(language="de")
    found = answers(
        machine,
        """
        $sid = [Security.Principal.SecurityIdentifier]
        @{
            Sid = [Security.Principal.NTAccount]::new('Administratoren').Translate($sid).Value
            Long = [System.Security.Principal.NTAccount]::new('WINLAB', 'deploy').Translate(
                [System.Security.Principal.SecurityIdentifier]).Value
            New = (New-Object Security.Principal.SecurityIdentifier 'S-1-5-18').Translate(
                [Security.Principal.NTAccount]).Value
            Alias = [Security.Principal.SecurityIdentifier]::new('BA').Value
            Cast = ([Security.Principal.SecurityIdentifier] 's-1-5-018').Value
        }
        """,
    )

    assert found == {
        "Sid": ADMINISTRATORS,
        "Long": stored(machine, "users", "deploy")["sid"],
        "New": "NT-AUTORITÄT\\SYSTEM",
        "Alias": ADMINISTRATORS,
        "Cast": "S-1-5-18",
    }


def test_what_does_not_translate(machine: Lab) -> None:
    """Unknown names and SIDs are an IdentityNotMappedException, malformed ones an ArgumentException."""
    found = answers(
        machine,
        """
        $sid, $account = [Security.Principal.SecurityIdentifier], [Security.Principal.NTAccount]
        $seen = @(foreach ($action in @(
            { $account::new('nobody').Translate($sid) }, { $sid::new('S-1-5-21-1-2-3-4').Translate($account) }
            { $sid::new('S-1-5-32-544x') }, { $sid::new('S-1-5-4294967296') }, { $sid::new([byte[]] (1, 2), 0) }
            { $account::new('') }, { $account::new('deploy').Translate([string]) }
        )) {
            try { & $action; 'nothing' }
            catch [Security.Principal.IdentityNotMappedException] { 'unmapped' }
            catch { $_.FullyQualifiedErrorId + ' ' + $_.Exception.GetType().Name }
        })
        @{ Seen = $seen }
        """,
    )

    bad = "ArgumentException MethodInvocationException"
    assert found["Seen"] == ["unmapped", "unmapped", bad, bad, bad, bad, bad]


def test_an_error_stands_where_the_script_called(machine: Lab) -> None:
    """It ends its statement only, and tells the line of the caller."""
    text = "[Security.Principal.NTAccount]::new('x').Translate([Security.Principal.SecurityIdentifier])\n'after'"

    result = powershell(machine, text)

    assert result.lines == ["after"]
    assert "At line:2 char:1" in result.errors
    assert "Some or all identity references could not be translated." in result.errors


def test_sids_as_bytes(machine: Lab) -> None:
    """A SID has a binary form, compares by value and has text."""
    found = answers(
        machine,
        """
        $sid = [Security.Principal.SecurityIdentifier]::new('S-1-5-21-1-4294967295-3-500')
        $bytes = [byte[]]::new($sid.BinaryLength)
        $sid.GetBinaryForm($bytes, 0)
        $again = [Security.Principal.SecurityIdentifier]::new($bytes, 0)
        @{ Bytes = $bytes; Same = $again -eq $sid; Other = $sid -eq 'S-1-5-18'; Text = "$again"; Account = $sid.IsAccountSid() }
        """,
    )

    assert bytes(found["Bytes"]).hex() == (
        "0105000000000005" + "15000000" + "01000000" + "ffffffff" + "03000000" + "f4010000"
    )
    assert (found["Same"], found["Other"], found["Account"]) == (True, False, True)
    assert found["Text"] == "S-1-5-21-1-4294967295-3-500"


def test_members_of_a_group(machine: Lab) -> None:
    """Orphans are listed with the others, by their SID."""
    user = new_user(machine, "dienst é")
    sam(machine).add_member(ADMINISTRATORS, user.sid)
    sam(machine).add_member(ADMINISTRATORS, FOREIGN)
    found = answers(
        machine,
        """
        $group = [adsi] "WinNT://./Administrators,group"
        @{ Items = @(foreach ($member in @($group.psbase.Invoke('Members'))) {
            $entry = [DirectoryServices.DirectoryEntry]::new($member)
            $bytes = [byte[]] $entry.Properties['objectSid'].Value
            @{ Path = $entry.Path; Sid = [Security.Principal.SecurityIdentifier]::new($bytes, 0).Value }
        }) }
        """,
    )

    items = {item["Sid"]: item["Path"] for item in found["Items"]}
    assert set(items) == set(stored(machine, "groups", ADMINISTRATORS)["members"])
    assert items[user.sid] == "WinNT://WORKGROUP/WINLAB/dienst é"
    assert items[FOREIGN] == f"WinNT://{FOREIGN}"


def test_changing_a_group(machine: Lab) -> None:
    """Add and Remove take a SID or a path; what is so already has a code of its own."""
    new_user(machine)
    found = answers(
        machine,
        f"""
        $group = [adsi] "WinNT://$env:COMPUTERNAME/Users,group"
        $codes = @(foreach ($step in @(
            @('Add', 'WinNT://{FOREIGN}'), @('Add', 'WinNT://{FOREIGN}'), @('Remove', 'WinNT://{FOREIGN}')
            @('Remove', 'WinNT://{FOREIGN}'), @('Add', 'WinNT://WINLAB/svc_prefect'), @('Add', 'WinNT://WINLAB/nobody')
            @('Add', 'WinNT://S-1-5-32-546'), @('Add', 'nonsense'), @('Fly', 'WinNT://{FOREIGN}')
        )) {{
            try {{ $null = $group.psbase.Invoke($step[0], $step[1]); 'done' }} catch {{ {HRESULT} }}
        }})
        $missing = try {{ ([adsi] 'WinNT://./Nothing,group').psbase.Invoke('Members') }} catch {{ {HRESULT} }}
        @{{ Codes = $codes; Missing = $missing }}
        """,
    )

    assert found["Codes"] == [
        "done", "80070562", "done",
        "80070561", "done", "80070534",
        "8007056C", "80005000", "80020006",
    ]  # fmt: skip
    assert found["Missing"] == "800708AC"
    assert stored(machine, "users", "svc_prefect")["sid"] in members(machine, "Users")


def test_a_password_is_tried_by_connecting(machine: Lab) -> None:
    """The codes tell a wrong password from an account that may not log on."""
    new_user(machine)
    new_user(machine, "off", enabled="false")
    new_user(machine, "denied")
    new_user(machine, "late")
    denied = stored(machine, "users", "denied")["sid"]
    machine.write_state(
        "rights", machine.read_state("rights") | {"SeDenyNetworkLogonRight": [denied]}
    )
    edit(machine, lambda known: setattr(known.policy, "lockout_threshold", 2))
    edit(machine, must_change)
    found = answers(machine, CONNECT.replace("PASSWORD", PASSWORD).replace("HRESULT", HRESULT))

    assert found["Codes"] == [
        "svc_prefect wrong 8007052E",
        "svc_prefect right ok",
        "off right 80070533",
        "denied right 80070569",
        "late right 80070773",
        "svc_prefect wrong 8007052E",
        "svc_prefect wrong 8007052E",
        "svc_prefect right 80070775",
    ]
    assert (found["Bad"], found["Most"]) == (2, 2)
    assert found["Flags"] & 0x10010 == 0x10010
    assert len(machine.events(4740)) == 1


CONNECT = """
$codes = @(foreach ($step in @(
    @('svc_prefect', 'wrong'), @('svc_prefect', 'right'), @('off', 'right'), @('denied', 'right'), @('late', 'right')
    @('svc_prefect', 'wrong'), @('svc_prefect', 'wrong'), @('svc_prefect', 'right')
)) {
    $password = if ($step[1] -eq 'right') { 'PASSWORD' } else { 'nonsense' }
    $path = "WinNT://$env:COMPUTERNAME/$($step[0]),user"
    $entry = [DirectoryServices.DirectoryEntry]::new($path, "$env:COMPUTERNAME\\$($step[0])", $password)
    try { $entry.RefreshCache(); "$step ok" } catch { "$step " + (HRESULT) }
    $entry.Dispose()
})
$user = [adsi] "WinNT://$env:COMPUTERNAME/svc_prefect,user"
@{
    Codes = $codes; Flags = $user.Properties['UserFlags'].Value
    Bad = $user.Properties['BadPasswordAttempts'].Value; Most = $user.Properties['MaxBadPasswordsAllowed'].Value
}
"""


def test_one_connection_at_a_time(machine: Lab) -> None:
    """While one is held under a name no other can be made (1219): no password is tried then."""
    new_user(machine)
    found = answers(
        machine,
        f"""
        $path = "WinNT://$env:COMPUTERNAME/svc_prefect,user"
        $held = [DirectoryServices.DirectoryEntry]::new($path, 'WINLAB\\svc_prefect', '{PASSWORD}')
        $held.RefreshCache()
        $other = [DirectoryServices.DirectoryEntry]::new($path, 'WINLAB\\deploy', 'x')
        $codes = @(
            try {{ $other.RefreshCache(); 'ok' }} catch {{ {HRESULT} }}
            $held.Dispose()
            try {{ $other.RefreshCache(); 'ok' }} catch {{ {HRESULT} }}
        )
        @{{ Codes = $codes }}
        """,
    )

    assert found["Codes"] == ["800704C3", "8007052E"]
    edit(machine, lambda known: setattr(known, "connected_as", "WINLAB\\other"))
    text = CONNECT.replace("PASSWORD", PASSWORD).replace("HRESULT", HRESULT)
    codes = answers(machine, text)["Codes"]
    assert {code.split()[-1] for code in codes} == {"800704C3"}
    assert stored(machine, "users", "svc_prefect")["bad_passwords"] == 0


def test_entries(machine: Lab) -> None:
    """The computer's entry has no password policy, which each user's has; unknown ones are told."""
    new_user(machine, comment="runs flows")
    found = answers(
        machine,
        f"""
        $computer = [adsi] "WinNT://$env:COMPUTERNAME,computer"
        $user = [adsi] 'WinNT://./svc_prefect'
        @{{
            Computer = @($computer.Properties['Name'].Value, $computer.Properties['MaxBadPasswordsAllowed'].Value)
            User = @($user.Properties['Description'].Value, $user.Properties['MaxPasswordAge'].Value, $user.Properties['Nonsense'].Count)
            Codes = @(foreach ($path in 'WinNT://./nobody,user', 'WinNT://OTHER/deploy,user', 'winnt://./deploy', 'WinNT://./deploy,planet') {{
                try {{ ([adsi] $path).RefreshCache(); 'ok' }} catch {{ {HRESULT} }}
            }})
        }}
        """,
    )

    assert found["Computer"] == ["WINLAB", None]
    assert found["User"] == ["runs flows", 42 * 86400, 0]
    assert found["Codes"] == ["800708AD", "80070035", "80005000", "80005004"]


def test_passwords_through_an_entry(machine: Lab) -> None:
    """SetPassword resets, ChangePassword asks for the old one; policy is code 2245."""
    new_user(machine)
    found = answers(
        machine,
        f"""
        $user = [adsi] "WinNT://$env:COMPUTERNAME/svc_prefect,user"
        @{{ Codes = @(
            try {{ $user.psbase.Invoke('SetPassword', 'short'); 'ok' }} catch {{ {HRESULT} }}
            try {{ $user.psbase.Invoke('ChangePassword', 'x', 'Next-Word-2'); 'ok' }} catch {{ {HRESULT} }}
            try {{ $null = $user.psbase.Invoke('ChangePassword', '{PASSWORD}', 'Next-Word-2') }} catch {{ {HRESULT} }}
        ) }}
        """,
    )

    assert found["Codes"] == ["800708C5", "80070056"]
    assert logs_on(machine, "Next-Word-2")


def test_access_denied(machine: Lab) -> None:
    """Only an administrator with a full token changes a group; everybody reads it."""
    plain = type(machine.config.users[0])("plain", "p", administrator=False)
    machine.configure(users=(*machine.config.users, plain))
    machine.path(r"C:\Users\plain\AppData\Local\Temp").mkdir(parents=True)
    text = f"""
        $group = [adsi] "WinNT://$env:COMPUTERNAME/Administrators,group"
        @{{
            Code = $(try {{ $group.psbase.Invoke('Add', 'WinNT://{FOREIGN}') }} catch {{ {HRESULT} }})
            Count = @($group.psbase.Invoke('Members')).Count
        }}
    """

    assert answers(machine, text, user="plain") == {"Code": "80070005", "Count": 2}


def test_policy_of_a_domain(machine: Lab) -> None:
    """CIM tells what policy sets and under which name; outside a domain there is nothing."""
    text = """
        $one = @(Get-CimInstance -Namespace root\\rsop\\computer -ClassName RSOP_UserPrivilegeRight -Filter "UserRight='SeBatchLogonRight'")
        $gpo = @(Get-CimInstance -Namespace root/rsop/computer -ClassName RSOP_GPO)
        @{ Rights = @($one | ForEach-Object { @{ Accounts = $_.AccountList; Gpo = $_.GPOID; Rank = $_.precedence } }); Names = @($gpo | ForEach-Object { $_.name }) }
    """
    assert answers(machine, text) == {"Rights": [], "Names": []}

    given = {"right": "SeBatchLogonRight", "accounts": ["*S-1-5-18"], "gpo": "cn={1}"}
    other = {"right": "SeTcbPrivilege", "accounts": [], "gpo": "cn={1}"}
    gpos = [{"id": "cn={1}", "name": "Baseline"}]
    machine.write_state("policy", {"domain": "X", "gpos": gpos, "rights": [given, other]})

    expected = {"Accounts": ["*S-1-5-18"], "Gpo": "cn={1}", "Rank": 1}
    assert answers(machine, text) == {"Rights": [expected], "Names": ["Baseline"]}


def members(lab: Lab, group: str) -> list[Any]:
    found: list[Any] = stored(lab, "groups", group)["members"]
    return found


def must_change(known: Accounts) -> None:
    user = known.user("late")
    assert user is not None
    user.password_set, user.password_expires = None, True


def logs_on(lab: Lab, password: str) -> bool:
    return logon.log_on(lab.folder, "svc_prefect", password) == 0
