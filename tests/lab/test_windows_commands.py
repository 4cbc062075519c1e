"""The simulated programs and cmdlets of Windows, refusals included."""

from __future__ import annotations

import csv
import json
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.lab.runs import POWERSHELL, encoded, run
from winfra.lab.endpoint_config import User
from winfra.lab.machine import Machine
from winfra.lab.state import Lab


def answer(lab: Lab, text: str) -> object:
    """What a script returns, through JSON."""
    result = run(lab, f"{POWERSHELL} -EncodedCommand {encoded(f'& {{ {text} }} | ConvertTo-Json')}")
    assert result.errors == "", result.errors
    return json.loads(result.output or "null")


def groups(lab: Lab, user: User) -> dict[str, str]:
    """SID -> attributes, as whoami says for a user."""
    old = lab.config
    lab.configure(users=(*old.users, user))
    try:
        output = run(lab, "whoami.exe /groups /fo csv /nh", user=user.name).output
    finally:
        lab.configure(users=old.users)
    return {sid: attributes for _, _, sid, attributes in csv.reader(output.splitlines())}


def test_whoami_of_an_administrator(machine_lab: Lab) -> None:
    """Administrators is enabled and the integrity level high."""
    found = groups(machine_lab, User("boss", ""))

    assert "Enabled group" in found["S-1-5-32-544"]
    assert "S-1-16-12288" in found


def test_whoami_of_a_filtered_token(machine_lab: Lab) -> None:
    """Remote UAC leaves Administrators for deny only, and a medium level."""
    found = groups(machine_lab, User("boss", "", full_token=False, remote_management=True))

    assert found["S-1-5-32-544"] == "Group used for deny only"
    assert "S-1-16-8192" in found
    assert "S-1-16-12288" not in found


def test_whoami_of_another_user(machine_lab: Lab) -> None:
    """Without Administrators there is no such group."""
    found = groups(machine_lab, User("guest", "", administrator=False))

    assert "S-1-5-32-544" not in found


def test_whoami_forms(machine_lab: Lab) -> None:
    """The name alone, the SID, privileges, and a refusal."""
    assert run(machine_lab, "whoami").lines == [r"winlab\deploy"]
    assert "S-1-5-21-" in run(machine_lab, "whoami /user").output
    assert "SeDebugPrivilege" in run(machine_lab, "whoami /priv /fo list").output
    refused = run(machine_lab, "whoami /nonsense")
    assert (refused.code, "Invalid argument" in refused.errors) == (1, True)


def test_where(machine_lab: Lab) -> None:
    """The file along the PATH in Windows' spelling, or exit code 1."""
    assert run(machine_lab, "where cmd").lines == [r"C:\Windows\System32\cmd.exe"]
    assert run(machine_lab, "where nosuch").code == 1


def test_ping_and_timeout(machine_lab: Lab) -> None:
    """ping.exe knows this machine alone; timeout.exe wants a console."""
    assert run(machine_lab, "ping -n 1 localhost").code == 0
    assert run(machine_lab, "ping -n 1 elsewhere.example").code == 1
    refused = run(machine_lab, "timeout /t 5")
    assert (refused.code, "Input redirection is not supported" in refused.errors) == (1, True)


def test_taskkill_ends_a_tree(machine_lab: Lab) -> None:
    """With /t the children go too; an unknown number is 128."""
    process = Machine(machine_lab).start("cmd.exe /c ping -n 30 localhost")
    assert process.stdout is not None
    process.stdout.readline()
    process.stdout.readline()

    assert run(machine_lab, f"taskkill.exe /T /F /PID {process.pid}").code == 0

    process.communicate(timeout=10)
    assert list(Machine(machine_lab).processes()) == []
    assert run(machine_lab, f"taskkill.exe /PID {process.pid}").code == 128


@pytest.mark.parametrize(
    "line", ["shutdown.exe", "shutdown /r /t x", "shutdown /r /s", "shutdown r"]
)
def test_shutdown_refuses_nonsense(machine_lab: Lab, line: str) -> None:
    """A command line that makes no sense ends with 87."""
    assert run(machine_lab, line).code == 87


def test_shutdown_is_scheduled_once(lab: Lab) -> None:
    """1190 where one is scheduled, 1116 where none is; /a calls it off."""
    codes = [
        run(lab, line).code
        for line in ("shutdown /a", "shutdown /r /t 60", "shutdown /r /t 60", "shutdown /a")
    ]

    assert codes == [1116, 0, 1190, 0]


def test_exit_code_reaches_powershell(lab: Lab) -> None:
    """A program's exit code above 255 is the process's ExitCode in a script."""
    text = (
        "$p = [Diagnostics.Process]::Start((Get-Item C:\\Windows\\System32\\shutdown.exe).FullName, "
        "'/a'); $p.WaitForExit(); $p.ExitCode"
    )

    assert run(lab, f"{POWERSHELL} -EncodedCommand {encoded(text)}").lines[-1] == "1116"


def test_reboot(lab: Lab) -> None:
    """A restart ends all processes, is away for a while, and sets a new boot time."""
    lab.configure(reboot_seconds=0.3)
    before = lab.read_state("system")["boot_time"]
    pending = (
        r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\WindowsUpdate\Auto Update\RebootRequired"
    )
    lab.keys.set_all(pending, {})
    process = Machine(lab).start("ping -n 60 localhost")
    ports = (lab.http_port, lab.https_port)

    assert run(lab, "shutdown.exe /r /t 0").code == 0

    process.communicate(timeout=10)
    deadline = time.monotonic() + 10
    while lab.read_state("system")["boot_time"] == before and time.monotonic() < deadline:
        time.sleep(0.02)
    assert lab.read_state("system")["boot_time"] > before
    assert not lab.keys.exists(pending)
    assert (lab.http_port, lab.https_port) == ports


