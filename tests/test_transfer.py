"""Files to the host and from it: whole or absent, verified, under any name."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import io
import os
import stat
import subprocess
import threading
import time
from collections.abc import Iterator
from io import IOBase
from pathlib import Path
from typing import Any

import psutil
import pytest

from winfra import transfer
from winfra.lab.endpoint_config import Fault
from winfra.lab.machine import Machine
from winfra.lab.state import Lab
from winfra.messages import files as messages, session as session_messages
from winfra.script import Script
from winfra.session import Content, Session, SessionError
from winfra.settings import META, WinRMData, settings

pytestmark = pytest.mark.lab

MEGABYTE = 1 << 20
LARGE = os.urandom(3 * MEGABYTE)
LONG = "\\".join(["a folder with a long name " + "x" * 60] * 4)
NAMES = [
    r"D:\plain.txt",
    r"D:\with space.txt",
    r"D:\it's.txt",
    r"D:\[a-c]`$x;&.txt",
    r"D:\é.txt",
    r"D:\日本語.txt",
    rf"D:\{LONG}\file.txt",
]


@pytest.fixture(scope="module")
def lab(lab_home: Path) -> Iterator[Lab]:
    lab = Lab("transfer", lab_home)
    lab.start()
    yield lab
    lab.remove()


@pytest.fixture(scope="module")
def _session(lab: Lab) -> Iterator[Session]:
    values: dict[str, Any] = {key: meta.default for key, meta in META.items()}
    data: WinRMData = {**values, **lab.host_data()}  # type: ignore[typeddict-item]
    session = Session("srv1", settings("localhost", data))
    yield session
    session.close()


@pytest.fixture
def session(lab: Lab, _session: Session) -> Iterator[Session]:
    """One session for all tests; nothing of a test's is left on the drive afterwards."""
    yield _session
    lab.configure(faults=(), record=False)
    subprocess.run(["find", str(lab.drive("D")), "-mindepth", "1", "-delete"], check=True)


def put(session: Session, source: str | IOBase | bytes, path: str, progress: Any = None) -> None:
    source = io.BytesIO(source) if isinstance(source, bytes) else source
    transfer.put(session, source, path, None, progress or (lambda *_: None))


def get(session: Session, path: str, target: str | IOBase, progress: Any = None) -> None:
    transfer.get(session, path, target, None, progress or (lambda *_: None))


def refused(session: Session, source: bytes, path: str, progress: Any = None) -> SessionError:
    with pytest.raises(SessionError) as caught:
        put(session, source, path, progress)
    return caught.value


def killing(lab: Lab, times: int = 2) -> Any:
    """A progress that ends the process on the host after the first megabyte.

    The session opens another and begins again, once.
    """
    killed: list[psutil.Process] = []

    def progress(done: int, _length: int) -> None:
        processes = list(Machine(lab).processes())
        if done > MEGABYTE and len(killed) < times and processes[0] not in killed:
            processes[0].kill()
            killed.append(processes[0])

    return progress


def names(folder: Path) -> list[str]:
    return sorted(entry.name for entry in folder.iterdir())


