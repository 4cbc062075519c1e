"""EDB's installer and the installer of the C++ runtime in the lab."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.lab import postgresql_server as pg
from tests.lab.people import PASSWORD, new_user
from tests.lab.postgresql_server import ask, close_to
from tests.lab.runs import Run, run
from winfra.lab import postgresql, vc_runtime
from winfra.lab.access import AccessLists
from winfra.lab.installation import PENDING_REBOOT_KEYS
from winfra.lab.pgsql.setup import records
from winfra.lab.scm import client, codes
from winfra.lab.scm.codes import ScmError
from winfra.lab.sids import service_sid
from winfra.lab.state import Lab

pytestmark = pg.needed

SETUP = r"D:\setup"
UNATTENDED = "--mode unattended --unattendedmodeui none"
LOG = r"C:\Users\deploy\AppData\Local\Temp\install-postgresql.log"
OPTIONS = {
    "superpassword": "Throwaway1",
    "datadir": r"D:\pg data",
    "locale": "C",
    "install_runtimes": "0",
}


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    lab = Lab("installer", Path(tmp_path_factory.mktemp("labs")))
    lab.start()
    yield lab
    lab.remove()


@pytest.fixture
def lab(shared: Lab) -> Lab:
    """A bare, running lab with the runtime."""
    shared.reset()
    vc_runtime.install(shared.folder)
    shared.path(SETUP).mkdir()
    return shared


def install(lab: Lab, *, fault: str = "", line: str = "", **options: str) -> tuple[Run, int]:
    """Run the installer with an option file; gives the port as well."""
    exe = postgresql.installer(lab.path(SETUP), fault=fault)
    port = options.get("serverport") or str(postgresql.free_port())
    values = {**OPTIONS, "serverport": port, **options}
    text = "".join(f"{name}={value}\n" for name, value in values.items())
    lab.path(rf"{SETUP}\options.txt").write_text(text)
    command = rf"{SETUP}\{exe.name} {UNATTENDED} --optionfile {SETUP}\options.txt {line}"
    return run(lab, command), int(port) if port.isdigit() else 0


def log(lab: Lab) -> str:
    return lab.path(LOG).read_text()


def exists(lab: Lab, service: str = pg.SERVICE) -> bool:
    try:
        client.request(lab.folder, "query", name=service)
    except ScmError:
        return False
    return True


def data_of(lab: Lab, key: str) -> dict[str, object]:
    return {name: data for name, (_, data) in lab.keys.values(key).items()}


def test_install(lab: Lab) -> None:
    """Programs, cluster, service under NetworkService, registry, logs, and a server that answers."""
    result, port = install(lab)
    dsn = postgresql.dsn(port, "Throwaway1")

    assert (result.code, result.errors) == (0, "")
    service = lab.service(pg.SERVICE)
    assert service["state"] == codes.RUNNING
    assert service["account"] == r"NT AUTHORITY\NetworkService"
    assert service["display_name"].startswith(f"{pg.SERVICE} - PostgreSQL Server")
    assert rf'-D "{OPTIONS["datadir"]}" -w' in service["path"]
    installation, services = (
        data_of(lab, key()) for key in (records.installation, records.services)
    )
    assert installation["Data Directory"] == services["Data Directory"] == OPTIONS["datadir"]
    assert installation["Service ID"] == pg.SERVICE
    assert (services["Port"], services["Database Superuser"]) == (port, "postgres")
    assert ask(dsn, "show listen_addresses") == "*"
    assert ask(dsn, "show logging_collector") == "on"
    assert ask(dsn, "select count(*) from pg_extension where extname = 'adminpack'") == 1
    assert "Finished running post-installation" in log(lab)
    summary = lab.path(rf"{postgresql.program_folder()}\installation_summary.log").read_text()
    assert rf"Data Directory: {OPTIONS['datadir']}" in summary


def test_password_is_on_command_lines(lab: Lab) -> None:
    """The option file keeps it from the first command line only."""
    install(lab)

    lines = [one["command_line"] for one in lab.processes() if "Throwaway1" in one["command_line"]]

    assert len(lines) == 1
    assert "initcluster.ps1" in lines[0]


def test_access_list_of_the_data_folder(lab: Lab) -> None:
    """An empty folder is made anew, and gets the five of the installer instead of its own list."""
    lab.path(OPTIONS["datadir"]).mkdir()
    close_to(lab, OPTIONS["datadir"], "BA", service_sid(pg.SERVICE))

    install(lab)

    aces = AccessLists(lab.folder).read(lab.path(OPTIONS["datadir"])).aces or ()
    wanted = {"S-1-5-20", "S-1-3-0", "S-1-5-18", "S-1-5-32-544", pg.sid(lab)}
    assert {ace.sid for ace in aces} == wanted


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"datadir": "D:/data"}, "must be an absolute path"),
        ({"datadir": r"\\server\data"}, "must be an absolute path"),
        ({"datadir": "D:\\d\u00e9"}, "must be an absolute path"),
        ({"datadir": r"C:\Program Files"}, "cannot be the installation directory"),
        ({"serverport": "80"}, "between 1024 and 65535"),
        ({"serverport": "x"}, "between 1024 and 65535"),
        ({"servicename": "pg"}, "is not valid"),
        ({"locale": "English_Nowhere.1252"}, "locale is not available"),
        ({"superpasword": "x"}, "Unknown option in the option file"),
        ({"install_runtimes": "yes"}, "Wrong value"),
        ({"serviceaccount": r"NT SERVICE\x"}, "could not be created"),
    ],
)
def test_refused(lab: Lab, options: dict[str, str], problem: str) -> None:
    """Bad options end it with 1 before anything is there."""
    result, _ = install(lab, **options)

    assert result.code == 1
    assert problem in result.errors
    assert not exists(lab)
    assert not lab.path(postgresql.program_folder()).exists()


def test_refused_command_line(lab: Lab) -> None:
    """An option that it does not know, or an option file that is not there."""
    unknown, _ = install(lab, line="--data D:\\x")
    exe = next(lab.path(SETUP).glob("*.exe")).name
    missing = run(lab, rf"{SETUP}\{exe} {UNATTENDED} --optionfile D:\none.txt")

    assert (unknown.code, missing.code) == (1, 1)
    assert 'Unknown option "--data"' in unknown.errors
    assert r"The option file D:\none.txt could not be read" in missing.errors


def test_port_in_use(lab: Lab) -> None:
    """A port that cannot be bound."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        result, _ = install(lab, serverport=str(other.getsockname()[1]))

    assert result.code == 1
    assert "port number is not available" in result.errors


