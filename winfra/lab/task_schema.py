"""The XML of scheduled tasks: read with places, checked as Windows checks it, and put into its form.

After Microsoft's "Task Scheduler Schema" and "Task Scheduler Error and Success Constants".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr

from winfra.lab.sam import RefusedError

NAMESPACE = "http://schemas.microsoft.com/windows/2004/02/mit/task"
UNEXPECTED_NODE = (0x80041316, "The task XML contains an unexpected node.")
OTHER_NAMESPACE = (
    0x80041317,
    "The task XML contains an element or attribute from an unexpected namespace.",
)
INVALID_VALUE = (
    0x80041318,
    "The task XML contains a value which is incorrectly formatted or out of range.",
)
MISSING_NODE = (0x80041319, "The task XML is missing a required element or attribute.")
MALFORMED = (0x8004131A, "The task XML is malformed.")

_BOOLEAN = r"true|false|1|0"
_DURATION = r"P(?!$)(\d+Y)?(\d+M)?(\d+D)?(T(?!$)(\d+H)?(\d+M)?(\d+S)?)?"
_MOMENT = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?"
_TEXT = r"[\s\S]*"
_INSTANCES = "Parallel|Queue|IgnoreNew|StopExisting"
_DAYS = "Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday"
_NUMBER = r"\d{1,9}"
# Element -> what it holds: a pattern of its text, or its elements; a * before a name: it has to be there.
Schema = Mapping[str, "str | Schema"]
_REPETITION: Schema = {
    "*Interval": _DURATION, "Duration": _DURATION, "StopAtDurationEnd": _BOOLEAN
}  # fmt: skip
_TRIGGER: Schema = {
    "Enabled": _BOOLEAN, "StartBoundary": _MOMENT, "EndBoundary": _MOMENT,
    "Repetition": _REPETITION, "ExecutionTimeLimit": _DURATION,
}  # fmt: skip
_BEGINNING: Schema = {**_TRIGGER, "*StartBoundary": _MOMENT, "RandomDelay": _DURATION}
_DELAYED: Schema = {**_TRIGGER, "Delay": _DURATION}
_WEEK: Schema = {"DaysOfWeek": dict.fromkeys(_DAYS.split("|"), ""), "WeeksInterval": _NUMBER}
SCHEMA: Schema = {
    "RegistrationInfo": dict.fromkeys(("URI", "SecurityDescriptor", "Source", "Date", "Author", "Version", "Description", "Documentation"), _TEXT),
    "Triggers": {
        "BootTrigger": _DELAYED,
        "RegistrationTrigger": _DELAYED,
        "LogonTrigger": {**_DELAYED, "UserId": _TEXT},
        "IdleTrigger": _TRIGGER,
        "TimeTrigger": _BEGINNING,
        "CalendarTrigger": {
            **_BEGINNING, "ScheduleByDay": {"DaysInterval": _NUMBER}, "ScheduleByWeek": _WEEK
        },
    },
    "Principals": {
        "Principal": {
            "UserId": _TEXT, "GroupId": _TEXT, "DisplayName": _TEXT,
            "LogonType": "Password|S4U|InteractiveToken|InteractiveTokenOrPassword",
            "RunLevel": "LeastPrivilege|HighestAvailable", "ProcessTokenSidType": "None|Unrestricted|Default",
            "RequiredPrivileges": {"Privilege": _TEXT},
        }
    },
    "Settings": {
        "AllowStartOnDemand": _BOOLEAN, "AllowHardTerminate": _BOOLEAN, "Enabled": _BOOLEAN,
        "DisallowStartIfOnBatteries": _BOOLEAN, "StopIfGoingOnBatteries": _BOOLEAN,
        "StartWhenAvailable": _BOOLEAN, "RunOnlyIfNetworkAvailable": _BOOLEAN,
        "WakeToRun": _BOOLEAN, "Hidden": _BOOLEAN, "RunOnlyIfIdle": _BOOLEAN,
        "DisallowStartOnRemoteAppSession": _BOOLEAN, "UseUnifiedSchedulingEngine": _BOOLEAN,
        "Volatile": _BOOLEAN, "MultipleInstancesPolicy": _INSTANCES, "Priority": "[0-9]|10",
        "ExecutionTimeLimit": _DURATION, "DeleteExpiredTaskAfter": _DURATION,
        "NetworkProfileName": _TEXT,
        "RestartOnFailure": {"*Interval": _DURATION, "*Count": r"\d{1,3}"},
        "IdleSettings": {
            "Duration": _DURATION, "WaitTimeout": _DURATION, "StopOnIdleEnd": _BOOLEAN,
            "RestartOnIdle": _BOOLEAN,
        },
    },
    "*Actions": {
        "Exec": {"*Command": _TEXT, "Arguments": _TEXT, "WorkingDirectory": _TEXT},
    },
}  # fmt: skip
# What Windows leaves out of what it stores, because it means nothing else.
_LEFT_OUT = {
    "Settings/AllowHardTerminate": "true", "Settings/AllowStartOnDemand": "true",
    "Settings/Enabled": "true", "Settings/Hidden": "false", "Settings/Priority": "7",
    "Settings/RunOnlyIfIdle": "false", "Settings/RunOnlyIfNetworkAvailable": "false",
    "Settings/StartWhenAvailable": "false", "Settings/WakeToRun": "false",
    "Settings/ExecutionTimeLimit": "PT72H",
    "Principals/Principal/RunLevel": "LeastPrivilege",
}  # fmt: skip
_IDLE = {
    "Duration": "PT10M",
    "WaitTimeout": "PT1H",
    "StopOnIdleEnd": "true",
    "RestartOnIdle": "false",
}
_ORDER = ("RegistrationInfo", "Principals", "Settings", "Triggers", "Actions")


@dataclass
class Node:
    """An element and where it stands."""

    name: str
    place: tuple[int, int] = (0, 0)
    attributes: dict[str, str] = field(default_factory=dict)
    text: str = ""
    children: list[Node] = field(default_factory=list)

    def find(self, path: str) -> Node | None:
        """The first element under a path such as ``Principals/Principal``."""
        node: Node | None = self
        for name in path.split("/"):
            node = next((one for one in node.children if one.name == name), None) if node else None
        return node

    def value(self, path: str, default: str = "") -> str:
        found = self.find(path)
        return default if found is None else found.text

    def set(self, path: str, text: str) -> None:
        """Set an element's text; made where it is missing."""
        above, _, name = path.rpartition("/")
        parent = self.find(above) if above else self
        assert parent is not None
        found = parent.find(name)
        if found is None:
            found = Node(name)
            parent.children.append(found)
        found.text = text


