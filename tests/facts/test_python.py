"""What a Python on the host says of itself."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.trial import Trial
from winfra.facts.python import Interpreter
from winfra.lab.bare import write_executable
from winfra.lab.python import FULL_VERSION

FOLDER = r"D:\python"


@pytest.fixture(autouse=True)
def _cached(trial: Trial) -> Iterator[None]:
    yield
    trial.forget()


def test_an_interpreter_says_what_it_is(trial: Trial) -> None:
    """Version, architecture, and that it is no virtual environment."""
    trial.lab.install_python(FOLDER)
    found = trial.fact(Interpreter, folder=FOLDER)

    assert found["version"] == FULL_VERSION
    assert (found["implementation"], found["final"], found["bits"]) == ("cpython", True, 64)
    assert found["prefix"] == found["base"] == FOLDER


def test_a_virtual_environment_has_another_base(trial: Trial) -> None:
    """That of the interpreter it was made from."""
    trial.lab.install_python(FOLDER)
    trial.lab.install_virtual_environment(r"D:\environment", FOLDER)
    found = trial.fact(Interpreter, folder=r"D:\environment\Scripts")

    assert (found["prefix"], found["base"]) == (r"D:\environment", FOLDER)


@pytest.mark.parametrize("folder", [r"D:\python", r"X:\python"])
def test_there_is_none(trial: Trial, folder: str) -> None:
    """Neither a program nor a drive."""
    assert trial.fact(Interpreter, folder=folder) is None


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("echo 'Fatal Python error: no module named encodings' >&2; exit 1",
         "exit code 1: Fatal Python error: no module named encodings"),
        ("echo hello", "it answers 'hello\\n'"),
    ],
)  # fmt: skip
def test_one_that_does_not_answer(trial: Trial, text: str, problem: str) -> None:
    """What it says instead."""
    file = trial.lab.path(rf"{FOLDER}\python.exe")
    file.parent.mkdir()
    write_executable(file, f"#!/bin/sh\n{text}\n")

    assert trial.fact(Interpreter, folder=FOLDER) == {"problem": problem}


def test_one_that_does_not_end(trial: Trial) -> None:
    """It is ended."""
    file = trial.lab.path(rf"{FOLDER}\python.exe")
    file.parent.mkdir()
    write_executable(file, "#!/bin/sh\nexec sleep 60\n")
    script = Interpreter().command(FOLDER)
    script.parameters["TimeoutSeconds"] = 0.3
    found = trial.host.run_shell_command(script)[1].stdout_lines[-1]

    assert "no answer within 0.3 s" in found
