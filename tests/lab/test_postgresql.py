"""PostgreSQL's programs on the lab's Windows."""

from __future__ import annotations

import hashlib
import subprocess
import zipfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.lab import postgresql_server as pg
from tests.lab.people import powershell
from tests.lab.postgresql_server import ask, close_to, port_of, sid, start
from tests.lab.runs import run
from winfra.lab import postgresql, vc_runtime
from winfra.lab.pgsql import real
from winfra.lab.sids import service_sid
from winfra.lab.state import Lab
from winfra.messages.lab import NO_POSTGRESQL

pytestmark = pg.needed

PASSWORD = {"PGPASSWORD": postgresql.PASSWORD}
INITDB = r"-D D:\pg\data -U postgres -A scram-sha-256 -E UTF8 --locale=C --pwfile=D:\pw.txt"
EXTRACT = r"""
Add-Type -AssemblyName System.IO.Compression.FileSystem
$root = $ExecutionContext.SessionState.Path.GetUnresolvedProviderPathFromPSPath('D:\')
$archive = [IO.Compression.ZipFile]::OpenRead("$root/pg.zip")
foreach ($entry in $archive.Entries) {
    $target = "$root/" + $entry.FullName
    $null = [IO.Directory]::CreateDirectory([IO.Path]::GetDirectoryName($target))
    $new = New-Object IO.FileStream $target, 'CreateNew'
    $old = $entry.Open()
    $old.CopyTo($new)
    $old.Dispose(); $new.Dispose()
}
$start = New-Object Diagnostics.ProcessStartInfo
$start.FileName = "$root/pgsql/bin/pg_isready.exe"
$start.Arguments = '--version'
$start.UseShellExecute = $false
$start.RedirectStandardOutput = $true
$process = [Diagnostics.Process]::Start($start)
$text = $process.StandardOutput.ReadToEnd()
$process.WaitForExit()
"$($process.ExitCode) $text"
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Lab, str]]:
    """A lab with a running server, and the DSN of its superuser."""
    lab = Lab("server", Path(tmp_path_factory.mktemp("labs")))
    lab.start()
    yield lab, postgresql.install(lab)
    lab.remove()


@pytest.fixture
def programs(machine: Lab) -> Lab:
    """A machine with the programs, and a password in a file."""
    postgresql.install_programs(machine)
    machine.path(r"D:\pw.txt").write_bytes(b"sec'ret\r\n")
    return machine


def psql(lab: Lab, dsn: str, data: bytes, more: str = "") -> tuple[int, bytes, str]:
    line = f"-X -w -q -A -t -h 127.0.0.1 -p {port_of(dsn)} -U postgres -f - {more}"
    result = start(lab, "psql", line, data, environment=PASSWORD)
    return result.code, result.raw, result.errors


def servers_of(lab: Lab) -> list[str]:
    found = subprocess.run(["ps", "-ww", "-eo", "args"], capture_output=True, text=True, check=True)
    return [line for line in found.stdout.splitlines() if f"-D {lab.folder}/" in line]


def test_archive(tmp_path: Path) -> None:
    """The layout of EDB's archive, pg_trgm in it, Linux' permissions not; the same bytes each time."""
    (tmp_path / "2").mkdir()
    first, second = postgresql.archive(tmp_path), postgresql.archive(tmp_path / "2")
    with zipfile.ZipFile(first) as archive:
        names = archive.namelist()
        permissions = {one.external_attr >> 16 for one in archive.infolist()}

    digests = {hashlib.sha256(one.read_bytes()).digest() for one in (first, second)}
    assert len(digests) == 1
    assert {name.split("/")[0] for name in names} == {"pgsql"}
    assert {name.split("/")[1] for name in names} >= {"bin", "lib", "share", "doc", "include"}
    wanted = {"initdb", "pg_ctl", "postgres", "psql", "pg_isready", "pg_dump", "pg_restore"}
    assert {f"pgsql/bin/{name}.exe" for name in wanted} <= {*names}
    assert {"pgsql/share/extension/pg_trgm.control", "pgsql/lib/pgevent.dll"} <= {*names}
    assert permissions == {0}


def test_extracted_anywhere(machine: Lab, tmp_path: Path) -> None:
    """A program runs where it was extracted to, but not without the C++ runtime."""
    postgresql.archive(tmp_path).rename(machine.path(r"D:\pg.zip"))

    without = powershell(machine, EXTRACT)
    vc_runtime.install(machine.folder)
    result = run(machine, r"D:\pgsql\bin\pg_isready.exe --version")

    assert without.lines[0] == f"{vc_runtime.DLL_NOT_FOUND - 2**32} "
    assert (result.code, result.raw[:12]) == (0, b"pg_isready (")
    assert result.raw.endswith(b"\r\n")


def test_no_postgresql(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without PostgreSQL is told which package to install."""
    monkeypatch.setattr(real, "PLACE", tmp_path)
    real.folder.cache_clear()

    with pytest.raises(FileNotFoundError) as caught:
        postgresql.major()

    real.folder.cache_clear()
    assert str(caught.value) == NO_POSTGRESQL.text(folder=tmp_path)


