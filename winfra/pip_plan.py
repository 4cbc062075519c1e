"""What is to be done so that an interpreter has the packages of a wheelhouse, and what forbids it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from packaging.version import InvalidVersion, Version

from winfra.facts.drives import Drive
from winfra.facts.pip import PackageDict, PackagesDict
from winfra.messages import Message, pip as messages, python as python_messages
from winfra.wheel_lock import Target

PLATFORMS = {"windows": "win-amd64", "linux": "linux-x86_64"}
"""What sysconfig calls the platforms that wheels are for."""
OLDEST_PIP = "22.2"
"""The first that rehearses an installation (--dry-run)."""
COMPILED = 2
"""Of what is unpacked: as much again, at the most, for what Python compiles of it."""
_NAMED = 12
Problem = tuple[Message, dict[str, Any]]


@dataclass(frozen=True)
class Plan:
    """
    The packages that are not as locked.

    + current: what is there of them; None where there is nothing
    + wanted: their versions in the lock
    + replaced: the entries of packages that are there already
    + broken: folders of the interpreter's packages that have to go first: pip would refuse to
      replace a package without a RECORD, and take one for whole that is not
    + rebuilt: packages of the wanted version from another wheel, which pip would take for the same
    """

    current: Mapping[str, str | None]
    wanted: Mapping[str, str]
    replaced: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    rebuilt: list[str] = field(default_factory=list)

    @property
    def anything(self) -> bool:
        return bool(self.wanted)

    def sides(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """Current and wanted: a row a package that is replaced, and one for all that are new."""
        before = {name: version for name, version in self.current.items() if version is not None}
        after: dict[str, Any] = {name: self.wanted[name] for name in before}
        if len(before) > _NAMED:
            rest = len(before) - _NAMED
            before = {**dict(list(before.items())[:_NAMED]), "others": f"{rest} packages"}
            after = {name: after.get(name, f"{rest} replaced") for name in before}
        new = {name: version for name, version in self.wanted.items() if not self.current[name]}
        if len(new) > _NAMED:
            named = [f"{name} {new[name]}" for name in ("prefect",) if name in new]
            after["new"] = ", ".join([*named, f"{len(new) - len(named)} other packages"])
            return before, after
        return before, {**after, **new}


def plan(
    found: PackagesDict | None, locked: Mapping[str, str], contents: Mapping[str, str] | None = None
) -> Plan:
    """What differs; packages that the lock does not name stay as they are.

    + locked: the version of each package
    + contents: what the files of their wheels come to, as ``Wheelhouse.contents`` has it
    """
    there = found["packages"] if found is not None else {}
    bad = {name: one for name, one in locked.items() if not _is_as_locked(there, name, one)}
    rebuilt = [
        name
        for name, content in (contents or {}).items()
        if name in there and name not in bad and there[name]["content"] not in {content, None}
    ]
    bad = {name: one for name, one in locked.items() if name in bad or name in rebuilt}
    if found is None or not bad:
        return Plan(dict.fromkeys(bad), bad)
    replaced = [entry for name in bad if name in there for entry in there[name]["entries"]]
    entries = [entry for name in bad for entry in _in_the_way(there.get(name), bad[name])]
    broken = [rf"{found['folder']}\{entry}" for entry in [*entries, *found["left"]]]
    current = {name: _said(there.get(name), rebuilt=name in rebuilt) for name in bad}
    return Plan(current, bad, replaced, broken, rebuilt)


def problem(
    found: PackagesDict | None, target: Target, wheels: object, python: str, host: str
) -> Problem | None:
    """Why an interpreter cannot take the wheels, as far as it is there."""
    if found is None:
        return None
    known = {"folder": python.rpartition("\\")[0], "host": host}
    if "problem" in found:
        return python_messages.SILENT, {**known, "problem": found["problem"]}
    version = ".".join(found["version"].split(".")[:2])
    if (version, found["platform"]) != (target.python, PLATFORMS[target.platform]):
        shown = f"Python {found['version']} for {found['platform']}"
        values = {"python": python, "host": host, "found": shown, "wheels": wheels}
        return messages.UNFIT, {**values, "target": target}
    pip = found["packages"].get("pip")
    if pip is None:
        return python_messages.NO_PIP, known
    if Version(pip["version"]) < Version(OLDEST_PIP):
        return messages.OLD_PIP, {**known, "found": pip["version"], "wanted": OLDEST_PIP}
    return None


def no_space(drives: dict[str, Drive], needed: Mapping[str, int], host: str) -> Problem | None:
    """The first drive that is too full.

    + needed: path -> how many bytes go there
    """
    sums: dict[str, int] = {}
    for path, size in needed.items():
        sums[path[:2]] = sums.get(path[:2], 0) + size
    for letter, size in sums.items():
        drive = drives.get(letter)
        if drive is not None and drive["free"] < size:
            free, megabytes = drive["free"] // 2**20, -(-size // 2**20)
            values = {"drive": letter, "host": host, "free": free, "needed": megabytes}
            return messages.NO_SPACE, values
    return None


def _is_as_locked(there: Mapping[str, PackageDict], name: str, version: str) -> bool:
    found = there.get(name)
    return found is not None and found["problem"] is None and _same(found["version"], version)


def _same(one: str, other: str) -> bool:
    try:
        return Version(one) == Version(other)
    except InvalidVersion:
        return one == other


def _in_the_way(found: PackageDict | None, version: str) -> list[str]:
    """Of a damaged package of another version pip removes the files, if it knows them."""
    if found is None or found["problem"] is None:
        return []
    known = len(found["entries"]) == 1 and "RECORD" not in found["problem"]
    replaced = known and not _same(found["version"], version)
    return [] if replaced else found["entries"]


def _said(found: PackageDict | None, *, rebuilt: bool) -> str | None:
    if found is None:
        return None
    problem = "another build" if rebuilt else found["problem"]
    return found["version"] + (f" ({problem})" if problem else "")
