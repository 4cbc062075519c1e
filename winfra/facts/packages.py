"""Facts about packages that Windows keeps in its registry."""

from __future__ import annotations

from typing import Any

from typing_extensions import override

from winfra.fact import WindowsFact
from winfra.facts.registry import Key, find_value
from winfra.registry import key_path
from winfra.script import Script

# "Determine which version of the Visual C++ Redistributable is installed" (Microsoft): of 2015 and later.
RUNTIME = r"HKLM\SOFTWARE\Microsoft\VisualStudio\14.0\VC\Runtimes\X64"


class Runtime(WindowsFact[str | None]):
    """Returns the version of the Visual C++ runtime for x64, such as ``"14.42.34433"``, or ``None``."""

    def command(self) -> Script:
        return Script("get_registry", Path=[key_path(RUNTIME)])

    @override
    def read(self, value: Any) -> str | None:
        key = Key().read(value)
        names = ("Installed", "Major", "Minor", "Bld")
        found = [find_value(key, name) for name in names]
        installed, *numbers = [one["data"] if one else None for one in found]
        if installed != 1 or numbers[0] is None:
            return None
        return ".".join(str(number or 0) for number in numbers)
