"""The hosts module keeps the hosts of a run in step."""

from __future__ import annotations

from collections.abc import Generator

from pyinfra import host
from pyinfra.api.command import PyinfraCommand

from winfra.operation import operation


@operation()
def together() -> Generator[PyinfraCommand]:
    """
    Go on when every host that has this operation has come as far; nothing is done.

    pyinfra keeps the order of a host's own operations, and runs those that two hosts share at the same
    time. Of hosts with different sections one would otherwise begin, say, its worker, while another is
    still installing the server.

    **Example:**

    .. code:: python

        from winfra.operations import hosts

        hosts.together(name="The server is there")
    """
    yield from ()


def in_step() -> None:
    """``together``, where there is more than one host."""
    if len(host.state.inventory) > 1:
        together(name="Hosts in step")