def test_psql_is_a_program_of_windows(server: tuple[Lab, str]) -> None:
    """Lines end with CR LF in both directions, Ctrl-Z ends the input, paths have a drive."""
    data = b"select 'a';\r\nselect 'b\r\nc';\r\nshow config_file;\r\n\x1aselect 'd';\r\n"

    code, output, errors = psql(*server, data)

    assert (code, errors) == (0, "")
    assert output == b"a\r\nb\r\nc\r\nD:/pgsql/data/postgresql.conf\r\n"


def test_psql_stops_at_an_error(server: tuple[Lab, str]) -> None:
    """Exit code 3 under ON_ERROR_STOP, 2 where it cannot connect."""
    lab, dsn = server

    stopped = psql(lab, dsn, b"select 1/0;\nselect 2;\n", "-v ON_ERROR_STOP=1")
    refused = start(lab, "psql", f"-X -w -h 127.0.0.1 -p {port_of(dsn)} -U postgres -c x")

    assert stopped == (3, b"", "psql:<stdin>:1: ERROR:  division by zero\r\n")
    assert refused.code == 2
    assert "fe_sendauth: no password supplied" in refused.errors


def test_user_and_password_file(server: tuple[Lab, str]) -> None:
    """The default user is Windows' one; the password file counts where its reader may read it."""
    lab, dsn = server
    lab.path(r"D:\pass").write_text(f"*:*:*:postgres:{postgresql.PASSWORD}\n")
    lab.path(r"D:\pass").chmod(0o644)
    line = f"-X -w -A -t -p {port_of(dsn)} -d postgres"
    variables = {"PGPASSFILE": r"D:\pass"}

    nobody = start(lab, "psql", f"{line} -c x")
    allowed = start(lab, "psql", f'{line} -U postgres -c "select 1"', environment=variables)
    close_to(lab, r"D:\pass", "SY")
    refused = start(lab, "psql", f"{line} -U postgres -c x", environment=variables)

    assert "fe_sendauth" in nobody.errors
    assert ask(dsn, "select count(*) from pg_roles where rolname = 'deploy'") == 0
    assert (allowed.code, allowed.raw) == (0, b"1\r\n")
    assert (refused.code, "no password supplied" in refused.errors) == (2, True)


def test_ready(server: tuple[Lab, str]) -> None:
    """pg_isready tells a server from none."""
    lab, dsn = server

    assert start(lab, "pg_isready", f"-p {port_of(dsn)}").code == 0
    assert start(lab, "pg_isready", f"-p {postgresql.free_port()} -t 2").code == 2


def test_dump_and_restore(server: tuple[Lab, str]) -> None:
    """Files by Windows' paths; an archive in a pipe keeps its bytes, a list is text."""
    lab, dsn = server
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("create database other")
        connection.execute("create table numbers as select 7 as number")
    connect = f"-h 127.0.0.1 -p {port_of(dsn)} -U postgres -w"
    dump = start(lab, "pg_dump", rf'{connect} -Fc -f "D:\a b.dump" postgres', environment=PASSWORD)
    piped = start(lab, "pg_dump", f"{connect} -Fc postgres", environment=PASSWORD)
    listed = start(lab, "pg_restore", r'--list "D:\a b.dump"')

    restored = start(lab, "pg_restore", f"{connect} -d other", piped.raw, environment=PASSWORD)

    assert (dump.code, piped.code, restored.code) == (0, 0, 0), restored.errors
    assert lab.path(r"D:\a b.dump").read_bytes()[:5] == piped.raw[:5] == b"PGDMP"
    assert b"TABLE public numbers postgres\r\n" in listed.raw
    other = postgresql.dsn(int(port_of(dsn)), database="other")
    assert ask(other, "select number from numbers") == 7


