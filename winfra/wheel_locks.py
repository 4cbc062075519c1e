"""The locks of Prefect's versions, and making them with uv."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path, PurePosixPath
from typing import Any

from pyinfra.api import OperationValueError

from winfra import wheel_lock
from winfra.messages import wheelhouse as messages
from winfra.wheel_lock import PLATFORMS, PYTHONS, Package, Target

SOURCE = """\
# What is installed for the server and the workers. Packages that flows need can be added here.
prefect=={version}
pywin32 ; sys_platform == "win32"  # the service host talks to Windows' service control manager with it
"""
_UV_PLATFORMS = {
    "windows": "x86_64-pc-windows-msvc",
    "linux": f"x86_64-{PLATFORMS['linux'][0].removesuffix('_x86_64')}",
}
_LAST_LINES = 12


class Locks:
    """
    The locks in a folder: ``prefect-VERSION-PLATFORM.txt``.

    Each is made from ``prefect-VERSION.in`` and, where that is there, ``prefect-VERSION-constraints.txt``.
    """

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

    def make(self, version: str, *, before: str | None = None, upgrade: bool = False) -> list[Path]:
        """
        Make the locks of a version for each platform; the packages have the same versions in all.

        + before: the day from which on nothing counts that was published; default: the second after the
          release, since later packages may break it (FastAPI 0.137 did 3.4.25, 0.165 did 3.8.8)
        + upgrade: forget the versions that were locked before
        """
        source = self.folder / f"prefect-{version}.in"
        text = source.read_text("utf-8") if source.is_file() else SOURCE.format(version=version)
        constraints = self.folder / f"prefect-{version}-constraints.txt"
        before = before or _after_release(version)
        pins = {} if upgrade else self._pins(version)
        made = {}
        for platform in PLATFORMS:
            resolved = []
            for target in (Target(python, platform) for python in PYTHONS):
                resolved.append(_Resolution(target, text, constraints, pins, before).packages())
                pins |= {package["name"]: package["version"] for package in resolved[-1]}
            header = _header(version, platform, before)
            packages = _merged(platform, resolved, constraints)
            made[self.file(version, platform)] = wheel_lock.render(packages, header)
        for file, contents in {source: text, **made}.items():
            file.write_text(contents, "utf-8")
        return [*made]

    def _pins(self, version: str) -> dict[str, str]:
        """The versions that the locks have now."""
        pins: dict[str, str] = {}
        for file in (self.file(version, platform) for platform in PLATFORMS):
            if file.is_file():
                packages = wheel_lock.parse(file.read_text("utf-8"), file)
                pins |= {package.name: package.version for package in packages}
        return pins


@dataclass(frozen=True)
class _Resolution:
    """
    The versions that fit each other for one Python.

    + requirements: the text of what is wanted
    + constraints: a file, which need not exist
    + pins: the versions of packages that have been chosen
    + before: the day from which on nothing counts that was published
    """

    target: Target
    requirements: str
    constraints: Path
    pins: Mapping[str, str]
    before: str | None

    def packages(self, *options: str) -> list[dict[str, Any]]:
        """As PEP 751 describes them: it tells the names of the wheels, which hashes alone do not."""
        with tempfile.TemporaryDirectory() as folder:
            source, pins, lock = (Path(folder, name) for name in ("in", "pins", "pylock.toml"))
            source.write_text(self.requirements, "utf-8")
            pins.write_text("".join(f"{name}=={pin}\n" for name, pin in self.pins.items()), "utf-8")
            command = [sys.executable, "-m", "uv", "pip", "compile", "--quiet", "--no-config"]
            # Nothing is built, so this Python will do: for the target's, uv would look, and fetch one.
            command += ["--python", sys.executable, "--no-python-downloads"]
            command += ["--python-version", self.target.python, "--only-binary", ":all:"]
            command += ["--python-platform", _UV_PLATFORMS[self.target.platform]]
            command += ["--constraint", str(pins), *self._limits, *options]
            command += ["--format", "pylock.toml", "--output-file", str(lock), str(source)]
            done = subprocess.run(command, check=False, capture_output=True, text=True)
            if done.returncode:
                values = {"target": self.target, "reason": last_lines(done)}
                raise OperationValueError(messages.LOCK_FAILED.text(**values))
            packages: list[dict[str, Any]] = tomllib.loads(lock.read_text("utf-8"))["packages"]
        return packages

    @property
    def _limits(self) -> list[str]:
        limits = ["--constraint", str(self.constraints)] if self.constraints.is_file() else []
        return [*limits, "--exclude-newer", f"{self.before}T00:00:00Z"] if self.before else limits


def last_lines(done: subprocess.CompletedProcess[str]) -> str:
    """The end of what a program said, on one line."""
    lines = (done.stderr or done.stdout).strip().splitlines()[-_LAST_LINES:]
    return " ".join(" ".join(lines).split()).rstrip(".") or f"exit code {done.returncode}"


def _after_release(version: str) -> str | None:
    """The second day after Prefect's release; None where the index does not tell."""
    target = Target(PYTHONS[-1])
    resolution = _Resolution(target, f"prefect=={version}", Path("none"), {}, None)
    [prefect] = resolution.packages("--no-deps")
    days = [wheel["upload-time"].date() for wheel in prefect["wheels"] if "upload-time" in wheel]
    return str(min(days) + timedelta(days=2)) if days else None


def _merged(
    platform: str, resolved: Sequence[Iterable[Mapping[str, Any]]], constraints: Path
) -> list[Package]:
    """One package a name, with the best wheel for each Python.

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


def _name(wheel: Mapping[str, Any]) -> str:
    """Its file's name, which PEP 751 has once."""
    return str(wheel.get("name") or PurePosixPath(wheel["url"]).name)


def _header(version: str, platform: str, before: str | None) -> list[str]:
    pythons = f"{', '.join(PYTHONS[:-1])} and {PYTHONS[-1]}"
    target = f"{platform.capitalize()} on x64, Python {pythons}"
    options = f" --before {before}" if before else ""
    return [
        f"Prefect {version} and all that it needs, for {target}.",
        f"Made by `python -m winfra.wheelhouse lock {version}{options}`.",
    ]
