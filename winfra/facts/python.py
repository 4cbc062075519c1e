"""Facts about Python on the host."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any, TypedDict

from typing_extensions import override

from winfra import interpreter_report
from winfra.fact import WindowsFact
from winfra.path import windows_path
from winfra.script import Script


class InterpreterDict(TypedDict, total=False):
    """See ``Interpreter``; where it does not answer, there is its ``problem`` alone."""

    implementation: str
    version: str
    final: bool
    bits: int
    platform: str
    prefix: str
    base: str
    pip: str | None
    problem: str


class Interpreter(WindowsFact[InterpreterDict | None]):
    r"""
    Returns what the ``python.exe`` in a folder says of itself, or ``None`` where there is none:

    .. code:: python

        {
            "implementation": "cpython",
            "version": "3.12.7",
            "final": True,                 # no alpha, beta or candidate
            "bits": 64,
            "platform": "win-amd64",
            "prefix": "C:\\Program Files\\Python312",
            "base": "C:\\Program Files\\Python312",     # another one: a virtual environment
            "pip": "24.2",                 # None without pip
        }

    Where it does not answer:

    .. code:: python

        {"problem": "exit code 1: …"}

    + folder: the interpreter's
    """

    def command(self, folder: str) -> Script:
        return Script(
            "get_python", Path=rf"{windows_path(folder, 'folder')}\python.exe", Text=_text()
        )

    @override
    def read(self, value: Any) -> InterpreterDict | None:
        if value is None:
            return None
        if value["Problem"] is not None:
            return {"problem": value["Problem"]}
        try:
            found: InterpreterDict = json.loads(value["Answer"])
        except ValueError:
            return {"problem": f"it answers {value['Answer'][:100]!r}"}
        return found


@cache
def _text() -> str:
    return Path(interpreter_report.__file__).read_text(encoding="ascii")
