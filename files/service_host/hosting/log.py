r"""A log that never grows beyond a size: ``x.log``, and older ones as ``x.1.log``, ``x.2.log`` and so on

The highest number is the newest, so that nothing but the full log is ever renamed.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import threading
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

Rename = Callable[[Path, Path], object]


def cut(data: bytes, size: int, limit: int, *, line_open: bool) -> int:
    """How much of the data goes into a log of this size before it is full.

    At the end of a line where one ends before the limit; a line that is longer is cut.

    + line_open: the log ends in the middle of a line
    """
    room = limit - size
    if len(data) <= room:
        return len(data)
    end = data.rfind(b"\n", 0, max(room, 0)) + 1
    if end or (size and not line_open):
        return end
    return max(room, 0)


def numbered(names: list[str], stem: str, suffix: str) -> list[int]:
    """The numbers of the older logs, in order."""
    pattern = re.compile(re.escape(stem) + r"\.([0-9]{1,9})" + re.escape(suffix), re.IGNORECASE)
    found = (pattern.fullmatch(name) for name in names)
    return sorted(int(one[1]) for one in found if one)


class RotatingLog:
    """Written to by several threads; what goes wrong is told by ``failure`` and never raised."""

    def __init__(self, path: str, limit: int, keep: int, rename: Rename = os.replace) -> None:
        self._path = Path(path)
        self._limit, self._keep = limit, keep
        self._rename = rename
        self._lock = threading.Lock()
        self._file: BinaryIO | None = None
        self._size = 0
        self._line_open = False
        self._lost = 0
        self.failure: OSError | None = None

    def write(self, data: bytes) -> bool:
        """Append; ``False`` when it could not be written, which is noted once it can be again."""
        with self._lock:
            return self._write(data)

    def write_line(self, line: str) -> bool:
        """Append a line of the host's own, on a line of its own."""
        with self._lock:
            with contextlib.suppress(OSError):
                self._open()
            begin = os.linesep if self._line_open else ""
            return self._write(f"{begin}{line}{os.linesep}".encode("utf-8", "replace"))

    def close(self) -> None:
        with self._lock:
            self._close()

    def _write(self, data: bytes) -> bool:
        written = 0
        try:
            if self._lost:
                self._append(f"[{self._lost} bytes could not be written]{os.linesep}".encode())
                self._lost = 0
            while written < len(data):
                self._open()
                part = cut(data[written:], self._size, self._limit, line_open=self._line_open)
                self._append(data[written : written + part])
                written += part
                if written < len(data):
                    self._rotate()
        except OSError as error:
            self._lost += len(data) - written
            self.failure = error
            self._close()
            return False
        self.failure = None
        return True

    def _open(self) -> BinaryIO:
        if self._file is None:
            # Unbuffered: who follows the log sees a line when it is written.
            self._file = self._path.open("a+b", buffering=0)
            self._size = self._file.seek(0, os.SEEK_END)
            if self._size:
                self._file.seek(-1, os.SEEK_END)
                self._line_open = self._file.read(1) != b"\n"
        return self._file

    def _append(self, data: bytes) -> None:
        if not data:
            return
        file, rest = self._open(), memoryview(data)
        while rest:
            count = file.write(rest)
            self._size += count
            rest = rest[count:]
        self._line_open = data[-1:] != b"\n"

    def _close(self) -> None:
        if self._file is not None:
            with contextlib.suppress(OSError):
                self._file.close()
            self._file = None

    def _rotate(self) -> None:
        """Make room: the full log gets a number, or is copied where its name cannot be changed.

        Windows renames no file that another program holds open without sharing its deletion
        (Get-Content does); its content can be taken away nevertheless.
        """
        self._close()
        try:
            numbers = self._numbers()
            numbers.append(numbers[-1] + 1 if numbers else 1)
            if self._keep:
                self._set_aside(self._older(numbers[-1]))
        except OSError:
            # No room for a copy, or no right to its folder: what is new is worth more.
            numbers = []
        if self._path.exists():
            os.truncate(self._path, 0)
        for number in numbers[: -self._keep or None]:
            # One that somebody reads goes next time.
            with contextlib.suppress(OSError):
                self._older(number).unlink()

    def _numbers(self) -> list[int]:
        names = [entry.name for entry in self._path.parent.iterdir()]
        return numbered(names, self._path.stem, self._path.suffix)

    def _older(self, number: int) -> Path:
        return self._path.with_name(f"{self._path.stem}.{number}{self._path.suffix}")

    def _set_aside(self, older: Path) -> None:
        try:
            self._rename(self._path, older)
        except OSError:
            shutil.copyfile(self._path, older)
