"""Section 2 on a lab: from a bare machine to a login as prefect; psycopg is the witness."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from pyinfra.api.hiddenvalue import HiddenValue

from tasks.postgresql import postgresql_server
from tests.trial import Trial, connected_to
from winfra.lab import downloads, postgresql as lab_postgresql
from winfra.lab.access import AccessLists
from winfra.lab.sids import service_sid
from winfra.lab.state import Lab
from winfra.messages import postgresql as sentences, postgresql_installation as messages
from winfra.operations import postgresql
from winfra.sql import Connection

SUPERUSER = HiddenValue("Sup3r 'user\"$é\\%:@")
PASSWORD = HiddenValue("Pr3fect 'it\"$é\\%:@")
SERVICE = lab_postgresql.service_name()
DATA = r"D:\pgsql\data"
Data = dict[str, Any]


@pytest.fixture
def data(lab: Lab) -> Data:
    """The data of a site whose files are the lab's."""
    return {
        **downloads.data(),
        "postgresql_port": lab_postgresql.free_port(),
        "postgresql_superuser_password": SUPERUSER,
        "prefect_database_password": PASSWORD,
        "postgresql_settings": {"max_connections": 40, "work_mem": "8MB"},
    }


@pytest.fixture
def site(lab: Lab, data: Data) -> Iterator[Trial]:
    with connected_to(lab, **data) as trial:
        yield trial


def connect(data: Data, address: str = "127.0.0.1", **given: Any) -> psycopg.Connection[Any]:
    """As prefect, if nobody else is given."""
    values = {"user": "prefect", "password": PASSWORD.unmask(), "dbname": "prefect_db", **given}
    return psycopg.connect(host=address, port=data["postgresql_port"], autocommit=True, **values)


def superuser(data: Data, database: str = "prefect_db") -> psycopg.Connection[Any]:
    return connect(data, user="postgres", password=SUPERUSER.unmask(), dbname=database)


def ask(data: Data, statement: str, address: str = "127.0.0.1") -> Any:
    """What the server answers to prefect."""
    with connect(data, address) as connection:
        row = connection.execute(statement).fetchone()
        return row[0] if row else None


def check(lab: Lab, data: Data) -> None:
    """Prefect's database is as the guide wants it, and nobody else gets at it."""
    for address in ("127.0.0.1", "::1"):
        assert ask(data, "SELECT similarity('prefect', 'prefect')", address) == 1
    owner = "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = current_database()"
    assert ask(data, owner) == "prefect"
    assert ask(data, "SELECT rolsuper FROM pg_roles WHERE rolname = current_user") is False
    for name, value in {
        "server_encoding": "UTF8",
        "listen_addresses": "127.0.0.1,::1",
        "max_connections": "40",
        "work_mem": "8MB",
        "logging_collector": "on",
    }.items():
        assert ask(data, f"SHOW {name}") == value
    assert re.search(r"^postgresql-[\d-]+\.log$", "\n".join(logs(lab)), re.MULTILINE)
    with superuser(data) as connection:
        rules = connection.execute(
            "SELECT database, user_name, auth_method FROM pg_hba_file_rules"
        ).fetchall()
    one = (["prefect_db"], ["prefect"], "scram-sha-256")
    assert rules == [one, one, *[(["all"], ["postgres"], "scram-sha-256")] * 2]


def logs(lab: Lab) -> list[str]:
    return [path.name for path in lab.path(r"D:\pgsql\logs").iterdir()]


def trustees(lab: Lab, path: str) -> set[str]:
    return {ace.sid for ace in AccessLists(lab.folder).read(lab.path(path)).aces or ()}


@pytest.fixture(params=["archive", "installer"])
def way(request: pytest.FixtureRequest, tmp_path: Path) -> Data:
    """Where PostgreSQL comes from."""
    if request.param == "archive":
        return {}
    file = lab_postgresql.installer(tmp_path)
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    return {
        "postgresql_source": "installer",
        "postgresql_archive": None,
        "postgresql_installer": str(file),
        "postgresql_installer_sha256": digest,
    }


