"""The cmdlets of NetSecurity in the lab; the registry is the witness."""

from __future__ import annotations

from typing import Any

import pytest

from tests.lab.people import answers, powershell
from winfra.lab import firewall
from winfra.lab.endpoint_config import User
from winfra.lab.state import Lab

REFUSED = """
$found = [ordered] @{}
foreach ($name in $actions.Keys) {
    $found[$name] = try { $null = & $actions[$name]; 'done' } catch { $_.FullyQualifiedErrorId + ' ' + $_.CategoryInfo.Category }
}
$found
"""


def refusals(lab: Lab, actions: str, **options: Any) -> dict[str, str]:
    """Name of an action -> the error's id and category."""
    start = f"$ErrorActionPreference = 'Stop'\n$actions = [ordered] @{{\n{actions}\n}}\n"
    return answers(lab, start + REFUSED, **options)


def rule(lab: Lab, name: str) -> Any:
    return lab.keys.get(firewall.RULES, name)


def test_a_bare_machine_has_windows_own_rules(machine: Lab) -> None:
    """The firewall is on, and WinRM is let in."""
    found = answers(
        machine,
        """
        $rule = Get-NetFirewallRule -Name WINRM-HTTP-In-TCP
        @{
            Enabled = [string] $rule.Enabled; Direction = [string] $rule.Direction; Profile = [string] $rule.Profile
            Port = ($rule | Get-NetFirewallPortFilter).LocalPort; Program = ($rule | Get-NetFirewallApplicationFilter).Program
            On = @(Get-NetFirewallProfile | ForEach-Object { "$($_.Name) $($_.Enabled)" })
            Off = @(Get-NetFirewallRule -Enabled False | ForEach-Object { $_.Name })
        }
        """,
    )

    assert found == {
        "Enabled": "True", "Direction": "Inbound", "Profile": "Domain, Private", "Port": "5985",
        "Program": "System", "On": ["Domain True", "Private True", "Public True"],
        "Off": ["RemoteDesktop-UserMode-In-TCP"],
    }  # fmt: skip


def test_a_new_rule(machine: Lab) -> None:
    """It is stored as Windows stores it, and comes back as an object."""
    found = answers(
        machine,
        """
        $made = New-NetFirewallRule -Name web -DisplayName 'Web server' -Direction Inbound -Action Allow -Protocol TCP `
            -LocalPort 80, 8000-8080 -RemoteAddress 10.0.0.0/8, 192.168.1.7, LocalSubnet, 2001:db8::/32 -Profile Domain, Private `
            -Program 'C:\\web.exe' -Service W3SVC -Description 'for all' -Group Web
        $address = Get-NetFirewallAddressFilter -AssociatedNetFirewallRule $made
        @{
            Name = $made.Name; Text = $made.DisplayName; Enabled = [string] $made.Enabled
            Address = $address.RemoteAddress; Local = $address.LocalAddress
            Ports = ($made | Get-NetFirewallPortFilter).LocalPort; Service = ($made | Get-NetFirewallServiceFilter).Service
            Unnamed = (New-NetFirewallRule -DisplayName 'x').Name -match '^\\{[0-9A-F-]{36}\\}$'
        }
        """,
    )

    assert found == {
        "Name": "web", "Text": "Web server", "Enabled": "True",
        "Address": ["10.0.0.0/255.0.0.0", "192.168.1.7", "LocalSubnet", "2001:db8::/32"],
        "Local": "Any", "Ports": ["80", "8000-8080"], "Service": "W3SVC", "Unnamed": True,
    }  # fmt: skip
    assert rule(machine, "web") == (
        "v2.31|Action=Allow|Active=TRUE|Dir=In|Protocol=6|Profile=Domain|Profile=Private|LPort=80|"
        "LPort2_10=8000-8080|RA4=10.0.0.0/255.0.0.0|RA4=192.168.1.7|RA4=LocalSubnet|"
        r"RA6=LocalSubnet|RA6=2001:db8::/32|App=C:\web.exe|Svc=W3SVC|Name=Web server|Desc=for all|"
        "EmbedCtxt=Web|"
    )


def test_a_rule_is_changed(machine: Lab) -> None:
    """What is not given stays; Any takes a limit away; a display name may be that of several."""
    result = powershell(
        machine,
        """
        $null = New-NetFirewallRule -Name a -DisplayName same -Protocol TCP -LocalPort 80 -RemoteAddress 10.0.0.1
        $null = New-NetFirewallRule -Name b -DisplayName same -Direction Outbound
        Set-NetFirewallRule -Name a -NewDisplayName other -RemoteAddress Any -LocalPort 81 -Profile Any -Action Block
        Get-NetFirewallRule -DisplayName same | Set-NetFirewallRule -Enabled False
        Disable-NetFirewallRule -Name a
        Enable-NetFirewallRule -DisplayName other
        (Set-NetFirewallRule -Name a -Protocol UDP -PassThru).DisplayName
        """,
    )

    assert (result.lines, result.errors) == (["other"], "")
    assert rule(machine, "a") == (
        "v2.31|Action=Block|Active=TRUE|Dir=In|Protocol=17|LPort=81|Name=other|"
    )
    assert rule(machine, "b") == "v2.31|Action=Allow|Active=FALSE|Dir=Out|Name=same|"


