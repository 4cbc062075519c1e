"""Facts about where large files go for a while."""

from __future__ import annotations

from typing import Any

from typing_extensions import override

from winfra.fact import WindowsFact
from winfra.script import Script


class TemporaryFolder(WindowsFact[str]):
    r"""Returns the folder for what the connected user needs for a while, without a ``\`` at its end."""

    def command(self) -> Script:
        return Script("get_temporary_folder")

    @override
    def read(self, value: Any) -> str:
        return str(value["Path"]).rstrip("\\")
