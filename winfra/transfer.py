"""Files to the host and from it: whole or not at all, in bounded memory, verified."""

from __future__ import annotations

import hashlib
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import IOBase, TextIOBase
from pathlib import Path
from typing import IO, Any, cast

from winfra.messages import files as messages
from winfra.script import Script
from winfra.session import Content, Session, SessionError

BLOCK = 1 << 20
WORTH_ASKING = 65536
"""Bytes from which on it is cheaper to ask for a hash than to send."""
PATIENCE = 30
"""Seconds to wait for a destination in use: a scanner or a reader holds a file for moments."""
Progress = Callable[[int, int], None]


def put(
    session: Session, source: str | IOBase, path: str, timeout: float | None, progress: Progress
) -> None:
    """Write a local file, or what can be read from an open one, to a path on the host."""
    with _opened(source) as stream:
        length, digest = _measure(stream)
        if length >= WORTH_ASKING and _has(session, path, length, digest):
            return
        stream.seek(0)
        content = Content(cast(IO[bytes], _Counted(stream, length, progress)), length)
        values = {"Path": path, "Length": length, "Sha256": digest, "Patience": PATIENCE}
        script = Script("put_file", **values)
        try:
            session.ask(script, content=content, timeout=timeout)
        except EOFError as error:
            raise SessionError(messages.LOCAL_FILE, path=path, reason=str(error)) from error


def get(
    session: Session,
    path: str,
    destination: str | IOBase,
    timeout: float | None,
    progress: Progress,
) -> None:
    """Write a file of the host to a local path, or into an open file."""
    with _written(destination) as stream:
        digest = hashlib.sha256()
        received = 0

        def listener(kind: str, data: bytes) -> None:
            nonlocal received
            if kind == "C":
                digest.update(data)
                stream.write(data)
                received += len(data)
                progress(received, 0)

        answer = session.ask(Script("read_file", Path=path), listener=listener, timeout=timeout)
        if answer["Sha256"] != digest.hexdigest():
            values = {"Path": path, "Expected": answer["Sha256"], "Found": digest.hexdigest()}
            raise SessionError(messages.CONTENT_DAMAGED, **values)


class Meter:
    """Says how far a transfer is: every five seconds, so that a quick one says nothing.

    + say: takes a sentence
    """

    def __init__(self, name: str, say: Callable[[str], None]) -> None:
        self._name = name
        self._say = say
        self._next = time.monotonic() + 5

    def __call__(self, done: int, length: int) -> None:
        if time.monotonic() < self._next:
            return
        self._next = time.monotonic() + 5
        of = f" of {length / BLOCK:.0f}" if length else ""
        self._say(f"{self._name}: {done / BLOCK:.0f}{of} MiB")


class _Counted:
    """A stream whose reader is watched."""

    def __init__(self, stream: IO[bytes], length: int, progress: Progress) -> None:
        self._stream = stream
        self._length = length
        self._progress = progress
        self._done = 0

    def read(self, size: int) -> bytes:
        data = self._stream.read(size)
        self._done += len(data)
        self._progress(self._done, self._length)
        return data

    def seek(self, offset: int) -> int:
        self._done = offset
        return self._stream.seek(offset)


def _has(session: Session, path: str, length: int, digest: str) -> bool:
    found = session.ask(Script("get_file_hash", Path=path, Length=length))
    return bool(found["Sha256"] == digest)


def _measure(stream: IO[bytes]) -> tuple[int, str]:
    length = stream.seek(0, os.SEEK_END)
    stream.seek(0)
    return length, hashlib.file_digest(stream, "sha256").hexdigest()  # type: ignore[arg-type]


@contextmanager
def _opened(source: str | IOBase) -> Iterator[IO[bytes]]:
    if isinstance(source, str):
        with _local_file(source) as stream:
            yield stream
        return
    if not isinstance(source, TextIOBase):
        yield cast(IO[bytes], source)
        return
    with tempfile.TemporaryFile() as spool:
        source.seek(0)
        while text := source.read(BLOCK):
            spool.write(text.encode())
        yield cast(IO[bytes], spool)


@contextmanager
def _written(destination: str | IOBase) -> Iterator[IO[bytes]]:
    """A stream that reaches the destination when all went well, and leaves no trace otherwise."""
    if not isinstance(destination, str):
        with tempfile.TemporaryFile() as stream:
            yield cast(IO[bytes], stream)
            stream.seek(0)
            while data := stream.read(BLOCK):
                text = isinstance(destination, TextIOBase)
                cast(Any, destination).write(data.decode() if text else data)
        return
    try:
        target = Path(destination).resolve()
        number, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name[:40]}.")
    except OSError as error:
        raise _local(destination, error) from error
    try:
        with os.fdopen(number, "wb") as stream:
            yield stream
        _move(name, target)
    finally:
        Path(name).unlink(missing_ok=True)


def _local_file(path: str) -> IO[bytes]:
    try:
        return Path(path).open("rb")
    except OSError as error:
        raise _local(path, error) from error


def _move(name: str, target: Path) -> None:
    """mkstemp makes files for their owner alone; a download gets what a new file would have."""
    try:
        mask = os.umask(0)
        os.umask(mask)
        mode = target.stat().st_mode & 0o777 if target.exists() else 0o666 & ~mask
        Path(name).chmod(mode)
        Path(name).replace(target)
    except OSError as error:
        raise _local(str(target), error) from error


def _local(path: str, error: OSError) -> SessionError:
    return SessionError(messages.LOCAL_FILE, path=path, reason=error.strerror or str(error))
