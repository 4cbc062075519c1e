"""pg_ctl as a service of the lab's Windows."""

from __future__ import annotations

import os
import signal
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from tests.lab import postgresql_server as pg
from tests.lab.people import new_user
from tests.lab.postgresql_server import ask, close_to, messages, start
from winfra.lab import event_log, postgresql
from winfra.lab.pgsql.reports import SOURCES
from winfra.lab.scm import client, codes
from winfra.lab.scm.codes import ScmError
from winfra.lab.sids import service_sid
from winfra.lab.state import Lab

pytestmark = pg.needed

OWN = service_sid(pg.SERVICE)
PROGRAM = rf"{postgresql.program_folder()}\bin\pg_ctl.exe" if pg.SERVICE else ""


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    lab = Lab("services", Path(tmp_path_factory.mktemp("labs")))
    lab.start()
    yield lab
    lab.remove()


@pytest.fixture
def lab(shared: Lab) -> Lab:
    """A bare, running lab."""
    shared.reset()
    return shared


@pytest.fixture
def stopped(lab: Lab) -> tuple[Lab, str]:
    """A lab with a server whose service was never started, and the DSN."""
    return lab, postgresql.install(lab, running=False)


def wait(condition: Callable[[], object], seconds: float = 20.0) -> bool:
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True


def state(lab: Lab) -> int:
    found: int = lab.service(pg.SERVICE)["state"]
    return found


def fails_to_start(lab: Lab) -> bool:
    """The service connects, and is over after a while with exit code 0, as pg_ctl ends."""
    client.request(lab.folder, "start", name=pg.SERVICE)
    ended = wait(lambda: state(lab) == codes.STOPPED)
    return ended and lab.service(pg.SERVICE)["win32_exit"] == 0


def postmaster(lab: Lab, data: str = postgresql.DATA) -> int:
    return int(lab.path(rf"{data}\postmaster.pid").read_text().split()[0])


def add_setting(lab: Lab, text: str) -> None:
    with lab.path(rf"{postgresql.DATA}\postgresql.conf").open("a") as file:
        file.write(text + "\n")


def test_register(lab: Lab) -> None:
    """A service of LocalSystem that starts with the machine and depends on RPCSS; only once."""
    postgresql.install_programs(lab)

    first = start(lab, "pg_ctl", r'register -N "pg one" -D "D:\my data"')
    again = start(lab, "pg_ctl", r'register -N "pg one" -D D:\x')
    service = lab.service("pg one")
    gone = start(lab, "pg_ctl", 'unregister -N "pg one"')
    unknown = start(lab, "pg_ctl", 'unregister -N "pg one"')

    assert [one.code for one in (first, again, gone, unknown)] == [0, 1, 0, 1]
    assert again.errors == 'pg_ctl: service "pg one" already registered\r\n'
    assert unknown.errors == 'pg_ctl: service "pg one" not registered\r\n'
    assert service["path"] == rf'"{PROGRAM}" runservice -N "pg one" -D "D:\my data" -w'
    assert service["account"] == "LocalSystem"
    assert (service["start"], service["dependencies"]) == (codes.AUTO_START, ["RPCSS"])


def test_register_with_all_options(lab: Lab) -> None:
    """Start type, event source, time limit and server options; an account's name is a local one."""
    postgresql.install_programs(lab)
    new_user(lab, "svc_pg")
    options = r'-D D:\d -S demand -e Prefect -t 300 -W -o "-p 5555"'
    virtual = rf'-U "NT SERVICE\{pg.SERVICE}"'

    local = start(lab, "pg_ctl", rf"register -N local {options} -U svc_pg -P x")
    own = start(lab, "pg_ctl", rf"register -N {pg.SERVICE} {virtual} -D D:\d")
    other = start(lab, "pg_ctl", rf"register -N different {virtual} -D D:\d")

    assert [one.code for one in (local, own, other)] == [0, 0, 1]
    assert lab.service("local")["path"] == (
        rf'"{PROGRAM}" runservice -N "local" -D "D:\d" -e "Prefect" -t 300 -o "-p 5555"'
    )
    assert lab.service("local")["account"] == r".\svc_pg"
    assert lab.service("local")["start"] == codes.DEMAND_START
    assert lab.service(pg.SERVICE)["account"] == rf"NT SERVICE\{pg.SERVICE}"
    assert 'could not register service "different": error code 1057' in other.errors


