"""Scheduled tasks: the XML that registers one, and what an XML says, in one form to compare."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias, TypedDict
from xml.etree import ElementTree as ET

from winfra.sid import known_sid

NAMESPACE = "http://schemas.microsoft.com/windows/2004/02/mit/task"
INSTANCES = {
    "ignore": "IgnoreNew",
    "parallel": "Parallel",
    "queue": "Queue",
    "stop": "StopExisting",
}
# Triggers begin long ago: what counts is the time of the day, in the host's time zone.
_BEGIN = "2000-01-01T"
_DURATION = re.compile(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?")
# "Task Scheduler Schema": what an element that is left out means. Windows leaves out what is as here.
_DEFAULTS = {
    "AllowHardTerminate": "true",
    "AllowStartOnDemand": "true",
    "DisallowStartIfOnBatteries": "true",
    "DisallowStartOnRemoteAppSession": "false",
    "Enabled": "true",
    "Hidden": "false",
    "IdleSettings/Duration": "600",
    "IdleSettings/RestartOnIdle": "false",
    "IdleSettings/StopOnIdleEnd": "true",
    "IdleSettings/WaitTimeout": "3600",
    "MultipleInstancesPolicy": "IgnoreNew",
    "Priority": "7",
    "RunOnlyIfIdle": "false",
    "RunOnlyIfNetworkAvailable": "false",
    "StartWhenAvailable": "false",
    "StopIfGoingOnBatteries": "true",
    "ExecutionTimeLimit": "259200",
    "Volatile": "false",
    "WakeToRun": "false",
}
_TRIGGER_DEFAULTS = {
    "Enabled": "true",
    "Delay": "0",
    "RandomDelay": "0",
    "Repetition/StopAtDurationEnd": "false",
    "ScheduleByDay/DaysInterval": "1",
}
# What Windows decides by itself, and what changes nothing of what a task does.
_NOT_COMPARED = {"UseUnifiedSchedulingEngine"}
_BUILT_IN = {"S-1-5-18", "S-1-5-19", "S-1-5-20"}


@dataclass(frozen=True)
class Daily:
    """Every day at a time of the host's clock, such as ``"03:30"``."""

    at: str


@dataclass(frozen=True)
class Every:
    """Every so many minutes; of those that divide a day, the first is at midnight."""

    minutes: int


@dataclass(frozen=True)
class AtStartup:
    """When Windows has started, so many seconds later."""

    delay_seconds: int = 0


Trigger: TypeAlias = Daily | Every | AtStartup


class TaskInfo(TypedDict):
    """A task. ``time_limit`` in minutes, 0 without one; ``further``: all that has no argument."""

    command: str
    arguments: str
    directory: str
    account: str
    run_highest: bool
    triggers: list[str]
    time_limit: float | str
    multiple_instances: str
    start_when_available: bool
    enabled: bool
    description: str
    further: list[str]


def parse(text: str) -> TaskInfo:
    """What the XML of a task says; ``ValueError`` where it is none."""
    try:
        task = ET.fromstring(re.sub(r"^\s*<\?xml[^>]*\?>", "", text.lstrip("\ufeff")))  # noqa: S314
    except ET.ParseError as error:  # a SyntaxError
        raise ValueError(f"no XML of a task: {error}") from error
    settings = {**_DEFAULTS, **_leaves(_part(task, "Settings"))}
    principal = _leaves(_part(task, "Principals/Principal"))
    actions = [*_part(task, "Actions")]
    action = _leaves(actions[0]) if actions else {}
    user = principal.get("UserId", "")
    instances = settings["MultipleInstancesPolicy"]
    return TaskInfo(
        command=action.get("Command", ""),
        arguments=action.get("Arguments", ""),
        directory=action.get("WorkingDirectory", ""),
        account=known_sid(user) or user,
        run_highest=principal.get("RunLevel") == "HighestAvailable",
        triggers=sorted(map(_trigger_text, _part(task, "Triggers"))),
        time_limit=_minutes(settings["ExecutionTimeLimit"]),
        multiple_instances={v: k for k, v in INSTANCES.items()}.get(instances, instances),
        start_when_available=settings["StartWhenAvailable"] == "true",
        enabled=settings["Enabled"] == "true",
        description=_leaves(_part(task, "RegistrationInfo")).get("Description", ""),
        further=[*_further(settings, principal, actions)],
    )


def to_xml(task: TaskInfo, triggers: Sequence[Trigger]) -> str:
    """The XML that registers a task; it may start on batteries, as a server has none."""
    settings = {
        "MultipleInstancesPolicy": INSTANCES[task["multiple_instances"]],
        "DisallowStartIfOnBatteries": "false",
        "StopIfGoingOnBatteries": "false",
        "StartWhenAvailable": _word(task["start_when_available"]),
        "Enabled": _word(task["enabled"]),
        "ExecutionTimeLimit": _duration(round(float(task["time_limit"]) * 60)),
    }
    level = "HighestAvailable" if task["run_highest"] else "LeastPrivilege"
    action = {"Command": task["command"], "Arguments": task["arguments"]}
    root = ET.Element("Task", {"version": "1.2", "xmlns": NAMESPACE})
    _add(root, "RegistrationInfo", {"Description": task["description"]})
    _add_triggers(root, triggers)
    principal = {"UserId": task["account"], "RunLevel": level}
    _add(ET.SubElement(root, "Principals"), "Principal", principal).set("id", "Author")
    _add(root, "Settings", settings)
    actions = ET.SubElement(root, "Actions", {"Context": "Author"})
    _add(actions, "Exec", {**action, "WorkingDirectory": task["directory"]})
    ET.indent(root)
    # The string that the scheduler gets is UTF-16, and it refuses one that says otherwise.
    return '<?xml version="1.0" encoding="UTF-16"?>\n' + ET.tostring(root, "unicode")


