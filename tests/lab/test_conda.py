"""conda on the lab's Windows: its installer, its environments, its lists and its refusals."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.files.service_host.hosted import allow
from tests.lab.people import new_user
from tests.lab.runs import Run, run
from winfra.lab import conda, python
from winfra.lab.machine import Machine
from winfra.lab.python_packages import pip_version
from winfra.lab.state import Lab

ROOT = r"C:\miniforge3"
PREFIX = rf"{ROOT}\envs\prefect_env"
ALL = f"/S /InstallationType=AllUsers /RegisterPython=0 /AddToPath=0 /KeepPkgCache=1 /D={ROOT}"
OTHER = r"D:\other"
PYTHON = next(one for one in conda.PACKAGES if one.name == "python")
UNINSTALL = r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall"


@pytest.fixture(scope="module")
def base(machine_lab: Lab) -> Lab:
    """A machine with Miniforge."""
    assert setup(machine_lab, ALL).code == 0
    return machine_lab


@pytest.fixture
def lab(base: Lab) -> Iterator[Lab]:
    """Without other environments than the base."""
    yield base
    for path in (PREFIX, OTHER):
        shutil.rmtree(base.path(path), ignore_errors=True)
    conda.fill_cache(base.path(rf"{ROOT}\pkgs"))


def setup(lab: Lab, options: str, user: str = "") -> Run:
    file = conda.installer(lab.path("D:\\"))
    return run(lab, rf"D:\{file.name} {options}", user=user)


def ask(lab: Lab, line: str, **options: Any) -> Run:
    return run(lab, rf"{ROOT}\Scripts\conda.exe {line}", **options)


def create(lab: Lab, line: str, prefix: str = PREFIX, **options: Any) -> Run:
    return ask(lab, f"create --prefix {prefix} --yes --quiet --copy --offline {line}", **options)


def test_installer(lab: Lab) -> None:
    """For all users: conda, a Python that runs, a cache; PEP 514 is told nothing."""
    said = run(lab, rf'{ROOT}\python.exe -c "import sys; print(sys.prefix, sys.base_prefix)"')
    assert said.lines == [f"{ROOT} {ROOT}"]
    assert ask(lab, "--version").lines == [f"conda {conda.CONDA}"]
    assert run(lab, rf"{ROOT}\_conda.exe --version").lines == [f"conda {conda.CONDA}"]
    assert lab.path(rf"{ROOT}\pkgs\{PYTHON.file}").is_file()
    assert not lab.keys.exists(rf"HKLM\SOFTWARE\Python\PythonCore\{python.VERSION}")
    assert [name[:10] for name in lab.keys.subkeys(UNINSTALL)] == ["Miniforge3"]


@pytest.mark.parametrize(
    ("options", "user"),
    [
        (ALL, ""),
        (ALL.replace(ROOT, r"D:\a b"), ""),
        (ALL.replace(ROOT, r"D:\a,b"), ""),
        (ALL.replace(ROOT, r"Q:\conda"), ""),
        (ALL.replace(ROOT, r"D:\conda"), "ordinary"),
    ],
    ids=["something is there", "a space", "a comma", "no drive", "no administrator"],
)
def test_what_the_installer_refuses(lab: Lab, options: str, user: str) -> None:
    """By its exit code alone."""
    if user and not lab.path(rf"C:\Users\{user}").exists():
        new_user(lab, user)

    refused = setup(lab, options, user)

    assert (refused.code, refused.output, refused.errors) == (2, "", "")
    assert {"D:\\a b", "D:\\a,b", "D:\\conda"}.isdisjoint(
        f"D:\\{one.name}" for one in lab.drive("D").iterdir()
    )


def test_an_option_in_the_wrong_case(lab: Lab) -> None:
    """/s is not /S: it waits for somebody before its window."""
    file = conda.installer(lab.path("D:\\"))
    process = Machine(lab).start(rf"D:\{file.name} {ALL.replace('/S', '/s')}")
    try:
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(0.5)
    finally:
        process.kill()
        process.communicate()


def test_for_one_user(lab: Lab) -> None:
    """Without /D it is in the profile; the cache goes where it is not to be kept."""
    assert setup(lab, "/S /KeepPkgCache=0 /RegisterPython=1").code == 0

    place = r"C:\Users\deploy\miniforge3"
    assert lab.path(rf"{place}\Scripts\conda.exe").is_file()
    assert lab.path(rf"{place}\.nonadmin").is_file()
    assert not list(lab.path(rf"{place}\pkgs").glob("*.conda"))
    key = rf"HKCU\SOFTWARE\Python\PythonCore\{python.VERSION}\InstallPath"
    assert lab.keys.get(key, "ExecutablePath") == rf"{place}\python.exe"
    shutil.rmtree(lab.path(place))


def test_what_condarc_adds(lab: Lab) -> None:
    """To a new environment, unless it is told not to; and not to that of an explicit file."""
    file = lab.path(rf"{ROOT}\.condarc")
    before = file.read_text()
    file.write_text(f"{before}create_default_packages:\n  - numpy\n")
    try:
        refused = create(lab, "pip")
        made = create(lab, "pip --no-default-packages")
    finally:
        file.write_text(before)

    assert "  - numpy" in refused.errors
    assert (refused.code, made.code) == (1, 0)


def test_environment_from_the_cache(lab: Lab) -> None:
    """A full Python with pip at its root; written down in conda-meta and in conda's lists."""
    made = create(lab, f"python={python.VERSION} pip")

    assert (made.code, made.output, made.errors) == (0, "", "")
    line = "import sys, pip; print(sys.prefix, sys.base_prefix, sys.executable)"
    said = run(lab, rf'{PREFIX}\python.exe -c "{line}"')
    assert (said.errors, said.lines) == ("", [rf"{PREFIX} {PREFIX} {PREFIX}\python.exe"])
    names = {file.stem for file in lab.path(rf"{PREFIX}\conda-meta").glob("*.json")}
    assert {PYTHON.full_name, f"pip-{pip_version()}-pyh8b19718_0"} < names
    listed = json.loads(ask(lab, f"list -p {PREFIX} --json").output)
    assert {one["name"] for one in listed} >= {"python", "pip", "ucrt", "openssl"}
    assert json.loads(ask(lab, "env list --json").output) == {"envs": [ROOT, PREFIX]}
    about = json.loads(ask(lab, "info --json").output)
    assert (about["root_prefix"], about["conda_version"]) == (ROOT, conda.CONDA)
    assert about["envs"] == [ROOT, PREFIX]


