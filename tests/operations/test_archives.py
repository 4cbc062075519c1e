"""Archives on a lab; the files on its drives are the witness."""

from __future__ import annotations

import functools
import hashlib
import http.server
import shutil
import ssl
import threading
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from pyinfra.api import OperationValueError

from tests.trial import Trial, connected_to, no_host
from winfra.facts.archives import MARKER, Extracted
from winfra.lab.certificates import ensure_certificate
from winfra.lab.state import Lab
from winfra.messages import Message, archives as messages, sources
from winfra.messages.operations import DRIVE_MISSING, WRONG_KIND
from winfra.operations import archives

FILES = {
    "pgsql/bin/one.exe": b"one" * 1000,
    "pgsql/bin/deep/two é.txt": b"two",
    "pgsql/share/empty": b"",
    "pgsql/doc/long.txt": b"not wanted",
    "other/x.txt": b"x",
}
MACHINE = r"HKLM\SYSTEM\CurrentControlSet\Control\Session Manager\Environment"
DEST = r"D:\programs\it"
WANTED: dict[str, Any] = {"dest": DEST, "inside": "pgsql", "only": ["bin", "share"]}


def archive(folder: Path, files: Mapping[str, bytes] = FILES, name: str = "a b.zip") -> Path:
    file = folder / name
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as target:
        for path, content in files.items():
            target.writestr(path, content)
    return file


def sha256(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def given(file: Path, **more: Any) -> dict[str, Any]:
    return {"src": str(file), "sha256": sha256(file), **WANTED, **more}


def content(trial: Trial) -> dict[str, bytes]:
    """What is in the folder, but for the marker."""
    folder = trial.lab.path(DEST)
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.name != MARKER
    }


def inside(files: Mapping[str, bytes] = FILES) -> dict[str, bytes]:
    return {
        path.removeprefix("pgsql/"): data
        for path, data in files.items()
        if path.startswith(("pgsql/bin/", "pgsql/share/"))
    }


def temporary(digest: str) -> str:
    """The folder of an archive on its way."""
    return rf"C:\Users\deploy\AppData\Local\Temp\winfra-{digest[:16]}"


def copies(trial: Trial, digest: str) -> list[Path]:
    """What is left of an archive on its way."""
    return list(trial.lab.path(r"C:\Users").rglob(f"winfra-{digest[:16]}"))


def test_an_archive_is_extracted(trial: Trial, tmp_path: Path) -> None:
    """Dry says so and does nothing; what is wanted of it is there then, and nothing is left over."""
    file = archive(tmp_path)
    dry = trial.dry(archives.extracted, **given(file))
    assert dry.will_change
    assert f"Will create content of {DEST}" in dry.output
    assert not trial.lab.path(DEST).exists()

    assert trial.run(archives.extracted, **given(file)).changed
    assert content(trial) == inside()
    assert copies(trial, sha256(file)) == []


def test_nothing_is_sent_a_second_time(trial: Trial, tmp_path: Path) -> None:
    """The marker is enough: the archive itself need not be there any more."""
    file = archive(tmp_path)
    wanted = given(file)
    trial.run(archives.extracted, **wanted)
    file.unlink()

    again = trial.dry(archives.extracted, **wanted)
    assert (again.will_change, again.failed) == (False, False)


def test_an_interrupted_extraction_is_completed(trial: Trial, tmp_path: Path) -> None:
    """Without the marker, what is the same stays, and what is half-written is written again."""
    file = archive(tmp_path)
    trial.run(archives.extracted, **given(file))
    folder = trial.lab.path(DEST)
    (folder / MARKER).unlink()
    (folder / "bin/deep/two é.txt").unlink()
    (folder / "bin/one.exe").write_bytes(b"on")
    kept = (folder / "share/empty").stat().st_ino

    assert trial.run(archives.extracted, **given(file)).changed
    assert content(trial) == inside()
    assert (folder / "share/empty").stat().st_ino == kept


