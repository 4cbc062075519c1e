"""What an interpreter has to be so that services run Prefect with it, and what stands against that."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import PureWindowsPath
from typing import Any

from pyinfra.api import OperationValueError

from winfra.facts.drives import Drive
from winfra.facts.python import InterpreterDict
from winfra.facts.registry import RegistryKey, find_value
from winfra.messages import Message, python as messages
from winfra.path import is_root, windows_path

CORE = r"HKLM\SOFTWARE\Python\PythonCore"
"""Where installations for all users say where they are (PEP 514)."""
PLATFORMS = ("win-amd64", "linux-x86_64")
"""What sysconfig says on Windows for x64; and on a lab, where Linux is behind it."""
NEEDED = 400 * 2**20
"""A full installation of python.org's is about 150 MB, as much again its cached packages."""
_VERSION = re.compile(r"3\.\d{1,2}(\.\d{1,3})?")
_FILE = re.compile(r"python-(\d+\.\d+\.\d+)(\w*)(-\w+)?\.exe", re.IGNORECASE)
Problem = tuple[Message, dict[str, Any]]


@dataclass(frozen=True)
class Wanted:
    """The interpreter that is wanted, its values checked.

    + version: such as ``3.12``; with a third number that one or a newer 3.12
    """

    version: str
    folder: str

    def __post_init__(self) -> None:
        # A number where it comes from --data, whose values core reads as JSON where it can.
        object.__setattr__(self, "version", str(self.version))
        if not _VERSION.fullmatch(self.version):
            raise refused("version", f'{self.version!r} is no version such as "3.12" or "3.12.7"')
        object.__setattr__(self, "folder", windows_path(self.folder, "folder"))
        if is_root(self.folder):
            raise refused("folder", f"{self.folder} is a whole drive")
        if self.folder.startswith("\\\\"):
            raise refused("folder", "a service's account cannot rely on a share")

    @property
    def minor(self) -> str:
        return ".".join(self.version.split(".")[:2])

    @property
    def key(self) -> str:
        return rf"{CORE}\{self.minor}"

    def fits(self, version: str) -> bool:
        """Whether it is this version, or a newer one with the same first two numbers."""
        found, wanted = numbers(version), numbers(self.version)
        return found[:2] == wanted[:2] and found >= wanted

    def is_older(self, version: str) -> bool:
        """Whether an installer of the wanted one would update this version."""
        return numbers(version)[:2] == numbers(self.version)[:2] and not self.fits(version)

    def check_installer(self, name: str) -> None:
        """Refuse a file whose name says that it installs something else."""
        if (found := _FILE.fullmatch(name)) is None:
            return
        version, release, architecture = found.groups()
        if not self.fits(version) or release:
            raise refused("src", f"{name} is not for Python {self.version}")
        if architecture != "-amd64":
            raise refused("src", f"{name} is not for x64, as python-{version}-amd64.exe is")


def refused(argument: str, reason: str) -> OperationValueError:
    return OperationValueError(messages.PYTHON_REFUSED.text(argument=argument, reason=reason))


def numbers(version: str) -> tuple[int, ...]:
    return tuple(int(number) for number in version.split("."))


def problem(found: InterpreterDict | None, wanted: Wanted, host: str) -> Problem | None:
    """Why services cannot run Prefect with it."""
    known = {"folder": wanted.folder, "host": host}
    if found is None:
        return messages.MISSING, known
    if "problem" in found:
        return messages.SILENT, {**known, "problem": found["problem"]}
    if found["prefix"].lower() != found["base"].lower():
        return messages.VIRTUAL, {**known, "base": found["base"]}
    if not found["final"] or not wanted.fits(found["version"]):
        shown = found["version"] + ("" if found["final"] else " (a preview)")
        return messages.WRONG_VERSION, {**known, "found": shown, "wanted": wanted.version}
    if found["implementation"] != "cpython" or found["platform"] not in PLATFORMS:
        shown = f"{found['implementation']} for {found['platform']} ({found['bits']} bits)"
        return messages.WRONG_KIND, {**known, "found": shown}
    if found["pip"] is None:
        return messages.NO_PIP, known
    return None


def can_be_updated(found: InterpreterDict, wanted: Wanted) -> bool:
    """Whether what is wrong with it is its age alone."""
    return (
        "problem" not in found
        and found["prefix"].lower() == found["base"].lower()
        and wanted.is_older(found["version"])
    )


def elsewhere(key: RegistryKey | None, place: RegistryKey | None, wanted: Wanted) -> str | None:
    """Where python.org's installer has put this version for all users, if not in the wanted folder.

    + key: ``wanted.key``; conda's installers make one too, but do not say ``SysVersion`` there
    + place: its ``InstallPath``
    """
    if find_value(key, "SysVersion") is None or (stored := find_value(place, "")) is None:
        return None
    folder = str(stored["data"])
    return None if PureWindowsPath(folder) == PureWindowsPath(wanted.folder) else folder


def no_space(drives: dict[str, Drive], folder: str, needed: int, host: str) -> Problem | None:
    """Whether the drive of a folder is too full for what goes there."""
    drive = drives.get(folder[:2])
    if drive is None or drive["free"] >= needed:
        return None
    values = {"drive": folder[:2], "host": host, "folder": folder}
    free, wanted = drive["free"] // 2**20, needed // 2**20
    return messages.NO_SPACE, {**values, "free": free, "needed": wanted}


def options(folder: str) -> list[str]:
    """What python.org's installer is asked for ("Installing Without UI")."""
    values = {
        "InstallAllUsers": 1,
        "TargetDir": folder,
        "Include_launcher": 0,
        "InstallLauncherAllUsers": 0,
        "PrependPath": 0,
        "Include_test": 0,
        "Include_doc": 0,
        "Shortcuts": 0,
        "AssociateFiles": 0,
        # The services' accounts may not write beside the modules.
        "CompileAll": 1,
    }
    return [f"{name}={value}" for name, value in values.items()]
