"""The log of the service host: cut by size, never the end of a service."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings, strategies as st

from files.service_host.hosting.log import RotatingLog, cut, numbered

HOST = Path(__file__).parents[3] / "files" / "service_host"


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def denied(source: Path, target: Path) -> None:
    raise PermissionError(13, "it is in use by another program")


@pytest.mark.parametrize(
    ("data", "size", "line_open", "wanted"),
    [
        (b"ab\n", 0, False, 3),
        (b"ab\n", 7, False, 3),
        (b"ab\ncd\n", 5, False, 3),  # the second line is too much
        (b"abc\n", 8, False, 0),  # a line that would fit into an empty log
        (b"abcdefghijkl\n", 0, False, 10),  # a line longer than any log
        (b"abcdef\n", 6, True, 4),  # the rest of a line that has begun
        (b"ab\n", 10, True, 0),
        (b"ab\n", 12, False, 0),  # the limit has become smaller
    ],
)
def test_where_a_log_of_ten_bytes_ends(
    data: bytes, size: int, line_open: bool, wanted: int
) -> None:
    """After a whole line, where that can be."""
    assert cut(data, size, 10, line_open=line_open) == wanted


def test_older_logs_by_their_numbers() -> None:
    """Other services' logs and other files are none of them; 10 comes after 9."""
    names = ["x.log", "x.10.log", "X.9.LOG", "x.2.log.txt", "xx.1.log", "x..log", "x.a.log"]
    assert numbered(names, "x", ".log") == [9, 10]


@settings(max_examples=50, deadline=None)
@given(st.lists(st.binary(min_size=1, max_size=40), min_size=1, max_size=12), st.integers(3, 50))
def test_nothing_is_lost_or_mixed_up(
    tmp_path_factory: pytest.TempPathFactory, pieces: list[bytes], limit: int
) -> None:
    """Whatever is written, in whatever pieces; no log is larger than its limit."""
    folder = tmp_path_factory.mktemp("log")
    log = RotatingLog(str(folder / "x.log"), limit, 10_000)
    for piece in pieces:
        assert log.write(piece)
    log.close()
    files = contents(folder)
    numbers = numbered(list(files), "x", ".log")
    older = b"".join(files[f"x.{number}.log"] for number in numbers)
    assert older + files["x.log"] == b"".join(pieces)
    assert all(len(content) <= limit for content in files.values())


def test_so_many_are_kept(tmp_path: Path) -> None:
    """The newest ones; who keeps none has the present one alone."""
    log = RotatingLog(str(tmp_path / "x.log"), 10, 2)
    for number in range(10):
        log.write(b"line %d\n" % number)
    assert contents(tmp_path) == {
        "x.8.log": b"line 7\n", "x.9.log": b"line 8\n", "x.log": b"line 9\n",
    }  # fmt: skip
    log.close()
    alone = RotatingLog(str(tmp_path / "x.log"), 10, 0)
    alone.write(b"the last\n")
    assert contents(tmp_path) == {"x.log": b"the last\n"}


def test_a_log_goes_on_where_the_last_life_of_the_host_ended(tmp_path: Path) -> None:
    """The host's own line begins on a line of its own."""
    (tmp_path / "x.log").write_bytes(b"cut off in the mid")
    log = RotatingLog(str(tmp_path / "x.log"), 1000, 2)
    log.write_line("é")
    log.write(b"child")
    log.write_line("host")
    assert contents(tmp_path)["x.log"].splitlines() == [
        b"cut off in the mid", "é".encode(), b"child", b"host",
    ]  # fmt: skip


def test_a_log_that_somebody_reads_is_copied_and_emptied(tmp_path: Path) -> None:
    """Windows renames no file that is open elsewhere: it still does not grow without end."""
    log = RotatingLog(str(tmp_path / "x.log"), 10, 2, rename=denied)
    for number in range(5):
        assert log.write(b"line %d\n" % number)
    assert contents(tmp_path) == {
        "x.3.log": b"line 2\n", "x.4.log": b"line 3\n", "x.log": b"line 4\n",
    }  # fmt: skip


def test_a_log_that_can_neither_be_renamed_nor_copied_is_emptied(tmp_path: Path) -> None:
    """What is new is worth more than what is old."""
    (tmp_path / "x.1.log").mkdir()
    folder_in_the_way = tmp_path / "x.2.log"
    folder_in_the_way.mkdir()

    def taken(source: Path, target: Path) -> None:
        target.mkdir()
        raise PermissionError(13, "it is in use by another program")

    log = RotatingLog(str(tmp_path / "x.log"), 10, 5, rename=taken)
    for number in range(3):
        assert log.write(b"line %d\n" % number)
    assert (tmp_path / "x.log").read_bytes() == b"line 2\n"


def test_a_full_drive_loses_output_and_says_so(tmp_path: Path) -> None:
    """Writing never raises; when there is room again, the log says what it lacks."""
    path = tmp_path / "x.log"
    path.symlink_to("/dev/full")
    log = RotatingLog(str(path), 1000, 2)
    assert not log.write(b"0123456789")
    assert not log.write_line("abc")
    assert log.failure is not None
    assert log.failure.strerror == "No space left on device"
    path.unlink()
    assert log.write(b"again\n")
    assert path.read_bytes().splitlines() == [b"[14 bytes could not be written]", b"again"]
    assert log.failure is None


def test_a_log_in_a_folder_that_is_not_there(tmp_path: Path) -> None:
    """It comes about as soon as its folder does."""
    log = RotatingLog(str(tmp_path / "logs" / "x.log"), 1000, 2)
    assert not log.write(b"lost\n")
    (tmp_path / "logs").mkdir()
    assert log.write(b"found\n")
    assert contents(tmp_path / "logs")["x.log"].endswith(b"found\n")


WRITE = """
import sys, threading
sys.path[0] = sys.argv[1]
from hosting.log import RotatingLog
log = RotatingLog(sys.argv[2], 10_000, 1000)
def write(letter):
    for _ in range(200):
        log.write_line(letter * 200)
threads = [threading.Thread(target=write, args=(letter,)) for letter in "abcdefgh"]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
"""


def test_threads_write_whole_lines(tmp_path: Path) -> None:
    """The child's output and the host's own words come from different threads."""
    command = [sys.executable, "-c", WRITE, str(HOST), str(tmp_path / "x.log")]
    subprocess.run(command, check=True)
    lines = b"".join(contents(tmp_path).values()).split()
    assert sorted(lines) == [
        letter * 200 for letter in (b"%c" % one for one in b"abcdefgh") for _ in range(200)
    ]
