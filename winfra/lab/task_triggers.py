"""When a scheduled task is due: the moments of its triggers, in the machine's local time."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta

from winfra.lab.task_schema import Node

_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_DURATION = re.compile(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?")
_FAR = timedelta(days=400)


def next_run(task: Node, after: datetime) -> datetime | None:
    """The next moment of a task's triggers by the clock, after a moment; None where there is none."""
    moments = [moment for one in triggers(task) if (moment := _next(one, after)) is not None]
    return min(moments, default=None)


def next_at_boot(trigger: Node, boot: datetime, after: datetime) -> datetime | None:
    """The next moment of a trigger that counts from the start of Windows."""
    if trigger.name != "BootTrigger":
        return None
    return _repeated(trigger, boot + duration(trigger.value("Delay", "PT0S")), after)


def triggers(task: Node) -> Iterator[Node]:
    """Those that are enabled."""
    parent = task.find("Triggers")
    for trigger in parent.children if parent else ():
        if trigger.value("Enabled", "true") == "true":
            yield trigger


def duration(text: str) -> timedelta:
    found = _DURATION.fullmatch(text)
    if found is None:
        return _FAR  # months and years: longer than any machine of the lab lives
    days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
    return timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)


def moment(text: str) -> datetime:
    """A boundary: local time, unless it names its zone."""
    found = datetime.fromisoformat(text)
    return found if found.tzinfo is None else found.astimezone().replace(tzinfo=None)


def _next(trigger: Node, after: datetime) -> datetime | None:
    if trigger.name not in {"TimeTrigger", "CalendarTrigger"}:
        return None
    begin = moment(trigger.value("StartBoundary"))
    last = trigger.find("EndBoundary")
    starts = [begin] if trigger.name == "TimeTrigger" else _starts(trigger, begin, after)
    found = [one for start in starts if (one := _repeated(trigger, start, after)) is not None]
    return next((one for one in sorted(found) if last is None or one <= moment(last.text)), None)


def _starts(trigger: Node, begin: datetime, after: datetime) -> Iterator[datetime]:
    """The days around a moment on which a calendar's trigger begins, those before for repetitions."""
    days = int(trigger.value("ScheduleByDay/DaysInterval", "1"))
    weeks = int(trigger.value("ScheduleByWeek/WeeksInterval", "1"))
    named = trigger.find("ScheduleByWeek/DaysOfWeek")
    wanted = {_DAYS.index(day.name) for day in named.children} if named else set(range(7))
    first = max((after - begin).days - 1, 0)
    for number in range(first, first + max(days, 7 * weeks) + 3):
        start = begin + timedelta(days=number)
        by_day = trigger.find("ScheduleByWeek") is None and number % days == 0
        by_week = trigger.find("ScheduleByWeek") is not None and (number // 7) % weeks == 0
        if (by_day or by_week) and start.weekday() in wanted:
            yield start


def _repeated(trigger: Node, start: datetime, after: datetime) -> datetime | None:
    """The start itself or its next repetition, after a moment."""
    if start > after:
        return start
    interval = duration(trigger.value("Repetition/Interval", "PT0S"))
    if not interval:
        return None
    found = start + interval * ((after - start) // interval + 1)
    lasts = trigger.find("Repetition/Duration")
    return None if lasts and found > start + duration(lasts.text) else found
