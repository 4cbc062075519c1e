"""Packages of small wheels on a lab's Python; the files on its drives are the witness."""

from __future__ import annotations

import random
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from pyinfra.api import OperationValueError

from tests import wheels
from tests.service_trial import clean, is_running, make, run, status
from tests.trial import Trial, machine_variables, no_host
from winfra.facts.pip import Packages
from winfra.lab import bare, python_packages
from winfra.lab.endpoint_config import Fault
from winfra.lab.machine import Machine
from winfra.lab.python import FULL_VERSION, VERSION
from winfra.lab.state import Lab
from winfra.messages import (
    operations,
    pip as messages,
    python as python_messages,
    wheelhouse as wheelhouse_messages,
)
from winfra.operations import pip
from winfra.wheel_lock import Target

HOST = "@lab/trial"
FOLDER = r"C:\Python"
PYTHON = rf"{FOLDER}\python.exe"
DEST = r"D:\packages"
TARGET = Target(VERSION, "linux")
Given = dict[str, Any]


@pytest.fixture(autouse=True)
def _python(trial: Trial) -> None:
    """An interpreter with nothing but pip and pywin32."""
    site = trial.lab.path(FOLDER) / "Lib" / "site-packages"
    if not site.exists():
        trial.lab.install_python(FOLDER)
    for path in site.iterdir():
        if not path.name.startswith(("pip", "pywin32")):
            shutil.rmtree(path) if path.is_dir() else path.unlink()


def given(folder: Path, **more: Any) -> Given:
    return {
        "src": str(folder),
        "dest": DEST,
        "python": PYTHON,
        "version": VERSION,
        "platform": "linux",
        **more,
    }


def house(folder: Path, version: str = "1.0") -> Path:
    """One package with a program, one with nothing, and one that is the same in each house."""
    wheels.wheel(folder, "one", version, program="one", requires=["two-three"])
    wheels.wheel(folder, "two-three", version)
    wheels.wheel(folder, "same")
    return wheels.lock(folder)


def lay(trial: Trial, folder: Path) -> Path:
    """Have a folder's wheels installed; where the packages are."""
    site = trial.lab.path(FOLDER) / "Lib" / "site-packages"
    wheels.unpack(folder, site)
    return site


def installed(trial: Trial) -> dict[str, str]:
    """Each package's own version, as its module says it, by what lies on the drive."""
    site = trial.lab.path(FOLDER) / "Lib" / "site-packages"
    names = ("one", "two_three", "same")
    files = {name: site / name / "__init__.py" for name in names}
    return {name: file.read_text().split("'")[1] for name, file in files.items() if file.exists()}


def state(trial: Trial) -> dict[str, tuple[int, int]]:
    """Every file of the interpreter, with what changes when somebody writes it."""
    folder = trial.lab.path(FOLDER)
    files = [path for path in folder.rglob("*") if path.is_file() and path.suffix != ".pyc"]
    stats = {str(path.relative_to(folder)): path.stat() for path in files}
    return {name: (found.st_ino, found.st_mtime_ns) for name, found in stats.items()}


def entries(trial: Trial) -> set[str]:
    site = trial.lab.path(FOLDER) / "Lib" / "site-packages"
    return {path.name for path in site.iterdir() if not path.name.startswith(("pip", "pywin32"))}


