"""Facts about services of the service host."""

from __future__ import annotations

from typing import Any, TypedDict

from typing_extensions import override

from winfra.fact import WindowsFact
from winfra.path import windows_path
from winfra.script import Script


class Origin(TypedDict):
    """What a service would be started from; or why the service host cannot say it."""

    digests: dict[str, str | None]
    problem: str | None


class Digests(WindowsFact[Origin | None]):
    r"""
    Returns what a service would be started from now, as the SHA-256 of each part:

    .. code:: python

        {
            "digests": {
                "configuration": "…",
                "settings": "…",
                "interpreter": "…",
                "packages": "…",
                "scripts": "…",
                "host": "…",
            },
            "problem": None,
        }

    A part that is not there is ``None``. Without the host, or without Python:
        returns ``None``

    + folder: the service host's on the host
    + python: the interpreter that runs it
    + configuration: the content of the service's configuration, which need not be written yet
    """

    def command(self, folder: str, python: str, configuration: str) -> Script:
        return Script(
            "get_service_host_digests",
            Folder=windows_path(folder),
            Python=windows_path(python, file=True),
            Configuration=configuration,
        )

    @override
    def read(self, value: Any) -> Origin | None:
        if value is None:
            return None
        return Origin(digests=value["Digests"] or {}, problem=value["Problem"])
