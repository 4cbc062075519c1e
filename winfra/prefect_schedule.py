"""When the runs of a deployment begin: schedules as they are wanted, compared with those that a server has."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

from croniter import CroniterError, croniter
from dateutil.rrule import rrulestr

_INJECTED = re.compile(r"^DTSTART:\d{8}T\d{6}\n")
"""What Prefect from 3.7 on puts before a rule without one (``normalize_rrule_string``)."""
_ZONE = re.compile(r"[A-Za-z0-9_+-]+(/[A-Za-z0-9_+-]+)*")


@dataclass(frozen=True)
class Cron:
    """
    By a cron expression.

    + cron: such as ``30 2 * * mon-fri``: minute, hour, day of the month, month, day of the week
    + timezone: IANA's name, such as ``Europe/Paris``, not Windows' own
    + active: whether it makes runs; as it is where not given, and a new one does
    + day_or: with both days given, whether one of them is enough, as in cron
    """

    cron: str
    timezone: str = "UTC"
    active: bool | None = None
    day_or: bool = True

    def __str__(self) -> str:
        both = "" if self.day_or else ", on days that fit both"
        return f"cron {self.cron}, {self.timezone}{both}"

    def problems(self) -> Iterator[tuple[str, str]]:
        try:
            croniter.expand(self.cron)
        except CroniterError as error:
            yield self.cron, f"{error}".rstrip(".")
        yield from _wrong_zone(self.timezone)

    def same(self, other: Schedule) -> bool:
        return str(self) == str(other)

    def body(self, found: Schedule | None) -> dict[str, Any]:
        return {"cron": self.cron, "timezone": self.timezone, "day_or": self.day_or}


@dataclass(frozen=True)
class Interval:
    """
    Again and again after the same time.

    + seconds: between two runs
    + anchor: a moment of one of them, with its offset; where not given, any
    + timezone: IANA's name: whole days are counted in it
    + active: as in ``Cron``
    """

    seconds: float
    timezone: str = "UTC"
    active: bool | None = None
    anchor: datetime | None = None

    def __str__(self) -> str:
        since = f", from {self.anchor.isoformat(timespec='seconds')}" if self.anchor else ""
        return f"every {self.seconds:g} s, {self.timezone}{since}"

    def problems(self) -> Iterator[tuple[str, str]]:
        if not self.seconds > 0:
            yield f"{self.seconds:g} s", "it is not more than 0"
        if self.anchor is not None and self.anchor.utcoffset() is None:
            yield self.anchor.isoformat(), "it is without an offset, such as +01:00"
        yield from _wrong_zone(self.timezone)

    def same(self, other: Schedule) -> bool:
        return (
            isinstance(other, Interval)
            and (self.seconds, self.timezone) == (other.seconds, other.timezone)
            and self.anchor in {None, other.anchor}
        )

    def body(self, found: Schedule | None) -> dict[str, Any]:
        """With the anchor that is there, which Prefect would set to now otherwise."""
        anchor = self.anchor or (found.anchor if isinstance(found, Interval) else None)
        given = {"anchor_date": anchor.isoformat()} if anchor else {}
        return {"interval": self.seconds, "timezone": self.timezone, **given}


@dataclass(frozen=True)
class RRule:
    """
    By a recurrence rule of RFC 5545.

    + rrule: such as ``FREQ=MONTHLY;BYDAY=-1FR;BYHOUR=18;BYMINUTE=0;BYSECOND=0``
    + timezone: IANA's name
    + active: as in ``Cron``
    """

    rrule: str
    timezone: str = "UTC"
    active: bool | None = None

    def __str__(self) -> str:
        return f"rrule {self.rrule}, {self.timezone}"

    def problems(self) -> Iterator[tuple[str, str]]:
        try:
            rrulestr(self.rrule)
        except TypeError:  # FREQ is dateutil's one argument without a default
            yield self.rrule, "it does not say how often, such as FREQ=DAILY"
        except ValueError as error:
            yield self.rrule, str(error)
        yield from _wrong_zone(self.timezone)

    def same(self, other: Schedule) -> bool:
        if not isinstance(other, RRule):
            return False
        bare = {other.rrule, _INJECTED.sub("", other.rrule)}
        return self.rrule in bare and self.timezone == other.timezone

    def body(self, found: Schedule | None) -> dict[str, Any]:
        return {"rrule": self.rrule, "timezone": self.timezone}


Schedule: TypeAlias = Cron | Interval | RRule


@dataclass(frozen=True)
class Found:
    """One that a server has; those that were made without a slug have none."""

    id: str
    slug: str | None
    schedule: Schedule
    active: bool
    parameters: Mapping[str, Any]

    def __str__(self) -> str:
        return text(self.schedule, self.active)

    @property
    def title(self) -> str:
        return self.slug or self.id


@dataclass(frozen=True)
class Step:
    """
    A request that brings a schedule about: ``POST``, ``PATCH`` or ``DELETE``.

    + title: the slug, or what it has instead
    + before, after: as people read them
    """

    method: str
    title: str
    before: str | None
    after: str | None
    id: str | None = None
    body: Any = None


def found(value: Mapping[str, Any]) -> Found:
    """The API's ``DeploymentSchedule``."""
    given = value["schedule"]
    rest = (value["active"], value.get("parameters") or {})
    return Found(value["id"], value.get("slug"), _schedule(given), *rest)


def steps(there: list[Found], wanted: Mapping[str, Schedule]) -> list[Step]:
    """What makes the schedules those that are wanted, and no others."""
    known = {one.slug: one for one in there if one.slug in wanted}
    gone = [one for one in there if one.slug not in wanted]
    removed = [Step("DELETE", one.title, str(one), None, one.id) for one in gone]
    return [*removed, *_brought(known, wanted)]


def _brought(known: Mapping[str | None, Found], wanted: Mapping[str, Schedule]) -> Iterator[Step]:
    for slug, schedule in wanted.items():
        is_ = known.get(slug)
        if is_ is None:
            yield Step(
                "POST", slug, None, text(schedule, schedule.active), body=[new(slug, schedule)]
            )
            continue
        same = schedule.same(is_.schedule)
        active = is_.active if schedule.active is None else schedule.active
        if same and active == is_.active:
            continue
        after = text(is_.schedule if same else schedule, active)
        # Parameters that are not sent would be removed.
        body = {"active": active, "parameters": {**is_.parameters}}
        if not same:
            body["schedule"] = schedule.body(is_.schedule)
        yield Step("PATCH", slug, str(is_), after, is_.id, body)


def new(slug: str, schedule: Schedule) -> dict[str, Any]:
    """What is sent for one that is not there."""
    active = schedule.active is not False
    return {"slug": slug, "active": active, "schedule": schedule.body(None)}


def _schedule(given: Mapping[str, Any]) -> Schedule:
    zone = given.get("timezone") or "UTC"
    if "cron" in given:
        return Cron(given["cron"], zone, day_or=given.get("day_or", True))
    if "rrule" in given:
        return RRule(given["rrule"], zone)
    anchor = datetime.fromisoformat(given["anchor_date"])
    return Interval(given["interval"], zone, anchor=anchor)


def text(schedule: Schedule, active: bool | None) -> str:
    """As people read it."""
    return f"{schedule}{', not active' if active is False else ''}"


def _wrong_zone(name: str) -> Iterator[tuple[str, str]]:
    if not _ZONE.fullmatch(name):
        yield name, "it is no name of IANA's time zones, such as Europe/Paris; Windows' own differ"
