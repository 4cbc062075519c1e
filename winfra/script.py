"""A PowerShell script and its parameters: the only way to run PowerShell on a host."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, TypeAlias

from pyinfra.api import StringCommand
from pyinfra.api.hiddenvalue import HiddenValue
from typing_extensions import override

Value: TypeAlias = (
    "None | bool | int | float | str | HiddenValue | Sequence[Value] | Mapping[str, Value]"
)

FOLDER = Path(__file__).parent / "powershell"


@dataclass(frozen=True)
class Source:
    """The constant text of a script, under the name that PowerShell shows in its errors."""

    name: str
    text: str

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.text.encode()).hexdigest()


@cache
def source(script: str | Path) -> Source:
    """Read a script: one of this package's by its stem, another by its path."""
    path = script if isinstance(script, Path) else FOLDER / f"{script}.ps1"
    return Source(path.name, path.read_text(encoding="ascii"))


class Script(StringCommand):
    """One run of a script on the host.

    + script: the stem of a file in ``winfra/powershell``, or the ``Path`` of a file elsewhere
    + parameters: values for its ``param()`` block: JSON types; a ``HiddenValue`` arrives as a
      ``SecureString`` and is never shown. Names that begin with ``_`` are pyinfra's arguments.

    A script whose name begins with ``get_`` changes nothing: its answer is kept until the next
    thing that does.
    """

    def __init__(self, script: str | Path, /, **parameters: Any) -> None:
        arguments = {key: value for key, value in parameters.items() if key.startswith("_")}
        super().__init__(**arguments)
        self.source = source(script)
        self.parameters: dict[str, Value] = {
            key: value for key, value in parameters.items() if not key.startswith("_")
        }

    @property
    def read_only(self) -> bool:
        return self.source.name.startswith("get_")

    def answer(self, value: Any) -> Any:
        """What the host's answer means; an ``OSError`` where it is a failure."""
        return value

    @override
    def get_masked_value(self) -> str:
        shown = (f"-{name} {value!r}" for name, value in self.parameters.items())
        return " ".join([self.source.name, *shown])

    @override
    def get_raw_value(self) -> str:
        """The same as the masked text: secrets do not travel in a command's text."""
        return self.get_masked_value()

    @override
    def __repr__(self) -> str:
        return f"Script({self.get_masked_value()})"


class LocalCommand(StringCommand):
    """Something that this machine does for a host, where a ``Script`` runs on it.

    ``run`` answers with a JSON value; an ``OSError`` fails the host.
    """

    def run(self) -> Any:
        raise NotImplementedError
