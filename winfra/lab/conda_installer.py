"""Miniforge3-VERSION-Windows-x86_64.exe: made by constructor with NSIS, whose options those are.

/S and /D are told apart by case; /D is the last, and everything behind it is the folder. What it does
not like it says in a window, or with /S by its exit code alone.
"""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from pathlib import Path

from winfra.lab import conda, console
from winfra.lab.paths import is_windows, to_real
from winfra.lab.pgsql import distribution, rights
from winfra.lab.python import FULL_VERSION, VERSION
from winfra.lab.registry import Registry

ABORTED = 2
"""What an installer of NSIS ends with where its script gives up."""
UNINSTALL = r"SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall"
_UNFIT = set("^%!=,()\"'")


def main(argv: Sequence[str]) -> int:
    _, _, *given = argv
    words, folder = _taken_apart(given)
    while "/S" not in words:
        time.sleep(60)  # its window waits for somebody
    lab = console.lab()
    options = dict(word[1:].split("=", 1) for word in words if "=" in word)
    for_all = options.get("InstallationType", "JustMe") == "AllUsers"
    if for_all and not rights.own(lab).elevated:
        return ABORTED
    if folder is None or not is_windows(folder):
        place = r"C:\ProgramData" if for_all else os.environ["USERPROFILE"]
        folder = rf"{place}\miniforge3"
    if _refuses(lab, folder):
        return ABORTED
    _install(lab, folder.rstrip("\\"), options, for_all=for_all)
    return 0


def _taken_apart(given: Sequence[str]) -> tuple[list[str], str | None]:
    """Options, and the folder; an argument that holds a space was in quotes, and is no /D."""
    for number, word in enumerate(given):
        if word.startswith("/D=") and " " not in word:
            return [*given[:number]], " ".join(given[number:])[3:]
    return [*given], None


def _refuses(lab: Path, folder: str) -> bool:
    """A folder with a space or a letter that conda cannot do with, or with something in it."""
    if " " in folder or not folder.isascii() or _UNFIT & set(folder):
        return True
    real = to_real(lab, folder)
    if not (lab / "drives" / folder[0].upper()).is_dir():
        return True
    return real.is_dir() and any(real.iterdir())


def _install(lab: Path, folder: str, options: dict[str, str], *, for_all: bool) -> None:
    real = to_real(lab, folder)
    conda.put(lab, folder, conda.PACKAGES, f"constructor: {conda.file_name()}")
    cache = real / "pkgs"
    conda.fill_cache(cache)
    if options.get("KeepPkgCache", "1") != "1":
        for archive in cache.glob("*.conda"):
            archive.unlink()
    (cache / "urls.txt").write_text("".join(f"{one.url}\n" for one in conda.PACKAGES))
    (real / "envs").mkdir(exist_ok=True)
    for path in (r"Scripts\conda.exe", "_conda.exe"):
        file = to_real(lab, rf"{folder}\{path}")
        file.write_bytes(distribution.program("winfra.lab.conda_program", path.rpartition("\\")[2]))
        file.chmod(0o755)
    (real / "Uninstall-Miniforge3.exe").write_bytes(b"Miniforge's uninstaller\r\n")
    (real / ".condarc").write_text("channels:\n  - conda-forge\n")
    if not for_all:
        (real / ".nonadmin").touch()
    hive = "HKLM" if for_all else "HKCU"
    title = f"Miniforge3 {conda.RELEASE} (Python {FULL_VERSION} 64-bit)"
    keys = Registry(lab / "registry")
    for name, value in {
        "DisplayName": title,
        "DisplayVersion": conda.RELEASE,
        "Publisher": "conda-forge",
        "InstallLocation": folder,
        "UninstallString": rf'"{folder}\Uninstall-Miniforge3.exe"',
    }.items():
        keys.set(rf"{hive}\{UNINSTALL}\{title}", name, value)
    if options.get("RegisterPython", "0") == "1":
        core = rf"{hive}\SOFTWARE\Python\PythonCore\{VERSION}\InstallPath"
        keys.set(core, "", folder)
        keys.set(core, "ExecutablePath", rf"{folder}\python.exe")