def test_a_bare_host_gets_prefects_database(lab: Lab, data: Data, way: Data) -> None:
    """Dry says so and changes nothing; then prefect logs in; the second run changes nothing."""
    with connected_to(lab, **{**data, **way}) as site:
        bare_to_done(lab, data, site)


def bare_to_done(lab: Lab, data: Data, site: Trial) -> None:
    before = lab.snapshot()
    dry = site.dry(postgresql_server)
    assert not dry.failed, dry.output
    for title in ("the Visual C++ runtime", "cluster", "service", "role", "database"):
        assert f"Will create {title}" in dry.output
    for secret in (SUPERUSER, PASSWORD):
        assert secret.unmask() not in dry.output
    assert lab.snapshot() == before

    first = site.run(postgresql_server)
    assert not first.failed, first.output
    check(lab, data)
    keepers = {"S-1-5-18", "S-1-5-32-544", service_sid(SERVICE)}
    for path in (r"D:\pgsql", DATA, r"D:\pgsql\logs"):
        assert trustees(lab, path) == keepers

    again = site.run(postgresql_server)
    assert (again.failed, again.changed) == (False, False), again.output


def test_what_is_spoilt_by_hand_is_named_and_mended(lab: Lab, data: Data, site: Trial) -> None:
    """Role, extension, a setting, a rule and a folder's access list: dry names each."""
    site.run(postgresql_server)
    spoilt = "SUPERUSER NOINHERIT CREATEDB REPLICATION CONNECTION LIMIT 3 VALID UNTIL '2030-01-01'"
    with superuser(data) as connection:
        connection.execute("DROP EXTENSION pg_trgm")
        connection.execute(f"ALTER ROLE prefect {spoilt}")
        connection.execute("ALTER DATABASE prefect_db OWNER TO postgres")
    conf = lab.path(rf"{DATA}\conf.d\prefect.conf")
    conf.write_text(conf.read_text().replace("40", "41"))
    hba = lab.path(rf"{DATA}\pg_hba.conf")
    hba.write_text(hba.read_text() + "host all all 127.0.0.1/32 trust\n")
    lists = AccessLists(lab.folder)
    lists.write_list(lab.path(r"D:\pgsql\logs"), lists.dialect.parse("D:PAI(A;OICI;FA;;;WD)"))
    dry = site.dry(postgresql_server)
    for title in (
        "extension pg_trgm of prefect_db",
        "role prefect",
        "database prefect_db",
        rf"file {DATA}\conf.d\prefect.conf",
        rf"file {DATA}\pg_hba.conf",
        r"access to D:\pgsql\logs",
    ):
        assert re.search(rf"Will (create|change) {re.escape(title)}", dry.output), title

    applied = site.run(postgresql_server)
    assert not applied.failed, applied.output
    check(lab, data)
    with superuser(data) as connection:
        row = connection.execute(
            "SELECT rolsuper, rolinherit, rolcreatedb, rolreplication, rolconnlimit,"
            " rolvaliduntil::text FROM pg_roles WHERE rolname = 'prefect'"
        ).fetchone()
    assert row == (False, True, False, False, -1, "infinity")
    assert trustees(lab, r"D:\pgsql\logs") == trustees(lab, DATA)


def test_a_stopped_service_is_started(lab: Lab, data: Data, site: Trial) -> None:
    """It is all that is to be done."""
    site.run(postgresql_server)
    lab_postgresql.stop(lab)
    dry = site.dry(postgresql_server)
    assert f"Will change service {SERVICE}" in dry.output

    applied = site.run(postgresql_server)
    assert not applied.failed, applied.output
    check(lab, data)


