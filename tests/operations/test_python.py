"""Python on a lab's machine; its files, its registry and its processes are the witness."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pyinfra.api import OperationValueError

from tests.trial import Trial, no_host
from winfra.lab.bare import write_executable
from winfra.lab.python import FULL_VERSION, VERSION
from winfra.messages import python as messages, sources
from winfra.operations import python

HOST = "@lab/trial"
FOLDER = r"D:\python"
EXISTING = {"version": VERSION, "source": "existing", "folder": FOLDER}


def test_one_that_is_there_is_only_looked_at(trial: Trial) -> None:
    """Nothing is changed, whether the version is given with two numbers or three."""
    trial.lab.install_python(FOLDER)
    before = trial.lab.snapshot()
    for version in (VERSION, FULL_VERSION):
        applied = trial.run(python.installation, **{**EXISTING, "version": version})
        assert (applied.failed, applied.changed) == (False, False)
        assert f"Python {FULL_VERSION} is in {FOLDER}" in applied.output
    assert trial.lab.snapshot() == before


def test_one_that_is_not_there(trial: Trial) -> None:
    """Dry says so as well."""
    for applied in (
        trial.dry(python.installation, **EXISTING),
        trial.run(python.installation, **EXISTING),
    ):
        assert applied.failed
        assert messages.MISSING.text(folder=FOLDER, host=HOST) in applied.output


def test_a_virtual_environment_is_refused(trial: Trial) -> None:
    """The full interpreter is named."""
    trial.lab.install_python(FOLDER)
    trial.lab.install_virtual_environment(r"D:\environment", FOLDER)
    folder = r"D:\environment\Scripts"
    applied = trial.run(python.installation, **{**EXISTING, "folder": folder})

    assert applied.failed
    assert messages.VIRTUAL.text(folder=folder, host=HOST, base=FOLDER) in applied.output


@pytest.mark.parametrize("version", ["3.10", "3.99", f"{VERSION}.99"])
def test_another_version_is_refused(trial: Trial, version: str) -> None:
    """Both are named."""
    trial.lab.install_python(FOLDER)
    applied = trial.dry(python.installation, **{**EXISTING, "version": version})
    values = {"folder": FOLDER, "host": HOST, "found": FULL_VERSION, "wanted": version}

    assert applied.failed
    assert messages.WRONG_VERSION.text(**values) in applied.output


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ({"pip": None}, messages.NO_PIP.text(folder=FOLDER, host=HOST)),
        ({"platform": "win32", "bits": 32},
         messages.WRONG_KIND.text(folder=FOLDER, host=HOST, found="cpython for win32 (32 bits)")),
        ({"final": False},
         messages.WRONG_VERSION.text(
             folder=FOLDER, host=HOST, found="3.12.0 (a preview)", wanted="3.12")),
    ],
)  # fmt: skip
def test_what_services_cannot_use(trial: Trial, said: dict[str, Any], sentence: str) -> None:
    """A Python without pip, for another processor, or not released."""
    _answering(trial, said)
    applied = trial.run(python.installation, **{**EXISTING, "version": "3.12"})

    assert applied.failed
    assert sentence in applied.output


def test_one_that_does_not_run(trial: Trial) -> None:
    """What it says is quoted."""
    _program(trial, "echo 'Fatal Python error: no encodings' >&2; exit 1")
    applied = trial.run(python.installation, **EXISTING)
    problem = "exit code 1: Fatal Python error: no encodings"

    assert applied.failed
    assert messages.SILENT.text(folder=FOLDER, host=HOST, problem=problem) in applied.output


@pytest.mark.parametrize(
    ("given", "argument"),
    [
        ({"version": "3"}, "version"),
        ({"version": "new"}, "version"),
        ({"folder": "C:\\"}, "folder"),
        ({"folder": r"\\server\share\python"}, "folder"),
        ({"source": "conda"}, "source"),
        ({"source": "installer"}, "src"),
        ({"source": "installer", "src": "python-3.12.7.exe", "sha256": "0" * 64}, "src"),
        ({"source": "installer", "src": "python-3.12.7-arm64.exe", "sha256": "0" * 64}, "src"),
        ({"source": "installer", "src": "python-3.13.1-amd64.exe", "sha256": "0" * 64}, "src"),
        ({"source": "installer", "src": "python-3.12.0rc1-amd64.exe", "sha256": "0" * 64}, "src"),
    ],
)
def test_wrong_arguments_are_refused(given: dict[str, Any], argument: str) -> None:
    """Before the host is asked anything."""
    with no_host(), pytest.raises(OperationValueError) as raised:
        list(python.installation._inner(**{"version": "3.12", "source": "existing", **given}))
    start, end = messages.PYTHON_REFUSED.text(argument=argument, reason="|").split("|")

    assert str(raised.value).startswith(start)
    assert str(raised.value).endswith(end)


def test_an_installer_has_its_digest() -> None:
    """As every large file."""
    with no_host(), pytest.raises(OperationValueError) as raised:
        list(python.installation._inner("3.12", src="python-3.12.7-amd64.exe"))

    assert str(raised.value) == sources.SHA256_REFUSED.text(argument="sha256", value="")


def _answering(trial: Trial, said: dict[str, Any]) -> None:
    """A program that answers like a Python 3.12.0 of which this is different."""
    usual = {
        "implementation": "cpython", "version": "3.12.0", "final": True, "bits": 64,
        "platform": "win-amd64", "prefix": FOLDER, "base": FOLDER, "pip": "24.2",
    }  # fmt: skip
    _program(trial, f"cat > /dev/null; cat <<'END'\n{json.dumps({**usual, **said})}\nEND")


def _program(trial: Trial, text: str) -> None:
    file = trial.lab.path(rf"{FOLDER}\python.exe")
    file.parent.mkdir()
    write_executable(file, f"#!/bin/sh\n{text}\n")