def test_cim_reads_the_state(machine_lab: Lab) -> None:
    """The classes show what the lab's state says, in the types of the schema."""
    state = machine_lab.read_state("system")
    text = (
        "$o = Get-CimInstance Win32_OperatingSystem; $c = gcim Win32_ComputerSystem -Property Name; "
        "@{ Version = $o.Version; Boot = $o.LastBootUpTime.ToUniversalTime().ToString('o'); "
        "Type = $o.TotalVisibleMemorySize.GetType().Name; Name = $c.Name; Model = $c.Model; "
        "Other = $o.PlusProductID }"
    )

    found = answer(machine_lab, text)

    assert isinstance(found, dict)
    booted = datetime.fromisoformat(state["boot_time"])
    assert datetime.fromisoformat(found.pop("Boot")[:26]).replace(tzinfo=UTC) == booted
    assert found == {
        "Version": state["Win32_OperatingSystem"]["Version"],
        "Type": "UInt64",
        "Name": state["Win32_ComputerSystem"]["Name"],
        "Model": None,
        "Other": None,
    }


@pytest.mark.parametrize(
    ("condition", "letters"),
    [
        ("DriveType = 3", "C: D:"),
        ("DriveType=3 AND DeviceID = 'D:'", "D:"),
        ("NOT DeviceID LIKE 'D%' OR Size > 999999999999", "C:"),
        ("(DriveType=2 OR VolumeName='data') AND FreeSpace >= 1", "D:"),
        ("VolumeName IS NOT NULL AND DriveType <> 3", ""),
    ],
)
def test_cim_filters(machine_lab: Lab, condition: str, letters: str) -> None:
    """-Filter takes the conditions of WQL."""
    text = f"(Get-CimInstance Win32_LogicalDisk -Filter \"{condition}\" | % DeviceID) -join ' '"

    assert answer(machine_lab, text) == letters


@pytest.mark.parametrize(
    ("arguments", "result"),
    [
        ("Win32_Nothing", "0x80041010"),
        ("Win32_LogicalDisk -Filter 'DriveType ='", "0x80041017"),
        ("Win32_LogicalDisk -Filter 'Nothing = 3'", "0x80041017"),
        ("Win32_LogicalDisk -Namespace root/nothing", "0x8004100e"),
    ],
)
def test_cim_refuses(machine_lab: Lab, arguments: str, result: str) -> None:
    """What is not there is an error with WMI's code."""
    text = f"Get-CimInstance {arguments} -ErrorAction SilentlyContinue; $Error[0].FullyQualifiedErrorId"

    assert answer(machine_lab, text) == (
        f"HRESULT {result},Microsoft.Management.Infrastructure.CimCmdlets.GetCimInstanceCommand"
    )


def test_edited_state_makes_another_machine(machine_lab: Lab) -> None:
    """A test makes a domain controller, or a removable disk, by editing a file."""
    system, disks = machine_lab.read_state("system"), machine_lab.read_state("disks")
    changed = {**system["Win32_ComputerSystem"], "DomainRole": 5}
    machine_lab.write_state("system", {**system, "Win32_ComputerSystem": changed})
    machine_lab.write_state(
        "disks", [disks[0], {**disks[1], "DriveType": 2, "FileSystem": "FAT32"}]
    )
    text = (
        "(Get-CimInstance Win32_ComputerSystem).DomainRole; "
        "$d = Get-CimInstance Win32_LogicalDisk -Filter \"DeviceID='D:'\"; $d.DriveType, $d.FileSystem"
    )
    try:
        assert answer(machine_lab, text) == [5, 2, "FAT32"]
    finally:
        machine_lab.write_state("system", system)
        machine_lab.write_state("disks", disks)


def test_program_of_linux(machine_lab: Lab) -> None:
    """A program of Linux on a drive gets real paths in arguments and variables."""
    machine_lab.install(
        r"C:\Program Files\Tool\tool.exe",
        Path("/bin/sh"),
        ["-c", 'printf "%s\\n" "$@" "$DATA" "$SEARCH"', "tool"],
        lists=["SEARCH"],
    )
    drive = machine_lab.drive("D")
    variables = {"DATA": r"D:\data", "SEARCH": r"D:\a;D:\b"}

    result = run(
        machine_lab,
        r'"C:\Program Files\Tool\tool.exe" -D D:\pg "--file=D:\x y" 12:30 C:x',
        environment=variables,
    )

    assert result.lines == [
        "-D",
        f"{drive}/pg",
        f"--file={drive}/x y",
        "12:30",
        "C:x",
        f"{drive}/data",
        f"{drive}/a:{drive}/b",
    ]


def test_program_of_linux_from_powershell(machine_lab: Lab) -> None:
    """A script starts it by its path, and its start is in the log."""
    machine_lab.install(r"C:\Tools\say.exe", Path("/bin/echo"), ["said"])

    result = run(machine_lab, f"{POWERSHELL} -Command \"& 'C:\\Tools\\say.exe' D:\\x\"")

    assert result.lines == [f"said {machine_lab.drive('D')}/x"]
    assert machine_lab.processes()[-1]["command_line"].startswith(r"C:\Tools\say.exe")
