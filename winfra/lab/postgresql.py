"""PostgreSQL for a lab: what EDB distributes, and a server that is ready for use."""

from __future__ import annotations

import contextlib
import random
import shutil
import socket
import subprocess
import tempfile
import time
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

from winfra.lab import vc_runtime
from winfra.lab.access import AccessLists
from winfra.lab.pgsql import distribution, real, unprivileged
from winfra.lab.scm import client, codes
from winfra.lab.sids import service_sid

if TYPE_CHECKING:
    from winfra.lab.state import Lab

SUPERUSER = "postgres"
PASSWORD = "lab-superuser"  # noqa: S105
DATA = r"D:\pgsql\data"
START_SECONDS = 60.0
_PORTS = (10_000, 20_000)
_DATE = (2026, 1, 5, 8, 0, 0)
_REST = ("doc/postgresql/README.txt", "include/pg_config.h", "pgAdmin 4/README.txt")


def major() -> str:
    """The major version of the PostgreSQL behind all of this."""
    return real.major()


def is_available() -> bool:
    """Is there one on this machine? Without it, its tests skip."""
    return bool(list(real.PLACE.glob("*/bin/postgres")))


def version() -> str:
    return distribution.version()


def program_folder() -> str:
    return rf"C:\Program Files\PostgreSQL\{major()}"


def service_name() -> str:
    return f"postgresql-x64-{major()}"


def archive(folder: Path) -> Path:
    """Make EDB's archive of binaries in a folder; the same bytes each time."""
    file = folder / f"postgresql-{version()}-1-windows-x64-binaries.zip"
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as target:
        for path, contents in distribution.files():
            _add(target, path, contents)
        for path in _REST:
            _add(target, path, f"PostgreSQL {version()}\r\n".encode())
    return file


def installer(folder: Path, *, fault: str = "") -> Path:
    """Make EDB's installer in a folder.

    + fault: ``temporary_folder``: initdb may not read the installer's own file there, as up to revision
      2 over a network logon (edb-installers #150); ``silent``: it ends well and has made neither
      cluster nor service (#329)
    """
    name = f"installer:{fault}" if fault else "installer"
    file = folder / f"postgresql-{version()}-1-windows-x64.exe"
    file.write_bytes(distribution.program("winfra.lab.pgsql.setup.installer", name))
    return file


def vc_redist(
    folder: Path, *, number: tuple[int, ...] = vc_runtime.VERSION, outcome: int = 0
) -> Path:
    """Make the installer of the Visual C++ runtime in a folder; 1638 comes by itself.

    + number: the version in it
    + outcome: 3010: a library is in use; 5100: this Windows lacks something
    """
    text = ".".join(str(part) for part in number)
    file = folder / "vc_redist.x64.exe"
    name = f"{text}:{outcome}"
    file.write_bytes(distribution.program("winfra.lab.pgsql.setup.vc_redist", name))
    return file


def _add(target: zipfile.ZipFile, path: str, contents: bytes) -> None:
    # As an archiver of Windows writes it: Linux' permissions are not in there.
    entry = zipfile.ZipInfo(f"pgsql/{path}", _DATE)
    entry.create_system = 0
    entry.external_attr = 0x20
    entry.compress_type = zipfile.ZIP_DEFLATED
    target.writestr(entry, contents)


def free_port() -> int:
    """One that nothing uses, below those that Linux gives to clients: none of them takes it meanwhile."""
    while True:
        port = random.randrange(*_PORTS)
        with socket.socket() as one, contextlib.suppress(OSError):
            one.bind(("127.0.0.1", port))
            return port


def dsn(
    port: int, password: str = PASSWORD, user: str = SUPERUSER, database: str = "postgres"
) -> str:
    """What a witness gives to psycopg."""
    values = {
        "host": "127.0.0.1", "port": str(port), "user": user, "password": password,
        "dbname": database,
    }  # fmt: skip
    quoted = (
        f"{name}='" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
        for name, text in values.items()
    )
    return " ".join(quoted)


