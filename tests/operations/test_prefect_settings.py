"""Prefect's settings and database on a lab, with a package that looks like Prefect where the real one would not do."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from typing import Any

import pytest
from pyinfra.api.hiddenvalue import HiddenValue

from tests import recording
from tests.database import Server
from tests.files.service_host.hosted import SOURCE
from tests.service_trial import clean, is_running, make, remove, run
from tests.test_prefect_report import package
from tests.trial import Trial, connected_to
from tests.written import forms
from winfra.facts.prefect import Database
from winfra.lab import prefect as lab_prefect
from winfra.lab.access import AccessLists
from winfra.lab.sids import service_sid
from winfra.messages import (
    Message,
    operations as operations_messages,
    postgresql as sentences,
    prefect_settings as messages,
)
from winfra.operations import prefect
from winfra.prefect_database import Look
from winfra.sql import Connection
from winfra.sql_error import SqlError

HOST = "@lab/trial"
FOLDER = r"C:\like prefect"
DEST = r"D:\new\folder\s.json"
GIVEN: dict[str, Any] = {
    "dest": DEST,
    "settings": {"PREFECT_HOME": r"D:\x", "PREFECT_PW": HiddenValue("s3cret"), "OTHER": 1},
    "readers": [r"NT SERVICE\Example"],
    "folder": FOLDER,
}
PRETEND = "import os; print('timeout', os.environ['PREFECT_SERVER_DATABASE_TIMEOUT'])\n"


@pytest.fixture(autouse=True)
def _like_prefect(trial: Trial) -> None:
    """A Python with a package that knows two revisions, and whose upgrade does nothing."""
    packages = trial.lab.path(rf"{FOLDER}\Lib\site-packages")
    if packages.exists():
        return
    trial.lab.install_python(FOLDER)
    lab_prefect.install(trial.lab, FOLDER)
    shutil.rmtree(packages / "prefect")
    shutil.rmtree(packages / "prefect-3.4.25.dist-info")
    folder = package(packages / "prefect", {"a1": None, "b2": "a1"})
    (folder / "__init__.py").touch()
    (folder / "__main__.py").write_text(PRETEND)
    information = packages / "prefect-9.9.dist-info"
    information.mkdir()
    (information / "METADATA").write_text("Metadata-Version: 2.1\nName: prefect\nVersion: 9.9\n")


def test_a_file_for_its_readers_alone(trial: Trial) -> None:
    """Its folders are made; dry names what it would hold, and no secret; again, nothing."""
    lab = trial.lab
    dry = trial.dry(prefect.settings, **GIVEN)
    assert rf"Will create settings {DEST}" in dry.output
    assert "s3cret" not in dry.output
    assert not lab.path(r"D:\new").exists()
    ran = trial.run(prefect.settings, **GIVEN)
    assert ran.changed, ran.output
    assert json.loads(lab.path(DEST).read_bytes()) == {
        "OTHER": "1", "PREFECT_HOME": r"D:\x", "PREFECT_PW": "s3cret",
    }  # fmt: skip
    found = AccessLists(lab.folder).read(lab.path(DEST))
    assert {ace.sid for ace in found.aces or ()} == {
        "S-1-5-18", "S-1-5-32-544", service_sid("Example"),
    }  # fmt: skip
    assert [path.name for path in lab.path(DEST).parent.iterdir()] == ["s.json"]
    again = trial.run(prefect.settings, **GIVEN)
    assert (again.changed, again.failed) == (False, False)
    assert f"noop: {DEST} is as wanted" in again.output


def test_a_secret_travels_beside_the_json_alone(trial: Trial) -> None:
    """When the file is written, and when it is compared: not in a text, a file that is sent, or a reply."""
    lab, secret = trial.lab, "Wire-Sparrow-é'\"5531"
    given = {**GIVEN, "settings": {"PREFECT_PW": HiddenValue(secret)}}
    lab.clear_logs()
    lab.configure(record=True)
    try:
        with connected_to(lab) as own:
            assert own.run(prefect.settings, **given).changed
            assert not own.run(prefect.settings, **given).changed
            other = {**given, "settings": {"PREFECT_PW": HiddenValue("x")}}
            assert own.run(prefect.settings, **other).changed
        found = recording.messages(lab)
    finally:
        lab.configure(record=False)
    requests = recording.all_requests(found)
    texts = [*(request.json.encode() for request in requests), *(one.content for one in requests)]
    texts += [one.stream("stdout") + one.stream("stderr") for one in found if one.kind == "reply"]
    assert any(form in request.secrets for request in requests for form in forms(secret))
    assert not [text for text in texts for form in forms(secret) if form in text]


def test_a_name_without_a_likeness(trial: Trial) -> None:
    """The sentence does without."""
    given = {**GIVEN, "settings": {"PREFECT_QQQQQQ": "x"}}
    refused = trial.run(prefect.settings, **given)
    text = messages.UNKNOWN_SETTING.text(
        path=DEST, host=HOST, setting="PREFECT_QQQQQQ", version="9.9", suggestion=""
    )
    assert text in refused.output
    assert not trial.lab.path(DEST).exists()


def test_a_folder_stands_where_the_file_should(trial: Trial) -> None:
    """It is left alone."""
    trial.lab.path(DEST).mkdir(parents=True)
    refused = trial.run(prefect.settings, **GIVEN)
    assert operations_messages.UPLOAD_ONTO_FOLDER.text(path=DEST, host=HOST) in refused.output
    assert refused.failed


def test_there_is_no_prefect_yet(trial: Trial) -> None:
    """A dry run goes on; the run says what comes first, and writes nothing."""
    given = {**GIVEN, "folder": r"C:\none"}
    dry = trial.dry(prefect.settings, **given)
    assert (dry.failed, dry.will_change) == (False, True)
    refused = trial.run(prefect.settings, **given)
    assert messages.NO_PREFECT.text(folder=r"C:\none", host=HOST) in refused.output
    assert not trial.lab.path(DEST).exists()


@pytest.mark.parametrize(
    ("part", "reason"),
    [
        ("server", "its settings or migrations are not where they were until now"),
        ("settings", "its settings or migrations are not where they were until now"),
    ],
)
def test_a_prefect_that_is_laid_out_otherwise(trial: Trial, part: str, reason: str) -> None:
    """Names that nobody can check would be as good as unknown ones."""
    folder = trial.lab.path(rf"{FOLDER}\Lib\site-packages\prefect\{part}")
    aside = folder.rename(folder.with_suffix(".aside"))
    try:
        refused = trial.run(prefect.settings, **GIVEN)
    finally:
        aside.rename(folder)
    text = messages.NOT_UNDERSTOOD.text(version="9.9", folder=FOLDER, host=HOST, reason=reason)
    assert text in refused.output


def database(trial: Trial, server: Server, **more: Any) -> dict[str, Any]:
    """The operation's arguments for a database of the superuser's, by an upgrade that does nothing."""
    if not trial.lab.path(r"D:\host").exists():
        shutil.copytree(SOURCE, trial.lab.path(r"D:\host"))
    trial.lab.path(r"D:\s.json").write_text("{}")
    return {
        "connection": server.psql,
        "python": rf"{FOLDER}\python.exe",
        "settings": r"D:\s.json",
        "account": "LocalSystem",
        "service_host_folder": r"D:\host",
        "directory": "D:\\",
        **more,
    }


def test_an_upgrade_that_leads_nowhere(trial: Trial, server: Server) -> None:
    """The database itself is asked what came of it; statements have more time than the server's have."""
    server.do(
        "CREATE TABLE alembic_version (version_num varchar(32))",
        "INSERT INTO alembic_version VALUES ('a1')",
    )
    try:
        clean(trial)
        make(trial.lab, "Busy")
        run(trial.lab, "Busy")
        given = database(trial, server, services=["Busy", "None"])
        assert (
            "Will stop Busy while the database is upgraded"
            in trial.dry(prefect.database, **given).output
        )
        assert is_running(trial.lab, "Busy")
        ran = trial.run(prefect.database, **given)
        assert not is_running(trial.lab, "Busy")
        values = {"database": "postgres", "address": "127.0.0.1", "port": server.port}
        text = messages.NOT_MIGRATED.text(
            **values, host=HOST, version="9.9", revision="a1", wanted="b2"
        )
        assert ran.failed
        assert "timeout 600" in ran.output
        assert text in ran.output

        remote = replace(server.psycopg)
        refused = trial.run(prefect.database, **{**given, "connection": remote, "backup": r"D:\x"})
        text = messages.BACKUP_NEEDS_PSQL.text(**values, host=HOST)
        assert text in refused.output
        assert "timeout 600" not in refused.output

        server.do("UPDATE alembic_version SET version_num = 'b2'")
        again = trial.run(prefect.database, **given)
        assert (again.failed, again.changed) == (False, False)
        assert "noop: database postgres is at revision b2" in again.output
    finally:
        server.do("DROP TABLE alembic_version")
        remove(trial.lab, "Busy")


