"""The installer's steps after its files are there; the first that fails is the last."""

from __future__ import annotations

import os
import re
import secrets
import subprocess
import time
from pathlib import Path

from winfra.lab import command_line, process_log
from winfra.lab.access import AccessLists
from winfra.lab.exit_code import claim
from winfra.lab.paths import to_real
from winfra.lab.pgsql import real, rights
from winfra.lab.pgsql.setup import records
from winfra.lab.pgsql.setup.log import Log
from winfra.lab.pgsql.setup.options import Options
from winfra.lab.registry import Registry
from winfra.lab.scm import accounts as scm_accounts, client, codes
from winfra.lab.scm.codes import ScmError
from winfra.lab.scm.windows_services import KEY as SERVICE_KEYS

START_SECONDS = 60.0
POWERSHELL = r"C:\Windows\System32\WindowsPowerShell\v1.0\powershell.exe"
_PROBLEM = "Problem running post-install step. Installation may not complete correctly\n"


class StepError(Exception):
    """A step that failed, in the installer's words."""


def run(lab: Path, options: Options, log: Log, fault: str, *, upgrade: bool) -> None:
    """Make the cluster, register and start the service, write the registry."""
    steps = _Steps(lab, options, log, fault)
    log.write("Running the post-installation/upgrade actions:")
    if fault == "silent":
        # Seen of 17.5-1 on Server 2022 (edb-installers #329): neither cluster nor service, no word.
        recreate(steps.data)
        return
    try:
        if not upgrade:
            steps.initialise()
        steps.register()
        steps.start()
        if not upgrade:
            steps.load_modules()
        records.finish(lab, options, _setting(steps.data, "lc_messages"))
        log.write("Finished running post-installation/upgrade tasks.")
        records.describe(lab)
    except StepError as error:
        log.write(f"{_PROBLEM}{error}")


def note(lab: Path, *words: str) -> None:
    """A process of the installer's own, as event 4688 has it: with the password that it is given."""
    process_log.append(lab, os.environ, command_line.join(words))


def recreate(data: Path) -> None:
    """An empty folder is made anew: the access list that it had is gone."""
    if data.is_dir() and not any(data.iterdir()):
        data.rmdir()
    data.mkdir(parents=True, exist_ok=True)


def port_of(data: Path) -> str:
    return _setting(data, "port") or "5432"


def wait_for(lab: Path, name: str, state: int) -> bool:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        found = client.request(lab, "query", name=name)["state"]
        if found == state or found not in {codes.START_PENDING, codes.STOP_PENDING}:
            return bool(found == state)
        time.sleep(0.05)
    return False


