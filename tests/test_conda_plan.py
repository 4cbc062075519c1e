"""conda's explicit files: what they say, what of it lies here, what an environment lacks."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from pyinfra.api import OperationValueError

from winfra import conda_plan
from winfra.messages import conda as messages
from winfra.python_plan import Wanted

PLACE = "https://conda.anaconda.org/conda-forge/win-64"
MD5, SHA256 = "0" * 32, "1" * 64
WANTED = Wanted("3.12", r"C:\miniforge3\envs\prefect_env")
PYTHON = "python-3.12.7-hce54a09_0_cpython"


def write(folder: Path, *lines: str) -> Path:
    file = folder / "explicit.txt"
    file.write_text("\n".join(["# platform: win-64", "@EXPLICIT", "", *lines]))
    return file


@pytest.mark.parametrize("digest", [MD5, SHA256, f"sha256:{SHA256}"])
@pytest.mark.parametrize("end", [".conda", ".tar.bz2"])
@pytest.mark.parametrize("place", [f"{PLACE}/", "D:\\packages\\", "file:///D:/packages/", ""])
def test_a_line_is_a_place_a_package_and_its_hash(
    tmp_path: Path, digest: str, end: str, place: str
) -> None:
    """As conda reads it."""
    line = f"{place}{PYTHON}{end}#{digest}"
    [found] = conda_plan.read_explicit(write(tmp_path, line))

    assert (found.name, found.file) == (PYTHON, None)
    assert found.there(r"C:\temp") == line


@pytest.mark.parametrize(
    "line", [f"{PLACE}/{PYTHON}.conda", f"{PYTHON}#{MD5}", "python=3.12", f"x.conda#{MD5[1:]}"]
)
def test_a_line_that_is_no_package_with_its_hash(tmp_path: Path, line: str) -> None:
    """It is quoted with its number."""
    file = write(tmp_path, line)
    with pytest.raises(OperationValueError) as raised:
        conda_plan.read_explicit(file)

    assert str(raised.value) == messages.LINE_REFUSED.text(file=file, line=4, text=line)


@pytest.mark.parametrize("kind", ["md5", "sha256"])
def test_a_package_that_lies_beside_it_is_sent(tmp_path: Path, kind: str) -> None:
    """Its line then names the place on the host."""
    (tmp_path / f"{PYTHON}.conda").write_bytes(b"content")
    digest = hashlib.new(kind, b"content").hexdigest()
    packages = conda_plan.read_explicit(write(tmp_path, f"{PLACE}/{PYTHON}.conda#{digest}"))
    conda_plan.check(packages, WANTED)

    assert packages[0].there(r"C:\temp") == rf"C:\temp\{PYTHON}.conda#{digest}"


@pytest.mark.parametrize(("kind", "digest"), [("MD5", MD5), ("SHA-256", SHA256)])
def test_a_package_with_another_content(tmp_path: Path, kind: str, digest: str) -> None:
    """Both hashes are named."""
    file = tmp_path / f"{PYTHON}.conda"
    file.write_bytes(b"content")
    packages = conda_plan.read_explicit(write(tmp_path, f"{PYTHON}.conda#{digest}"))
    with pytest.raises(OperationValueError) as raised:
        conda_plan.check(packages, WANTED)
    found = hashlib.new(kind.replace("-", ""), b"content").hexdigest()
    values = {"file": file, "kind": kind, "found": found, "wanted": digest}

    assert str(raised.value) == messages.PACKAGE_DIFFERS.text(**values)


@pytest.mark.parametrize(
    ("lines", "found"),
    [
        ([f"python-dateutil-2.9.0-pyh_0.conda#{MD5}"], "no Python"),
        ([f"python-3.11.9-h_0.conda#{MD5}"], "Python 3.11.9"),
    ],
)
def test_packages_with_another_python(tmp_path: Path, lines: list[str], found: str) -> None:
    """They are refused."""
    packages = conda_plan.read_explicit(write(tmp_path, *lines))
    with pytest.raises(OperationValueError) as raised:
        conda_plan.check(packages, WANTED)
    reason = f"they have {found}, and 3.12 is wanted"

    assert str(raised.value) == messages.CONDA_REFUSED.text(argument="packages", reason=reason)


def test_what_an_environment_lacks(tmp_path: Path) -> None:
    """By name, version and build; others may be there."""
    lines = [f"{name}.conda#{MD5}" for name in (PYTHON, "pip-24.2-pyh8b19718_1")]
    packages = conda_plan.read_explicit(write(tmp_path, *lines))

    assert conda_plan.missing(packages, ["pip-24.2-pyh8b19718_0", PYTHON, "zlib-1-0"]) == [
        "pip-24.2-pyh8b19718_1"
    ]


@pytest.mark.parametrize(
    ("version", "python"), [("3.12", "python=3.12"), ("3.12.7", "python>=3.12.7,<3.13")]
)
def test_what_conda_is_asked_for(version: str, python: str) -> None:
    """A version with three numbers is the oldest that will do."""
    assert conda_plan.specification(Wanted(version, r"C:\x")) == [python, "pip"]


@pytest.mark.parametrize(
    "folder", ["C:\\", r"\\server\share\conda", r"C:\Program Files\conda", r"C:\a=b", "C:\\café"]
)
def test_a_folder_that_conda_does_not_take(folder: str) -> None:
    """Its installer would warn of it, in a window that nobody sees."""
    with pytest.raises(OperationValueError) as raised:
        conda_plan.root(folder)

    assert str(raised.value).startswith("folder: ")
