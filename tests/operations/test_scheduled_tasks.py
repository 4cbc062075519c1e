r"""Scheduled tasks on a lab; the XML files under C:\Windows\System32\Tasks are the witness."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from typing import Any

import pytest
from pyinfra.api import OperationValueError
from pyinfra.api.hiddenvalue import HiddenValue

from tests.trial import Trial, no_host
from winfra.messages import scheduled_tasks as messages
from winfra.messages.operations import SECRET_REFUSED
from winfra.operations import scheduled_tasks
from winfra.scheduled_tasks import AtStartup, Daily, Every

TASK = r"\Prefect\Clean"
FOLDER = r"C:\Windows\System32\Tasks"
WANTED: dict[str, Any] = {
    "task": TASK,
    "command": r"C:\Windows\System32\cmd.exe",
    "arguments": ["/c", "exit", "a b"],
    "triggers": [Daily("03:30"), Every(15)],
    "description": "Deletes old results",
}


@pytest.fixture(autouse=True)
def _bare(trial: Trial) -> Iterator[None]:
    shutil.rmtree(trial.lab.path(FOLDER), ignore_errors=True)
    yield
    shutil.rmtree(trial.lab.path(FOLDER), ignore_errors=True)


def stored(trial: Trial) -> str:
    """The XML on one line."""
    text = trial.lab.path(FOLDER + TASK).read_bytes().decode("utf-16")
    return re.sub(r">\s+<", "><", text)


def spoil(trial: Trial, old: str, new: str) -> None:
    """As somebody would who edits the task in the console."""
    text = stored(trial)
    assert old in text
    trial.lab.path(FOLDER + TASK).write_bytes(text.replace(old, new).encode("utf-16"))


def test_a_task_is_registered(trial: Trial) -> None:
    """A dry run shows it, a run registers it, a second one does nothing."""
    dry = trial.dry(scheduled_tasks.task, **WANTED)
    assert dry.will_change
    assert "daily at 03:30, every 15 minutes" in dry.output
    assert "SYSTEM" in dry.output
    assert not trial.lab.path(FOLDER + TASK).exists()

    assert trial.run(scheduled_tasks.task, **WANTED).changed
    text = stored(trial)
    assert "<UserId>S-1-5-18</UserId>" in text
    assert '<Command>C:\\Windows\\System32\\cmd.exe</Command><Arguments>/c exit "a b"<' in text
    assert "<StartBoundary>2000-01-01T03:30:00</StartBoundary><ScheduleByDay>" in text
    assert "<Interval>PT15M</Interval>" in text
    assert "<Description>Deletes old results</Description>" in text
    assert "Password" not in text
    again = trial.run(scheduled_tasks.task, **WANTED)
    assert not again.changed
    assert rf"scheduled task {TASK} is as wanted" in again.output


def test_a_task_with_everything(trial: Trial) -> None:
    """Each argument reaches its element."""
    wanted: dict[str, Any] = {
        "task": "Prefect\\Clean",
        "command": r"C:\Windows\System32\whoami.exe",
        "arguments": "/all & <more>",
        "directory": "D:\\",
        "account": "LOCAL SERVICE",
        "triggers": AtStartup(90),
        "time_limit": None,
        "multiple_instances": "stop",
        "start_when_available": True,
        "run_highest": True,
        "enabled": False,
    }

    assert trial.run(scheduled_tasks.task, **wanted).changed
    text = stored(trial)
    assert "<UserId>S-1-5-19</UserId><RunLevel>HighestAvailable</RunLevel>" in text
    assert "<BootTrigger><Delay>PT90S</Delay></BootTrigger>" in text
    assert "<Arguments>/all &amp; &lt;more&gt;</Arguments>" in text
    assert "<WorkingDirectory>D:\\</WorkingDirectory>" in text
    for setting in (
        "<MultipleInstancesPolicy>StopExisting<", "<StartWhenAvailable>true<", "<Enabled>false<",
        "<ExecutionTimeLimit>PT0S<", "<DisallowStartIfOnBatteries>false<",
    ):  # fmt: skip
        assert setting in text
    assert not trial.run(scheduled_tasks.task, **wanted).changed


@pytest.mark.parametrize(
    ("old", "new", "seen"),
    [
        ("<Command>C:", "<Command>D:", r"D:\Windows"),
        ("/c exit", "/c start", "arguments"),
        ("</Arguments>", r"</Arguments><WorkingDirectory>C:\x</WorkingDirectory>", "directory"),
        ("S-1-5-18", "S-1-5-20", "NETWORK SERVICE"),
        ("</UserId>", "</UserId><RunLevel>HighestAvailable</RunLevel>", "run_highest"),
        ("T03:30:00", "T04:30:00", "daily at 04:30"),
        ("PT15M", "PT1H", "every 60 minutes"),
        ("2000-01-01T03", "2040-01-01T03", "2040-01-01"),
        ("<CalendarTrigger>", "<CalendarTrigger><Enabled>false</Enabled>", "Enabled=false"),
        ("<TimeTrigger>", "<BootTrigger /><TimeTrigger>", "at start-up"),
        ("<Settings>", "<Settings><Enabled>false</Enabled>", "enabled"),
        ("PT4320M", "PT1H", "60 minutes"),
        ("PT4320M", "P1M", "P1M"),
        ("<Settings>", "<Settings><StartWhenAvailable>true</StartWhenAvailable>", "start_when"),
        ("IgnoreNew", "Queue", "queue"),
        ("<Settings>", "<Settings><Hidden>true</Hidden>", "Hidden=true"),
        ("<StopIfGoingOnBatteries>false", "<StopIfGoingOnBatteries>true", "StopIfGoingOnBatteries"),
        ("Deletes old", "Keeps old", "description"),
        ("</Exec>", "</Exec><Exec><Command>D:\\evil.exe</Command></Exec>", "actions: Exec, Exec"),
        ("<UserId>S-1-5-18</UserId>", "<GroupId>S-1-5-32-545</GroupId>", "GroupId=S-1-5-32-545"),
    ],
)  # fmt: skip
def test_what_was_changed_by_hand_is_found_and_mended(
    trial: Trial, old: str, new: str, seen: str
) -> None:
    """Each property, and what no argument is there for."""
    trial.run(scheduled_tasks.task, **WANTED)
    as_wanted = stored(trial)
    spoil(trial, old, new)

    dry = trial.dry(scheduled_tasks.task, **WANTED)
    assert dry.will_change
    assert seen in dry.output

    assert trial.run(scheduled_tasks.task, **WANTED).changed
    assert stored(trial) == as_wanted
    assert not trial.run(scheduled_tasks.task, **WANTED).changed


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("<UserId>S-1-5-18</UserId>", r"<UserId>NT AUTHORITY\SYSTEM</UserId>"),
        ("</UserId>", "</UserId><RunLevel>LeastPrivilege</RunLevel>"),
        ("<Settings>", "<Settings><Priority>7</Priority>"),
        ("PT4320M", "P3D"),
        ("<Settings>", "<Settings><UseUnifiedSchedulingEngine>true</UseUnifiedSchedulingEngine>"),
        ("PT15M", "PT900S"),
        ("<CalendarTrigger>", '<CalendarTrigger id="x"><Enabled>true</Enabled>'),
        ("<RegistrationInfo>", "<RegistrationInfo><Author>me</Author><Date>2026-01-01T00:00:00</Date>"),
        ('version="1.2"', 'version="1.3"'),
    ],
)  # fmt: skip
def test_other_ways_to_write_the_same_are_the_same(trial: Trial, old: str, new: str) -> None:
    """Names for SIDs, defaults written out, who registered it when."""
    trial.run(scheduled_tasks.task, **WANTED)
    spoil(trial, old, new)

    assert not trial.run(scheduled_tasks.task, **WANTED).changed


def test_a_task_is_removed(trial: Trial) -> None:
    """With its folder, as Windows does not need it; another task stays."""
    trial.run(scheduled_tasks.task, **WANTED)
    trial.run(scheduled_tasks.task, **{**WANTED, "task": "Clean"})

    dry = trial.dry(scheduled_tasks.task, TASK, present=False)
    assert dry.will_change
    assert "Will remove" in dry.output
    assert trial.run(scheduled_tasks.task, TASK, present=False).changed
    assert not trial.lab.path(FOLDER + TASK).exists()
    assert trial.lab.path(FOLDER + r"\Clean").exists()
    again = trial.run(scheduled_tasks.task, TASK, present=False)
    assert not again.changed
    assert rf"scheduled task {TASK} does not exist" in again.output


def test_a_task_that_cannot_be_read_fails_the_host(trial: Trial) -> None:
    """What stands there is no XML."""
    trial.run(scheduled_tasks.task, **WANTED)
    trial.lab.path(FOLDER + TASK).write_bytes("<Task".encode("utf-16"))

    tried = trial.run(scheduled_tasks.task, **WANTED)

    assert tried.failed
    assert "The task XML is malformed." in tried.output


def test_what_windows_refuses_is_quoted(trial: Trial, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the place in the XML."""
    monkeypatch.setattr("winfra.scheduled_tasks._BEGIN", "yesterday ")

    tried = trial.run(scheduled_tasks.task, **WANTED)

    assert tried.failed
    assert messages.TASK_REFUSED.remedy in tried.output
    assert "incorrectly formatted or out of range. (" in tried.output


