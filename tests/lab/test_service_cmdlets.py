"""The commands for services in the lab, over its control manager."""

from __future__ import annotations

import pytest

from tests.lab.people import PASSWORD, answers, powershell
from tests.lab.scm.services import PROGRAM, create, install, notes, running, wait
from tests.lab.service_scripts import KEY, files_with, may_log_on, said, state
from winfra.lab.endpoint_config import User
from winfra.lab.scm import codes
from winfra.lab.state import Lab


def test_new_service(lab: Lab) -> None:
    """It is stored as it was described, and comes back as an object."""
    found = answers(
        lab,
        rf"""
        $made = New-Service -Name PrefectServer -BinaryPathName '"{PROGRAM}" run' -DisplayName 'Prefect server' -Description 'Serves' -StartupType Manual -DependsOn RpcSs, W32Time
        $read = Get-Service 'prefect SERVER'
        @{{
            Names = "$made", $made.Name, $made.DisplayName, $read.ServiceName; Status = "$($made.Status)"; Start = "$($made.StartType)"
            Type = "$($made.ServiceType)"; Requires = @($made.RequiredServices | % Name); TypeName = $made.PSTypeNames[0]
            Dependent = @((Get-Service W32Time).DependentServices | % Name); Stops = $made.CanStop; Machine = $made.MachineName
            All = @(Get-Service -Include Prefect*, W32* -Exclude *Time | % Name); Default = (New-Service -Name Other -BinaryPathName C:\x.exe).StartType -eq 'Automatic'
        }}
        """,
    )

    stored = {name: data for name, (_, data) in lab.keys.values(rf"{KEY}\PrefectServer").items()}
    assert stored["ImagePath"] == f'"{PROGRAM}" run'
    assert (stored["DisplayName"], stored["Description"]) == ("Prefect server", "Serves")
    assert (stored["Start"], stored["Type"], stored["ErrorControl"]) == (3, 0x10, 1)
    assert stored["DependOnService"] == ["RpcSs", "W32Time"]
    assert lab.keys.get(rf"{KEY}\Other", "Start") == 2
    assert found == {
        "Names": ["PrefectServer", "PrefectServer", "Prefect server", "PrefectServer"],
        "Status": "Stopped", "Start": "Manual", "Type": "Win32OwnProcess",
        "Requires": ["RpcSs", "W32Time"], "Dependent": ["PrefectServer"], "Stops": False,
        "TypeName": "System.ServiceProcess.ServiceController", "Machine": ".",
        "All": ["PrefectServer"], "Default": True,
    }  # fmt: skip


def test_starting_and_stopping_wait(lab: Lab) -> None:
    """The commands return when the service is there, or on its way with -NoWait; meanwhile they warn."""
    create(lab, "slow", "starting=2.6 slow=1.5")
    running(lab, "other", "slow=1.5")
    start = "Start-Service slow -PassThru -WarningVariable w -WarningAction SilentlyContinue"

    started = powershell(lab, f"({start}).Status; $w | % Message")
    assert state(lab, "slow") == "RUNNING"
    stopped = powershell(lab, "(Get-Service slow | Stop-Service -PassThru).Status")
    assert state(lab, "slow") == "STOPPED"
    stopping = powershell(
        lab,
        "(Stop-Service -DisplayName other -NoWait -PassThru).Status\n"
        "Stop-Service other -ErrorAction SilentlyContinue; $Error[0].FullyQualifiedErrorId.Split(',')[0]",
    )
    wait(lab, "other", codes.STOPPED)

    assert started.lines == ["Running", "Waiting for service 'slow (slow)' to start..."]
    assert (stopped.lines, started.errors + stopped.errors) == (["Stopped"], "")
    assert stopping.lines == ["StopPending", "CouldNotStopService"]


