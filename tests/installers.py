"""Installers that only say that they have run: for what tests want of their exit codes and logs."""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path
from typing import Any

from winfra.lab.bare import write_executable
from winfra.lab.state import Lab

NOTED = r"D:\installer.json"
"""Where such an installer notes its arguments and its environment."""
_PROGRAM = """#!{python} -IS
# What comes without Linux's permissions gets them by this mark: winfra.lab.programs.native .
import json, os, pathlib, sys

def real(path):
    return pathlib.Path(os.environ["WINFRA_LAB"], "drives", path[0], *path[3:].split("\\\\"))

real({noted!r}).write_text(json.dumps([sys.argv[1:], dict(os.environ)]))
if {log!r} is not None:
    real(sys.argv[sys.argv.index("/log") + 1]).write_text({log!r})
for option, path in {keeps!r}.items():
    real(path).write_bytes(real(sys.argv[sys.argv.index(option) + 1]).read_bytes())
sys.stderr.write({says!r})
for path, text in {files!r}.items():
    real(path).parent.mkdir(parents=True, exist_ok=True)
    real(path).write_text(text)
    real(path).chmod(0o755)
if {code} > 255:
    pathlib.Path(os.environ["WINFRA_LAB"], "run", f"exit-{{os.getpid()}}").write_text("{code}")
os._exit({code} % 256)
"""


def installer(
    folder: Path,
    name: str,
    code: int = 0,
    *,
    log: str | None = None,
    says: str = "",
    files: dict[str, str] | None = None,
    keeps: dict[str, str] | None = None,
) -> dict[str, Any]:
    """An installer, as arguments of the operation: it ends with this exit code.

    + log: what it writes into the file after ``/log``
    + says: what it writes to its error output
    + files: what it makes on the machine
    + keeps: where it keeps copies of files that follow an option
    """
    file = folder / name
    text = program(code, log=log, says=says, files=files, keeps=keeps)
    write_executable(file, text)
    return {"src": str(file), "sha256": hashlib.sha256(file.read_bytes()).hexdigest()}


def program(
    code: int = 0,
    *,
    log: str | None = None,
    says: str = "",
    files: dict[str, str] | None = None,
    keeps: dict[str, str] | None = None,
) -> str:
    """The text of such a program, see ``installer``."""
    values: dict[str, Any] = {
        "python": sys.executable,
        "noted": NOTED,
        "log": log,
        "files": files or {},
    }
    values |= {"says": says, "keeps": keeps or {}}
    return _PROGRAM.format(code=code, **values)


def given(lab: Lab) -> list[str]:
    """The arguments that the last installer got."""
    found: list[str] = json.loads(lab.path(NOTED).read_text())[0]
    return found


def variables(lab: Lab) -> dict[str, str]:
    """The environment that the last installer got."""
    found: dict[str, str] = json.loads(lab.path(NOTED).read_text())[1]
    return found
