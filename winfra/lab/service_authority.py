"""What a PowerShell process of the lab asks about services."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from winfra.lab import token
from winfra.lab.sam import RefusedError
from winfra.lab.scm import client
from winfra.lab.scm.codes import ACCESS_DENIED, SERVICE_DOES_NOT_EXIST, ScmError, text

RPC_SERVER_UNAVAILABLE = 1722


class ServiceAuthority:
    """Answers about services: what the control manager says to the caller of this process."""

    lab: Path

    def on_service(self, verb: str, arguments: str = "{}") -> Any:
        """Pass on a request; arguments as JSON.

        + verb: as ``scm.client`` has them, and ``look_up``: ``query`` by either of the two names
        """
        given = json.loads(arguments)
        try:
            if verb == "look_up":
                return self._look_up(given["name"])
            return client.request(self.lab, verb, **given)
        except ScmError as error:
            denied = error.code == ACCESS_DENIED and not token.of_process(self.lab).elevated
            kind = "Denied" if denied else "Service"
            raise RefusedError(kind, text(error.code), error.code) from None
        except (ConnectionError, FileNotFoundError):
            message = "The RPC server is unavailable."
            raise RefusedError("Service", message, RPC_SERVER_UNAVAILABLE) from None

    def _look_up(self, name: str) -> Any:
        """ServiceController takes the name in the registry as well as the one that is shown."""
        try:
            return client.request(self.lab, "query", name=name)
        except ScmError as error:
            if error.code != SERVICE_DOES_NOT_EXIST:
                raise
            key = client.request(self.lab, "find", display_name=name)
            return client.request(self.lab, "query", name=key)
