"""Get-WinEvent and Get-EventLog in the lab, over its event logs."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from tests.lab.people import answers, new_user, powershell
from tests.lab.scm.services import create
from tests.lab.service_scripts import said
from winfra.lab import event_log
from winfra.lab.endpoint_config import User
from winfra.lab.event_authority import passes
from winfra.lab.event_log import ERROR, INFORMATION, WARNING
from winfra.lab.state import Lab

SCM = "Service Control Manager"
SOURCES = r"HKLM\SYSTEM\CurrentControlSet\Services\EventLog\Application"
EVENT = {"provider": SCM, "id": 7036, "level": 4, "time": 1000.25, "data": ["a", "running"]}


@pytest.fixture
def logged(machine: Lab) -> Lab:
    """A machine with five events in two logs, a day old, an hour old, and new."""
    for age, log, provider, number, level, text, data in (
        (86400, "System", SCM, 7036, INFORMATION, "The a service entered the running state.", ["a", "running"]),
        (3600, "System", SCM, 7031, ERROR, "The a service terminated unexpectedly.", ["a", "1"]),
        (0, "System", SCM, 7036, INFORMATION, "The b service entered the stopped state.", ["b", "stopped"]),
        (0, "Application", "PrefectServer", 1, WARNING, "Its child is deaf.", []),
        (0, "Application", "PrefectServer", 2, ERROR, "It gave up.", ["a < b", "2"]),
    ):  # fmt: skip
        event_log.append(machine.folder, log, provider, number, level, text, data)
        if age:
            file = machine.log / f"events-{log}.jsonl"
            *before, last = file.read_text().splitlines()
            aged = {**json.loads(last), "time": time.time() - age}
            file.write_text("\n".join([*before, json.dumps(aged)]) + "\n")
    machine.keys.set_all(rf"{SOURCES}\PrefectServer", {})
    return machine


@pytest.mark.parametrize(
    ("wanted", "does"),
    [
        ({}, True),
        ({"providers": ["service control MANAGER", "other"]}, True),
        ({"providers": ["other"]}, False),
        ({"ids": [7031, 7036], "levels": [4]}, True),
        ({"ids": [7031]}, False),
        ({"levels": [1, 2]}, False),
        ({"data": ["running"]}, True),
        ({"data": ["stopped"]}, False),
        ({"since": 1000, "until": 1001}, True),
        ({"since": 1001}, False),
        ({"until": 1000}, False),
    ],
)
def test_filters(wanted: dict[str, Any], does: bool) -> None:
    """Every part of a filter has to hold, one of its values is enough."""
    assert passes(EVENT, wanted) is does


def test_selecting(logged: Lab) -> None:
    """By log, provider, number, level, time and data; the newest first, over all logs without one."""
    found = answers(
        logged,
        """
        $get = { @(Get-WinEvent @args | % { '{0}.{1}' -f $_.LogName[0], $_.RecordId }) -join ' ' }
        $hour = (Get-Date).AddMinutes(-90)
        @{
            Log = & $get -LogName System; Some = & $get System -MaxEvents 2; Oldest = & $get -LogName System -MaxEvents 2 -Oldest
            Wild = & $get -LogName App*; Provider = & $get -ProviderName 'Service Control*'
            Hash = & $get -FilterHashtable @{ LogName = 'System'; ProviderName = 'Service Control Manager'; StartTime = $hour; Id = 7031, 7036 }
            Before = & $get -FilterHashtable @{ LogName = 'System'; EndTime = $hour }
            Level = & $get -FilterHashtable @{ LogName = 'System', 'Application'; Level = 1, 2 } -Oldest
            Data = & $get -FilterHashtable @{ LogName = 'System'; Data = 'stopped' }
            Two = & $get -FilterHashtable @{ LogName = 'System'; Id = 7031 }, @{ LogName = 'System'; Id = 7036; Data = 'b' }
            Alone = & $get -FilterHashtable @{ ProviderName = 'PrefectServer' }
            Logs = @(Get-WinEvent -ListLog Sys*, App* | Sort-Object LogName | % { $_.LogName, $_.RecordCount })
            Providers = (Get-WinEvent -ListProvider Prefect*).LogLinks.LogName
        }
        """,
    )

    assert found == {
        "Log": "S.3 S.2 S.1", "Some": "S.3 S.2", "Oldest": "S.1 S.2", "Wild": "A.2 A.1",
        "Provider": "S.3 S.2 S.1", "Hash": "S.3 S.2", "Before": "S.1", "Level": "S.2 A.2",
        "Data": "S.3", "Two": "S.3 S.2", "Alone": "A.2 A.1",
        "Logs": ["Application", 2, "System", 3], "Providers": "Application",
    }  # fmt: skip


def test_records(logged: Lab) -> None:
    """An event has the properties of EventLogRecord, and its XML."""
    stored = logged.event_log("Application")[1]
    found = answers(
        logged,
        """
        $one = Get-WinEvent -LogName Application -MaxEvents 1
        $xml = ([xml] $one.ToXml()).Event
        @{
            Type = $one.PSTypeNames[0]; Id = $one.Id; Level = $one.LevelDisplayName; Provider = $one.ProviderName; Message = $one.Message
            Values = @($one.Properties | % Value); Time = $one.TimeCreated.ToUniversalTime().ToString('o'); Computer = $one.MachineName
            Xml = $xml.System.Provider.Name, $xml.System.EventID.'#text', $xml.System.Channel, $xml.EventData.Data[0]
            Named = ([xml] (Get-WinEvent -LogName System -MaxEvents 1).ToXml()).Event.EventData.Data[1].Name
        }
        """,
    )

    milliseconds = int(stored["time"] * 1000) % 1000
    assert f".{milliseconds:03}0000Z" in found.pop("Time")
    assert found == {
        "Type": "System.Diagnostics.Eventing.Reader.EventLogRecord", "Id": 2, "Level": "Error",
        "Provider": "PrefectServer", "Message": "It gave up.", "Values": ["a < b", "2"],
        "Computer": "WINLAB", "Xml": ["PrefectServer", "2", "Application", "a < b"], "Named": "param2",
    }  # fmt: skip


def test_refusals(logged: Lab) -> None:
    """Each has the id, category and sentence of Windows PowerShell."""
    found = said(
        logged,
        """
        Nothing = { Get-WinEvent -FilterHashtable @{ LogName = 'System'; Id = 1 } }
        Later = { Get-WinEvent -FilterHashtable @{ LogName = 'System'; StartTime = (Get-Date).AddHours(1) } }
        Log = { Get-WinEvent -LogName Nothing }
        Provider = { Get-WinEvent -FilterHashtable @{ ProviderName = 'Nothing' } }
        Apart = { Get-WinEvent -FilterHashtable @{ LogName = 'System'; ProviderName = 'PrefectServer' } }
        Time = { Get-WinEvent -FilterHashtable @{ LogName = 'System'; StartTime = 'soon' } }
        Null = { Get-WinEvent -FilterHashtable @{ LogName = 'System'; Id = $null } }
        Bare = { Get-WinEvent -FilterHashtable @{ Id = 1 } }
        Old = { Get-EventLog Nothing }
        OldNothing = { Get-EventLog System -Source Nothing }
        """,
    )

    get = "GetWinEventCommand"
    nothing = f"NoMatchingEventsFound,{get} ObjectNotFound: No events were found that match the specified selection criteria."
    assert found == {
        "Nothing": nothing,
        "Later": nothing,
        "Log": f'NoMatchingLogsFound,{get} ObjectNotFound: There is not an event log on the localhost computer that matches "Nothing".',
        "Provider": f'NoMatchingProvidersFound,{get} ObjectNotFound: There is not an event provider on the localhost computer that matches "Nothing".',
        "Apart": f"LogsAndProvidersDontOverlap,{get} InvalidArgument: The specified providers do not write events to any of the specified logs.",
        "Time": f"DateTimeExpected,{get} InvalidArgument: The following value is not in a valid DateTime format: soon.",
        "Null": f"NullNotAllowedInHashtable,{get} InvalidArgument: A null value was encountered in the Id hash table key. Null values are not permitted.",
        "Bare": f"LogProviderOrPathNeeded,{get} InvalidArgument: You must specify at least one Log, Provider or Path key-value pair.",
        "Old": "System.InvalidOperationException,GetEventLogCommand NotSpecified: The event log 'Nothing' on computer '.' does not exist.",
        "OldNothing": "GetEventLogNoEntriesFound,GetEventLogCommand ObjectNotFound: No matches found",
    }


def test_get_event_log(logged: Lab) -> None:
    """Its entries have the older interface's names and numbers."""
    found = answers(
        logged,
        """
        $get = { @(Get-EventLog @args | % Index) -join ' ' }
        $one = Get-EventLog -LogName System -Newest 1
        @{
            Entry = $one.EventID, $one.InstanceId, "$($one.EntryType)", $one.Source, $one.ReplacementStrings[1], $one.Message
            Error = (Get-EventLog System -EntryType Error).InstanceId; All = & $get System; Source = & $get Application -Source Prefect*
            After = & $get System -After (Get-Date).AddMinutes(-90); Before = & $get System -Before (Get-Date).AddMinutes(-90)
            Instance = & $get System 1073748860; Message = & $get System -Message '*stopped*'; Index = & $get System -Index 1, 3
            List = @(Get-EventLog -List -AsString | Sort-Object); Counts = (Get-EventLog -List | ? Log -eq System).Entries.Count
        }
        """,
    )

    assert found == {
        "Entry": [7036, 1073748860, "Information", SCM, "stopped", "The b service entered the stopped state."],
        "Error": 3221232503, "All": "3 2 1", "Source": "2 1", "After": "3 2", "Before": "1",
        "Instance": "3 1", "Message": "3", "Index": "3 1",
        "List": ["Application", "Security", "System"], "Counts": 3,
    }  # fmt: skip


