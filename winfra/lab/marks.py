"""What ties a process to its lab: variables that it and all that it starts are given."""

from __future__ import annotations

import contextlib
import os
import re
import time

_LOOKS, _PAUSE = 20, 0.001
# One search in each environment: every process of the machine is looked at, and some have long ones.
_MARK = re.compile(rb"\0(WINFRA_LAB[^=\0]*)=([^\0]*)")


def of_process(pid: int | str) -> dict[str, str]:
    """Those that a process was started with; none where it has ended or is another user's."""
    # Not Path.open, which takes as long again.
    with contextlib.suppress(OSError), open(f"/proc/{pid}/environ", "rb") as file:  # noqa: PTH123
        found = _MARK.findall(b"\0" + file.read())
        return {name.decode(): os.fsdecode(value) for name, value in found}
    return {}


def of_started(pid: int | str) -> dict[str, str]:
    """Those of one process, which shows none for the moment in which it becomes a program (execve)."""
    for _ in range(_LOOKS):
        if found := of_process(pid):
            return found
        time.sleep(_PAUSE)
    return {}
