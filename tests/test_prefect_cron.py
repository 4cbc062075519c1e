"""Cron expressions: each sentence says which part is wrong; what Prefect's croniter takes is not refused."""

from __future__ import annotations

import importlib
import sys

import pytest

from tests.prefect_server import site_packages
from winfra.prefect_cron import wrong_cron

GOOD = [
    "30 2 * * *", "*/15 8-18/2 1,15 jan-mar MON-FRI", "0 0 L * *", "0 0 ? * 5#3", "0 0 * * l5",
    "0 22-6 * * fri-mon", "0 0 * * 7", "5/10 * * * sun,mon", "@Daily", "0 0 1 1 * 30", "0 0 1 1 * 0 2030",
]  # fmt: skip
BAD = {
    "30 2 * *": "it has 4 fields instead of 5: minute, hour, day of the month, month, day of the week",
    "": "it has 0 fields instead of 5: minute, hour, day of the month, month, day of the week",
    "60 2 * * *": "60 is no minute, which is 0 to 59",
    "0 1,24 * * *": "24 is no hour, which is 0 to 23",
    "0 0 1-32 * *": "32 is no day of the month, which is 1 to 31",
    "0 0 * 13 *": "13 is no month, which is 1 to 12 or jan to dec",
    "0 0 * * monday": "monday is no day of the week, which is 0 to 7 or sun to sat",
    "*/0 * * * *": "0 is no step in */0",
    "5/ * * * *": "nothing is no step in 5/",
    "1- * * * *": "nothing is no minute, which is 0 to 59",
    "0 0 * * 5#6": "5#6 is no day of the week, which is 0 to 7 or sun to sat",
    "H * * * *": "h is no minute, which is 0 to 59",
    "? * * * *": "? is no minute, which is 0 to 59",
}


@pytest.mark.parametrize("expression", GOOD)
def test_what_is_right(expression: str) -> None:
    """Nothing is said of it."""
    assert wrong_cron(expression) is None


@pytest.mark.parametrize(("expression", "reason"), BAD.items())
def test_what_is_wrong(expression: str, reason: str) -> None:
    """The part, and what it may be."""
    assert wrong_cron(expression) == reason


def test_prefect_agrees(monkeypatch: pytest.MonkeyPatch) -> None:
    """By the parser that its server has."""
    monkeypatch.syspath_prepend(site_packages() / "prefect" / "_vendor")
    monkeypatch.syspath_prepend(site_packages())
    before = {*sys.modules}
    try:
        croniter = importlib.import_module("croniter").croniter
        refused = {one for one in [*GOOD, *BAD] if not croniter.is_valid(one)}
    finally:
        for name in {*sys.modules} - before:
            del sys.modules[name]
    assert refused == {*BAD}
