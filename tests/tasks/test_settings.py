"""Section 5 on a lab with the real Prefect and the real PostgreSQL; psycopg and the files are the witness."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import PureWindowsPath
from typing import Any
from urllib.parse import unquote, urlsplit

import psycopg
import pytest
from psycopg.sql import Identifier, Literal
from pyinfra.api.hiddenvalue import HiddenValue

from tasks.service_account import service_account
from tasks.settings import prefect_settings
from tests.database import Server
from tests.files.service_host.hosted import PYTHON, SOURCE
from tests.harness import Applied
from tests.service_trial import KEY, clean, make, remove, stored
from tests.tasks.test_service_account import PASSWORD as ACCOUNT_PASSWORD, sid_of
from tests.trial import Trial, clear, connected_to
from winfra.lab import postgresql as lab_postgresql, prefect as lab_prefect
from winfra.lab.access import AccessLists
from winfra.lab.sids import service_sid
from winfra.lab.state import Lab
from winfra.lab.token import Token
from winfra.messages import prefect_settings as messages, service_host as host_messages
from winfra.service_host_check import ACCOUNT as CHECK

PASSWORD = HiddenValue("Pr3fect '@/:%#\"é\\ $&+?")
AUTH = HiddenValue("people:Au7h-'@/:%#\"")
SECRETS = (PASSWORD, AUTH, ACCOUNT_PASSWORD)
HOME = r"D:\prefect_data"
SERVER_FILE = rf"{HOME}\settings\PrefectServer.json"
WORKER_FILE = rf"{HOME}\settings\PrefectWorker.json"
PROFILE = rf"{HOME}\settings\profiles.toml"
DUMP = rf"{HOME}\backups\before-upgrade.dump"
HEAD = "9e83011d1f2a"
OLDER = "3b86c5ea017a"
MACHINE = r"HKLM\SYSTEM\CurrentControlSet\Control\Session Manager\Environment"
KEEPERS = {"S-1-5-18", "S-1-5-32-544"}
USERS = "S-1-5-32-545"


@dataclass
class Place:
    """A host with sections 1 to 4 behind it, as their own tests leave it."""

    lab: Lab
    server: Server
    data: dict[str, Any]

    @contextmanager
    def site(self, **changes: Any) -> Iterator[Trial]:
        with connected_to(self.lab, **{**self.data, **changes}) as trial:
            yield trial

    def settings(self, path: str = SERVER_FILE) -> dict[str, str]:
        found: dict[str, str] = json.loads(self.lab.path(path).read_bytes())
        return found

    def readers(self, path: str) -> set[str]:
        return {
            ace.sid for ace in AccessLists(self.lab.folder).read(self.lab.path(path)).aces or ()
        }

    def may_read(self, path: str, *sids: str) -> bool:
        who = Token(sids[0], tuple(sids[1:]), (), ())
        return bool(AccessLists(self.lab.folder).granted(self.lab.path(path), who) & 1)

    def prefect(self) -> psycopg.Connection[Any]:
        """Logged in as Prefect's role, with the password as it is."""
        return psycopg.connect(
            host="127.0.0.1", port=self.server.port, user="prefect", dbname="prefect_db",
            password=PASSWORD.unmask(),
        )  # fmt: skip

    def revision(self) -> str:
        with self.prefect() as connection:
            [row] = connection.execute("SELECT version_num FROM alembic_version").fetchall()
        return str(row[0])


@pytest.fixture(scope="module")
def place(_module_trial: Trial, _module_server: Server) -> Iterator[Place]:
    """Accounts and folders, Python with Prefect, the service host, Prefect's role and database."""
    lab = _module_trial.lab
    clear(lab.drive("D"))
    clean(_module_trial)
    if not lab.path(PYTHON).exists():
        lab.install_python()
    folder = PYTHON.removesuffix(r"\python.exe")
    lab_prefect.install(lab, folder)
    data = {
        "python_folder": folder,
        "service_account_password": ACCOUNT_PASSWORD,
        "postgresql_version": lab_postgresql.major(),
        "postgresql_port": _module_server.port,
        "prefect_database_password": PASSWORD,
        "prefect_auth_string": AUTH,
    }
    found = Place(lab, _module_server, data)
    with found.site() as site:
        assert not site.run(service_account).failed
    shutil.copytree(SOURCE, lab.path(rf"{HOME}\scripts\service_host"))
    empty_database(found)
    yield found
    _module_server.do("DROP DATABASE prefect_db WITH (FORCE)", "DROP ROLE prefect")


