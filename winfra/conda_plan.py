"""conda's explicit files, and what an environment on a host lacks of one."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pyinfra.api import OperationValueError

from winfra.messages import conda as messages
from winfra.path import is_root, windows_path
from winfra.python_plan import Wanted

# As conda reads a line (conda.misc): a place, a file's name, and a hash that may say which it is.
_LINE = re.compile(
    r"(?P<place>.+[/\\])?(?P<name>[^/\\#]+)(?P<end>\.tar\.bz2|\.conda)"
    r"#(?P<digest>[0-9a-f]{32}|(sha256:)?[0-9a-f]{64})"
)
# What constructor's NSIS template refuses in a folder, or warns of; and what /D cannot hold unquoted.
_UNFIT = re.compile(r"[^!-~]|[\^%!=,()\"']")
_PYTHON = "python"


@dataclass(frozen=True)
class Package:
    """A line of an explicit file.

    + name: name, version and build, as in ``conda-meta``
    + file: the archive on this machine, where it lies beside the explicit file
    """

    name: str
    line: str
    digest: str
    archive: str
    file: Path | None

    def check(self) -> None:
        """Refuse an archive whose content is another one."""
        if self.file is None:
            return
        kind = "MD5" if len(self.digest) == 32 else "SHA-256"
        with self.file.open("rb") as file:
            algorithm = "md5" if kind == "MD5" else "sha256"
            found = hashlib.file_digest(file, algorithm).hexdigest()
        if found != self.digest:
            values = {"kind": kind, "found": found, "wanted": self.digest}
            raise OperationValueError(messages.PACKAGE_DIFFERS.text(file=self.file, **values))

    def there(self, folder: str) -> str:
        """The line for the host, which has the archive in this folder if it comes from here."""
        if self.file is None:
            return self.line
        return f"{folder}\\{self.archive}#{self.line.rpartition('#')[2]}"


def refused(argument: str, reason: str) -> OperationValueError:
    return OperationValueError(messages.CONDA_REFUSED.text(argument=argument, reason=reason))


def root(folder: str) -> str:
    """The folder of a conda, checked as its installer would."""
    path = windows_path(folder, "folder")
    if is_root(path) or path.startswith("\\\\"):
        raise refused("folder", f"{path} is a drive or on a share")
    if found := _UNFIT.search(path):
        raise refused("folder", f"{path} has {found[0]!r}, with which conda does not work well")
    return path


def read_explicit(file: Path) -> tuple[Package, ...]:
    """The packages of an explicit file; an ``OperationValueError`` where it is none."""
    found = []
    for number, raw in enumerate(file.read_text(encoding="utf-8").splitlines(), start=1):
        line = raw.strip()
        if not line or line.startswith("#") or line == "@EXPLICIT":
            continue
        if (match := _LINE.fullmatch(line)) is None:
            values = {"file": file, "line": number, "text": line}
            raise OperationValueError(messages.LINE_REFUSED.text(**values))
        archive = match["name"] + match["end"]
        beside = file.with_name(archive)
        digest = match["digest"].removeprefix("sha256:")
        here = beside if beside.is_file() else None
        found.append(Package(match["name"], line, digest, archive, here))
    return tuple(found)


def check(packages: Sequence[Package], wanted: Wanted) -> None:
    """Refuse packages whose content is another one, or whose Python is."""
    versions = [one.name.split("-")[-2] for one in packages if one.name.startswith(f"{_PYTHON}-")
                and one.name.count("-") == 2]  # fmt: skip
    if not versions or not wanted.fits(versions[0]):
        found = f"Python {versions[0]}" if versions else "no Python"
        raise refused("packages", f"they have {found}, and {wanted.version} is wanted")
    for one in packages:
        one.check()


def missing(packages: Sequence[Package], there: Sequence[str]) -> list[str]:
    """The packages that an environment lacks, by name, version and build."""
    return [one.name for one in packages if one.name not in set(there)]


def specification(wanted: Wanted) -> list[str]:
    """What conda is asked for where no packages are given."""
    if wanted.version == wanted.minor:
        return [f"python={wanted.minor}", "pip"]
    major, minor = wanted.minor.split(".")
    return [f"python>={wanted.version},<{major}.{int(minor) + 1}", "pip"]