def test_paths_in_the_configuration(server: tuple[Lab, str]) -> None:
    """A folder on a drive in postgresql.conf is that folder, and SHOW gives it as it stands."""
    lab, dsn = server
    lab.path(r"D:\pgsql\logs").mkdir()
    close_to(lab, r"D:\pgsql\logs", service_sid(pg.SERVICE), "BA")
    with lab.path(rf"{postgresql.DATA}\postgresql.conf").open("a") as file:
        file.write("logging_collector = on\nlog_directory = 'D:/pgsql/logs'\n")

    postgresql.stop(lab)
    postgresql.start(lab)

    assert ask(dsn, "show log_directory") == "D:/pgsql/logs"
    assert ask(dsn, "show unix_socket_directories") == ""
    (log,) = lab.path(r"D:\pgsql\logs").glob("postgresql-*.log")
    assert "starting PostgreSQL" in log.read_text()


def test_initdb(programs: Lab) -> None:
    """A new cluster, its owner the user; a second time the folder is not empty."""
    first = start(programs, "initdb", INITDB)
    data = programs.path(r"D:\pg\data")
    identity = (data / "global/pg_control").read_bytes()
    again = start(programs, "initdb", INITDB)

    assert (first.code, first.errors) == (0, "")
    assert 'owned by user "deploy"' in first.output
    assert (data / "PG_VERSION").read_text().strip() == postgresql.major()
    assert again.code == 1
    assert 'directory "D:/pg/data" exists but is not empty' in again.errors
    assert (data / "global/pg_control").read_bytes() == identity


def test_initdb_without_administrators_rights(programs: Lab) -> None:
    """Folder and password file that only Administrators may use are closed to its restricted token."""
    programs.path(r"D:\pg\data").mkdir(parents=True)
    close_to(programs, r"D:\pg\data", "BA", "SY")
    folder = start(programs, "initdb", INITDB)
    close_to(programs, r"D:\pw.txt", "BA", "SY")
    file = start(programs, "initdb", INITDB.replace("data", "other"))
    for path in (r"D:\pg\data", r"D:\pw.txt"):
        close_to(programs, path, "BA", "SY", sid(programs))
    allowed = start(programs, "initdb", INITDB)

    assert (folder.code, file.code, allowed.code) == (1, 1, 0)
    assert folder.errors == (
        'initdb: error: could not access directory "D:/pg/data": Permission denied\r\n'
    )
    assert file.errors == (
        'initdb: error: could not open file "D:/pw.txt" for reading: Permission denied\r\n'
    )


def test_initdb_made_to_think_it_is_restricted(programs: Lab) -> None:
    """PG_RESTRICT_EXEC keeps it from dropping the rights that postgres.exe refuses."""
    result = start(programs, "initdb", INITDB, environment={"PG_RESTRICT_EXEC": "1"})

    assert result.code == 1
    assert "administrative permissions is not" in result.errors
    assert not programs.path(r"D:\pg\data").exists()


def test_initdb_refusals(programs: Lab) -> None:
    """No room on the drive, a program or share folder that is missing, a command of AutoRun."""
    bin_folder = programs.path(rf"{postgresql.program_folder()}\bin")
    disks = programs.read_state("disks")
    programs.write_state("disks", [{**one, "FreeSpace": 2**20} for one in disks])
    full = start(programs, "initdb", INITDB)
    programs.write_state("disks", disks)
    programs.keys.set(r"HKLM\SOFTWARE\Microsoft\Command Processor", "AutoRun", "echo hello")
    noise = start(programs, "initdb", INITDB)
    programs.keys.remove(r"HKLM\SOFTWARE\Microsoft\Command Processor", "AutoRun")
    (bin_folder / "postgres.exe").rename(bin_folder / "x.exe")
    missing = start(programs, "initdb", INITDB)
    (bin_folder / "x.exe").rename(bin_folder / "postgres.exe")
    (bin_folder.parent / "share").rename(bin_folder.parent / "other")
    share = start(programs, "initdb", INITDB)

    assert [one.code for one in (full, noise, missing, share)] == [1, 1, 1, 1]
    assert "No space left on device" in full.errors
    assert "was not the same version as initdb" in noise.errors
    assert 'program "postgres" is needed by initdb but was not found' in missing.errors
    assert "share/postgres.bki" in share.errors
    assert not programs.path(r"D:\pg\data").exists()


