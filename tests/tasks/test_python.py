"""Section 3 on a lab: a Python that the services run and cannot write; its files are the witness."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pyinfra.api.hiddenvalue import HiddenValue

from tasks.python import python_interpreter
from tests import service_trial
from tests.lab.runs import run
from tests.trial import Trial, connected_to
from winfra.lab import accounts, conda as lab_conda, python as lab_python
from winfra.lab.access import AccessLists
from winfra.lab.python import FULL_VERSION, VERSION
from winfra.lab.state import Lab
from winfra.messages import python as messages

FOLDER = rf"C:\Program Files\Python{VERSION.replace('.', '')}"
SITE: dict[str, Any] = {
    "service_account_password": HiddenValue("Corr3ct-Horse'\"$é"),
    "python_version": VERSION,
    "python_source": "existing",
}
SYSTEM, ADMINISTRATORS, USERS = "S-1-5-18", "S-1-5-32-544", "S-1-5-32-545"
FULL, MODIFY, READ = 0x1F01FF, 0x1301BF, 0x1200A9


@pytest.fixture
def site(lab: Lab) -> Iterator[Trial]:
    """A machine with the account of the services."""
    with connected_to(lab, **SITE) as trial:
        service_trial.account(trial)
        yield trial


def rights(lab: Lab, path: str) -> dict[str, int]:
    """What each account of the access list may do, by SID."""
    found = AccessLists(lab.folder).read(lab.path(path)).aces or ()
    assert {ace.kind for ace in found} == {"A"}
    return {ace.sid: ace.mask for ace in found}


def account(lab: Lab) -> str:
    user = accounts.read(lab.folder).user("svc_prefect")
    assert user is not None
    return user.sid


def check(lab: Lab, folder: str) -> None:
    """A full Python with pip, of which the services and all users read and execute all."""
    keepers, readers = dict.fromkeys([SYSTEM, ADMINISTRATORS], FULL), [USERS, account(lab)]
    for path in (folder, rf"{folder}\Lib\site-packages", rf"{folder}\python.exe"):
        assert rights(lab, path) == keepers | dict.fromkeys(readers, READ), path
    code = "import sys, pip; print(*sys.version_info[:3], sep='.'); print(sys.prefix)"
    assert run(lab, f'"{folder}\\python.exe" -I -c "{code}"').lines == [FULL_VERSION, folder]


def test_one_that_is_there(lab: Lab, site: Trial) -> None:
    """Dry names the access list and changes nothing; it becomes the services' to read alone."""
    lab.install_python(FOLDER)
    before = lab.snapshot()
    dry = site.dry(python_interpreter)
    assert f"Will change access to {FOLDER}" in dry.output
    assert lab.snapshot() == before

    applied = site.run(python_interpreter)
    assert not applied.failed, applied.output
    check(lab, FOLDER)
    again = site.run(python_interpreter)
    assert (again.failed, again.changed) == (False, False)


def test_a_right_that_somebody_gives_is_found_and_taken(lab: Lab, site: Trial) -> None:
    """Of Users to change the interpreter, of the service to change its packages."""
    lab.install_python(FOLDER)
    site.run(python_interpreter)
    packages = rf"{FOLDER}\Lib\site-packages"
    lists, sid = AccessLists(lab.folder), account(lab)
    for path, text in {
        FOLDER: "D:PAI(A;OICI;0x1301bf;;;BU)(A;OICI;FA;;;BA)",
        packages: f"D:AI(A;OICI;0x1301bf;;;{sid})",
    }.items():
        lists.write_list(lab.path(path), lists.dialect.parse(text))
    dry = site.dry(python_interpreter)
    for path in (FOLDER, packages):
        assert f"Will change access to {path}" in dry.output
    assert rights(lab, packages)[sid] == MODIFY

    site.run(python_interpreter)
    check(lab, FOLDER)
    assert not site.run(python_interpreter).changed


@pytest.fixture
def by_installer(lab: Lab, tmp_path: Path) -> Iterator[Trial]:
    """A site with python.org's installer."""
    file = lab_python.installer(tmp_path)
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    data = {"python_source": "installer", "python_version": FULL_VERSION}
    given = {"python_installer": str(file), "python_installer_sha256": digest}
    with connected_to(lab, **{**SITE, **data, **given}) as trial:
        service_trial.account(trial)
        yield trial


def test_a_bare_host_gets_python(lab: Lab, by_installer: Trial) -> None:
    """Dry says so and changes nothing; then it runs; the second run changes nothing."""
    before = lab.snapshot()
    dry = by_installer.dry(python_interpreter)
    assert not dry.failed, dry.output
    assert f"Will create Python in {FOLDER}" in dry.output
    assert lab.snapshot() == before

    applied = by_installer.run(python_interpreter)
    assert not applied.failed, applied.output
    check(lab, FOLDER)
    again = by_installer.run(python_interpreter)
    assert (again.failed, again.changed) == (False, False)


def test_one_that_somebody_broke_is_repaired(lab: Lab, by_installer: Trial) -> None:
    """Its program is gone, and the installer believes that it is there."""
    by_installer.run(python_interpreter)
    lab.path(rf"{FOLDER}\python.exe").unlink()
    assert f"Will create Python in {FOLDER}" in by_installer.dry(python_interpreter).output

    applied = by_installer.run(python_interpreter)
    assert not applied.failed, applied.output
    check(lab, FOLDER)


