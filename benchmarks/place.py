"""A lab of its own for measurements, and the ways to it."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich.table import Table

from winfra.lab.state import Lab
from winfra.script import Script
from winfra.session import Session
from winfra.settings import META, Settings, WinRMData, settings


@contextmanager
def fresh_lab() -> Iterator[Lab]:
    """A new lab, running; it is removed afterwards."""
    with tempfile.TemporaryDirectory(prefix="bench-") as home:
        lab = Lab("windows", Path(home))
        lab.start()
        try:
            yield lab
        finally:
            lab.remove()


def reach(lab: Lab, scheme: str = "https") -> Settings:
    """How the connector reaches a lab."""
    values: dict[str, Any] = {key: meta.default for key, meta in META.items()}
    data: WinRMData = {**values, **lab.host_data(scheme=scheme)}  # type: ignore[typeddict-item]
    return settings("localhost", data)


@contextmanager
def opened(lab: Lab, scheme: str = "https") -> Iterator[Session]:
    """A session whose process has answered once."""
    session = Session("localhost", reach(lab, scheme))
    session.ask(Script("get_session"))
    try:
        yield session
    finally:
        session.close()


def seconds(action: Callable[[], object]) -> float:
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def median(action: Callable[[], object], runs: int) -> float:
    """The median of the seconds that several runs take."""
    return statistics.median(seconds(action) for _ in range(runs))


def table(title: str, first: str, *columns: str, caption: str = "") -> Table:
    made = Table(title=title, caption=caption, title_justify="left", caption_justify="left")
    made.add_column(first)
    for column in columns:
        made.add_column(column, justify="right")
    return made
