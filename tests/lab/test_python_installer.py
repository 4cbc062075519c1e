"""python.org's installer on the lab's Windows: its options, its exit codes, what it leaves behind."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab.people import new_user
from tests.lab.runs import Run, run
from winfra.lab import python
from winfra.lab.machine import Machine
from winfra.lab.python_installer import UNINSTALL
from winfra.lab.state import Lab

FOLDER = r"D:\python"
OTHER = r"D:\other"
CORE = rf"HKLM\SOFTWARE\Python\PythonCore\{python.VERSION}"
ALL = f"/quiet /norestart InstallAllUsers=1 TargetDir={FOLDER}"
LOG = r"D:\install.log"
OLDER = f"{python.VERSION}.0"


@pytest.fixture
def lab(machine_lab: Lab) -> Iterator[Lab]:
    """A machine without Python."""
    yield machine_lab
    for path in (
        FOLDER,
        OTHER,
        r"C:\Program Files\Python311",
        LOG,
        r"C:\ProgramData\Package Cache",
    ):
        shutil.rmtree(machine_lab.path(path), ignore_errors=True)
    machine_lab.keys.delete(CORE)
    machine_lab.keys.delete(rf"HKLM\{UNINSTALL}")


def setup(
    lab: Lab, options: str, *, version: str = python.FULL_VERSION, outcome: int = 0, user: str = ""
) -> Run:
    folder = lab.path(r"D:\downloads")
    folder.mkdir(exist_ok=True)
    file = python.installer(folder, version=version, outcome=outcome)
    return run(lab, rf"D:\downloads\{file.name} {options}", user=user)


def installed(lab: Lab) -> str | None:
    """Where the registry says that Python is."""
    found = lab.keys.get(rf"{CORE}\InstallPath", "")
    return None if found is None else str(found)


def log(lab: Lab) -> str:
    return lab.path(LOG).read_bytes().decode()


def bundles(lab: Lab) -> list[str]:
    key = rf"HKLM\{UNINSTALL}"
    names = lab.keys.subkeys(key)
    return [str(lab.keys.get(rf"{key}\{name}", "DisplayName")) for name in names]


def test_for_all_users(lab: Lab) -> None:
    """Into the folder that is named, with pip; written down as PEP 514 and Windows have it."""
    made = setup(lab, f"{ALL} /log {LOG}")

    assert (made.code, made.output, made.errors) == (0, "", "")
    assert installed(lab) == FOLDER + "\\"
    said = run(lab, rf'{FOLDER}\python.exe -c "import sys, pip; print(sys.prefix)"')
    assert (said.errors, said.lines) == ("", [FOLDER])
    assert lab.path(rf"{FOLDER}\Scripts\pip.exe").is_file()
    assert lab.keys.get(CORE, "DisplayName") == f"Python {python.FULL_VERSION} (64-bit)"
    assert lab.keys.get(CORE, "SysArchitecture") == "64bit"
    assert bundles(lab) == [f"Python {python.FULL_VERSION} (64-bit)"]
    assert log(lab).endswith("]i007: Exit code: 0x0, restarting: No\r\n")


def test_again(lab: Lab) -> None:
    """It stays where it is, and is not looked at; a repair puts back what is missing."""
    assert setup(lab, ALL).code == 0
    lab.path(rf"{FOLDER}\python.exe").unlink()

    assert setup(lab, ALL.replace(FOLDER, OTHER)).code == 0
    assert installed(lab) == FOLDER + "\\"
    assert not lab.path(OTHER).exists()
    assert not lab.path(rf"{FOLDER}\python.exe").exists()

    assert setup(lab, f"/repair {ALL}").code == 0
    assert lab.path(rf"{FOLDER}\python.exe").is_file()


def test_another_version_of_the_same_two_numbers(lab: Lab) -> None:
    """An older one is updated in its place; a newer one stays, by exit code 1638."""
    assert setup(lab, ALL, version=OLDER).code == 0
    lab.keys.set(CORE, "Version", OLDER)
    assert setup(lab, ALL.replace(FOLDER, OTHER)).code == 0
    assert installed(lab) == FOLDER + "\\"
    assert lab.keys.get(CORE, "Version") == python.FULL_VERSION

    refused = setup(lab, f"{ALL} /log {LOG}", version=OLDER)

    assert refused.code == 1638
    assert "]e000: Error 0x80070666: A newer version of Python" in log(lab)
    assert lab.keys.get(CORE, "Version") == python.FULL_VERSION


def test_a_failure(lab: Lab) -> None:
    """Exit code 1603; nothing is there afterwards, and the log says which step it was."""
    failed = setup(lab, f"{ALL} /log {LOG}", outcome=1603)

    assert failed.code == 1603
    assert "]e000: Error 0x80070643: Failed to install MSI package.\r\n" in log(lab)
    assert installed(lab) is None
    assert not lab.path(FOLDER).exists()
    assert setup(lab, ALL.replace(FOLDER, r"Q:\python")).code == 1603


def test_a_restart(lab: Lab) -> None:
    """Exit code 3010 where the package says so, or where Python runs."""
    assert setup(lab, ALL, outcome=3010).code == 3010
    assert installed(lab) == FOLDER + "\\"

    line = rf'{FOLDER}\python.exe -c "print(1, flush=True); input()"'
    process = Machine(lab).start(line, codepage=65001)
    try:
        assert process.stdout is not None
        process.stdout.readline()
        assert setup(lab, f"/repair {ALL}").code == 3010
    finally:
        process.kill()
        process.communicate()


def test_who_may_not(lab: Lab) -> None:
    """An ordinary user would be asked for an administrator, and nobody is there to answer."""
    new_user(lab, "ordinary")

    assert setup(lab, ALL, user="ordinary").code == 1602
    assert installed(lab) is None


def test_defaults(lab: Lab) -> None:
    r"""Without a folder it is C:\Program Files\Python311; unknown words are passed over."""
    name = "Python" + python.VERSION.replace(".", "")

    assert setup(lab, f"-QUIET InstallAllUsers=1 PrependPath=1 unknown /Log {LOG}").code == 0
    assert installed(lab) == rf"C:\Program Files\{name}" + "\\"
    assert "Ignoring unknown argument: unknown" in log(lab)
    assert run(lab, "python.exe -V").lines == [f"Python {python.FULL_VERSION}"]


def test_without_pip(lab: Lab) -> None:
    """Include_pip=0."""
    assert setup(lab, f"{ALL} Include_pip=0").code == 0
    assert not lab.path(rf"{FOLDER}\Scripts\pip.exe").exists()


def test_uninstall(lab: Lab) -> None:
    """What others have put there stays."""
    assert setup(lab, ALL).code == 0
    mine = lab.path(rf"{FOLDER}\Lib\site-packages\mine.py")
    mine.touch()

    assert setup(lab, "/uninstall /quiet InstallAllUsers=1").code == 0
    assert installed(lab) is None
    assert bundles(lab) == []
    assert not lab.path(rf"{FOLDER}\python.exe").exists()
    assert mine.is_file()


def test_a_window(lab: Lab, tmp_path: Path) -> None:
    """Without /quiet it waits for somebody."""
    file = python.installer(lab.path("D:\\"))
    process = Machine(lab).start(rf"D:\{file.name} InstallAllUsers=1")
    try:
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(0.5)
    finally:
        process.kill()
        process.communicate()


def test_a_version_that_this_machine_has_not() -> None:
    """There is nothing that it could install."""
    with pytest.raises(ValueError, match=r"not 2\.7\.18"):
        python.installer(Path(), version="2.7.18")
