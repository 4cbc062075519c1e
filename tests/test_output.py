"""Output of the host in lines."""

import pytest
from hypothesis import given, strategies as st

from winfra.output import Output


@given(st.lists(st.text().filter(lambda text: "\n" not in text and "\r" not in text)), st.data())
def test_lines_are_whole_however_they_come(lines: list[str], draw: st.DataObject) -> None:
    """A character of several bytes may be cut in the middle."""
    data = "".join(f"{line}\r\n" for line in lines).encode()
    output = Output()
    while data:
        size = draw.draw(st.integers(1, len(data)))
        output.feed("O", data[:size])
        data = data[size:]

    assert output.end().stdout_lines == lines


def test_the_last_line_needs_no_line_feed() -> None:
    """A program may end without one."""
    output = Output()
    output.feed("E", b"half")

    assert output.end().stderr_lines == ["half"]


def test_what_is_not_utf_8_is_replaced() -> None:
    """A program of the OEM code page does not end the run."""
    output = Output()
    output.feed("O", b"\x81x\n")

    assert output.end().stdout_lines == ["\ufffdx"]


def test_lines_are_printed_as_they_come(monkeypatch: pytest.MonkeyPatch) -> None:
    """A long command shows what it does while it does it."""
    printed: list[str] = []
    monkeypatch.setattr("winfra.output.echo", lambda text, **_: printed.append(text))
    output = Output(prefix="[h] ")
    output.feed("O", b"one\ntw")

    assert printed == ["[h] one"]
