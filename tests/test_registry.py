"""The registry's names and data, without a host."""

import pytest
from hypothesis import given, strategies as st
from pyinfra.api import OperationValueError
from pyinfra.api.hiddenvalue import HiddenValue

from winfra.registry import (
    Data,
    check_key_removal,
    from_texts,
    key_path,
    stored,
    to_texts,
    value_name,
)

TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\x00"))


@pytest.mark.parametrize(
    "path",
    [
        r"HKLM:\SOFTWARE\Example",
        r"HKLM\SOFTWARE\Example",
        r"hklm\SOFTWARE\Example",
        r"HKEY_LOCAL_MACHINE\SOFTWARE\Example",
        r"Registry::HKEY_LOCAL_MACHINE\SOFTWARE\Example",
        "HKLM:\\SOFTWARE\\Example\\",
    ],
)
def test_a_key_is_written_in_one_way(path: str) -> None:
    """However its hive is written."""
    assert key_path(path) == r"HKEY_LOCAL_MACHINE\SOFTWARE\Example"


def test_a_keys_name_may_have_any_other_character() -> None:
    """A key is no path of files."""
    path = r"HKCU:\Software\a b*[1]:é日本語"

    assert key_path(path) == r"HKEY_CURRENT_USER\Software\a b*[1]:é日本語"


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("", "no hive ''"),
        (r"D:\SOFTWARE", "no hive 'D'"),
        (r"\SOFTWARE", "no hive ''"),
        ("HKLM:", "is a hive"),
        (r"HKLM:\SOFTWARE\\x", "empty"),
        (r"HKLM:\SOFTWARE\..\SYSTEM", "'..'"),
        (r"HKLM:\SOFTWARE\RC4 128/128", "'/'"),
        ("HKLM:\\SOFTWARE\\a\nb", "control"),
        ("HKLM:\\SOFTWARE\\" + "x" * 256, "too long"),
    ],
)
def test_a_path_that_is_no_key_is_refused(path: str, reason: str) -> None:
    """The error says what is wrong with it."""
    with pytest.raises(OperationValueError, match="no key of the registry") as error:
        key_path(path)

    assert reason in str(error.value)


@pytest.mark.parametrize(
    "path", [r"HKLM:\SOFTWARE", r"HKLM:\SOFTWARE\Microsoft", r"HKLM\SYSTEM\CurrentControlSet"]
)
def test_what_windows_needs_is_not_removed(path: str) -> None:
    """A slip would cost the server."""
    with pytest.raises(OperationValueError, match="Windows needs it"):
        check_key_removal(key_path(path))


def test_another_key_may_be_removed() -> None:
    """Only the keys right below a hive and a few below those are kept."""
    check_key_removal(key_path(r"HKLM:\SOFTWARE\Example"))


def test_the_unnamed_value_has_two_names() -> None:
    """regedit and PowerShell show it as (default)."""
    assert (value_name(""), value_name("(Default)"), value_name("x")) == ("", "", "x")


@pytest.mark.parametrize("name", ["a\x00b", "x" * 16_384])
def test_a_name_that_cannot_be_is_refused(name: str) -> None:
    """Before the host is asked."""
    with pytest.raises(OperationValueError, match="no name of a value"):
        value_name(name)


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        ("text", "String"),
        ("", "String"),
        (0, "DWord"),
        (0xFFFFFFFF, "DWord"),
        (0x100000000, "QWord"),
        (b"\x00", "Binary"),
        (["a"], "MultiString"),
        ([], "MultiString"),
    ],
)
def test_the_kind_follows_from_the_data(data: Data, kind: str) -> None:
    """Where none is given."""
    assert stored(data, None, "x") == (kind, data)


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (-1, "DWord"),
        (0x100000000, "DWord"),
        (2**64, "QWord"),
        (True, None),
        ("1", "DWord"),
        (1, "String"),
        (None, None),
        ("a\x00b", "ExpandString"),
        ("a", "MultiString"),
        (["a", ""], "MultiString"),
        ("a", "Binary"),
        ("a", "Text"),
    ],
)
def test_data_that_does_not_fit_its_kind_is_refused(data: object, kind: str | None) -> None:
    """Nothing is converted silently."""
    with pytest.raises(OperationValueError, match="Give data and kind that belong together"):
        stored(data, kind, "x")


def test_a_secret_is_refused() -> None:
    """Every user can read the registry; the error has the place and not the secret."""
    with pytest.raises(OperationValueError, match="every user of the server can read") as error:
        stored(HiddenValue("hush"), None, r"HKLM\X")

    assert r"HKLM\X" in str(error.value)
    assert "hush" not in str(error.value)


@given(
    st.one_of(
        TEXT,
        st.integers(0, 2**64 - 1),
        st.binary(),
        st.lists(TEXT.filter(bool)),
    )
)
def test_data_comes_back_as_it_went(data: Data) -> None:
    """What is compared is what was stored."""
    kind, kept = stored(data, None, "x")

    assert from_texts(to_texts(kept, kind), kind) == data


def test_a_kind_that_windows_alone_sets_is_read_as_bytes() -> None:
    """REG_NONE and others."""
    assert from_texts(["AQI="], "None") == b"\x01\x02"
    assert from_texts([], "Unknown") == b""
