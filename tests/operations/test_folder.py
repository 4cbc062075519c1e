"""Whole folders on a lab; its drives are the witness."""

from __future__ import annotations

from pathlib import Path

import pytest
from pyinfra.api import OperationValueError

from tests.trial import Trial, no_host
from winfra.facts.folder import Folder
from winfra.messages import operations as messages, service_host
from winfra.operations import files


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A folder with a file in each of three places, and what is never sent."""
    folder = tmp_path / "source"
    for name in ("a.txt", "b c/[1].txt", "b c/d/é.bin"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(name.encode() * 100)
    (folder / "__pycache__").mkdir()
    (folder / "__pycache__" / "a.pyc").write_text("compiled")
    return folder


def contents(folder: Path) -> dict[str, bytes | None]:
    return {
        str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None
        for path in folder.rglob("*")
    }


def sent(source: Path) -> dict[str, bytes | None]:
    return {name: content for name, content in contents(source).items() if "pyc" not in name}


def test_a_folder_is_sent_once(trial: Trial, source: Path) -> None:
    """With those above it; a dry run shows each file and sends none."""
    wanted = {"src": str(source), "dest": r"D:\x\y"}
    dry = trial.dry(files.sync, **wanted)
    assert dry.will_change
    assert r"Will create folder D:\x\y" in dry.output
    assert r"b c\[1].txt" in dry.output
    assert contents(trial.lab.drive("D")) == {}

    assert trial.run(files.sync, **wanted).changed
    assert contents(trial.lab.path(r"D:\x\y")) == sent(source)
    again = trial.run(files.sync, **wanted)
    assert (again.changed, again.will_change) == (False, False)
    assert rf"noop: D:\x\y is as {source}" in again.output


def test_only_what_differs_is_sent(trial: Trial, source: Path) -> None:
    """Of the same size or not; the other files keep their time."""
    trial.run(files.sync, str(source), r"D:\x")
    kept = trial.lab.path(r"D:\x\a.txt")
    before = kept.stat().st_mtime_ns
    trial.lab.path(r"D:\x\b c\[1].txt").write_bytes(b"B" * 1100)
    trial.lab.path(r"D:\x\b c\d\é.bin").write_bytes(b"short")
    dry = trial.dry(files.sync, str(source), r"D:\x")
    assert r"Will change folder D:\x" in dry.output
    assert "a.txt" not in dry.output
    assert "5 bytes  " in dry.output
    assert trial.run(files.sync, str(source), r"D:\x").changed
    assert contents(trial.lab.path(r"D:\x")) == sent(source)
    assert kept.stat().st_mtime_ns == before


def test_what_is_not_in_the_source_goes_when_asked(trial: Trial, source: Path) -> None:
    """A folder with all that is in it; what is excluded stays, and so does what stands above it."""
    trial.run(files.sync, str(source), r"D:\x")
    folder = trial.lab.path(r"D:\x")
    for name in ("old.txt", "old/deep/x.txt", "b c/old.txt", "made/__pycache__/x.pyc"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("old")

    assert not trial.run(files.sync, str(source), r"D:\x").changed
    dry = trial.dry(files.sync, str(source), r"D:\x", delete=True)
    assert dry.output.count("  ->  -") == 3
    assert (folder / "old.txt").exists()
    assert trial.run(files.sync, str(source), r"D:\x", delete=True).changed
    assert contents(folder) == {
        **sent(source), "made": None, "made/__pycache__": None, "made/__pycache__/x.pyc": b"old",
    }  # fmt: skip
    assert not trial.run(files.sync, str(source), r"D:\x", delete=True).changed


def test_names_are_the_same_in_any_case(trial: Trial, source: Path) -> None:
    """As on Windows, where a second a.txt cannot be."""
    trial.run(files.sync, str(source), r"D:\x")
    trial.lab.path(r"D:\x\a.txt").rename(trial.lab.path(r"D:\x") / "A.TXT")
    assert not trial.run(files.sync, str(source), r"D:\x", delete=True).changed


def test_what_is_in_the_way(trial: Trial, source: Path) -> None:
    """A file where a folder is to be, or the other way about, is never removed unasked."""
    trial.lab.path(r"D:\x\a.txt").mkdir(parents=True)
    refused = trial.run(files.sync, str(source), r"D:\x")
    assert refused.failed
    text = messages.WRONG_KIND.text(
        path=r"D:\x\a.txt", host=trial.host.name, found="folder", wanted="file"
    )
    assert text in refused.output

    trial.lab.path(r"D:\x\a.txt").rmdir()
    trial.lab.path(r"D:\x\b c").write_text("mine")
    assert r"D:\x\b c on @lab/trial is a file" in trial.run(files.sync, str(source), r"D:\x").output
    trial.lab.path(r"D:\y").write_text("mine")
    assert r"D:\y on @lab/trial is a file" in trial.dry(files.sync, str(source), r"D:\y").output


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    """Refused before a host is asked."""
    missing = tmp_path / "none"
    with no_host(), pytest.raises(OperationValueError) as caught:
        list(files.sync._inner(src=str(missing), dest=r"D:\x"))
    assert str(caught.value) == service_host.LOCAL_FOLDER_MISSING.text(path=missing)


def test_the_fact_of_a_folder(trial: Trial, source: Path) -> None:
    """Everything in it by its relative path; None without it, also on a drive that is not there."""
    trial.run(files.sync, str(source), r"D:\x")
    trial.lab.path(r"D:\x\link").symlink_to(trial.lab.path(r"D:\x\b c"))
    found = {
        item["path"]: (item["folder"], item["size"]) for item in trial.fact(Folder, path=r"D:\x")
    }
    assert found == {
        "a.txt": (False, 500),
        "b c": (True, 0),
        r"b c\[1].txt": (False, 1100),
        r"b c\d": (True, 0),
        "b c\\d\\é.bin": (False, 1200),
        "link": (True, 0),
    }
    assert trial.fact(Folder, path=r"D:\x\a.txt") is None
    assert trial.fact(Folder, path=r"D:\none") is None
    assert trial.fact(Folder, path="Q:\\x") is None
