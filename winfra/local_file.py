"""Files of the control machine that arguments of operations name."""

from __future__ import annotations

from pathlib import Path

from pyinfra import state
from pyinfra.api import OperationValueError

from winfra.messages.operations import LOCAL_SOURCE_MISSING


def local_path(path: str | Path, add_deploy_dir: bool = True) -> Path:
    """The path, which may be relative to the folder of the deploy."""
    return Path(state.cwd, path) if add_deploy_dir and state.cwd else Path(path)


def existing(path: Path, argument: str = "src") -> Path:
    if not path.is_file():
        raise OperationValueError(LOCAL_SOURCE_MISSING.text(argument=argument, path=path))
    return path
