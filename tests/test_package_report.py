"""What is installed in a folder of packages, and what an installation that broke off has left there."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from tests import wheels
from winfra import package_report
from winfra.wheelhouse import Wheelhouse


def package(folder: Path, name: str = "one", version: str = "1.0") -> Path:
    """A package as pip has installed it; its dist-info."""
    (folder / name / "__pycache__").mkdir(parents=True)
    (folder / name / "__init__.py").write_text("x = 1\n")
    scripts = folder.parent.parent / "Scripts"
    scripts.mkdir(exist_ok=True)
    (scripts / f"{name}.exe").write_text("MZ")
    information = folder / f"{name}-{version}.dist-info"
    information.mkdir()
    (information / "METADATA").write_text("Name: one\n")
    (information / "INSTALLER").write_text("pip\n")
    lines = [
        f"../../Scripts/{name}.exe,sha256=x,2",
        f"{name}/__init__.py,sha256=x,6",
        f"{name}/__pycache__/__init__.cpython-312.pyc,,",
        f"{information.name}/INSTALLER,sha256=x,4",
        f"{information.name}/METADATA,sha256=x,10",
        f"{information.name}/RECORD,,",
    ]
    (information / "RECORD").write_text("\n".join(lines) + "\n")
    return information


@pytest.fixture
def site(tmp_path: Path) -> Path:
    folder = tmp_path / "Lib" / "site-packages"
    folder.mkdir(parents=True)
    return folder


def found(site: Path) -> dict[str, Any]:
    return {one["entry"]: one for one in package_report.packages(site)}


def test_whole_packages(site: Path) -> None:
    """Name and version are those of the folder; what Python has not compiled is not missed."""
    package(site)
    package(site, "Two_three", "2.0.post1+local")
    (site / "old-0.5-py3.12.egg-info").write_text("Name: old\n")
    (site / "six.py").write_text("")
    (site / "notes-1").mkdir()

    listed = [*package_report.packages(site)]
    contents = [one.pop("content") for one in listed]
    assert None not in (contents[0], contents[2])
    assert contents[0] != contents[2]
    assert contents[1] is None
    assert listed == [
        {
            "name": "Two_three",
            "version": "2.0.post1+local",
            "entry": "Two_three-2.0.post1+local.dist-info",
            "problem": None,
        },
        {"name": "old", "version": "0.5", "entry": "old-0.5-py3.12.egg-info", "problem": None},
        {"name": "one", "version": "1.0", "entry": "one-1.0.dist-info", "problem": None},
    ]


def test_what_a_package_consists_of(tmp_path: Path) -> None:
    """Its files' digests; not what pip adds or changes, nor where a wheel has them; backslashes are a wheel's own."""
    information = "one-1.0.dist-info"
    name = wheels.wheel(
        tmp_path,
        "one",
        files={
            "one-1.0.data/purelib/more/x.py": b"1",
            "one-1.0.data/scripts/one": b"#!python",
            "one-1.0.data/data/share/x": b"2",
        },
    )
    with zipfile.ZipFile(name) as archive:
        rows = [line.split(",") for line in archive.read(f"{information}/RECORD").decode().split()]
    digests = dict(row[:2] for row in rows)
    there = [
        ["../../Scripts/one", "sha256=y", "9"],
        ["../../Scripts/one.exe", "sha256=z", "9"],
        ["../../share/x", digests["one-1.0.data/data/share/x"], "1"],
        ["more/x.py", digests["one-1.0.data/purelib/more/x.py"], "1"],
        *[row for row in rows if ".data/" not in row[0]],
        ["one/__pycache__/__init__.cpython-312.pyc", "", ""],
        *[[f"{information}/{one}", "sha256=w", "4"] for one in ("INSTALLER", "REQUESTED")],
    ]
    wheels.lock(tmp_path)
    assert Wheelhouse.read(tmp_path, "3.12").contents == {"one": package_report.content(there)}

    other = [[path.replace("more", "less"), *rest] for path, *rest in there]
    assert package_report.content(other) != package_report.content(there)
    assert package_report.content([["one\\x.py", "sha256=a", "1"]]) != package_report.content([])


@pytest.mark.parametrize(
    ("damage", "problem"),
    [
        (lambda site: (site / "one-1.0.dist-info/RECORD").unlink(), "no RECORD"),
        (lambda site: (site / "one-1.0.dist-info/METADATA").unlink(), "no METADATA"),
        (
            lambda site: (site / "one-1.0.dist-info/RECORD").write_bytes(b"\xff\xfe,\n"),
            "a RECORD that cannot be read",
        ),
        (
            lambda site: (site / "one-1.0.dist-info/RECORD").write_text("one/__init__.py,x,six\n"),
            "a RECORD that cannot be read",
        ),
        (
            lambda site: (site / "one-1.0.dist-info/RECORD").write_text(""),
            "an installation that did not end",
        ),
        (
            lambda site: (site / "one-1.0.dist-info/RECORD").write_text("one/__init__.py,x,6\n"),
            "an installation that did not end",
        ),
        (lambda site: (site / "one/__init__.py").unlink(), "1 of 6 files missing or cut off"),
        (
            lambda site: (site / "one/__init__.py").write_text("x"),
            "1 of 6 files missing or cut off",
        ),
        (
            lambda site: (site.parents[1] / "Scripts/one.exe").unlink(),
            "1 of 6 files missing or cut off",
        ),
    ],
)
def test_what_an_interruption_leaves(site: Path, damage: Any, problem: str) -> None:
    """A package without its last file, or with files that are missing or cut off."""
    package(site)
    damage(site)

    assert found(site)["one-1.0.dist-info"]["problem"] == problem


def test_the_program_on_standard_input() -> None:
    """Isolated, as the host runs it; its answer is one line of ASCII."""
    text = Path(package_report.__file__).read_bytes()
    ended = subprocess.run([sys.executable, "-I", "-"], input=text, capture_output=True, check=True)
    answer = json.loads(ended.stdout.decode("ascii"))

    assert answer["version"] == ".".join(str(number) for number in sys.version_info[:3])
    assert {"name": "pytest", "problem": None}.items() <= next(
        one.items() for one in answer["packages"] if one["name"] == "pytest"
    )
    assert answer["left"] == []
