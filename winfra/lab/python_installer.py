"""python-VERSION-amd64.exe: python.org's installer, by the options of "Installing Without UI".

Made for one version and one outcome. Whatever its version, what it installs is this machine's Python,
with pywin32: that has wheels for Windows alone, so that no lock for the lab can name it.
"""

from __future__ import annotations

import os
import re
import shutil
import time
import uuid
from collections.abc import Sequence
from pathlib import Path

from winfra.lab import console
from winfra.lab.installation import PENDING_REBOOT_KEYS
from winfra.lab.paths import is_windows, to_real
from winfra.lab.pgsql import rights
from winfra.lab.python import install_python, is_in_use
from winfra.lab.registry import Registry

DONE, CANCELLED, FAILED, OTHER_VERSION, RESTART_NEEDED = 0, 1602, 1603, 1638, 3010
UNINSTALL = r"SOFTWARE\WOW6432Node\Microsoft\Windows\CurrentVersion\Uninstall"
"""The installer itself is a program of 32 bits."""
_BUNDLES = uuid.UUID("5a1c5a3e-3d0c-4f0e-9c1e-1f0c0e6f3a11")
_ACTIONS = {"install", "uninstall", "repair", "modify", "layout"}
_QUIET = {"quiet", "q", "silent", "s", "passive"}
_DEFAULTS = {"InstallAllUsers": "0", "TargetDir": "", "Include_pip": "1", "PrependPath": "0"}
_FILES = (
    "pythonw.exe",
    "python3.dll",
    "python{0}.dll",
    "vcruntime140.dll",
    "LICENSE.txt",
    "NEWS.txt",
)
_ENVIRONMENT = r"HKLM\SYSTEM\CurrentControlSet\Control\Session Manager\Environment"


def main(argv: Sequence[str]) -> int:
    made_for, file, *given = argv
    version, _, outcome = made_for.partition(":")
    setup = _Setup(console.lab(), version, int(outcome or 0), given)
    while not setup.is_quiet:
        time.sleep(60)  # its window waits for somebody
    code = setup.run(Path(file))
    setup.end_log(code)
    return code


