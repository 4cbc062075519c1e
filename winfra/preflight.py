"""What a host has to have before anything on it is changed: checks, pure over what was found.

A section adds its own with ``@requirement``.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Any, TypeAlias

from pyinfra.api import OperationValueError

from winfra.local_file import local_path
from winfra.messages import preflight as messages
from winfra.sources import Source
from winfra.wheel_lock import PYTHONS
from winfra.wheelhouse import Wheelhouse, default as default_wheelhouse

GIGABYTE = 1024**3
FORMATS = ("NTFS", "ReFS")


class State(Enum):
    """What came of a check; the value is its word in the table."""

    OK = "ok"
    WARNING = "warning"
    MISSING = "missing"
    OPEN = "-"


@dataclass(frozen=True)
class Check:
    """One line of the table.

    + name: what is checked
    + need: what is needed, in words
    + found: what is there, in words
    + state: what came of it
    + remedy: the sentence with the next step, where something is wrong
    """

    name: str
    need: str
    found: str
    state: State = State.OK
    remedy: str = ""


@dataclass(frozen=True)
class Disk:
    """A drive of the host; ``kind`` and ``format`` are Windows' words for them."""

    kind: str
    format: str
    free: int
    temporary: bool = False


@dataclass(frozen=True)
class Findings:
    """What was found on a host.

    + auto_run: registry key -> the command that each cmd.exe runs first
    + clock: seconds that the host's clock is ahead of this machine's
    + drives: ``D:`` -> the disk
    + reboot: reasons for which a restart is pending
    """

    host: str
    user: str
    administrator: bool
    full_token: bool
    windows: str
    build: int
    domain_controller: bool
    powershell: str
    language_mode: str
    clock: float
    auto_run: Mapping[str, str] = field(default_factory=dict)
    drives: Mapping[str, Disk] = field(default_factory=dict)
    reboot: tuple[str, ...] = ()


Wanted: TypeAlias = Mapping[str, Any]
Requirement: TypeAlias = Callable[[Findings, Wanted], Iterable[Check]]

REQUIREMENTS: list[Requirement] = []


def requirement(function: Requirement) -> Requirement:
    """Add a function to what preflight checks; it gets what was found and the host's data."""
    REQUIREMENTS.append(function)
    return function


def check_all(findings: Findings, wanted: Wanted) -> list[Check]:
    return [check for function in REQUIREMENTS for check in function(findings, wanted)]


def missing(checks: Iterable[Check]) -> list[str]:
    """The names of what is missing."""
    return [check.name for check in checks if check.state is State.MISSING]


def judge(name: str, need: str, found: str, problem: str | None) -> Check:
    """A line that is ok, or missing for the reason and with the next step in ``problem``."""
    return Check(name, need, found, State.MISSING if problem else State.OK, problem or "")


def warn(name: str, need: str, found: str, problem: str | None) -> Check:
    """A line that is ok, or a warning, which lets the deploy go on."""
    return Check(name, need, found, State.WARNING if problem else State.OK, problem or "")


def unasked(name: str, need: str) -> Check:
    """A line for what group data does not name yet."""
    return Check(name, need, "not yet asked for", State.OPEN)


@requirement
def account(findings: Findings, wanted: Wanted) -> Iterator[Check]:
    values = {"user": findings.user, "host": findings.host}
    found, problem = "full token", None
    if not findings.administrator:
        found, problem = "no administrator", messages.NOT_ADMINISTRATOR.text(**values)
    elif not findings.full_token:
        found, problem = "filtered token", messages.FILTERED_TOKEN.text(**values)
    yield judge("account", "an administrator's full token", f"{findings.user}, {found}", problem)


@requirement
def windows(findings: Findings, wanted: Wanted) -> Iterator[Check]:
    needed, values = wanted["windows_build"], {"host": findings.host, "build": findings.build}
    old = findings.build < needed
    yield judge(
        "Windows",
        f"build {needed} or newer",
        f"build {findings.build}, {findings.windows.removeprefix('Microsoft ')}",
        messages.OLD_WINDOWS.text(**values, needed=needed) if old else None,
    )
    controller = findings.domain_controller
    yield judge(
        "role",
        "not a domain controller",
        "a domain controller" if controller else "not a domain controller",
        messages.DOMAIN_CONTROLLER.text(host=findings.host) if controller else None,
    )


@requirement
def powershell(findings: Findings, wanted: Wanted) -> Iterator[Check]:
    version, mode = findings.powershell, findings.language_mode
    problem = None
    if _version(version) < (5, 1):
        problem = messages.OLD_POWERSHELL.text(host=findings.host, version=version)
    elif mode != "FullLanguage":
        problem = messages.CONSTRAINED_LANGUAGE.text(
            host=findings.host, mode=mode, user=findings.user
        )
    yield judge("PowerShell", "5.1, FullLanguage", f"{version}, {mode}", problem)


@requirement
def auto_run(findings: Findings, wanted: Wanted) -> Iterator[Check]:
    problems = [
        messages.AUTORUN.text(host=findings.host, key=key, command=command)
        for key, command in findings.auto_run.items()
    ]
    found = ", ".join(findings.auto_run.values()) or "none"
    yield warn("cmd.exe AutoRun", "none", found, " ".join(problems) or None)


@requirement
def pending_reboot(findings: Findings, wanted: Wanted) -> Iterator[Check]:
    reasons = ", ".join(findings.reboot)
    problem = messages.REBOOT_PENDING.text(host=findings.host, reasons=reasons) if reasons else None
    yield warn("pending restart", "none", reasons or "none", problem)


