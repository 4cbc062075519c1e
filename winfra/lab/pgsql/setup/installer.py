"""postgresql-VERSION-windows-x64.exe: EDB's installer, in the order of its own steps.

Before the files are there, an error ends it with exit code 1. After that it only notes what went wrong:
"Problem running post-install step", and its exit code is 0.
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Sequence
from pathlib import Path

from winfra.lab import accounts, console, logon, rights as user_rights, vc_runtime
from winfra.lab.paths import to_real
from winfra.lab.pgsql import distribution, real, rights
from winfra.lab.pgsql.setup import records, steps
from winfra.lab.pgsql.setup.log import Log
from winfra.lab.pgsql.setup.options import (
    Options,
    RefusedError,
    check_folders,
    check_locale,
    check_service_name,
    parse,
)
from winfra.lab.sam import RefusedError as AccountError, caller
from winfra.lab.scm import client, codes
from winfra.lab.scm.codes import ScmError

EARLY = f"installbuilder_installer_{os.getpid()}.log"
NETWORK_SERVICE = r"NT AUTHORITY\NetworkService"
_RIGHTS = ("SeServiceLogonRight", "SeNetworkLogonRight", "SeInteractiveLogonRight")


def main(argv: Sequence[str]) -> int:
    name, _, *given = argv
    lab = console.lab()
    log = Log(lab, EARLY)
    fault = name.partition(":")[2]
    try:
        options = parse(lab, given)
        log = Log(lab)
        while not options.unattended:
            time.sleep(60)  # its window waits for somebody
        log.write(f"Log started {time.strftime('%m/%d/%Y')} at {time.strftime('%H:%M:%S')}")
        log.write(f"Installer: PostgreSQL {distribution.version()}-1, mode unattended")
        return _Installer(lab, options, log, fault).run()
    except RefusedError as error:
        log.write(f"Error: {error}")
        log.close()
        console.complain(f"Error: {error}\n")
        return 1


class _Installer:
    def __init__(self, lab: Path, options: Options, log: Log, fault: str) -> None:
        self._lab = lab
        self._options = options
        self._log = log
        self._fault = fault
        self._found = records.read(lab)
        self._prefix = Path()
        self._data = Path()

    def run(self) -> int:
        options = self._options
        if options["extract-only"] == "1":
            self._prefix = to_real(self._lab, options["prefix"])
            self._unpack()
            return self._finish()
        if not rights.own(self._lab).elevated:
            raise RefusedError("The installer must be run with administrative privileges")
        self._follow_earlier()
        self._runtime()
        upgrade = self._is_upgrade()
        if not upgrade:
            check_locale(options["locale"])
            self._check_port()
        self._account()
        self._remove_service()
        self._unpack()
        records.begin(self._lab, options)
        steps.run(self._lab, options, self._log, self._fault, upgrade=upgrade)
        return self._finish()

    def _follow_earlier(self) -> None:
        """What the registry has of an earlier installation beats the command line."""
        options, found = self._options, self._found
        options["superaccount"] = found.get("Super User") or options["superaccount"]
        options["prefix"] = found.get("Base Directory", "").replace("/", "\\") or options["prefix"]
        options["datadir"] = found.get("Data Directory") or options["datadir"]
        check_folders(options, known=bool(found.get("Data Directory")))
        if not found and options["servicename"]:
            check_service_name(options["servicename"])
            if self._service_exists(options["servicename"]):
                name = options["servicename"]
                raise RefusedError(f"A service with the name {name} already exists")
        default = records.product()
        named = "" if found else options["servicename"]
        options["servicename"] = found.get("Service ID") or named or default
        account = found.get("Service Account") or options["serviceaccount"]
        options["serviceaccount"] = account or NETWORK_SERVICE
        self._prefix = to_real(self._lab, options["prefix"])
        self._data = to_real(self._lab, options["datadir"])
        self._log.write(f"Existing base directory: {found.get('Base Directory', '')}")
        self._log.write(f"Existing data directory: {found.get('Data Directory', '')}")
        self._log.write(f"Using Service Name: {options['servicename']}")

    def _runtime(self) -> None:
        """Of the result 1638, that a newer one is there, it knows nothing."""
        if self._options["install_runtimes"] != "1":
            return
        present = vc_runtime.version(self._lab)
        if present is not None and present > vc_runtime.VERSION:
            return
        self._log.write("Executing vcredist_x64.exe /passive /norestart")
        vc_runtime.install(self._lab)

    def _is_upgrade(self) -> bool:
        """Is there a cluster? What else is in the folder ends the installation."""
        if not self._data.is_dir() or not any(self._data.iterdir()):
            return False
        if not (self._data / "global/pg_control").is_file():
            raise RefusedError(
                "A data directory is registered but is neither empty, or a recognisable data "
                "directory."
            )
        version = (self._data / "PG_VERSION").read_text(encoding="ascii").strip()
        if version != real.major():
            raise RefusedError(
                f"The existing data directory (catalog version: {version}) is not compatible with "
                f"this server (catalog version: {real.major()})."
            )
        self._log.write(f"Switching to upgrade mode with cluster: {self._options['datadir']}")
        self._options["serverport"] = steps.port_of(self._data)
        return True

    def _check_port(self) -> None:
        text = self._options["serverport"]
        if not text.isdigit() or not 1024 <= int(text) <= 65535:
            raise RefusedError("This port number must be a valid integer between 1024 and 65535.")
        with socket.socket() as one:
            one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                one.bind(("0.0.0.0", int(text)))
            except OSError:
                raise RefusedError(
                    "The specified port number is not available. Please enter a different port."
                ) from None

    def _account(self) -> None:
        """createuser.exe and validateuser.exe: only accounts with a password pass."""
        options = self._options
        options["servicepassword"] = options["servicepassword"] or options["superpassword"]
        account = options["serviceaccount"]
        if account.lower() == NETWORK_SERVICE.lower():
            return
        domain, _, name = account.rpartition("\\")
        known = accounts.read(self._lab)
        steps.note(self._lab, "createuser.exe", domain or ".", name, options["servicepassword"])
        if domain.lower() not in {"", ".", known.computer.lower()}:
            raise RefusedError(f"The service user account '{account}' could not be created.")
        if known.user(name) is None:
            self._create(account, name)
        steps.note(self._lab, "validateuser.exe", domain or ".", name, options["servicepassword"])
        if logon.log_on(self._lab, name, options["servicepassword"], "network") != 0:
            raise RefusedError(
                f"The password specified was incorrect for the {account} user account."
            )

    def _create(self, account: str, name: str) -> None:
        settings = {"password_expires": "false", "full_name": name}
        try:
            user = caller(self._lab).create(name, self._options["servicepassword"], settings)
        except AccountError as error:
            raise RefusedError(
                f"The service user account '{account}' could not be created."
            ) from error
        held = user_rights.read(self._lab)
        wanted = {right: [*held[right], user.sid] for right in _RIGHTS}
        user_rights.write(self._lab, wanted, os.environ["USERNAME"])

    def _service_exists(self, name: str) -> bool:
        try:
            client.request(self._lab, "query", name=name)
        except ScmError:
            return False
        return True

    def _remove_service(self) -> None:
        """Always, in case an earlier installation is broken."""
        name = self._options["servicename"]
        if not self._service_exists(name):
            return
        self._log.write(f"Stopping and deleting the service {name}")
        if client.request(self._lab, "query", name=name)["state"] != codes.STOPPED:
            client.request(self._lab, "control", name=name, control=codes.STOP)
            steps.wait_for(self._lab, name, codes.STOPPED)
        client.request(self._lab, "delete", name=name)

    def _unpack(self) -> None:
        self._log.write(f"Unpacking files to {self._options['prefix']}")
        for path, contents in distribution.files():
            file = self._prefix / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(contents)
        if self._options.has("pgAdmin"):
            (self._prefix / "pgAdmin 4").mkdir(exist_ok=True)
        if self._options.has("stackbuilder"):
            file = self._prefix / "bin/stackbuilder.exe"
            file.write_bytes(b"PostgreSQL's Stack Builder\r\n")
        uninstaller = distribution.program("winfra.lab.pgsql.setup.uninstaller", "uninstaller")
        (self._prefix / "uninstall-postgresql.exe").write_bytes(uninstaller)

    def _finish(self) -> int:
        self._log.write("Creating Uninstaller")
        self._log.write("Installation completed")
        self._log.close()
        summary = self._prefix / "installation_summary.log"
        if self._options["extract-only"] != "1":
            summary.write_text(self._summary(), encoding="utf-8", newline="\r\n")
        return 0

    def _summary(self) -> str:
        options = self._options
        return (
            f"Installation Directory: {options['prefix']}\n"
            f"Server Installation Directory: {options['prefix']}\n"
            f"Data Directory: {options['datadir']}\n"
            f"Database Port: {options['serverport']}\n"
            f"Database Superuser: {options['superaccount']}\n"
            f"Operating System Account: {options['serviceaccount']}\n"
            f"Database Service: {options['servicename']}\n"
            f"Command Line Tools Installation Directory: {options['prefix']}\n"
            f"Installation Log: {self._log.path}\n"
        )
