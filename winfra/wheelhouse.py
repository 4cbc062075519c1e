"""A wheelhouse: a folder with every wheel that a lock names for one Python, and the lock itself.

``python -m winfra.wheelhouse`` makes them.
"""

from __future__ import annotations

import csv
import hashlib
import io
import re
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename
from packaging.version import Version
from pyinfra.api import OperationValueError

from winfra import package_report, wheel_lock
from winfra.messages import wheelhouse as messages
from winfra.wheel_lock import Package, Target

LOCK = "requirements.txt"
_SHOWN = 3
# What pip puts beside the packages themselves; the rest of .data goes elsewhere (PyPA, "Binary distribution format").
_DATA = re.compile(r"[^/]+\.data/(?:(?:purelib|platlib)/)?")


@dataclass(frozen=True)
class Wheelhouse:
    """
    A complete wheelhouse: each package of its lock is there, is the one that is meant, and fits.

    + wheels: the package -> its wheel
    """

    folder: Path
    target: Target
    wheels: Mapping[Package, Path]

    @classmethod
    def read(cls, folder: str | Path, python: str, platform: str = "windows") -> Wheelhouse:
        """
        Read a wheelhouse and check it; OperationValueError says all that is wrong with it.

        + folder: where it is
        + python: version of the interpreter that is to use it
        + platform: of that interpreter: windows, or linux as in the lab
        """
        target = Target(python, platform)
        folder = Path(folder)
        lock = folder / LOCK
        if not lock.is_file():
            raise OperationValueError(messages.NO_FOLDER.text(folder=folder))
        packages = wheel_lock.parse(lock.read_text(encoding="utf-8"), lock)
        files = {file.name: file for file in sorted(folder.iterdir()) if file != lock}
        wheels, problems = _matched(packages, files, target)
        if problems:
            rest = f" and {len(problems) - _SHOWN} more" if len(problems) > _SHOWN else ""
            said = "; ".join(problems[:_SHOWN]) + rest
            values = {"folder": folder, "target": target, "problems": said}
            raise OperationValueError(messages.INCOMPLETE.text(**values))
        return cls(folder, target, wheels)

    @property
    def lock(self) -> Path:
        return self.folder / LOCK

    @property
    def files(self) -> list[Path]:
        """All that a host needs: the lock and the wheels."""
        return [self.lock, *self.wheels.values()]

    @property
    def versions(self) -> dict[str, str]:
        """The name of each package in its normal form -> its version."""
        return {package.name: package.version for package in self.wheels}

    @property
    def contents(self) -> dict[str, str]:
        """The name of each package -> what its files come to, as ``package_report.content`` has it."""
        return {
            package.name: _content(wheel, *_state(wheel)) for package, wheel in self.wheels.items()
        }

    @property
    def bytes(self) -> int:
        """How much is sent."""
        return sum(file.stat().st_size for file in self.files)

    @property
    def installed_bytes(self) -> int:
        """How much the packages take when they are installed, without what Python compiles."""
        return sum(_unpacked(wheel) for wheel in self.wheels.values())


def default(version: str, python: str, platform: str = "windows", below: Path = Path()) -> Path:
    """Where a wheelhouse is built unless another folder is given.

    + below: the folder of the deploy
    """
    target = Target(python, platform)
    return below / "build" / "wheelhouse" / f"prefect-{version}-{platform}-{target.interpreter}"


def _matched(
    packages: list[Package], files: dict[str, Path], target: Target
) -> tuple[dict[Package, Path], list[str]]:
    """The wheel of each package, and what is wrong."""
    wheels = {}
    problems = []
    found = _by_package(files)
    for package in packages:
        of_package = found.pop((package.name, str(Version(package.version))), {})
        best = target.best(of_package)
        if best is not None and _sha256(of_package[best]) not in package.hashes:
            problems.append(f"{best} is not the file that the lock means (its SHA-256 differs)")
        elif best is not None:
            wheels[package] = of_package.pop(best)
        elif of_package:
            problems.append(f"{', '.join(of_package)} is for another Python or system")
        else:
            problems.append(f"{package} is missing")
    strangers = [name for names in found.values() for name in names]
    problems += [f"{name} is not in its {LOCK}" for name in strangers]
    return wheels, problems


def _by_package(files: dict[str, Path]) -> dict[tuple[str, str], dict[str, Path]]:
    """Name and version -> the files of that package; what is no wheel is under its own name."""
    packages: dict[tuple[str, str], dict[str, Path]] = {}
    for name, file in files.items():
        try:
            package, version, _, _ = parse_wheel_filename(name)
            key = (str(canonicalize_name(package)), str(version))
        except InvalidWheelFilename:
            key = ("", name)
        packages.setdefault(key, {})[name] = file
    return packages


def _sha256(file: Path) -> str:
    return _digest(file, *_state(file))


def _state(file: Path) -> tuple[int, int]:
    state = file.stat()
    return state.st_size, state.st_mtime_ns


@cache
def _digest(file: Path, _size: int, _changed: int) -> str:
    """Once for all the hosts of a run."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


@cache
def _content(wheel: Path, _size: int, _changed: int) -> str:
    with zipfile.ZipFile(wheel) as archive:
        names = [name for name in archive.namelist() if name.endswith(".dist-info/RECORD")]
        text = "".join(archive.read(name).decode() for name in names)
    rows = [[_installed(row[0]), *row[1:]] for row in csv.reader(io.StringIO(text)) if row]
    return package_report.content(rows)


def _installed(path: str) -> str:
    """Where pip installs a file of a wheel, relative to the packages; ``..`` where that is elsewhere."""
    found = _DATA.match(path)
    if found is None:
        return path
    return path[found.end() :] if found[0].endswith("lib/") else f"../{path}"


def _unpacked(wheel: Path) -> int:
    with zipfile.ZipFile(wheel) as archive:
        return sum(member.file_size for member in archive.infolist())


if __name__ == "__main__":
    from winfra.wheelhouse_command import main

    main()