def test_packages_are_installed_and_replaced(trial: Trial, tmp_path: Path) -> None:
    """Dry says so and does nothing; again nothing is done; then other versions, of which what is the same stays."""
    first = house(tmp_path / "first")
    dry = trial.dry(pip.wheelhouse, **given(first))
    assert f"Will create packages of {PYTHON}" in dry.output
    assert "4 files, 1 MB" in dry.output
    assert (entries(trial), trial.lab.path(DEST).exists()) == (set(), False)

    applied = trial.run(pip.wheelhouse, **given(first))
    assert applied.changed, applied.output
    assert installed(trial) == {"one": "1.0", "two_three": "1.0", "same": "1.0"}
    assert (trial.lab.path(FOLDER) / "Scripts" / "one.exe").exists()
    sent = {path.name: path.read_bytes() for path in trial.lab.path(DEST).iterdir()}
    assert sent == {path.name: path.read_bytes() for path in first.iterdir()}
    again = trial.run(pip.wheelhouse, **given(first))
    assert (again.changed, again.failed) == (False, False)
    assert f"noop: 3 packages of {first} are installed for {PYTHON}" in again.output

    before = state(trial)
    second = house(tmp_path / "second", "2.0")
    dry = trial.dry(pip.wheelhouse, **given(second))
    assert "one                       1.0  ->  2.0" in dry.output
    assert "same " not in dry.output
    assert r"removed from D:\packages  -    ->  2 files" in dry.output
    assert state(trial) == before
    assert trial.run(pip.wheelhouse, **given(second)).changed
    assert installed(trial) == {"one": "2.0", "two_three": "2.0", "same": "1.0"}
    assert {one for one in entries(trial) if one.endswith("info")} == {
        "one-2.0.dist-info", "two_three-2.0.dist-info", "same-1.0.dist-info",
    }  # fmt: skip
    after = state(trial)
    kept = {name for name in before if "pip" in name or "pywin32" in name or "same" in name}
    assert {name: after.get(name) for name in kept} == {name: before[name] for name in kept}


def test_an_installation_that_broke_off(trial: Trial, tmp_path: Path) -> None:
    """What is not whole is named and installed anew, of the same version or of another."""
    site = lay(trial, house(tmp_path / "first"))
    (site / "one-1.0.dist-info" / "RECORD").unlink()
    (site / "one" / "__init__.py").unlink()
    (site / "same" / "__init__.py").unlink()
    (site / "~ne").mkdir()
    (site / "~ne" / "old.py").write_text("")
    found = trial.fact(Packages, python=PYTHON)
    assert found["packages"]["one"]["problem"] == "no RECORD"
    assert found["packages"]["two-three"]["problem"] is None
    assert (found["left"], found["version"]) == (["~ne"], FULL_VERSION)

    second = house(tmp_path / "second", "2.0")
    dry = trial.dry(pip.wheelhouse, **given(second))
    assert "1.0 (no RECORD)" in dry.output
    assert "files missing or cut off)" in dry.output
    applied = trial.run(pip.wheelhouse, **given(second))
    assert applied.changed, applied.output
    assert installed(trial) == {"one": "2.0", "two_three": "2.0", "same": "1.0"}
    assert entries(trial) == {
        "one", "one-2.0.dist-info", "same", "same-1.0.dist-info", "two_three", "two_three-2.0.dist-info",
    }  # fmt: skip
    assert not trial.run(pip.wheelhouse, **given(second)).changed


def test_a_wheel_that_was_built_anew(trial: Trial, tmp_path: Path) -> None:
    """Of the same version, with other files: it takes the place of the old one, of which nothing is left."""
    first, second = house(tmp_path / "first"), house(tmp_path / "second")
    wheels.wheel(first, "same", files={"same/old.py": b""})
    wheels.wheel(second, "same", files={"same/__init__.py": b"version = '1.0 again'\n"})
    assert not trial.run(pip.wheelhouse, **given(wheels.lock(first))).failed
    before = state(trial)
    dry = trial.dry(pip.wheelhouse, **given(wheels.lock(second)))
    assert re.search(r"same +1\.0 \(another build\) +-> +1\.0\n", dry.output), dry.output
    assert "two-three" not in dry.output
    assert state(trial) == before

    applied = trial.run(pip.wheelhouse, **given(second))
    assert applied.changed, applied.output
    assert installed(trial) == {"one": "1.0", "two_three": "1.0", "same": "1.0 again"}
    assert not (trial.lab.path(FOLDER) / "Lib/site-packages/same/old.py").exists()
    again = trial.run(pip.wheelhouse, **given(second))
    assert (again.failed, again.changed) == (False, False), again.output


def test_what_others_have_set_for_pip(trial: Trial, tmp_path: Path) -> None:
    """For the whole machine: neither pip.ini nor a variable leads pip or Python elsewhere."""
    settings = trial.lab.path(r"C:\ProgramData\pip\pip.ini")
    settings.parent.mkdir()
    settings.write_text("[global]\nrequire-virtualenv = true\n")
    old = {"PIP_TARGET": r"D:\elsewhere", "PYTHONHOME": r"C:\old", "PYTHONPATH": r"C:\old\Lib"}
    try:
        with machine_variables(trial, old):
            applied = trial.run(pip.wheelhouse, **given(house(tmp_path)))
    finally:
        shutil.rmtree(settings.parent)

    assert not applied.failed, applied.output
    assert installed(trial) == {"one": "1.0", "two_three": "1.0", "same": "1.0"}
    assert not trial.lab.path(r"D:\elsewhere").exists()


