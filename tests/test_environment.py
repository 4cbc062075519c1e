"""Environment variables and lists such as Path, without a host."""

import pytest
from hypothesis import given, strategies as st
from pyinfra.api import OperationValueError
from pyinfra.api.hiddenvalue import HiddenValue

from winfra.environment import (
    check_entry,
    check_name,
    check_removal,
    check_value,
    entries,
    wanted_kind,
    with_entry,
)
from winfra.facts.registry import RegistryValue


@pytest.mark.parametrize("variable", ["", "A=B", "A\nB", "A\x00", "x" * 256])
def test_a_name_that_windows_does_not_take_is_refused(variable: str) -> None:
    """Before the host is asked."""
    with pytest.raises(OperationValueError, match="no name of an environment variable"):
        check_name(variable)


@pytest.mark.parametrize("value", ["", None, "a\x00b", "x" * 32_761])
def test_a_value_that_cannot_be_is_refused(value: str | None) -> None:
    """An empty variable is none."""
    with pytest.raises(OperationValueError, match="needs a text of 1 to 32760"):
        check_value("X", value)


def test_a_secret_is_refused() -> None:
    """The machine's variables are readable by every user."""
    with pytest.raises(OperationValueError, match="every user of the server can read") as error:
        check_value("X", HiddenValue("hush"))

    assert "hush" not in str(error.value)


@pytest.mark.parametrize("variable", ["Path", "PATH", "ComSpec", "windir"])
def test_what_windows_needs_is_not_removed(variable: str) -> None:
    """Without it the server would be out of reach."""
    with pytest.raises(OperationValueError, match="needed by Windows"):
        check_removal(variable)


@pytest.mark.parametrize(
    ("value", "current", "expand", "expected"),
    [
        ("x", None, None, "String"),
        ("%SystemRoot%\\x", None, None, "ExpandString"),
        ("x", "ExpandString", None, "ExpandString"),
        ("x", "String", None, "String"),
        ("x", "ExpandString", False, "String"),
        ("x", None, True, "ExpandString"),
        ("100%", None, None, "String"),
    ],
)
def test_the_kind_is_kept_or_follows_from_the_value(
    value: str, current: str | None, expand: bool | None, expected: str
) -> None:
    """A REG_EXPAND_SZ is never flattened unless that is asked for."""
    found: RegistryValue | None = {"kind": current, "data": "old"} if current else None

    assert wanted_kind(value, found, expand) == expected


@pytest.mark.parametrize("entry", ["", " ", "\\", "a;b", '"a"', "a\x00"])
def test_an_entry_that_is_not_one_folder_is_refused(entry: str) -> None:
    """A semicolon would make two of it."""
    with pytest.raises(OperationValueError, match="is not one folder"):
        check_entry(entry)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("", []),
        ("a", ["a"]),
        ("a;b;", ["a", "b"]),
        ("a;;b", ["a", "", "b"]),
        ('a;"b;c";d', ["a", '"b;c"', "d"]),
        ('"open', ['"open']),
    ],
)
def test_a_list_is_taken_apart(value: str, expected: list[str]) -> None:
    """A semicolon between quotes does not separate."""
    assert entries(value) == expected


@given(st.lists(st.text("ab \\:%", min_size=1), max_size=5))
def test_a_list_comes_back_as_it_was(items: list[str]) -> None:
    """What an operation does not mean to change stays."""
    assert entries(";".join(items)) == items


@pytest.mark.parametrize(
    "same", [r"C:\Tools", r"c:\tools", "C:\\Tools\\", r'"C:\Tools"', r" C:\Tools"]
)
def test_an_entry_in_other_words_is_the_same(same: str) -> None:
    """Case, quotes and a backslash at the end make no difference; the old words stay."""
    assert with_entry(["a", same], r"C:\Tools", present=True, first=False) == ["a", same]
    assert with_entry(["a", same], r"C:\Tools", present=False, first=False) == ["a"]
    assert with_entry(["a", same], r"C:\Tools", present=True, first=True) == [same, "a"]


def test_a_new_entry_goes_to_its_end() -> None:
    """In front only where that is asked for."""
    assert with_entry(["a"], "b", present=True, first=False) == ["a", "b"]
    assert with_entry(["a"], "b", present=True, first=True) == ["b", "a"]
    assert with_entry([], "b", present=True, first=True) == ["b"]
    assert with_entry(["b", "a"], "b", present=True, first=True) == ["b", "a"]
