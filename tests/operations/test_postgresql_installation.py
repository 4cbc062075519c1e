"""PostgreSQL's installation on a lab: its files, registry and processes are the witness, and psycopg."""

from __future__ import annotations

import hashlib
import shutil
import socket
import struct
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
import pytest
from pyinfra.api import OperationValueError
from pyinfra.api.hiddenvalue import HiddenValue

from tests import installers
from tests.service_trial import spoil, status, stored
from tests.trial import Trial, connected_to, no_host
from tests.written import holds
from winfra.installation_plan import Wanted
from winfra.lab import postgresql as lab_postgresql, vc_runtime
from winfra.lab.access import AccessLists
from winfra.lab.pgsql.setup import records
from winfra.lab.scm import client
from winfra.lab.sids import service_sid
from winfra.lab.state import Lab
from winfra.messages import postgresql_installation as messages
from winfra.messages.operations import DRIVE_MISSING
from winfra.messages.postgresql import LOGIN_REFUSED
from winfra.operations.postgresql_installation import installation
from winfra.operations.postgresql_verification import verified
from winfra.sql import Connection

PASSWORD = HiddenValue("Sup3r 'user\"$é\\%:@")
DATA = r"D:\pgsql\data"
SERVICE = lab_postgresql.service_name()
MAJOR = lab_postgresql.major()
FOLDER = lab_postgresql.program_folder()
HOST = "@lab/windows"
Given = dict[str, Any]
Installed = tuple[Trial, Given]


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return lab_postgresql.archive(tmp_path_factory.mktemp("edb"))


@pytest.fixture
def site(lab: Lab) -> Iterator[Trial]:
    """A machine with the runtime, and a connection to it."""
    vc_runtime.install(lab.folder)
    with connected_to(lab) as trial:
        yield trial


@pytest.fixture
def wanted(archive: Path) -> Given:
    return {**source(archive), "version": MAJOR, "data": DATA,
            "port": lab_postgresql.free_port(), "superuser_password": PASSWORD}  # fmt: skip


def source(file: Path) -> Given:
    return {"src": str(file), "sha256": hashlib.sha256(file.read_bytes()).hexdigest()}


def ask(port: int, statement: str, address: str = "127.0.0.1") -> Any:
    """What the server answers to its superuser."""
    with psycopg.connect(
        host=address, port=port, user="postgres", password=PASSWORD.unmask(), dbname="postgres"
    ) as connection:
        row = connection.execute(statement).fetchone()
        return row[0] if row else None


def trustees(lab: Lab, path: str) -> set[str]:
    """Who has an entry in the access list of a path, by SID."""
    return {ace.sid for ace in AccessLists(lab.folder).read(lab.path(path)).aces or ()}


def own(snapshot: dict[str, str]) -> dict[str, str]:
    """All but what a running server, and folders that are made and gone again, change."""
    others = ("theirs", "pgsql/data", "state/access")
    return {path: digest for path, digest in snapshot.items() if not any(o in path for o in others)}


def left_over(lab: Lab) -> list[str]:
    """What is left in temporary folders and beside the data."""
    names = [path.name for path in lab.path(r"C:\Users").rglob("winfra-*")]
    return [*names, *(path.name for path in lab.path(r"D:\pgsql").glob("data.*"))]


def check_server(lab: Lab, wanted: Given) -> None:
    """It runs as itself, answers on both loopbacks, and nobody else has a right to its data."""
    found = stored(lab, SERVICE)
    assert status(lab, SERVICE)["state"] == 4
    assert found["ObjectName"] == rf"NT SERVICE\{SERVICE}"
    assert found["ImagePath"] == (
        rf'"{FOLDER}\bin\pg_ctl.exe" runservice -N "{SERVICE}" -D "{DATA}" -e "PostgreSQL-{MAJOR}"'
        " -w -t 300"
    )
    assert (found["Start"], found["DependOnService"]) == (2, ["RPCSS"])
    # SERVICE_FAILURE_ACTIONS: three times a restart, after so many milliseconds.
    assert struct.unpack_from("<6I", found["FailureActions"], 20) == (1, 5000, 1, 30_000, 1, 60_000)
    for address in ("127.0.0.1", "::1"):
        assert ask(wanted["port"], "SHOW server_encoding", address) == "UTF8"
    assert ask(wanted["port"], "SHOW listen_addresses") == "127.0.0.1,::1"
    assert trustees(lab, DATA) == {"S-1-5-18", "S-1-5-32-544", service_sid(SERVICE)}
    assert trustees(lab, rf"{DATA}\base") == trustees(lab, DATA)
    key = rf"HKLM\SYSTEM\CurrentControlSet\Services\EventLog\Application\PostgreSQL-{MAJOR}"
    assert lab.keys.get(key, "EventMessageFile") == rf"{FOLDER}\lib\pgevent.dll"
    assert left_over(lab) == []
    logs = {path.name: path.read_bytes() for path in lab.log.rglob("*") if path.is_file()}
    assert b"psql.exe" in logs["processes.jsonl"] or b"initdb.exe" in logs["processes.jsonl"]
    assert [name for name, text in logs.items() if holds(text, PASSWORD.unmask())] == []


