"""Real pip in the lab's Python: where it puts things, what it makes of entry points, what it refuses."""

from __future__ import annotations

import hashlib
import shutil
import zipfile
from pathlib import Path
from typing import Any

import pytest

from tests.files.service_host.hosted import allow
from tests.lab.people import new_user
from tests.lab.python_runs import PYTHON, answer
from tests.lab.runs import Run, run
from winfra.lab import python_packages
from winfra.lab.state import Lab

FOLDER = r"C:\Program Files\Python311"
PACKAGES = rf"{FOLDER}\Lib\site-packages"
WHEELS = r"D:\wheels"
MODULE = (
    "import sys\ndef main():\n    print('hello from', sys.argv, sys.executable)\n    return 7\n"
)


@pytest.fixture
def lab(machine_lab: Lab) -> Lab:
    """A machine with a new Python, and a folder with a wheel that has an entry point."""
    for path in (FOLDER, WHEELS):
        shutil.rmtree(machine_lab.path(path), ignore_errors=True)
    machine_lab.install_python(pywin32=False)
    machine_lab.path(WHEELS).mkdir()
    wheel(machine_lab.path(WHEELS))
    return machine_lab


def wheel(folder: Path, name: str = "example", tag: str = "py3-none-any") -> Path:
    about = f"{name}-1.0.dist-info"
    files = {
        f"{name}.py": MODULE,
        f"{about}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n",
        f"{about}/WHEEL": f"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: {tag}\n",
        f"{about}/entry_points.txt": f"[console_scripts]\nsay-{name} = {name}:main\n",
    }
    record = "".join(f"{path},,\n" for path in (*files, f"{about}/RECORD"))
    file = folder / f"{name}-1.0-{tag}.whl"
    with zipfile.ZipFile(file, "w") as archive:
        for path, text in {**files, f"{about}/RECORD": record}.items():
            archive.writestr(path, text)
    return file


def pip(lab: Lab, line: str, program: str = f'"{PYTHON}" -m pip', **options: Any) -> Run:
    return run(lab, f"{program} --disable-pip-version-check {line}", **options)


def names(lab: Lab, path: str) -> set[str]:
    return {entry.name for entry in lab.path(path).iterdir()}


def test_install_and_uninstall(lab: Lab) -> None:
    r"""Into Lib\site-packages and Scripts, as pip on Windows writes it down; and away again."""
    made = pip(lab, rf"install --no-index --find-links {WHEELS} --no-warn-script-location example")

    assert (made.code, made.errors) == (0, "")
    assert made.lines[-1] == "Successfully installed example-1.0"
    assert {"example.py", "example-1.0.dist-info"} <= names(lab, PACKAGES)
    record = lab.path(rf"{PACKAGES}\example-1.0.dist-info\RECORD").read_text()
    assert "\n../../Scripts/say-example.exe,sha256=" in "\n" + record
    assert "\\" not in record
    said = run(lab, rf'"{FOLDER}\Scripts\say-example.exe" a "b c"')
    assert (said.code, said.errors) == (7, "")
    script = rf"{FOLDER}\Scripts\say-example"
    assert said.lines == [f"hello from {[script, 'a', 'b c']} {PYTHON}"]
    assert pip(lab, "check").lines == ["No broken requirements found."]

    assert pip(lab, "uninstall --yes example").code == 0
    assert "example.py" not in names(lab, PACKAGES)
    assert "say-example.exe" not in names(lab, rf"{FOLDER}\Scripts")


def test_hashes(lab: Lab) -> None:
    """Another file under the same name is refused, and nothing is installed."""
    good = hashlib.sha256(wheel(lab.path(WHEELS)).read_bytes()).hexdigest()
    lock = lab.path(rf"{WHEELS}\requirements.txt")
    options = (
        rf"install --no-index --find-links {WHEELS} --require-hashes -r {WHEELS}\requirements.txt"
    )

    lock.write_text("example==1.0 --hash=sha256:" + "0" * 64)
    refused = pip(lab, options)
    assert refused.code == 1
    assert "THESE PACKAGES DO NOT MATCH THE HASHES" in refused.errors
    assert "example.py" not in names(lab, PACKAGES)

    lock.write_text(f"example==1.0 --hash=sha256:{good}")
    assert pip(lab, options).code == 0


