"""The bare machine on disk: its drives, registry and state, made anew or brought up to a new start."""

from __future__ import annotations

import hashlib
import json
import secrets
import shlex
import shutil
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

from winfra.lab import accounts, firewall, installation, rights
from winfra.lab.paths import to_real
from winfra.lab.program_search import NATIVE
from winfra.lab.registry import Data, Kind, Registry

LIGHT = Path(__file__).with_name("light.py")
PROGRAMS = Path(__file__).with_name("programs")
SYSTEM32 = r"C:\Windows\System32"
POWERSHELL = rf"{SYSTEM32}\WindowsPowerShell\v1.0\powershell.exe"
NOT_PROGRAMS = {"launcher", "native"}
CONTENTS = ("drives", "registry", "state", "run", "bin")


def make(lab: Path, host_name: str, users: list[str]) -> None:
    """Make the bare machine; what was there is gone."""
    clear(lab)
    (lab / "run").mkdir(parents=True)
    (lab / "log").mkdir(exist_ok=True)
    _make_drives(lab, users)
    _make_programs(lab)
    _make_registry(Registry(lab / "registry"), host_name)
    firewall.make(lab)
    _make_state(lab / "state", host_name)
    (lab / "run" / "made_by").write_text(maker(), encoding="utf-8")


def maker() -> str:
    """What a machine depends on: the Python that its programs start, and what is put on it."""
    said = [sys.prefix, *(file.name for file in sorted(PROGRAMS.glob("*.py")))]
    digest = hashlib.sha256("\n".join(said).encode())
    for module in (__file__, installation.__file__):
        digest.update(Path(module).read_bytes())
    return digest.hexdigest()


def is_own(lab: Path) -> bool:
    """Was the machine made by this Python and as it is made now? One that is not made yet is."""
    file = lab / "run" / "made_by"
    return not (lab / "state").is_dir() or (file.is_file() and file.read_text() == maker())


def clear(lab: Path) -> None:
    for name in CONTENTS:
        shutil.rmtree(lab / name, ignore_errors=True)


def go_down(lab: Path) -> None:
    """What a shutdown leaves behind: volatile keys are gone, waiting file operations are done."""
    registry = Registry(lab / "registry")
    registry.delete(installation.BOOTED_KEY)
    for key in installation.PENDING_REBOOT_KEYS:
        registry.delete(key)
    registry.remove(installation.SESSION_MANAGER, "PendingFileRenameOperations")


def set_boot_time(lab: Path) -> None:
    """The machine has started now."""
    file = lab / "state" / "system.json"
    system = json.loads(file.read_text(encoding="utf-8"))
    write_state(file, {**system, "boot_time": datetime.now(UTC).isoformat()})
    Registry(lab / "registry").set_all(installation.BOOTED_KEY, {})


def write_state(file: Path, value: object) -> None:
    new = file.with_name(f".{file.name}")
    new.write_text(json.dumps(value, indent=2) + "\n", encoding="utf-8")
    new.replace(file)


def make_profile(lab: Path, user: str) -> None:
    """What the first logon of a user makes."""
    for name in installation.PROFILE_FOLDERS:
        to_real(lab, rf"C:\Users\{user}\{name}").mkdir(parents=True, exist_ok=True)


def install_program(lab: Path, path: str, name: str) -> None:
    """Put an executable on a drive that runs ``programs/NAME.py``."""
    file = to_real(lab, path)
    file.parent.mkdir(parents=True, exist_ok=True)
    write_executable(file, trampoline(name))


def install_linux_program(
    lab: Path, path: str, program: Path, arguments: Sequence[str] = (), lists: Sequence[str] = ()
) -> None:
    """Put an executable on a drive that is a program of Linux, given Linux' paths."""
    description = {"program": str(program), "arguments": [*arguments], "lists": [*lists]}
    folder = lab / "run" / "launchers"
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / (quote(path, safe="") + ".json")
    file.write_text(json.dumps(description), encoding="utf-8")
    executable = to_real(lab, path)
    executable.parent.mkdir(parents=True, exist_ok=True)
    write_executable(executable, trampoline("launcher", str(file), path))


def write_executable(file: Path, text: str) -> None:
    file.write_text(text, encoding="utf-8")
    file.chmod(0o755)


def trampoline(*arguments: str) -> str:
    """A shell script, since a path in a ``#!`` line may be too long or hold spaces."""
    return light(NATIVE, *arguments)


def light(module: str, *arguments: str) -> str:
    # -I and -S: neither PYTHON… variables nor site-packages, which would cost time at each start.
    command = [sys.executable, "-ISX", "utf8", str(LIGHT), module, *arguments]
    return f'#!/bin/sh\nexec {shlex.join(command)} "$@"\n'


def _make_drives(lab: Path, users: list[str]) -> None:
    for path in installation.FOLDERS:
        to_real(lab, path).mkdir(parents=True, exist_ok=True)
    for user in users:
        make_profile(lab, user)
    hosts = to_real(lab, rf"{SYSTEM32}\drivers\etc\hosts")
    hosts.write_bytes(b"# localhost name resolution is handled within DNS itself.\r\n")


def _make_programs(lab: Path) -> None:
    """Each as NAME.exe in System32, and as NAME in ``bin`` for an engine that adds no suffix."""
    (lab / "bin").mkdir(parents=True)
    for name in sorted(file.stem for file in PROGRAMS.glob("*.py")):
        if name not in NOT_PROGRAMS:
            path = POWERSHELL if name == "powershell" else rf"{SYSTEM32}\{name}.exe"
            install_program(lab, path, name)
            write_executable(lab / "bin" / name, trampoline(name))
            if name == "powershell":
                write_executable(lab / "bin" / "powershell.exe", trampoline(name))
    write_executable(lab / "run" / "authority", light("winfra.lab.authority"))


def _make_registry(registry: Registry, host_name: str) -> None:
    for key, values in installation.registry(host_name).items():
        registry.set_all(key, {name: _typed(value) for name, value in values.items()})


def _typed(value: str | int | list[str]) -> tuple[Kind, Data]:
    if isinstance(value, int):
        return "DWord", value
    if isinstance(value, list):
        return "MultiString", value
    return ("ExpandString" if "%" in value else "String"), value


def _make_state(state: Path, host_name: str) -> None:
    state.mkdir(parents=True)
    numbers = "-".join(str(secrets.randbelow(2**32)) for _ in range(3))
    own = {"boot_time": datetime.now(UTC).isoformat(), "machine_sid": f"S-1-5-21-{numbers}"}
    write_state(state / "system.json", own | installation.system(host_name))
    write_state(
        state / "disks.json",
        [installation.disk("C", "", 127, 98), installation.disk("D", "Data", 256, 255)],
    )
    write_state(state / "policy.json", {})  # in no domain
    accounts.make(state.parent)
    rights.make(state.parent)
