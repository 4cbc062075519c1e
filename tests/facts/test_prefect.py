"""What the Prefect on a lab knows; the real one, imported there, is the witness."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from pyinfra.api.hiddenvalue import HiddenValue

from tests.trial import Trial
from winfra.facts.prefect import Installation, SettingsFile, Variables
from winfra.lab import prefect as lab_prefect
from winfra.prefect_settings import content, texts

FOLDER = r"C:\Program Files\Python311"
WITNESS = """
import json
from prefect.settings.legacy import _get_settings_fields, _get_valid_setting_names
from prefect.settings.models.root import Settings
fields = _get_settings_fields(Settings).values()
print(json.dumps([sorted(_get_valid_setting_names(Settings)), [one.name for one in fields if one.is_secret]]))
"""


@pytest.fixture
def python(trial: Trial) -> str:
    if not trial.lab.path(rf"{FOLDER}\python.exe").exists():
        trial.lab.install_python(FOLDER)
    return FOLDER


def imported(trial: Trial) -> Any:
    """What Prefect says of itself, in the lab's Python."""
    trial.lab.path(r"D:\ask.py").write_text(WITNESS)
    ran = subprocess.run(
        [str(trial.lab.path(rf"{FOLDER}\python.exe")), r"D:\ask.py"],
        env={"WINFRA_LAB": str(trial.lab.folder)},
        capture_output=True, text=True, check=True, timeout=120,
    )  # fmt: skip
    return json.loads(ran.stdout.splitlines()[-1])


def test_its_settings_and_revisions(trial: Trial, python: str) -> None:
    """All of them, though none of its code was run; those that it hides are hidden by their names here."""
    lab_prefect.install(trial.lab, python)
    found = trial.fact(Installation, folder=python)
    names, secrets = imported(trial)
    assert found["settings"] == names
    assert [name for name in secrets if not isinstance(texts({name: "x"})[name], HiddenValue)] == []
    assert found["version"] == "3.4.25"
    assert found["heads"] == ["9e83011d1f2a"]
    assert {"9e83011d1f2a", "3b86c5ea017a"} < set(found["revisions"])


def test_there_is_no_prefect(trial: Trial) -> None:
    """Nor a Python, nor its drive."""
    trial.lab.install_python(r"C:\bare")
    for folder in (r"C:\bare", r"C:\none", r"Q:\none"):
        assert trial.fact(Installation, folder=folder) is None


def test_a_python_that_does_not_answer(trial: Trial) -> None:
    """What it said is passed on."""
    trial.lab.install(r"D:\broken\python.exe", Path("/bin/false"))
    found = trial.fact(Installation, folder=r"D:\broken")
    assert found == {"problem": "exit code 1: "}


def test_a_file_of_settings_is_compared_by_its_lines(trial: Trial) -> None:
    """A value is told only where it may be seen."""
    path = r"D:\s.json"
    wanted = texts({"A": "x", "B": "y", "P": HiddenValue("é'\"secret"), "Q": HiddenValue("z")})
    asked: dict[str, Any] = {"content": HiddenValue(content(wanted)), "shown": ["A", "B"]}
    assert trial.fact(SettingsFile, path=path, **asked) is None
    assert trial.fact(SettingsFile, path=r"Q:\s.json", **asked) is None
    file = trial.lab.path(path)
    file.write_text(content(wanted))
    assert trial.fact(SettingsFile, path=path, **asked)["same"]

    there = texts({"A": "x", "B": "\\é", "C": "c", "P": HiddenValue("é'\"secret"), "Q": "z2"})
    file.write_text(content(there).replace("\n", "\r\n"), encoding="utf-8-sig")
    assert trial.fact(SettingsFile, path=path, **asked) == {
        "same": False,
        "equal": ["A", "P"],
        "values": {"A": "x", "B": "\\é", "C": None, "P": None, "Q": None},
    }


def test_variables_of_a_bare_machine(trial: Trial) -> None:
    """There are none, and no service either."""
    assert trial.fact(Variables, services=["None"]) == {"machine": [], "services": {"None": []}}
    assert trial.fact(Variables) == {"machine": [], "services": {}}
