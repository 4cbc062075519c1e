"""Facts about conda on the host, without running it: it takes seconds to start."""

from __future__ import annotations

from typing import Any, TypedDict

from typing_extensions import override

from winfra.fact import WindowsFact
from winfra.path import windows_path
from winfra.script import Script


class PrefixDict(TypedDict):
    """See ``Prefix``."""

    packages: list[str]
    conda: bool
    entries: list[str]


class Prefix(WindowsFact[PrefixDict | None]):
    r"""
    Returns what conda has installed in a folder, the root's or an environment's:

    .. code:: python

        {
            "packages": ["pip-24.2-pyh8b19718_1", "python-3.12.7-hce54a09_0_cpython", …],
            "conda": False,            # whether it has a conda.exe
            "entries": ["conda-meta", …],    # up to five files and folders
        }

    Where there is no such folder:
        returns ``None``
    """

    def command(self, path: str) -> Script:
        return Script("get_conda_prefix", Path=windows_path(path))

    @override
    def read(self, value: Any) -> PrefixDict | None:
        if value is None:
            return None
        return PrefixDict(
            packages=sorted(value["Packages"]), conda=value["Conda"], entries=value["Entries"]
        )
