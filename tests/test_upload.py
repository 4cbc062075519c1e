"""What is to be uploaded, and text in files."""

import hashlib
import io
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

import pytest

from winfra.text import text_of, utc_time
from winfra.upload import UploadSource

TEXT = "é日\r\nx\n"


def as_file(folder: Path) -> Path:
    file = folder / "x"
    file.write_bytes(TEXT.encode())
    return file


def as_text(folder: Path) -> IO[str]:
    return as_file(folder).open(encoding="utf-8", newline="")


@pytest.mark.parametrize(
    "source",
    [
        as_file,
        as_text,
        lambda folder: str(as_file(folder)),
        lambda folder: as_file(folder).open("rb"),
        lambda _: io.StringIO(TEXT, newline=""),
        lambda _: io.BytesIO(TEXT.encode()),
    ],
)
def test_a_source_is_measured_however_it_is_given(
    tmp_path: Path, source: Callable[[Path], Any]
) -> None:
    """As a path, or open as text or bytes, and read twice."""
    given = UploadSource(source(tmp_path))

    assert given.exists
    assert given.size == len(TEXT.encode())
    assert given.sha256 == hashlib.sha256(TEXT.encode()).hexdigest()
    assert given.text(limit=100) == TEXT


def test_a_large_text_is_not_read(tmp_path: Path) -> None:
    """It is shown by its size and hash."""
    assert UploadSource(as_file(tmp_path)).text(limit=3) is None


def test_a_file_that_is_yet_to_be_made_does_not_exist(tmp_path: Path) -> None:
    """An earlier operation makes it."""
    assert not UploadSource(tmp_path / "later").exists


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", ""),
        ("é\r\n".encode(), "é\r\n"),
        ("é".encode("utf-8-sig"), "\ufeffé"),
        ("é".encode("utf-16"), "\ufeffé"),
        (b"\xfe\xff\x00a", "\ufeffa"),
        (b"\xff\xfea", None),
        (b"\xe9", None),
        (b"a\x00b", None),
        (b"PK\x03\x04", None),
    ],
)
def test_text_is_told_from_other_bytes(content: bytes, expected: str | None) -> None:
    """What is not UTF-8, or UTF-16 with its mark, is no text."""
    assert text_of(content) == expected


def test_a_time_of_the_host_has_microseconds() -> None:
    """.NET gives tenths of them."""
    expected = datetime(2026, 1, 31, 12, 0, 0, 123456, UTC)

    assert utc_time("2026-01-31T12:00:00.1234567Z") == expected
