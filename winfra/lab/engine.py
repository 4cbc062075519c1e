"""Where the PowerShell engine is."""

from __future__ import annotations

import importlib
import shutil
from functools import cache
from pathlib import Path

from winfra.messages.lab import NO_ENGINE


@cache
def engine() -> Path:
    """The engine of the package ``powershell-engine``, or a ``pwsh`` 7 on the PATH."""
    try:
        package = importlib.import_module("powershell_engine")
    except ImportError:
        found = shutil.which("pwsh")
        if found is None:
            raise FileNotFoundError(NO_ENGINE.text()) from None
        return Path(found)
    return Path(package.executable())
