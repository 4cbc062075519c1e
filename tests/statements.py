"""Statement coverage of winfra/powershell: ``python -m tests.statements prepare|check FOLDER``.

Between the two, tests run with ``WINFRA_LAB_STATEMENTS=FOLDER``: every statement has a file there
that the lab deletes when it runs the statement (``winfra/lab/windows/statements.ps1``).
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tomllib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from winfra.lab.engine import engine
from winfra.script import FOLDER as SCRIPTS
from winfra.session import loader

HERE = Path(__file__).parent
EXEMPTIONS = HERE / "statements.toml"
LOADER = "loader.ps1"
"""Runs from a command line, where it is one line; its positions are those of that line."""


class Statement(NamedTuple):
    """Where a statement stands, and the first line of its text."""

    script: str
    line: int
    column: int
    text: str

    @property
    def file(self) -> str:
        return f"{self.script},{self.line},{self.column}"

    def __str__(self) -> str:
        return f"{self.script}:{self.line}:{self.column}: {self.text}"


@dataclass(frozen=True)
class Exemption:
    """So many statements of this text no test can run, and why.

    + sometimes: whether one runs depends on timing
    """

    script: str
    statement: str
    reason: str
    count: int = 1
    sometimes: bool = False


def statements(scripts: Mapping[str, str]) -> list[Statement]:
    """The statements of scripts, name -> text."""
    command = [str(engine()), "-NoProfile", "-File", str(HERE / "statements.ps1")]
    listed = subprocess.run(
        command, input=json.dumps(scripts), capture_output=True, check=True, text=True
    )
    return [Statement(*one) for one in json.loads(listed.stdout)]


def product() -> dict[str, str]:
    """The scripts of the product, name -> text."""
    scripts = {file.name: file.read_text(encoding="ascii") for file in SCRIPTS.glob("*.ps1")}
    return dict(sorted(scripts.items())) | {LOADER: loader()}


def exemptions(path: Path) -> list[Exemption]:
    listed = tomllib.loads(path.read_text(encoding="utf-8")).get("exemption", [])
    return [Exemption(**one) for one in listed]


def prepare(folder: Path) -> None:
    """Make the folder anew: nothing has run yet."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    (folder / f"{LOADER}.text").write_text(loader(), encoding="ascii")
    for statement in statements(product()):
        (folder / statement.file).touch()


def missed(folder: Path, listed: Iterable[Statement]) -> list[Statement]:
    """The statements that have not run."""
    if not (folder / f"{LOADER}.text").is_file():
        raise FileNotFoundError(f"{folder} was not prepared")
    return [statement for statement in listed if (folder / statement.file).exists()]


def problems(left: Iterable[Statement], exempt: Iterable[Exemption]) -> Iterator[str]:
    """What is wrong: statements that nothing ran, and exemptions from what did run."""
    places: dict[tuple[str, str], list[Statement]] = defaultdict(list)
    for statement in left:
        places[statement.script, statement.text].append(statement)
    for one in exempt:
        found = places.pop((one.script, one.statement), [])
        if len(found) > one.count:
            yield from (f"nothing ran {statement}" for statement in found)
        elif len(found) < one.count and not one.sometimes:
            yield f"it ran, or is not there, and is exempt: {one.script}: {one.statement}"
    yield from (f"nothing ran {statement}" for rest in places.values() for statement in rest)


def check(folder: Path) -> list[str]:
    listed = statements(product())
    left = missed(folder, listed)
    ran = len(listed) - len(left)
    sys.stdout.write(f"{ran} of {len(listed)} statements of PowerShell ran\n")
    return list(problems(left, exemptions(EXEMPTIONS)))


def main(command: str, folder: str) -> int:
    if command == "prepare":
        prepare(Path(folder))
        return 0
    found = check(Path(folder))
    sys.stdout.writelines(f"{one}\n" for one in found)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
