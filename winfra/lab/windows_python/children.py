"""Processes that Python starts by itself: images and folders by Windows' paths, and the lab's marks."""

from __future__ import annotations

import errno
import os
import posix
from collections.abc import Callable, Mapping
from typing import Any

from winfra.lab.windows_python.guard import EXECUTE, Guard
from winfra.lab.windows_python.names import Drives

MARK = "WINFRA_LAB"
spawn = posix.posix_spawn
"""As it is without the lab: environment and files are what its caller says."""


def install(drives: Drives, guard: Guard) -> None:
    import _posixsubprocess

    _posixsubprocess.fork_exec = _fork_exec(_posixsubprocess.fork_exec, drives, guard)
    for name in ("execv", "execve", "posix_spawn"):
        function = _checked(getattr(os, name), drives, guard)
        setattr(os, name, function)
        setattr(posix, name, function)


def marks() -> dict[str, str]:
    """What ties a process to its lab, its account, its jobs and its console."""
    return {name: value for name, value in os.environ.items() if name.startswith(MARK)}


def _fork_exec(original: Callable[..., int], drives: Drives, guard: Guard) -> Callable[..., int]:
    def fork_exec(
        args: Any, executables: Any, close: Any, keep: Any, folder: Any, environment: Any,
        *rest: Any,
    ) -> int:  # fmt: skip
        program = os.fsencode(args[0])
        if program[:1] == program[-1:] == b'"':  # CreateProcess takes the quotes off a command line
            args = [program[1:-1], *args[1:]]
            executables = args[:1]
        executables = [drives.translate(one) for one in executables]
        _check([os.fsdecode(one) for one in executables], drives, guard)
        folder = drives.translate(folder)
        if environment is not None:
            given = {line.partition(b"=")[0] for line in environment}
            more = {os.fsencode(name): os.fsencode(value) for name, value in marks().items()}
            lines = [name + b"=" + value for name, value in more.items() if name not in given]
            environment = [*environment, *lines]
        return original(args, executables, close, keep, folder, environment, *rest)

    return fork_exec


def _checked(original: Callable[..., Any], drives: Drives, guard: Guard) -> Callable[..., Any]:
    def function(path: Any, argv: Any, *rest: Any, **options: Any) -> Any:
        path = drives.translate(path)
        _check([os.fsdecode(path)], drives, guard)
        if rest and isinstance(rest[0], Mapping):
            rest = ({**marks(), **rest[0]}, *rest[1:])
        return original(path, argv, *rest, **options)

    return function


def _check(images: list[str], drives: Drives, guard: Guard) -> None:
    """Of the names that are tried in turn, the first that exists counts."""
    for image in images:
        real = drives.holds(image)
        if real is None:
            return
        if os.path.isfile(real):
            if not guard.may(real, EXECUTE):
                raise PermissionError(errno.EACCES, "Permission denied", drives.spelled(real))
            return
