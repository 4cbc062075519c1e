"""Services of the service host in a running lab: made, started, looked at from outside."""

from __future__ import annotations

import hashlib
import json
import shutil
import struct
import subprocess
from pathlib import Path
from typing import Any

from tests.lab.scm.services import control, left_over, notes, start, until, wait
from winfra.lab import rights
from winfra.lab.access import AccessLists
from winfra.lab.scm import codes
from winfra.lab.scm.client import request
from winfra.lab.state import Lab

__all__ = ["Hosted", "control", "left_over", "notes", "start", "until", "wait"]

SOURCE = Path(__file__).parents[3] / "files" / "service_host"
PYTHON = r"C:\Program Files\Python311\python.exe"
FOLDER = r"D:\services"
HOST = rf"{FOLDER}\service_host"


class Hosted:
    """A lab with Python, the service host and the program of the tests."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        lab.install_python()
        folder = lab.path(HOST)
        shutil.copytree(SOURCE, folder, ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copy(Path(__file__).with_name("program.py"), lab.path(rf"{FOLDER}\program.py"))

    def create(
        self,
        name: str,
        *does: str,
        command: list[str] | None = None,
        scm: dict[str, Any] | None = None,
        **changes: Any,
    ) -> None:
        """A service whose child does what the words say (``program.py``), or is another command."""
        self.configure(name, *does, command=command, **changes)
        self.create_bare(name, **scm or {})

    def create_bare(self, name: str, mode: str = "run", **scm: Any) -> None:
        path = f'"{PYTHON}" -I "{HOST}" {mode} "{FOLDER}\\{name}.json"'
        request(self.lab.folder, "create", name=name, settings={"path": path, **scm})

    def configure(
        self, name: str, *does: str, command: list[str] | None = None, **changes: Any
    ) -> None:
        configuration = {
            "service": name,
            "command": command or [PYTHON, "-u", rf"{FOLDER}\program.py", *does],
            "directory": FOLDER,
            "log": {"path": rf"{FOLDER}\{name}.log"},
            "record": rf"{FOLDER}\{name}.record.json",
            "stop_seconds": 10,
            "restarts": {"count": 0, "seconds": 60},
            **changes,
        }
        self.write(rf"{FOLDER}\{name}.json", json.dumps(configuration))

    def write(self, path: str, text: str) -> Path:
        file = self.lab.path(path)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        return file

    def python(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run Python as an administrator does at a prompt."""
        environment = {"WINFRA_LAB": str(self.lab.folder), "USERNAME": "deploy"}
        command = [str(self.lab.path(PYTHON)), *arguments]
        return subprocess.run(
            command, check=False, capture_output=True, env=environment, text=True, timeout=20
        )

    def run(self, name: str, until_says: str | None = None) -> dict[str, Any]:
        """Start a service until it runs, and until its child has said something."""
        start(self.lab, name)
        found = wait(self.lab, name, codes.RUNNING)
        if until_says is not None:
            self.await_line(name, until_says)
        return found

    def stop(self, name: str) -> dict[str, Any]:
        control(self.lab, name, codes.STOP)
        return wait(self.lab, name, codes.STOPPED)

    def stopped(self, name: str) -> dict[str, Any]:
        """Start a service that ends by itself."""
        start(self.lab, name)
        return wait(self.lab, name, codes.STOPPED)

    def log(self, name: str) -> list[str]:
        """None before the first line, and for the moment in which a full log makes way for the next."""
        try:
            text = self.lab.path(rf"{FOLDER}\{name}.log").read_text(
                encoding="utf-8", errors="replace"
            )
        except FileNotFoundError:
            return []
        return text.splitlines()

    def await_line(self, name: str, text: str) -> None:
        until(
            lambda: any(text in line for line in self.log(name)),
            f"{name} does not say {text!r}: {self.log(name)}",
        )

    def events(self, name: str) -> list[tuple[int, int, str]]:
        """Number, level and text of what the host itself reported to Windows."""
        return [
            (one["id"], one["level"], one["message"])
            for one in self.lab.event_log("Application")
            if one["provider"] == name
        ]

    def numbers(self, name: str) -> list[int]:
        return [number for number, _, _ in self.events(name)]

    def gone(self) -> bool:
        """Has every process of every service ended?"""
        until(lambda: not left_over(self.lab), f"left over: {commands(left_over(self.lab))}")
        return True


def allow(lab: Lab, path: Path, *who: tuple[str, str]) -> None:
    """These rights of SDDL for these SIDs, full control for the machine, nothing for others."""
    lists = AccessLists(lab.folder)
    inherited = "OICI" if path.is_dir() else ""
    entries = [("FA", "SY"), ("FA", "BA"), *((right, sid) for sid, right in who)]
    text = "D:P" + "".join(f"(A;{inherited};{right};;;{sid})" for right, sid in entries)
    lists.write_list(path, lists.dialect.parse(text))


def service_sid(name: str) -> str:
    """S-1-5-80 and the SHA-1 of the upper-case name."""
    parts = struct.unpack("<5I", hashlib.sha1(name.upper().encode("utf-16-le")).digest())  # noqa: S324
    return "-".join(["S-1-5-80", *map(str, parts)])


def let_log_on(lab: Lab, sid: str) -> None:
    """The right to log on as a service, for one more account."""
    right = "SeServiceLogonRight"
    held = rights.read(lab.folder)
    rights.write(lab.folder, {right: [*held.get(right, []), sid]}, "S-1-5-18")


def commands(processes: list[int]) -> list[str]:
    found = []
    for process in processes:
        file = Path(f"/proc/{process}/cmdline")
        if file.exists():
            found.append(file.read_bytes().replace(b"\0", b" ").decode())
    return found


def files_of(process: int) -> int:
    """How many handles a process has."""
    return len(list(Path(f"/proc/{process}/fd").iterdir()))


def threads_of(process: int) -> int:
    return len(list(Path(f"/proc/{process}/task").iterdir()))
