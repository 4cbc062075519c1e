"""Files of the control machine that arguments of operations name."""

from __future__ import annotations

import hashlib
from pathlib import Path

from pyinfra import state
from pyinfra.api import OperationValueError

from winfra.messages.operations import LOCAL_SOURCE_MISSING
from winfra.messages.service_host import LOCAL_FOLDER_MISSING


def local_path(path: str | Path, add_deploy_dir: bool = True) -> Path:
    """The path, which may be relative to the folder of the deploy."""
    return Path(state.cwd, path) if add_deploy_dir and state.cwd else Path(path)


def existing(path: Path, argument: str = "src") -> Path:
    if not path.is_file():
        raise OperationValueError(LOCAL_SOURCE_MISSING.text(argument=argument, path=path))
    return path


def folder_digest(folder: Path) -> str:
    """What the names and contents of the files in a folder come to; what Python compiles does not count."""
    if not folder.is_dir():
        raise OperationValueError(LOCAL_FOLDER_MISSING.text(path=folder))
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.suffix != ".pyc")
    digest = hashlib.sha256()
    for file in files:
        digest.update(f"{file.relative_to(folder).as_posix()}\n".encode())
        digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()
