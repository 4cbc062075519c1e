"""Python on the lab's Windows: a full interpreter, and virtual environments of it."""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
from pathlib import Path
from urllib.parse import quote

from winfra.lab import bare
from winfra.lab.paths import to_real, to_windows
from winfra.lab.program_search import LOGS_ITSELF
from winfra.lab.python_packages import install_pip, install_pywin32
from winfra.lab.registry import Registry

VERSION = f"{sys.version_info.major}.{sys.version_info.minor}"
FULL_VERSION = ".".join(str(part) for part in sys.version_info[:3])
_PACKAGE = Path(__file__).parents[1]
_CORE = rf"SOFTWARE\Python\PythonCore\{VERSION}"
_LONGEST_SHEBANG = 250


def installer(folder: Path, *, version: str = FULL_VERSION, outcome: int = 0) -> Path:
    """Make python.org's installer in a folder.

    + version: the one it says it is for; what it installs is this machine's Python
    + outcome: 1603: a package in it fails; 3010: Windows has to be restarted
    """
    from winfra.lab.pgsql import distribution

    if not version.startswith(f"{VERSION}."):
        raise ValueError(f"this machine's Python is {VERSION}, not {version}")
    file = folder / f"python-{version}-amd64.exe"
    name = f"{version}:{outcome}"
    file.write_bytes(distribution.program("winfra.lab.python_installer", name))
    return file


def install_python(
    lab: Path, path: str, *, pywin32: bool = True, pip: bool = True, hive: str | None = "HKLM"
) -> None:
    """Install this machine's Python as a full interpreter.

    + path: its folder
    + pywin32: with the lab's pywin32 among its packages
    + pip: with the pip that this machine's Python brings
    + hive: HKLM: registered for all users; HKCU: for one; None: not at all
    """
    folder = to_windows(lab, to_real(lab, path)) or path
    home = _interpreter(lab, folder)
    packages = to_real(lab, rf"{folder}\Lib\site-packages")
    packages.mkdir(parents=True, exist_ok=True)
    to_real(lab, rf"{folder}\Scripts").mkdir(exist_ok=True)
    _write_program(to_real(lab, rf"{folder}\python.exe"), [str(home / "bin" / "python")])
    if pip:
        install_pip(lab.parent, to_real(lab, folder))
    if pywin32:
        install_pywin32(packages)
    if hive is None:
        return
    # As PEP 514 has it.
    keys, core = Registry(lab / "registry"), rf"{hive}\{_CORE}"
    keys.set(core, "SysVersion", VERSION)
    keys.set(core, "Version", FULL_VERSION)
    keys.set(rf"{core}\InstallPath", "", folder + "\\")
    keys.set(rf"{core}\InstallPath", "ExecutablePath", rf"{folder}\python.exe")


def is_in_use(lab: Path, folder: str) -> bool:
    """Does any process run this interpreter?"""
    program = str(_home(lab, folder) / "bin" / "python").encode()
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if (process / "cmdline").read_bytes().split(b"\0")[0] == program:
                return True
    return False


def install_virtual_environment(
    lab: Path, path: str, python: str, *, pywin32: bool = False
) -> None:
    r"""Make a virtual environment, whose ``Scripts\python.exe`` starts another process.

    + path: its folder
    + python: the folder of the full interpreter
    """
    folder = to_windows(lab, to_real(lab, path)) or path
    base = to_windows(lab, to_real(lab, python)) or python
    packages = to_real(lab, rf"{folder}\Lib\site-packages")
    packages.mkdir(parents=True, exist_ok=True)
    scripts = to_real(lab, rf"{folder}\Scripts")
    scripts.mkdir(exist_ok=True)
    settings = {
        "home": base,
        "include-system-site-packages": "false",
        "version": FULL_VERSION,
        "executable": rf"{base}\python.exe",
        "command": rf"{base}\python.exe -m venv {folder}",
    }
    text = "".join(f"{name} = {value}\r\n" for name, value in settings.items())
    to_real(lab, rf"{folder}\pyvenv.cfg").write_bytes(text.encode())
    redirector = [
        sys.executable,
        "-ISX",
        "utf8",
        str(bare.LIGHT),
        "winfra.lab.windows_python.redirector",
    ]
    _write_program(scripts / "python.exe", [*redirector, str(lab), rf"{folder}\Scripts\python.exe"])
    if pywin32:
        install_pywin32(packages)


def _home(lab: Path, folder: str) -> Path:
    return lab / "run" / "python" / quote(folder, safe="")


def _interpreter(lab: Path, folder: str) -> Path:
    """A virtual environment of Linux, out of sight: Python reads the options by itself there."""
    home = _home(lab, folder)
    shutil.rmtree(home, ignore_errors=True)
    base = Path(getattr(sys, "_base_executable", sys.executable))
    (home / "bin").mkdir(parents=True)
    (home / "bin" / "python").symlink_to(base)
    (home / "pyvenv.cfg").write_text(f"home = {base.parent}\n", encoding="utf-8")
    packages = home / "lib" / f"python{VERSION}" / "site-packages"
    packages.mkdir(parents=True)
    # The package itself imports pyinfra, which is not to be had in there.
    start = (
        "import sys; p = sys.modules['winfra'] = type(sys)('winfra'); "
        f"p.__path__ = [{str(_PACKAGE)!r}]; "
        f"import winfra.lab.windows_python.start as s; s.main({str(lab)!r}, {folder!r})\n"
    )
    (packages / "lab.pth").write_text(start, encoding="utf-8")
    return home


def _write_program(file: Path, command: list[str]) -> None:
    """An executable that becomes a command, with the arguments and variables that it got.

    Of Python where the kernel can find it: /bin/sh drops variables like ``ProgramFiles(x86)``.
    """
    base = str(getattr(sys, "_base_executable", sys.executable))
    if " " in base or len(base) > _LONGEST_SHEBANG:
        base = os.path.realpath(base)
    text = (
        f"#!{base} -IS\n{LOGS_ITSELF}\nimport posix, sys\n"
        f"posix.execv({command[0]!r}, [*{command!r}, *sys.argv[1:]])\n"
    )
    bare.write_executable(file, text)
