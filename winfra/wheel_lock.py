"""A lock: each package that Prefect needs, its version, and the hashes of the wheels that may be it.

pip reads it as a requirements file. The comment over a package names its wheels in the order of
their hashes, so that a lock can be judged without asking an index.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from packaging.tags import Tag, compatible_tags, cpython_tags
from packaging.utils import canonicalize_name, parse_wheel_filename
from pyinfra.api import OperationValueError

from winfra.messages import wheelhouse as messages

PYTHONS = ("3.11", "3.12", "3.13")
"""Those that every lock has wheels for."""
_LEGACY = {17: "manylinux2014_x86_64", 12: "manylinux2010_x86_64", 5: "manylinux1_x86_64"}
_GLIBC = 28  # RHEL 8's, Debian 10's: what most projects build their wheels against
_LINUX = [
    name
    for minor in range(_GLIBC, 4, -1)
    for name in (f"manylinux_2_{minor}_x86_64", _LEGACY.get(minor))
    if name
]
PLATFORMS: dict[str, list[str]] = {"windows": ["win_amd64"], "linux": [*_LINUX, "linux_x86_64"]}
"""Each platform's own names for itself in wheels' names, the best first."""

_PACKAGE = re.compile(r"([A-Za-z0-9._-]+)\s*==\s*([^\s;*]+)((?:\s+--hash=sha256:[0-9a-f]{64})+)")
_HASH = re.compile(r"sha256:([0-9a-f]{64})")


@dataclass(frozen=True)
class Target:
    """
    The interpreter that wheels are for.

    + python: its version, of which the first two numbers count
    + platform: windows or linux, on x64
    """

    python: str
    platform: str = "windows"

    def __post_init__(self) -> None:
        object.__setattr__(self, "python", ".".join(str(self.python).split(".")[:2]))
        for argument, value, choices in (
            ("python", self.python, PYTHONS),
            ("platform", self.platform, tuple(PLATFORMS)),
        ):
            if value not in choices:
                values = {"argument": argument, "value": value, "choices": ", ".join(choices)}
                raise OperationValueError(messages.TARGET_REFUSED.text(**values))

    def __str__(self) -> str:
        return f"Python {self.python} on {self.platform.capitalize()}"

    @property
    def interpreter(self) -> str:
        """Its tag, as in ``cp312``."""
        return "cp" + self.python.replace(".", "")

    @cached_property
    def order(self) -> dict[Tag, int]:
        """The tags of the wheels that it takes -> their place, the best first."""
        major, minor = self.python.split(".")
        version = (int(major), int(minor))
        platforms = PLATFORMS[self.platform]
        tags = [
            *cpython_tags(version, [self.interpreter], platforms),
            *compatible_tags(version, self.interpreter, platforms),
        ]
        return {tag: place for place, tag in reversed([*enumerate(tags)])}

    def place(self, wheel: str) -> int | None:
        """How well a wheel fits, by its name: the smaller the better; None where it does not."""
        places = [self.order[tag] for tag in parse_wheel_filename(wheel)[3] if tag in self.order]
        return min(places, default=None)

    def best(self, wheels: Iterable[str]) -> str | None:
        """The one of the wheels that pip takes."""
        places = {wheel: place for wheel in wheels if (place := self.place(wheel)) is not None}
        return min(places, key=places.__getitem__, default=None)


@dataclass(frozen=True)
class Package:
    """
    One package of a lock.

    + name: in its normal form
    + hashes: SHA-256 of each wheel
    + wheels: their names in the same order; none where the lock does not tell
    """

    name: str
    version: str
    hashes: tuple[str, ...]
    wheels: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.name} {self.version}"

    @property
    def text(self) -> str:
        """Its lines in a lock."""
        names = "".join(f"# {wheel}\n" for wheel in self.wheels)
        hashes = "".join(f" \\\n    --hash=sha256:{digest}" for digest in self.hashes)
        return f"{names}{self.name}=={self.version}{hashes}\n"


def parse(text: str, file: str | Path = "requirements.txt") -> list[Package]:
    """Read a lock; whatever else a requirements file may hold is refused, an index's address above all."""
    packages = []
    for number, wheels, line in _lines(text):
        found = _PACKAGE.fullmatch(line)
        if found is None:
            values = {"file": file, "line": number, "text": line}
            raise OperationValueError(messages.LOCK_UNREADABLE.text(**values))
        hashes = tuple(_HASH.findall(found[3]))
        known = tuple(wheels) if len(wheels) == len(hashes) else ()
        packages.append(Package(canonicalize_name(found[1]), found[2], hashes, known))
    return packages


def render(packages: Iterable[Package], header: Sequence[str] = ()) -> str:
    """The text of a lock, which ``parse`` reads."""
    comments = "".join(f"# {line}\n" for line in header)
    return "\n".join([comments, *(package.text for package in packages)])


def _lines(text: str) -> Iterator[tuple[int, list[str], str]]:
    """The number of each logical line, the wheels that the comments before it name, the line."""
    wheels: list[str] = []
    parts: list[str] = []
    for number, raw in enumerate(text.splitlines(), 1):
        line = raw.strip()
        if line.startswith("#"):
            wheels += [line[1:].strip()] * line.endswith(".whl")
            continue
        continued = line.endswith("\\")
        parts.append(line.removesuffix("\\").strip())
        if continued:
            continue
        if joined := " ".join(parts).strip():
            yield number, wheels, joined
            wheels = []
        parts = []
