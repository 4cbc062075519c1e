"""Scripts run by the Python of a lab's machine."""

from __future__ import annotations

import json
import textwrap
from typing import Any

from tests.lab.runs import Run, run
from winfra.lab.state import Lab

PYTHON = r"C:\Program Files\Python311\python.exe"
FOLDER = r"D:\scripts"


def install(lab: Lab) -> None:
    if not lab.path(PYTHON).is_file():
        lab.install_python()


def write(lab: Lab, text: str, name: str = "script.py") -> str:
    """Put a script on the drive; its path."""
    file = lab.path(rf"{FOLDER}\{name}")
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(textwrap.dedent(text), encoding="utf-8")
    return rf"{FOLDER}\{name}"


def script(lab: Lab, text: str, arguments: str = "", **options: Any) -> Run:
    """Run a script, isolated as services are."""
    install(lab)
    return run(lab, f'"{PYTHON}" -I {write(lab, text)} {arguments}', **options)


def answer(lab: Lab, text: str, arguments: str = "", **options: Any) -> Any:
    """What a script hands to ``answer(…)``."""
    head = "import json, sys\ndef answer(value): print(json.dumps(value))\n"
    found = script(lab, head + textwrap.dedent(text), arguments, **options)
    assert found.errors == "", found.errors
    return json.loads(found.lines[-1])