def without_a_wheel(folder: Path) -> Given:
    (folder / "same-1.0-py3-none-any.whl").unlink()
    return {"problems": "same 1.0 is missing"}


def with_another_file(folder: Path) -> Given:
    file = folder / "same-1.0-py3-none-any.whl"
    file.write_bytes(file.read_bytes() + b"x")
    return {"problems": f"{file.name} is not the file that the lock means (its SHA-256 differs)"}


def with_wheels_of_windows(folder: Path) -> Given:
    (folder / "same-1.0-py3-none-any.whl").unlink()
    name = wheels.wheel(folder, "same", tag="cp312-cp312-win_amd64").name
    wheels.lock(folder)
    return {"problems": f"{name} is for another Python or system"}


@pytest.mark.parametrize("spoil", [without_a_wheel, with_another_file, with_wheels_of_windows])
def test_a_wheelhouse_that_is_not_whole(
    trial: Trial, tmp_path: Path, spoil: Callable[[Path], Given]
) -> None:
    """It is refused before anything is sent, in a dry run as well."""
    folder = house(tmp_path)
    values = {"folder": folder, "target": TARGET, **spoil(folder)}
    before = trial.lab.snapshot()
    for attempt in (trial.dry, trial.run):
        applied = attempt(pip.wheelhouse, **given(folder))
        assert applied.failed
        assert wheelhouse_messages.INCOMPLETE.text(**values) in applied.output
    assert trial.lab.snapshot() == before


@pytest.mark.parametrize("other", [{"version": "3.12"}, {"platform": "windows"}])
def test_a_python_that_the_wheels_are_not_for(
    trial: Trial, tmp_path: Path, other: dict[str, str]
) -> None:
    """Of another version or for another system: both are named, nothing is changed."""
    folder = house(tmp_path)
    before = trial.lab.snapshot()
    values = {
        "python": PYTHON, "host": HOST, "wheels": folder,
        "found": f"Python {FULL_VERSION} for linux-x86_64",
        "target": Target(python=other.get("version", VERSION), platform=other.get("platform", "linux")),
    }  # fmt: skip
    for attempt in (trial.dry, trial.run):
        applied = attempt(pip.wheelhouse, **given(folder, **other))
        assert applied.failed
        assert messages.UNFIT.text(**values) in applied.output
    assert trial.lab.snapshot() == before


def test_a_host_without_python(trial: Trial, tmp_path: Path) -> None:
    """A dry run takes for granted that an earlier section makes it."""
    wanted = given(house(tmp_path), python=r"D:\none\python.exe")
    dry = trial.dry(pip.wheelhouse, **wanted)
    assert (dry.failed, "two-three" in dry.output) == (False, True)

    applied = trial.run(pip.wheelhouse, **wanted)
    assert python_messages.MISSING.text(folder=r"D:\none", host=HOST) in applied.output
    assert not trial.lab.path(DEST).exists()


@pytest.mark.parametrize("drive", ["C:", "D:"])
def test_a_full_drive(trial: Trial, tmp_path: Path, drive: str) -> None:
    """That of the wheels, or that of the interpreter."""
    disks = trial.lab.read_state("disks")
    full = [{**disk, "FreeSpace": 500} if disk["DeviceID"] == drive else disk for disk in disks]
    before = state(trial)
    trial.lab.write_state("disks", full)
    try:
        applied = trial.run(pip.wheelhouse, **given(house(tmp_path)))
    finally:
        trial.lab.write_state("disks", disks)

    values = {"drive": drive, "host": HOST, "free": 0, "needed": 1}
    assert messages.NO_SPACE.text(**values) in applied.output
    assert (state(trial), trial.lab.path(DEST).exists()) == (before, False)