def test_rules_are_removed(machine: Lab) -> None:
    """By name, in any case, as a pattern; without anything all of them go, as on Windows."""
    result = powershell(
        machine,
        """
        foreach ($name in 'one', 'two', 'three') { $null = New-NetFirewallRule -Name $name -DisplayName shown }
        Remove-NetFirewallRule -Name ONE -WhatIf
        Remove-NetFirewallRule -Name ONE
        Remove-NetFirewallRule -Name t*e
        @(Get-NetFirewallRule -DisplayName shown | ForEach-Object { $_.Name })
        Remove-NetFirewallRule
        @(Get-NetFirewallRule).Count
        """,
    )

    assert result.lines[-2:] == ["two", "0"]
    assert machine.keys.values(firewall.RULES) == {}


def test_refusals(machine: Lab) -> None:
    """Each has the id and category of Windows."""
    powershell(machine, "$null = New-NetFirewallRule -Name there -DisplayName x")
    found = refusals(
        machine,
        """
        Taken = { New-NetFirewallRule -Name THERE -DisplayName x -ErrorAction Stop }
        Address = { New-NetFirewallRule -DisplayName x -RemoteAddress server1 -ErrorAction Stop }
        Range = { New-NetFirewallRule -DisplayName x -RemoteAddress 10.0.0.9-10.0.0.1 -ErrorAction Stop }
        Loopback = { New-NetFirewallRule -DisplayName x -RemoteAddress ::1 -ErrorAction Stop }
        Port = { New-NetFirewallRule -DisplayName x -Protocol TCP -LocalPort 70000 -ErrorAction Stop }
        NoPorts = { New-NetFirewallRule -DisplayName x -LocalPort 80 -ErrorAction Stop }
        Protocol = { New-NetFirewallRule -DisplayName x -Protocol XYZ -ErrorAction Stop }
        Text = { New-NetFirewallRule -DisplayName 'a|b' -ErrorAction Stop }
        Missing = { Set-NetFirewallRule -Name none -Enabled True -ErrorAction Stop }
        Remove = { Remove-NetFirewallRule -Name none -ErrorAction Stop }
        Shown = { Get-NetFirewallRule -DisplayName none -ErrorAction Stop }
        Pattern = { Get-NetFirewallRule -Name none* -ErrorAction Stop }
        Boolean = { New-NetFirewallRule -DisplayName x -Enabled $true -ErrorAction Stop }
        """,
    )

    assert found == {
        "Taken": "Windows System Error 183,New-NetFirewallRule ResourceExists",
        "Address": "HRESULT 0x80070057,New-NetFirewallRule InvalidArgument",
        "Range": "HRESULT 0x80070057,New-NetFirewallRule InvalidArgument",
        "Loopback": "HRESULT 0x80070057,New-NetFirewallRule InvalidArgument",
        "Port": "HRESULT 0x80070057,New-NetFirewallRule InvalidArgument",
        "NoPorts": "HRESULT 0x80070057,New-NetFirewallRule InvalidArgument",
        "Protocol": "HRESULT 0x80070057,New-NetFirewallRule InvalidArgument",
        "Text": "HRESULT 0x80070057,New-NetFirewallRule InvalidArgument",
        "Missing": "CmdletizationQuery_NotFound_InstanceID,Set-NetFirewallRule ObjectNotFound",
        "Remove": "CmdletizationQuery_NotFound_InstanceID,Remove-NetFirewallRule ObjectNotFound",
        "Shown": "CmdletizationQuery_NotFound_DisplayName,Get-NetFirewallRule ObjectNotFound",
        "Pattern": "done",
        "Boolean": "ParameterArgumentTransformationError,New-NetFirewallRule InvalidData",
    }


@pytest.mark.parametrize(
    "user",
    [User("plain", "p", administrator=False), User("plain", "p", full_token=False)],
    ids=["plain", "filtered"],
)
def test_access_denied(machine: Lab, user: User) -> None:
    """Only an administrator with a full token changes anything; everybody may look."""
    machine.configure(users=(*machine.config.users, user))
    machine.path(r"C:\Users\plain\AppData\Local\Temp").mkdir(parents=True)
    found = refusals(
        machine,
        """
        New = { New-NetFirewallRule -DisplayName x -ErrorAction Stop }
        Set = { Set-NetFirewallRule -Name WINRM-HTTP-In-TCP -Enabled False -ErrorAction Stop }
        Remove = { Remove-NetFirewallRule -Name WINRM-HTTP-In-TCP -ErrorAction Stop }
        Read = { Get-NetFirewallRule -Name WINRM-HTTP-In-TCP -ErrorAction Stop }
        """,
        user="plain",
    )

    assert found.pop("Read") == "done"
    assert {said.partition(",")[0] for said in found.values()} == {"Windows System Error 5"}
    assert {said.partition(" ")[2].split()[-1] for said in found.values()} == {"PermissionDenied"}


def test_a_disabled_service_refuses_everything(machine: Lab) -> None:
    """Windows' firewall is not there without mpssvc."""
    machine.keys.set(firewall.SERVICE, "Start", 4)

    found = refusals(machine, "New = { New-NetFirewallRule -DisplayName x -ErrorAction Stop }")

    assert found["New"].startswith("Windows System Error 1753,")
