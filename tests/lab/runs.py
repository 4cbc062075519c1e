"""Command lines run on a lab's machine, without the wire."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Any

from winfra.lab.machine import Machine
from winfra.lab.state import Lab

POWERSHELL = "powershell.exe -NoProfile -InputFormat None"


@dataclass(frozen=True)
class Run:
    """How a process ended and what it wrote."""

    code: int
    raw: bytes
    errors: str

    @property
    def output(self) -> str:
        return self.raw.decode()

    @property
    def lines(self) -> list[str]:
        return self.output.replace("\r\n", "\n").splitlines()


def run(lab: Lab, command_line: str, data: bytes = b"", **options: Any) -> Run:
    """Run a command line, in UTF-8 unless told otherwise, and wait for its end."""
    options.setdefault("codepage", 65001)
    process = Machine(lab).start(command_line, **options)
    raw, errors = process.communicate(data, timeout=60)
    code = process.returncode
    assert code is not None
    return Run(code, raw, errors.decode(errors="replace"))


def encoded(text: str) -> str:
    """A script as -EncodedCommand takes it."""
    return base64.b64encode(text.encode("utf-16-le")).decode()