def test_a_transfer_that_breaks_off(trial: Trial, tmp_path: Path) -> None:
    """What had been sent by then is not sent again; the interpreter is as it was until all is there."""
    folder = house(tmp_path)
    wheels.wheel(
        folder, "two-three", files={"two_three/data": random.Random(1).randbytes(3_000_000)}
    )
    wheels.lock(folder)
    lab, before = trial.lab, state(trial)
    faults = lab.config.faults
    lab.configure(faults=(Fault("drop", "Send", after=6, identity="transfer"),))
    try:
        applied = trial.run(pip.wheelhouse, **given(folder))
    finally:
        lab.configure(faults=faults)
    assert applied.failed
    assert state(trial) == before
    there = {path.name for path in lab.path(DEST).iterdir()}
    assert "one-1.0-py3-none-any.whl" in there
    assert "two_three-1.0-py3-none-any.whl" not in there

    dry = trial.dry(pip.wheelhouse, **given(folder))
    missing = {path.name for path in folder.iterdir()} - there
    assert f"{len(missing)} files, 3 MB" in dry.output
    applied = trial.run(pip.wheelhouse, **given(folder))
    assert applied.changed, applied.output
    assert (lab.path(FOLDER) / "Lib/site-packages/two_three/data").stat().st_size == 3_000_000


def test_what_pip_refuses_is_seen_before_anything_changes(trial: Trial, tmp_path: Path) -> None:
    """Here wheels for another Python whose names do not say so; services run on."""
    folder = house(tmp_path)
    file = wheels.wheel(folder, "one", python=">=3.99")
    wheels.lock(folder)
    clean(trial)
    make(trial.lab, "Example")
    run(trial.lab, "Example")
    before = state(trial)
    applied = trial.run(pip.wheelhouse, **given(folder, services=["Example"]))

    assert file.name.startswith("one-1.0")
    assert applied.failed
    values = {"host": HOST, "wheels": DEST, "python": PYTHON, "outcome": "exit code 1"}
    assert messages.REFUSED.text(**values) in applied.output
    assert "not in '>=3.99'" in applied.output
    assert state(trial) == before
    assert is_running(trial.lab, "Example")


def test_what_pip_cannot_replace(trial: Trial, tmp_path: Path) -> None:
    """A file that somebody has open is seen before; what is in pip's way is quoted, and the next run goes on."""
    lab, folder = trial.lab, house(tmp_path / "second", "2.0")
    wheels.wheel(folder, "two-three", "2.0", files={"more/data": b"x"})
    wheels.lock(folder)
    site = lay(trial, house(tmp_path / "first"))
    before = state(trial)
    path = rf"{FOLDER}\Lib\site-packages\two_three\__init__.py"
    with opened(lab, path):
        applied = trial.run(pip.wheelhouse, **given(folder))
    assert messages.IN_USE.text(host=HOST, files=path) in applied.output
    assert state(trial) == before

    obstacle = site / "more" / "data"
    obstacle.mkdir(parents=True)
    applied = trial.run(pip.wheelhouse, **given(folder))
    values = {"host": HOST, "wheels": DEST, "python": PYTHON}
    assert messages.FAILED.text(**values, outcome="exit code 1") in applied.output
    assert "Is a directory" in applied.output
    assert installed(trial)["two_three"] == "1.0"
    obstacle.rmdir()
    applied = trial.run(pip.wheelhouse, **given(folder, seconds=0.1))
    outcome = "no end within 0.1 s"
    assert messages.REFUSED.text(**values, outcome=outcome) in applied.output
    assert trial.run(pip.wheelhouse, **given(folder)).changed
    assert installed(trial) == {"one": "2.0", "two_three": "2.0", "same": "1.0"}


@contextmanager
def opened(lab: Lab, path: str) -> Iterator[None]:
    """A person's Python that has a file open."""
    code = f"import sys; f = open(r'{path}'); print('open', flush=True); sys.stdin.read()"
    process = Machine(lab).start(f'{PYTHON} -I -c "{code}"', codepage=65001)
    assert process.stdout is not None
    assert process.stdout.readline().strip() == b"open"
    try:
        yield
    finally:
        process.communicate()


