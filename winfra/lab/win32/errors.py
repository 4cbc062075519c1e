"""System errors of Windows, with the texts that FormatMessage has for them."""

from __future__ import annotations

import threading

FILE_NOT_FOUND, PATH_NOT_FOUND, ACCESS_DENIED, INVALID_HANDLE = 2, 3, 5, 6
SHARING_VIOLATION, FILE_EXISTS, INVALID_PARAMETER, BROKEN_PIPE = 32, 80, 87, 109
ALREADY_EXISTS, BAD_EXE_FORMAT, FILENAME_TOO_LONG, NO_DATA = 183, 193, 206, 232
DIRECTORY, SERVICE_NOT_IN_EXE = 267, 1083
_TEXTS = {
    1: "Incorrect function.",
    2: "The system cannot find the file specified.",
    3: "The system cannot find the path specified.",
    5: "Access is denied.",
    6: "The handle is invalid.",
    32: "The process cannot access the file because it is being used by another process.",
    80: "The file exists.",
    87: "The parameter is incorrect.",
    109: "The pipe has been ended.",
    123: "The filename, directory name, or volume label syntax is incorrect.",
    183: "Cannot create a file when that file already exists.",
    193: "%1 is not a valid Win32 application.",
    206: "The filename or extension is too long.",
    232: "The pipe is being closed.",
    267: "The directory name is invalid.",
    1063: "The service process could not connect to the service controller.",
    1083: "The executable program that this service is configured to run in does not implement the "
    "service.",
}


class Win32Error(Exception):
    """``pywintypes.error``: also a tuple of number, function and text, as pywin32's is."""

    def __init__(self, *arguments: object) -> None:
        super().__init__(*arguments)
        padded = [*arguments, None, None, None]
        self.winerror, self.funcname, self.strerror = padded[:3]


Win32Error.__name__ = Win32Error.__qualname__ = "error"
Win32Error.__module__ = "pywintypes"


class _Last(threading.local):
    number = 0


last = _Last()
"""The last error of each thread."""


def error(number: int, function: str) -> Win32Error:
    last.number = number
    return Win32Error(number, function, text(number))


def text(number: int) -> str:
    if number in _TEXTS:
        return _TEXTS[number]
    from winfra.lab.scm.codes import TEXTS

    return TEXTS.get(number, "No error message is available")