def test_register_is_for_administrators(lab: Lab) -> None:
    """Another user does not open the control manager."""
    postgresql.install_programs(lab)
    new_user(lab, "somebody")

    result = start(lab, "pg_ctl", r"register -N mine -D D:\x", user="somebody")

    assert (result.code, result.errors) == (1, "pg_ctl: could not open service manager\r\n")


def test_service(stopped: tuple[Lab, str]) -> None:
    """It runs as its virtual account, serves, reloads when it is paused, and stops."""
    lab, dsn = stopped

    postgresql.start(lab)
    loaded = ask(dsn, "select pg_conf_load_time()")
    add_setting(lab, "work_mem = 5MB")
    client.request(lab.folder, "control", name=pg.SERVICE, control=codes.PAUSE)
    reloaded = wait(lambda: ask(dsn, "select pg_conf_load_time()") > loaded)
    running = lab.service(pg.SERVICE)
    number = postmaster(lab)
    postgresql.stop(lab)

    assert reloaded
    assert running["state"] == codes.RUNNING
    assert running["accepted"] == codes.ACCEPT_STOP | codes.ACCEPT_SHUTDOWN | codes.ACCEPT_PAUSE
    assert ("work_mem = 5MB", psutil.pid_exists(number)) == ("work_mem = 5MB", False)
    assert "database system is shut down" in messages(lab)
    assert not [one for one in lab.path(postgresql.DATA).iterdir() if ":" in one.name]


def test_runservice_by_hand(stopped: tuple[Lab, str]) -> None:
    """Only the control manager can start it as a service."""
    lab, _ = stopped

    result = start(lab, "pg_ctl", rf"runservice -N x -D {postgresql.DATA}")

    assert result.code == 1
    assert result.errors == 'pg_ctl: could not start service "x": error code 1063\r\n'


@pytest.mark.parametrize(
    ("path", "message"),
    [
        (postgresql.DATA, 'could not access the server configuration file "D:/pgsql/data/'),
        (rf"{postgresql.DATA}\pg_hba.conf", 'could not open file "D:/pgsql/data/pg_hba.conf"'),
        (rf"{postgresql.DATA}\base", 'could not open directory "base"'),
        (rf"{postgresql.DATA}\PG_VERSION", 'could not open file "D:/pgsql/data/PG_VERSION"'),
    ],
)
def test_folder_closed_to_the_account(stopped: tuple[Lab, str], path: str, message: str) -> None:
    """The service ends, and the event log says which file its account may not use."""
    lab, _ = stopped
    close_to(lab, path, "BA", "SY")

    assert fails_to_start(lab)

    assert f"{message}" in messages(lab)
    assert "Permission denied" in messages(lab)
    assert "Timed out waiting for server startup" in messages(lab, event_log.ERROR)
    assert not lab.path(rf"{postgresql.DATA}\postmaster.pid").exists()


def test_programs_closed_to_the_account(stopped: tuple[Lab, str]) -> None:
    """A program that the account may not execute is not started: error 5."""
    lab, _ = stopped
    close_to(lab, postgresql.program_folder(), "BA", "SY")

    with pytest.raises(ScmError) as caught:
        postgresql.start(lab)

    assert caught.value.code == codes.ACCESS_DENIED


