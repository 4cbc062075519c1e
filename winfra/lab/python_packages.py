"""Packages in Python of the lab's Windows: pip as Python brings it, pywin32, and trees made once."""

from __future__ import annotations

import contextlib
import ensurepip
import os
import py_compile
import re
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path

from winfra.lab.windows_python.library import script

PYWIN32 = Path(__file__).with_name("pywin32")
PYWIN32_VERSION = "310"
VERSION = f"{sys.version_info.major}.{sys.version_info.minor}"
_PIP = """\
# -*- coding: utf-8 -*-
import re
import sys
from pip._internal.cli.main import main
if __name__ == '__main__':
    sys.argv[0] = re.sub(r'(-script\\.pyw|\\.exe)?$', '', sys.argv[0])
    sys.exit(main())
"""


def pip_version() -> str:
    """That of the pip which this machine's Python brings."""
    return ensurepip.version()


def install_pip(home: Path, folder: Path) -> None:
    """Install pip as ``ensurepip`` does.

    + home: of the labs; what is made once lies there
    + folder: the interpreter's real one
    """
    made = once(home / ".downloads", f"pip-{VERSION}-{pip_version()}", _make_pip)
    link(made, folder)


def install_pywin32(packages: Path) -> None:
    """Put the lab's pywin32 where pip puts Windows' one."""
    (packages / "pywin32.pth").write_text(f"{PYWIN32}\n", encoding="utf-8")
    information = packages / f"pywin32-{PYWIN32_VERSION}.dist-info"
    information.mkdir(exist_ok=True)
    about = f"Metadata-Version: 2.1\nName: pywin32\nVersion: {PYWIN32_VERSION}\n"
    (information / "METADATA").write_text(about, encoding="utf-8")
    (information / "INSTALLER").write_text("pip\n", encoding="utf-8")
    names = ["METADATA", "INSTALLER", "RECORD"]
    record = "".join(f"{information.name}/{name},,\n" for name in names)
    (information / "RECORD").write_text(f"pywin32.pth,,\n{record}", encoding="utf-8")


def once(place: Path, name: str, make: Callable[[Path], None]) -> Path:
    """A folder that is made where it is not there, and made again where somebody changed a file in it.

    + make: fills an empty folder
    """
    folder = place / name
    note = place / f"{name}.files"
    if folder.is_dir() and note.is_file() and note.read_text() == _seen(folder):
        return folder
    place.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=place) as new:
        target = Path(new, "made")
        target.mkdir()
        make(target)
        # Another run may be faster, or may be linking files of the old one at this moment.
        with contextlib.suppress(OSError):
            folder.rename(Path(new, "old"))
        with contextlib.suppress(OSError):
            target.rename(folder)
    note.write_text(_seen(folder))
    return folder


def link(source: Path, target: Path) -> None:
    """Have the files of one folder in another one, too: the same files, which nobody may write into."""
    target.mkdir(parents=True, exist_ok=True)
    command = ["cp", "--archive", "--force", f"{source}/.", str(target)]
    try:
        subprocess.run([*command, "--link"], check=True, capture_output=True)
    except subprocess.CalledProcessError:  # on another disk
        subprocess.run(command, check=True, capture_output=True)


def _seen(folder: Path) -> str:
    """What of a tree changes when somebody writes into one of its files."""
    lines = []
    for path, _, names in os.walk(folder):
        for name in names:
            status = Path(path, name).lstat()
            lines.append(f"{path[len(str(folder)) :]}/{name} {status.st_size} {status.st_mtime_ns}")
    return "\n".join(sorted(lines))


def _make_pip(folder: Path) -> None:
    packages, scripts = folder / "Lib" / "site-packages", folder / "Scripts"
    packages.mkdir(parents=True)
    scripts.mkdir()
    wheel = Path(ensurepip.__file__).parent / "_bundled" / f"pip-{pip_version()}-py3-none-any.whl"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(packages)
    [information] = packages.glob("pip-*.dist-info")
    (information / "INSTALLER").write_text("pip\n", encoding="utf-8")
    for name in ("pip", "pip3", f"pip{VERSION}"):
        file = scripts / f"{name}.exe"
        file.write_text(script(_PIP), encoding="utf-8")
        file.chmod(0o755)
    for source in packages.rglob("*.py"):
        py_compile.compile(str(source), quiet=2)
    record = information / "RECORD"
    lines = record.read_text(encoding="utf-8")
    more = [f"{information.name}/INSTALLER,,"]
    more += [f"../../Scripts/{file.name},," for file in sorted(scripts.iterdir())]
    more += [f"{file.relative_to(packages)},," for file in sorted(packages.rglob("*.pyc"))]
    record.write_text(re.sub(r"\n*$", "\n", lines) + "\n".join(more) + "\n", encoding="utf-8")
