"""The workflows for GitHub, which do not run here: at least they parse and name what exists."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[1]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
MADE_THERE = {".env", "ca.pem", ".venv/Scripts/python", ".venv/Scripts/pyinfra"}
FILE = re.compile(r"(?:\./)?(?:[\w.-]+/)+[\w.-]+|\b[\w-]+\.(?:py|ps1|psd1|txt)\b|\.env\b")


def jobs(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(path.read_text())["jobs"]
    return found


def commands(path: Path) -> list[str]:
    return [step["run"] for job in jobs(path).values() for step in job["steps"] if "run" in step]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_commands_name_files_that_exist(path: Path) -> None:
    """Each file or folder in a command is in the repository, or made by a step before."""
    named = {name for command in commands(path) for name in FILE.findall(command)} - MADE_THERE

    assert named
    assert [name for name in named if not (ROOT / name).exists()] == []


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_every_step_does_one_thing(path: Path) -> None:
    """A step either uses an action of a pinned major version or runs a command."""
    steps = [step for job in jobs(path).values() for step in job["steps"]]

    assert [s for s in steps if ("run" in s) == ("uses" in s)] == []
    assert [s for s in steps if not re.search(r"@v\d+$", s.get("uses", "@v1"))] == []


def test_windows_is_both_servers() -> None:
    """The deploy runs on Server 2022 and 2025 against the runner's own listener."""
    job = jobs(ROOT / ".github" / "workflows" / "windows.yml")["windows"]

    assert job["strategy"]["matrix"]["os"] == ["windows-2022", "windows-2025"]
    assert any("listener.ps1" in step.get("run", "") for step in job["steps"])
    assert job["steps"][-1]["run"] == ".venv/Scripts/python -m pytest -m windows"


def test_the_listener_writes_a_complete_site() -> None:
    """The .env that the runner gets has the keys that the inventory requires."""
    text = (ROOT / ".github" / "listener.ps1").read_text()
    keys = set(re.findall(r"^    ['\"]([A-Z_]+)=", text, re.MULTILINE))

    winrm = {"WINRM_USER", "WINRM_PASSWORD", "WINRM_CA_TRUST_PATH"}
    roles = {"POSTGRESQL_SUPERUSER_PASSWORD", "PREFECT_DATABASE_PASSWORD"}
    assert {"SERVER_HOST", "SERVICE_ACCOUNT_PASSWORD", *roles, *winrm} == keys
