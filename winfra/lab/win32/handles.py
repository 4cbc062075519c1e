"""Handles: numbers of this process for objects of the kernel, and what can be waited for."""

from __future__ import annotations

import contextlib
import errno
import os
import select
import threading
import time
from collections.abc import Sequence
from typing import Any, TypeVar

from winfra.lab.win32.errors import INVALID_HANDLE, INVALID_PARAMETER, error

CURRENT_PROCESS = -1
WAIT_TIMEOUT = 258
MOST_OBJECTS = 64
INFINITE = 0xFFFFFFFF
_LONGEST_PAUSE = 0.01

_T = TypeVar("_T")
_table: dict[int, tuple[KernelObject, bool]] = {}
_lock = threading.RLock()
_next = 0x80


class KernelObject:
    """What a handle stands for; it goes with the last handle to it."""

    handles = 0

    def close(self) -> None:
        """The last handle is closed."""


class Waitable(KernelObject):
    """An object with a state that can be waited for, by a file that can be read then."""

    file = -1

    def take(self) -> bool:
        """Is it signalled? If one wait only gets through, this was it."""
        return bool(select.select([self.file], [], [], 0)[0])

    def give_back(self) -> None:
        """A wait for several objects did not come about after all."""


class Event(Waitable):
    """+ manual: stays signalled until it is reset; otherwise one wait gets through."""

    def __init__(self, *, manual: bool, signalled: bool) -> None:
        self.manual = manual
        self.file = os.eventfd(1 if signalled else 0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)

    def set(self) -> None:
        with _lock:
            if not Waitable.take(self):
                os.eventfd_write(self.file, 1)

    def reset(self) -> None:
        with contextlib.suppress(BlockingIOError):
            os.eventfd_read(self.file)

    def take(self) -> bool:
        if self.manual:
            return super().take()
        try:
            os.eventfd_read(self.file)
        except BlockingIOError:
            return False
        return True

    def give_back(self) -> None:
        if not self.manual:
            self.set()

    def close(self) -> None:
        os.close(self.file)


class File(KernelObject):
    """An open file, or one end of a pipe."""

    def __init__(self, number: int) -> None:
        self.number = number

    def close(self) -> None:
        os.close(self.number)


class PyHANDLE:
    """A handle that is closed with this object."""

    def __init__(self, handle: int = 0) -> None:
        self._handle = handle

    @property
    def handle(self) -> int:
        return self._handle

    def Close(self) -> None:  # noqa: N802 - pywin32's name
        """Close the handle; a second time, nothing."""
        number, self._handle = self._handle, 0
        if number:
            close(number)

    close = Close

    def Detach(self) -> int:  # noqa: N802 - pywin32's name
        number, self._handle = self._handle, 0
        return number

    def __int__(self) -> int:
        return self._handle

    def __bool__(self) -> bool:
        return self._handle != 0

    def __eq__(self, other: object) -> bool:
        return isinstance(other, PyHANDLE) and other.handle == self._handle

    def __hash__(self) -> int:
        return id(self)

    def __str__(self) -> str:
        return f"<PyHANDLE:{self._handle}>"

    __repr__ = __str__

    def __del__(self) -> None:
        with contextlib.suppress(Exception):  # as pywin32, which drops what goes wrong here
            self.Close()


def new(kernel_object: KernelObject, *, inheritable: bool = False) -> PyHANDLE:
    global _next  # noqa: PLW0603 - one table a process
    with _lock:
        _next += 4
        kernel_object.handles += 1
        _table[_next] = kernel_object, inheritable
        return PyHANDLE(_next)


def number(handle: Any) -> int:
    """The number that pywin32 takes a handle, an integer or None for."""
    if handle is None:
        return 0
    if isinstance(handle, (PyHANDLE, int)):
        return int(handle)
    raise TypeError("The object is not a PyHANDLE object")


def find(handle: Any, kind: type[_T], function: str) -> _T:
    """The object behind a handle; error 6 where there is none of this kind."""
    found = _table.get(number(handle))
    if found is None or not isinstance(found[0], kind):
        raise error(INVALID_HANDLE, function)
    return found[0]


def close(handle: int) -> None:
    with _lock:
        found = _table.pop(handle, None)
        if found is None:
            raise error(INVALID_HANDLE, "CloseHandle")
        found[0].handles -= 1
        last = found[0].handles == 0
    if last:
        found[0].close()


def close_all() -> None:
    """As at the end of the process."""
    for handle in list(_table):
        with contextlib.suppress(Exception):
            close(handle)


def set_inheritable(handle: Any, *, inheritable: bool, function: str) -> None:
    kernel_object = find(handle, KernelObject, function)
    _table[number(handle)] = kernel_object, inheritable


def is_inheritable(handle: Any) -> bool:
    found = _table.get(number(handle))
    return found is not None and found[1]


def inheritable_files() -> list[int]:
    return [one.number for one, inherits in _table.values() if inherits and isinstance(one, File)]


def wait(handles: Sequence[Any], *, together: bool, milliseconds: int, function: str) -> int:
    """The index of the first object that is signalled, or ``WAIT_TIMEOUT``."""
    objects = [find(one, Waitable, function) for one in handles]
    numbers = [number(one) for one in handles]
    if not 0 < len(objects) <= MOST_OBJECTS or (together and len({*numbers}) < len(numbers)):
        raise error(INVALID_PARAMETER, function)
    milliseconds &= 0xFFFFFFFF
    forever = milliseconds == INFINITE
    end = time.monotonic() + milliseconds / 1000
    take = _take_all if together else _take_any
    while (index := take(objects)) is None:
        left = None if forever else end - time.monotonic()
        if left is not None and left <= 0:
            return WAIT_TIMEOUT
        _pause(objects, left, together=together)
    return index


def _take_any(objects: list[Waitable]) -> int | None:
    return next((index for index, one in enumerate(objects) if one.take()), None)


def _take_all(objects: list[Waitable]) -> int | None:
    taken: list[Waitable] = []
    for one in objects:
        if not one.take():
            for other in taken:
                other.give_back()
            return None
        taken.append(one)
    return 0


def _pause(objects: list[Waitable], seconds: float | None, *, together: bool) -> None:
    if together:
        # Some are signalled: a poll of all would return at once.
        time.sleep(_LONGEST_PAUSE if seconds is None else min(seconds, _LONGEST_PAUSE))
        return
    poll = select.poll()
    for one in objects:
        poll.register(one.file, select.POLLIN)
    try:
        poll.poll(None if seconds is None else max(1, int(seconds * 1000)))
    except OSError as failure:
        if failure.errno != errno.EBADF:
            raise
