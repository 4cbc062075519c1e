"""Facts from a user's own PowerShell."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pyinfra.api import FactBase
from pyinfra.api.hiddenvalue import HiddenValue
from typing_extensions import override

from winfra.user_script import UserScript


class Output(FactBase[list[str]]):
    """Returns the lines that PowerShell writes; it is run at every question, also in a dry run.

    + text: PowerShell that changes nothing; a ``HiddenValue`` where it is not to be shown
    + parameters: values for its ``param()`` block; a ``HiddenValue`` arrives as a ``SecureString``
    """

    @staticmethod
    @override
    def default() -> list[str]:
        return []

    def command(
        self, text: str | HiddenValue, parameters: Mapping[str, Any] | None = None
    ) -> UserScript:
        plain = text.unmask() if isinstance(text, HiddenValue) else text
        return UserScript(plain, "fact", parameters)

    @override
    def process(self, output: list[str]) -> list[str]:
        return list(output)
