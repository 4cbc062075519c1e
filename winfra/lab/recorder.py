"""Every decrypted message, a numbered file each."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Literal


class Recorder:
    """Writes messages into a folder, after those that are there."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._number = -1

    def record(self, kind: Literal["request", "reply"], message: bytes) -> None:
        with self._lock:
            if not self._folder.is_dir():
                self._folder.mkdir(parents=True)
                self._number = 0
            elif self._number < 0:
                self._number = len(list(self._folder.glob("*.xml")))
            self._number += 1
            (self._folder / f"{self._number:06d}.{kind}.xml").write_bytes(message)
