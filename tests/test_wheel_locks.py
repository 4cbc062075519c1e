"""Making locks: uv itself, asking an index of small wheels, and once the one that this machine has."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pyinfra.api import OperationValueError

from tests.package_index import index
from tests.wheels import wheel
from winfra.messages import wheelhouse as messages
from winfra.wheel_lock import PYTHONS, Package, Target, parse
from winfra.wheel_locks import SOURCE, Locks, _name, _Resolution

OURS = Path(__file__).parents[1] / "files" / "prefect"
RELEASE = datetime(2026, 1, 5, 15, 30, tzinfo=UTC)
NATIVE = ("cp311-cp311", "cp312-cp312", "cp313-cp313")


@pytest.fixture
def offered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The wheels of the index that uv asks: Prefect 9.0 with what it needs, as of its release."""
    folder = tmp_path / "index"
    wheel(folder, "prefect", "9.0", requires=["library", "native", 'colour ; os_name == "nt"'])
    for name in ("library", "colour", "pywin32"):
        wheel(folder, name)
    for platform in ("win_amd64", "manylinux_2_17_x86_64", "musllinux_1_2_x86_64", "win32"):
        for tag in NATIVE:
            wheel(folder, "native", tag=f"{tag}-{platform}")
    for file in folder.iterdir():
        upload(file, RELEASE)
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "cache"))
    with index(folder) as address:
        monkeypatch.setenv("UV_DEFAULT_INDEX", address)
        yield folder


@pytest.fixture
def locks(tmp_path: Path) -> Locks:
    folder = tmp_path / "locks"
    folder.mkdir()
    return Locks(folder)


def upload(file: Path, when: datetime) -> None:
    os.utime(file, (when.timestamp(), when.timestamp()))


def packages(file: Path) -> dict[str, Package]:
    return {package.name: package for package in parse(file.read_text())}


def versions(file: Path) -> dict[str, str]:
    return {name: package.version for name, package in packages(file).items()}


def test_locks_are_made(offered: Path, locks: Locks) -> None:
    """One a platform, with what its markers ask for, with the best wheel of each Python, of its release's day."""
    upload(wheel(offered, "library", "2.0"), RELEASE.replace(day=8))

    windows, linux = locks.make("9.0")

    assert versions(linux) == {"prefect": "9.0", "library": "1.0", "native": "1.0"}
    assert versions(windows) == {**versions(linux), "colour": "1.0", "pywin32": "1.0"}
    assert packages(windows)["native"].wheels == tuple(
        f"native-1.0-{tag}-win_amd64.whl" for tag in NATIVE
    )
    assert packages(linux)["native"].wheels == tuple(
        f"native-1.0-{tag}-manylinux_2_17_x86_64.whl" for tag in NATIVE
    )
    assert (locks.folder / "prefect-9.0.in").read_text() == SOURCE.format(version="9.0")
    assert "--before 2026-01-07`" in windows.read_text()


def test_locks_stay(offered: Path, locks: Locks) -> None:
    """Made again, a lock changes only when it is asked to."""
    made = {file: file.read_bytes() for file in locks.make("9.0")}
    upload(wheel(offered, "library", "2.0"), RELEASE.replace(day=8))
    windows, linux = made

    locks.make("9.0")
    assert {file: file.read_bytes() for file in made} == made

    locks.make("9.0", before="2026-02-01")
    assert versions(windows)["library"] == "1.0"

    locks.make("9.0", before="2026-02-01", upgrade=True)
    assert versions(windows)["library"] == versions(linux)["library"] == "2.0"


def test_what_a_lock_is_made_from(offered: Path, locks: Locks) -> None:
    """Packages are added in the one file, versions chosen in the other."""
    wheel(offered, "frames", requires=["library<3"])
    for version in ("1.5", "2.0"):
        wheel(offered, "library", version)
    (locks.folder / "prefect-9.0.in").write_text("prefect==9.0\nframes\n")
    (locks.folder / "prefect-9.0-constraints.txt").write_text("library==1.5\n")

    windows, _ = locks.make("9.0", before="2100-01-01")

    assert versions(windows)["frames"] == "1.0"
    assert versions(windows)["library"] == "1.5"
    assert "pywin32" not in versions(windows)


def test_a_lock_that_cannot_be_made(offered: Path, locks: Locks) -> None:
    """What uv says is passed on, and no file is written."""
    (offered / "library-1.0-py3-none-any.whl").unlink()

    with pytest.raises(OperationValueError) as refused:
        locks.make("9.0")

    begin, _, end = messages.LOCK_FAILED.text(
        target="Python 3.11 on Windows", reason="|"
    ).partition("|")
    assert str(refused.value).startswith(begin)
    assert str(refused.value).endswith(end)
    assert "library" in str(refused.value)
    assert list(locks.folder.iterdir()) == []


def test_a_package_that_one_python_lacks(offered: Path, locks: Locks) -> None:
    """A lock is good for every Python, or there is none."""
    upload(wheel(offered, "old", tag="cp311-cp311-win_amd64"), RELEASE)
    text = "prefect==9.0\nold ; python_version < '3.12'\n"
    (locks.folder / "prefect-9.0.in").write_text(text)

    with pytest.raises(OperationValueError) as refused:
        locks.make("9.0")

    constraints = locks.folder / "prefect-9.0-constraints.txt"
    assert str(refused.value) == messages.LOCK_WITHOUT_WHEEL.text(
        package="old 1.0", target="Python 3.12 on Windows", constraints=constraints
    )
    assert not locks.file("9.0", "windows").exists()


@pytest.mark.parametrize("version", Locks(OURS).versions)
def test_a_lock_of_ours_is_what_prefect_needs_on_windows(version: str, tmp_path: Path) -> None:
    """Neither more nor less than uv takes for its Pythons; each wheel is to be had, with the hash that it gives."""
    locked = packages(Locks(OURS).file(version, "windows"))
    pins = {name: package.version for name, package in locked.items()}
    text = (OURS / f"prefect-{version}.in").read_text()
    needed = set()
    for target in map(Target, PYTHONS):
        try:
            found = _Resolution(target, text, tmp_path / "none", pins, None).packages()
        except OperationValueError as error:
            pytest.skip(f"no index: {error}")
        needed |= {package["name"] for package in found}
        for package in found:
            assert package["version"] == pins[package["name"]]
            offered = {_name(wheel): wheel["hashes"]["sha256"] for wheel in package["wheels"]}
            ours = locked[package["name"]]
            best = target.best(ours.wheels)
            assert best in offered
            assert offered[best] == dict(zip(ours.wheels, ours.hashes, strict=True))[best]
    assert needed == set(locked)
