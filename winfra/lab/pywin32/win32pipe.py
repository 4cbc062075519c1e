"""win32pipe: pipes without a name."""

from __future__ import annotations

import array
import fcntl
import os
import termios
from typing import Any

from pywintypes import check_attributes, error

from winfra.lab.win32 import handles
from winfra.lab.win32.handles import File, PyHANDLE

UNICODE = True

__all__ = ["UNICODE", "CreatePipe", "PeekNamedPipe", "error"]


def CreatePipe(sa: Any, nSize: int, /) -> tuple[PyHANDLE, PyHANDLE]:
    inheritable = check_attributes(sa)
    reader, writer = os.pipe()
    return (
        handles.new(File(reader), inheritable=inheritable),
        handles.new(File(writer), inheritable=inheritable),
    )


def PeekNamedPipe(hPipe: Any, size: int, /) -> tuple[bytes, int, int]:
    """How much waits in the pipe; what it is, the lab does not show before it is read."""
    file = handles.find(hPipe, File, "PeekNamedPipe")
    if size:
        raise NotImplementedError("the lab's pipes are not read without taking")
    waiting = array.array("i", [0])
    fcntl.ioctl(file.number, termios.FIONREAD, waiting)
    return b"", waiting[0], 0
