"""The table of a run, from what the API says."""

from __future__ import annotations

import re
from typing import Any

from winfra.facts.prefect_flow_run import FlowRunInfo, flow_run_info
from winfra.flow_run_report import MOST_LINES, Report

ADDRESS = "http://127.0.0.1:4200/runs/flow-run/1"
TIME = "2026-11-22T23:53:02.670415Z"


def run(**change: Any) -> FlowRunInfo:
    said = {
        "id": "1",
        "name": "amber-fox",
        "deployment_id": "2",
        "state": {"message": None},
        "state_type": "COMPLETED",
        "state_name": "Completed",
        "created": TIME,
        "start_time": TIME,
        "end_time": TIME,
        "total_run_time": 2.345,
        "labels": {"prefect.worker.name": "HOST-1"},
        "tags": [],
        "parameters": {},
    }
    return flow_run_info({**said, **change})


def task(name: str, **change: Any) -> dict[str, Any]:
    said = {"id": name, "name": name, "state_type": "COMPLETED", "state_name": "Completed"}
    return {**said, "start_time": TIME, "total_run_time": 1.0, **change}


def line(message: str, **change: Any) -> dict[str, Any]:
    return {"timestamp": TIME, "level": 20, "task_run_id": None, "message": message, **change}


def text(run_: FlowRunInfo, tasks: Any, logs: Any, width: int = 100) -> list[str]:
    lines = Report("etl/first", run_, tasks, logs, ADDRESS).lines(width)
    return [re.sub(r"\x1b\[[0-9;]*m", "", one) for one in lines]


def test_a_run_with_tasks_and_lines() -> None:
    """In the order of their start; whose line it is, at which level, at what time."""
    tasks = [
        task("load-0", start_time="2026-11-22T23:53:09Z"),
        task("extract-0", state_type="FAILED", state_name="Failed"),
        task("never-0", state_type="PENDING", state_name="Pending", start_time=None),
    ]
    logs = [
        line("begun"),
        line("3 rows", task_run_id="extract-0", level=30),
        line("unknown", task_run_id="x", level=25),
    ]
    found = text(run(), tasks, logs)

    assert found[0] == "etl/first: run amber-fox Completed in 2.3 s by HOST-1"
    assert found[-1] == ADDRESS
    rows = [re.split(r" {2,}", one.strip()) for one in found]
    assert rows[3:6] == [
        ["extract-0", "Failed", "23:53:02", "1.0"],
        ["load-0", "Completed", "23:53:09", "1.0"],
        ["never-0", "Pending", "-", "1.0"],
    ]
    assert rows[-4:-1] == [
        ["23:53:02", "info", "flow", "begun"],
        ["23:53:02", "warning", "extract-0", "3 rows"],
        ["23:53:02", "25", "task", "unknown"],
    ]


def test_a_run_that_said_nothing() -> None:
    """One that no worker has taken has no time and no worker."""
    waiting = run(state_type="SCHEDULED", state_name="Late", labels=None, end_time=None)
    assert text(waiting, [], []) == ["etl/first: run amber-fox Late", ADDRESS]


def test_a_run_that_said_much() -> None:
    """Its last lines, none wider than the terminal; nothing moves the cursor."""
    logs = [line(f"line {number} " + "x" * 90) for number in range(MOST_LINES + 5)]
    logs[-1]["message"] = "\x1b[2Jgone [bold]\r"
    found = text(run(), [], logs, width=80)

    assert max(map(len, found)) <= 80
    assert "(5 lines before these)" in "\n".join(found)
    assert not any(re.search(r"line 4\b", one) for one in found)
    assert any(re.search(r"line 5\b", one) for one in found)
    assert any(r"\x1b[2Jgone [bold]" in one for one in found)
