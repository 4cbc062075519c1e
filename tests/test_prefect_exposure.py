"""What an opened server leaves open, by its version and address."""

from __future__ import annotations

import pytest
from pyinfra.api.exceptions import DeployError

from winfra import prefect_exposure
from winfra.messages import prefect_server as messages


@pytest.mark.parametrize(
    ("address", "alone", "own"),
    [
        ("127.0.0.1", True, "127.0.0.1"),
        ("localhost", True, "localhost"),
        ("::1", True, "[::1]"),
        ("0.0.0.0", False, "127.0.0.1"),  # noqa: S104
        ("::", False, "[::1]"),
        ("192.0.2.7", False, "192.0.2.7"),
    ],
)
def test_addresses(address: str, alone: bool, own: str) -> None:
    """Who reaches a server there, and how its own host does."""
    assert prefect_exposure.is_loopback(address) is alone
    assert prefect_exposure.own(address) == own


def test_what_is_no_address() -> None:
    """Neither a name nor a firewall's word."""
    with pytest.raises(DeployError) as caught:
        prefect_exposure.is_loopback("srv1")
    reason = "it is no IP address"
    assert str(caught.value) == messages.BAD_ADDRESS.text(
        key="prefect_listen", value="srv1", reason=reason
    )
    with pytest.raises(DeployError, match="prefect_networks is 'Any': it is no network"):
        prefect_exposure.check_networks(["10.0.0.0/8", "192.0.2.7", "Any"])


@pytest.mark.parametrize(
    ("version", "forged", "events"),
    [
        ("3.4.25", True, True),
        ("3.6.13", True, True),
        ("3.6.14", True, False),
        ("3.8.8", False, False),
    ],
)
def test_versions(version: str, forged: bool, events: bool) -> None:
    """As Prefect's release notes have it."""
    said = prefect_exposure.left_open(version)
    assert ("forged Host" in said) is forged
    assert ("/api/events/in" in said) is events
    assert prefect_exposure.ALWAYS in said
