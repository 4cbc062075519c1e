"""Facts about the machine's environment, as the registry has it: nothing expanded."""

from __future__ import annotations

from typing import Any

from typing_extensions import override

from winfra.fact import WindowsFact
from winfra.facts.registry import Key, RegistryValue
from winfra.script import Script

ENVIRONMENT_KEY = r"HKEY_LOCAL_MACHINE\SYSTEM\CurrentControlSet\Control\Session Manager\Environment"


class Variables(WindowsFact[dict[str, RegistryValue]]):
    r"""
    Returns the machine's variables by name:

    .. code:: python

        {
            "Path": {"kind": "ExpandString", "data": "%SystemRoot%\\system32;%SystemRoot%"},
            "OS": {"kind": "String", "data": "Windows_NT"},
        }
    """

    @staticmethod
    @override
    def default() -> dict[str, RegistryValue]:
        return {}

    def command(self) -> Script:
        return Script("get_registry", Path=[ENVIRONMENT_KEY])

    @override
    def read(self, value: Any) -> dict[str, RegistryValue]:
        key = Key().read(value)
        return key["values"] if key else {}


def find_variable(variables: dict[str, RegistryValue], variable: str) -> RegistryValue | None:
    """A variable by its name, of which Windows does not tell upper and lower case."""
    wanted = variable.lower()
    return next((found for name, found in variables.items() if name.lower() == wanted), None)