def test_packages_that_do_not_fit_one_another(trial: Trial, tmp_path: Path) -> None:
    """Of the wheelhouse: the run fails; of somebody else: they are named."""
    wheels.wheel(tmp_path / "theirs", "foreign", requires=["one<2"])
    lay(trial, tmp_path / "theirs")
    applied = trial.run(pip.wheelhouse, **given(house(tmp_path / "ours", "2.0")))
    assert not applied.failed
    assert "foreign 1.0 has requirement one<2, but you have one 2.0" in applied.output

    bad = house(tmp_path / "bad", "2.0")
    wheels.wheel(bad, "same", "3.0", requires=["one<2", "absent"])
    (bad / "same-1.0-py3-none-any.whl").unlink()
    applied = trial.run(pip.wheelhouse, **given(wheels.lock(bad)))
    assert applied.failed
    assert "same 3.0 requires absent, which is not installed" in applied.output
    assert messages.CONFLICT.text(python=PYTHON, host=HOST) in applied.output


def test_services_are_stopped_before_packages_change(trial: Trial, tmp_path: Path) -> None:
    """What depends on them first; nothing is stopped where nothing changes."""
    lab, folder = trial.lab, house(tmp_path)
    clean(trial)
    make(lab, "Example")
    make(lab, "Dependent", dependencies=["Example"])
    wanted = given(folder, services=["Example", "Absent"])
    for name in ("Example", "Dependent"):
        run(lab, name)
    dry = trial.dry(pip.wheelhouse, **wanted)
    assert "Will stop Dependent, Example before packages change" in dry.output
    assert is_running(lab, "Example")

    applied = trial.run(pip.wheelhouse, **wanted)
    assert applied.changed, applied.output
    assert [status(lab, name)["state"] for name in ("Example", "Dependent")] == [1, 1]
    assert installed(trial)["one"] == "1.0"
    run(lab, "Example")
    assert not trial.run(pip.wheelhouse, **wanted).changed
    assert is_running(lab, "Example")
    clean(trial)


def test_an_interpreter_that_will_not_do(trial: Trial, tmp_path: Path) -> None:
    """Without a pip, with one that is too old, or one that does not start."""
    folder = house(tmp_path)
    trial.lab.install_python(r"D:\bare", pip=False)
    wanted = given(folder, python=r"D:\bare\python.exe")
    applied = trial.run(pip.wheelhouse, **wanted)
    assert python_messages.NO_PIP.text(folder=r"D:\bare", host=HOST) in applied.output

    site = trial.lab.path(r"D:\bare\Lib\site-packages")
    (site / "pip-21.0.dist-info").mkdir()
    applied = trial.run(pip.wheelhouse, **wanted)
    values = {"folder": r"D:\bare", "host": HOST, "found": "21.0", "wanted": "22.2"}
    assert messages.OLD_PIP.text(**values) in applied.output

    program = trial.lab.path(r"D:\bare\python.exe")
    bare.write_executable(program, "#!/bin/sh\necho 'out of order' >&2\nexit 3\n")
    applied = trial.run(pip.wheelhouse, **wanted)
    problem = "exit code 3: out of order"
    text = python_messages.SILENT.text(folder=r"D:\bare", host=HOST, problem=problem)
    assert text in applied.output


def test_wrong_arguments_are_refused(tmp_path: Path) -> None:
    """Before the host is asked anything."""
    folder = house(tmp_path)
    for arguments, text in (
        ({"dest": "D:\\"}, operations.REMOVAL_REFUSED.text(path="D:\\")),
        ({"src": str(tmp_path / "no")},
         wheelhouse_messages.NO_FOLDER.text(folder=tmp_path / "no")),
        ({"contains": {"one": "2.0"}},
         messages.OTHER_PACKAGES.text(wheels=folder, found="one 1.0", wanted="one 2.0")),
        ({"contains": {"prefect": "3.4.25"}},
         messages.OTHER_PACKAGES.text(wheels=folder, found="no prefect", wanted="prefect 3.4.25")),
    ):  # fmt: skip
        with no_host(), pytest.raises(OperationValueError) as raised:
            list(pip.wheelhouse._inner(**given(folder, **arguments)))
        assert text in str(raised.value)


def test_pip_is_that_of_python_itself(trial: Trial) -> None:
    """The fact knows it, as it knows what others have installed."""
    found = trial.fact(Packages, python=PYTHON)["packages"]

    assert found["pip"]["version"] == python_packages.pip_version()
    assert found["pywin32"]["version"] == python_packages.PYWIN32_VERSION
    assert trial.fact(Packages, python=r"D:\none\python.exe") is None