class TestPut:
    """To the host."""

    @pytest.mark.parametrize(
        "content", [b"", b"x", bytes(range(256)) * 3, LARGE], ids=["none", "one", "all", "3 MB"]
    )
    def test_contents(self, lab: Lab, session: Session, content: bytes) -> None:
        """Of any size, byte for byte; nothing else is left in the folder."""
        put(session, content, r"D:\file.bin")

        assert lab.path(r"D:\file.bin").read_bytes() == content
        assert names(lab.drive("D")) == ["file.bin"]

    @pytest.mark.parametrize("path", NAMES, ids=lambda path: path[:20])
    def test_names(self, lab: Lab, session: Session, path: str) -> None:
        """Made, replaced and read back under any name that Windows knows."""
        lab.path(path).parent.mkdir(parents=True, exist_ok=True)
        found = io.BytesIO()

        put(session, b"first", path)
        put(session, b"second", path)
        get(session, path, found)

        assert lab.path(path).read_bytes() == found.getvalue() == b"second"
        assert names(lab.path(path).parent) == [lab.path(path).name]

    def test_sources(self, lab: Lab, session: Session, tmp_path: Path) -> None:
        """A path, an open binary file wherever it stands, a text in UTF-8 without more line ends."""
        local = tmp_path / "it's é.bin"
        local.write_bytes(b"path")
        put(session, str(local), r"D:\path")
        binary = io.BytesIO(b"binary")
        binary.seek(3)
        put(session, binary, r"D:\binary")
        put(session, io.StringIO("é\n日本語\r\n"), r"D:\text")

        found = {name: (lab.drive("D") / name).read_bytes() for name in names(lab.drive("D"))}

        assert found == {"path": b"path", "binary": b"binary", "text": "é\n日本語\r\n".encode()}

    def test_a_local_file_that_is_not_there(self, session: Session) -> None:
        """Its path and the system's own words."""
        with pytest.raises(SessionError) as caught:
            put(session, "/no/such file", r"D:\file")

        assert caught.value.catalogued is messages.LOCAL_FILE
        assert "'/no/such file'" in str(caught.value)
        assert "No such file" in str(caught.value)

    def test_a_local_file_that_becomes_shorter(
        self, lab: Lab, session: Session, tmp_path: Path
    ) -> None:
        """The destination stays as it was, and the next transfer works."""
        lab.path(r"D:\file").write_bytes(b"before")
        local = tmp_path / "log"
        local.write_bytes(LARGE)
        with pytest.raises(SessionError) as caught:
            put(session, str(local), r"D:\file", lambda *_: os.truncate(local, MEGABYTE))

        assert caught.value.catalogued is messages.LOCAL_FILE
        assert "became shorter" in str(caught.value)
        assert lab.path(r"D:\file").read_bytes() == b"before"
        put(session, b"after", r"D:\file")
        assert names(lab.drive("D")) == ["file"]

    def test_what_the_host_has_is_not_sent(self, lab: Lab, session: Session) -> None:
        """Where the size is worth a question: the messages on the wire are small."""
        put(session, LARGE, r"D:\large")
        changed = lab.path(r"D:\large").stat().st_mtime_ns
        lab.configure(record=True)
        before = sent(lab)
        put(session, LARGE, r"D:\large")

        assert sent(lab) - before < 20_000
        assert lab.path(r"D:\large").stat().st_mtime_ns == changed
        put(session, LARGE[::-1], r"D:\large")
        assert sent(lab) - before > len(LARGE)
        assert lab.path(r"D:\large").read_bytes() == LARGE[::-1]

    def test_content_that_is_not_what_was_meant(self, lab: Lab, session: Session) -> None:
        """It is thrown away by its hash; the destination stays as it was."""
        lab.path(r"D:\file").write_bytes(b"before")
        asked = Script("put_file", Path=r"D:\file", Length=5, Sha256="0" * 64)

        with pytest.raises(SessionError) as caught:
            session.ask(asked, content=Content(io.BytesIO(b"wrong"), 5))

        assert caught.value.catalogued is messages.CONTENT_DAMAGED
        assert hashlib.sha256(b"wrong").hexdigest() in str(caught.value)
        assert lab.path(r"D:\file").read_bytes() == b"before"
        assert names(lab.drive("D")) == ["file"]

    def test_a_process_that_is_killed_meanwhile(self, lab: Lab, session: Session) -> None:
        """Another begins again, and clears up what the first one left."""
        put(session, LARGE, r"D:\file", killing(lab, times=1))

        assert lab.path(r"D:\file").read_bytes() == LARGE
        assert names(lab.drive("D")) == ["file"]

    def test_two_processes_that_are_killed_meanwhile(self, lab: Lab, session: Session) -> None:
        """The destination is the old one, whole; the next run clears up and succeeds."""
        lab.path(r"D:\file").write_bytes(b"before")
        error = refused(session, LARGE, r"D:\file", killing(lab))

        assert error.catalogued is session_messages.PROCESS_ENDED
        assert lab.path(r"D:\file").read_bytes() == b"before"
        assert len(names(lab.drive("D"))) == 2
        put(session, LARGE, r"D:\file")
        assert lab.path(r"D:\file").read_bytes() == LARGE
        assert names(lab.drive("D")) == ["file"]

    def test_a_wire_that_is_cut_meanwhile(self, lab: Lab, session: Session) -> None:
        """A destination that was not there is not there; the next run succeeds."""

        def progress(done: int, _length: int) -> None:
            if done > MEGABYTE:
                lab.configure(faults=(Fault("drop", "Send", identity="once"),))

        error = refused(session, LARGE, r"D:\file", progress)

        assert error.catalogued is session_messages.CONNECTION_LOST
        assert not lab.path(r"D:\file").exists()
        put(session, LARGE, r"D:\file")
        assert lab.path(r"D:\file").read_bytes() == LARGE
        assert names(lab.drive("D")) == ["file"]

    def test_what_a_killed_transfer_leaves_is_no_configuration(
        self, lab: Lab, session: Session
    ) -> None:
        """A program that reads all ``*.conf`` of a folder must not find it."""
        refused(session, LARGE, r"D:\server.conf", killing(lab))

        (left,) = names(lab.drive("D"))

        assert left.startswith(".")
        assert not left.endswith(".conf")

    @pytest.mark.parametrize("succeeds", [True, False])
    def test_an_interrupted_replacement_is_repaired(
        self, lab: Lab, session: Session, succeeds: bool
    ) -> None:
        """The old content stands under the backup's name, error 1177: it is not lost."""
        old = next_to(lab, session, r"D:\file", ".old")
        old.write_bytes(b"before")
        digest = hashlib.sha256(b"after").hexdigest() if succeeds else "0" * 64
        asked = Script("put_file", Path=r"D:\file", Length=5, Sha256=digest)
        with contextlib.nullcontext() if succeeds else pytest.raises(SessionError):
            session.ask(asked, content=Content(io.BytesIO(b"after"), 5))

        assert names(lab.drive("D")) == ["file"]
        assert lab.path(r"D:\file").read_bytes() == (b"after" if succeeds else b"before")

    def test_a_backup_that_was_left_behind(self, lab: Lab, session: Session) -> None:
        """Beside a destination that stands it is old, and goes, read-only or not."""
        old = next_to(lab, session, r"D:\file", ".old")
        lab.path(r"D:\file").write_bytes(b"before")
        old.write_bytes(b"older")
        old.chmod(0o444)

        put(session, b"after", r"D:\file")

        assert names(lab.drive("D")) == ["file"]
        assert lab.path(r"D:\file").read_bytes() == b"after"

    def test_a_read_only_destination(self, lab: Lab, session: Session) -> None:
        """It is replaced and stays read-only."""
        file = lab.path(r"D:\file")
        file.write_bytes(b"before")
        file.chmod(0o444)

        put(session, b"after", r"D:\file")

        assert file.read_bytes() == b"after"
        assert not file.stat().st_mode & stat.S_IWUSR
        assert names(lab.drive("D")) == ["file"]

    def test_a_destination_in_use(
        self, lab: Lab, session: Session, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """It is waited for; then the sentence says so, and the old content is whole."""
        monkeypatch.setattr(transfer, "PATIENCE", 1)
        file = lab.path(r"D:\file")
        file.write_bytes(b"before")
        with file.open("rb") as held:
            fcntl.flock(held, fcntl.LOCK_EX)
            error = refused(session, b"after", r"D:\file")

        assert error.catalogued is messages.DESTINATION_IN_USE
        assert r"D:\file has been in use by another program for 1 s" in str(error)
        assert file.read_bytes() == b"before"
        assert names(lab.drive("D")) == ["file"]

    def test_a_destination_in_use_for_a_moment(self, lab: Lab, session: Session) -> None:
        """A scanner's look at it does not fail the transfer."""
        file = lab.path(r"D:\file")
        file.write_bytes(b"before")
        with file.open("rb") as held:
            fcntl.flock(held, fcntl.LOCK_EX)
            release = threading.Timer(0.5, fcntl.flock, (held, fcntl.LOCK_UN))
            release.start()
            put(session, LARGE, r"D:\file")
            release.join()

        assert file.read_bytes() == LARGE

    def test_a_hard_link(self, lab: Lab, session: Session) -> None:
        """The file's other name keeps the old content."""
        lab.path(r"D:\other").write_bytes(b"before")
        lab.path(r"D:\file").hardlink_to(lab.path(r"D:\other"))

        put(session, b"after", r"D:\file")

        assert lab.path(r"D:\other").read_bytes() == b"before"
        assert lab.path(r"D:\file").read_bytes() == b"after"

    @pytest.mark.parametrize(
        ("path", "message"),
        [
            (r"D:\folder", messages.DESTINATION_IS_FOLDER),
            (r"D:\no such\file", messages.FOLDER_MISSING),
        ],
    )
    def test_where_no_file_can_be(
        self, lab: Lab, session: Session, path: str, message: Any
    ) -> None:
        """A folder of that name, or no folder for it."""
        lab.path(r"D:\folder").mkdir()

        error = refused(session, b"x", path)

        assert error.catalogued is message
        assert path in str(error)
        assert names(lab.drive("D")) == ["folder"]

    def test_a_place_where_nothing_may_be_written(self, lab: Lab, session: Session) -> None:
        """The host's words, and whose right is missing."""
        left = next_to(lab, session, r"D:\file", ".new")
        left.write_bytes(b"")
        left.chmod(0o444)

        error = refused(session, b"x", r"D:\file")

        assert error.catalogued is messages.WRITE_DENIED
        assert "denied" in str(error)

    def test_a_name_that_is_too_long(self, lab: Lab, session: Session) -> None:
        """The host's own words, where there are no better ones; nothing is left."""
        error = refused(session, b"x", rf"D:\{'x' * 300}")

        assert error.catalogued is session_messages.SCRIPT_FAILED
        assert "too long" in str(error)
        assert names(lab.drive("D")) == []

    def test_a_folder_where_the_new_file_would_be(self, lab: Lab, session: Session) -> None:
        """Whoever made it: it is none of the product's, and it stays."""
        left = next_to(lab, session, r"D:\file", ".new")
        left.mkdir()

        error = refused(session, b"x", r"D:\file")

        assert error.catalogued is session_messages.SCRIPT_FAILED
        assert left.name in str(error)
        assert names(lab.drive("D")) == [left.name]

    def test_a_full_drive(self, lab: Lab, session: Session) -> None:
        """Nothing of the file is left, and the sentence says how much room it takes."""
        drive = lab.drive("D") / "small"
        drive.mkdir()
        mounted = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(drive)],
            check=False,
            capture_output=True,
        )
        if mounted.returncode:
            pytest.skip("only root may mount a small drive")
        try:
            error = refused(session, LARGE, r"D:\small\file")
            left = names(drive)
        finally:
            subprocess.run(["umount", str(drive)], check=True)

        assert error.catalogued is messages.DISK_FULL
        assert f"no room for {len(LARGE)} bytes" in str(error)
        assert left == []
        put(session, b"x", r"D:\file")


