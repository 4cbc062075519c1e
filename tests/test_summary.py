"""What the program pyinfra prints at the end of a run, on a lab."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from winfra.lab.state import Lab

DEPLOY = r"""
from pyinfra import host

from winfra import summary
from winfra.operations import files
from winfra.site import on

summary.of(host.state).put(host, summary.LOGS, r"D:\logs", r"D:\more logs")
if on("server"):
    files.directory(name="1 Folders | One", path=r"D:\one")
    files.directory(name="1 Folders | Two", path=r"D:\two")
    files.directory(name="2 More | Three", path=r"D:\three")
if on("workers"):
    files.directory(name="3 Workers | Four", path=r"D:\four")
"""
Deploy = Callable[..., str]


@pytest.fixture
def deploy(lab: Lab, pyinfra_cli: Callable[..., Any], tmp_path: Path) -> Deploy:
    """The lines after the results, or all of them."""
    (tmp_path / "deploy.py").write_text(DEPLOY)

    def run(inventory: str, *options: str, whole: bool = False) -> str:
        (tmp_path / "inventory.py").write_text(inventory)
        done = pyinfra_cli("inventory.py", "deploy.py", *options, cwd=tmp_path)
        text: str = done.stdout
        return text if whole else text.partition("--> Disconnecting from hosts...\n")[2]

    return run


ONE = 'server = ["@lab/windows"]\n'
TWO = ONE + 'workers = [("@lab/other", {"lab_name": "windows"})]\n'


def test_changes_are_counted_by_section(lab: Lab, deploy: Deploy) -> None:
    """Once, after pyinfra's own results; a dry run has come to nothing."""
    assert "Summary" not in deploy(ONE, "--dry", whole=True)
    assert deploy(ONE, "-y") == (
        "--> Summary:\n"
        "    Changed  3 of 3 operations: 1 Folders, 2 More\n"
        "    Logs     D:\\logs\n"
        "             D:\\more logs\n"
    )
    assert "Changed  nothing of 3 operations" in deploy(ONE, "-y")


def test_where_a_run_has_stopped(lab: Lab, deploy: Deploy) -> None:
    """A run that fails says what it had changed, and where to look."""
    lab.path(r"D:\two").write_text("a file")
    assert deploy(ONE, "-y").startswith(
        "--> Summary:\n"
        "    Changed     1 of 3 operations: 1 Folders\n"
        "    Stopped at  1 Folders | Two\n"
        "    Logs        D:\\logs\n"
    )


def test_hosts_keep_in_step(lab: Lab, deploy: Deploy) -> None:
    """What the workers do begins when the server has done its part; each host has its rows."""
    said = deploy(TWO, "-y", whole=True)
    found = re.findall(r"Starting operation: \d \w+ \| (\w+)", said)
    assert found == ["One", "Two", "Three", "Four"]
    assert re.findall(r"^    (@lab/\w+|Changed.*)$", said.partition("--> Summary:")[2], re.MULTILINE) == [
        "@lab/windows",
        "Changed  3 of 5 operations: 1 Folders, 2 More",
        "@lab/other",
        "Changed  1 of 3 operations: 3 Workers",
    ]  # fmt: skip
