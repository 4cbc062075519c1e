"""What people start server and worker with, at a prompt of the lab."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.service_trial import clean, make, run
from tests.trial import Trial
from winfra.lab.machine import Machine

SOURCE = Path(__file__).parents[3] / "files" / "scripts"
HOME = r"D:\prefect_data"
SAY = "Test-Path -Path here.txt; $env:PREFECT_HOME; $env:PREFECT_OLD; $env:PYTHONPATH; $env:OTHER; $env:EMPTY"


@pytest.fixture(autouse=True)
def _place(trial: Trial) -> None:
    """The scripts as section 6 leaves them, and two services that say what they have."""
    lab = trial.lab
    clean(trial)
    shutil.copytree(SOURCE, lab.path(rf"{HOME}\scripts"))
    for folder in ("settings", "data"):
        lab.path(rf"{HOME}\{folder}").mkdir()
    lab.path(rf"{HOME}\data\here.txt").touch()
    for service in ("PrefectServer", "PrefectWorker"):
        settings = rf"{HOME}\settings\{service}.json"
        program = r"C:\Windows\System32\WindowsPowerShell\v1.0\powershell.exe"
        told: dict[str, Any] = {
            "service": service, "directory": rf"{HOME}\data", "settings": settings,
            "command": [program, "-NoProfile", "-Command", f"'{service}'; {SAY}"],
        }  # fmt: skip
        lab.path(rf"{HOME}\settings\{service}.service.json").write_text(json.dumps(told))
        lab.path(settings).write_text(
            json.dumps({"PREFECT_HOME": 'a "b" é', "EMPTY": ""}, ensure_ascii=False), "utf-8"
        )


def prompt(trial: Trial, script: str) -> str:
    """What somebody sees who starts it in a PowerShell with variables of its own."""
    text = (
        "$env:PREFECT_OLD = 'x'; $env:PYTHONPATH = 'x'; $env:OTHER = 'kept'; "
        rf"try {{ & {HOME}\scripts\{script} }} catch {{ 'refused: ' + $_ }}; "
        "'after ' + $env:PREFECT_OLD + $env:PREFECT_HOME"
    )
    process = Machine(trial.lab).start(
        f'powershell.exe -NoProfile -Command "{text}"', codepage=65001
    )
    output, errors = process.communicate(timeout=60)
    return (output + errors).decode().replace("\r\n", "\n")


@pytest.mark.parametrize(
    ("script", "service"),
    [("start_server.ps1", "PrefectServer"), ("start_worker.ps1", "PrefectWorker")],
)
def test_it_runs_as_its_service_does(trial: Trial, script: str, service: str) -> None:
    """With its settings alone, in its folder; afterwards the prompt has what it had."""
    said = prompt(trial, script)
    assert said.splitlines() == [
        service, "True", 'a "b" é', "", "", "kept", "", "after x",
    ]  # fmt: skip


def test_a_service_that_runs(trial: Trial) -> None:
    """Both at once would get into each other's way."""
    make(trial.lab, "PrefectServer")
    run(trial.lab, "PrefectServer")
    said = prompt(trial, "start_server.ps1")
    assert "refused: the service PrefectServer runs" in said
    assert "sc.exe stop PrefectServer" in said