@pytest.fixture
def settled(place: Place) -> Place:
    """The place after this section, by whichever test came first."""
    if not place.lab.path(SERVER_FILE).exists():
        with place.site() as site:
            assert not site.run(prefect_settings).failed
    return place


def empty_database(place: Place) -> None:
    role = Literal(PASSWORD.unmask()).as_string(None)
    found = place.server.ask("SELECT 1 FROM pg_roles WHERE rolname = 'prefect'")
    made = [] if found else [f"CREATE ROLE prefect LOGIN PASSWORD {role}"]
    database = Identifier("prefect_db").as_string(None)
    place.server.do(
        *made,
        f"DROP DATABASE IF EXISTS {database} WITH (FORCE)",
        f"CREATE DATABASE {database} OWNER prefect",
    )


def test_from_nothing_to_a_migrated_database(place: Place) -> None:
    """Dry says so and changes nothing; then the files stand and the database has its revision; again, nothing."""
    lab = place.lab
    before = set(lab.path(HOME).rglob("*"))
    with place.site() as site:
        dry = site.dry(prefect_settings)
        assert not dry.failed, dry.output
        for title in (SERVER_FILE, WORKER_FILE, "database prefect_db", PROFILE):
            assert title in dry.output
        assert f"revision  -  ->  {HEAD}" in dry.output
        check_secrets(dry)
        assert set(lab.path(HOME).rglob("*")) == before

        lab.clear_logs()
        first = site.run(prefect_settings)
        assert not first.failed, first.output
        check_secrets(first)
        check(place)
        again = site.run(prefect_settings)
    assert (again.failed, again.changed) == (False, False), again.output
    check_secrets(again)
    lines = json.dumps(lab.processes(), ensure_ascii=False)
    assert "prefect server database upgrade" in lines
    assert not [secret for secret in SECRETS if secret.unmask() in lines]


def check_secrets(applied: Applied) -> None:
    for secret in SECRETS:
        assert secret.unmask() not in applied.output
        assert json.dumps(secret.unmask(), ensure_ascii=False)[1:-1] not in applied.output


def check(place: Place) -> None:
    """What the services are told, who may read it, and what Prefect made of the database."""
    server, worker = place.settings(), place.settings(WORKER_FILE)
    assert server["PREFECT_SERVER_DATABASE_PASSWORD"] == PASSWORD.unmask()
    assert server["PREFECT_SERVER_API_AUTH_STRING"] == AUTH.unmask()
    assert worker["PREFECT_API_AUTH_STRING"] == AUTH.unmask()
    assert {server["PREFECT_HOME"], worker["PREFECT_HOME"]} == {HOME}
    assert server["PREFECT_API_URL"] == "http://127.0.0.1:4200/api"
    assert not [name for name in worker if "DATABASE" in name or "API_AUTH" in name[14:]]
    assert PASSWORD.unmask() not in worker.values()

    assert place.readers(SERVER_FILE) == {
        *KEEPERS, service_sid("PrefectServer"), service_sid("winfra-check"),
    }  # fmt: skip
    assert place.readers(WORKER_FILE) == {*KEEPERS, service_sid("PrefectWorker")}
    account = sid_of(place.lab)
    worker_process = (account, USERS, "S-1-5-6", service_sid("PrefectWorker"))
    assert not place.may_read(SERVER_FILE, *worker_process)
    assert place.may_read(WORKER_FILE, *worker_process)
    assert place.may_read(SERVER_FILE, account, service_sid("PrefectServer"))

    profile = place.lab.path(PROFILE).read_text()
    assert tomllib.loads(profile)["profiles"]["server"]["PREFECT_API_URL"] == (
        "http://127.0.0.1:4200/api"
    )
    assert place.may_read(PROFILE, "S-1-5-21-1-2-3-1234", USERS)
    assert place.lab.keys.get(MACHINE, "PREFECT_PROFILES_PATH") == PROFILE
    assert place.revision() == HEAD
    with place.prefect() as connection:
        assert connection.execute("SELECT count(*) FROM flow_run").fetchone() == (0,)
    assert not list(place.lab.path("D:\\").rglob("*prefect*.db"))


