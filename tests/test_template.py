"""Jinja2 templates for files on Windows."""

import io
from pathlib import Path
from typing import Any

import pytest
from pyinfra.api import OperationValueError
from pyinfra.api.hiddenvalue import HiddenValue

from winfra.template import Rendered, check_form, render, template_text


def rendered(
    text: str, newline: str | None = "\r\n", encoding: str = "utf-8", **data: Any
) -> Rendered:
    return render(text, "x.j2", data=data, newline=newline, encoding=encoding, options={})


def test_lines_end_as_windows_has_them() -> None:
    """Whatever the template's own are, and what its values have; the last line's end is kept."""
    assert rendered("a\n{{ b }}\r\nc\n", b="1\n2").content == b"a\r\n1\r\n2\r\nc\r\n"
    assert rendered("a\r\nb", newline="\n").content == b"a\nb"
    assert rendered("a\r\nb\n", newline=None).content == b"a\nb\n"


def test_utf_8_is_without_a_byte_order_mark() -> None:
    """Unless that is asked for."""
    assert rendered("é日").content == "é日".encode()
    assert rendered("é", encoding="utf-8-sig").content == b"\xef\xbb\xbf\xc3\xa9"


@pytest.mark.parametrize(
    ("text", "data"),
    [
        ("{{ p }}", {"p": HiddenValue("hush")}),
        ("{{ p | upper | lower }}", {"p": HiddenValue("hush")}),
        ("{{ d.p }}", {"d": {"p": HiddenValue("hush")}}),
        ("{% for p in l %}{{ p }}{% endfor %}", {"l": [HiddenValue("hush")]}),
        ("{{ o.p }}", {"o": type("Data", (), {"p": HiddenValue("hush")})()}),
    ],
)
def test_a_secret_is_written_as_what_it_hides(text: str, data: dict[str, Any]) -> None:
    """The rendered file knows that it holds one."""
    assert rendered(text, **data) == Rendered(b"hush", secret=True)


def test_a_file_without_a_secret_is_none() -> None:
    """Its difference may be shown."""
    assert rendered("{{ a }}", a="x") == Rendered(b"x", secret=False)


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("a\n{{ missing }}", 2, "'missing' is undefined"),
        ("a\n\n{% if %}", 3, "Expected an expression"),
        ("{{ 1 / 0 }}", 1, "division by zero"),
        ("{{ 1 + 'a' }}", 1, "unsupported operand"),
        ("{% include 'nothing.j2' %}", 1, "nothing.j2"),
    ],
)
def test_what_is_wrong_in_a_template_has_its_line(text: str, line: int, reason: str) -> None:
    """And its file."""
    with pytest.raises(OperationValueError, match=f"template x.j2 .* line {line}: ") as error:
        rendered(text)

    assert reason in str(error.value)


@pytest.mark.parametrize("newline", ["", "\r", "x"])
def test_another_end_of_line_is_refused(newline: str) -> None:
    """There are two on Windows."""
    with pytest.raises(OperationValueError, match="does not end a line"):
        check_form(newline, "utf-8")


def test_an_encoding_that_is_not_known_is_refused() -> None:
    """Before the host is asked."""
    with pytest.raises(OperationValueError, match="encoding: 'utf-99' is unknown"):
        check_form("\n", "utf-99")


def test_a_character_that_the_encoding_lacks_is_named() -> None:
    """Nothing is replaced silently."""
    with pytest.raises(OperationValueError, match="ascii cannot hold the character 'é'"):
        rendered("aé", encoding="ascii")


def test_a_template_comes_from_a_file_or_an_open_one(tmp_path: Path) -> None:
    """Read as UTF-8, its ends of lines as they are."""
    file = tmp_path / "x.j2"
    file.write_bytes("é\r\n".encode("utf-8-sig"))

    assert template_text(file) == "é\r\n"
    assert template_text(io.StringIO("é\r\n")) == "é\r\n"
    assert template_text(io.BytesIO("é".encode())) == "é"
