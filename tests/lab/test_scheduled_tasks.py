r"""The lab's task scheduler: its cmdlets, what it refuses, and what it runs when."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.lab.people import answers, powershell
from winfra.lab import task_schema
from winfra.lab.endpoint_config import User
from winfra.lab.sam import RefusedError
from winfra.lab.state import Lab
from winfra.lab.task_triggers import next_at_boot, next_run
from winfra.lab.tasks import FOLDER, Tasks

NAMESPACE = "http://schemas.microsoft.com/windows/2004/02/mit/task"
EXEC = r"<Exec><Command>C:\Windows\System32\cmd.exe</Command><Arguments>{}</Arguments></Exec>"
SYSTEM = "<Principals><Principal><UserId>SYSTEM</UserId></Principal></Principals>"
REFUSED = """
$found = [ordered] @{}
foreach ($name in $actions.Keys) {
    $found[$name] = try { $null = & $actions[$name]; 'done' } catch { $_.FullyQualifiedErrorId + ' ' + $_.CategoryInfo.Category }
}
$found
"""


def xml(
    arguments: str = "/c exit 0", *, triggers: str = "", settings: str = "", user: str = SYSTEM
) -> str:
    return (
        f'<Task version="1.2" xmlns="{NAMESPACE}"><Triggers>{triggers}</Triggers>{user}'
        f"<Settings>{settings}</Settings><Actions>{EXEC.format(arguments)}</Actions></Task>"
    )


def refusals(lab: Lab, actions: str, **options: Any) -> dict[str, str]:
    start = f"$ErrorActionPreference = 'Stop'\n$xml = '{xml()}'\n$actions = [ordered] @{{\n{actions}\n}}\n"
    return answers(lab, start + REFUSED, **options)


def test_a_task_is_kept_as_windows_keeps_it(machine: Lab) -> None:
    """In UTF-16, with its URI, accounts by SID, without what means nothing else."""
    text = xml(settings="<Enabled>true</Enabled><Priority>5</Priority>")
    result = powershell(
        machine,
        f"""
        $made = Register-ScheduledTask -TaskName Clean -TaskPath '\\Prefect' -Xml '{text}'
        "$($made.URI) $($made.State) $($made.Principal.UserId) $($made.Actions[0].Execute)"
        Export-ScheduledTask -TaskName Clean -TaskPath '\\Prefect\\'
        """,
    )

    assert result.errors == ""
    assert result.lines[0] == r"\Prefect\Clean Ready SYSTEM C:\Windows\System32\cmd.exe"
    stored = machine.path(FOLDER + r"\Prefect\Clean").read_bytes().decode("utf-16")
    assert result.lines[1:] == stored.splitlines()
    assert [line.strip() for line in stored.splitlines()] == [
        '<?xml version="1.0" encoding="UTF-16"?>',
        f'<Task version="1.2" xmlns="{NAMESPACE}">',
        "<RegistrationInfo>", r"<URI>\Prefect\Clean</URI>", "</RegistrationInfo>",
        "<Principals>", "<Principal>", "<UserId>S-1-5-18</UserId>", "</Principal>", "</Principals>",
        "<Settings>", "<Priority>5</Priority>",
        "<DisallowStartIfOnBatteries>true</DisallowStartIfOnBatteries>",
        "<StopIfGoingOnBatteries>true</StopIfGoingOnBatteries>",
        "<IdleSettings>", "<Duration>PT10M</Duration>", "<WaitTimeout>PT1H</WaitTimeout>",
        "<StopOnIdleEnd>true</StopOnIdleEnd>", "<RestartOnIdle>false</RestartOnIdle>",
        "</IdleSettings>", "</Settings>", "<Triggers />",
        "<Actions>", "<Exec>", r"<Command>C:\Windows\System32\cmd.exe</Command>",
        "<Arguments>/c exit 0</Arguments>", "</Exec>", "</Actions>", "</Task>",
    ]  # fmt: skip


def test_tasks_are_found_disabled_and_removed(machine: Lab) -> None:
    """A name with its folder finds nothing, as on Windows; a pattern without a fit is no error."""
    result = powershell(
        machine,
        f"""
        foreach ($name in 'one', 'two') {{ $null = Register-ScheduledTask -TaskName $name -TaskPath \\Prefect -Xml '{xml()}' }}
        $null = Register-ScheduledTask \\top -Xml '{xml()}'
        (Get-ScheduledTask | ForEach-Object {{ $_.URI }}) -join ' '
        (Disable-ScheduledTask -TaskPath \\Prefect -TaskName one).State
        (Get-ScheduledTask t*).TaskName -join ' '
        @(Get-ScheduledTask none*).Count
        Get-ScheduledTask one | Enable-ScheduledTask | ForEach-Object {{ $_.State }}
        (Get-ScheduledTaskInfo -TaskName top).LastTaskResult
        Unregister-ScheduledTask -TaskPath \\Prefect\\ -Confirm:$false
        (Get-ScheduledTask | ForEach-Object {{ $_.URI }}) -join ' '
        Get-ScheduledTask '\\Prefect\\one'
        """,
    )

    assert result.lines[:7] == [
        r"\Prefect\one \Prefect\two \top", "Disabled", "two top", "0", "Ready", "267011", r"\top"
    ]  # fmt: skip
    assert "No MSFT_ScheduledTask objects found with property 'TaskName'" in result.errors
    assert not machine.path(FOLDER + r"\Prefect").exists()


def test_refusals(machine: Lab) -> None:
    """Each has the id and category of Windows."""
    powershell(machine, f"$null = Register-ScheduledTask there -Xml '{xml()}'")
    found = refusals(
        machine,
        """
        Taken = { Register-ScheduledTask THERE -Xml $xml -ErrorAction Stop }
        Force = { Register-ScheduledTask THERE -Xml $xml -Force -ErrorAction Stop }
        Name = { Register-ScheduledTask 'a?b' -Xml $xml -ErrorAction Stop }
        Malformed = { Register-ScheduledTask x -Xml '<Task' -ErrorAction Stop }
        Encoding = { Register-ScheduledTask x -Xml ('<?xml version="1.0" encoding="utf-8"?>' + $xml) -ErrorAction Stop }
        Account = { Register-ScheduledTask x -Xml $xml.Replace('SYSTEM', 'nobody') -ErrorAction Stop }
        Password = { Register-ScheduledTask x -Xml $xml.Replace('SYSTEM</UserId>', 'deploy</UserId><LogonType>Password</LogonType>') -ErrorAction Stop }
        Export = { Export-ScheduledTask none -ErrorAction Stop }
        Get = { Get-ScheduledTask none -ErrorAction Stop }
        Remove = { Unregister-ScheduledTask none -Confirm:$false -ErrorAction Stop }
        Start = { Start-ScheduledTask none -ErrorAction Stop }
        """,
    )

    assert found == {
        "Taken": "HRESULT 0x800700b7,Register-ScheduledTask ResourceExists",
        "Force": "done",
        "Name": "HRESULT 0x8007007b,Register-ScheduledTask NotSpecified",
        "Malformed": "HRESULT 0x8004131a,Register-ScheduledTask NotSpecified",
        "Encoding": "HRESULT 0x8004131a,Register-ScheduledTask NotSpecified",
        "Account": "HRESULT 0x80070534,Register-ScheduledTask NotSpecified",
        "Password": "HRESULT 0x8007052e,Register-ScheduledTask NotSpecified",
        "Export": "HRESULT 0x80070002,Export-ScheduledTask ObjectNotFound",
        "Get": "CmdletizationQuery_NotFound_TaskName,Get-ScheduledTask ObjectNotFound",
        "Remove": "CmdletizationQuery_NotFound_TaskName,Unregister-ScheduledTask ObjectNotFound",
        "Start": "HRESULT 0x80070002,Start-ScheduledTask ObjectNotFound",
    }


@pytest.mark.parametrize(
    ("old", "new", "error"),
    [
        ("<Settings>", "<Settings><Colour>blue</Colour>", "80041316"),
        ("<Exec>", "<Exec><Shell>x</Shell>", "80041316"),
        ("mit/task", "other", "80041317"),
        ("<Settings>", '<Settings><x:Hidden xmlns:x="urn:x">true</x:Hidden>', "80041317"),
        ("<Settings>", "<Settings><Enabled>yes</Enabled>", "80041318"),
        ("<Settings>", "<Settings><Priority>11</Priority>", "80041318"),
        ("<Settings>", "<Settings><ExecutionTimeLimit>72</ExecutionTimeLimit>", "80041318"),
        ("<Settings>", "<Settings><MultipleInstancesPolicy>Many</MultipleInstancesPolicy>", "80041318"),
        ("<Triggers>", "<Triggers><TimeTrigger><StartBoundary>today</StartBoundary></TimeTrigger>", "80041318"),
        ("<Triggers>", "<Triggers><BootTrigger><Repetition><Interval>PT0S</Interval></Repetition></BootTrigger>", "80041318"),
        ('version="1.2"', 'version="9"', "80041318"),
        ("<Triggers>", "<Triggers><TimeTrigger />", "80041319"),
        (r"<Command>C:\Windows\System32\cmd.exe</Command>", "", "80041319"),
        (EXEC.format("/c exit 0"), "", "80041319"),
        ("</Task>", "", "8004131a"),
    ],
)  # fmt: skip
def test_what_the_schema_does_not_have_is_refused(old: str, new: str, error: str) -> None:
    """With the error of that kind, and the place."""
    text = xml()
    assert old in text

    with pytest.raises(RefusedError) as caught:
        task_schema.check(task_schema.read(text.replace(old, new)))

    assert caught.value.kind == f"HRESULT 0x{error}"
    assert "(1," in str(caught.value)


@pytest.mark.parametrize(
    "user",
    [User("plain", "p", administrator=False), User("plain", "p", full_token=False)],
    ids=["plain", "filtered"],
)
def test_access_denied(machine: Lab, user: User) -> None:
    """Who is no administrator with a full token neither sees nor changes a task of SYSTEM."""
    powershell(machine, f"$null = Register-ScheduledTask there -Xml '{xml()}'")
    machine.configure(users=(*machine.config.users, user))
    machine.path(r"C:\Users\plain\AppData\Local\Temp").mkdir(parents=True)
    found = refusals(
        machine,
        """
        New = { Register-ScheduledTask x -Xml $xml -ErrorAction Stop }
        Force = { Register-ScheduledTask there -Xml $xml -Force -ErrorAction Stop }
        Export = { Export-ScheduledTask there -ErrorAction Stop }
        Disable = { Disable-ScheduledTask there -ErrorAction Stop }
        Start = { Start-ScheduledTask there -ErrorAction Stop }
        Get = { Get-ScheduledTask there -ErrorAction Stop }
        """,
        user="plain",
    )

    assert found.pop("Get").endswith("ObjectNotFound")
    assert {said.partition(",")[0] for said in found.values()} == {"HRESULT 0x80070005"}
    assert {said.split()[-1] for said in found.values()} == {"PermissionDenied"}


def trigger(text: str) -> task_schema.Node:
    return task_schema.read(xml(triggers=text))


DAILY = "<CalendarTrigger><StartBoundary>2000-01-01T03:30:00</StartBoundary>{}</CalendarTrigger>"
BY_DAY = "<ScheduleByDay><DaysInterval>{}</DaysInterval></ScheduleByDay>"
TIME = "<TimeTrigger><StartBoundary>{}</StartBoundary>{}</TimeTrigger>"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (DAILY.format(BY_DAY.format(1)), "2026-01-08T03:30:00"),
        (DAILY.format(BY_DAY.format(2)), "2026-01-08T03:30:00"),
        (DAILY.format(BY_DAY.format(5)), "2026-01-09T03:30:00"),
        (DAILY.format("<ScheduleByWeek><DaysOfWeek><Monday /></DaysOfWeek></ScheduleByWeek>"), "2026-01-12T03:30:00"),
        (DAILY.replace("<Start", "<Enabled>false</Enabled><Start").format(""), None),
        (DAILY.replace("</CalendarTrigger>", "<EndBoundary>2020-01-01T00:00:00</EndBoundary></CalendarTrigger>").format(""), None),
        (TIME.format("2026-01-07T12:00:01", ""), "2026-01-07T12:00:01"),
        (TIME.format("2026-01-07T12:00:00", ""), None),
        (TIME.format("2000-01-01T00:00:00", "<Repetition><Interval>PT15M</Interval></Repetition>"), "2026-01-07T12:15:00"),
        (TIME.format("2000-01-01T00:00:00", "<Repetition><Interval>PT15M</Interval><Duration>P1D</Duration></Repetition>"), None),
        (TIME.format("2000-01-01T00:00:00", "") + TIME.format("2030-01-01T00:00:00", ""), "2030-01-01T00:00:00"),
        ("<BootTrigger />", None),
    ],
)  # fmt: skip
def test_when_a_task_is_due(text: str, expected: str | None) -> None:
    """After Wednesday noon, 7 January 2026; one that is due now has been started."""
    found = next_run(trigger(text), datetime.fromisoformat("2026-01-07T12:00:00"))

    assert (found.isoformat() if found else None) == expected


def test_when_a_task_is_due_after_a_start() -> None:
    """Counted from the start of Windows, with a delay, again and again."""
    boot = datetime.fromisoformat("2026-01-07T12:00:00")
    repeated = "<Delay>PT30S</Delay><Repetition><Interval>PT1M</Interval></Repetition>"
    node = trigger(f"<BootTrigger>{repeated}</BootTrigger>").find("Triggers/BootTrigger")
    assert node is not None

    assert next_at_boot(node, boot, boot) == boot + timedelta(seconds=30)
    assert next_at_boot(node, boot, boot + timedelta(seconds=30)) == boot + timedelta(seconds=90)


def wait_for(condition: Callable[[], Any], seconds: float = 60) -> Any:
    end = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < end, "it did not come about in time"
        time.sleep(0.05)
    return found


def result(lab: Lab, path: str = r"\x") -> int | None:
    status = Tasks(lab.folder).status().get(path, {})
    found: int | None = status.get("last_result")
    return None if status.get("running") else found


def register(lab: Lab, text: str, name: str = "x") -> None:
    """As the cmdlet does, without a PowerShell."""
    task = task_schema.read(text.replace(">SYSTEM<", ">S-1-5-18<"))
    task_schema.settle(task)
    Tasks(lab.folder).write(f"\\{name}", task)


def start(lab: Lab) -> str:
    return powershell(lab, "Start-ScheduledTask x").errors


def test_a_task_runs_as_its_account(lab: Lab) -> None:
    """With the account's environment, in the folder that it names; its exit code is the result."""
    lab.path(r"D:\work").mkdir()
    script = lab.path(r"D:\work\who.cmd")
    script.write_bytes(
        b"@echo off\r\nwhoami > who.txt\r\necho %USERPROFILE% %1 >> who.txt\r\nexit /b 7\r\n"
    )
    text = xml().replace(
        EXEC.format("/c exit 0"),
        r"<Exec><Command>D:\work\who.cmd</Command><Arguments>%windir%</Arguments>"
        r"<WorkingDirectory>D:\work</WorkingDirectory></Exec>",
    )  # fmt: skip
    register(lab, text)

    assert start(lab) == ""

    assert wait_for(lambda: result(lab)) == 7
    lines = lab.path(r"D:\work\who.txt").read_text().splitlines()
    assert lines[0].lower() == r"nt authority\system"
    assert lines[1].split() == [r"C:\Windows\system32\config\systemprofile", r"C:\Windows"]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (r"C:\Windows\System32\cmd.exe", r"C:\none.exe", 0x80070002),
        ("</Exec>", r"<WorkingDirectory>D:\none</WorkingDirectory></Exec>", 0x8007010B),
        (">SYSTEM<", ">S-1-5-19<", 0x80070005),
    ],
)
def test_a_task_that_does_not_start(lab: Lab, old: str, new: str, expected: int) -> None:
    """The result says why: no program, no folder, no right to the program."""
    own = lab.path(r"D:\own.exe")
    lab.install(r"D:\own.exe", lab.path(r"C:\Windows\System32\cmd.exe"))
    assert own.exists()
    powershell(lab, r"icacls.exe D:\own.exe /inheritance:r /grant *S-1-5-18:F")
    text = xml().replace(old, new)
    if expected == 0x80070005:
        text = text.replace(r"C:\Windows\System32\cmd.exe", r"D:\own.exe")
    register(lab, text)

    start(lab)

    assert wait_for(lambda: result(lab)) == expected


