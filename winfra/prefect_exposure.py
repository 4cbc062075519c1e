"""What a Prefect server that listens for others leaves open, by its version."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Sequence

from pyinfra.api.exceptions import DeployError

from winfra.messages.prefect_server import BAD_ADDRESS

ALWAYS = "the pages of the UI, /docs and /openapi.json can be read"
# Release notes of Prefect, and its source before and after (server/api/server.py, server/events).
_UNTIL = (
    ((3, 6, 14), "events can be written by /api/events/in"),
    ((3, 6, 22), "all that GET gives can be read by a forged Host, and what is named like health"),
)


def is_loopback(address: str) -> bool:
    """Whether a server that listens here is reached from its own host alone."""
    if address == "localhost":
        return True
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError as error:
        reason = "it is no IP address"
        text = BAD_ADDRESS.text(key="prefect_listen", value=address, reason=reason)
        raise DeployError(text) from error


def own(address: str) -> str:
    """The address by which its own host reaches a server that listens here, as a URL has it."""
    if address == "localhost":
        return address
    found = ipaddress.ip_address(address)
    if found.is_unspecified:
        found = ipaddress.ip_address("127.0.0.1" if found.version == 4 else "::1")
    return str(found) if found.version == 4 else f"[{found}]"


def check_networks(networks: Sequence[str]) -> None:
    """Networks alone: a firewall would also take words such as Any."""
    for network in networks:
        try:
            ipaddress.ip_network(network, strict=False)
        except ValueError as error:
            reason = "it is no network such as 10.0.0.0/8"
            text = BAD_ADDRESS.text(key="prefect_networks", value=network, reason=reason)
            raise DeployError(text) from error


def left_open(version: str) -> str:
    """What needs no login, in words."""
    return "; ".join([*_left_open(version), ALWAYS])


def _left_open(version: str) -> Iterator[str]:
    numbers = tuple(int(part) for part in version.split(".")[:3] if part.isdigit())
    return (what for closed, what in _UNTIL if numbers < closed)
