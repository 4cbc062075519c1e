"""What programs of PostgreSQL read from a pipe that goes through cmd.exe."""

from __future__ import annotations

import subprocess
from pathlib import Path

from winfra.lab.registry import Registry

KEYS = (
    r"HKLM\SOFTWARE\Microsoft\Command Processor",
    r"HKCU\SOFTWARE\Microsoft\Command Processor",
)


def prints_at_start(lab: Path) -> bool:
    """Does a command in ``AutoRun`` write something? It is taken for the answer of postgres.exe."""
    keys = Registry(lab / "registry")
    commands = [str(found) for key in KEYS if (found := keys.get(key, "AutoRun"))]
    return any(_output(lab, command) for command in commands)


def _output(lab: Path, command: str) -> bytes:
    found = subprocess.run(
        [str(lab / "bin" / "cmd"), "--line", f"cmd.exe /d /c {command}"],
        stdin=subprocess.DEVNULL, capture_output=True, check=False,
    )  # fmt: skip
    return found.stdout.strip()