def test_a_bare_host_gets_a_server(lab: Lab, site: Trial, wanted: Given) -> None:
    """Dry says what and does nothing; then it runs and answers; again nothing is done."""
    before = lab.snapshot()
    dry = site.dry(installation, **wanted)
    assert not dry.failed
    assert f"Will create cluster {DATA}" in dry.output
    assert f"Will create service {SERVICE}" in dry.output
    assert PASSWORD.unmask() not in dry.output
    assert lab.snapshot() == before

    applied = site.run(installation, **wanted)
    assert not applied.failed, applied.output
    check_server(lab, wanted)

    again = site.run(installation, **wanted)
    assert (again.failed, again.changed) == (False, False)


def test_what_is_spoilt_is_named_and_mended(lab: Lab, site: Trial, wanted: Given) -> None:
    """A service under another account and stopped, an open data folder, a missing program."""
    site.run(installation, **wanted)
    lab_postgresql.stop(lab)
    spoil(lab, SERVICE, "ObjectName", r"NT AUTHORITY\NetworkService")
    lists = AccessLists(lab.folder)
    lists.write_list(lab.path(DATA), lists.dialect.parse("D:PAI(A;OICI;FA;;;WD)"))
    lab.path(rf"{FOLDER}\bin\psql.exe").unlink()
    dry = site.dry(installation, **wanted)
    assert "missing or damaged: bin/psql.exe" in dry.output
    assert f"Will change service {SERVICE}" in dry.output
    assert f"Will change access to {DATA}" in dry.output

    applied = site.run(installation, **wanted)
    assert not applied.failed, applied.output
    check_server(lab, wanted)


def test_another_archive_is_an_update(
    lab: Lab, site: Trial, wanted: Given, archive: Path, tmp_path: Path
) -> None:
    """The server is stopped for it, and runs afterwards; its data stay."""
    site.run(installation, **wanted)
    before = status(lab, SERVICE)["pid"]
    file = tmp_path / "newer.zip"
    shutil.copyfile(archive, file)
    with zipfile.ZipFile(file, "a") as newer:
        newer.writestr("pgsql/share/newer.txt", "newer")
    dry = site.dry(installation, **{**wanted, **source(file)})
    assert f"Will stop {SERVICE} for an update" in dry.output

    applied = site.run(installation, **{**wanted, **source(file)})
    assert not applied.failed, applied.output
    check_server(lab, wanted)
    assert lab.path(rf"{FOLDER}\share\newer.txt").read_text() == "newer"
    assert status(lab, SERVICE)["pid"] != before


def test_a_run_that_broke_off_is_completed(lab: Lab, site: Trial, wanted: Given) -> None:
    """What initdb had half made is made anew; a cluster without its service keeps its data."""
    lab.path(DATA + ".new").mkdir(parents=True)
    (lab.path(DATA + ".new") / "PG_VERSION").write_text("0\n")
    assert not site.run(installation, **wanted).failed
    with psycopg.connect(lab_postgresql.dsn(wanted["port"], PASSWORD.unmask())) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS found")
    lab_postgresql.stop(lab)
    client.request(lab.folder, "delete", name=SERVICE)

    applied = site.run(installation, **wanted)
    assert not applied.failed, applied.output
    check_server(lab, wanted)
    assert ask(wanted["port"], "SELECT found FROM kept") == 42


