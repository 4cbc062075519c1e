"""A user's own PowerShell and its parameters; it runs in a powershell.exe of its own."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from pyinfra.api import OperationValueError, StringCommand
from pyinfra.api.hiddenvalue import HiddenValue
from typing_extensions import override

from winfra.messages.operations import SCRIPT_PARAMETER_REFUSED

_NAME = re.compile(r"[A-Za-z_]\w*")


class UserScript(StringCommand):
    """Text that is run as it is, and values for its ``param()`` block, which never become text.

    + text: PowerShell
    + label: the name that its errors show, such as that of its file
    + parameters: JSON types; a ``HiddenValue`` arrives as a ``SecureString`` and is never shown
    """

    def __init__(self, text: str, label: str, parameters: Mapping[str, Any] | None = None) -> None:
        super().__init__()
        self.text = text
        self.label = label
        self.parameters = dict(parameters or {})
        for parameter, value in self.parameters.items():
            _check(parameter, value)

    @override
    def get_raw_value(self) -> str:
        return self.text

    @override
    def get_masked_value(self) -> str:
        """Without the text, which is long, and which a secret may have been written into."""
        shown = (f"-{parameter} {value!r}" for parameter, value in self.parameters.items())
        return " ".join([self.label, *shown])

    @override
    def __repr__(self) -> str:
        return f"UserScript({self.get_masked_value()})"


def _check(parameter: str, value: object) -> None:
    if not _NAME.fullmatch(parameter):
        reason = "is no name of a parameter"
    elif not isinstance(value, HiddenValue) and not _is_json(value):
        reason = "has a value that JSON does not have, or a secret inside of a list or dict"
    else:
        return
    raise OperationValueError(SCRIPT_PARAMETER_REFUSED.text(parameter=parameter, reason=reason))


def _is_json(value: object) -> bool:
    if isinstance(value, Mapping):
        return all(isinstance(key, str) and _is_json(item) for key, item in value.items())
    if isinstance(value, (list, tuple)):
        return all(_is_json(item) for item in value)
    return value is None or isinstance(value, (bool, int, float, str))