def test_a_task_ends_in_time(lab: Lab) -> None:
    """Its whole tree, at its limit or when somebody stops it."""
    endless = "/c ping -n 60 localhost"
    register(lab, xml(endless, settings="<ExecutionTimeLimit>PT1S</ExecutionTimeLimit>"))
    start(lab)
    assert wait_for(lambda: result(lab)) == 267014

    register(lab, xml(endless))
    start(lab)
    wait_for(lambda: Tasks(lab.folder).status()[r"\x"].get("running"))
    assert "Running" in powershell(lab, "(Get-ScheduledTask x).State").output
    assert powershell(lab, "Stop-ScheduledTask x").errors == ""
    assert wait_for(lambda: result(lab)) == 267014
    assert not tasks_processes(lab)


def tasks_processes(lab: Lab) -> list[Any]:
    from winfra.lab.machine import Machine

    found = Machine(lab).processes()
    return [one for one in found if one.environ().get("WINFRA_LAB_SHELL", "").startswith("TASK-")]


def test_a_disabled_task_does_not_start(lab: Lab) -> None:
    """Nor by its triggers."""
    soon = (datetime.now() + timedelta(seconds=1)).isoformat(timespec="seconds")  # noqa: DTZ005
    register(lab, xml(triggers=TIME.format(soon, ""), settings="<Enabled>false</Enabled>"))

    assert "The task is disabled." in start(lab)
    time.sleep(2)
    assert result(lab) is None