def test_a_spoilt_file_is_found_and_mended(trial: Trial, tmp_path: Path) -> None:
    """A dry run names it; other files in the folder stay."""
    file = archive(tmp_path)
    trial.run(archives.extracted, **given(file))
    (trial.lab.path(DEST) / "bin/one.exe").write_bytes(b"spoilt")
    (trial.lab.path(DEST) / "mine.txt").write_bytes(b"mine")
    dry = trial.dry(archives.extracted, **given(file))
    assert "missing or damaged: bin/one.exe" in dry.output

    trial.run(archives.extracted, **given(file))
    assert content(trial) == {**inside(), "mine.txt": b"mine"}


def test_another_archive_takes_the_place(trial: Trial, tmp_path: Path) -> None:
    """What only the earlier one had goes."""
    trial.run(archives.extracted, **given(archive(tmp_path)))
    newer = {"pgsql/bin/one.exe": b"newer", "pgsql/share/new.txt": b"new"}
    file = archive(tmp_path, newer, "newer.zip")

    assert trial.run(archives.extracted, **given(file)).changed
    assert content(trial) == inside(newer)
    assert not trial.run(archives.extracted, **given(file)).changed


@pytest.mark.parametrize(
    "name",
    [
        "../out.txt",
        "pgsql/../../out.txt",
        "/out.txt",
        "D:/out.txt",
        "pgsql\\..\\..\\out",
        "pgsql/a. /b",
    ],
)
def test_an_archive_that_leaves_the_folder_is_refused(
    trial: Trial, tmp_path: Path, name: str
) -> None:
    """Nothing of it is extracted, wherever in it the name stands."""
    file = archive(tmp_path, {**FILES, name: b"out"})
    applied = trial.run(archives.extracted, **given(file))

    shown = messages.ARCHIVE_UNSAFE.text(Path="x", Entry=name, Destination=DEST).split(" holds ")[1]
    assert applied.failed
    assert shown in applied.output
    assert [path.name for path in trial.lab.drive("D").rglob("*") if path.is_file()] == []


def test_a_damaged_archive_is_told_from_others(trial: Trial, tmp_path: Path) -> None:
    """A file that is no zip, and one that has nothing of what is wanted."""
    file = tmp_path / "no.zip"
    file.write_bytes(b"no zip at all")
    applied = trial.run(archives.extracted, **given(file))
    assert "cannot be read as a zip archive" in applied.output
    assert messages.ARCHIVE_DAMAGED.text(Path="", Reason="").split("; ")[-1] in applied.output

    file = archive(tmp_path)
    applied = trial.run(archives.extracted, **given(file, inside="nowhere", only=()))
    assert "holds nothing that is wanted (nowhere)" in applied.output
    assert messages.ARCHIVE_EMPTY.text(Path="", Wanted="").split("; ")[-1] in applied.output


def damaged(file: Path, name: str) -> None:
    """Spoil what is packed of a file, and nothing that says what is in the archive."""
    with zipfile.ZipFile(file) as known:
        start = known.getinfo(name).header_offset
    content = bytearray(file.read_bytes())
    lengths = content[start + 26 : start + 30]
    data = (
        start + 30 + int.from_bytes(lengths[:2], "little") + int.from_bytes(lengths[2:], "little")
    )
    # Three bits of a block's head, all of them set, are of a kind that there is not (RFC 1951, 3.2.3).
    content[data] = 0xFF
    file.write_bytes(content)


@pytest.mark.parametrize("there", [False, True])
def test_a_damaged_file_of_an_archive_is_named(trial: Trial, tmp_path: Path, there: bool) -> None:
    """Also where one of its size is there already; a whole archive puts it right."""
    whole = archive(tmp_path, name="whole.zip")
    file = archive(tmp_path)
    damaged(file, "pgsql/bin/one.exe")
    if there:
        target = trial.lab.path(DEST) / "bin/one.exe"
        target.parent.mkdir(parents=True)
        target.write_bytes(b"x" * len(FILES["pgsql/bin/one.exe"]))
    applied = trial.run(archives.extracted, **given(file))

    assert applied.failed
    assert "cannot be read as a zip archive: bin/one.exe: " in applied.output
    assert messages.ARCHIVE_DAMAGED.text(Path="", Reason="").split("; ")[-1] in applied.output
    assert not (trial.lab.path(DEST) / MARKER).exists()
    assert trial.run(archives.extracted, **given(whole)).changed
    assert content(trial) == inside()