def test_python_elsewhere_is_left_alone(lab: Lab, by_installer: Trial) -> None:
    """Windows has room for one of a version; the installer would update that one."""
    lab.install_python(r"D:\theirs")
    before = lab.snapshot()
    applied = by_installer.run(python_interpreter)
    values = {"version": VERSION, "host": "@lab/windows", "found": "D:\\theirs\\"}

    assert applied.failed
    assert messages.ELSEWHERE.text(**values) in applied.output
    assert lab.snapshot() == before


CONDA = r"C:\miniforge3"
ENVIRONMENT = rf"{CONDA}\envs\prefect_env"


@pytest.fixture
def by_conda(lab: Lab, tmp_path: Path) -> Iterator[Trial]:
    """A site with Miniforge's installer, and a file with the packages that conda has to take."""
    file, packages = lab_conda.installer(tmp_path), tmp_path / "explicit.txt"
    wanted = lab_conda.solve(["python", "pip"], lab_conda.PACKAGES)
    packages.write_text(lab_conda.explicit(wanted))
    data = {
        "conda_installer": str(file),
        "conda_installer_sha256": hashlib.sha256(file.read_bytes()).hexdigest(),
        "conda_packages": str(packages),
    }
    with connected_to(lab, **{**SITE, "python_source": "conda", **data}) as trial:
        service_trial.account(trial)
        yield trial


def test_a_bare_host_gets_an_environment_of_conda(lab: Lab, by_conda: Trial) -> None:
    """Dry says so and changes nothing; then it runs; the second run changes nothing."""
    before = lab.snapshot()
    dry = by_conda.dry(python_interpreter)
    assert not dry.failed, dry.output
    for will in (
        f"create conda in {CONDA}", f"create environment {ENVIRONMENT}", f"change access to {CONDA}"
    ):  # fmt: skip
        assert f"Will {will}" in dry.output
    assert lab.snapshot() == before

    applied = by_conda.run(python_interpreter)
    assert not applied.failed, applied.output
    check(lab, ENVIRONMENT)
    again = by_conda.run(python_interpreter)
    assert (again.failed, again.changed) == (False, False)


def test_an_environment_that_lacks_a_package(lab: Lab, by_conda: Trial) -> None:
    """Dry names the package; the environment is made anew, from what lies beside the list as well."""
    by_conda.run(python_interpreter)
    [package] = [one for one in lab_conda.PACKAGES if one.name == "openssl"]
    lab.path(rf"{ENVIRONMENT}\conda-meta\{package.full_name}.json").unlink()
    lab.path(rf"{CONDA}\pkgs\{package.file}").unlink()
    dry = by_conda.dry(python_interpreter)
    assert f"Will change environment {ENVIRONMENT}" in dry.output
    assert package.full_name in dry.output

    refused = by_conda.run(python_interpreter)
    assert refused.failed
    assert package.file in refused.output
    check(lab, ENVIRONMENT)

    beside = Path(by_conda.host.data.conda_packages).with_name(package.file)
    beside.write_bytes(package.archive)
    applied = by_conda.run(python_interpreter)
    assert not applied.failed, applied.output
    assert package in lab_conda.installed(lab.path(ENVIRONMENT))
    check(lab, ENVIRONMENT)


def test_a_conda_that_is_there_makes_the_environment(lab: Lab, tmp_path: Path) -> None:
    """Of the Python in its cache, as the guide has it; conda itself stays as it is."""
    assert run_installer(lab, tmp_path) == 0
    before = AccessLists(lab.folder).read(lab.path(CONDA)).aces
    with connected_to(lab, **{**SITE, "python_source": "conda"}) as site:
        service_trial.account(site)
        applied = site.run(python_interpreter)
        assert not applied.failed, applied.output
        check(lab, ENVIRONMENT)
        assert not site.run(python_interpreter).changed
    assert AccessLists(lab.folder).read(lab.path(CONDA)).aces == before


def run_installer(lab: Lab, folder: Path) -> int:
    """By hand, as an administrator of the host would."""
    shutil.copy(lab_conda.installer(folder), lab.path(r"D:\setup.exe"))
    lab.path(r"D:\setup.exe").chmod(0o755)
    return run(lab, rf"D:\setup.exe /S /InstallationType=AllUsers /D={CONDA}").code


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ({"python_source": "store"},
         messages.SOURCE_REFUSED.text(source="store", sources="installer, conda, existing")),
        ({"python_source": "installer"},
         messages.SOURCE_UNSET.text(key="python_installer", source="installer")),
        ({"python_version": "3"},
         messages.PYTHON_REFUSED.text(
             argument="version", reason="'3' is no version such as \"3.12\" or \"3.12.7\"")),
        ({"python_folder": r"D:\python"},
         messages.MISSING.text(folder=r"D:\python", host="@lab/windows")),
    ],
)  # fmt: skip
def test_what_the_site_says_wrong(lab: Lab, data: dict[str, Any], sentence: str) -> None:
    """It is named, and nothing is changed."""
    before = lab.snapshot()
    with connected_to(lab, **{**SITE, **data}) as site:
        applied = site.run(python_interpreter)

    assert applied.failed
    assert sentence in applied.output
    assert lab.snapshot() == before
