"""Win32_Service in the lab: what it shows, and what its methods do and return."""

from __future__ import annotations

import pytest

from tests.lab.people import PASSWORD, answers, new_user, powershell
from tests.lab.scm.services import PROGRAM, create, install, notes, running, wait
from tests.lab.service_scripts import KEY, files_with, may_log_on, said
from winfra.lab.endpoint_config import User
from winfra.lab.scm import codes
from winfra.lab.state import Lab

CALL = """
function Invoke-One([string] $Name, [string] $Method, $Arguments = @{}) {
    (Invoke-CimMethod -Query "SELECT * FROM Win32_Service WHERE Name='$Name'" -MethodName $Method -Arguments $Arguments).ReturnValue
}
"""


def test_properties(lab: Lab) -> None:
    """They say what is configured and what runs, in the words and types of the class."""
    status = running(
        lab,
        "shown",
        "accepts=3",
        display_name="Shown one",
        description="It's shown",
        delayed=True,
        start=2,
    )
    found = answers(
        lab,
        """
        $one = Get-CimInstance Win32_Service -Filter "Name='SHOWN'"
        $found = @{}
        foreach ($property in $one.PSObject.Properties) { if ($null -ne $property.Value) { $found[$property.Name] = $property.Value } }
        $found.Types = @($one.ProcessId, $one.Started, $one.ExitCode | % { $_.GetType().Name })
        $found.Class = $one.PSTypeNames[0]
        $found.Text = "$one"
        $found.Windows = (Get-CimInstance Win32_Service -Filter "Name='WinRM'").PathName
        $found
        """,
    )

    assert found == {
        "AcceptPause": True, "AcceptStop": True, "Caption": "Shown one", "CheckPoint": 0,
        "CreationClassName": "Win32_Service", "DelayedAutoStart": True, "Description": "It's shown",
        "DesktopInteract": False, "DisplayName": "Shown one", "ErrorControl": "Normal", "ExitCode": 0,
        "Name": "shown", "PathName": f'"{PROGRAM}" accepts=3', "ProcessId": status["pid"],
        "ServiceSpecificExitCode": 0, "ServiceType": "Own Process", "Started": True,
        "StartMode": "Auto", "StartName": "LocalSystem", "State": "Running", "Status": "OK",
        "SystemCreationClassName": "Win32_ComputerSystem", "SystemName": "WINLAB", "TagId": 0, "WaitHint": 0,
        "Types": ["UInt32", "Boolean", "UInt32"],
        "Class": "Microsoft.Management.Infrastructure.CimInstance#root/cimv2/Win32_Service",
        "Text": 'Win32_Service: Shown one (Name = "shown")',
        "Windows": r"C:\Windows\system32\svchost.exe -k NetworkService -p",
    }  # fmt: skip


def test_a_failed_service(lab: Lab) -> None:
    """The exit codes are those that it stopped with; before a first start 1077."""
    create(lab, "new")
    running_code = "exit=1066 specific=42"
    create(lab, "failed", running_code)
    powershell(lab, "Start-Service failed -ErrorAction SilentlyContinue")
    found = answers(
        lab,
        """
        $all = Get-CimInstance -Query "SELECT Name, ExitCode, ServiceSpecificExitCode, State FROM Win32_Service WHERE Name='new' OR Name='failed'"
        @{ Found = @($all | Sort-Object Name | % { $_.Name, $_.State, $_.ExitCode, $_.ServiceSpecificExitCode, $_.StartMode }) }
        """,
    )

    assert found["Found"] == ["failed", "Stopped", 1066, 42, None, "new", "Stopped", 1077, 0, None]


