"""PostgreSQL's installation on a lab: its files, registry and processes are the witness, and psycopg."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest
from pyinfra.api.hiddenvalue import HiddenValue

from tests.harness import Applied
from tests.service_trial import status
from winfra.lab import postgresql as lab_postgresql, vc_runtime
from winfra.lab.state import Lab
from winfra.operations.postgresql_installation import installation

Apply = Callable[..., Applied]
PASSWORD = HiddenValue("Sup3r 'user\"$é\\%:@")
DATA = r"D:\pgsql\data"
SERVICE = lab_postgresql.service_name()


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return lab_postgresql.archive(tmp_path_factory.mktemp("edb"))


@pytest.fixture
def wanted(lab: Lab, archive: Path) -> dict[str, Any]:
    """What is installed, on a machine that has the runtime."""
    vc_runtime.install(lab.folder)
    return {
        "version": lab_postgresql.major(),
        "src": str(archive),
        "sha256": hashlib.sha256(archive.read_bytes()).hexdigest(),
        "data": DATA,
        "port": lab_postgresql.free_port(),
        "superuser_password": PASSWORD,
    }


def ask(port: int, statement: str, address: str = "127.0.0.1") -> Any:
    """What the server answers to its superuser."""
    with psycopg.connect(
        host=address, port=port, user="postgres", password=PASSWORD.unmask(), dbname="postgres"
    ) as connection:
        row = connection.execute(statement).fetchone()  # type: ignore[call-overload]
        return row[0] if row else None


def test_a_bare_host_gets_a_server(lab: Lab, apply: Apply, wanted: dict[str, Any]) -> None:
    """Dry says what and does nothing; then it answers on both loopbacks; again nothing is done."""
    install = functools.partial(installation, **wanted)
    before = lab.snapshot()
    dry = apply(lab, install, dry=True, diff=True)
    assert (dry.failed, dry.will_change) == (False, True)
    assert f"Will create cluster {DATA}" in dry.output
    assert f"Will create service {SERVICE}" in dry.output
    assert PASSWORD.unmask() not in dry.output
    assert lab.snapshot() == before

    applied = apply(lab, install)
    assert not applied.failed, applied.output
    assert status(lab, SERVICE)["state"] == 4
    for address in ("127.0.0.1", "::1"):
        assert ask(wanted["port"], "SHOW server_encoding", address) == "UTF8"

    again = apply(lab, install)
    assert (again.failed, again.changed) == (False, False)
