"""What --diff shows."""

import logging
from types import SimpleNamespace

import pytest
from hypothesis import given, strategies as st
from pyinfra.api.hiddenvalue import HiddenValue
from pyinfra.context import ctx_host

from winfra.difference import lines, show


def test_properties_stand_side_by_side() -> None:
    """One line for each that differs, none for one that does not."""
    current = {"start": "manual", "account": "LocalSystem", "display name": "X"}
    desired = {"start": "auto", "account": r".\prefect", "display name": "X"}

    assert lines(current, desired) == [
        "start    manual       ->  auto",
        r"account  LocalSystem  ->  .\prefect",
    ]


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "-"),
        ("", '""'),
        (True, "yes"),
        (False, "no"),
        (4200, "4200"),
        ([], "(none)"),
        (["b", "a"], "b, a"),
        ({"b", "a"}, "a, b"),
        (b"\x01\xff", "01 ff"),
        ({"k": [1, None]}, '{"k": [1, null]}'),
        ("a\nb", r"a\nb"),
        ("\x1b[31m", r"\x1b[31m"),
    ],
)
def test_each_value_is_shown_on_one_line(value: object, shown: str) -> None:
    """Nothing, emptiness and control characters can be seen."""
    assert lines({"x": "other"}, {"x": value}) == [f"x  other  ->  {shown}"]


def test_a_removed_thing_shows_what_goes() -> None:
    """Its properties stand on the left."""
    assert lines({"kind": "folder"}, None) == ["kind  folder  ->  -"]


def test_a_secret_shows_only_that_it_changes() -> None:
    """Neither the old nor the new one, and not their lengths; an equal one is no difference."""
    old, new = HiddenValue("old-secret"), HiddenValue("new")

    assert lines({"password": old}, {"password": new}) == ["password  (secret)  ->  (changed)"]
    assert lines({"password": None}, {"password": new}) == ["password  (secret)  ->  (changed)"]
    assert lines({"password": old}, {"password": HiddenValue("old-secret")}) == []
    assert lines(old, new) == ["content: changed, not shown"]
    assert lines(None, new) == ["content: not shown"]


SECRETS = st.text("0123456789", min_size=3).map(HiddenValue)


@given(SECRETS, SECRETS)
def test_no_part_of_a_secret_is_shown(old: HiddenValue, new: HiddenValue) -> None:
    """Also where it is nested in a property."""
    current = {"p": old, "deep": {"p": old}, "list": [old]}
    shown = "".join(lines(current, {"p": new, "deep": {"p": new, "q": True}, "list": [new]}))

    assert not set("0123456789") & set(shown)


def test_texts_are_a_unified_diff() -> None:
    """Unchanged lines around a change give it its place."""
    old = "".join(f"line {number}\n" for number in range(20))

    assert lines(old, old.replace("line 10\n", "line ten\n")) == [
        "@@ -8,7 +8,7 @@",
        " line 7",
        " line 8",
        " line 9",
        "-line 10",
        "+line ten",
        " line 11",
        " line 12",
        " line 13",
    ]


def test_a_new_text_is_shown_whole() -> None:
    """Every line is added."""
    assert lines(None, "a\r\nb\r\n") == ["@@ -0,0 +1,2 @@", "+a", "+b"]


@pytest.mark.parametrize(
    ("old", "new", "shown"),
    [
        ("a\n", "a\r\n", "line ends or encoding: LF  ->  CRLF"),
        ("a\n", "\ufeffa\n", "line ends or encoding: LF  ->  LF, byte order mark"),
        ("a\nb\n", "a\nb", "line ends or encoding: LF  ->  LF, none after the last line"),
    ],
)
def test_a_change_that_no_line_shows_is_named(old: str, new: str, shown: str) -> None:
    """Ends of lines and a byte order mark cannot be seen in a diff."""
    assert lines(old, new) == [shown]


def test_ends_that_change_with_the_text_are_named_too() -> None:
    """Beside the lines that differ."""
    assert lines("a\nb\n", "a\r\nc\r\n")[-1] == "line ends: LF  ->  CRLF"


@pytest.mark.parametrize(
    ("current", "desired", "verb"),
    [(None, {}, "create"), ({"a": 1}, None, "remove"), ({"a": 1}, {"a": 2}, "change")],
)
def test_the_title_says_what_will_be_done(
    caplog: pytest.LogCaptureFixture,
    current: dict[str, int] | None,
    desired: dict[str, int] | None,
    verb: str,
) -> None:
    """It is printed under --diff, and nothing without."""
    messages: list[str] = []
    state = SimpleNamespace(config=SimpleNamespace(DIFF=False))
    with (
        caplog.at_level(logging.INFO),
        ctx_host.use(SimpleNamespace(state=state, log=messages.append)),
    ):
        show("service X", current, desired)
        assert messages == []

        state.config.DIFF = True
        show("service X", current, desired)

    assert messages == [f"Will {verb} service X"]
