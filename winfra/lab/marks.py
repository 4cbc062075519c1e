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
    with contextlib.suppress(OSError):
        found = _MARK.findall(b"\0" + _environment(pid))
        return {name.decode(): os.fsdecode(value) for name, value in found}
    return {}


def _environment(pid: int | str) -> bytes:
    """Linux shows none for the moment in which a process becomes another program (execve)."""
    for _ in range(_LOOKS):
        # Not Path.open, which takes as long again.
        with open(f"/proc/{pid}/environ", "rb") as file:  # noqa: PTH123
            if found := file.read():
                return found
        # Fails for what has none: threads of Linux' own, and processes that have ended.
        os.readlink(f"/proc/{pid}/exe")  # noqa: PTH115  in the lab's Python, Path has Windows' paths
        time.sleep(_PAUSE)
    return b""
