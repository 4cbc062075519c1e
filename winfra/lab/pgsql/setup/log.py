"""The installer's log in the temporary folder."""

from __future__ import annotations

import os
from pathlib import Path

from winfra.lab.paths import to_real


class Log:
    """Lines of one run; early failures stay in the file that InstallBuilder begins with."""

    def __init__(self, lab: Path, name: str = "install-postgresql.log") -> None:
        self.path = rf"{os.environ['TEMP']}\{name}"
        self._file = to_real(lab, self.path)
        self._file.parent.mkdir(parents=True, exist_ok=True)
        self._lines: list[str] = []

    def write(self, text: str) -> None:
        self._lines += text.splitlines()

    def close(self) -> None:
        self._file.write_text("\n".join([*self._lines, ""]), encoding="utf-8", newline="\r\n")
