"""The connector ``@lab``: a simulated Windows server, started on first use."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

from pyinfra.api.exceptions import ConnectError
from pyinfra.api.hiddenvalue import HiddenValue
from pyinfra.connectors.base import DataMeta
from typing_extensions import override

from winfra.connector import WinRMConnector
from winfra.messages import lab as messages
from winfra.settings import META, Settings, WinRMData


class LabData(WinRMData, total=False):
    """The data keys of ``@lab``: those of ``@winrm``, and which lab in what way."""

    lab_name: str
    lab_transport: str | None
    lab_scheme: str | None


class LabConnector(WinRMConnector):
    """Runs on a lab's simulated Windows over the same wire as on a real one.

    The lab's own address, user, password and authority stand in for what the data do not say.

    **Example:**

    .. code:: shell

        pyinfra @lab/windows --data lab_transport=basic exec -- Get-Service
    """

    data_cls = LabData
    data_meta = {
        **META,
        "lab_name": DataMeta("The lab's name; default: that after @lab/", "windows"),
        "lab_transport": DataMeta("How to authenticate; default: winrm_transport"),
        "lab_scheme": DataMeta("https or http; default: winrm_scheme"),
    }
    name = "lab"

    @staticmethod
    @override
    def make_names_data(name: str | None = None) -> Iterator[tuple[str, dict[str, Any], list[str]]]:
        name = name or "windows"
        yield f"@lab/{name}", {"lab_name": name}, []

    @override
    def settings(self) -> Settings:
        """Start the lab where it is not running, and say how to reach it."""
        own = cast(LabData, self.data)
        transport = own["lab_transport"] or own["winrm_transport"]
        scheme = own["lab_scheme"] or own["winrm_scheme"]
        reached = _started(own["lab_name"], transport, scheme)
        reached["winrm_password"] = HiddenValue(reached["winrm_password"])
        own["winrm_transport"], own["winrm_scheme"] = transport, scheme
        for key, value in {"winrm_hostname": "localhost", **reached}.items():
            if self.data.get(key) is None:
                self.data[key] = value
        return super().settings()


def _started(name: str, transport: str, scheme: str) -> dict[str, Any]:
    """The lab's data, once it runs."""
    try:
        # pyinfra imports every connector, also where the extra [lab] is not installed.
        from winfra.lab.state import Lab

        lab = Lab(name)
        lab.start()
        return lab.host_data(transport, scheme)
    except ImportError as error:
        raise ConnectError(messages.EXTRA_MISSING.text(name=name, module=error.name)) from error
    except (OSError, ValueError) as error:
        raise ConnectError(str(error)) from error