def test_an_archive_without_a_folder_around_everything(trial: Trial, tmp_path: Path) -> None:
    """All of it is extracted, and its own folders are kept."""
    file = archive(tmp_path)
    wanted = given(file, inside=None, only=())
    assert trial.run(archives.extracted, **wanted).changed
    assert content(trial) == FILES
    assert not trial.run(archives.extracted, **wanted).changed


def test_a_drive_that_the_host_does_not_have(trial: Trial, tmp_path: Path) -> None:
    """It is named, by a dry run too; the fact finds nothing there."""
    wanted = given(archive(tmp_path), dest=r"Q:\it")
    values = {"path": r"Q:\it", "drive": "Q:", "host": "@lab/trial"}
    applied = trial.dry(archives.extracted, **wanted)
    assert applied.failed
    assert DRIVE_MISSING.text(**values) in applied.output
    assert trial.fact(Extracted, path=r"Q:\it") is None


def test_what_an_earlier_run_has_fetched_is_not_fetched_again(trial: Trial, tmp_path: Path) -> None:
    """Its address need not answer any more, and nothing of it is left over."""
    file = archive(tmp_path)
    wanted = given(file, src="https://localhost:1/a%20b.zip")
    copy = trial.lab.path(temporary(wanted["sha256"])) / "a b.zip"
    copy.parent.mkdir(parents=True)
    shutil.copyfile(file, copy)

    assert trial.run(archives.extracted, **wanted).changed
    assert content(trial) == inside()
    assert copies(trial, wanted["sha256"]) == []


def test_a_full_drive_is_seen_before_anything_is_written(trial: Trial, tmp_path: Path) -> None:
    """What is needed is compared with what is free."""
    disks = trial.lab.read_state("disks")
    full = [{**disk, "FreeSpace": 1000} if disk["DeviceID"] == "D:" else disk for disk in disks]
    trial.lab.write_state("disks", full)
    try:
        applied = trial.run(archives.extracted, **given(archive(tmp_path)))
    finally:
        trial.lab.write_state("disks", disks)

    assert messages.ARCHIVE_NO_SPACE.text(Path="", Drive="D:", Free=0, Needed=1)[:20] in (
        applied.output
    )
    assert content(trial) == {}


def test_a_file_in_the_way(trial: Trial, tmp_path: Path) -> None:
    """A folder that stands where a file goes, and a file where the folder goes."""
    (trial.lab.path(DEST) / "bin/one.exe").mkdir(parents=True)
    applied = trial.run(archives.extracted, **given(archive(tmp_path)))
    shown = rf"{DEST}\bin\one.exe"
    assert messages.ARCHIVE_FILE_IN_USE.text(Path=shown, Reason="?").split("?")[0] in applied.output

    trial.lab.path(r"D:\file").write_bytes(b"")
    applied = trial.run(archives.extracted, **given(archive(tmp_path), dest=r"D:\file"))
    values = {"path": r"D:\file", "host": "@lab/trial", "found": "file", "wanted": "folder"}
    assert WRONG_KIND.text(**values) in applied.output


def test_an_archive_on_the_host_is_used_where_it_is(trial: Trial, tmp_path: Path) -> None:
    """It stays there; one that is missing or another is named."""
    file = archive(tmp_path)
    place = trial.lab.path(r"D:\files\a b.zip")
    place.parent.mkdir()
    place.write_bytes(file.read_bytes())
    wanted = given(file, src=r"host:D:\files\a b.zip")
    assert trial.run(archives.extracted, **wanted).changed
    assert content(trial) == inside()
    assert place.is_file()

    other = {**wanted, "dest": r"D:\other"}
    place.write_bytes(b"another")
    found = hashlib.sha256(b"another").hexdigest()
    values = {"src": wanted["src"], "found": found, "wanted": wanted["sha256"]}
    assert sources.SOURCE_DIFFERS.text(**values) in trial.run(archives.extracted, **other).output
    place.unlink()
    values = {"path": r"D:\files\a b.zip", "host": "@lab/trial"}
    missing = sources.SOURCE_NOT_ON_HOST.text(**values)
    assert missing in trial.run(archives.extracted, **other).output
    assert trial.dry(archives.extracted, **other).will_change


