"""Waiting for what a service of Prefect's has to do after Windows counts it as running."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from pyinfra import logger
from pyinfra.api import Host, State

from winfra import service_log
from winfra.messages import Message
from winfra.prefect_api import Api, Client, RefusedError
from winfra.script import Script

_PAUSE = 0.5
_LOOK_SECONDS = 5.0


@dataclass(frozen=True)
class Waiting:
    """What is waited for.

    + service: where it has stopped, nothing is waited for any longer
    + log: its log, whose end is shown where it was waited for in vain
    + done: whether it has come about
    + message: what is said otherwise, with ``values``
    """

    api: Api
    seconds: float
    service: str
    log: str | None
    done: Callable[[Client], bool]
    message: Message
    values: Mapping[str, object]

    def run(self, state: State, host: Host) -> bool:
        """Wait; ``False`` after the reason has been shown."""
        begun = time.monotonic()
        try:
            if self._comes_about(host, begun):
                return True
            waited = f"{time.monotonic() - begun:.0f}"
            lines = [self.message.text(**self.values, service=self.service, seconds=waited)]
        except RefusedError as refusal:
            lines = [*refusal.lines]
        for line in [*lines, *self._log(host)]:
            host.log_styled(line, fg="red", log_func=logger.error)
        return False

    def _comes_about(self, host: Host, begun: float) -> bool:
        client = Client(host, self.api)
        looked = begun
        while not self.done(client):
            now = time.monotonic()
            if now - begun >= self.seconds:
                return False
            if now - looked >= _LOOK_SECONDS:
                looked = now
                if has_stopped(client, self.service):
                    return False
            time.sleep(_PAUSE)
        return True

    def _log(self, host: Host) -> Iterator[str]:
        if self.log is not None:
            yield from service_log.end(host, self.log)


def has_stopped(client: Client, service: str) -> bool:
    """A service that the recovery actions start again has stopped meanwhile, too: its program fails."""
    [found] = client.run(Script("get_services", Service=[service]))["Items"]
    return found["State"] is None or found["State"]["State"] == "Stopped"
