"""The environment that the service host gives its child."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from files.service_host.hosting import settings
from files.service_host.hosting.settings import SettingsError

NAMES = st.text(st.characters(exclude_characters="=\0", exclude_categories=["Cs"]), min_size=1)
VALUES = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))


@given(st.dictionaries(NAMES, VALUES))
def test_any_text_arrives_as_it_was(wanted: dict[str, str]) -> None:
    """A password may have any character."""
    if len({name.upper() for name in wanted}) == len(wanted):
        content = json.dumps(wanted, ensure_ascii=False).encode()
        assert settings.parse(content) == wanted


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b'{"A": "secret"', r"the settings D:\x are not JSON in UTF-8, line 1"),
        (b'{"A": "\xff"}', r"the settings D:\x are not JSON in UTF-8"),
        (b'["secret"]', r"the settings D:\x are not one JSON object"),
        (b'{"A": 1}', r"the settings D:\x: the value of A is not a text"),
        (b'{"A": {"B": "secret"}}', r"the settings D:\x: the value of A is not a text"),
        (b'{"A": "secret\\u0000"}', r"the settings D:\x: the value of A is not a text"),
        (b'{"": "secret"}', r"the settings D:\x: '' is no name of a variable"),
        (b'{"A=B": "secret"}', r"the settings D:\x: 'A=B' is no name of a variable"),
        (b'{"A": "secret", "a": "2"}', r"the settings D:\x have a twice"),
        (b'{"A": "secret", "A": "2"}', r"the settings D:\x have A twice"),
    ],
)
def test_what_cannot_be_used_is_named_without_its_value(content: bytes, sentence: str) -> None:
    """Settings hold secrets, and the sentence goes into logs."""
    with pytest.raises(SettingsError) as caught:
        settings.parse(content, r"D:\x")
    assert str(caught.value) == sentence


def test_what_is_not_there_is_named(tmp_path: Path) -> None:
    """A service without settings has none."""
    missing = str(tmp_path / "none.json")
    with pytest.raises(SettingsError, match=r"none\.json cannot be read: No such file"):
        settings.load(missing)
    assert settings.parse(settings.load(None)) == {}


def test_only_the_settings_steer_prefect_and_python() -> None:
    """What the machine has under these names is left out, in any case; the rest is passed on."""
    own = {
        "PATH": r"C:\Windows",
        "Prefect_Home": "x",
        "PREFECT_API_URL": "x",
        "PYTHONPATH": "x",
        "python_x": "x",
        "CONDA_PREFIX": "x",
        "MY_PREFECT_": "kept",
        "Temp": "old",
    }
    wanted = {"PREFECT_HOME": "D:\\", "PYTHONUTF8": "1", "TEMP": "new"}
    assert settings.environment(own, wanted) == {
        "MY_PREFECT_": "kept",
        "PATH": r"C:\Windows",
        **wanted,
    }


def test_names_are_in_the_order_of_windows() -> None:
    """CreateProcess wants them sorted, whatever their case."""
    assert list(settings.environment({"b": "", "Z": ""}, {"A": "", "y": ""})) == [
        "A",
        "b",
        "y",
        "Z",
    ]