def test_security_log(machine: Lab) -> None:
    """What is audited stands in the Security log, which administrators read."""
    new_user(machine)
    events = machine.events()
    old = machine.config
    machine.configure(users=(*old.users, User("guest", "", administrator=False)))

    found = answers(machine, "@{ Ids = @(Get-WinEvent -LogName Security -Oldest | % Id) }")
    refused = said(
        machine,
        "New = { Get-WinEvent -LogName Security }\nOld = { Get-EventLog Security }",
        user="guest",
    )

    assert events
    assert found["Ids"] == [event["event"] for event in events]
    assert refused["New"].startswith("LogInfoUnavailable,GetWinEventCommand NotSpecified: ")
    assert (
        refused["Old"]
        == "System.Security.SecurityException,GetEventLogCommand NotSpecified: Requested registry access is not allowed."
    )


def test_events_of_the_control_manager(lab: Lab) -> None:
    """What became of a service is read from the System log as on Windows."""
    create(lab, "failed", "exit=1066 specific=42", display_name="A failed one")
    text = """
        $before = Get-Date
        Start-Service failed -ErrorAction SilentlyContinue
        Get-WinEvent -FilterHashtable @{ LogName = 'System'; ProviderName = 'Service Control Manager'; StartTime = $before; Id = 7024 } |
            % { $_.Message.Split("`n")[0].Trim(); $_.Properties[1].Value }
        """

    result = powershell(lab, text)

    assert result.errors == ""
    assert result.lines == [
        "The A failed one service terminated with the following service-specific error:", "%%42",
    ]  # fmt: skip
