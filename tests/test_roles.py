"""Hosts by role, without any host."""

from __future__ import annotations

from typing import Any

import pytest
from pyinfra.api import Config, Inventory, State
from pyinfra.api.exceptions import DeployError

from winfra import prefect_layout
from winfra.messages.site import APART

ROLES = {"database": "@winrm/db", "server": "@winrm/srv", "workers": "@winrm/w1"}


def layout(name: str, roles: dict[str, str], **data: Any) -> prefect_layout.Layout:
    """Of one of the hosts."""
    given = {**prefect_layout.DEFAULTS, **data}
    groups: dict[str, Any] = {role: ([host], {}) for role, host in roles.items()}
    inventory = Inventory(([(host, given) for host in {*roles.values()}], {}), **groups)
    State(inventory, Config())
    return prefect_layout.of(inventory.get_host(name))


@pytest.mark.parametrize(
    ("name", "key", "other"),
    [
        ("@winrm/w1", "prefect_server", "@winrm/srv"),
        ("@winrm/srv", "postgresql_address", "@winrm/db"),
    ],
)
@pytest.mark.parametrize("address", ["127.0.0.1", "localhost"])
def test_another_host_is_not_this_ones_loopback(
    name: str, key: str, other: str, address: str
) -> None:
    """A worker has to know where the server is, the server where PostgreSQL is."""
    with pytest.raises(DeployError) as raised:
        layout(name, ROLES, **{key: address})
    assert str(raised.value) == APART.text(key=key, address=address, host=name, other=other)
    assert layout(name, ROLES, **{key: "10.0.0.5"}).roles <= {"server", "workers"}


def test_what_one_host_has_is_on_its_loopback() -> None:
    """All roles on one host, and a host on which PostgreSQL is alone."""
    one = dict.fromkeys(ROLES, "@winrm/srv")
    assert layout("@winrm/srv", one).roles == {"server", "workers"}
    assert layout("@winrm/db", ROLES).address == "http://127.0.0.1:4200"
