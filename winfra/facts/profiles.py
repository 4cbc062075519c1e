"""Facts about the profiles of accounts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from typing_extensions import override

from winfra.fact import WindowsFact
from winfra.script import Script


class Profiles(WindowsFact[dict[str, str | None]]):
    r"""
    Returns the folders of accounts' profiles, ``None`` for each that has never logged on here:

    .. code:: python

        {"svc_prefect": "C:\\Users\\svc_prefect", "NT SERVICE\\PrefectWorker": None}
    """

    def command(self, accounts: Sequence[str]) -> Script:
        return Script("get_profiles", Account=list(accounts))

    @override
    def read(self, value: Any) -> dict[str, str | None]:
        return {item["Account"]: item["Folder"] for item in value["Items"]}
