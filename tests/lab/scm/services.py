"""Services of tests in a running lab: made, started, watched."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from winfra.lab import json_lines
from winfra.lab.scm import codes
from winfra.lab.scm.client import request
from winfra.lab.scm.codes import ScmError
from winfra.lab.state import Lab

PROGRAM = r"C:\services\service.exe"
CONTROL = r"HKLM\SYSTEM\CurrentControlSet\Control"
PATIENCE = 60.0


def install(lab: Lab) -> None:
    here = Path(__file__).with_name("program.py")
    dispatcher = Path(codes.__file__).with_name("dispatcher.py")
    lab.install(PROGRAM, Path(sys.executable), ["-IS", str(here), str(dispatcher)])


def create(lab: Lab, name: str, does: str = "", **settings: Any) -> None:
    """A service whose program does what the words say."""
    if not lab.path(PROGRAM).is_file():
        install(lab)
    request(lab.folder, "create", name=name, settings={"path": f'"{PROGRAM}" {does}', **settings})


def change(lab: Lab, name: str, **settings: Any) -> None:
    request(lab.folder, "change", name=name, settings=settings)


def start(lab: Lab, name: str, *arguments: str) -> dict[str, Any]:
    found: dict[str, Any] = request(lab.folder, "start", name=name, arguments=[*arguments])
    return found


def control(lab: Lab, name: str, number: int) -> dict[str, Any]:
    found: dict[str, Any] = request(lab.folder, "control", name=name, control=number)
    return found


def running(lab: Lab, name: str, does: str = "", **settings: Any) -> dict[str, Any]:
    """A new service that runs."""
    create(lab, name, does, **settings)
    start(lab, name)
    return wait(lab, name, codes.RUNNING)


def refusal(call: Callable[..., Any], *arguments: Any, **options: Any) -> int:
    """The error code with which a call is refused; 0 where it is not."""
    try:
        call(*arguments, **options)
    except ScmError as error:
        return error.code
    return 0


def wait(lab: Lab, name: str, state: int) -> dict[str, Any]:
    until(lambda: lab.service(name)["state"] == state, f"{name} is not {codes.STATES[state]}")
    return lab.service(name)


def until(is_true: Callable[[], bool], otherwise: str, seconds: float = PATIENCE) -> None:
    end = time.monotonic() + seconds
    while not is_true():
        assert time.monotonic() < end, otherwise
        time.sleep(0.02)


def notes(lab: Lab, name: str, what: str | None = None) -> list[dict[str, Any]]:
    """What the service's program met, by its own hand."""
    found = json_lines.read(lab.path(rf"D:\services\{name}.jsonl"))
    return [one for one in found if what in {None, one["what"]}]


def let_go(lab: Lab, name: str) -> None:
    """The service's program need not wait any longer (``held``)."""
    lab.path(r"D:\services").mkdir(parents=True, exist_ok=True)
    lab.path(rf"D:\services\{name}.go").touch()


def events(lab: Lab, *numbers: int) -> list[tuple[int, list[str]]]:
    """Number and data of the control manager's events; only some numbers where they are given."""
    found = lab.event_log("System")
    return [(one["id"], one["data"]) for one in found if not numbers or one["id"] in numbers]


def lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):  # the latter while it goes
        return False


def left_over(lab: Lab) -> list[int]:
    """The processes of the lab's services that are there."""
    mark = b"WINFRA_LAB_LOGON=service"
    place = f"WINFRA_LAB={lab.folder}".encode()
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            marks = (folder / "environ").read_bytes().split(b"\0")
        except OSError:
            continue
        if mark in marks and place in marks and int(folder.name) != os.getpid():
            found.append(int(folder.name))
    return found