def test_administrators_only(lab: Lab) -> None:
    """Another user cannot run it."""
    new_user(lab, "somebody")
    exe = postgresql.installer(lab.path(SETUP)).name

    result = run(lab, rf"{SETUP}\{exe} {UNATTENDED}", user="somebody")

    assert (result.code, "administrative privileges" in result.errors) == (1, True)


def test_data_folder_with_something_else(lab: Lab) -> None:
    """A folder that is neither empty nor a cluster is refused, its files stay."""
    lab.path(OPTIONS["datadir"]).mkdir()
    lab.path(rf"{OPTIONS['datadir']}\mine.txt").write_text("x")

    result, _ = install(lab)

    assert (result.code, "neither empty, or a recognisable" in result.errors) == (1, True)
    assert lab.path(rf"{OPTIONS['datadir']}\mine.txt").read_text() == "x"


def test_cluster_that_is_there(lab: Lab) -> None:
    """One of the same version is taken over with its own port and password, without a word."""
    _, port = install(lab)
    postgresql.stop(lab)
    client.request(lab.folder, "delete", name=pg.SERVICE)
    records.remove(lab.folder)

    result, other = install(lab, superpassword="Another1")

    assert result.code == 0
    assert "Switching to upgrade mode" in log(lab)
    assert other != port
    assert ask(postgresql.dsn(port, "Throwaway1"), "select 1") == 1
    with pytest.raises(psycopg.OperationalError):
        ask(postgresql.dsn(port, "Another1"), "select 1")


