"""What the run ends with: changes, versions, addresses, logs, the newest run of the first flow."""

from __future__ import annotations

from typing import Any

from pyinfra import host
from pyinfra.api.deploy import deploy

from tasks import first_flow
from winfra import prefect_layout, prefect_sql, summary as end
from winfra.operations import summary as operations
from winfra.prefect_layout import Layout

DEFAULTS: dict[str, Any] = {**first_flow.DEFAULTS, "postgresql_logs": r"D:\pgsql\logs"}
ROLES = {"database", "server", "workers"}


@deploy("Summary", data_defaults=DEFAULTS)
def summary() -> None:
    """Have it printed once, after pyinfra's own results."""
    data = {key: host.data.get(key) for key in DEFAULTS}
    layout = prefect_layout.of(host)
    roles = ROLES & set(host.groups) or ROLES
    ui = str(data["prefect_ui_url"] or layout.address).rstrip("/")
    connection, _ = prefect_sql.connection(host, data)
    addresses = {
        "server": [f"{ui} (Prefect's UI)", f"{layout.api.url} (its API)"],
        "database": [f"{connection.address}:{connection.port} (PostgreSQL)"],
    }
    places = _logs(layout, data)
    rows = end.of(host.state)
    rows.put(
        host,
        end.ADDRESSES,
        *(one for role in addresses if role in roles for one in addresses[role]),
    )
    rows.put(host, end.LOGS, *(places[role] for role in places if role in roles))
    operations.versions(
        name="Versions and the newest run",
        connection=connection if "database" in roles else None,
        python_folder=layout.python_folder if roles & {"server", "workers"} else None,
        api=layout.api if "server" in roles else None,
        flow=data["flow_name"],
        deployment=data["flow_deployment"],
        ui=ui,
    )


def _logs(layout: Layout, data: dict[str, Any]) -> dict[str, str]:
    """By the role whose host has them."""
    found = {
        "server": layout.log(data["server_service"]),
        "workers": layout.log(data["worker_service"]),
    }
    own = data["postgresql_source"] != "existing"
    return found | ({"database": data["postgresql_logs"]} if own else {})