def test_methods(lab: Lab) -> None:
    """Create, Change, ChangeStartMode, StartService, PauseService, StopService and Delete do what they say."""
    install(lab)
    found = answers(
        lab,
        rf"""
        {CALL}
        $returned = [ordered] @{{}}
        $returned.Create = (Invoke-CimMethod Win32_Service -MethodName Create -Arguments @{{
            Name = 'made'; DisplayName = 'Made'; PathName = '"{PROGRAM}" accepts=3'; ServiceType = [byte] 16; ErrorControl = [byte] 0
            StartMode = 'Manual'; DesktopInteract = $false; StartName = 'LocalSystem'; ServiceDependencies = [string[]] 'RpcSs'
        }}).ReturnValue
        $one = Get-CimInstance Win32_Service -Filter "Name='made'"
        foreach ($method in 'StartService', 'PauseService', 'ResumeService', 'InterrogateService') {{ $returned[$method] = ($one | Invoke-CimMethod -MethodName $method).ReturnValue }}
        $returned.UserControlService = (Invoke-CimMethod $one -MethodName UserControlService -Arguments @{{ ControlCode = [byte] 200 }}).ReturnValue
        $returned.State = ($one | Get-CimInstance).State
        $returned.StopService = Invoke-One made StopService
        $returned.Change = Invoke-One made Change @{{ DisplayName = 'Changed'; ErrorControl = 1; ServiceDependencies = @('') }}
        $returned.ChangeStartMode = Invoke-One made ChangeStartMode @{{ StartMode = 'Automatic' }}
        $returned
        """,
    )

    assert found.pop("State") == "Running"
    assert set(found.values()) == {0}
    stored = {name: data for name, (_, data) in lab.keys.values(rf"{KEY}\made").items()}
    assert (stored["DisplayName"], stored["ErrorControl"], stored["Start"]) == ("Changed", 1, 2)
    assert "DependOnService" not in stored
    sent = [one["control"] for one in notes(lab, "made", "control")]
    assert [one for one in sent if one != codes.INTERROGATE] == [
        codes.PAUSE,
        codes.CONTINUE,
        200,
        codes.STOP,
    ]
    wait(lab, "made", codes.STOPPED)
    assert answers(lab, f"{CALL}\n@{{ Deleted = Invoke-One made Delete }}") == {"Deleted": 0}
    assert not lab.keys.exists(rf"{KEY}\made")


def test_return_values(lab: Lab) -> None:
    """What the control manager refuses is a number of the documented list."""
    lab.keys.set(r"HKLM\SYSTEM\CurrentControlSet\Control", "ServicesPipeTimeout", 500)
    new_user(lab, "no_right")
    running(lab, "base")
    running(lab, "needs", dependencies=["base"])
    running(lab, "held", "block")
    create(lab, "off", start=codes.DISABLED_START)
    create(lab, "gone", path=r"C:\nowhere\gone.exe")
    create(lab, "mute", "never")
    create(lab, "orphan", dependencies=["nowhere"])
    create(lab, "failing", dependencies=["off"])
    create(lab, "stranger", account=r".\no_right", password=PASSWORD)
    found = answers(
        lab,
        rf"""
        {CALL}
        $new = {{ (Invoke-CimMethod Win32_Service -MethodName Create -Arguments $args[0]).ReturnValue }}
        [ordered] @{{
            Dependents = Invoke-One base StopService
            Control = Invoke-One base PauseService
            Inactive = Invoke-One off StopService
            Timeout = Invoke-One mute StartService
            Path = Invoke-One gone StartService
            Running = Invoke-One base StartService
            Deleted = Invoke-One orphan StartService
            Dependency = Invoke-One failing StartService
            Disabled = Invoke-One off StartService
            Logon = Invoke-One stranger StartService
            Marked = $(Invoke-One held Delete; Invoke-One held Delete)
            Circular = Invoke-One base Change @{{ ServiceDependencies = @('needs') }}
            Duplicate = & $new @{{ Name = 'double'; DisplayName = 'off'; PathName = 'C:\x.exe' }}
            Name = & $new @{{ Name = 'a/b'; PathName = 'C:\x.exe' }}
            Parameter = Invoke-One off ChangeStartMode @{{ StartMode = 'Sometimes' }}
            Account = Invoke-One off Change @{{ StartName = '.\nobody'; StartPassword = 'x' }}
            Exists = & $new @{{ Name = 'off'; PathName = 'C:\x.exe' }}
        }}
        """,
    )

    assert found == {
        "Dependents": 3, "Control": 4, "Inactive": 6, "Timeout": 7, "Path": 9, "Running": 10,
        "Deleted": 12, "Dependency": 13, "Disabled": 14, "Logon": 15, "Marked": [0, 16],
        "Circular": 18, "Duplicate": 19, "Name": 20, "Parameter": 21, "Account": 22, "Exists": 23,
    }  # fmt: skip