def test_cluster_of_another_version(lab: Lab) -> None:
    """One of another version ends the installation."""
    install(lab)
    postgresql.stop(lab)
    lab.path(rf"{OPTIONS['datadir']}\PG_VERSION").write_text("9.6\n")

    result, _ = install(lab)

    assert (result.code, "not compatible with" in result.errors) == (1, True)


def test_temporary_folder_closed(lab: Lab) -> None:
    """initdb cannot read the password: exit code 0, no service, and a key that stays."""
    result, _ = install(lab, fault="temporary_folder")

    assert result.code == 0
    assert "for reading: Permission denied" in log(lab)
    assert "Problem running post-install step" in log(lab)
    assert not exists(lab)
    installation = data_of(lab, records.installation())
    assert installation["Base Directory"] == postgresql.program_folder()
    assert "Data Directory" not in installation


def test_what_a_failure_left_counts(lab: Lab) -> None:
    """After a failed installation prefix and service name of the next one are not its own."""
    install(lab, fault="temporary_folder")

    result, _ = install(lab, prefix=r"D:\elsewhere", servicename="my-postgresql")

    assert result.code == 0
    assert lab.service(pg.SERVICE)["state"] == codes.RUNNING
    assert not exists(lab, "my-postgresql")
    assert not lab.path(r"D:\elsewhere").exists()


def test_success_without_a_server(lab: Lab) -> None:
    """It has been seen to end well and leave an empty folder."""
    result, _ = install(lab, fault="silent")

    assert result.code == 0
    assert list(lab.path(OPTIONS["datadir"]).iterdir()) == []
    assert not exists(lab)


def test_quote_in_the_password(lab: Lab) -> None:
    """A password with a quotation mark breaks the cluster's creation."""
    result, _ = install(lab, superpassword='a"b')

    assert result.code == 0
    assert "The database cluster initialisation failed." in log(lab)


def test_without_the_runtime(lab: Lab) -> None:
    """install_runtimes=0 on a machine without one: initdb does not start."""
    vc_runtime.uninstall(lab.folder)

    result, _ = install(lab)

    assert result.code == 0
    assert "Script exit code: -1073741515" in log(lab)
    assert not exists(lab)


def test_runtime_of_its_own(lab: Lab) -> None:
    """install_runtimes=1 installs it."""
    vc_runtime.uninstall(lab.folder)

    install(lab, install_runtimes="1")

    assert vc_runtime.version(lab.folder) == vc_runtime.VERSION
    assert exists(lab)


def test_another_service_name(lab: Lab) -> None:
    """The keys keep the version's name, and a stray service key appears under it."""
    install(lab, servicename="my-postgresql")

    assert lab.service("my-postgresql")["state"] == codes.RUNNING
    assert data_of(lab, records.installation())["Service ID"] == "my-postgresql"
    stray = rf"HKLM\SYSTEM\CurrentControlSet\Services\{pg.SERVICE}"
    assert [*data_of(lab, stray)] == ["Description"]


def test_service_of_that_name(lab: Lab) -> None:
    """A service that has the wanted name already is refused on a new machine."""
    settings = {"path": r"C:\x.exe"}
    client.request(lab.folder, "create", name="my-postgresql", settings=settings)

    result, _ = install(lab, servicename="my-postgresql")

    assert (result.code, "already exists" in result.errors) == (1, True)


def test_local_account(lab: Lab) -> None:
    """It makes an account that is not there, with rights; a wrong password of an old one ends it."""
    made, _ = install(lab, serviceaccount="svc_pg", servicepassword=PASSWORD)
    account = lab.service(pg.SERVICE)["account"]
    state = lab.service(pg.SERVICE)["state"]
    lab.reset()
    vc_runtime.install(lab.folder)
    lab.path(SETUP).mkdir()
    new_user(lab, "svc_pg")
    wrong, _ = install(lab, serviceaccount="svc_pg", servicepassword="Wr0ng-password")

    assert (made.code, account, state) == (0, r".\svc_pg", codes.RUNNING)
    assert (wrong.code, "password specified was incorrect" in wrong.errors) == (1, True)


