"""Access lists on a lab; its files in state/access and what they grant are the witness."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from pyinfra.api import OperationValueError

from tests.trial import Trial, no_host
from winfra.access import Entry
from winfra.lab.access import AccessLists
from winfra.lab.sids import service_sid
from winfra.messages import access as messages
from winfra.operations import files

FOLDER = r"D:\prefect_data"
EVERYTHING = "this folder, subfolders and files"
SERVICE = r"NT SERVICE\PrefectServer"
SERVICE_SID = service_sid("PrefectServer")
GUESTS, SYSTEM, ADMINISTRATORS = "S-1-5-32-546", "S-1-5-18", "S-1-5-32-544"
KEPT = [Entry("SYSTEM", "full"), Entry("Administrators", "full")]


def made(trial: Trial, path: str = FOLDER) -> Path:
    """A folder, made as another program makes it."""
    folder = trial.lab.path(path)
    folder.mkdir(parents=True)
    return folder


def own(trial: Trial, path: str = FOLDER) -> list[str]:
    """The entries that a file or folder has of its own, as the lab's state has them."""
    stored = [json.loads(file.read_text()) for file in (trial.lab.state / "access").glob("*.json")]
    return next((list(one["entries"]) for one in stored if one["path"] == path), [])


def change(trial: Trial, entries: list[str], control: str = "AI", path: str = FOLDER) -> None:
    """By hand: the list's own entries are these."""
    lists = AccessLists(trial.lab.folder)
    wanted = lists.dialect.parse(f"D:{control}{''.join(entries)}")
    lists.write_list(trial.lab.path(path), wanted)


def granted(trial: Trial, sid: str, path: str = FOLDER) -> int:
    lists = AccessLists(trial.lab.folder)
    return lists.granted(trial.lab.path(path), lists.of(sid))


@pytest.fixture(autouse=True)
def _no_lists(trial: Trial) -> None:
    """What other tests set has gone with their files; the witness is not to find it."""
    for file in (trial.lab.state / "access").glob("*.json"):
        file.unlink()


def test_an_entry_is_added_once(trial: Trial) -> None:
    """The dry run says so in an administrator's words; below the folder it holds as well."""
    folder = made(trial)
    (folder / "logs").mkdir()
    (folder / "logs" / "x.log").write_text("x")
    wanted: dict[str, Any] = {"path": FOLDER, "entries": [Entry(SERVICE, "modify")]}
    before = trial.lab.snapshot()

    dry = trial.dry(files.access, **wanted)

    assert dry.will_change
    assert rf"Will change access to {FOLDER}" in dry.output
    assert f"{SERVICE} ({SERVICE_SID})  -  ->  modify, {EVERYTHING}" in dry.output
    assert trial.lab.snapshot() == before

    assert trial.run(files.access, **wanted).changed
    assert own(trial) == [f"(A;OICI;0x1301bf;;;{SERVICE_SID})"]
    assert granted(trial, SERVICE_SID, rf"{FOLDER}\logs\x.log") & 0x1301BF == 0x1301BF

    again = trial.run(files.access, **wanted)
    assert (again.changed, again.will_change) == (False, False)
    assert rf"noop: access to {FOLDER} is as wanted" in again.output