def test_log_folder_closed_to_the_account(stopped: tuple[Lab, str]) -> None:
    """A log that cannot be written ends the start; once it can be, it is."""
    lab, _ = stopped
    lab.path(r"D:\logs").mkdir()
    close_to(lab, r"D:\logs", "BA", "SY")
    add_setting(lab, "logging_collector = on\nlog_directory = 'D:/logs'")

    assert fails_to_start(lab)
    close_to(lab, r"D:\logs", "BA", "SY", OWN)
    postgresql.start(lab)

    assert 'FATAL:  could not open log file "D:/logs/postgresql-' in messages(lab)
    assert list(lab.path(r"D:\logs").glob("postgresql-*.log"))


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("shared_buffers = lots", 'invalid value for parameter "shared_buffers": "lots"'),
        ("no_such = 1", 'unrecognized configuration parameter "no_such" in file "D:/pgsql/data/'),
        ("include = 'D:/none.conf'", 'could not open configuration file "D:/none.conf"'),
    ],
)
def test_bad_configuration(stopped: tuple[Lab, str], setting: str, message: str) -> None:
    """The server's own words are in the event log, paths as Windows has them."""
    lab, _ = stopped
    add_setting(lab, setting)

    assert fails_to_start(lab)

    assert message in messages(lab)


def test_port_in_use(stopped: tuple[Lab, str]) -> None:
    """Another program's port ends the start."""
    lab, dsn = stopped
    with socket.socket() as other:
        other.bind(("127.0.0.1", int(pg.port_of(dsn))))
        other.listen()
        add_setting(lab, "listen_addresses = '127.0.0.1'")

        assert fails_to_start(lab)

    assert "could not bind IPv4 address" in messages(lab)


def test_cluster_of_another_version(stopped: tuple[Lab, str]) -> None:
    """A data folder of another major version is refused."""
    lab, _ = stopped
    lab.path(rf"{postgresql.DATA}\PG_VERSION").write_text("9.6\n")

    assert fails_to_start(lab)

    assert "database files are incompatible with server" in messages(lab, event_log.ERROR)


def test_server_that_crashes(stopped: tuple[Lab, str]) -> None:
    """pg_ctl then stops with exit code 0, so that no recovery action follows."""
    lab, _ = stopped
    failure = {"reset_seconds": 60, "actions": [[codes.ACTION_RESTART, 0]]}
    client.request(lab.folder, "change", name=pg.SERVICE, settings={"failure": failure})
    postgresql.start(lab)

    os.kill(postmaster(lab), signal.SIGKILL)

    assert wait(lambda: state(lab) == codes.STOPPED)
    assert lab.service(pg.SERVICE)["win32_exit"] == 0
    time.sleep(0.3)
    assert state(lab) == codes.STOPPED


def test_pg_ctl_that_is_killed(stopped: tuple[Lab, str]) -> None:
    """Recovery follows, but the server that it left behind is in the way."""
    lab, dsn = stopped
    postgresql.start(lab)
    server = postmaster(lab)

    os.kill(lab.service(pg.SERVICE)["pid"], signal.SIGKILL)

    assert wait(lambda: state(lab) == codes.STOPPED)
    assert ask(dsn, "select 1") == 1
    assert fails_to_start(lab)
    assert 'lock file "postmaster.pid" already exists' in messages(lab)
    assert psutil.pid_exists(server)


def test_reboot(stopped: tuple[Lab, str]) -> None:
    """The server is shut down with the machine, and is there again after its start."""
    lab, dsn = stopped
    lab.configure(reboot_seconds=0.1)
    postgresql.start(lab)
    first = postmaster(lab)

    lab.reboot()

    assert wait(lambda: not psutil.pid_exists(first))
    assert wait(lambda: state(lab) == codes.RUNNING) if wait(lambda: _is_up(lab)) else False
    assert ask(dsn, "select 1") == 1
    assert "database system was shut down at" in messages(lab)


def _is_up(lab: Lab) -> bool:
    try:
        return bool(lab.service(pg.SERVICE))
    except ScmError:
        return False


def test_event_source(stopped: tuple[Lab, str]) -> None:
    """Windows shows a plain message only where the source is registered."""
    lab, _ = stopped
    postgresql.start(lab)
    postgresql.stop(lab)
    before = event_log.read(lab.folder, "Application", provider="PostgreSQL")
    lab.keys.set(rf"{SOURCES}\PostgreSQL", "TypesSupported", 7)
    event_log.clear(lab.folder)
    postgresql.start(lab)
    after = event_log.read(lab.folder, "Application", provider="PostgreSQL")

    assert "The description for Event ID 0 from source PostgreSQL" in before[0]["message"]
    assert after[0]["message"] == before[0]["data"][0] == "Waiting for server startup...\n"
