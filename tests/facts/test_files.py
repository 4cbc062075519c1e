"""What facts say of files; the lab's drives are the witness."""

import hashlib
import os
from datetime import UTC, datetime

from tests.trial import Trial
from winfra.facts.files import (
    Directory,
    File,
    FileBytes,
    FileContents,
    Paths,
    Sha256File,
    Sha256Files,
)
from winfra.messages import operations as messages


def test_a_file_is_described(trial: Trial) -> None:
    """Its size, times and attributes."""
    file = trial.lab.path(r"D:\x.txt")
    file.write_bytes(b"12345")
    file.chmod(0o444)
    os.utime(file, (0, 1_700_000_000))

    found = trial.fact(File, path="D:/x.txt")

    assert found["size"] == 5
    assert found["mtime"] == datetime.fromtimestamp(1_700_000_000, UTC)
    assert (found["folder"], found["read_only"], found["link"]) == (False, True, False)
    assert not trial.fact(File, path=r"C:\Windows\System32\cmd.exe")["read_only"]


def test_missing_and_wrong_are_told_apart(trial: Trial) -> None:
    """None and False, as pyinfra's own facts have it."""
    trial.lab.path(r"D:\folder").mkdir()
    trial.lab.path(r"D:\file").write_text("x")

    assert trial.fact(File, path=r"D:\folder") is False
    assert trial.fact(Directory, path=r"D:\file") is False
    assert trial.fact(Directory, path=r"D:\folder")["folder"]
    for missing in (r"D:\x", r"D:\x\y", r"D:\file\x", r"Q:\x"):
        assert trial.fact(File, path=missing) is None
        assert trial.fact(Directory, path=missing) is None


def test_many_paths_are_one_question(trial: Trial) -> None:
    """Each by the name it was asked for."""
    trial.lab.path(r"D:\a").mkdir()
    trial.lab.path(r"D:\[b]").write_text("x")
    exchanges = trial.connector.session.exchanges
    trial.fact(Paths, paths=[r"D:\x"])
    one = trial.connector.session.exchanges - exchanges

    found = trial.fact(Paths, paths=[r"D:\a", r"D:\[b]", r"D:\x"])

    assert trial.connector.session.exchanges - exchanges == 2 * one
    assert {path: entry and entry["folder"] for path, entry in found.items()} == {
        r"D:\a": True,
        r"D:\[b]": False,
        r"D:\x": None,
    }


def test_a_digest_is_of_the_bytes(trial: Trial) -> None:
    """A folder has none."""
    content = os.urandom(3_000_000)
    trial.lab.path(r"D:\x").write_bytes(content)
    expected = hashlib.sha256(content).hexdigest()

    assert trial.fact(Sha256File, path=r"D:\x") == expected
    found = trial.fact(Sha256Files, paths=[r"D:\x", "D:\\", r"Q:\x"])
    assert found == {r"D:\x": expected, "D:\\": None, r"Q:\x": None}


def test_a_content_is_read(trial: Trial) -> None:
    """As bytes or as lines, with or without a byte order mark."""
    for encoding in ("utf-8", "utf-8-sig", "utf-16"):
        content = "é\r\n日\n".encode(encoding)
        trial.lab.path(r"D:\x").write_bytes(content)
        assert trial.fact(FileBytes, path=r"D:\x") == content
        assert trial.fact(FileContents, path=r"D:\x") == ["é", "日"]

    trial.lab.path(r"D:\x").write_bytes(b"\xe9")
    assert trial.fact(FileContents, path=r"D:\x") == ["\ufffd"]
    for missing in (r"D:\y", r"Q:\x"):
        assert trial.fact(FileBytes, path=missing) is None
        assert trial.fact(FileContents, path=missing) is None


def test_a_large_content_is_refused(trial: Trial) -> None:
    """It would have to be held in memory; the sentence names what to use instead."""
    trial.lab.path(r"D:\x").write_bytes(b"12345")

    tried = trial.ask(FileBytes, path=r"D:\x", limit=4)

    assert tried.failed
    assert messages.FILE_TOO_LARGE.text(path=r"D:\x", size=5, limit=4) in tried.output