@pytest.mark.parametrize("present", [True, False])
def test_only_administrators_handle_tasks(trial: Trial, present: bool) -> None:
    """A filtered token, which remote UAC gives, is not enough."""
    config = trial.lab.config
    users = tuple(type(one)(**{**vars(one), "full_token": False}) for one in config.users)
    made = trial.run(scheduled_tasks.task, **WANTED).changed
    trial.lab.configure(users=users)
    try:
        read = trial.run(scheduled_tasks.task, **{**WANTED, "present": present})
        shutil.rmtree(trial.lab.path(FOLDER))
        written = trial.run(scheduled_tasks.task, **WANTED)
    finally:
        trial.lab.configure(users=config.users)

    assert made
    for tried in (read, written):
        assert tried.failed
        assert messages.TASK_DENIED.text(Task=TASK, Reason="Access is denied") in tried.output


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"task": "a:b"}, messages.TASK_NAME),
        ({"task": "a/b"}, messages.TASK_NAME),
        ({"task": "[x]"}, messages.TASK_NAME),
        ({"task": ""}, messages.TASK_NAME),
        ({"task": "a\\\\b"}, messages.TASK_NAME),
        ({"task": "a."}, messages.TASK_NAME),
        ({"task": "x" * 201}, messages.TASK_NAME),
        ({"command": None}, messages.COMMAND_MISSING),
        ({"account": "svc_prefect"}, messages.TASK_ACCOUNT),
        ({"account": r"NT SERVICE\PrefectServer"}, messages.TASK_ACCOUNT),
        ({"arguments": HiddenValue("x")}, SECRET_REFUSED),
        ({"arguments": ["a", HiddenValue("x")]}, SECRET_REFUSED),
        ({"triggers": Daily("25:00")}, messages.TASK_ARGUMENT),
        ({"triggers": Daily("3:30")}, messages.TASK_ARGUMENT),
        ({"triggers": Every(0)}, messages.TASK_ARGUMENT),
        ({"triggers": Every(44641)}, messages.TASK_ARGUMENT),
        ({"triggers": AtStartup(-1)}, messages.TASK_ARGUMENT),
        ({"triggers": ["daily"]}, messages.TASK_ARGUMENT),
        ({"time_limit": 0}, messages.TASK_ARGUMENT),
        ({"multiple_instances": "many"}, messages.TASK_ARGUMENT),
        ({"description": "a\x00b"}, messages.TASK_ARGUMENT),
    ],
)
def test_bad_arguments_are_refused_before_the_host_is_asked(options: Any, message: Any) -> None:
    """With the argument's name, its value and what would be right."""
    with no_host(), pytest.raises(OperationValueError) as caught:
        list(scheduled_tasks.task._inner(**{**WANTED, **options}))

    assert str(caught.value).endswith(f"{message.remedy}.")


def test_a_command_without_its_path_is_refused() -> None:
    """The scheduler would look along its own PATH."""
    with no_host(), pytest.raises(OperationValueError, match="command"):
        list(scheduled_tasks.task._inner("Clean", command="python.exe"))
