"""What Windows' programs do to text: line ends of two characters, paths with a drive."""

from __future__ import annotations

import os
import re
import subprocess
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from winfra.lab.exit_code import of_signal

END_OF_FILE = b"\x1a"
"""Ctrl-Z ends a text that is read."""
_CHUNK = 65536
_RELATIVE = re.compile(rb"[A-Z]:/[^\"'\n|:]*/(?=[A-Z]:/)")
"""A path with a drive, which a server of Linux takes for one below its own folder."""

Spell = Callable[[bytes], bytes]


def spelling(lab: Path, words: Mapping[str, str] | None = None) -> Spell:
    """A function that puts Windows' paths in the place of real ones.

    + words: further texts to replace
    """
    drives = (lab / "drives").iterdir()
    pairs = [(f"{drive}/", f"{drive.name}:/") for drive in drives]
    replaced = [
        (os.fsencode(old), os.fsencode(new)) for old, new in [*pairs, *(words or {}).items()]
    ]

    def spell(line: bytes) -> bytes:
        for old, new in replaced:
            line = line.replace(old, new)
        return _RELATIVE.sub(b"", line)

    return spell


def run(
    command: Sequence[str],
    environment: Mapping[str, str],
    spell: Spell,
    *,
    binary_input: bool = False,
    binary_output: bool = False,
    started: Callable[[int], None] | None = None,
) -> int:
    """Run a program of Linux with this process's pipes as Windows' text; its exit code.

    + binary_input: its standard input is no text
    + binary_output: nor is its standard output
    + started: called with its number
    """
    pipe = subprocess.PIPE
    process = subprocess.Popen(
        command, stdin=pipe, stdout=None if binary_output else pipe, stderr=pipe,
        env=dict(environment),
    )  # fmt: skip
    if started:
        started(process.pid)
    assert process.stdin is not None
    assert process.stderr is not None
    feed = _read_binary if binary_input else _read_text
    threading.Thread(target=feed, args=(process.stdin.fileno(),), daemon=True).start()
    pumps = [threading.Thread(target=_write, args=(process.stderr.fileno(), 2, spell))]
    if process.stdout:
        pumps.append(threading.Thread(target=_write, args=(process.stdout.fileno(), 1, spell)))
    for pump in pumps:
        pump.start()
    code = process.wait()
    for pump in pumps:
        pump.join()
    return of_signal(code) if code < 0 else code


def _write(source: int, target: int, spell: Spell) -> None:
    rest = b""
    while chunk := os.read(source, _CHUNK):
        whole, newline, rest = (rest + chunk).rpartition(b"\n")
        _write_all(target, spell(whole + newline).replace(b"\n", b"\r\n"))
    _write_all(target, spell(rest))


def _write_all(target: int, data: bytes) -> None:
    while data:
        data = data[os.write(target, data) :]


def _read_text(target: int) -> None:
    rest = b""
    try:
        while chunk := os.read(0, _CHUNK):
            text, end, _ = (rest + chunk).partition(END_OF_FILE)
            rest = b"\r" if text.endswith(b"\r") and not end else b""
            _write_all(target, text[: len(text) - len(rest)].replace(b"\r\n", b"\n"))
            if end:
                rest = b""
                break
        _write_all(target, rest)
    except OSError:
        return  # it has read enough
    finally:
        os.close(target)


def _read_binary(target: int) -> None:
    try:
        while chunk := os.read(0, _CHUNK):
            _write_all(target, chunk)
    except OSError:
        return
    finally:
        os.close(target)