def refusal(error: tuple[int, str], node: Node, shown: str = "") -> RefusedError:
    line, column = node.place
    number, text = error
    message = f"{text} ({line},{column}):{node.name}:{shown}"
    return RefusedError(f"HRESULT 0x{number:08x}", message, number)


def read(text: str) -> Node:
    """The task in an XML, as it is written; refused where it is no XML of a task."""
    declared = re.match(r"\s*<\?xml[^>]*encoding=[\"']([^\"']+)", text)
    if declared and not declared[1].lower().startswith("utf-16"):
        raise refusal(MALFORMED, Node("", (1, declared.end() + 1)), "incorrect document encoding")
    task = _Reader().read(re.sub(r"^\s*<\?xml[^>]*\?>", "", text))
    space, _, name = task.name.rpartition(" ")
    if space != NAMESPACE:
        raise refusal(OTHER_NAMESPACE, task)
    if name != "Task":
        raise refusal(UNEXPECTED_NODE, task)
    for node in _all(task):
        if not node.name.startswith(f"{NAMESPACE} "):
            raise refusal(OTHER_NAMESPACE, node)
        node.name = node.name.rpartition(" ")[2]
    return task


def check(task: Node) -> None:
    """Refuse what the scheduler would."""
    if not re.fullmatch(r"1\.[1-6]", task.attributes.get("version", "")):
        raise refusal(INVALID_VALUE, task, task.attributes.get("version", ""))
    _check(task, SCHEMA)
    actions = task.find("Actions")
    if actions is None or not actions.children:
        raise refusal(MISSING_NODE, actions or task)


