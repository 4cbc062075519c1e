"""How long a lab takes to be there, and how long it takes to answer."""

from __future__ import annotations

import statistics
import tempfile
from pathlib import Path

from rich.table import Table

from benchmarks.place import fresh_lab, opened, seconds, table
from winfra.lab.state import Lab
from winfra.script import Script

STARTS = 5
REQUESTS = 200


def measure() -> Table:
    made = table(
        "The lab, in milliseconds",
        "what", "median", "slowest", "to reach",
        caption=f"{STARTS} starts, {REQUESTS} requests. A request is a question to the session's "
        "process, its answer included.",
    )  # fmt: skip
    made.add_row("making and starting a lab", *shown(starts()), "2000")
    with fresh_lab() as lab:
        for scheme in "http", "https":
            made.add_row(f"a request over {scheme}, NTLM", *shown(requests(lab, scheme)), "20")
        made.add_row("resetting a lab", *shown([seconds(lab.reset) for _ in range(STARTS)]), "-")
    return made


def shown(measured: list[float]) -> tuple[str, str]:
    return f"{statistics.median(measured) * 1000:.1f}", f"{max(measured) * 1000:.1f}"


def starts() -> list[float]:
    measured = []
    with tempfile.TemporaryDirectory(prefix="bench-") as home:
        for number in range(STARTS):
            lab = Lab(f"start-{number}", Path(home))
            measured.append(seconds(lab.start))
            lab.remove()
    return measured


def requests(lab: Lab, scheme: str) -> list[float]:
    with opened(lab, scheme) as session:
        return [seconds(lambda: session.ask(Script("get_session"))) for _ in range(REQUESTS)]
