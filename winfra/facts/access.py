"""Facts about access lists of files and folders."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from typing_extensions import override

from winfra.fact import WindowsFact
from winfra.path import windows_path
from winfra.script import Script


class Access(WindowsFact[dict[str, str | None]]):
    r"""
    Returns owners, groups and access lists by paths as SDDL, ``None`` where there is nothing:

    .. code:: python

        {
            "D:\\data": "O:BAG:SYD:PAI(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)",
            "D:\\other": None,
        }
    """

    def command(self, paths: Sequence[str]) -> Script:
        return Script("get_access", Path=[windows_path(path) for path in paths])

    @override
    def read(self, value: Any) -> dict[str, str | None]:
        return {item["Path"]: item["Sddl"] for item in value["Items"]}