@requirement
def clock(findings: Findings, wanted: Wanted) -> Iterator[Check]:
    allowed, apart = wanted["clock_seconds"], _duration(abs(findings.clock))
    problem = None
    if abs(findings.clock) > allowed:
        problem = messages.CLOCK.text(host=findings.host, difference=apart)
    side = "ahead" if findings.clock > 0 else "behind"
    yield judge("clock", f"within {_duration(allowed)}", f"{apart} {side}", problem)


@requirement
def data_drives(findings: Findings, wanted: Wanted) -> Iterator[Check]:
    for drive in wanted["data_drives"]:
        disk, free = findings.drives.get(drive), wanted["data_free_gb"]
        need = f"fixed, {' or '.join(FORMATS)}, {free} GB free"
        found = (
            "none" if disk is None else f"{disk.kind}, {disk.format}, {_gigabytes(disk)} GB free"
        )
        if disk is not None and disk.temporary:
            found += ", temporary"
        yield judge(f"drive {drive}", need, found, _problem(findings.host, drive, disk, free))


def _problem(host: str, drive: str, disk: Disk | None, free: float) -> str | None:
    values: dict[str, object] = {"host": host, "drive": drive}
    if disk is None:
        return messages.NO_DRIVE.text(**values)
    if disk.kind != "fixed":
        return messages.DRIVE_KIND.text(**values, kind=disk.kind)
    if disk.format not in FORMATS:
        return messages.DRIVE_FORMAT.text(**values, format=disk.format or "nothing")
    if disk.temporary:
        return messages.TEMPORARY_DRIVE.text(**values)
    if disk.free < free * GIGABYTE:
        return messages.DRIVE_FULL.text(**values, free=_gigabytes(disk), needed=free)
    return None


@requirement
def python(findings: Findings, wanted: Wanted) -> Iterator[Check]:
    accepted = f"{', '.join(PYTHONS[:-1])} or {PYTHONS[-1]}"
    version = _text(wanted["python_version"])
    fits = version is not None and _minor(version) in PYTHONS
    yield _version_check("Python", "python_version", version, accepted, fits=fits)
    if wanted["python_source"] == "installer":
        yield _source_check("Python's installer", "python_installer", wanted)
    if wanted["python_source"] == "conda":
        yield _source_check("conda's installer", "conda_installer", wanted)
        yield _file_check("conda's packages", "conda_packages", wanted)


@requirement
def postgresql(findings: Findings, wanted: Wanted) -> Iterator[Check]:
    version = _text(wanted["postgresql_version"])
    fits = version is not None and _version(version) >= (15,)
    yield _version_check("PostgreSQL", "postgresql_version", version, "15 or newer", fits=fits)
    if wanted["postgresql_source"] == "existing":
        return
    kind = f"postgresql_{wanted['postgresql_source']}"
    yield _source_check(f"PostgreSQL's {wanted['postgresql_source']}", kind, wanted)
    yield _source_check("Visual C++ runtime", "vc_runtime", wanted)


@requirement
def prefect(findings: Findings, wanted: Wanted) -> Iterator[Check]:
    version, python = _text(wanted["prefect_version"]), _text(wanted["python_version"])
    if version is None or python is None:
        yield unasked("Prefect", "a wheelhouse")
        return
    need = f"a wheelhouse of {version}"
    platform = wanted["wheelhouse_platform"]
    try:
        folder = wanted["wheelhouse"] or default_wheelhouse(version, python, platform)
        found = Wheelhouse.read(local_path(folder), python, platform).versions.get("prefect")
    except OperationValueError as error:
        yield judge("Prefect", need, "none that is complete", str(error))
        return
    values = {"key": "prefect_version", "value": version, "wanted": f"{found}, as in {folder}"}
    problem = None if found == version else messages.VERSION.text(**values)
    yield judge("Prefect", need, f"{found} for Python {python}", problem)


def _version_check(name: str, key: str, version: str | None, need: str, *, fits: bool) -> Check:
    if version is None:
        return unasked(name, need)
    problem = None if fits else messages.VERSION.text(key=key, value=version, wanted=need)
    return judge(name, need, version, problem)


def _file_check(name: str, key: str, wanted: Wanted) -> Check:
    path, need = wanted[key], "a file on this machine"
    if path is None:
        return unasked(name, need)
    problem = None if Path(path).is_file() else messages.NO_FILE.text(key=key, value=path)
    return judge(name, need, str(path), problem)


def _source_check(name: str, key: str, wanted: Wanted) -> Check:
    """A file that may also be on the host or in the web, where it is looked at when it is used."""
    src, need = wanted[key], "a file with its SHA-256"
    if src is None:
        return unasked(name, need)
    try:
        source = Source(src, wanted[f"{key}_sha256"] or "", key)
        if source.place == "here":
            source.file  # noqa: B018  compares its content
    except OperationValueError as error:
        return judge(name, need, str(src), str(error))
    return judge(name, need, source.name, None)


def _text(version: object) -> str | None:
    """A version as text; pyinfra's --data makes a number of what looks like one."""
    return None if version is None else str(version)


def _version(text: str) -> tuple[int, ...]:
    """The numbers at the beginning of a version; of what is none, nothing."""
    numbers: list[int] = []
    for part in text.split("."):
        if not part.isdecimal():
            break
        numbers.append(int(part))
    return tuple(numbers)


def _minor(version: str) -> str:
    return ".".join(map(str, _version(version)[:2]))


def _gigabytes(disk: Disk) -> str:
    return f"{disk.free / GIGABYTE:.1f}"


def _duration(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.0f} s"
    minutes = math.ceil(seconds / 60)
    return f"{minutes} min" if minutes < 120 else f"{minutes / 60:.0f} h"
