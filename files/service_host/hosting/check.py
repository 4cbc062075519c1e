"""One run of a command as a service's account; what came of it goes into a file as JSON."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any

import win32event

from . import events, settings
from .child import Child, reason
from .configuration import Check
from .events import Failure
from .job import WINDOWS_ERROR
from .settings import SettingsError

LARGEST = 1024 * 1024
"""Of the output its end is kept."""


def run(control: Any, check: Check) -> None:
    """Run the command until it ends, the time is over, or the service is stopped."""
    answer = _answer(control, check)
    new = Path(f"{check.output}.new")
    try:
        new.write_text(json.dumps(answer), encoding="utf-8")
        new.replace(check.output)
    except OSError as error:
        raise Failure(events.OUTPUT, f"{check.output} cannot be written: {error}") from error


def _answer(control: Any, check: Check) -> dict[str, Any]:
    """``problem`` where the command could not be started, else its ``exit_code`` and ``output``."""
    output = _Tail()
    try:
        given = settings.parse(settings.load(check.program.settings), check.program.settings)
        given = {**given, **check.environment}
        child = Child(check.program, settings.environment(os.environ, given), output.add)
        child.go()
    except SettingsError as error:
        return {"problem": str(error)}
    except WINDOWS_ERROR as error:
        return {"problem": reason(error, check.program)}
    control.running()
    began = time.monotonic()
    timed_out = _timed_out(control, child, check.seconds)
    code = None if timed_out else child.exit_code()
    child.end()
    return {
        "exit_code": code,
        "timed_out": timed_out,
        "seconds": round(time.monotonic() - began, 3),
        "output": output.text(),
        "lost": output.lost,
    }


def _timed_out(control: Any, child: Child, seconds: float) -> bool:
    answer = win32event.WaitForMultipleObjects(
        [child.process, control.stop], False, int(seconds * 1000)
    )
    return bool(answer != win32event.WAIT_OBJECT_0)


class _Tail:
    """The end of what was written."""

    def __init__(self) -> None:
        self._data = bytearray()
        self.lost = 0

    def add(self, data: bytes) -> None:
        self._data += data
        too_many = len(self._data) - LARGEST
        if too_many > 0:
            del self._data[:too_many]
            self.lost += too_many

    def text(self) -> str:
        return self._data.decode("utf-8", "replace")