def test_dependents(lab: Lab) -> None:
    """A service that others need stops with -Force only, the others before it, and starts with them again."""
    create(lab, "base")
    create(lab, "middle", dependencies=["base"])
    running(lab, "top", dependencies=["middle"])

    refused = said(
        lab,
        "Stop = { Stop-Service base }\nRestart = { Restart-Service base }\nSet = { Set-Service base -Status Stopped }",
    )
    before = {name: lab.service(name)["pid"] for name in ("base", "middle", "top")}
    restarted = powershell(lab, "Restart-Service base -Force -PassThru | % Name")
    after = {name: lab.service(name)["pid"] for name in ("base", "middle", "top")}
    stopped = powershell(lab, 'Stop-Service base -Force -PassThru | % { "$_ $($_.Status)" }')

    needs = "Cannot stop service 'base (base)' because it has dependent services"
    assert refused == {
        "Stop": f"ServiceHasDependentServices,StopServiceCommand InvalidOperation: {needs}. It can only be stopped if the Force flag is set.",
        "Restart": f"ServiceHasDependentServices,RestartServiceCommand InvalidOperation: {needs}. It can only be stopped if the Force flag is set.",
        "Set": f"ServiceHasDependentServicesNoForce,SetServiceCommand InvalidOperation: {needs}.",
    }
    assert restarted.lines == ["top", "middle", "base"]
    assert all(before.values())
    assert all(after.values())
    assert not set(before.values()) & set(after.values())
    assert stopped.lines == ["top Stopped", "middle Stopped", "base Stopped"]
    ends = [notes(lab, name, "stop")[-1]["time"] for name in ("top", "middle", "base")]
    assert ends == sorted(ends)


def test_suspending_and_resuming(lab: Lab) -> None:
    """A service that accepts it is paused and goes on; another says why not."""
    running(lab, "pausable", "accepts=3")
    running(lab, "other")

    paused = powershell(
        lab,
        "(Suspend-Service pausable -PassThru).Status; (Get-Service pausable).CanPauseAndContinue",
    )
    assert state(lab, "pausable") == "PAUSED"
    resumed = powershell(lab, "(Get-Service pausable | Resume-Service -PassThru).Status")
    assert state(lab, "pausable") == "RUNNING"
    refused = powershell(
        lab,
        "Suspend-Service other -ErrorAction SilentlyContinue; Stop-Service other; Resume-Service other -ErrorAction SilentlyContinue; "
        "$Error | % { $_.FullyQualifiedErrorId.Split(',')[0] }",
    )

    assert (paused.lines, resumed.lines) == (["Paused", "True"], ["Running"])
    assert refused.lines == [
        "CouldNotResumeService", "CouldNotResumeServiceNotRunning",
        "CouldNotSuspendService", "CouldNotSuspendServiceNotSupported",
    ]  # fmt: skip


def test_setting(lab: Lab) -> None:
    """Set-Service changes what it is told, and brings a service into a state."""
    create(lab, "changed", "accepts=3", description="before")

    result = powershell(
        lab,
        """
        Set-Service changed -DisplayName 'New name' -Description 'after' -StartupType Disabled -PassThru | % { "$($_.DisplayName) $($_.StartType)" }
        Set-Service changed -StartupType Automatic -Status Running
        Set-Service -Name changed -Status Paused -PassThru | % Status
        Get-Service changed | Set-Service -Status Running -WhatIf
        """,
    )

    assert result.errors == ""
    assert result.lines[:2] == ["New name Disabled", "Paused"]
    assert 'Performing the operation "Set-Service" on target "New name (changed)".' in result.output
    assert state(lab, "changed") == "PAUSED"
    stored = {name: data for name, (_, data) in lab.keys.values(rf"{KEY}\changed").items()}
    assert (stored["DisplayName"], stored["Description"], stored["Start"]) == (
        "New name",
        "after",
        2,
    )