class _Steps:
    def __init__(self, lab: Path, options: Options, log: Log, fault: str) -> None:
        self._lab = lab
        self._options = options
        self._log = log
        self._fault = fault
        self._programs = to_real(lab, options["prefix"]) / "bin"
        self.data = to_real(lab, options["datadir"])

    def initialise(self) -> None:
        """initcluster.ps1: access list, initdb, three settings."""
        options = self._options
        recreate(self.data)
        self._protect()
        temporary = rf"{os.environ['TEMP']}\postgresql_installer_{secrets.token_hex(5)}"
        script = rf"{options['prefix']}\installer\server\initcluster.ps1"
        note(
            self._lab, POWERSHELL, "-ExecutionPolicy", "Bypass", "-File", script,
            options["serviceaccount"], options["superaccount"], rights.own(self._lab).sid,
            options["superpassword"], temporary, options["prefix"], options["datadir"],
            options["serverport"], options["locale"] or "DEFAULT", options["enable_acledit"],
        )  # fmt: skip
        if '"' in options["superpassword"]:
            # It ends the argument (edb-installers #293).
            self._failed("The term that follows the password is not recognized")
        folder = to_real(self._lab, temporary)
        folder.mkdir(parents=True)
        if self._fault == "temporary_folder":
            lists = AccessLists(self._lab)
            lists.write_list(folder, lists.dialect.parse("D:PAI(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)"))
        password = folder / f"rad{secrets.token_hex(3).upper()[:5]}.tmp"
        password.write_text(options["superpassword"] + "\r\n", encoding="utf-8")
        try:
            self._initdb(rf"{temporary}\{password.name}")
        finally:
            password.unlink()
            folder.rmdir()
        self._configure()

    def _initdb(self, password: str) -> None:
        options = self._options
        locale = options["locale"]
        given = [
            "--pwfile", password, "--encoding=UTF-8", "-A", "scram-sha-256",
            "-U", options["superaccount"], "-D", options["datadir"],
        ]  # fmt: skip
        given += [f"--locale={locale}"] if locale not in {"", "DEFAULT"} else []
        if self._run("initdb", *given):
            self._failed("Failed to initialise the database cluster with initdb")

    def _failed(self, reason: str) -> None:
        self._log.write(reason)
        raise StepError("The database cluster initialisation failed.")

    def _protect(self) -> None:
        """icacls /inheritance:r, then full control for five."""
        account = self._options["serviceaccount"]
        account = account if "\\" in account else rf".\{account}"
        found = scm_accounts.find(self._lab, account, "")
        sids = [rights.own(self._lab).sid, *([found.sid] if found else [])]
        aces = "".join(f"(A;OICI;FA;;;{sid})" for sid in (*sids, "CO", "SY", "BA"))
        lists = AccessLists(self._lab)
        lists.write_list(self.data, lists.dialect.parse(f"D:PAI{aces}"))

    def _configure(self) -> None:
        file = self.data / "postgresql.conf"
        text = file.read_text(encoding="utf-8")
        for name, value in {
            "listen_addresses": "'*'",
            "port": self._options["serverport"],
            "log_destination": "'stderr'",
            "logging_collector": "on",
            "log_line_prefix": "'%t '",
        }.items():
            text = re.sub(rf"(?m)^#?{name} = ('[^']*'|\S+)", f"{name} = {value}", text, count=1)
        file.write_text(text, encoding="utf-8")

    def register(self) -> None:
        options = self._options
        given = ["register", "-N", options["servicename"], "-U", options["serviceaccount"]]
        if not options["serviceaccount"].lower().startswith("nt authority\\"):
            given += ["-P", options["servicepassword"]]
        if self._run("pg_ctl", *given, "-D", options["datadir"], "-w"):
            raise StepError("Failed to configure the database to auto-start at boot time.")
        key = rf"{SERVICE_KEYS}\{options['servicename']}"
        name = f"{options['servicename']} - PostgreSQL Server {real.major()}"
        Registry(self._lab / "registry").set(key, "DisplayName", name)

    def start(self) -> None:
        name = self._options["servicename"]
        self._log.write(f"Starting the service {name}")
        try:
            client.request(self._lab, "start", name=name, arguments=[])
            running = wait_for(self._lab, name, codes.RUNNING)
        except ScmError as error:
            self._log.write(str(error))
            running = False
        if not running:
            raise StepError("Failed to start the database server.")

    def load_modules(self) -> None:
        """adminpack, which PostgreSQL 17 has no longer; a failure is only noted."""
        if int(real.major()) >= 17:
            return
        options = self._options
        connection = {
            "PGHOST": "localhost", "PGUSER": options["superaccount"],
            "PGPASSWORD": options["superpassword"], "PGPORT": options["serverport"],
        }  # fmt: skip
        self._run("psql", "-c", "CREATE EXTENSION adminpack", "-d", "postgres", **connection)

    def _run(self, name: str, *given: str, **variables: str) -> int:
        program = self._programs / f"{name}.exe"
        program.chmod(0o755)
        process = subprocess.Popen(
            [str(program), *given], env={**os.environ, **variables}, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        output = process.communicate()[0].decode(errors="replace").replace("\r\n", "\n")
        code = claim(self._lab, process.pid, process.returncode)
        signed = code - 2**32 if code >= 2**31 else code
        self._log.write(f"Executing {name}\nScript exit code: {signed}\nScript output:\n{output}")
        return code


def _setting(data: Path, name: str) -> str:
    text = (data / "postgresql.conf").read_text(encoding="utf-8")
    found = re.search(rf"(?m)^{name}\s*=\s*'?([^'\s#]*)", text)
    return found[1] if found else ""
