"""A user's own PowerShell and its parameters."""

from typing import Any

import pytest
from pyinfra.api import OperationValueError
from pyinfra.api.hiddenvalue import HiddenValue

from winfra.user_script import UserScript


def test_neither_text_nor_secret_is_shown() -> None:
    """The text runs as it is; what is shown are the label and the parameters."""
    script = UserScript("param($P) 'body'", "x.ps1", {"P": HiddenValue("hush"), "N": 1})

    assert script.get_raw_value() == "param($P) 'body'"
    assert str(script) == "x.ps1 -P '*MASKED*' -N 1"
    assert "hush" not in repr(script)


@pytest.mark.parametrize("value", [None, True, 1, 1.5, "x", ["a", {"b": 1}], {"a": [None]}])
def test_what_json_has_is_a_value(value: Any) -> None:
    """At the top a secret is one as well."""
    assert UserScript("", "x", {"P": value}).parameters == {"P": value}


@pytest.mark.parametrize(
    ("parameter", "value"),
    [("a-b", 1), ("", 1), ("P", b"x"), ("P", {1: 2}), ("P", [HiddenValue("hush")])],
)
def test_another_parameter_is_refused(parameter: str, value: Any) -> None:
    """By its name, and without its value."""
    with pytest.raises(OperationValueError, match=f"parameters: '{parameter}' ") as error:
        UserScript("", "x", {parameter: value})

    assert "hush" not in str(error.value)
