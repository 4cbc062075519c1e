"""Schedules without a server: which of those that are there is the same as a wanted one."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from winfra.prefect_schedule import Cron, Interval, RRule, found, steps

ANCHOR = datetime(2026, 1, 5, 6, tzinfo=UTC)


def there(schedule: dict[str, Any], *, active: bool = True, slug: str | None = "s") -> Any:
    given = {"id": "1", "slug": slug, "schedule": schedule, "active": active}
    return found({**given, "parameters": {"rows": 3}})


SAME = [
    ({"cron": "0 3 * * *", "timezone": None, "day_or": True}, Cron("0 3 * * *")),
    ({"interval": 900.0, "anchor_date": "2026-01-05T06:00:00Z", "timezone": "UTC"}, Interval(900)),
    (
        {"interval": 900.0, "anchor_date": "2026-01-05T07:00:00+01:00", "timezone": "UTC"},
        Interval(900, anchor=ANCHOR),
    ),
    ({"rrule": "FREQ=DAILY", "timezone": "UTC"}, RRule("FREQ=DAILY")),
    # As Prefect 3.8.8 stores the same.
    ({"rrule": "DTSTART:20200101T000000\nFREQ=DAILY", "timezone": "UTC"}, RRule("FREQ=DAILY")),
]
OTHERS = [
    ({"cron": "0 3 * * *", "timezone": "UTC"}, Cron("0 4 * * *")),
    ({"cron": "0 3 * * *", "timezone": "UTC"}, Cron("0 3 * * *", timezone="Europe/Paris")),
    ({"cron": "0 3 * * *", "timezone": "UTC"}, Cron("0 3 * * *", day_or=False)),
    ({"cron": "0 3 * * *", "timezone": "UTC"}, Interval(900)),
    ({"cron": "0 3 * * *", "timezone": "UTC"}, RRule("FREQ=DAILY")),
    (
        {"interval": 900.0, "anchor_date": "2026-01-05T06:00:00Z", "timezone": "UTC"},
        Interval(900, anchor=datetime(2026, 1, 5, 7, tzinfo=UTC)),
    ),
    (
        {"rrule": "DTSTART:20200101T000000\nFREQ=DAILY", "timezone": "UTC"},
        RRule("DTSTART:20210101T000000\nFREQ=DAILY"),
    ),
]


@pytest.mark.parametrize(("stored", "wanted"), SAME)
def test_the_same(stored: dict[str, Any], wanted: Any) -> None:
    """Nothing is done, whatever Prefect has added to it."""
    assert steps([there(stored)], {"s": wanted}) == []


@pytest.mark.parametrize(("stored", "wanted"), OTHERS)
def test_another(stored: dict[str, Any], wanted: Any) -> None:
    """It is changed, and keeps its parameters and whether it is active."""
    [step] = steps([there(stored, active=False)], {"s": wanted})
    assert (step.method, step.id, step.after) == ("PATCH", "1", f"{wanted}, not active")
    assert (step.body["active"], step.body["parameters"]) == (False, {"rows": 3})


def test_an_interval_keeps_its_moment() -> None:
    """Where none is given: Prefect would begin anew."""
    stored = {"interval": 900.0, "anchor_date": "2026-01-05T06:00:00Z", "timezone": "UTC"}
    [step] = steps([there(stored)], {"s": Interval(600)})
    assert step.body["schedule"]["anchor_date"] == "2026-01-05T06:00:00+00:00"
