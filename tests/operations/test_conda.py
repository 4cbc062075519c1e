"""conda and its environments on a lab's machine: what is asked of them, and what comes of their refusals."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from pyinfra.api import OperationValueError

from tests import service_trial as services
from tests.installers import NOTED, given, installer, variables
from tests.trial import Trial, machine_variables, no_host
from winfra.facts.conda import Prefix
from winfra.messages import conda as messages, python as python_messages
from winfra.operations import conda

HOST = "@lab/trial"
ROOT = r"D:\conda"
PROGRAM = rf"{ROOT}\Scripts\conda.exe"
PATH = rf"{ROOT}\envs\prefect_env"
WANTED: dict[str, Any] = {"path": PATH, "python": "3.12", "conda": ROOT}
OPTIONS = [
    "create", "--prefix", PATH, "--yes", "--quiet", "--copy", "--no-default-packages", "--offline",
]  # fmt: skip
PYTHON, PIP = "python-3.12.7-hce54a09_0_cpython", "pip-24.2-pyh8b19718_1"


@pytest.fixture(autouse=True)
def _clean(trial: Trial) -> None:
    services.clean(trial)


def answering(**said: Any) -> str:
    """A program that answers as such a Python would."""
    usual = {
        "implementation": "cpython", "version": "3.12.7", "final": True, "bits": 64,
        "platform": "win-amd64", "prefix": PATH, "base": PATH, "pip": "24.2",
    }  # fmt: skip
    return f"#!/bin/sh\ncat > /dev/null\ncat <<'END'\n{json.dumps({**usual, **said})}\nEND\n"


def environment(*packages: str, **said: Any) -> dict[str, str]:
    """The files of an environment with these packages."""
    meta = {rf"{PATH}\conda-meta\{name}.json": "{}" for name in packages}
    return {rf"{PATH}\python.exe": answering(**said), **meta}


def has(trial: Trial, tmp_path: Path, code: int = 0, **more: Any) -> None:
    """The machine has a conda that ends so."""
    made = Path(installer(tmp_path, "conda.exe", code, **more)["src"])
    target = trial.lab.path(PROGRAM)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(made.read_bytes())
    target.chmod(0o755)


def put(trial: Trial, files: dict[str, str]) -> None:
    for path, text in files.items():
        file = trial.lab.path(path)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        file.chmod(0o755)


def test_what_an_installer_is_asked_for(trial: Trial, tmp_path: Path) -> None:
    """Its folder last and unquoted; where conda is there, nothing is done, and no file needed."""
    wanted = {"folder": ROOT, **installer(tmp_path, "Miniforge3.exe", files={PROGRAM: "conda"})}
    dry = trial.dry(conda.installation, **wanted)
    assert f"Will create conda in {ROOT}" in dry.output
    assert not trial.lab.path(NOTED).exists()

    applied = trial.run(conda.installation, **wanted)
    assert (applied.failed, applied.changed) == (False, True), applied.output
    assert given(trial.lab) == [
        "/S", "/InstallationType=AllUsers", "/RegisterPython=0", "/AddToPath=0", "/KeepPkgCache=1",
        rf"/D={ROOT}",
    ]  # fmt: skip
    again = trial.run(conda.installation, folder=ROOT)
    assert (again.failed, again.changed) == (False, False)


@pytest.mark.parametrize(
    ("code", "outcome"), [(2, "exit code 2"), (0, r"there is no Scripts\conda.exe")]
)
def test_an_installer_that_fails(trial: Trial, tmp_path: Path, code: int, outcome: str) -> None:
    """With an exit code, or without."""
    applied = trial.run(
        conda.installation, folder=ROOT, **installer(tmp_path, "Miniforge3.exe", code)
    )
    values = {"folder": ROOT, "host": HOST, "outcome": outcome}

    assert applied.failed
    assert messages.INSTALLER_FAILED.text(path="|", **values).split("|")[1] in applied.output


def test_no_conda_and_no_installer(trial: Trial) -> None:
    """What is missing and where to name it."""
    applied = trial.dry(conda.installation, folder=ROOT)

    assert applied.failed
    assert messages.CONDA_MISSING.text(folder=ROOT, host=HOST) in applied.output


def test_a_folder_with_something_else(trial: Trial, tmp_path: Path) -> None:
    """Neither an installer nor conda is let at it: it asks in a window, or deletes."""
    put(trial, {rf"{ROOT}\mine.txt": "", rf"{PATH}\mine.txt": ""})
    wanted = installer(tmp_path, "Miniforge3.exe")
    applied = trial.run(conda.installation, folder=ROOT, **wanted)
    values = {"folder": ROOT, "host": HOST, "wanted": "conda", "entries": "envs, mine.txt"}
    assert applied.failed
    assert messages.NOT_EMPTY.text(**values) in applied.output

    applied = trial.run(conda.environment, **WANTED)
    values |= {"folder": PATH, "wanted": "environment of conda", "entries": "mine.txt"}
    assert applied.failed
    assert messages.NOT_EMPTY.text(**values) in applied.output


def test_a_full_disk(trial: Trial, tmp_path: Path) -> None:
    """It is seen before anything is sent."""
    disks = trial.lab.read_state("disks")
    trial.lab.write_state("disks", [{**disk, "FreeSpace": 20 * 2**20} for disk in disks])
    try:
        applied = trial.run(
            conda.installation, folder=ROOT, **installer(tmp_path, "Miniforge3.exe")
        )
    finally:
        trial.lab.write_state("disks", disks)
    values = {"drive": "D:", "host": HOST, "free": 20, "needed": 1024}

    assert applied.failed
    assert python_messages.NO_SPACE.text(folder=ROOT, **values) in applied.output


def test_an_environment_from_condas_cache(trial: Trial, tmp_path: Path) -> None:
    """Of copies, which share nothing with the cache; again nothing is done."""
    has(trial, tmp_path, files=environment(PYTHON, PIP))
    dry = trial.dry(conda.environment, **WANTED)
    assert f"Will create environment {PATH}" in dry.output
    assert not trial.lab.path(PATH).exists()

    applied = trial.run(conda.environment, **WANTED)
    assert (applied.failed, applied.changed) == (False, True), applied.output
    assert given(trial.lab) == [*OPTIONS, "python=3.12", "pip"]
    assert trial.fact(Prefix, path=PATH)["packages"] == [PIP, PYTHON]
    again = trial.run(conda.environment, **WANTED)
    assert (again.failed, again.changed) == (False, False)


def test_another_pythons_variables(trial: Trial, tmp_path: Path) -> None:
    """What somebody has set for the whole machine leads conda's own Python nowhere."""
    has(trial, tmp_path, files=environment(PYTHON, PIP))
    old = {"PYTHONHOME": r"C:\old", "PYTHONPATH": r"C:\old\Lib", "OLD": "kept"}
    with machine_variables(trial, old):
        applied = trial.run(conda.environment, **WANTED)

    assert not applied.failed, applied.output
    found = variables(trial.lab)
    assert [found.get(name, "") for name in old] == ["", "", "kept"]


