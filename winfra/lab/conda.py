"""conda for a lab: Miniforge's installer, and the packages that it brings.

What they are made of is simulated, but for Python and pip: an environment's are real ones of this
machine, and pywin32 lies beside them, which no lock for the lab can name.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from winfra.lab.paths import to_real
from winfra.lab.pgsql import distribution
from winfra.lab.python import FULL_VERSION, VERSION, install_python
from winfra.lab.python_packages import pip_version

CONDA = "25.3.1"
RELEASE = f"{CONDA}-0"
CHANNEL = "https://conda.anaconda.org/conda-forge"
_OPERATORS = {
    "==": lambda one, other: one == other,
    ">=": lambda one, other: one >= other,
    "<=": lambda one, other: one <= other,
    ">": lambda one, other: one > other,
    "<": lambda one, other: one < other,
}


@dataclass(frozen=True)
class Package:
    """A package of conda-forge, as the lab knows it."""

    name: str
    version: str
    build: str
    depends: tuple[str, ...] = field(default=())
    subdir: str = "win-64"

    @property
    def full_name(self) -> str:
        return f"{self.name}-{self.version}-{self.build}"

    @property
    def file(self) -> str:
        return f"{self.full_name}.conda"

    @property
    def url(self) -> str:
        return f"{CHANNEL}/{self.subdir}/{self.file}"

    @property
    def archive(self) -> bytes:
        return f"the lab's {self.full_name}\n".encode()

    @property
    def md5(self) -> str:
        return hashlib.md5(self.archive).hexdigest()  # noqa: S324 - conda's own choice

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.archive).hexdigest()

    @property
    def record(self) -> dict[str, Any]:
        """Its file in ``conda-meta``."""
        return {
            "name": self.name, "version": self.version, "build": self.build,
            "build_number": int(re.findall(r"\d+", self.build)[-1]), "channel": f"{CHANNEL}/{self.subdir}",
            "subdir": self.subdir, "fn": self.file, "url": self.url, "md5": self.md5,
            "sha256": self.sha256, "depends": list(self.depends), "files": [],
        }  # fmt: skip

    def fits(self, spec: str) -> bool:
        """Is it what a specification such as ``python=3.12`` or ``pip>=24,<25`` asks for?"""
        name, terms = _taken_apart(spec)
        return name == self.name and all(_holds(self.version, term) for term in terms)


PACKAGES = (
    Package("ucrt", "10.0.22621.0", "h57928b3_1"),
    Package("vc14_runtime", "14.42.34438", "hfd919c2_26", ("ucrt",)),
    Package("openssl", "3.5.0", "ha4e3fda_1", ("ucrt", "vc14_runtime")),
    Package("tzdata", "2025b", "h78e105d_0", subdir="noarch"),
    Package(
        "python", FULL_VERSION, "h3f84c4b_0_cpython", ("openssl", "tzdata", "ucrt", "vc14_runtime")
    ),
    Package("pip", pip_version(), "pyh8b19718_0", ("python",), "noarch"),
    Package("conda", CONDA, f"py{VERSION.replace('.', '')}h1ea3ac6_0", ("python",)),
)


def file_name() -> str:
    return f"Miniforge3-{RELEASE}-Windows-x86_64.exe"


def installer(folder: Path) -> Path:
    """Make Miniforge's installer in a folder."""
    file = folder / file_name()
    file.write_bytes(distribution.program("winfra.lab.conda_installer", "installer"))
    return file


def explicit(packages: Iterable[Package], algorithm: str = "md5") -> str:
    """The text of ``conda list --explicit --md5``."""
    lines = [
        "# This file may be used to create an environment using:",
        "# platform: win-64",
        "@EXPLICIT",
    ]
    lines += [f"{one.url}#{getattr(one, algorithm)}" if algorithm else one.url for one in packages]
    return "".join(f"{line}\n" for line in lines)


def solve(specs: Sequence[str], available: Sequence[Package]) -> list[Package]:
    """What fits the specifications, with what it needs, in the order to install it; ``KeyError`` else."""
    found: dict[str, Package] = {}

    def add(spec: str) -> None:
        one = next((one for one in available if one.fits(spec)), None)
        if one is None:
            raise KeyError(spec)
        if one.name not in found:
            for needed in one.depends:
                add(needed)
            found[one.name] = one

    for spec in specs:
        add(spec)
    return list(found.values())


def put(lab: Path, prefix: str, packages: Sequence[Package], asked: str) -> None:
    """Lay packages into an environment, and note that as conda does."""
    folder = to_real(lab, prefix)
    meta = folder / "conda-meta"
    meta.mkdir(parents=True, exist_ok=True)
    names = {one.name for one in packages}
    if "python" in names:
        install_python(lab, prefix, pip="pip" in names, hive=None)
    for one in packages:
        (meta / f"{one.full_name}.json").write_text(json.dumps(one.record, indent=2), "utf-8")
    with (meta / "history").open("a", encoding="utf-8") as history:
        history.write(f"==> now <==\n# cmd: {asked}\n# conda version: {CONDA}\n")
        history.writelines(f"+{one.url.removesuffix('.conda')}\n" for one in packages)


def installed(folder: Path) -> list[Package]:
    """The packages of an environment, by its notes."""
    found = []
    for file in sorted((folder / "conda-meta").glob("*.json")):
        text = json.loads(file.read_text("utf-8"))
        depends = tuple(text["depends"])
        found.append(Package(text["name"], text["version"], text["build"], depends, text["subdir"]))
    return found


def is_environment(folder: Path) -> bool:
    return (folder / "conda-meta" / "history").is_file()


def fill_cache(folder: Path, packages: Iterable[Package] = PACKAGES) -> None:
    """``pkgs``: the archives and what is unpacked of them."""
    folder.mkdir(parents=True, exist_ok=True)
    for one in packages:
        (folder / one.file).write_bytes(one.archive)
        info = folder / one.full_name / "info"
        shutil.rmtree(info.parent, ignore_errors=True)
        info.mkdir(parents=True)
        (info / "repodata_record.json").write_text(json.dumps(one.record), "utf-8")


def cached(folder: Path) -> list[Package]:
    """Those of the lab's packages whose archives are in a cache."""
    return [one for one in PACKAGES if (folder / one.file).is_file()]


def _taken_apart(spec: str) -> tuple[str, list[str]]:
    found = re.fullmatch(r"([\w.-]+?)\s*([=<>!~\s].*)?", spec.strip())
    if found is None:
        return spec, []
    return found[1].lower(), [term.strip() for term in (found[2] or "").split(",") if term.strip()]


def _holds(version: str, term: str) -> bool:
    found = re.fullmatch(r"(==|>=|<=|>|<|=)?\s*([\d.]+)(\.?\*)?", term)
    if found is None:
        return False
    operator, number, _ = found.groups()
    one, other = _numbers(version), _numbers(number)
    if operator in {"=", None}:
        return one[: len(other)] == other
    return bool(_OPERATORS[operator](one, other))


def _numbers(version: str) -> list[int]:
    return [int(part) for part in re.findall(r"\d+", version)]
