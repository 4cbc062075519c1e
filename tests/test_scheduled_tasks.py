"""The XML of scheduled tasks, made and read without a host."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest

from winfra.scheduled_tasks import (
    NAMESPACE,
    AtStartup,
    Daily,
    Every,
    TaskInfo,
    Trigger,
    command_line,
    parse,
    to_xml,
    trigger_text,
)

# As Export-ScheduledTask gives a task that was made with New-ScheduledTaskTrigger -Daily and others.
EXPORTED = f"""\ufeff<?xml version="1.0" encoding="UTF-16"?>
<Task version="1.3" xmlns="{NAMESPACE}">
  <RegistrationInfo>
    <Date>2026-01-05T08:00:00.1234567</Date>
    <Author>WINLAB\\deploy</Author>
    <Description>Cleans up</Description>
    <URI>\\Prefect\\Clean</URI>
  </RegistrationInfo>
  <Principals>
    <Principal id="Author">
      <UserId>S-1-5-19</UserId>
      <RunLevel>HighestAvailable</RunLevel>
    </Principal>
  </Principals>
  <Settings>
    <DisallowStartIfOnBatteries>true</DisallowStartIfOnBatteries>
    <StopIfGoingOnBatteries>false</StopIfGoingOnBatteries>
    <MultipleInstancesPolicy>Queue</MultipleInstancesPolicy>
    <IdleSettings>
      <StopOnIdleEnd>true</StopOnIdleEnd>
      <RestartOnIdle>false</RestartOnIdle>
    </IdleSettings>
    <UseUnifiedSchedulingEngine>true</UseUnifiedSchedulingEngine>
    <RestartOnFailure><Interval>PT1M</Interval><Count>3</Count></RestartOnFailure>
  </Settings>
  <Triggers>
    <CalendarTrigger>
      <StartBoundary>2026-01-05T03:00:00</StartBoundary>
      <ScheduleByDay><DaysInterval>1</DaysInterval></ScheduleByDay>
    </CalendarTrigger>
    <BootTrigger />
  </Triggers>
  <Actions Context="Author">
    <Exec>
      <Command>C:\\Windows\\System32\\cmd.exe</Command>
      <Arguments>/c "exit 1"</Arguments>
    </Exec>
  </Actions>
</Task>"""
TASK = TaskInfo(
    command=r"D:\x.exe",
    arguments="",
    directory="",
    account="S-1-5-18",
    run_highest=False,
    triggers=[],
    time_limit=90,
    multiple_instances="ignore",
    start_when_available=False,
    enabled=True,
    description="",
    further=[],
)


def test_an_exported_task() -> None:
    """What is left out is as the schema says; what no argument is there for is named."""
    assert parse(EXPORTED) == {
        "command": r"C:\Windows\System32\cmd.exe",
        "arguments": '/c "exit 1"',
        "directory": "",
        "account": "S-1-5-19",
        "run_highest": True,
        "triggers": [
            "CalendarTrigger StartBoundary=2026-01-05T03:00:00",
            "at start-up",
        ],
        "time_limit": 4320,
        "multiple_instances": "queue",
        "start_when_available": False,
        "enabled": True,
        "description": "Cleans up",
        "further": [
            "DisallowStartIfOnBatteries=true",
            "RestartOnFailure/Count=3",
            "RestartOnFailure/Interval=60",
        ],
    }


@pytest.mark.parametrize(
    ("trigger", "text"),
    [
        (Daily("03:30"), "daily at 03:30"),
        (Every(15), "every 15 minutes"),
        (Every(1440), "every 1440 minutes"),
        (AtStartup(), "at start-up"),
        (AtStartup(30), "at start-up, after 30 seconds"),
    ],
)
def test_a_trigger_comes_back_as_it_went(trigger: Trigger, text: str) -> None:
    """In the words of a difference."""
    assert trigger_text(trigger) == text
    assert parse(to_xml(TASK, [trigger]))["triggers"] == [text]


def test_a_task_comes_back_as_it_went() -> None:
    """All of it, characters that XML has a meaning for included."""
    task = TASK | {
        "arguments": '-x "a & b" <c>', "directory": "D:\\", "run_highest": True, "enabled": False,
        "time_limit": 0, "multiple_instances": "stop", "start_when_available": True,
        "description": "zwei\nZeilen \u00fc",
    }  # fmt: skip

    assert parse(to_xml(task, [])) == task


def test_the_xml_is_of_the_schema() -> None:
    """The namespace, a version that every Windows since Vista knows, and the encoding of a string."""
    text = to_xml(TASK, [])
    declaration, _, rest = text.partition("\n")

    assert declaration == '<?xml version="1.0" encoding="UTF-16"?>'
    task = ET.fromstring(rest)  # noqa: S314
    assert (task.tag, task.get("version")) == (f"{{{NAMESPACE}}}Task", "1.2")
    assert [child.tag.rpartition("}")[2] for child in task] == [
        "RegistrationInfo", "Triggers", "Principals", "Settings", "Actions",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (None, ""),
        ("-x y", "-x y"),
        (["-x", "a b", 'c"d', ""], '-x "a b" c\\"d ""'),
        ([r"C:\with space" + "\\"], r'"C:\with space\\"'),
    ],
)
def test_arguments_are_quoted(arguments: str | list[str] | None, line: str) -> None:
    """As programs take them apart again; one text stays as it is."""
    assert command_line(arguments) == line


def test_what_is_no_xml_is_a_value_error() -> None:
    """The fact makes a sentence of it."""
    with pytest.raises(ValueError, match="no XML of a task"):
        parse("<Task")