def test_refusals(lab: Lab) -> None:
    """Each has the id, category and sentence of Windows PowerShell."""
    create(lab, "off", start=codes.DISABLED_START)
    create(lab, "gone", path=r"C:\nowhere\gone.exe")
    found = said(
        lab,
        """
        Name = { Get-Service nope }
        Wildcard = { Get-Service nope* }
        Shown = { Get-Service -DisplayName nope }
        Start = { Start-Service nope }
        Set = { Set-Service nope -StartupType Manual }
        Disabled = { Start-Service off }
        Missing = { Start-Service gone }
        Never = { Stop-Service off }
        Taken = { New-Service -Name OFF -BinaryPathName C:\\x.exe -DisplayName Off }
        Boot = { Set-Service off -StartupType Boot }
        Machine = { Get-Service -ComputerName elsewhere }
        Unstoppable = { Stop-Service RpcSs -Force }
        """,
    )

    open_manager = "Cannot open Service Control Manager on computer 'elsewhere'. This operation might require other privileges."
    unstoppable = found.pop("Unstoppable")
    assert unstoppable.startswith(
        "CouldNotStopService,StopServiceCommand CloseError: Service 'Remote Procedure Call (RPC) (RpcSs)' cannot be stopped due to the following error: "
    )
    assert found == {
        "Name": "NoServiceFoundForGivenName,GetServiceCommand ObjectNotFound: Cannot find any service with service name 'nope'.",
        "Wildcard": "done",
        "Shown": "NoServiceFoundForGivenDisplayName,GetServiceCommand ObjectNotFound: Cannot find any service with display name 'nope'.",
        "Start": "NoServiceFoundForGivenName,StartServiceCommand ObjectNotFound: Cannot find any service with service name 'nope'.",
        "Set": "InvalidOperationException,SetServiceCommand ObjectNotFound: Service nope was not found on computer '.'.",
        "Disabled": "CouldNotStartService,StartServiceCommand OpenError: Service 'off (off)' cannot be started due to the following error: Cannot start service off on computer '.'.",
        "Missing": "CouldNotStartService,StartServiceCommand OpenError: Service 'gone (gone)' cannot be started due to the following error: Cannot start service gone on computer '.'.",
        "Never": "done",
        "Taken": "CouldNotNewService,NewServiceCommand PermissionDenied: Service 'Off (OFF)' cannot be created due to the following error: The specified service already exists",
        "Boot": "CouldNotSetService,SetServiceCommand PermissionDenied: Service 'off (off)' cannot be configured due to the following error: The parameter is incorrect",
        "Machine": f"System.InvalidOperationException,GetServiceCommand NotSpecified: {open_manager}",
    }


def test_who_is_no_administrator(lab: Lab) -> None:
    """Over the network the control manager does not even list services for others."""
    running(lab, "kept")
    old = lab.config
    lab.configure(users=(*old.users, User("guest", "", administrator=False)))

    found = said(
        lab,
        "List = { Get-Service }\nOne = { Get-Service kept }\nNew = { New-Service -Name x -BinaryPathName C:\\x.exe }\nStop = { [ServiceProcess.ServiceController]::new('kept').Stop() }",
        user="guest",
    )

    assert found["List"].startswith(
        "System.InvalidOperationException,GetServiceCommand NotSpecified: Cannot open Service Control Manager on computer '.'."
    )
    assert found["One"].startswith("NoServiceFoundForGivenName,GetServiceCommand")
    assert found["New"].endswith("cannot be created due to the following error: Access is denied")
    assert "Cannot open kept service on computer '.'." in found["Stop"]
    assert state(lab, "kept") == "RUNNING"
    assert not lab.keys.exists(rf"{KEY}\x")