@pytest.fixture
def by_installer(wanted: Given, tmp_path: Path) -> Given:
    file = lab_postgresql.installer(tmp_path)
    return {**wanted, **source(file), "source": "installer"}


@pytest.fixture(scope="module")
def installed(lab_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installed]:
    """A server that EDB's installer has made, and how it was asked for."""
    lab = Lab("edb", lab_home)
    lab.start()
    vc_runtime.install(lab.folder)
    file = lab_postgresql.installer(tmp_path_factory.mktemp("installer"))
    given = {**source(file), "source": "installer", "version": MAJOR, "data": DATA,
             "port": lab_postgresql.free_port(), "superuser_password": PASSWORD}  # fmt: skip
    with connected_to(lab) as site:
        applied = site.run(installation, **given)
        assert not applied.failed, applied.output
        yield site, given
    lab.remove()


@contextmanager
def broken_off(lab: Lab, options: str) -> Iterator[Path]:
    """As a run leaves it that ends when the installer has done its part; gives the folder of its own."""
    marker = lab.path(DATA) / "winfra.json"
    kept = marker.read_bytes()
    marker.unlink()
    folder = lab.path(rf"C:\Users\deploy\AppData\Local\Temp\winfra-{SERVICE}")
    folder.mkdir()
    (folder / "options.txt").write_text(options)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        marker.write_bytes(kept)


def test_the_installer_makes_the_same_server(installed: Installed) -> None:
    """Its superuser's password is another one than stood on command lines; again nothing is done."""
    site, given = installed
    check_server(site.lab, given)
    assert site.lab.keys.get(records.installation(), "Data Directory") == DATA

    again = site.run(installation, **given)
    assert (again.failed, again.changed) == (False, False)


def test_an_installer_that_broke_off_is_taken_up(installed: Installed) -> None:
    """It had done its part when the run ended: the password it used is replaced, it is not run again."""
    site, given = installed
    dsn = lab_postgresql.dsn(given["port"], PASSWORD.unmask())
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("ALTER ROLE postgres PASSWORD 'abc123'")
    site.lab.clear_logs()
    with broken_off(site.lab, "mode=unattended\nsuperpassword=abc123\n"):
        applied = site.run(installation, **given)
        assert not applied.failed, applied.output
        check_server(site.lab, given)
    programs = [process["command_line"] for process in site.lab.processes()]
    assert [line for line in programs if "psql.exe" in line]
    assert [line for line in programs if "windows-x64.exe" in line] == []


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("silent", f"there is no service {SERVICE} for {DATA}"),
        ("temporary_folder", "Permission denied"),
    ],
)
def test_an_installer_that_fails_is_quoted(
    lab: Lab, site: Trial, by_installer: Given, tmp_path: Path, fault: str, said: str
) -> None:
    """Its exit code is 0 all the same; what it left is named by the next run."""
    faulty = lab_postgresql.installer(tmp_path, fault=fault)
    wanted = {**by_installer, **source(faulty)}
    applied = site.run(installation, **wanted)
    assert applied.failed
    assert said in applied.output
    assert remedy(messages.INSTALLER_FAILED, Folder=FOLDER) in applied.output

    again = site.run(installation, **wanted)
    assert again.failed
    assert rf"Installations\{records.product()}" in again.output


def test_an_installer_that_does_and_says_nothing(
    lab: Lab, site: Trial, by_installer: Given, tmp_path: Path
) -> None:
    """Its exit code is 0, and no log is there to be quoted."""
    wanted = {**by_installer, **installers.installer(tmp_path, "silent.exe")}
    applied = site.run(installation, **wanted)

    assert applied.failed
    values = {"Code": 0, "Problem": f"there is no service {SERVICE} for {DATA}", "Log": "nothing"}
    path = rf"C:\Users\deploy\AppData\Local\Temp\winfra-{wanted['sha256'][:16]}\silent.exe"
    sentence = messages.INSTALLER_FAILED.text(Installer=path, Folder=FOLDER, **values)
    assert sentence in applied.output


