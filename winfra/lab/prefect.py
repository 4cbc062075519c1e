"""Prefect for a lab's Python: the real one, as pip has installed it from the wheelhouse."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from pathlib import Path

from winfra.lab import python_packages
from winfra.lab.machine import Machine
from winfra.lab.python import FULL_VERSION, VERSION
from winfra.lab.state import Lab

PREFECT = "3.4.25"
LOCK = "requirements.txt"
_PYTHON = r"C:\Program Files\Python"
_FOLDERS = ("Include", "Lib", "Scripts")
"""What pip puts something into: greenlet has a header."""


def wheelhouse(version: str = PREFECT) -> Path:
    """Where ``make wheelhouse`` puts the wheels for labs, under the current folder."""
    tag = "cp" + VERSION.replace(".", "")
    return Path("build", "wheelhouse", f"prefect-{version}-linux-{tag}").absolute()


def is_available(version: str = PREFECT) -> bool:
    """Are there wheels? Without them, what needs Prefect skips."""
    return (wheelhouse(version) / LOCK).is_file()


def install(lab: Lab, python_folder: str, version: str = PREFECT) -> None:
    r"""Have Prefect in an interpreter of the lab, with its packages and their ``Scripts\*.exe``.

    The files are the same ones in all labs: whoever wants to damage one removes it first.

    + python_folder: that of the interpreter
    + version: of the wheelhouse
    """
    folder = lab.path(python_folder)
    python_packages.link(installed(wheelhouse(version)), folder)


def installed(wheels: Path) -> Path:
    """``Lib``, ``Scripts`` and ``Include`` with all packages of a wheelhouse, made once by pip."""
    lock = wheels / LOCK
    if not lock.is_file():
        raise FileNotFoundError(f"{wheels} is no wheelhouse; make it with `make wheelhouse`")
    about = (FULL_VERSION, python_packages.pip_version(), *_FOLDERS)
    said = lock.read_bytes() + " ".join(about).encode()
    name = f"{wheels.name}-{hashlib.sha256(said).hexdigest()[:12]}"

    def make(target: Path) -> None:
        _install_by_pip(wheels, target)

    return python_packages.once(wheels.parents[1] / "lab", name, make)


def _install_by_pip(wheels: Path, target: Path) -> None:
    """On a machine that is thrown away, whose interpreter has nothing but pip."""
    with tempfile.TemporaryDirectory(dir=target.parent) as home:
        lab = Lab("pip", Path(home))
        lab.make()
        lab.install_python(_PYTHON, pywin32=False)
        folder = lab.path(_PYTHON)
        before = {file.relative_to(folder) for file in folder.rglob("*") if not file.is_dir()}
        shutil.copytree(wheels, lab.path(r"D:\wheels"))
        options = "--no-index --no-deps --require-hashes --no-warn-script-location --quiet"
        line = rf"-m pip install {options} --find-links D:\wheels -r D:\wheels\requirements.txt"
        process = Machine(lab).start(f'"{_PYTHON}\\python.exe" {line}', codepage=65001)
        _, errors = process.communicate()
        if process.returncode != 0:
            raise OSError(errors.decode(errors="replace"))
        for path in before:
            (folder / path).unlink()
        for name in _FOLDERS:
            (folder / name).rename(target / name)