def test_server_that_does_not_start(lab: Lab) -> None:
    """The cluster and the service are there, the keys that are written last are not."""
    with socket.socket(socket.AF_INET6) as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        install(lab)
        postgresql.stop(lab)
        other.bind(("::", int(_setting(lab, "port"))))
        other.listen()
        records.remove(lab.folder)
        result, _ = install(lab)

    assert result.code == 0
    assert "Failed to start the database server." in log(lab)
    logs = lab.path(rf"{OPTIONS['datadir']}\log").glob("*.log")
    assert any("could not bind" in one.read_text() for one in logs)
    assert "Data Directory" not in data_of(lab, records.installation())


def _setting(lab: Lab, name: str) -> str:
    text = lab.path(rf"{OPTIONS['datadir']}\postgresql.conf").read_text()
    line = next(line for line in text.splitlines() if line.startswith(f"{name} ="))
    return line.split("=")[1].split("#")[0].strip()


def test_extract_only(lab: Lab) -> None:
    """Files and nothing else."""
    result, _ = install(lab, line="--extract-only 1", prefix=r"D:\only")

    assert result.code == 0
    assert lab.path(r"D:\only\bin\psql.exe").is_file()
    assert not lab.keys.exists(records.installation())
    assert not exists(lab)


def test_uninstall(lab: Lab) -> None:
    """Service, programs and keys go; the cluster stays."""
    install(lab)

    command = rf'"{postgresql.program_folder()}\uninstall-postgresql.exe" --mode unattended'
    result = run(lab, command)

    assert result.code == 0
    assert not exists(lab)
    assert not lab.keys.exists(records.installation())
    assert not lab.path(rf"{postgresql.program_folder()}\bin").exists()
    assert lab.path(rf"{OPTIONS['datadir']}\PG_VERSION").is_file()


def redistributable(lab: Lab, line: str = "/install /quiet /norestart", **made: object) -> Run:
    postgresql.vc_redist(lab.path(SETUP), **made)  # type: ignore[arg-type]
    return run(lab, rf"{SETUP}\vc_redist.x64.exe {line}")


def test_runtime(lab: Lab) -> None:
    """0 for a new one and for the same again, 1638 for an older one; the registry has the version."""
    vc_runtime.uninstall(lab.folder)

    first = redistributable(lab, rf"/install /quiet /norestart /log {SETUP}\vc.log")
    again = redistributable(lab)
    older = redistributable(lab, number=(14, 29, 30139, 0))

    assert [one.code for one in (first, again, older)] == [0, 0, 1638]
    found = data_of(lab, vc_runtime.KEY)
    assert (found["Installed"], found["Major"], found["Minor"]) == (1, *vc_runtime.VERSION[:2])
    assert found["Version"] == "v{}.{}.{}.{:02}".format(*vc_runtime.VERSION)
    assert lab.path(r"C:\Windows\System32\vcruntime140.dll").is_file()
    assert "Exit code: 0x0" in lab.path(rf"{SETUP}\vc.log").read_text()


def test_runtime_that_wants_a_reboot(lab: Lab) -> None:
    """3010 has done its work, and leaves a mark that a reboot is pending; 5100 has done nothing."""
    vc_runtime.uninstall(lab.folder)
    unmet = redistributable(lab, outcome=5100)
    without = vc_runtime.is_installed(lab.folder)
    busy = redistributable(lab, outcome=3010)

    assert (unmet.code, without) == (5100, False)
    assert (busy.code, vc_runtime.is_installed(lab.folder)) == (3010, True)
    assert lab.keys.exists(PENDING_REBOOT_KEYS[0])


def test_runtime_refusals(lab: Lab) -> None:
    """It asks somebody unless it is quiet, knows its options, and is for administrators."""
    vc_runtime.uninstall(lab.folder)
    new_user(lab, "somebody")

    asked = redistributable(lab, "/install")
    unknown = redistributable(lab, "/install /quiet /fast")
    somebody = run(lab, rf"{SETUP}\vc_redist.x64.exe /install /quiet", user="somebody")

    assert [one.code for one in (asked, unknown, somebody)] == [1602, 87, 5]
    assert not vc_runtime.is_installed(lab.folder)
