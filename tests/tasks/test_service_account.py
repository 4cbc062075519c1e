"""Section 1: the folders of Prefect's data."""

from __future__ import annotations

from collections.abc import Callable

from tasks.service_account import service_account
from tests.harness import Applied
from winfra.lab.state import Lab

Apply = Callable[..., Applied]
FOLDERS = {"data", "logs", "scripts", "settings", "flows"}


def test_the_folders_are_made_once(lab: Lab, apply: Apply) -> None:
    """The first run makes them, the second finds them."""
    first, second = apply(lab, service_account), apply(lab, service_account)

    assert {path.name for path in lab.path(r"D:\prefect_data").iterdir()} == FOLDERS
    assert (first.changed, second.changed) == (True, False)


def test_they_can_be_elsewhere(lab: Lab, apply: Apply) -> None:
    """The place is the key prefect_data, its missing parents are made."""
    apply(lab, service_account, data={"prefect_data": r"C:\a b\prefect"})

    assert {path.name for path in lab.path(r"C:\a b\prefect").iterdir()} == FOLDERS
    assert not lab.path(r"D:\prefect_data").exists()


def test_a_dry_run_makes_nothing(lab: Lab, apply: Apply) -> None:
    """Prepared on a bare host, every folder is a change to come."""
    before = lab.snapshot()
    applied = apply(lab, service_account, dry=True, diff=True)

    assert applied.will_change
    assert applied.output.count("Will create folder") == 1 + len(FOLDERS)
    assert lab.snapshot() == before