def test_a_password_that_cannot_be_replaced(installed: Installed) -> None:
    """The server is not taken for ready: the next run tries again."""
    site, given = installed
    with broken_off(site.lab, "superpassword=another\n") as folder:
        applied = site.run(installation, **given)
        assert applied.failed
        assert remedy(messages.INSTALLER_PASSWORD) in applied.output
        assert folder.is_dir()

        psql = site.lab.path(rf"{FOLDER}\bin\psql.exe")
        with instead(psql, b"#!/bin/sh\nexit 5\n"):
            silent = site.run(installation, **given)
        values = {"Superuser": "postgres", "Reason": "exit code 5"}
        assert messages.INSTALLER_PASSWORD.text(**values) in silent.output


def test_an_installer_that_left_no_cluster(installed: Installed) -> None:
    """A service alone is no server."""
    site, given = installed
    version = site.lab.path(DATA) / "PG_VERSION"
    with broken_off(site.lab, "superpassword=another\n") as folder, instead(version, None):
        applied = site.run(installation, **given)
        said = f"(exit code none): {DATA} holds PostgreSQL none, and {MAJOR} is wanted"
        assert said in applied.output
        assert folder.is_dir()


@contextmanager
def instead(path: Path, content: bytes | None) -> Iterator[None]:
    """Another file in the place of one, or none."""
    kept = path.rename(path.with_name(f"{path.name}.kept"))
    if content is not None:
        path.write_bytes(content)
        path.chmod(0o755)
    try:
        yield
    finally:
        kept.replace(path)


def remedy(message: Any, **values: Any) -> str:
    text: str = message.remedy.format(**values)
    return text


def host(lab: Lab) -> str:
    """As sentences name it."""
    return f"@lab/{lab.name}"


def foreign_service(lab: Lab, wanted: Given) -> str:
    lab_postgresql.install(lab, data=r"D:\theirs", port=lab_postgresql.free_port())
    values = {"host": host(lab), "service": SERVICE, "data": r"D:\theirs"}
    return messages.FOREIGN_SERVICE.text(**values)


def foreign_cluster(lab: Lab, wanted: Given) -> str:
    lab_postgresql.install(lab, data=DATA, port=lab_postgresql.free_port(), running=False)
    client.request(lab.folder, "delete", name=SERVICE)
    return messages.FOREIGN_CLUSTER.text(host=host(lab), data=DATA, version=MAJOR)


def other_major(lab: Lab, wanted: Given) -> str:
    lab.path(DATA).mkdir(parents=True)
    (lab.path(DATA) / "PG_VERSION").write_text("13\n")
    return messages.OTHER_MAJOR.text(host=host(lab), data=DATA, found="13", version=MAJOR)


def not_empty(lab: Lab, wanted: Given) -> str:
    lab.path(DATA).mkdir(parents=True)
    (lab.path(DATA) / "mine.txt").write_text("mine")
    return messages.NOT_EMPTY.text(host=host(lab), data=DATA, entries="mine.txt")


def half_installed(lab: Lab, wanted: Given) -> str:
    lab.keys.set(records.installation(), "Base Directory", FOLDER)
    values = {"key": records.product(), "folder": FOLDER, "data": "unknown"}
    return messages.HALF_INSTALLED.text(host=host(lab), service=SERVICE, **values)


def port_taken(lab: Lab, wanted: Given) -> str:
    listener = socket.create_server(("127.0.0.1", 0))
    wanted["port"] = listener.getsockname()[1]
    wanted["_open"] = listener
    return messages.PORT_TAKEN.text(host=host(lab), port=wanted["port"])


def no_space(lab: Lab, wanted: Given) -> str:
    disks = [{**disk, "FreeSpace": 20 * 2**20} for disk in lab.read_state("disks")]
    lab.write_state("disks", disks)
    return messages.NO_SPACE.text(host=host(lab), drive="D:", free=20, needed=256)


@pytest.mark.parametrize("prepare", [other_major, not_empty, half_installed, port_taken, no_space])
def test_what_is_in_the_way_is_named(
    trial: Trial, wanted: Given, prepare: Callable[[Lab, Given], str]
) -> None:
    """The run stops before anything is touched."""
    disks = trial.lab.read_state("disks")
    try:
        refused(trial, wanted, prepare(trial.lab, wanted))
    finally:
        trial.lab.write_state("disks", disks)
        trial.lab.keys.delete(records.installation())


