"""The lab's logs, as several processes write and read them at once."""

from __future__ import annotations

import json
import threading
from pathlib import Path

from winfra.lab import json_lines


def test_what_was_appended_is_read_in_order(tmp_path: Path) -> None:
    """One line each, whatever is in it; none where nobody has written yet."""
    log = tmp_path / "x.jsonl"
    assert json_lines.read(log) == []
    entries = [{"text": "a\nb\u2028c"}, {"text": "é" * 10_000}, {}]
    for entry in entries:
        json_lines.append(log, entry)
    assert json_lines.read(log) == entries
    assert len(log.read_bytes().split(b"\n")) == len(entries) + 1


def test_a_line_that_is_on_its_way_is_no_entry_yet(tmp_path: Path) -> None:
    """Whoever writes it, and however much of it is there."""
    log = tmp_path / "x.jsonl"
    whole = json.dumps({"number": 1}) + "\n"
    for length in range(1, len(whole)):
        log.write_text(whole + whole[:length])
        assert json_lines.read(log) == [{"number": 1}]


def test_writers_and_readers_at_once(tmp_path: Path) -> None:
    """Entries longer than a page of memory, which Linux shows a reader in parts."""
    log = tmp_path / "x.jsonl"

    def write(writer: int) -> None:
        for number in range(100):
            json_lines.append(log, {"writer": writer, "number": number, "text": "x" * 20_000})

    threads = [threading.Thread(target=write, args=(writer,)) for writer in range(3)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        json_lines.read(log)
    for thread in threads:
        thread.join()
    found = [(one["writer"], one["number"]) for one in json_lines.read(log)]
    assert sorted(found) == [(writer, number) for writer in range(3) for number in range(100)]
