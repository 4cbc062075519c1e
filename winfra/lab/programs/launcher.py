"""A program of Linux on one of the lab's drives: ``launcher DESCRIPTION ARGUMENT …``.

The description is a JSON file: ``program``, the real path; ``arguments``, put before the user's
own; ``lists``, the variables that hold folders with ``;`` between them.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import NoReturn

from winfra.lab import console
from winfra.lab.paths import is_windows, to_real, translate


def main(argv: list[str]) -> NoReturn:
    description = json.loads(Path(argv[0]).read_text(encoding="utf-8"))
    lab = console.lab()
    given = [translate(lab, argument) for argument in argv[1:]]
    lists = {name.upper() for name in description["lists"]}
    environment = {
        name: _value(lab, value, is_list=name.upper() in lists)
        for name, value in os.environ.items()
    }
    program = description["program"]
    os.execve(program, [program, *description["arguments"], *given], environment)


def _value(lab: Path, value: str, *, is_list: bool) -> str:
    if is_list:
        return ":".join(str(to_real(lab, part)) for part in value.split(";") if is_windows(part))
    return str(to_real(lab, value)) if is_windows(value) else value