@pytest.mark.parametrize("prepare", [foreign_service, foreign_cluster])
def test_what_others_have_made_is_named(
    lab: Lab, site: Trial, wanted: Given, prepare: Callable[[Lab, Given], str]
) -> None:
    """So is the way to use it as it is."""
    sentence = prepare(lab, wanted)
    assert "existing" in sentence
    refused(site, wanted, sentence)


def refused(site: Trial, wanted: Given, sentence: str) -> None:
    programs = site.lab.path(FOLDER).exists()
    with wanted.pop("_open", nullcontext()):
        applied = site.run(installation, **wanted)
    assert applied.failed
    assert sentence in applied.output
    assert (site.lab.path(FOLDER).exists(), applied.changed) == (programs, False)


def test_a_running_server_of_others_is_left_running(lab: Lab, site: Trial, wanted: Given) -> None:
    """In the very folder and under the very name that are wanted."""
    dsn = lab_postgresql.install(lab, data=DATA, port=wanted["port"])
    before = lab.snapshot()
    applied = site.run(installation, **wanted)

    assert applied.failed
    assert messages.FOREIGN_SERVICE.text(host=HOST, service=SERVICE, data=DATA) in applied.output
    assert own(lab.snapshot()) == own(before)
    with psycopg.connect(dsn) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


def changed_archive(archive: Path, folder: Path, **programs: str) -> Path:
    """The archive with programs of its own: shell scripts, which the lab starts as executables."""
    file = folder / archive.name
    with zipfile.ZipFile(archive) as old, zipfile.ZipFile(file, "w") as new:
        for entry in old.infolist():
            name = Path(entry.filename).stem
            text = programs.get(name) if entry.filename.endswith(".exe") else None
            script = f"#!/bin/sh\n# winfra.lab.programs.native \n{text}\n"
            new.writestr(entry, script if text else old.read(entry))
    return file


@pytest.mark.parametrize(
    ("program", "text", "message"),
    [
        ("initdb", "echo initdb: error: no locale >&2; exit 1", messages.INITDB_FAILED),
        (
            "initdb",
            "echo Execution of PostgreSQL by a user with administrative permissions is not permitted >&2; exit 1",
            messages.INITDB_ADMINISTRATOR,
        ),
        (
            "initdb",
            'echo "initdb: error: program postgres was found but was not the same version" >&2; exit 1',
            messages.INITDB_AUTORUN,
        ),
        (
            "initdb",
            "echo could not write: No space left on device >&2; exit 1",
            messages.INITDB_NO_SPACE,
        ),
        ("initdb", 'echo 99 > "$WINFRA_LAB/drives/D/pgsql/data.new/PG_VERSION"', None),
        ("pg_ctl", "echo pg_ctl: could not open service manager >&2; exit 1", None),
    ],
)
def test_what_postgresqls_programs_say_is_understood(
    lab: Lab, site: Trial, wanted: Given, archive: Path, tmp_path: Path, program: str, text: str,
    message: Any,
) -> None:  # fmt: skip
    """Nothing is left of a cluster that was not made to its end."""
    file = changed_archive(archive, tmp_path, **{program: text})
    applied = site.run(installation, **{**wanted, **source(file)})

    assert applied.failed
    if message is not None:
        assert remedy(message) in applied.output
    elif program == "pg_ctl":
        assert remedy(messages.REGISTER_FAILED) in applied.output
    else:
        values = {"Program": rf"{FOLDER}\bin\initdb.exe", "Found": "99", "Wanted": MAJOR}
        assert messages.CLUSTER_VERSION.text(**values) in applied.output
    assert left_over(lab) == []
    assert any(lab.path(DATA).iterdir()) == (program == "pg_ctl")


def test_a_runtime_that_is_only_noted(lab: Lab, site: Trial, wanted: Given) -> None:
    """The registry has it and its files are gone: initdb's exit code says what is missing."""
    for name in vc_runtime.LIBRARIES:
        lab.path(rf"C:\Windows\System32\{name}").unlink()
    applied = site.run(installation, **wanted)

    assert remedy(messages.INITDB_NO_RUNTIME) in applied.output
    assert "0xC0000135" in applied.output


