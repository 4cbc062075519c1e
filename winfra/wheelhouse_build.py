"""Building a wheelhouse: pip fetches what a lock names."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pyinfra.api import OperationValueError

from winfra.messages import wheelhouse as messages
from winfra.wheel_lock import PLATFORMS, Target
from winfra.wheel_locks import last_lines
from winfra.wheelhouse import LOCK, Wheelhouse


def build(lock: Path, folder: Path, target: Target) -> bool:
    """
    Make a wheelhouse, all of it or nothing; whether there was anything to do.

    + lock: of the wheels
    + folder: where; one that is there and is not the same is replaced
    + target: the interpreter that is to use it
    """
    if _is_built(lock, folder, target):
        return False
    with _replaced(folder) as new:
        # Any index may be asked: what comes from it has to have the lock's hash.
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-input"]
        command += ["--no-deps", "--require-hashes", "--only-binary", ":all:"]
        command += ["--implementation", "cp", "--python-version", target.python]
        for abi in (target.interpreter, "abi3", "none"):
            command += ["--abi", abi]
        for platform in PLATFORMS[target.platform]:
            command += ["--platform", platform]
        command += ["--dest", str(new), "--requirement", str(lock)]
        done = subprocess.run(command, check=False, capture_output=True, text=True)
        if done.returncode:
            values = {"target": target, "folder": folder, "reason": last_lines(done)}
            raise OperationValueError(messages.DOWNLOAD_FAILED.text(**values))
        shutil.copyfile(lock, new / LOCK)
        Wheelhouse.read(new, target.python, target.platform)
    return True


def _is_built(lock: Path, folder: Path, target: Target) -> bool:
    try:
        there = Wheelhouse.read(folder, target.python, target.platform)
    except OperationValueError:
        return False
    return there.lock.read_bytes() == lock.read_bytes()


@contextmanager
def _replaced(folder: Path) -> Iterator[Path]:
    """A new folder that takes the place of the other when it is complete."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{folder.name}-", dir=folder.parent) as made:
        new = Path(made, "new")
        new.mkdir()
        yield new
        if folder.exists():
            folder.rename(Path(made, "old"))
        new.rename(folder)
