"""Kerberos against a key distribution centre of MIT's own, as Debian packages it."""

from __future__ import annotations

import importlib.util
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from tests.lab.endpoint_process import PLAIN, REPOSITORY, Served, serving
from winfra.lab.endpoint_config import Authentication, User

PROGRAMS = ("krb5kdc", "kdb5_util", "kadmin.local", "kinit")
MODULES = ("kerberos", "gssapi", "krb5")
REALM = "LAB.TEST"
# Debian's servers stand where an ordinary user's PATH does not lead.
PATH = f"{os.environ['PATH']}:/usr/sbin"
PASSWORD = "pr1ncipal"

missing = [name for name in PROGRAMS if not shutil.which(name, path=PATH)] + [
    name for name in MODULES if importlib.util.find_spec(name) is None
]
pytestmark = pytest.mark.skipif(
    bool(missing),
    reason=f"{', '.join(missing)} not found: apt-get install krb5-kdc krb5-admin-server krb5-user "
    "libkrb5-dev, pip install pykerberos pyspnego[kerberos]",
)

# The client runs in a process of its own: Kerberos reads its environment when it is loaded.
CLIENT = """
import json, sys
from winrm.protocol import Protocol
options = json.loads(sys.argv[1])
client = Protocol(transport="kerberos", username="operator@LAB.TEST", proxy=None, **options)
shell = client.open_shell()
command = client.run_command(shell, "cat; echo $LOGON")
client.send_command_input(shell, command, b"x" * 300_000, end=True)
out, err, code = client.get_command_output(shell, command)
print(len(out), out[-9:-1].decode(), code, client.transport.encryption is not None)
client.close_shell(shell)
"""
PSRP_CLIENT = """
import json, sys
from pypsrp.shell import Process, WinRS
from pypsrp.wsman import WSMan
options = json.loads(sys.argv[1])
with WSMan("localhost", username="operator@LAB.TEST", no_proxy=True, **options) as client:
    with WinRS(client) as shell:
        process = Process(shell, "echo $LOGON")
        process.invoke()
        print(process.stdout.decode().strip(), process.rc)
"""


@dataclass(frozen=True)
class Realm:
    """A running key distribution centre."""

    folder: Path
    environment: Mapping[str, str]

    @property
    def keytab(self) -> str:
        return str(self.folder / "keytab")

    def run(self, *command: str, text: str = "") -> None:
        environment = {**os.environ, **self.environment}
        subprocess.run(command, input=text.encode(), env=environment, check=True, timeout=30)


@pytest.fixture(scope="module")
def realm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Realm]:
    folder = tmp_path_factory.mktemp("realm")
    port = free_port()
    (folder / "krb5.conf").write_text(
        f"[libdefaults]\n default_realm = {REALM}\n rdns = false\n dns_lookup_kdc = false\n"
        f" dns_canonicalize_hostname = false\n udp_preference_limit = 1\n"
        f"[realms]\n {REALM} = {{\n  kdc = 127.0.0.1:{port}\n }}\n"
        f"[domain_realm]\n localhost = {REALM}\n"
    )
    (folder / "kdc.conf").write_text(
        f"[realms]\n {REALM} = {{\n  database_name = {folder}/principal\n"
        f"  key_stash_file = {folder}/stash\n  kdc_listen = 127.0.0.1:{port}\n"
        f"  kdc_tcp_listen = 127.0.0.1:{port}\n }}\n"
        f"[logging]\n kdc = FILE:{folder}/kdc.log\n"
    )
    made = Realm(
        folder,
        {
            "PATH": PATH,
            "KRB5_CONFIG": str(folder / "krb5.conf"),
            "KRB5_KDC_PROFILE": str(folder / "kdc.conf"),
            "KRB5CCNAME": f"FILE:{folder}/tickets",
            "KRB5RCACHENAME": "none:",
        },
    )
    made.run("kdb5_util", "create", "-s", "-r", REALM, "-P", "master")
    made.run("kadmin.local", "-q", f"addprinc -pw {PASSWORD} operator@{REALM}")
    services = [f"{name}/localhost@{REALM}" for name in ("HTTP", "host")]
    for name in services:
        made.run("kadmin.local", "-q", f"addprinc -randkey {name}")
        made.run("kadmin.local", "-q", f"ktadd -k {made.keytab} {name}")
    kdc = subprocess.Popen(
        ["krb5kdc", "-n", "-P", str(folder / "kdc.pid")],
        env={**os.environ, **made.environment},
    )
    try:
        wait_for(port)
        made.run("kinit", f"operator@{REALM}", text=f"{PASSWORD}\n")
        yield made
    finally:
        kdc.terminate()
        kdc.wait(10)


@pytest.fixture(scope="module")
def process(realm: Realm, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("kerberos")
    with serving(folder, PLAIN, realm.environment) as served:
        yield served


@pytest.fixture
def served(realm: Realm, process: Served) -> Served:
    process.configure(
        replace(
            PLAIN,
            users=(User("operator", "unused"),),
            authentication=Authentication(keytab=realm.keytab),
        )
    )
    return process


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port: int = listening.getsockname()[1]
        return port


def wait_for(port: int) -> None:
    deadline = time.monotonic() + 10
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except ConnectionRefusedError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
        else:
            return


def run(realm: Realm, program: str, options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", program, options],
        cwd=REPOSITORY,
        env={**os.environ, **realm.environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_pywinrm_over_http_encrypts(realm: Realm, served: Served) -> None:
    """A ticket opens the shell, and the messages are sealed with its key."""
    address = served.http_url.replace("127.0.0.1", "localhost")

    result = run(realm, CLIENT, f'{{"endpoint": "{address}"}}')

    assert result.stdout.split() == ["300009", "operator", "0", "True"], result.stderr


def test_pywinrm_over_https_binds_to_the_channel(realm: Realm, served: Served) -> None:
    """With the listener's certificate trusted, TLS does the encryption."""
    options = f'{{"endpoint": "{served.https_url}", "ca_trust_path": "{served.ca_file}"}}'

    result = run(realm, CLIENT, options)

    assert result.stdout.split() == ["300009", "operator", "0", "False"], result.stderr


@pytest.mark.parametrize("auth", ["kerberos", "negotiate"])
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_pypsrp_logs_on(realm: Realm, served: Served, auth: str, scheme: str) -> None:
    """As Kerberos alone and within SPNEGO, encrypted either way."""
    port = served.http_port if scheme == "http" else served.https_port
    tls = str(scheme == "https").lower()
    options = (
        f'{{"ssl": {tls}, "port": {port}, "auth": "{auth}", "cert_validation": "{served.ca_file}"}}'
    )

    result = run(realm, PSRP_CLIENT, options)

    assert result.stdout.split() == ["operator", "0"], result.stderr


def test_a_principal_without_an_account_is_refused(realm: Realm, served: Served) -> None:
    """The ticket is good, but nobody here goes by its name."""
    served.configure(replace(served.config, users=(User("somebody", "pw"),)))
    address = served.http_url.replace("127.0.0.1", "localhost")

    result = run(realm, CLIENT, f'{{"endpoint": "{address}"}}')

    assert "rejected by the server" in result.stderr


def test_without_a_keytab_there_is_no_kerberos(realm: Realm, served: Served) -> None:
    """A service that has no key takes no ticket, and does not fall over it."""
    served.configure(replace(served.config, authentication=Authentication()))
    address = served.http_url.replace("127.0.0.1", "localhost")

    result = run(realm, CLIENT, f'{{"endpoint": "{address}"}}')

    assert "rejected by the server" in result.stderr
    assert not served.log
