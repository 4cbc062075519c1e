"""
The scheduled_tasks module handles tasks of Windows' task scheduler.

Tasks run as SYSTEM or LOCAL SERVICE, whose passwords nobody has to store.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Sequence
from typing import Any

from pyinfra import host
from pyinfra.api import OperationValueError
from pyinfra.api.command import PyinfraCommand
from pyinfra.api.hiddenvalue import HiddenValue

from winfra import scheduled_tasks
from winfra.difference import show
from winfra.facts.scheduled_tasks import Task
from winfra.messages import scheduled_tasks as messages
from winfra.messages.operations import SECRET_REFUSED
from winfra.operation import operation, read
from winfra.path import windows_path
from winfra.scheduled_tasks import INSTANCES, AtStartup, Daily, Every, TaskInfo, Trigger
from winfra.script import Script
from winfra.sid import known_sid

_ACCOUNTS = ("S-1-5-18", "S-1-5-19")
_LONGEST_INTERVAL = 31 * 24 * 60  # minutes; repetitionType in "Task Scheduler Schema"
# Beside what no file name may have: the cmdlets take a name as a pattern.
_NOT_IN_NAMES = re.compile(r"[<>:/\"|?*\[\]`\x00-\x1f]")
_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d")


@operation()
def task(
    task: str,
    present: bool = True,
    *,
    command: str | None = None,
    arguments: str | Sequence[str] | None = None,
    directory: str | None = None,
    account: str = "SYSTEM",
    triggers: Trigger | Sequence[Trigger] = (),
    time_limit: float | None = 4320,
    multiple_instances: str = "ignore",
    start_when_available: bool = False,
    run_highest: bool = False,
    enabled: bool = True,
    description: str = "",
) -> Generator[PyinfraCommand]:
    r"""
    Make, change or remove a scheduled task.

    + task: its name, with its folders where it is in any: ``\Prefect\Clean``
    + present: whether it should exist
    + command: full path of the program
    + arguments: a list, which is quoted, or one text; no secrets: every administrator can read them
    + directory: the folder that the program starts in
    + account: ``SYSTEM`` or ``LOCAL SERVICE``, or their SIDs
    + triggers: ``Daily("03:30")``, ``Every(minutes=15)``, ``AtStartup()`` of
      ``winfra.scheduled_tasks``; without any it runs when somebody starts it
    + time_limit: minutes after which it is ended; ``None``: never
    + multiple_instances: what happens when it is due while it runs: ``ignore``, ``parallel``,
      ``queue`` or ``stop``, which ends the one that runs
    + start_when_available: whether a run that was missed is made up for
    + run_highest: whether it has all privileges of the account; SYSTEM always has
    + enabled: whether it runs at all
    + description: shown in the task scheduler

    Compared by what the XML of the task says; who registered it when does not count.

    **Example:**

    .. code:: python

        from winfra.operations import scheduled_tasks
        from winfra.scheduled_tasks import Daily

        scheduled_tasks.task(
            name="Delete old results every night",
            task=r"\Prefect\Clean",
            command=r"D:\python\python.exe",
            arguments=["-I", r"D:\scripts\clean.py"],
            triggers=Daily("03:30"),
        )
    """
    task = _name(task)
    listed = [triggers] if isinstance(triggers, (Daily, Every, AtStartup)) else [*triggers]
    wanted = TaskInfo(
        command=_command(task, command, present),
        arguments=_arguments(task, arguments),
        directory="" if directory is None else windows_path(directory, "directory"),
        account=_account(task, account),
        run_highest=run_highest,
        triggers=sorted(map(_trigger, listed)),
        time_limit=_time_limit(time_limit),
        multiple_instances=_instances(multiple_instances),
        start_when_available=start_when_available,
        enabled=enabled,
        description=_text("description", description),
        further=[],
    )
    found = read(Task, task=task)
    if not present:
        yield from _remove(task, found)
        return
    if found == wanted:
        host.noop(f"scheduled task {task} is as wanted")
        return
    show(f"scheduled task {task}", found and _shown(found), _shown(wanted))
    folder, _, name = task.rpartition("\\")
    xml = scheduled_tasks.to_xml(wanted, listed)
    yield Script("set_scheduled_task", Path=f"{folder}\\", Name=name, Xml=xml)


def _remove(task: str, found: TaskInfo | None) -> Generator[PyinfraCommand]:
    if found is None:
        host.noop(f"scheduled task {task} does not exist")
        return
    show(f"scheduled task {task}", _shown(found), None)
    folder, _, name = task.rpartition("\\")
    yield Script("remove_scheduled_task", Path=f"{folder}\\", Name=name)


def _shown(task: TaskInfo) -> dict[str, Any]:
    """As people read it: accounts by name, no time limit as none."""
    names = {"S-1-5-18": "SYSTEM", "S-1-5-19": "LOCAL SERVICE", "S-1-5-20": "NETWORK SERVICE"}
    limit = task["time_limit"]
    return {
        **task,
        "account": names.get(task["account"], task["account"]),
        "time_limit": "none"
        if limit == 0
        else f"{limit:g} minutes"
        if limit != str(limit)
        else limit,
    }


def _name(task: str) -> str:
    r"""The full name, ``\Prefect\Clean``."""
    names = task.removeprefix("\\").split("\\")
    reason = None
    for one in names:
        if not one.strip():
            reason = "a name in it is empty"
        elif found := _NOT_IN_NAMES.search(one):
            reason = f"it has the character {found[0]!r}"
        elif one.endswith((".", " ")):
            reason = "a name in it ends with a dot or a space"
    if reason or len(task) > 200:
        reason = reason or "it is longer than 200 characters"
        raise OperationValueError(messages.TASK_NAME.text(task=task[:60], reason=reason))
    return "\\" + "\\".join(names)


def _command(task: str, command: str | None, present: bool) -> str:
    if command is None and present:
        raise OperationValueError(messages.COMMAND_MISSING.text(task=task))
    return "" if command is None else windows_path(command, "command", file=True)


def _arguments(task: str, arguments: str | Sequence[str] | None) -> str:
    listed = arguments if isinstance(arguments, (list, tuple)) else [arguments]
    if any(isinstance(one, HiddenValue) for one in listed):
        raise OperationValueError(SECRET_REFUSED.text(place=f"arguments of the task {task}"))
    return _text("arguments", scheduled_tasks.command_line(arguments))


def _account(task: str, account: str) -> str:
    sid = known_sid(account)
    if sid not in _ACCOUNTS:
        raise OperationValueError(messages.TASK_ACCOUNT.text(task=task, account=account))
    return sid


def _trigger(trigger: Trigger) -> str:
    match trigger:
        case Daily(at) if not _TIME.fullmatch(at):
            raise _error("triggers", at, "is no time of the day, such as 03:30")
        case Every(minutes) if not 1 <= minutes <= _LONGEST_INTERVAL:
            raise _error("triggers", minutes, "is not from 1 minute to 31 days")
        case AtStartup(delay) if delay < 0:
            raise _error("triggers", delay, "is less than no seconds")
        case Daily() | Every() | AtStartup():
            return scheduled_tasks.trigger_text(trigger)
    raise _error("triggers", trigger, "is no trigger")


def _time_limit(minutes: float | None) -> float:
    if minutes is None:
        return 0
    if not 1 <= minutes <= 525_600:
        raise _error("time_limit", minutes, "is not from 1 minute to a year")
    return minutes


def _instances(word: str) -> str:
    if word not in INSTANCES:
        raise _error("multiple_instances", word, f"is none of {', '.join(INSTANCES)}")
    return word


def _text(argument: str, text: str) -> str:
    """What XML can hold."""
    plain = text.replace("\n", "").replace("\t", "")
    if not (plain.isprintable() and text == text.strip()):
        raise _error(argument, text[:40], "has control characters, or spaces around it")
    return text


def _error(argument: str, value: object, reason: str) -> OperationValueError:
    text = messages.TASK_ARGUMENT.text(argument=argument, value=value, reason=reason)
    return OperationValueError(text)