class _Setup:
    def __init__(self, lab: Path, version: str, outcome: int, given: Sequence[str]) -> None:
        self._lab = lab
        self._version = version
        self._outcome = outcome
        self._keys = Registry(lab / "registry")
        self._action, self._switches, self._log_file = "install", set[str](), ""
        self._options = dict(_DEFAULTS)
        self._lines: list[str] = []
        self._say(f"i001: Burn v3.14.1.8722, path: {made_of(version)}")
        self._parse(given)

    @property
    def is_quiet(self) -> bool:
        return bool(self._switches & _QUIET)

    def run(self, file: Path) -> int:
        if self._action == "layout":
            return DONE  # there is nothing to fetch
        if self._for_all and not rights.own(self._lab).elevated:
            self._say("e000: Error 0x800704c7: Failed to elevate")
            return CANCELLED
        found = self._found()
        if self._action == "uninstall":
            return self._uninstall(found)
        if found is None and self._action != "install":
            self._say("i299: Plan complete, result: 0x0, nothing to do")
            return DONE
        return self._install(file, found)

    def end_log(self, code: int) -> None:
        result = "0x0" if code in {DONE, RESTART_NEEDED} else f"0x{0x80070000 + code:x}"
        restart = "Yes" if code == RESTART_NEEDED else "No"
        self._say(f"i399: Apply complete, result: {result}, restart: {restart}")
        self._say(f"i007: Exit code: 0x{code:x}, restarting: No")
        path = self._log_file or rf"{os.environ['TEMP']}\{self._title}_{os.getpid()}.log"
        if is_windows(path):
            target = to_real(self._lab, path)
            if target.parent.is_dir():
                text = "".join(f"{line}\n" for line in self._lines)
                target.write_text(text, encoding="utf-8", newline="\r\n")

    @property
    def _title(self) -> str:
        return f"Python {self._version} (64-bit)"

    @property
    def _minor(self) -> str:
        return ".".join(self._version.split(".")[:2])

    @property
    def _for_all(self) -> bool:
        return self._options["InstallAllUsers"] == "1"

    @property
    def _hive(self) -> str:
        return "HKLM" if self._for_all else "HKCU"

    @property
    def _core(self) -> str:
        return rf"{self._hive}\SOFTWARE\Python\PythonCore\{self._minor}"

    @property
    def _bundle(self) -> str:
        return rf"{self._hive}\{UNINSTALL}\{{{uuid.uuid5(_BUNDLES, self._version)}}}"

    def _say(self, line: str) -> None:
        self._lines.append(time.strftime(f"[{os.getpid():04X}:0D50][%Y-%m-%dT%H:%M:%S]") + line)

    def _parse(self, given: Sequence[str]) -> None:
        """Switches in any case; variables, whose names are told apart by it; the rest is ignored."""
        words = iter(given)
        for word in words:
            name, is_variable, value = word.partition("=")
            switch = word[1:].lower() if word[:1] in {"/", "-"} else ""
            if switch in {"log", "l"}:
                self._log_file = next(words, "")
            elif switch in _ACTIONS:
                self._action = switch
            elif switch:
                self._switches.add(switch)
            elif is_variable:
                self._options[name] = value
            else:
                self._say(f"i000: Ignoring unknown argument: {word}")

    def _found(self) -> str | None:
        """The version of these first two numbers that is there already."""
        if self._keys.get(self._core, "SysVersion") is None:
            return None
        return str(self._keys.get(self._core, "Version"))

    def _install(self, file: Path, found: str | None) -> int:
        if found is not None and _numbers(found) > _numbers(self._version):
            self._say(f"i102: Detected related bundle, version: {found}, operation: Downgrade")
            self._say(
                f"e000: Error 0x80070666: A newer version of Python {self._minor} is already installed"
            )
            return OTHER_VERSION
        if found == self._version and self._action == "install":
            return DONE  # it does not look whether the files are still there
        folder = self._folder(found)
        drive = self._lab / "drives" / folder[:1].upper()
        if self._outcome == FAILED or not is_windows(folder) or not drive.is_dir():
            self._say("e000: Error 0x80070643: Failed to install MSI package.")
            self._say("e000: Error 0x80070643: Failed to execute MSI package.")
            return FAILED
        busy = is_in_use(self._lab, folder)
        self._put(folder)
        self._register(file, folder)
        if not busy and self._outcome != RESTART_NEEDED:
            return DONE
        self._keys.set_all(PENDING_REBOOT_KEYS[0], {})
        return RESTART_NEEDED

    def _folder(self, found: str | None) -> str:
        """Where it is: an update or a repair stays there, whatever the command line says."""
        if found is not None:
            return str(self._keys.get(rf"{self._core}\InstallPath", "")).rstrip("\\")
        name = "Python" + self._minor.replace(".", "")
        everybody = os.environ["ProgramFiles"]  # noqa: SIM112 - its case is Windows'
        own = rf"{os.environ['LOCALAPPDATA']}\Programs\Python"
        default = rf"{everybody if self._for_all else own}\{name}"
        return self._options["TargetDir"].rstrip("\\") or default

    def _put(self, folder: str) -> None:
        pip = self._options["Include_pip"] == "1"
        install_python(self._lab, folder, pip=pip, hive=self._hive)
        for name in _FILES:
            file = to_real(self._lab, folder) / name.format(self._minor.replace(".", ""))
            file.write_bytes(f"{name} of Python {self._version}\r\n".encode())
        if self._for_all and self._options["PrependPath"] == "1":
            path = str(self._keys.get(_ENVIRONMENT, "Path") or "")
            new = rf"{folder}\Scripts\;{folder}\;{path}"
            self._keys.set(_ENVIRONMENT, "Path", new, "ExpandString")

    def _register(self, file: Path, folder: str) -> None:
        cache = r"C:\ProgramData" if self._for_all else os.environ["LOCALAPPDATA"]
        kept = (
            rf"{cache}\Package Cache\{self._bundle.rpartition(chr(92))[2]}\{made_of(self._version)}"
        )
        target = to_real(self._lab, kept)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, target)
        for name, value in {
            "DisplayName": self._title,
            "Version": self._version,
            "SupportUrl": "https://www.python.org/",
            "SysArchitecture": "64bit",
        }.items():
            self._keys.set(self._core, name, value)
        self._keys.delete(self._bundle)
        for name, value in {
            "DisplayName": self._title,
            "DisplayVersion": f"{self._version}150.0",
            "Publisher": "Python Software Foundation",
            "BundleCachePath": kept,
            "UninstallString": f'"{kept}"  /uninstall',
            "QuietUninstallString": f'"{kept}" /uninstall /quiet',
        }.items():
            self._keys.set(self._bundle, name, value)
        self._keys.set(rf"{self._core}\InstalledFeatures", "exe", f"{self._version}150.0")

    def _uninstall(self, found: str | None) -> int:
        """What others have put into its folder stays."""
        if found != self._version:
            return DONE
        folder = to_real(self._lab, self._folder(found))
        names = [name.format(self._minor.replace(".", "")) for name in _FILES]
        for name in ("python.exe", *names):
            (folder / name).unlink(missing_ok=True)
        packages = folder / "Lib" / "site-packages"
        for place in (packages / "pip", *packages.glob("pip-*.dist-info")):
            shutil.rmtree(place, ignore_errors=True)
        for program in (folder / "Scripts").glob("pip*.exe"):
            program.unlink()
        self._keys.delete(self._core)
        self._keys.delete(self._bundle)
        return DONE


def made_of(version: str) -> str:
    """The name of the file."""
    return f"python-{version}-amd64.exe"


def _numbers(version: str) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", version)]