def test_errors(lab: Lab) -> None:
    """A call that makes no sense is an error, with WMI's code."""
    create(lab, "one")
    found = said(
        lab,
        """
        Class = { Invoke-CimMethod Win32_Nothing -MethodName Create }
        Method = { Invoke-CimMethod Win32_Service -MethodName Nothing }
        Instance = { Invoke-CimMethod Win32_Service -MethodName StopService }
        Argument = { Invoke-CimMethod Win32_Service -MethodName Create -Arguments @{ Nothing = 1 } }
        Type = { Invoke-CimMethod Win32_Service -MethodName Create -Arguments @{ Name = 'x'; ServiceType = 16 } }
        Parameter = { Get-CimInstance Win32_Service -Filter "Name='one'" | Invoke-CimMethod -MethodName Change -Arguments @{ Nothing = 1 } }
        Gone = { $one = Get-CimInstance Win32_Service -Filter "Name='one'"; $null = $one | Invoke-CimMethod -MethodName Delete; $one | Invoke-CimMethod -MethodName StartService }
        Query = { Invoke-CimMethod -Query 'SELECT Win32_Service' -MethodName StopService }
        None = { Get-CimInstance Win32_Service -Filter "Name='nothing'" }
        """,
    )

    space = "Microsoft.Management.Infrastructure.CimCmdlets.InvokeCimMethodCommand"
    assert found == {
        "Class": f"HRESULT 0x80041010,{space} MetadataError: Invalid class ",
        "Method": f"HRESULT 0x8004102e,{space} InvalidOperation: Invalid method ",
        "Instance": f"HRESULT 0x8004102e,{space} InvalidOperation: Invalid method ",
        "Argument": f"HRESULT 0x8004102f,{space} InvalidArgument: Invalid Method Parameter(s) ",
        "Type": f'HRESULT 0x80041005,{space} InvalidType: Type mismatch for parameter "ServiceType" ',
        "Parameter": f"System.ArgumentException,{space} NotSpecified: Can not find Parameter 'Nothing' in method 'Change' of class 'Win32_Service'.",
        "Gone": f"HRESULT 0x80041002,{space} ObjectNotFound: Not found ",
        "Query": f"HRESULT 0x80041017,{space} InvalidArgument: Invalid query ",
        "None": "done",
    }


def test_who_is_no_administrator(lab: Lab) -> None:
    """Others do not read the class over the network."""
    old = lab.config
    lab.configure(users=(*old.users, User("guest", "", administrator=False)))

    found = said(lab, "List = { Get-CimInstance Win32_Service }", user="guest")

    assert found["List"].startswith("HRESULT 0x80041003,")
    assert found["List"].endswith("PermissionDenied: Access denied ")


@pytest.mark.parametrize("password", [PASSWORD, "Sm0rgas\"'$b\u00f6rd %PATH%"])
def test_password_leaves_no_trace(lab: Lab, password: str) -> None:
    """Change brings account and password to the control manager; no file and no command line holds it."""
    create(lab, "own")
    may_log_on(lab, "svc_prefect", password)
    text = """
        $password = [Console]::In.ReadLine()
        $one = Get-CimInstance Win32_Service -Filter "Name='own'"
        (Invoke-CimMethod -InputObject $one -MethodName Change -Arguments @{ StartName = '.\\svc_prefect'; StartPassword = $password }).ReturnValue
        ($one | Invoke-CimMethod -MethodName StartService).ReturnValue
        """

    result = powershell(lab, text, data=f"{password}\n".encode())

    assert (result.lines, result.errors) == (["0", "0"], "")
    assert wait(lab, "own", codes.RUNNING)["account"] == r".\svc_prefect"
    assert notes(lab, "own", "start")[0]["environment"]["USERNAME"] == "svc_prefect"
    assert files_with(lab.folder, "svc_prefect")
    assert files_with(lab.folder, password) == []