def test_pg_ctl(programs: Lab) -> None:
    """Start, status, reload and stop, with Windows' paths in all of them."""
    assert start(programs, "initdb", INITDB).code == 0
    port = postgresql.free_port()
    line = r"-D D:\pg\data -l D:\pg\log.txt -w"

    started = start(programs, "pg_ctl", rf'start {line} -o "-p {port}"')
    status = start(programs, "pg_ctl", r"status -D D:\pg\data")
    seen = ask(postgresql.dsn(port, "sec'ret"), "select current_user")
    reloaded = start(programs, "pg_ctl", r"reload -D D:\pg\data")
    stopped = start(programs, "pg_ctl", r"stop -D D:\pg\data -m fast")
    after = start(programs, "pg_ctl", r"status -D D:\pg\data")

    assert [one.code for one in (started, status, reloaded, stopped, after)] == [0, 0, 0, 0, 3]
    assert seen == "postgres"
    program = rf"{postgresql.program_folder()}/bin/postgres.exe".replace("\\", "/")
    assert status.lines[1] == f'{program} "-D" "D:/pg/data" "-p" "{port}"'
    assert "ready to accept connections" in programs.path(r"D:\pg\log.txt").read_text()


def test_pg_ctl_drops_administrators_rights(programs: Lab) -> None:
    """A server does not start in a folder that only Administrators may use, and its log says why."""
    assert start(programs, "initdb", INITDB).code == 0
    close_to(programs, r"D:\pg\data", "BA", "SY")

    result = start(programs, "pg_ctl", r"start -D D:\pg\data -l D:\pg\log.txt")

    assert (result.code, result.lines[0][:30]) == (1, "waiting for server to start...")
    assert "could not start server" in result.errors
    assert programs.path(r"D:\pg\log.txt").read_text() == (
        'postgres: could not access the server configuration file "D:/pg/data/postgresql.conf": '
        "Permission denied\n"
    )
    assert servers_of(programs) == []


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("", "no operation specified"),
        ("run", 'unrecognized operation mode "run"'),
        ("start", "no database directory specified"),
        (r"start stop -D D:\x", 'too many command-line arguments (first is "stop")'),
        (r"register -D D:\x -S never", 'unrecognized start type "never"'),
        ("kill HUP", "missing arguments for kill mode"),
        ("start --what", 'Try "pg_ctl --help"'),
    ],
)
def test_pg_ctl_usage(programs: Lab, line: str, problem: str) -> None:
    """A wrong command line is refused in a sentence."""
    result = start(programs, "pg_ctl", line)

    assert result.code == 1
    assert problem in result.errors


def test_postgres_refuses_an_administrator(programs: Lab) -> None:
    """postgres.exe tells its version, but serves nobody who is an administrator."""
    version = start(programs, "postgres", "--version")
    result = start(programs, "postgres", r"-D D:\pg\data")

    assert version.output.startswith(f"postgres (PostgreSQL) {postgresql.version()}")
    assert result.code == 1
    assert "administrative permissions" in result.errors


def test_no_server_outlives_its_lab(tmp_path: Path) -> None:
    """A reset ends servers at once, and they let go of their shared memory."""
    lab = Lab("gone", tmp_path)
    lab.start()
    dsn = postgresql.install(lab)
    before = _memory()
    assert servers_of(lab)
    assert ask(dsn, "select 1") == 1

    lab.reset()

    assert servers_of(lab) == []
    assert _memory() < before
    lab.remove()


def _memory() -> int:
    """Segments of System V, of which each server has one."""
    return len(Path("/proc/sysvipc/shm").read_text().splitlines())