def test_an_environment_from_an_explicit_file(trial: Trial, tmp_path: Path) -> None:
    """The packages beside it are sent along, and nothing of that is left."""
    (tmp_path / f"{PYTHON}.conda").write_bytes(b"content")
    digest = hashlib.md5(b"content", usedforsecurity=False).hexdigest()
    explicit = tmp_path / "explicit.txt"
    away = f"https://conda.anaconda.org/conda-forge/noarch/{PIP}.conda#{'0' * 32}"
    explicit.write_text(f"@EXPLICIT\n{PYTHON}.conda#{digest}\n{away}\n")
    kept = r"D:\kept.txt"
    has(trial, tmp_path, files=environment(PYTHON, PIP), keeps={"--file": kept})
    wanted = {**WANTED, "packages": str(explicit)}

    applied = trial.run(conda.environment, **wanted)
    assert (applied.failed, applied.changed) == (False, True), applied.output
    folder = r"C:\Users\deploy\AppData\Local\Temp\winfra-conda"
    assert given(trial.lab) == [*OPTIONS, "--file", rf"{folder}\explicit.txt"]
    assert trial.lab.path(kept).read_text() == (
        f"@EXPLICIT\n{folder}\\{PYTHON}.conda#{digest}\n{away}\n"
    )
    assert not trial.lab.path(folder).exists()
    again = trial.run(conda.environment, **wanted)
    assert (again.failed, again.changed) == (False, False)