def trigger_text(trigger: Trigger) -> str:
    """A trigger in the words of a difference."""
    match trigger:
        case Daily(at):
            return f"daily at {at}"
        case Every(minutes):
            return f"every {minutes} minutes"
        case AtStartup(delay):
            return "at start-up" + (f", after {delay} seconds" if delay else "")


def command_line(arguments: str | Sequence[str] | None) -> str:
    """Arguments in one text; several are quoted as programs take them apart again."""
    if arguments is None or isinstance(arguments, str):
        return arguments or ""
    return subprocess.list2cmdline(arguments)


def _part(task: ET.Element, path: str) -> ET.Element:
    names = "/".join(f"{{{NAMESPACE}}}{name}" for name in path.split("/"))
    found = task.find(names)
    return ET.Element(path) if found is None else found


def _leaves(element: ET.Element, above: str = "") -> dict[str, str]:
    """Path below the element -> text, of all that holds one; durations in seconds."""
    found: dict[str, str] = {}
    for child in element:
        path = above + child.tag.rpartition("}")[2]
        if len(child):
            found.update(_leaves(child, f"{path}/"))
        elif child.text is not None:
            found[path] = _plain(child.text)
    return found


def _plain(text: str) -> str:
    seconds = _seconds(text)
    if seconds is not None:
        return str(seconds)
    return text.lower() if text.lower() in {"true", "false"} else text


def _seconds(text: str) -> int | None:
    found = _DURATION.fullmatch(text)
    if found is None or not any(found.groups()):
        return None
    days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
    return ((days * 24 + hours) * 60 + minutes) * 60 + seconds


def _minutes(text: str) -> float | str:
    """A time limit; months and years stay as they are written."""
    return int(text) / 60 if text.isdecimal() else text


def _duration(seconds: int) -> str:
    minutes, rest = divmod(seconds, 60)
    return f"PT{seconds}S" if rest or not seconds else f"PT{minutes}M"


def _trigger_text(element: ET.Element) -> str:
    kind = element.tag.rpartition("}")[2]
    leaves = _leaves(element)
    own = {k: v for k, v in leaves.items() if k != "Id" and _TRIGGER_DEFAULTS.get(k) != v}
    begin = own.get("StartBoundary", "").removeprefix(_BEGIN)
    match kind, {k: v for k, v in own.items() if k != "StartBoundary"}:
        case "CalendarTrigger", {**rest} if not rest and _is_by_day(element, begin):
            return trigger_text(Daily(begin[:5]))
        case "TimeTrigger", {"Repetition/Interval": seconds, **rest} if not rest and (
            begin == "00:00:00" and seconds.isdecimal() and int(seconds) % 60 == 0
        ):
            return trigger_text(Every(int(seconds) // 60))
        case "BootTrigger", {**rest} if not own.keys() - {"Delay"}:
            delay = rest.get("Delay", "0")
            return trigger_text(AtStartup(int(delay) if delay.isdecimal() else -1))
    return f"{kind} " + ", ".join(f"{name}={value}" for name, value in sorted(own.items()))


def _is_by_day(element: ET.Element, begin: str) -> bool:
    by_day = element.find(f"{{{NAMESPACE}}}ScheduleByDay")
    return by_day is not None and re.fullmatch(r"\d\d:\d\d:00", begin) is not None


def _further(
    settings: Mapping[str, str], principal: Mapping[str, str], actions: Sequence[ET.Element]
) -> Iterator[str]:
    """What else is otherwise than in a task that ``to_xml`` makes."""
    own = {"MultipleInstancesPolicy", "StartWhenAvailable", "Enabled", "ExecutionTimeLimit"}
    made = {**_DEFAULTS, "DisallowStartIfOnBatteries": "false", "StopIfGoingOnBatteries": "false"}
    for name, value in sorted(settings.items()):
        if name not in own | _NOT_COMPARED and made.get(name) != value:
            yield f"{name}={value}"
    is_built_in = (known_sid(principal.get("UserId", "")) or "") in _BUILT_IN
    for name, value in sorted(principal.items()):
        if name not in {"UserId", "RunLevel"} and not (name == "LogonType" and is_built_in):
            yield f"{name}={value}"
    kinds = [action.tag.rpartition("}")[2] for action in actions]
    if kinds != ["Exec"]:
        yield "actions: " + (", ".join(kinds) or "none")


def _add(parent: ET.Element, name: str, values: Mapping[str, str]) -> ET.Element:
    """An element that holds others; empty texts are left out."""
    element = ET.SubElement(parent, name)
    for key, value in values.items():
        if value:
            ET.SubElement(element, key).text = value
    return element


def _add_triggers(root: ET.Element, triggers: Sequence[Trigger]) -> None:
    parent = ET.SubElement(root, "Triggers")
    for trigger in triggers:
        match trigger:
            case Daily(at):
                one = _add(parent, "CalendarTrigger", {"StartBoundary": f"{_BEGIN}{at}:00"})
                _add(one, "ScheduleByDay", {"DaysInterval": "1"})
            case Every(minutes):
                one = ET.SubElement(parent, "TimeTrigger")
                _add(one, "Repetition", {"Interval": _duration(minutes * 60)})
                ET.SubElement(one, "StartBoundary").text = f"{_BEGIN}00:00:00"
            case AtStartup(delay):
                _add(parent, "BootTrigger", {"Delay": _duration(delay) if delay else ""})


def _word(value: bool) -> str:
    return "true" if value else "false"
