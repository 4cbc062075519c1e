"""pywintypes."""

from __future__ import annotations

from typing import Any

from winfra.lab.win32.errors import Win32Error as error
from winfra.lab.win32.handles import PyHANDLE

HANDLEType = PyHANDLE
TRUE, FALSE = True, False

__all__ = ["FALSE", "HANDLE", "SECURITY_ATTRIBUTES", "TRUE", "HANDLEType", "com_error", "error"]


class com_error(Exception):
    pass


def HANDLE(handle: int = 0, /) -> PyHANDLE:
    return PyHANDLE(handle)


class _SecurityAttributes:
    """PySECURITY_ATTRIBUTES."""

    def __init__(self) -> None:
        self.bInheritHandle: Any = 0
        self.SECURITY_DESCRIPTOR: Any = None


def SECURITY_ATTRIBUTES() -> _SecurityAttributes:
    return _SecurityAttributes()


def check_attributes(attributes: object) -> bool:
    """Does an argument say that the new handle is inherited?"""
    if attributes is None:
        return False
    if not isinstance(attributes, _SecurityAttributes):
        raise TypeError("The object is not a PySECURITY_ATTRIBUTES object")
    return bool(attributes.bInheritHandle)