def test_changed_passwords(lab: Lab, data: Data, site: Trial) -> None:
    """All become those of .env, the superuser's without the old one, and nobody gets in meanwhile."""
    site.run(postgresql_server)
    other, mine = "another", "An0ther 'user\"$é\\%:@"
    changed = {"prefect_database_password": other, "postgresql_superuser_password": mine}
    before = configuration(lab)
    with connected_to(lab, **{**data, **secrets(changed)}) as second:
        dry = second.dry(postgresql_server)
        assert not dry.failed, dry.output
        assert "Will change role postgres" in dry.output
        assert "role prefect is looked at when postgres has its new password" in dry.output

        psql = rf"{lab_postgresql.program_folder()}\bin\psql.exe"
        connection = Connection(psql=psql, port=data["postgresql_port"], password=mine)
        with broken(lab, "pg_ctl.exe"):
            failed = second.run(postgresql.superuser_password, connection=connection, data=DATA)
        values = {"User": "postgres", "Data": DATA, "Reason": "it cannot"}
        assert sentences.SUPERUSER_UNCHANGED.text(**values) in failed.output
        assert configuration(lab) == before
        superuser(data).close()

        assert not second.run(postgresql_server).failed
        # What a run leaves behind that breaks off.
        lab.path(rf"{DATA}\winfra-login.pem").write_text("")
        assert second.run(postgresql_server).changed
        again = second.run(postgresql_server)
    assert (again.failed, again.changed) == (False, False), again.output
    assert configuration(lab) == before
    connect(data, password=other).close()
    connect(data, user="postgres", password=mine).close()
    for old in (connect, superuser):
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            old(data)


def secrets(given: dict[str, str]) -> dict[str, HiddenValue]:
    return {key: HiddenValue(value) for key, value in given.items()}


def configuration(lab: Lab) -> dict[str, bytes]:
    """What decides who may log in, and a key that might do so."""
    folder = lab.path(DATA)
    names = ("pg_hba.conf", "postgresql.auto.conf", "winfra-login.pem")
    return {name: (folder / name).read_bytes() for name in names if (folder / name).exists()}


@contextmanager
def broken(lab: Lab, program: str) -> Iterator[None]:
    """A program of PostgreSQL that does nothing."""
    path = lab.path(rf"{lab_postgresql.program_folder()}\bin\{program}")
    kept = path.rename(path.with_suffix(".kept"))
    path.write_text("#!/bin/sh\necho it cannot\nexit 1\n")
    path.chmod(0o755)
    try:
        yield
    finally:
        kept.replace(path)


@pytest.mark.parametrize("by_psql", [False, True])
def test_an_existing_server_gets_the_database_alone(lab: Lab, data: Data, by_psql: bool) -> None:
    """Neither its settings nor its rules are touched; from this machine, or by psql on the host."""
    dsn = lab_postgresql.install(lab, data=r"D:\theirs", port=data["postgresql_port"])
    files = [lab.path(rf"D:\theirs\{name}") for name in ("postgresql.conf", "pg_hba.conf")]
    before = [file.read_bytes() for file in files]
    psql = rf"{lab_postgresql.program_folder()}\bin\psql.exe" if by_psql else None
    given = {
        **data,
        "postgresql_source": "existing",
        "postgresql_archive": None,
        "postgresql_psql": psql,
        "postgresql_superuser_password": HiddenValue(lab_postgresql.PASSWORD),
    }
    with connected_to(lab, **given) as site:
        first = site.run(postgresql_server)
        assert not first.failed, first.output
        assert ask(data, "SELECT similarity('prefect', 'prefect')") == 1
        again = site.run(postgresql_server)
    assert (again.failed, again.changed) == (False, False)
    assert [file.read_bytes() for file in files] == before
    assert not lab.path(DATA).exists()
    with psycopg.connect(dsn) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


@pytest.mark.parametrize(
    ("missing", "sentence"),
    [
        (
            "prefect_database_password",
            messages.PASSWORD_MISSING.text(role="prefect", key="PREFECT_DATABASE_PASSWORD"),
        ),
        (
            "postgresql_archive",
            messages.SOURCE_UNSET.text(key="postgresql_archive", source="archive"),
        ),
    ],
)
def test_what_the_site_does_not_say(lab: Lab, data: Data, missing: str, sentence: str) -> None:
    """It is named before the host is touched."""
    before = lab.snapshot()
    with connected_to(lab, **{**data, missing: None}) as site:
        applied = site.run(postgresql_server)

    assert applied.failed
    assert sentence in applied.output
    assert lab.snapshot() == before
