"""Section 2 on a lab: from a bare machine to a login as prefect; psycopg is the witness."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest
from pyinfra.api.hiddenvalue import HiddenValue

from tasks.postgresql import postgresql_server
from tests.trial import connected_to
from winfra.lab import downloads, postgresql as lab_postgresql
from winfra.lab.state import Lab

SUPERUSER = HiddenValue("Sup3r 'user\"$é\\%:@")
PASSWORD = HiddenValue("Pr3fect 'it\"$é\\%:@")
SERVICE = lab_postgresql.service_name()


@pytest.fixture
def site(lab: Lab) -> dict[str, Any]:
    """The data of a site whose files are the lab's."""
    return {
        **downloads.data(),
        "postgresql_port": lab_postgresql.free_port(),
        "postgresql_superuser_password": SUPERUSER,
        "prefect_database_password": PASSWORD,
    }


def ask(site: dict[str, Any], statement: str, address: str = "127.0.0.1", **given: Any) -> Any:
    """What the server answers to prefect."""
    values = {"user": "prefect", "password": PASSWORD.unmask(), "dbname": "prefect_db", **given}
    with psycopg.connect(host=address, port=site["postgresql_port"], **values) as connection:
        row = connection.execute(statement).fetchone()  # type: ignore[call-overload]
        return row[0] if row else None


def test_a_bare_host_gets_prefects_database(lab: Lab, site: dict[str, Any]) -> None:
    """Dry says so and changes nothing; then prefect logs in; the second run changes nothing."""
    before = lab.snapshot()
    with connected_to(lab, **site) as found:
        dry = found.dry(postgresql_server)
        assert not dry.failed, dry.output
        for title in ("the Visual C++ runtime", "cluster", "service", "role", "database"):
            assert f"Will create {title}" in dry.output
        for secret in (SUPERUSER, PASSWORD):
            assert secret.unmask() not in dry.output
        assert lab.snapshot() == before

        first = found.run(postgresql_server)
        assert not first.failed, first.output
        for address in ("127.0.0.1", "::1"):
            assert ask(site, "SELECT similarity('prefect', 'prefect')", address) == 1
        assert ask(
            site, "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname='prefect_db'"
        )

        again = found.run(postgresql_server)
        assert (again.failed, again.changed) == (False, False), again.output