def settle(task: Node) -> None:
    """Bring a task into the form in which Windows keeps it."""
    settings = task.find("Settings")
    if settings is None:
        settings = Node("Settings")
        task.children.append(settings)
    for name, default in (
        ("DisallowStartIfOnBatteries", "true"),
        ("StopIfGoingOnBatteries", "true"),
    ):
        settings.set(name, settings.value(name, default))
    idle = settings.find("IdleSettings")
    if idle is None:
        idle = Node("IdleSettings")
        settings.children.append(idle)
    for name, default in _IDLE.items():
        idle.set(name, idle.value(name, default))
    for path, default in _LEFT_OUT.items():
        above, _, name = path.rpartition("/")
        parent = task.find(above)
        if parent is not None:
            parent.children = [c for c in parent.children if (c.name, c.text) != (name, default)]
    for trigger in (task.find("Triggers") or Node("")).children:
        trigger.children = [c for c in trigger.children if (c.name, c.text) != ("Enabled", "true")]
    task.children.sort(key=lambda node: _ORDER.index(node.name))


def write(task: Node) -> str:
    """The XML of a task, as Windows exports it."""
    lines = ['<?xml version="1.0" encoding="UTF-16"?>', *_lines(task, "")]
    return "\r\n".join(lines)


def _lines(node: Node, indent: str) -> Iterator[str]:
    attributes = dict(node.attributes)
    if node.name == "Task":
        attributes["xmlns"] = NAMESPACE
    start = node.name + "".join(f" {k}={quoteattr(v)}" for k, v in attributes.items())
    if node.children:
        yield f"{indent}<{start}>"
        for child in node.children:
            yield from _lines(child, indent + "  ")
        yield f"{indent}</{node.name}>"
    elif node.text:
        yield f"{indent}<{start}>{escape(node.text)}</{node.name}>"
    else:
        yield f"{indent}<{start} />"


def _all(node: Node) -> Iterator[Node]:
    yield node
    for child in node.children:
        yield from _all(child)


def _check(node: Node, schema: Schema) -> None:
    allowed = {name.lstrip("*"): content for name, content in schema.items()}
    for child in node.children:
        content = allowed.get(child.name)
        if content is None:
            raise refusal(UNEXPECTED_NODE, child)
        if isinstance(content, str):
            _check_text(child, content)
        else:
            _check(child, content)
    present = {child.name for child in node.children}
    for name in schema:
        if name.startswith("*") and name[1:] not in present:
            raise refusal(MISSING_NODE, node, name[1:])


def _check_text(node: Node, pattern: str) -> None:
    if node.children:
        raise refusal(UNEXPECTED_NODE, node.children[0])
    if not re.fullmatch(pattern, node.text):
        raise refusal(INVALID_VALUE, node, node.text)
    if node.name == "Interval" and node.text in {"PT0S", "PT0M", "PT30S"}:
        raise refusal(INVALID_VALUE, node, node.text)  # a minute at least


class _Reader:
    """Builds nodes with the places where they stand, which ElementTree does not keep."""

    def __init__(self) -> None:
        self._top = Node("")
        self._open = [self._top]
        self._parser = expat.ParserCreate(namespace_separator=" ")
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._characters

    def read(self, text: str) -> Node:
        try:
            self._parser.Parse(text, True)
        except expat.ExpatError as error:
            place = Node("", (error.lineno, error.offset + 1))
            raise refusal(MALFORMED, place, expat.errors.messages[error.code]) from None
        return self._top.children[0]

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        place = (self._parser.CurrentLineNumber, self._parser.CurrentColumnNumber + 2)
        node = Node(name, place, attributes)
        self._open[-1].children.append(node)
        self._open.append(node)

    def _end(self, _name: str) -> None:
        node = self._open.pop()
        if node.children:
            node.text = ""

    def _characters(self, text: str) -> None:
        self._open[-1].text += text
