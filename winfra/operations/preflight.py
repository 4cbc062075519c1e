"""Look at a host before anything on it is changed."""

from __future__ import annotations

import io
import re
import shutil
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from typing import Any

from pyinfra import host
from pyinfra.api import OperationValueError
from pyinfra.api.output import format_text
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from winfra.facts.drives import Drive, Drives
from winfra.facts.preflight import PreflightSession
from winfra.facts.system import System
from winfra.messages import preflight as messages
from winfra.operation import fail, operation, read
from winfra.preflight import Check, Disk, Findings, State, check_all, missing

COLOURS = {State.OK: "green", State.WARNING: "yellow", State.MISSING: "red", State.OPEN: None}


@operation()
def requirements(wanted: Mapping[str, Any]) -> Generator[None]:
    """
    Show in one table what the host has of what the deploy needs; refuse the host that lacks some.

    + wanted: what the checks compare with, by the names that ``winfra.preflight`` gives them

    Nothing is changed on the host. What is missing fails it, so no later operation runs there; a
    warning does not. A section adds checks with ``winfra.preflight.requirement``.

    **Example:**

    .. code:: python

        from tasks.preflight import DEFAULTS
        from winfra.operations import preflight

        preflight.requirements(
            name="The host has what the deploy needs",
            wanted={**DEFAULTS, "data_drives": ["E:"], "data_free_gb": 100},
        )
    """
    for drive in wanted["data_drives"]:
        if not re.fullmatch("[A-Z]:", drive):
            raise OperationValueError(messages.BAD_DRIVE.text(drive=drive))
    checks = check_all(_findings(), wanted)
    lacking = missing(checks)
    if lacking or not _shown_before():
        _show(checks)
    if lacking:
        raise fail(messages.FAILED, host=_name(), names=", ".join(lacking))
    host.noop("the host has what the deploy needs")
    yield from ()


def table(checks: Iterable[Check], width: int) -> list[str]:
    """The lines of the table, at most ``width`` wide, and below it the next steps."""
    checks = list(checks)
    grid = Table(box=SIMPLE_HEAD, header_style="", pad_edge=False, title_style="")
    for title in ("", "requirement", "needed", "found"):
        grid.add_column(title)
    for check in checks:
        grid.add_row(_word(check.state), Text(check.name), Text(check.need), Text(check.found))
    return [*_lines(grid, width), *_steps(checks)]


def _lines(grid: Table, width: int) -> Iterator[str]:
    stream = io.StringIO()
    # Colours come from pyinfra's format_text, which knows whether there is a terminal.
    Console(file=stream, width=width, force_terminal=True, color_system="standard").print(grid)
    return (line.rstrip() for line in stream.getvalue().splitlines() if line.strip())


def _steps(checks: Sequence[Check]) -> Iterator[str]:
    for check in checks:
        if check.remedy:
            yield f"{format_text(check.state.value, COLOURS[check.state])}: {check.remedy}"


def _word(state: State) -> Text:
    colour = COLOURS[state]
    return Text.from_ansi(format_text(state.value, colour) if colour else state.value)


def _show(checks: Sequence[Check]) -> None:
    width = shutil.get_terminal_size(fallback=(130, 24)).columns - len(host.name) - 8
    for line in table(checks, max(width, 72)):
        host.log(line)


def _shown_before() -> bool:
    """Core runs an operation twice when it first looks for changes: the table stands there."""
    return host.state.is_executing and host.state.should_check_for_changes()


def _name() -> str:
    return host.name.rpartition("/")[2]


def _findings() -> Findings:
    system, drives, session = read(System), read(Drives), read(PreflightSession)
    return Findings(
        host=_name(),
        user=session["user"],
        administrator=session["administrator"],
        full_token=session["full_token"],
        windows=system["edition"],
        build=system["build"],
        domain_controller=system["domain_controller"],
        powershell=system["powershell"],
        language_mode=system["language_mode"],
        clock=session["clock"],
        auto_run=session["auto_run"],
        drives={name: _disk(drive) for name, drive in drives.items()},
        reboot=tuple(system["reboot_pending"]),
    )


def _disk(drive: Drive) -> Disk:
    return Disk(drive["kind"], drive["format"], drive["free"], drive["temporary"])