def test_a_task_starts_by_the_clock(lab: Lab) -> None:
    """Once, at its moment."""
    soon = (datetime.now() + timedelta(seconds=2)).isoformat(timespec="seconds")  # noqa: DTZ005
    register(lab, xml(r"/c echo x >> D:\ran.txt", triggers=TIME.format(soon, "")))

    wait_for(lambda: result(lab) == 0)
    time.sleep(1)
    assert lab.path(r"D:\ran.txt").read_text().split() == ["x"]


def test_a_task_starts_with_windows(lab: Lab) -> None:
    """Not before the machine does; one that was missed while it was off only where it says so."""
    late = "<StartWhenAvailable>true</StartWhenAvailable>"

    def due(hours: int) -> str:
        moment = datetime.now() + timedelta(hours=hours)  # noqa: DTZ005
        missed = TIME.format(moment.isoformat(timespec="seconds"), "")
        register(lab, xml(r"/c echo x >> D:\late.txt", triggers=missed, settings=late), "late")
        register(lab, xml(r"/c echo x >> D:\never.txt", triggers=missed), "never")
        return moment.isoformat()

    register(lab, xml(r"/c echo x >> D:\boot.txt", triggers="<BootTrigger />"))
    due(1)
    wait_for(lambda: Tasks(lab.folder).status().get(r"\late", {}).get("next_run"))
    lab.stop()
    assert not lab.path(r"D:\boot.txt").exists()
    # As if two hours had gone by.
    missed = due(-1)
    for name in (r"\late", r"\never"):
        Tasks(lab.folder).note(name, {"next_run": missed})

    lab.start()

    wait_for(lambda: lab.path(r"D:\late.txt").exists() and lab.path(r"D:\boot.txt").exists())
    time.sleep(0.5)
    assert lab.path(r"D:\boot.txt").read_text().split() == ["x"]
    assert not lab.path(r"D:\never.txt").exists()


@pytest.mark.parametrize(
    ("policy", "runs"), [("IgnoreNew", 1), ("Queue", 2), ("Parallel", 2), ("StopExisting", 2)]
)
def test_what_happens_while_it_runs(lab: Lab, policy: str, runs: int) -> None:
    """The second start is forgotten, waits, runs beside the first or takes its place."""
    setting = f"<MultipleInstancesPolicy>{policy}</MultipleInstancesPolicy>"
    go, ran = lab.path(r"D:\go"), lab.path(r"D:\ran.txt")
    wait = f"until [ -e '{go}' ]; do sleep 0.05; done"
    lab.install(r"C:\wait.exe", Path("/bin/sh"), ["-c", wait, "wait"])
    register(lab, xml(r"/c echo x >> D:\ran.txt &amp; C:\wait.exe", settings=setting))

    start(lab)
    wait_for(ran.exists)
    start(lab)
    go.touch()

    wait_for(lambda: result(lab) is not None and ran.read_text().split() == ["x"] * runs)