SEEN: dict[str, Path] = {}


def sent(lab: Lab) -> int:
    """Bytes of all requests that the lab has recorded."""
    return sum(file.stat().st_size for file in (lab.log / "messages").glob("*request*"))


def next_to(lab: Lab, session: Session, path: str, suffix: str) -> Path:
    """Where a transfer to this path keeps what is not whole yet, as an interrupted one shows."""
    if path not in SEEN:
        refused(session, LARGE, path, killing(lab))
        (SEEN[path],) = lab.path(path).parent.glob(".*.new")
        SEEN[path].unlink()
    return SEEN[path].with_suffix(suffix)


class TestGet:
    """From the host."""

    @pytest.mark.parametrize("content", [b"", b"x", bytes(range(256)), LARGE], ids=len)
    def test_contents(self, lab: Lab, session: Session, tmp_path: Path, content: bytes) -> None:
        """To a path and into an open file, byte for byte."""
        lab.path(r"D:\file.bin").write_bytes(content)
        opened = io.BytesIO()

        get(session, r"D:\file.bin", str(tmp_path / "it's é.bin"))
        get(session, r"D:\file.bin", opened)

        assert (tmp_path / "it's é.bin").read_bytes() == opened.getvalue() == content
        assert names(tmp_path) == ["it's é.bin"]

    def test_into_a_text(self, lab: Lab, session: Session) -> None:
        """UTF-8 is read as text."""
        lab.path(r"D:\text").write_text("é日本語")
        text = io.StringIO()

        get(session, r"D:\text", text)

        assert text.getvalue() == "é日本語"

    def test_a_new_file_has_the_usual_rights(
        self, lab: Lab, session: Session, tmp_path: Path
    ) -> None:
        """Those of the process's mask; an existing one keeps its own."""
        lab.path(r"D:\file").write_bytes(b"x")
        mask = os.umask(0o027)
        try:
            get(session, r"D:\file", str(tmp_path / "new"))
        finally:
            os.umask(mask)
        (tmp_path / "old").touch(0o600)
        get(session, r"D:\file", str(tmp_path / "old"))

        modes = [(tmp_path / name).stat().st_mode & 0o777 for name in ("new", "old")]

        assert modes == [0o640, 0o600]

    def test_a_transfer_that_breaks_off(self, lab: Lab, session: Session, tmp_path: Path) -> None:
        """An existing local file stays as it was; nothing else is left."""
        lab.path(r"D:\file").write_bytes(LARGE)
        (tmp_path / "file").write_bytes(b"before")
        with pytest.raises(SessionError):
            get(session, r"D:\file", str(tmp_path / "file"), killing(lab))

        assert (tmp_path / "file").read_bytes() == b"before"
        assert names(tmp_path) == ["file"]

    def test_an_answer_that_breaks_off(self, lab: Lab, session: Session) -> None:
        """What the host had sent is asked for again, and nothing is there twice."""
        lab.path(r"D:\file").write_bytes(LARGE)
        lab.configure(faults=(Fault("cut_reply", "Receive", after=2),))
        found = io.BytesIO()

        get(session, r"D:\file", found)

        assert found.getvalue() == LARGE

    @pytest.mark.parametrize(
        ("path", "message"),
        [(r"D:\no such", messages.SOURCE_MISSING), (r"D:\folder", messages.SOURCE_IS_FOLDER)],
    )
    def test_what_is_no_file(
        self, lab: Lab, session: Session, tmp_path: Path, path: str, message: Any
    ) -> None:
        """The sentence names it; no local file comes about."""
        lab.path(r"D:\folder").mkdir()
        with pytest.raises(SessionError) as caught:
            get(session, path, str(tmp_path / "file"))

        assert caught.value.catalogued is message
        assert path in str(caught.value)
        assert names(tmp_path) == []

    def test_a_file_that_cannot_be_read(self, lab: Lab, session: Session, tmp_path: Path) -> None:
        """The host's own words."""
        file = lab.path(r"D:\file")
        file.write_bytes(b"x")
        with file.open("rb") as held:
            fcntl.flock(held, fcntl.LOCK_EX)
            with pytest.raises(SessionError) as caught:
                get(session, r"D:\file", str(tmp_path / "file"))

        assert caught.value.catalogued is messages.READ_DENIED
        assert "being used by another process" in str(caught.value)

    def test_a_local_folder_that_is_not_there(self, lab: Lab, session: Session) -> None:
        """It is found out before anything is fetched."""
        lab.path(r"D:\file").write_bytes(b"x")
        before = session.exchanges
        with pytest.raises(SessionError) as caught:
            get(session, r"D:\file", "/no/such/folder/file")

        assert caught.value.catalogued is messages.LOCAL_FILE
        assert session.exchanges == before


def test_a_long_transfer_says_how_far_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every five seconds; a short one says nothing."""
    # One look for the beginning and at each call, another for what is said.
    clock = iter([100, 101, 106, 106, 107, 112, 112, 118, 118])
    monkeypatch.setattr(time, "monotonic", lambda: next(clock))
    said: list[str] = []
    meter = transfer.Meter(r"D:\file", said.append)

    for _ in range(4):
        meter(3 * MEGABYTE, 9 * MEGABYTE)
    meter(4 * MEGABYTE, 0)

    assert said == [r"D:\file: 3 of 9 MiB"] * 2 + [r"D:\file: 4 MiB"]