def test_controller(lab: Lab) -> None:
    """The object starts, stops, sends controls and waits; what it knows it keeps until Refresh."""
    create(lab, "held", "accepts=3")
    found = answers(
        lab,
        """
        $service = Get-Service held
        $before = $service.Status
        $service.Start(@('one', 'two words'))
        $service.WaitForStatus('Running', [timespan]::FromSeconds(20))
        $service.ExecuteCommand(200)
        $other = New-Object System.ServiceProcess.ServiceController held
        $other.Stop()
        $other.WaitForStatus([System.ServiceProcess.ServiceControllerStatus]::Stopped)
        $kept = $service.Status
        $service.Refresh()
        $timeout = try { $service.WaitForStatus('Running', [timespan]::FromSeconds(0.1)) } catch { $_.Exception.InnerException.GetType().Name }
        $again = try { $service.Stop() } catch { $_.Exception.InnerException.InnerException.NativeErrorCode }
        $missing = try { [ServiceProcess.ServiceController]::new('nope').Start() } catch { $_.Exception.Message }
        @{
            Before = "$before"; Kept = "$kept"; Now = "$($service.Status)"; Timeout = $timeout; Again = $again; Missing = $missing
            Count = [System.ServiceProcess.ServiceController]::GetServices().Length -eq @(Get-Service).Count
        }
        """,
    )

    assert found == {
        "Before": "Stopped", "Kept": "Running", "Now": "Stopped", "Timeout": "TimeoutException", "Again": 1062,
        "Missing": 'Exception calling "Start" with "0" argument(s): "Service nope was not found on computer \'.\'."',
        "Count": True,
    }  # fmt: skip
    assert notes(lab, "held", "start")[0]["arguments"] == ["one", "two words"]
    assert [one["control"] for one in notes(lab, "held", "control")] == [200, codes.STOP]


def test_credential_leaves_no_trace(lab: Lab) -> None:
    """The password reaches the control manager, and stands in no file and no command line of the lab."""
    install(lab)
    may_log_on(lab, "svc_prefect")
    text = f"""
        $secret = [Net.NetworkCredential]::new('', [Console]::In.ReadLine()).SecurePassword
        $null = New-Service -Name own -BinaryPathName '"{PROGRAM}"' -Credential ([pscredential]::new('.\\svc_prefect', $secret))
        Start-Service own
        """

    result = powershell(lab, text, data=f"{PASSWORD}\n".encode())

    assert result.errors == ""
    assert wait(lab, "own", codes.RUNNING)["account"] == r".\svc_prefect"
    assert notes(lab, "own", "start")[0]["environment"]["USERNAME"] == "svc_prefect"
    assert files_with(lab.folder, "svc_prefect")
    assert files_with(lab.folder, PASSWORD) == []


def test_wrong_credential(lab: Lab) -> None:
    """With another password the service does not log on."""
    install(lab)
    may_log_on(lab, "svc_prefect")
    text = f"""
        $secret = [Net.NetworkCredential]::new('', 'An0ther-Word').SecurePassword
        $null = New-Service -Name own -BinaryPathName '"{PROGRAM}"' -Credential ([pscredential]::new('.\\svc_prefect', $secret))
        try {{ (Get-Service own).Start() }} catch {{ $_.Exception.InnerException.InnerException.NativeErrorCode }}
        """

    assert powershell(lab, text).lines == ["1069"]
    assert [one["id"] for one in lab.event_log("System") if one["id"] in {7000, 7038}] == [
        7038,
        7000,
    ]


@pytest.mark.parametrize("command", ["Get-Date", "Get-LocalUser"])
def test_other_commands_load_nothing(machine: Lab, command: str) -> None:
    """The module is loaded by its own commands alone."""
    text = f"$null = {command}; @(Get-Module | ? Name -match 'Service|CimCmdlets|EventLog|Diagnostics').Count"

    assert powershell(machine, text).lines == ["0"]


def test_a_start_in_time(lab: Lab) -> None:
    """A service that never connects fails when the limit for it is over."""
    lab.keys.set(r"HKLM\SYSTEM\CurrentControlSet\Control", "ServicesPipeTimeout", 300)
    create(lab, "mute", "never")

    found = said(
        lab,
        "Start = { Start-Service mute }\nCode = { throw [string] (Get-CimInstance Win32_Service -Filter \"Name='mute'\").ExitCode }",
    )

    assert found["Start"].endswith(
        "cannot be started due to the following error: Cannot start service mute on computer '.'."
    )
    assert found["Code"].endswith(": 1053")
