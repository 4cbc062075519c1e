"""Prefect's REST API, as a host reaches it."""

from __future__ import annotations

from dataclasses import dataclass

from pyinfra.api.hiddenvalue import HiddenValue


@dataclass(frozen=True)
class Api:
    """Where a server answers.

    + url: with ``/api``, such as ``http://127.0.0.1:4200/api``
    + auth: ``user:password``, where the server asks for it (``PREFECT_SERVER_API_AUTH_STRING``)
    """

    url: str
    auth: HiddenValue | None = None
