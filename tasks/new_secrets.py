"""Before the guide's sections: what new secrets would cut off ends its work, and stops until it has them."""

from __future__ import annotations

from typing import Any
from weakref import WeakKeyDictionary

from pyinfra import host
from pyinfra.api import State
from pyinfra.api.deploy import deploy
from pyinfra.api.hiddenvalue import HiddenValue

from winfra import prefect_drain, prefect_environment, prefect_layout
from winfra.facts.server import Hostname
from winfra.operations import prefect
from winfra.operations.hosts import in_step
from winfra.operations.prefect_secrets import DatabaseLogin
from winfra.prefect_layout import Layout

DEFAULTS: dict[str, Any] = {**prefect_layout.DEFAULTS, **prefect_environment.DEFAULTS}
_looked_after: WeakKeyDictionary[State, set[str]] = WeakKeyDictionary()
"""The hosts of a run that need not see to it in each section."""


@deploy("New secrets", data_defaults=DEFAULTS)
def new_secrets() -> None:
    """On workers' hosts, then on the server's: no run loses its server, and no server its database."""
    layout = prefect_layout.of(host)
    if "server" not in layout.roles:
        _let_go(layout, login=True)
    in_step()
    if "server" in layout.roles:
        _let_go(layout, login=True, database=_database(layout))
    _looked_after.setdefault(host.state, set()).add(host.name)


def before_new_login(layout: Layout) -> None:
    """For a section that writes the services' settings, where it runs alone."""
    if "workers" in layout.roles and not _done():
        _let_go(layout, login=True)


def before_new_password(layout: Layout) -> None:
    """For a section that gives the database's role its password, where it runs alone on the server's host."""
    if "server" in layout.roles and not _done():
        _let_go(layout, database=_database(layout))


def _done() -> bool:
    return host.name in _looked_after.get(host.state, ())


def _let_go(layout: Layout, *, login: bool = False, database: DatabaseLogin | None = None) -> None:
    data = layout.data
    prefect.new_secrets(
        name="No run is cut off by a new secret",
        api=layout.api if login else None,
        database=database,
        workers=[data["worker_service"]] if "workers" in layout.roles else [],
        servers=[data["server_service"]],
        drains=prefect_drain.of(layout, host.get_fact(Hostname)),
    )


def _database(layout: Layout) -> DatabaseLogin | None:
    """What the server's settings are to say; ``None`` where that is left to something else."""
    data = {key: host.data.get(key, value) for key, value in prefect_environment.DEFAULTS.items()}
    wanted = prefect_environment.server(layout, data)
    password = wanted.get("PREFECT_SERVER_DATABASE_PASSWORD")
    if not isinstance(password, HiddenValue):
        return None
    file = layout.settings(layout.data["server_service"])
    return DatabaseLogin(file, data["prefect_role"], password)