def test_environment_from_an_explicit_file(lab: Lab) -> None:
    """What one environment lists makes the same one elsewhere; a file beside it counts as well."""
    assert ask(lab, f"create -n prefect_env -y python={python.VERSION}").code == 0
    text = ask(lab, "list -n prefect_env --explicit --md5").output
    assert "@EXPLICIT" in text
    assert f"{PYTHON.url}#{PYTHON.md5}" in text
    own = lab.path(rf"D:\{PYTHON.file}")
    own.write_bytes(PYTHON.archive)
    text = text.replace(PYTHON.url, rf"D:\{PYTHON.file}")
    lab.path(r"D:\explicit.txt").write_text(text)
    lab.path(rf"{ROOT}\pkgs\{PYTHON.file}").unlink()

    made = create(lab, r"--file D:\explicit.txt", OTHER)

    assert (made.code, made.errors) == (0, "")
    lists = [ask(lab, f"list -p {path} --explicit").output for path in (PREFIX, OTHER)]
    assert lists[0] == lists[1]
    assert run(lab, rf"{OTHER}\python.exe -m pip --version").code == 1


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("python=2.7 nothing", "PackagesNotFoundError: The following packages are not available"),
        (
            rf"{PYTHON.url.replace(PYTHON.version, '2.7.18')}",
            "OfflineError: EnforceUnusedAdapter called",
        ),
        (rf"{PYTHON.url}#{'0' * 32}", "ChecksumMismatchError: Conda detected a mismatch"),
        (r"D:\nothing-1.0-0.conda", "CondaHTTPError: HTTP 404 NOT FOUND for url"),
        (r"--file D:\nothing.txt", "CondaValueError: could not read"),
    ],
)
def test_what_create_refuses(lab: Lab, line: str, said: str) -> None:
    """By the name of its exception and exit code 1; there is no environment then."""
    refused = create(lab, line)

    assert refused.code == 1
    assert f"\n{said}" in refused.errors.replace("\r", "")
    assert not lab.path(PREFIX).exists()


def test_an_environment_that_is_there(lab: Lab) -> None:
    """It is removed where --yes says so; the base never."""
    assert create(lab, "python").code == 0
    mine = lab.path(rf"{PREFIX}\mine.txt")
    mine.touch()

    asked = ask(lab, f"create -p {PREFIX} python")
    assert (asked.code, mine.exists()) == (1, True)
    assert "A conda environment already exists at" in asked.output
    assert create(lab, "python").code == 0
    assert not mine.exists()

    base = create(lab, "python", ROOT)
    assert (base.code, "The target prefix is the base prefix" in base.errors) == (1, True)


def test_remove(lab: Lab) -> None:
    """remove --all."""
    assert create(lab, "python").code == 0

    assert ask(lab, "remove -n prefect_env --all -y").code == 0
    assert not lab.path(PREFIX).exists()
    refused = ask(lab, "list -n prefect_env")
    assert (refused.code, "EnvironmentLocationNotFound" in refused.errors) == (1, True)


def test_who_may_not(lab: Lab) -> None:
    """Where the user may not make folders."""
    if not lab.path(r"C:\Users\ordinary").exists():
        new_user(lab, "ordinary")
    allow(lab, lab.path(rf"{ROOT}\envs"), ("S-1-5-32-545", "0x1200a9"))

    refused = create(lab, "python", user="ordinary")

    assert (refused.code, "NotWritableError" in refused.errors) == (1, True)


@pytest.mark.parametrize(
    ("spec", "fits"),
    [
        ("pip", True), ("pip=24", True), ("pip=24.2", True), ("pip==24.2", True), ("pip=2", False),
        ("pip>=24,<25", True), ("pip>24.2", False), ("pip 24.2", True), ("pip=24.*", True),
        ("python", False), ("pip=x", False),
    ],
)  # fmt: skip
def test_specifications(spec: str, fits: bool) -> None:
    """A single = is a beginning, whose numbers are whole."""
    assert conda.Package("pip", "24.2", "0").fits(spec) is fits


def test_json_errors(lab: Lab) -> None:
    """With --json an error is an object on the output."""
    refused = ask(lab, f"create -p {OTHER} --json --offline nothing")

    assert refused.code == 1
    assert json.loads(refused.output)["exception_name"] == "PackagesNotFoundError"
    assert not Path(lab.path(OTHER)).exists()
