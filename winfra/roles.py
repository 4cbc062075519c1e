"""Hosts by role: what each calls the others by."""

from __future__ import annotations

from pyinfra.api import Host
from pyinfra.api.exceptions import DeployError

from winfra.messages.site import APART

LOOPBACK = ("127.0.0.1", "localhost", "::1")
_REACHED = (
    ("workers", "server", "prefect_server", "127.0.0.1"),
    ("server", "database", "postgresql_address", "127.0.0.1"),
)
"""Who reaches whom, and by which key of the data."""


def check_addresses(host: Host) -> None:
    """Refuse this host's own loopback for what runs on another one."""
    for role, other, key, default in _REACHED:
        there = host.state.inventory.get_group(other, [])
        if role not in host.groups or host in there or not there:
            continue
        address = host.data.get(key, default)
        if address in LOOPBACK:
            names = ", ".join(one.name for one in there)
            raise DeployError(APART.text(key=key, address=address, host=host.name, other=names))