def test_prefect_reads_what_the_file_says(settled: Place) -> None:
    """The real Prefect's own settings, from the server's file as its environment."""
    lab = settled.lab
    lab.path(r"D:\ask.py").write_text(
        "import json, sys\nfrom prefect.settings import get_current_settings as get\n"
        "url = get().server.database.connection_url.get_secret_value()\n"
        "print(json.dumps([url, str(get().home), get().server.api.auth_string.get_secret_value(),"
        " str(get().results.local_storage_path), get().server.analytics_enabled]))\n"
    )
    ran = subprocess.run(
        [str(lab.path(PYTHON)), r"D:\ask.py"],
        env={"WINFRA_LAB": str(lab.folder), **settled.settings()},
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    url, *rest = json.loads(ran.stdout.splitlines()[-1])
    parts = urlsplit(url)
    assert unquote(parts.password or "") == PASSWORD.unmask()
    assert (parts.scheme, parts.hostname, parts.path) == (
        "postgresql+asyncpg", "127.0.0.1", "/prefect_db",
    )  # fmt: skip
    assert rest == [HOME, AUTH.unmask(), rf"{HOME}\data\storage", False]


def test_what_is_changed_is_named_and_a_secret_not_shown(settled: Place) -> None:
    """By the site, and by hand: a value, another name, the list of who may read."""
    place, other = settled, HiddenValue("an0ther:pass'word")
    file = place.lab.path(SERVER_FILE)
    spoilt = {**place.settings(), "PREFECT_X": "hand-made", "PREFECT_HOME": "C:\\elsewhere"}
    file.write_text(json.dumps(spoilt, indent=0))
    lists = AccessLists(place.lab.folder)
    lists.write_list(place.lab.path(WORKER_FILE), lists.dialect.parse("D:PAI(A;;FA;;;WD)"))
    with place.site(prefect_auth_string=other, prefect_log_level="DEBUG") as site:
        dry = site.dry(prefect_settings)
        assert re.search(r"PREFECT_HOME +C:\\elsewhere +-> +D:\\prefect_data", dry.output)
        assert re.search(r"PREFECT_X +\(not shown\) +-> +-", dry.output)
        assert re.search(r"PREFECT_API_AUTH_STRING +\(secret\) +-> +\(changed\)", dry.output)
        assert re.search(r"PREFECT_LOGGING_LEVEL +INFO +-> +DEBUG", dry.output)
        assert "PREFECT_SERVER_DATABASE_PASSWORD" not in dry.output
        assert rf"access to {WORKER_FILE}" in dry.output
        assert other.unmask() not in dry.output
        ran = site.run(prefect_settings)
        assert not ran.failed, ran.output
        assert place.settings()["PREFECT_API_AUTH_STRING"] == other.unmask()
        assert place.settings(WORKER_FILE)["PREFECT_LOGGING_LEVEL"] == "DEBUG"
        assert "PREFECT_X" not in place.settings()
        assert place.readers(WORKER_FILE) == {*KEEPERS, service_sid("PrefectWorker")}
        lists.write_list(place.lab.path(SERVER_FILE), lists.dialect.parse("D:PAI(A;;FA;;;WD)"))
        assert site.run(prefect_settings).changed
        assert "S-1-1-0" not in place.readers(SERVER_FILE)


def test_names_that_prefect_does_not_know_are_refused(settled: Place) -> None:
    """The guide's is one of them; the one that may be meant is named, and nothing is written."""
    name, near = "PREFECT_API_DATABASE_CONNECTION_STRING", "PREFECT_API_DATABASE_CONNECTION_URL"
    given = {name: "postgresql+psycopg2://prefect:prefect_pass@localhost:5432/prefect_db"}
    before = settled.lab.path(SERVER_FILE).read_bytes()
    with settled.site(prefect_server_settings=given) as site:
        for attempt in (site.dry, site.run):
            refused = attempt(prefect_settings)
            assert refused.failed
            assert (
                messages.UNKNOWN_SETTING.text(
                    path=SERVER_FILE, host="@lab/trial", setting=name, version="3.4.25",
                    suggestion=f" (is {near} meant?)",
                )
                in refused.output
            )  # fmt: skip
            assert "prefect_pass" not in refused.output
    assert settled.lab.path(SERVER_FILE).read_bytes() == before


def test_what_the_guide_left_is_removed(settled: Place) -> None:
    """What setx /M and a service's key hold of Prefect goes, other things stay; no value is on show."""
    lab = settled.lab
    secret = "postgresql+psycopg2://prefect:prefect_pass@localhost:5432/prefect_db"
    left = {
        "PREFECT_HOME": HOME,
        "prefect_api_url": "http://localhost:4200/api",
        "PREFECT_API_DATABASE_CONNECTION_STRING": secret,
    }
    with settled.site() as site:
        for name, value in left.items():
            lab.keys.set(MACHINE, name, value)
        make(lab, "PrefectServer")
        make(lab, "PrefectWorker")
        values = ["PREFECT_API_URL=x", "OTHER=PREFECT_ stays"]
        spoil_environment(lab, "PrefectServer", values)
        spoil_environment(lab, "PrefectWorker", values[:1])
        dry = site.dry(prefect_settings)
        for name in (*left, "PREFECT_API_URL"):
            assert re.search(rf"{name} +\(not shown\) +-> +-", dry.output), name
        assert not re.search(r"PREFECT_PROFILES_PATH +\(not shown\)", dry.output)
        assert "prefect_pass" not in dry.output
        ran = site.run(prefect_settings)
        assert not ran.failed, ran.output
        assert set(left).isdisjoint(lab.keys.values(MACHINE))
        assert lab.keys.get(MACHINE, "PREFECT_PROFILES_PATH") == PROFILE
        assert stored(lab, "PrefectServer")["Environment"] == values[1:]
        assert "Environment" not in stored(lab, "PrefectWorker")
        assert not site.run(prefect_settings).changed
    for service in ("PrefectServer", "PrefectWorker"):
        remove(lab, service)


def spoil_environment(lab: Lab, service: str, values: list[str]) -> None:
    lab.keys.set(rf"{KEY}\{service}", "Environment", values, "MultiString")


def test_an_older_database_is_dumped_and_upgraded(settled: Place) -> None:
    """By a virtual account, within its time; the dump is administrators' alone; a newer database is refused."""
    place = settled
    virtual = {"service_account": r"NT SERVICE\PrefectServer", "service_account_password": None}
    with place.site(**virtual) as site:
        assert not site.run(service_account).failed
        set_revision(place, OLDER)
        dry = site.dry(prefect_settings)
        assert re.search(rf"revision +{OLDER} +-> +{HEAD}", dry.output)
        assert re.search(rf"dump +- +-> +{re.escape(DUMP)}", dry.output)
        with place.site(**virtual, prefect_migration_seconds=0.1) as hurried:
            ended = hurried.run(prefect_settings)
        values = {"command": PYTHON, "host": "@lab/trial", "account": CHECK, "seconds": "0.1"}
        assert host_messages.CHECK_TIMEOUT.text(**values) in ended.output
        assert (ended.failed, place.revision()) == (True, OLDER)
        ran = site.run(prefect_settings)
        assert not ran.failed, ran.output
        assert place.revision() == HEAD
        assert place.lab.path(DUMP).read_bytes()[:5] == b"PGDMP"
        assert place.readers(str(PureWindowsPath(DUMP).parent)) == KEEPERS

        set_revision(place, "abcdefabcdef")
        refused = site.run(prefect_settings)
        assert refused.failed
        text = messages.NEWER_DATABASE.text(
            database="prefect_db", address="127.0.0.1", port=place.server.port, version="3.4.25",
            revision="abcdefabcdef", host="@lab/trial",
        )  # fmt: skip
        assert text in refused.output
        assert place.revision() == "abcdefabcdef"
        set_revision(place, HEAD)
    with place.site() as site:
        site.run(service_account)


def set_revision(place: Place, revision: str) -> None:
    with place.prefect() as connection:
        connection.execute("UPDATE alembic_version SET version_num = %s", [revision])


def test_without_the_database_s_password_nothing_is_done(place: Place) -> None:
    """It is the site's to say."""
    with place.site(prefect_database_password=None) as site:
        refused = site.run(prefect_settings)
    assert refused.failed
    assert messages.NO_PASSWORD.text() in refused.output