def test_a_new_cluster_needs_a_password(site: Trial, wanted: Given) -> None:
    """The key in .env is named."""
    sentence = messages.PASSWORD_MISSING.text(role="postgres", key="POSTGRESQL_SUPERUSER_PASSWORD")
    assert sentence in site.run(installation, **{**wanted, "superuser_password": None}).output


@pytest.mark.parametrize(
    "wrong",
    [
        {"version": "14"},
        {"version": "16.4"},
        {"data": r"C:\Programs\16\data"},
        {"data": "D:\\"},
        {"data": r"\\server\share\data"},
        {"port": 80},
    ],
)
def test_wrong_arguments_are_refused(wrong: Given) -> None:
    """Before a host is asked anything."""
    given = {"version": "16", "folder": r"C:\Programs\16", "data": DATA, "port": 5432, **wrong}
    with no_host(), pytest.raises(OperationValueError) as raised:
        Wanted(**given)

    assert remedy(messages.INSTALLATION_REFUSED) in str(raised.value)


def test_the_installer_takes_no_other_letters() -> None:
    """Its own expression for a data folder knows ASCII alone."""
    wanted = Wanted("16", r"C:\Programs\16", r"D:\donn" + "\xe9es", 5432)
    with pytest.raises(OperationValueError):
        wanted.check_installer()
    replace(wanted, data=r"D:\pg data (1)").check_installer()


def test_a_drive_that_the_host_does_not_have(trial: Trial, wanted: Given) -> None:
    """It is named before anything is touched, whatever was to go there."""
    for argument in ("data", "folder"):
        path = rf"Q:\pgsql\{argument}"
        sentence = DRIVE_MISSING.text(path=path, drive="Q:", host=host(trial.lab))
        for attempt in (trial.dry, trial.run):
            applied = attempt(installation, **{**wanted, argument: path})
            assert (applied.failed, applied.changed) == (True, False)
            assert sentence in applied.output


@pytest.fixture
def existing(lab: Lab, wanted: Given) -> Connection:
    """A server that others look after."""
    lab_postgresql.install(lab, data=r"D:\theirs", port=wanted["port"])
    return Connection(port=wanted["port"], password=lab_postgresql.PASSWORD)


def test_an_existing_server_is_only_looked_at(lab: Lab, site: Trial, existing: Connection) -> None:
    """From this machine, and by psql on the host."""
    before = lab.snapshot()
    psql = replace(existing, psql=rf"{FOLDER}\bin\psql.exe")
    for connection in (existing, psql):
        given = {"version": "15", "source": "existing", "connection": connection}
        applied = site.run(installation, **given)
        assert (applied.failed, applied.changed) == (False, False), applied.output
    assert own(lab.snapshot()) == own(before)


def test_an_existing_server_that_will_not_do(lab: Lab, site: Trial, existing: Connection) -> None:
    """Too old, without pg_trgm, or a login that may too little: each by its sentence."""

    def run(connection: Connection, version: str = "15") -> str:
        given = {"version": version, "source": "existing", "connection": connection}
        applied = site.run(installation, **given)
        assert applied.failed
        return applied.output

    assert remedy(messages.SERVER_TOO_OLD) in run(existing, "99")
    sentence = LOGIN_REFUSED.text(reason="", **existing.values).split(": ")[0]
    assert sentence in run(replace(existing, password="wrong"))
    dsn = lab_postgresql.dsn(existing.port)
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("CREATE ROLE weak LOGIN PASSWORD 'weak'")
        weak = replace(existing, user="weak", password="weak")
        assert remedy(messages.SERVER_LOGIN_WEAK) in run(weak)

    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("SET allow_system_table_mods = on")
        connection.execute(
            "CREATE OR REPLACE VIEW pg_catalog.pg_available_extensions AS SELECT name, default_version,"
            ' NULL::text COLLATE "C" AS installed_version, comment FROM pg_available_extensions()'
            " WHERE name <> 'pg_trgm'"
        )
    assert remedy(messages.SERVER_WITHOUT_TRIGRAM) in run(existing)

    unusable = {**existing.values, "database": "postgres"}
    sentence = messages.NOT_USABLE.text(
        **{k: unusable[k] for k in ("user", "database", "address", "port")}
    )
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(
            "CREATE FUNCTION similarity(text, text) RETURNS int LANGUAGE sql AS 'SELECT 0'"
        )
    assert sentence in site.run(verified, [existing]).output