def test_another_platform(lab: Lab) -> None:
    """What is for none of this Python's tags is as if it was not there."""
    wheel(lab.path(WHEELS), "other", "cp299-cp299-win_amd64")

    refused = pip(lab, rf"install --no-index --find-links {WHEELS} other")

    assert refused.code == 1
    assert "No matching distribution found for other" in refused.errors


def test_somebody_without_the_right(lab: Lab) -> None:
    """Who may only read the packages cannot install any."""
    new_user(lab, "other")
    for path in (PACKAGES, rf"{FOLDER}\Scripts"):
        allow(lab, lab.path(path), ("S-1-1-0", "0x1200a9"))

    line = rf"install --no-index --no-user --find-links {WHEELS} example"
    refused = pip(lab, line, user="other")

    assert refused.code == 1
    assert "Permission denied" in refused.errors
    assert "example.py" not in names(lab, PACKAGES)


def test_files_that_steer_it(lab: Lab) -> None:
    r"""pip.ini in ProgramData; nothing of this machine's."""
    file = lab.path(r"C:\ProgramData\pip\pip.ini")
    file.parent.mkdir(exist_ok=True)
    file.write_text(f"[global]\nno-index = true\nfind-links = {WHEELS}\n")

    assert pip(lab, "download --dest D:\\x example").code == 0
    found = pip(lab, "config debug").output
    assert r"C:\ProgramData\pip\pip.ini, exists: True" in found
    assert "/etc" not in found
    file.unlink()


def test_folders(lab: Lab) -> None:
    """Where sysconfig says that things go; temporary files and the home are Windows' ones."""
    found = answer(
        lab,
        """
        import os, pathlib, sysconfig, tempfile
        answer([sysconfig.get_path("purelib"), sysconfig.get_path("scripts"),
                sysconfig.get_default_scheme(), tempfile.gettempdir(), str(pathlib.Path.home()),
                os.path.expanduser("~/x"), os.path.expandvars(r"%SystemRoot%\\y")])
        """,
    )

    assert found == [
        PACKAGES, rf"{FOLDER}\Scripts", "nt", r"C:\Users\deploy\AppData\Local\Temp",
        r"C:\Users\deploy", r"C:\Users\deploy/x", r"C:\Windows\y",
    ]  # fmt: skip


def test_pip_itself(lab: Lab) -> None:
    """It is the one that Python brings, with its programs; without it there is none."""
    version = python_packages.pip_version()
    assert {"pip.exe", "pip3.exe", "pip3.11.exe"} <= names(lab, rf"{FOLDER}\Scripts")
    listed = pip(lab, "list --format=freeze", rf'"{FOLDER}\Scripts\pip.exe"')
    assert listed.lines == [f"pip=={version}"]

    lab.install_python(r"D:\bare", pip=False, pywin32=False)
    bare = run(lab, r"D:\bare\python.exe -m pip --version")
    assert (bare.code, "No module named pip" in bare.errors) == (1, True)


def test_shared_files(lab: Lab, tmp_path: Path) -> None:
    """Who writes into a file that all labs share spoils it for one of them only."""
    place = lab.home / ".downloads"
    [made] = [entry for entry in place.iterdir() if entry.is_dir()]
    file = "Lib/site-packages/pip/__init__.py"
    (made / file).write_text("raise SystemExit('spoilt')")
    other = Lab("other", lab.home)
    other.make()

    other.install_python()

    assert "spoilt" not in (other.path(FOLDER) / file).read_text()