def test_a_changed_file_of_this_machine_is_not_sent(trial: Trial, tmp_path: Path) -> None:
    """Its SHA-256 is compared before the host gets it."""
    file = archive(tmp_path)
    wanted = given(file)
    # A test that broke off may have left its own there.
    before = copies(trial, wanted["sha256"])
    file.write_bytes(b"changed")
    applied = trial.run(archives.extracted, **wanted)

    assert applied.failed
    values = {"src": str(file), "found": sha256(file), "wanted": wanted["sha256"]}
    assert sources.SOURCE_DIFFERS.text(**values) in applied.output
    assert copies(trial, wanted["sha256"]) == before


@pytest.fixture
def web(lab: Lab, tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """An address of https that the lab's Windows trusts, and the folder that is there."""
    folder = tmp_path / "web"
    folder.mkdir()
    certificate = ensure_certificate(tmp_path, "localhost")
    lab.keys.set(MACHINE, "SSL_CERT_FILE", str(certificate.ca_file))

    class Handler(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *arguments: Any) -> None:
            return

    handler = functools.partial(Handler, directory=str(folder))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate.chain_file, certificate.key_file)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"https://localhost:{server.server_address[1]}", folder
    server.shutdown()
    server.server_close()


def test_an_archive_from_the_web_is_fetched_by_the_host(
    lab: Lab, web: tuple[str, Path], tmp_path: Path
) -> None:
    """A part of it, which an earlier run has left, does not stay; another or none is named, and not kept."""
    address, folder = web
    file = archive(folder)
    wanted = given(file, src=f"{address}/a%20b.zip")
    part = lab.path(temporary(wanted["sha256"])) / "a b.zip"
    part.parent.mkdir(parents=True)
    part.write_bytes(file.read_bytes()[:100])
    with connected_to(lab) as site:
        applied = site.run(archives.extracted, **wanted)
        assert applied.changed, applied.output
        assert content(site) == inside()
        assert copies(site, wanted["sha256"]) == []

        other = {**wanted, "dest": r"D:\other", "sha256": "0" * 64}
        values = {"src": wanted["src"], "found": wanted["sha256"], "wanted": "0" * 64}
        assert sources.SOURCE_DIFFERS.text(**values) in site.run(archives.extracted, **other).output
        other = {**other, "src": f"{address}/nowhere.zip"}
        applied = site.run(archives.extracted, **other)
        values = {"Address": other["src"], "Reason": "?"}
        shown = sources.DOWNLOAD_FAILED.text(**values).split("?")
        assert shown[0] in applied.output
        assert "404" in applied.output
        assert [path for path in copies(site, "0" * 64) if any(path.iterdir())] == []


@pytest.mark.parametrize(
    ("argument", "value", "message"),
    [
        ("sha256", "abc", sources.SHA256_REFUSED),
        ("src", "http://example.org/a.zip", sources.SOURCE_REFUSED),
        ("src", "https://me:secret@example.org/a.zip", sources.SOURCE_REFUSED),
        ("src", "https://example.org/", sources.SOURCE_REFUSED),
        ("src", r"\\server\share\a.zip", sources.SOURCE_REFUSED),
        ("src", "", sources.SOURCE_REFUSED),
        ("src", "host:a.zip", None),
        ("inside", "/pgsql", messages.ONLY_REFUSED),
        ("only", "bin", messages.ONLY_REFUSED),
    ],
)
def test_wrong_arguments_are_refused(argument: str, value: str, message: Message | None) -> None:
    """Before the host is asked anything."""
    wanted = {"src": "a.zip", "sha256": "0" * 64, **WANTED, argument: value}
    with no_host(), pytest.raises(OperationValueError) as raised:
        list(archives.extracted._inner(**wanted))

    assert message is None or message.remedy in str(raised.value)
