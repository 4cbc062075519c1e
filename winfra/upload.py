"""What is to be uploaded: a file of the control machine, or an open one; and its difference."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import IO, Any

from pyinfra import host
from pyinfra.api import OperationTypeError
from pyinfra.api.hiddenvalue import HiddenValue

from winfra.difference import Side, show
from winfra.facts.files import Entry, FileBytes, Sha256File
from winfra.messages.operations import UPLOAD_SOURCE_REFUSED
from winfra.operation import read
from winfra.text import text_of

# A larger text is shown by its size and hash, as other bytes are.
LARGEST_DIFF = 256 * 1024
_PIECE = 1024 * 1024


class UploadSource:
    """One content to upload, measured without holding a large file in memory.

    + src: the path of a file, or an open file; one opened as text is sent as UTF-8
    """

    def __init__(self, src: str | Path | IO[Any]) -> None:
        self._file: Path | IO[bytes]
        if isinstance(src, (str, Path)):
            self._file = Path(src)
            return
        if not hasattr(src, "read"):
            raise OperationTypeError(UPLOAD_SOURCE_REFUSED.text(kind=type(src).__name__))
        src.seek(0)
        self._file = io.BytesIO(src.read().encode()) if isinstance(src.read(0), str) else src

    @property
    def content(self) -> str | IO[bytes]:
        """What pyinfra's ``FileUploadCommand`` takes."""
        return str(self._file) if isinstance(self._file, Path) else self._file

    @property
    def exists(self) -> bool:
        """``False`` for a file that an earlier operation has yet to make."""
        return not isinstance(self._file, Path) or self._file.is_file()

    @cached_property
    def size(self) -> int:
        if isinstance(self._file, Path):
            return self._file.stat().st_size
        return self._file.seek(0, io.SEEK_END)

    @cached_property
    def sha256(self) -> str:
        digest = hashlib.sha256()
        with self._open() as stream:
            while piece := stream.read(_PIECE):
                digest.update(piece)
        return digest.hexdigest()

    def text(self, limit: int) -> str | None:
        """The text it holds; ``None`` when it is not text, or more than ``limit`` bytes."""
        if self.size > limit:
            return None
        with self._open() as stream:
            return text_of(stream.read())

    @contextmanager
    def _open(self) -> Iterator[IO[bytes]]:
        if isinstance(self._file, Path):
            with self._file.open("rb") as stream:
                yield stream
        else:
            self._file.seek(0)
            yield self._file


def show_upload(dest: str, entry: Entry | None, source: UploadSource, sensitive: bool) -> None:
    """Show the difference under ``--diff``; the old content is asked for only then."""
    if host.state.config.DIFF:
        show(f"file {dest}", *_sides(dest, entry, source, sensitive))


def _sides(
    dest: str, entry: Entry | None, source: UploadSource, sensitive: bool
) -> tuple[Side, Side]:
    """Old and new text where both are short texts, else size and hash."""
    if sensitive or not source.exists:
        new = HiddenValue("new") if sensitive else {"content": "not known yet"}
        return (None if entry is None else HiddenValue("old") if sensitive else {}), new
    text = source.text(LARGEST_DIFF)
    if text is not None and entry is None:
        return None, text
    if text is not None and entry is not None and entry["size"] <= LARGEST_DIFF:
        old = text_of(read(FileBytes, path=dest, limit=LARGEST_DIFF) or b"")
        if old is not None:
            return old, text
    current = entry and {"size": entry["size"], "sha256": read(Sha256File, path=dest)}
    return current, {"size": source.size, "sha256": source.sha256}
