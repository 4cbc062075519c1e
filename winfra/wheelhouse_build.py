"""Making locks with uv, and wheelhouses with pip: what an index has to be asked for."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Any

from packaging.utils import parse_wheel_filename
from pyinfra.api import OperationValueError

from winfra import wheel_lock
from winfra.messages import wheelhouse as messages
from winfra.wheel_lock import PLATFORMS, PYTHONS, Package, Target
from winfra.wheelhouse import LOCK, Wheelhouse

_UV_PLATFORMS = {
    "windows": "x86_64-pc-windows-msvc",
    "linux": f"x86_64-{PLATFORMS['linux'][0].removesuffix('_x86_64')}",
}
_LAST_LINES = 12


class Locks:
    """The locks of Prefect's versions in a folder, and what they are made from."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def versions(self) -> list[str]:
        """The versions that have a lock."""
        names = {file.stem for file in self.folder.glob("prefect-*-windows.txt")}
        return sorted(name.split("-")[1] for name in names)

    def file(self, version: str, platform: str) -> Path:
        return self.folder / f"prefect-{version}-{platform}.txt"

    def existing(self, version: str, platform: str) -> Path:
        file = self.file(version, platform)
        if not file.is_file():
            values = {"file": file, "version": version, "versions": ", ".join(self.versions)}
            raise OperationValueError(messages.NO_LOCK.text(**values))
        return file

    def make(self, version: str, *, upgrade: bool = False) -> list[Path]:
        """
        Make the locks of a version for each platform; the packages have the same versions in all.

        + upgrade: look for newer versions than those that were locked before
        """
        source = self.folder / f"prefect-{version}.in"
        if not source.is_file():
            source.write_text(f"prefect=={version}\n", encoding="utf-8")
        constraints = self.folder / f"prefect-{version}-constraints.txt"
        pins: dict[str, str] = {} if upgrade else self._pins(version)
        texts = {}
        for platform in PLATFORMS:
            resolved = []
            for target in (Target(python, platform) for python in PYTHONS):
                resolved.append(_resolve(target, source, constraints, pins))
                pins |= {package["name"]: package["version"] for package in resolved[-1]}
            packages = _merged(platform, resolved, constraints)
            texts[platform] = wheel_lock.render(packages, _header(version, platform))
        for platform, text in texts.items():
            self.file(version, platform).write_text(text, encoding="utf-8")
        return [self.file(version, platform) for platform in texts]

    def _pins(self, version: str) -> dict[str, str]:
        """The versions that the locks have now."""
        pins: dict[str, str] = {}
        for file in (self.file(version, platform) for platform in PLATFORMS):
            if file.is_file():
                packages = wheel_lock.parse(file.read_text(encoding="utf-8"), file)
                pins |= {package.name: package.version for package in packages}
        return pins


def build(lock: Path, folder: Path, target: Target) -> bool:
    """
    Make a wheelhouse, all of it or nothing; whether there was anything to do.

    + lock: of the wheels
    + folder: where; one that is there and is not the same is replaced
    + target: the interpreter that is to use it
    """
    if _is_built(lock, folder, target):
        return False
    with _replaced(folder) as new:
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-input"]
        command += ["--no-deps", "--require-hashes", "--only-binary", ":all:"]
        command += ["--implementation", "cp", "--python-version", target.python]
        for abi in (target.interpreter, "abi3", "none"):
            command += ["--abi", abi]
        for platform in PLATFORMS[target.platform]:
            command += ["--platform", platform]
        done = _run([*command, "--dest", str(new), "--requirement", str(lock)])
        if done.returncode:
            values = {"target": target, "folder": folder, "reason": _reason(done)}
            raise OperationValueError(messages.DOWNLOAD_FAILED.text(**values))
        shutil.copyfile(lock, new / LOCK)
        Wheelhouse.read(new, target.python, target.platform)
    return True


def _is_built(lock: Path, folder: Path, target: Target) -> bool:
    try:
        there = Wheelhouse.read(folder, target.python, target.platform)
    except OperationValueError:
        return False
    return there.lock.read_bytes() == lock.read_bytes()


@contextmanager
def _replaced(folder: Path) -> Iterator[Path]:
    """A new folder that takes the place of the other when it is complete."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{folder.name}-", dir=folder.parent) as made:
        new = Path(made, "new")
        new.mkdir()
        yield new
        if folder.exists():
            folder.rename(Path(made, "old"))
        new.rename(folder)


def _resolve(
    target: Target, source: Path, constraints: Path, pins: dict[str, str]
) -> list[dict[str, Any]]:
    """The packages as PEP 751 describes them, which tells the names of the wheels as well."""
    with tempfile.TemporaryDirectory() as made:
        file = Path(made, "pylock.toml")
        pinned = Path(made, "pins.txt")
        pinned.write_text("".join(f"{name}=={version}\n" for name, version in pins.items()))
        given = [pinned, *([constraints] if constraints.is_file() else [])]
        command = [sys.executable, "-m", "uv", "pip", "compile", "--quiet", str(source)]
        command += ["--python-version", target.python, "--only-binary", ":all:"]
        command += ["--python-platform", _UV_PLATFORMS[target.platform]]
        command += ["--format", "pylock.toml", "--output-file", str(file)]
        done = _run([*command, *(word for path in given for word in ("--constraint", str(path)))])
        if done.returncode:
            values = {"target": target, "source": source, "reason": _reason(done)}
            raise OperationValueError(messages.LOCK_FAILED.text(**values))
        packages: list[dict[str, Any]] = tomllib.loads(file.read_text())["packages"]
    return packages


def _merged(
    platform: str, resolved: Sequence[list[dict[str, Any]]], constraints: Path
) -> list[Package]:
    """One package a name with its wheels for every Python.

    What only one of them needs is installed with the others too.
    """
    offered: dict[tuple[str, str], dict[str, str]] = {}
    for packages in resolved:
        for package in packages:
            wheels = offered.setdefault((package["name"], package["version"]), {})
            wheels |= {_name(wheel): wheel["hashes"]["sha256"] for wheel in package["wheels"]}
    merged = []
    for (name, version), wheels in sorted(offered.items()):
        chosen = {}
        for target in (Target(python, platform) for python in PYTHONS):
            if (best := target.best(wheels)) is None:
                values = {"package": f"{name} {version}", "target": target}
                message = messages.LOCK_WITHOUT_WHEEL.text(**values, constraints=constraints)
                raise OperationValueError(message)
            chosen[best] = wheels[best]
        merged.append(Package(name, version, tuple(chosen.values()), tuple(chosen)))
    return merged


def _name(wheel: dict[str, Any]) -> str:
    name = str(wheel.get("name") or PurePosixPath(wheel["url"]).name)
    parse_wheel_filename(name)
    return name


def _header(version: str, platform: str) -> list[str]:
    target = f"{platform.capitalize()} on x64, Python {' and '.join(PYTHONS)}"
    return [
        f"Prefect {version} and all that it needs, for {target}.",
        f"Made by `python -m winfra.wheelhouse lock {version}`.",
    ]


def _run(command: list[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, check=False, capture_output=True, text=True)


def _reason(done: subprocess.CompletedProcess[str]) -> str:
    """The end of what the program said, on one line."""
    lines = (done.stderr or done.stdout).split("\n")
    return " ".join(" ".join(lines[-_LAST_LINES:]).split()) or f"exit code {done.returncode}"