def install_programs(lab: Lab, folder: str = "") -> None:
    """Put the programs on a drive, and the runtime that they need."""
    vc_runtime.install(lab.folder)
    real_folder = lab.path(folder or program_folder())
    for path, contents in distribution.files():
        file = real_folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(contents)
        if file.suffix == ".exe":
            file.chmod(0o755)


def install(
    lab: Lab, *, folder: str = "", data: str = DATA, port: int | None = None, running: bool = True
) -> str:
    """A server as the product leaves it, without the time that takes; gives the superuser's DSN.

    + folder: of the programs; the default one for an empty text
    + data: the data folder
    + port: a free one by default
    + running: start its service
    """
    port = port or free_port()
    install_programs(lab, folder)
    _make_cluster(lab, data, port)
    program = rf"{folder or program_folder()}\bin\pg_ctl.exe"
    name = service_name()
    settings = {
        "path": f'"{program}" runservice -N "{name}" -D "{data}" -w',
        "display_name": name,
        "type": codes.OWN_PROCESS,
        "start": codes.AUTO_START,
        "account": rf"NT SERVICE\{name}",
        "dependencies": ["RPCSS"],
    }
    client.request(lab.folder, "create", name=name, settings=settings)
    if running:
        start(lab)
    return dsn(port)


def start(lab: Lab) -> None:
    """Start the service and wait until it runs."""
    client.request(lab.folder, "start", name=service_name(), arguments=[])
    _wait_for(lab, codes.RUNNING)


def stop(lab: Lab) -> None:
    client.request(lab.folder, "control", name=service_name(), control=codes.STOP)
    _wait_for(lab, codes.STOPPED)


def remove(lab: Lab, *, data: str = DATA) -> None:
    """Take away service and cluster, as if they had never been."""
    if client.request(lab.folder, "query", name=service_name())["state"] != codes.STOPPED:
        stop(lab)
    client.request(lab.folder, "delete", name=service_name())
    shutil.rmtree(lab.path(data))


def _wait_for(lab: Lab, state: int) -> None:
    end = time.monotonic() + START_SECONDS
    pending = {codes.START_PENDING, codes.STOP_PENDING}
    while (found := client.request(lab.folder, "query", name=service_name())["state"]) != state:
        if found not in pending or time.monotonic() > end:
            raise TimeoutError(
                f"{service_name()} is {codes.STATES[found]}; read the Application log"
            )
        time.sleep(0.02)


def _make_cluster(lab: Lab, data: str, port: int) -> None:
    folder = lab.path(data)
    folder.parent.mkdir(parents=True, exist_ok=True)
    shutil.copytree(_template(lab.home), folder)
    file = folder / "postgresql.conf"
    text = file.read_text(encoding="utf-8")
    text = text.replace("#port = 5432", f"port = {port}")
    text = text.replace("#listen_addresses = 'localhost'", "listen_addresses = '127.0.0.1,::1'")
    file.write_text(text, encoding="utf-8")
    lists = AccessLists(lab.folder)
    sddl = (
        f"O:BAG:SYD:PAI(A;OICI;FA;;;{service_sid(service_name())})(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)"
    )
    lists.write_list(folder, lists.dialect.parse(sddl))


def _template(home: Path) -> Path:
    """A cluster to copy, made once for all labs of a home."""
    place = home / ".postgresql" / major()
    if not place.is_dir():
        place.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=place.parent) as folder:
            new, password = Path(folder, "data"), Path(folder, "password")
            password.write_text(PASSWORD, encoding="ascii")
            command = [
                str(real.folder() / "initdb"), "-D", str(new), "-U", SUPERUSER,
                "-A", "scram-sha-256", "-E", "UTF8", "--locale=C", "--no-sync",
                f"--pwfile={password}",
            ]  # fmt: skip
            subprocess.run(unprivileged.command(command), check=True, capture_output=True)
            new.rename(place)
    return place
