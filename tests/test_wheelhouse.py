"""Wheelhouses: read with all that is wrong with them, and built by pip itself from small wheels."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from pyinfra.api import OperationValueError

from tests import wheels
from tests.wheels import wheel
from winfra import wheelhouse_command
from winfra.lab import prefect
from winfra.lab.python import VERSION
from winfra.messages import wheelhouse as messages
from winfra.prefect_layout import DEFAULTS
from winfra.wheel_lock import Package, Target, parse, render
from winfra.wheel_locks import Locks
from winfra.wheelhouse import Wheelhouse, default
from winfra.wheelhouse_build import build

ROOT = Path(__file__).parents[1]
NATIVE = ("cp311-cp311-win_amd64", "cp312-cp312-win_amd64", "cp312-cp312-manylinux_2_17_x86_64")


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """A wheelhouse for Python 3.12 on Windows."""
    folder = tmp_path / "house"
    wheel(folder, "Pure-Name", "2025.10.0")
    wheel(folder, "native", tag="cp312-cp312-win_amd64")
    return wheels.lock(folder)


def problems(folder: Path, python: str = "3.12", platform: str = "windows") -> str:
    """What reading it says is wrong."""
    with pytest.raises(OperationValueError) as refused:
        Wheelhouse.read(folder, python, platform)
    values = {"folder": folder, "target": Target(python, platform), "problems": "|"}
    begin, _, end = messages.INCOMPLETE.text(**values).partition("|")
    assert str(refused.value).startswith(begin)
    assert str(refused.value).endswith(end)
    return str(refused.value).removeprefix(begin).removesuffix(end)


def test_a_wheelhouse_is_read(house: Path) -> None:
    """Its packages, its files, and how much room they take."""
    there = Wheelhouse.read(house, "3.12.10")

    assert there.versions == {"native": "1.0", "pure-name": "2025.10.0"}
    assert sorted(there.files) == sorted(house.iterdir())
    assert there.bytes == sum(file.stat().st_size for file in house.iterdir())
    assert there.installed_bytes == sum(
        member.file_size
        for file in house.glob("*.whl")
        for member in zipfile.ZipFile(file).infolist()
    )


def test_a_folder_that_is_none(tmp_path: Path) -> None:
    """Neither a missing folder nor one without a lock."""
    for folder in (tmp_path / "missing", tmp_path):
        with pytest.raises(OperationValueError) as refused:
            Wheelhouse.read(folder, "3.12")
        assert str(refused.value) == messages.NO_FOLDER.text(folder=folder)


def test_a_wheel_is_missing(house: Path) -> None:
    """By its name and version."""
    (house / "native-1.0-cp312-cp312-win_amd64.whl").unlink()

    assert problems(house) == "native 1.0 is missing"


def test_a_wheel_is_another(house: Path) -> None:
    """One byte more is enough, also when the folder was read before."""
    Wheelhouse.read(house, "3.12")
    with (house / "Pure_Name-2025.10.0-py3-none-any.whl").open("ab") as stream:
        stream.write(b"!")

    assert problems(house) == (
        "Pure_Name-2025.10.0-py3-none-any.whl is not the file that the lock means (its SHA-256 differs)"
    )


def test_a_wheelhouse_for_another_python(house: Path) -> None:
    """Of another version, or of another system."""
    said = "native-1.0-cp312-cp312-win_amd64.whl is for another Python or system"

    assert problems(house, "3.11") == said
    assert problems(house, "3.12", "linux") == said


def test_what_the_lock_does_not_name(house: Path) -> None:
    """A wheel that somebody has added would not be installed; nor is anything else expected there."""
    wheel(house, "native", "2.0", tag="cp312-cp312-win_amd64")
    (house / "note.txt").touch()

    assert problems(house) == (
        "native-2.0-cp312-cp312-win_amd64.whl is not in its requirements.txt; "
        "note.txt is not in its requirements.txt"
    )


def test_many_problems_are_a_few_words(tmp_path: Path) -> None:
    """Three are named, the rest is a number."""
    for number in range(9):
        wheel(tmp_path, f"package{number}")
    wheels.lock(tmp_path)
    for file in tmp_path.glob("*.whl"):
        file.unlink()

    assert problems(tmp_path).endswith("package2 1.0 is missing and 6 more")


def test_one_wheelhouse_for_several_pythons(tmp_path: Path) -> None:
    """A folder may have the wheels of others too; a host gets its own."""
    files = [wheel(tmp_path, "native", tag=tag) for tag in NATIVE]
    digests = tuple(hashlib.sha256(file.read_bytes()).hexdigest() for file in files)
    (tmp_path / "requirements.txt").write_text(render([Package("native", "1.0", digests)]))

    for tag, target in zip(NATIVE, ["3.11 windows", "3.12 windows", "3.12 linux"], strict=True):
        python, platform = target.split()
        there = Wheelhouse.read(tmp_path, python, platform)
        assert [file.name for file in there.files] == ["requirements.txt", f"native-1.0-{tag}.whl"]


@pytest.fixture
def offered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The wheels that pip finds, and no index."""
    folder = tmp_path / "offered"
    wheel(folder, "Pure-Name", "2025.10.0")
    for tag in NATIVE:
        wheel(folder, "native", tag=tag)
    for name in [name for name in os.environ if name.startswith("PIP_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return folder


def lock_of(folder: Path, tag: str) -> Path:
    """A lock of what is offered, for one Python and system."""
    files = [folder / "Pure_Name-2025.10.0-py3-none-any.whl", folder / f"native-1.0-{tag}.whl"]
    made = wheels.lock(folder, files) / "requirements.txt"
    return made.rename(folder.parent / "lock.txt")


@pytest.mark.parametrize("tag", NATIVE)
def test_a_wheelhouse_is_built(offered: Path, tmp_path: Path, tag: str) -> None:
    """For another system and another Python than this one as well; once there, nothing is done."""
    python, platform = f"3.{tag[3:5]}", "windows" if "win" in tag else "linux"
    lock, folder, target = (
        lock_of(offered, tag),
        tmp_path / "new" / "house",
        Target(python, platform),
    )

    assert build(lock, folder, target)

    assert {file.name for file in folder.iterdir()} == {
        "requirements.txt",
        "Pure_Name-2025.10.0-py3-none-any.whl",
        f"native-1.0-{tag}.whl",
    }
    assert (folder / "requirements.txt").read_bytes() == lock.read_bytes()
    shutil.rmtree(offered)
    assert not build(lock, folder, target)


def test_a_wheelhouse_is_built_again(offered: Path, tmp_path: Path) -> None:
    """When its lock has changed, or a wheel is damaged; what was there before is gone."""
    lock, folder, target = lock_of(offered, NATIVE[1]), tmp_path / "house", Target("3.12")
    folder.mkdir()
    (folder / "old.txt").touch()

    assert build(lock, folder, target)
    assert not (folder / "old.txt").exists()
    (folder / f"native-1.0-{NATIVE[1]}.whl").write_bytes(b"damaged")
    assert build(lock, folder, target)
    lock.write_text(f"# changed\n{lock.read_text()}")
    assert build(lock, folder, target)

    assert not build(lock, folder, target)
    assert [file.name for file in tmp_path.iterdir() if file.name.startswith(".")] == []


def test_a_wheel_cannot_be_had(offered: Path, tmp_path: Path) -> None:
    """pip says which; the wheelhouse that was there is as it was."""
    lock, folder = lock_of(offered, NATIVE[1]), tmp_path / "house"
    build(lock, folder, Target("3.12"))
    before = {file: file.read_bytes() for file in folder.iterdir()}
    wheel(offered, "native", tag=NATIVE[1], files={"native/other.py": b""})
    lock.write_text(f"# changed\n{lock.read_text()}")

    with pytest.raises(OperationValueError) as refused:
        build(lock, folder, Target("3.12"))

    values = {"target": "Python 3.12 on Windows", "folder": folder, "reason": "|"}
    begin, _, end = messages.DOWNLOAD_FAILED.text(**values).partition("|")
    assert str(refused.value).startswith(begin)
    assert str(refused.value).endswith(end)
    assert "native==1.0" in str(refused.value)
    assert {file: file.read_bytes() for file in folder.iterdir()} == before


def test_the_command_builds_what_the_site_has(offered: Path, tmp_path: Path) -> None:
    """Versions come from the group data under the current folder, unless they are given."""
    locks = tmp_path / "locks"
    locks.mkdir()
    lock_of(offered, NATIVE[0]).rename(locks / "prefect-9.0-windows.txt")
    (tmp_path / "group_data").mkdir()
    data = 'prefect_version = "9.0"\npython_version = "3.11.9"\n'
    (tmp_path / "group_data" / "all.py").write_text(data)

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "winfra.wheelhouse", "build", "--locks", str(locks)]
        command += arguments
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)

    folder = default("9.0", "3.11")
    first, second, other = run(), run(), run("9.1", "--python", "3.12")

    assert first.stdout == f"{folder}: 2 wheels for Python 3.11 on Windows, 0 MB\n"
    assert (tmp_path / folder / f"native-1.0-{NATIVE[0]}.whl").is_file()
    assert (second.returncode, second.stdout, second.stderr) == (0, "", "")
    values = {"file": locks / "prefect-9.1-windows.txt", "version": "9.1", "versions": "9.0"}
    assert (other.returncode, other.stderr) == (1, messages.NO_LOCK.text(**values) + "\n")