def test_nothing_is_there_yet(trial: Trial, server: Server) -> None:
    """A dry run on a bare host: neither Prefect nor database."""
    connection = replace(server.psql, database="none_yet")
    given = database(trial, server, connection=connection, python=r"C:\none\python.exe")
    dry = trial.dry(prefect.database, **given)
    assert (dry.failed, dry.will_change) == (False, True)
    assert "revision  -  ->  that of the Prefect that is installed by then" in dry.output


def test_an_upgrade_that_made_no_table(trial: Trial, server: Server) -> None:
    """It has no revision then."""
    ran = trial.run(prefect.database, **database(trial, server))
    values = {"database": "postgres", "address": "127.0.0.1", "port": server.port}
    text = messages.NOT_MIGRATED.text(
        **values, host=HOST, version="9.9", revision="none", wanted="b2"
    )
    assert ran.failed
    assert text in ran.output


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"password": HiddenValue("not it")}, sentences.LOGIN_REFUSED),
        ({"database": "none"}, sentences.NO_DATABASE),
        ({"port": 1}, sentences.NO_SERVER),
        ({"address": "none.invalid"}, sentences.NO_SERVER),
        ({"tls": "verify-full"}, sentences.TLS_REFUSED),
    ],
)
def test_a_database_that_cannot_be_looked_at(
    trial: Trial, server: Server, changes: dict[str, Any], message: Message
) -> None:
    """In the words of PostgreSQL's own operations; in a dry run it may come about yet."""
    connection = replace(server.psql, **changes)
    given = {"folder": FOLDER, "connection": connection}
    asked = trial.ask(Database, **given)
    assert asked.failed
    problem = message.problem.split("{reason}")[0].format(**connection.values, reason="")
    assert problem in asked.output
    assert "not it" not in asked.output
    absent = message in (sentences.NO_DATABASE, sentences.NO_SERVER, sentences.LOGIN_REFUSED)
    assert trial.ask(Database, **given, absent=True).failed != absent


def test_a_python_that_cannot_look(trial: Trial, server: Server) -> None:
    """It says what it lacks; without any, there is no answer."""
    trial.lab.install_python(r"D:\bare")
    asked = trial.ask(Database, folder=r"D:\bare", connection=server.psql)
    assert "No module named 'asyncpg'" in asked.output
    for folder in (r"D:\none", r"Q:\none"):
        assert (
            trial.fact(Database, folder=folder, connection=replace(server.psql, password=None))
            is None
        )


def test_a_look_that_takes_too_long() -> None:
    """As a connection that does."""
    connection = Connection(password="x")
    with pytest.raises(SqlError, match="timed out after 90 s") as caught:
        Look(FOLDER, connection).answer(
            {"ExitCode": None, "Answer": "", "Problem": "", "TimedOut": True}
        )
    assert caught.value.catalogued is sentences.NO_SERVER