def test_one_that_lacks_a_package_is_made_anew(trial: Trial, tmp_path: Path) -> None:
    """What runs from it is stopped first; what was in the old one is gone."""
    put(trial, {**environment(PYTHON), rf"{PATH}\mine.txt": ""})
    services.make(trial.lab, "Api")
    services.run(trial.lab, "Api")
    has(trial, tmp_path, files=environment(PYTHON, PIP))
    explicit = tmp_path / "explicit.txt"
    explicit.write_text("".join(f"{name}.conda#{'0' * 32}\n" for name in (PYTHON, PIP)))
    wanted = {**WANTED, "packages": str(explicit), "services": ["Api"]}
    dry = trial.dry(conda.environment, **wanted)
    assert f"Will change environment {PATH}" in dry.output
    assert PIP in dry.output

    applied = trial.run(conda.environment, **wanted)
    assert not applied.failed, applied.output
    assert not services.is_running(trial.lab, "Api")
    assert [path.name for path in trial.lab.path(PATH).parent.iterdir()] == ["prefect_env"]
    assert not trial.lab.path(rf"{PATH}\mine.txt").exists()


@pytest.mark.parametrize("makes", [{}, {rf"{PATH}\half.txt": ""}])
def test_what_conda_refuses_leaves_all_as_it_was(
    trial: Trial, tmp_path: Path, makes: dict[str, str]
) -> None:
    """Its words are quoted, whether or not it has made something."""
    put(trial, {rf"{PATH}\conda-meta\{PIP}.json": "{}", rf"{PATH}\mine.txt": "mine"})
    said = "\nPackagesNotFoundError: The following packages are not available:\n\n  - python=3.12\n"
    has(trial, tmp_path, 1, says=said, files=makes)
    applied = trial.run(conda.environment, **WANTED)
    values = {"path": PATH, "host": HOST, "outcome": "exit code 1"}
    quoted = "PackagesNotFoundError: The following packages are not available:; - python=3.12"

    assert applied.failed
    assert messages.CREATION_FAILED.text(said=quoted, **values) in applied.output
    assert trial.lab.path(rf"{PATH}\mine.txt").read_text() == "mine"
    assert [path.name for path in trial.lab.path(PATH).parent.iterdir()] == ["prefect_env"]


def test_a_run_that_broke_off_is_taken_up(trial: Trial, tmp_path: Path) -> None:
    """What it has left half made makes way, and what it had put aside goes when all is done."""
    put(trial, {rf"{PATH}\conda-meta\{PIP}.json": "{}", rf"{PATH}.replaced\mine.txt": "mine"})
    has(trial, tmp_path, files=environment(PYTHON, PIP))
    applied = trial.run(conda.environment, **WANTED)

    assert not applied.failed, applied.output
    assert [path.name for path in trial.lab.path(PATH).parent.iterdir()] == ["prefect_env"]


def test_one_that_is_in_use(trial: Trial, tmp_path: Path) -> None:
    """Windows moves no folder from which a program runs; here something else is in the way."""
    put(trial, {rf"{PATH}\conda-meta\{PIP}.json": "{}", rf"{PATH}.replaced": ""})
    has(trial, tmp_path)
    applied = trial.run(conda.environment, **WANTED)

    assert applied.failed
    assert messages.IN_USE.text(Path=PATH, Reason="|").split("|")[0] in applied.output
    assert not trial.lab.path(NOTED).exists()


def test_one_of_another_version_is_left_alone(trial: Trial, tmp_path: Path) -> None:
    """Both versions are named."""
    put(trial, environment(PYTHON, version="3.11.9"))
    has(trial, tmp_path)
    applied = trial.run(conda.environment, **WANTED)
    values = {"folder": PATH, "host": HOST, "found": "3.11.9", "wanted": "3.12"}

    assert applied.failed
    assert python_messages.WRONG_VERSION.text(**values) in applied.output
    assert not trial.lab.path(NOTED).exists()


@pytest.mark.parametrize("path", [r"D:\nothing", r"X:\nothing"])
def test_there_is_no_folder(trial: Trial, path: str) -> None:
    """Nor a drive."""
    assert trial.fact(Prefix, path=path) is None


@pytest.mark.parametrize(
    ("operation", "given"),
    [
        (conda.installation, {"folder": r"C:\Program Files\conda"}),
        (conda.environment, {**WANTED, "path": r"C:\my environments\x"}),
        (conda.environment, {**WANTED, "conda": r"C:\my conda"}),
    ],
)
def test_wrong_arguments_are_refused(operation: Any, given: dict[str, Any]) -> None:
    """Before the host is asked anything."""
    with no_host(), pytest.raises(OperationValueError) as raised:
        list(operation._inner(**given))
    start, end = messages.CONDA_REFUSED.text(argument="folder", reason="|").split("|")

    assert str(raised.value).startswith(start)
    assert str(raised.value).endswith(end)
