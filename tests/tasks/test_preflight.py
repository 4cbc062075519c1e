"""Preflight on a lab: what it finds out, and what it does about it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from tasks.preflight import DEFAULTS, preflight
from tests.harness import Applied, fact
from winfra.facts.preflight import PreflightSession
from winfra.lab.state import Lab
from winfra.messages import preflight as messages
from winfra.operations.preflight import requirements

Apply = Callable[..., Applied]


def rows(applied: Applied) -> dict[str, str]:
    """The table's lines by what they check."""
    lines = [line.split("] ", 1)[-1] for line in applied.lines]
    cells = [[cell.strip() for cell in line.split("  ") if cell.strip()] for line in lines]
    return {row[1]: row[0] for row in cells if len(row) == 4}


def test_a_bare_host_passes(lab: Lab, apply: Apply) -> None:
    """The lab has all that is asked for, and looking changes nothing."""
    before = lab.snapshot()
    applied = apply(lab, preflight)

    assert (applied.failed, applied.changed) == (False, False)
    assert rows(applied)["account"] == "ok"
    assert lab.snapshot() == before


def test_the_table_is_shown_once(lab: Lab, apply: Apply) -> None:
    """Core asks when it prepares and again when it executes; the user reads one table."""
    shown = [line for line in apply(lab, preflight).lines if " account " in line]

    assert len(shown) == 1


def test_few_exchanges(lab: Lab, apply: Apply) -> None:
    """One process of PowerShell answers all questions."""
    apply(lab, preflight)
    started = [p for p in lab.processes() if "powershell" in str(p).lower()]

    assert len(started) == 1


def test_a_host_that_lacks_something_fails(lab: Lab, apply: Apply) -> None:
    """What is missing fails the host, by the sentence that names it."""
    disks = lab.read_state("disks")
    lab.write_state("disks", [disk | {"FileSystem": "FAT32"} for disk in disks])
    applied = apply(lab, preflight)

    assert applied.failed
    assert rows(applied)["drive D:"] == "missing"
    assert messages.FAILED.text(host="windows", names="drive D:") in applied.output


def test_auto_run_is_a_warning(lab: Lab, apply: Apply) -> None:
    """A command that each cmd.exe runs first is shown with its key, and the deploy goes on."""
    lab.keys.set(r"HKLM\SOFTWARE\Microsoft\Command Processor", "AutoRun", "ver")
    applied = apply(lab, preflight)
    key = r"HKLM\Software\Microsoft\Command Processor"

    assert not applied.failed
    assert rows(applied)["cmd.exe AutoRun"] == "warning"
    assert messages.AUTORUN.text(host="windows", key=key, command="ver") in applied.output


def test_a_filtered_token_is_told_from_an_ordinary_user(lab: Lab, apply: Apply) -> None:
    """Remote UAC leaves an administrator who may open shells for another reason the token of a user."""
    [user] = lab.config.users
    filtered = replace(user, full_token=False, remote_management=True)
    lab.configure(users=(filtered,))
    first = apply(lab, preflight)
    lab.configure(users=(replace(filtered, administrator=False),))
    second = apply(lab, preflight)

    assert messages.FILTERED_TOKEN.text(user=user.name, host="windows") in first.output
    assert messages.NOT_ADMINISTRATOR.text(user=user.name, host="windows") in second.output


def test_the_clock_is_compared_when_it_is_asked(lab: Lab) -> None:
    """Both clocks of a lab are this machine's."""
    assert abs(fact(lab, PreflightSession)["clock"]) < 5


def test_groups_that_cannot_be_had(lab: Lab, apply: Apply) -> None:
    """Where whoami.exe fails, the host fails with its reason; nothing is taken for granted."""
    program = lab.path(r"C:\Windows\System32\whoami.exe")
    program.write_text("#!/bin/sh\necho no such privilege >&2\nexit 1\n")
    applied = apply(lab, preflight)

    assert applied.failed
    assert messages.NO_GROUPS.text(Reason="no such privilege") in applied.output


@pytest.mark.parametrize("drive", ["d:", "D", r"D:\data", ""])
def test_a_drive_is_a_letter_and_a_colon(lab: Lab, apply: Apply, drive: str) -> None:
    """A wrong argument is refused before the host is asked anything."""
    lab.clear_logs()
    wanted: dict[str, Any] = {**DEFAULTS, "data_drives": [drive]}
    applied = apply(lab, requirements, wanted=wanted)

    assert messages.BAD_DRIVE.text(drive=drive) in applied.output
