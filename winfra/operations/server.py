"""The server module handles the server as a whole."""

from __future__ import annotations

from collections.abc import Generator

from pyinfra import host
from pyinfra.api import FunctionCommand, OperationValueError
from pyinfra.api.command import PyinfraCommand

from winfra.difference import say
from winfra.facts.system import System
from winfra.messages.operations import REBOOT_REFUSED
from winfra.operation import operation, read
from winfra.reboot import reboot as restart

SHORTEST_DELAY = 2
LONGEST_COMMENT = 512


@operation(is_idempotent=False, idempotent_notice="It restarts at every run, unless only_pending.")
def reboot(
    delay: int = SHORTEST_DELAY,
    reboot_timeout: float = 600,
    *,
    only_pending: bool = False,
    comment: str = "Restart by pyinfra",
) -> Generator[PyinfraCommand]:
    """
    Restart the server and wait until it is back: with another boot time, and users could log on.

    + delay: seconds until Windows begins, 2 at least, in which it still answers
    + reboot_timeout: seconds to wait for it
    + only_pending: restart only when Windows waits for that (updates, a new computer name)
    + comment: what the event log gives as the reason

    **Example:**

    .. code:: python

        from winfra.operations import server

        server.reboot(
            name="Finish pending updates",
            only_pending=True,
        )
    """
    _check(delay, reboot_timeout, comment)
    reasons = read(System)["reboot_pending"] if only_pending else []
    if only_pending and not reasons:
        host.noop("no restart is pending")
        return
    say("Will restart the server" + (f", pending: {', '.join(reasons)}" if reasons else ""))
    yield FunctionCommand(restart, (delay, reboot_timeout, comment), {})


def _check(delay: int, reboot_timeout: float, comment: str) -> None:
    """Without a delay Windows ends the session before it answers."""
    if not SHORTEST_DELAY <= delay <= 3600:
        raise OperationValueError(
            REBOOT_REFUSED.text(argument="delay", value=delay, wanted="2 to 3600 seconds")
        )
    if reboot_timeout <= 0:
        raise OperationValueError(
            REBOOT_REFUSED.text(
                argument="reboot_timeout", value=reboot_timeout, wanted="more than 0 seconds"
            )
        )
    if len(comment) > LONGEST_COMMENT or not comment.isprintable():
        raise OperationValueError(
            REBOOT_REFUSED.text(
                argument="comment", value=repr(comment[:40]), wanted="one line of 512 characters"
            )
        )