def test_the_command_finds_our_locks(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Without group data, those of the deploy's own versions, from whatever folder."""
    monkeypatch.chdir(tmp_path)
    options = wheelhouse_command._parser().parse_args(["build"])

    found = wheelhouse_command._locks(options).existing(options.version, options.platform)

    assert (
        found == ROOT / "files" / "prefect" / f"prefect-{DEFAULTS['prefect_version']}-windows.txt"
    )
    assert options.python == DEFAULTS["python_version"]


def test_the_labs_wheelhouse_is_of_the_lock() -> None:
    """What the lab installs is what its lock names, and byte by byte what Windows gets where that is pure Python."""
    if not prefect.is_available():
        pytest.skip("no wheels of Prefect: make lab-wheelhouse")
    locks = Locks(ROOT / "files" / "prefect")

    there = Wheelhouse.read(prefect.wheelhouse(), VERSION, "linux")

    assert there.lock.read_bytes() == locks.file(prefect.PREFECT, "linux").read_bytes()
    windows = parse(locks.file(prefect.PREFECT, "windows").read_text())
    digests = {name: one for package in windows for name, one in hashes(package).items()}
    pure = {
        file.name: hashes(package)[file.name]
        for package, file in there.wheels.items()
        if file.name.endswith("-none-any.whl")
    }
    assert len(pure) > 70
    assert pure.items() <= digests.items()


def hashes(package: Package) -> dict[str, str]:
    """The hash of each of its wheels, by their names."""
    return dict(zip(package.wheels, package.hashes, strict=True))
