"""One lab: where its files are, and starting, stopping and resetting it."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import psutil

from winfra.lab import (
    bare,
    config as lab_config,
    control,
    event_log,
    paths,
    process_log,
    python,
    security_log,
)
from winfra.lab.config import LabConfig
from winfra.lab.engine import engine
from winfra.lab.registry import Registry
from winfra.messages.lab import BAD_NAME, NOT_RUNNING, NOT_STARTED, OTHER_MAKER

START_SECONDS = 20.0
STOP_SECONDS = 10.0
RESET_SECONDS = 300.0
STATEMENTS = "WINFRA_LAB_STATEMENTS"
"""Names the folder in which processes of the lab note what ran (``windows/statements.ps1``)."""
_NAME = re.compile(r"[A-Za-z0-9_-]{1,32}")


@dataclass(frozen=True)
class Running:
    """What ``daemon.json`` says of the process that serves a lab."""

    pid: int
    created: float
    http_port: int
    https_port: int
    control_port: int
    token: str
    ca_file: str

    @property
    def alive(self) -> bool:
        """A number alone may long belong to another process: the time of its start tells."""
        try:
            process = psutil.Process(self.pid)
            same = abs(process.create_time() - self.created) < 1
        except psutil.NoSuchProcess:
            return False
        return same and process.status() != psutil.STATUS_ZOMBIE


class Lab:
    """A lab by its name, whether it exists or not.

    + name: names the folder
    + home: the folder of all labs: ``$WINFRA_LAB_HOME``, or ``.lab`` in the current folder
    """

    def __init__(self, name: str = "windows", home: Path | None = None) -> None:
        if not _NAME.fullmatch(name):
            raise ValueError(BAD_NAME.text(name=name))
        self.name = name
        self.home = Path(home or os.environ.get("WINFRA_LAB_HOME") or ".lab").absolute()
        self.folder = self.home / name

    def start(self) -> None:
        """Start the lab where it is not running; makes it where it does not exist."""
        if not self.running:
            with self._locked():
                self._start()
        self._must_be_own()

    def _start(self) -> None:
        if self.running:
            return
        self._must_be_own()
        engine()  # a sentence now, not a refused process later
        self.make()
        bare.set_boot_time(self.folder)
        self._daemon_file.unlink(missing_ok=True)
        self._spawn()
        self._wait_until_running()

    def _must_be_own(self) -> None:
        if not bare.is_own(self.folder):
            raise ConnectionError(OTHER_MAKER.text(name=self.name))

    def stop(self) -> None:
        """Stop the lab with every process in it; the machine stays as it is."""
        if (running := self._recorded()) is not None and running.alive:
            os.kill(running.pid, signal.SIGTERM)
            _wait_for_end(running)
        self._daemon_file.unlink(missing_ok=True)

    def reset(self) -> None:
        """End everything in the lab and make it a bare machine; a running lab goes on running.

        One that another version made is stopped: it would be made again as it was.
        """
        if not bare.is_own(self.folder):
            self.stop()
        if running := self.running:
            # With thousands of files to delete, on a machine that may be busy.
            control.ask(running.control_port, running.token, "reset", RESET_SECONDS)
            return
        with self._locked():
            bare.clear(self.folder)
            self.clear_logs()
            self.make()

    def remove(self) -> None:
        """Stop the lab and delete all of it."""
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def status(self) -> dict[str, Any]:
        """Whether it runs, since when and where it listens."""
        running = self.running
        return {
            "name": self.name,
            "state": "running" if running else "stopped" if self.exists else "not made",
            "http": f"http://127.0.0.1:{running.http_port}/wsman" if running else "",
            "https": f"https://127.0.0.1:{running.https_port}/wsman" if running else "",
            "pid": running.pid if running else None,
        }

    def reboot(self, seconds: float = 0.0) -> None:
        """Restart the machine, as ``shutdown.exe /r /t SECONDS`` in it does."""
        running = self._must_run()
        control.ask(running.control_port, running.token, "reboot", seconds=seconds)

    @property
    def exists(self) -> bool:
        return self._config_file.is_file()

    @property
    def running(self) -> Running | None:
        recorded = self._recorded()
        return recorded if recorded is not None and recorded.alive else None

    @property
    def config(self) -> LabConfig:
        return lab_config.read(self._config_file)

    def configure(self, **changes: Any) -> LabConfig:
        """Change settings of the lab; a running one follows at once."""
        config = replace(self.config, **changes)
        lab_config.write(self._config_file, config)
        return config

    def drive(self, letter: str) -> Path:
        return self.folder / "drives" / letter.rstrip(":").upper()

    def path(self, path: str) -> Path:
        r"""The real path of ``D:\x\y``."""
        return paths.to_real(self.folder, path)

    def install(
        self, path: str, program: Path, arguments: Sequence[str] = (), lists: Sequence[str] = ()
    ) -> None:
        r"""Put a program of Linux on a drive as an executable of Windows.

        Absolute Windows paths among its arguments and variables reach it as real ones.

        + path: such as ``C:\Program Files\PostgreSQL\16\bin\psql.exe``
        + program: the program of Linux
        + arguments: put before those that it is started with
        + lists: variables that hold several folders
        """
        bare.install_linux_program(self.folder, path, program, arguments, lists)

    def install_python(
        self,
        path: str = r"C:\Program Files\Python311",
        *,
        pywin32: bool = True,
        pip: bool = True,
    ) -> None:
        """Install a full interpreter of Python.

        + path: its folder
        + pywin32: with pywin32 among its packages
        + pip: with pip among them
        """
        python.install_python(self.folder, path, pywin32=pywin32, pip=pip)

    def install_virtual_environment(
        self, path: str, python_folder: str, *, pywin32: bool = False
    ) -> None:
        r"""Make a virtual environment, whose ``Scripts\python.exe`` starts another process.

        + path: its folder
        + python_folder: that of the full interpreter
        """
        python.install_virtual_environment(self.folder, path, python_folder, pywin32=pywin32)

    @property
    def registry(self) -> Path:
        return self.folder / "registry"

    @property
    def keys(self) -> Registry:
        """The registry, to read and write."""
        return Registry(self.registry)

    @property
    def state(self) -> Path:
        return self.folder / "state"

    def read_state(self, name: str) -> Any:
        return json.loads((self.state / f"{name}.json").read_text(encoding="utf-8"))

    def write_state(self, name: str, value: object) -> None:
        bare.write_state(self.state / f"{name}.json", value)

    @property
    def log(self) -> Path:
        return self.folder / "log"

    def processes(self) -> list[dict[str, Any]]:
        """Every process that was started since the last reset, in order."""
        return process_log.read(self.folder)

    def events(self, number: int | None = None) -> list[dict[str, Any]]:
        """The Security event log since the last reset, in order; only one kind where it is given."""
        return security_log.read(self.folder, number)

    def event_log(self, log: str, event_id: int | None = None) -> list[dict[str, Any]]:
        """The events in ``System`` or ``Application``, in order; only one kind where it is given."""
        return event_log.read(self.folder, log, event_id=event_id)

    def service(self, name: str) -> dict[str, Any]:
        """A service as the running machine knows it: configuration and status (``scm.client``)."""
        from winfra.lab.scm import client

        found: dict[str, Any] = client.request(self.folder, "query", name=name)
        return found

    def clear_logs(self) -> None:
        """Forget the processes, events and messages so far."""
        (self.log / process_log.FILE).unlink(missing_ok=True)
        (self.log / security_log.FILE).unlink(missing_ok=True)
        event_log.clear(self.folder)
        shutil.rmtree(self.log / "messages", ignore_errors=True)

    @property
    def http_port(self) -> int:
        return self._must_run().http_port

    @property
    def https_port(self) -> int:
        return self._must_run().https_port

    @property
    def ca_file(self) -> Path:
        return Path(self._must_run().ca_file)

    def host_data(self, transport: str = "ntlm", scheme: str = "https") -> dict[str, Any]:
        """The connector's data for the running lab, with its first user."""
        user = self.config.users[0]
        data: dict[str, Any] = {
            "winrm_port": self.https_port if scheme == "https" else self.http_port,
            "winrm_user": user.name,
            "winrm_password": user.password,
            "winrm_transport": transport,
            "winrm_scheme": scheme,
        }
        return data | ({"winrm_ca_trust_path": str(self.ca_file)} if scheme == "https" else {})

    def snapshot(self) -> dict[str, str]:
        """Path -> SHA-256 of all that makes up the machine; folders and links by what they are."""
        found: dict[str, str] = {}
        for part in ("drives", "registry", "state"):
            for path in sorted((self.folder / part).rglob("*")):
                if path.is_socket():
                    # Of the engine, a named pipe: no file on Windows.
                    continue
                # What is gone by now was some program's for a moment.
                with contextlib.suppress(FileNotFoundError):
                    found[str(path.relative_to(self.folder))] = _fingerprint(path)
        return found

    @property
    def _config_file(self) -> Path:
        return self.folder / "config.json"

    @property
    def _daemon_file(self) -> Path:
        return self.folder / "daemon.json"

    def make(self) -> None:
        """Make what is missing of the lab."""
        self.folder.mkdir(parents=True, exist_ok=True)
        if not self.exists:
            lab_config.write(self._config_file, lab_config.new_config())
        if not self.state.is_dir():
            config = self.config
            bare.make(self.folder, config.host_name, [user.name for user in config.users])

    def _recorded(self) -> Running | None:
        try:
            return Running(**json.loads(self._daemon_file.read_text(encoding="utf-8")))
        except (FileNotFoundError, ValueError, TypeError):
            return None

    def _must_run(self) -> Running:
        running = self._recorded()
        if running is None:
            raise ConnectionError(NOT_RUNNING.text(name=self.name))
        return running

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        """One starter at a time; the others find the lab running."""
        import fcntl  # not on Windows, where tests against real hosts import this module

        self.home.mkdir(parents=True, exist_ok=True)
        with (self.home / f".{self.name}.lock").open("w") as lock:
            # LOCK_NB and a pause: a blocking call would hold up every greenlet of pyinfra.
            while True:
                try:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    time.sleep(0.02)
            yield

    def _spawn(self) -> None:
        command = [sys.executable, str(bare.LIGHT), "winfra.lab.daemon", str(self.folder)]
        own = {name for name in os.environ if name.startswith("WINFRA_LAB")} - {STATEMENTS}
        environment = {k: v for k, v in os.environ.items() if k not in own}
        with (self.folder / "daemon.log").open("ab") as log:
            subprocess.run(
                command, check=True, cwd="/", env=environment,
                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            )  # fmt: skip

    def _wait_until_running(self) -> None:
        end = time.monotonic() + START_SECONDS
        while not self.running:
            failure = self.folder / "daemon.failed"
            if failure.is_file() or time.monotonic() > end:
                reason = failure.read_text().strip() if failure.is_file() else "it does not answer"
                log = self.folder / "daemon.log"
                raise ConnectionError(NOT_STARTED.text(name=self.name, reason=reason, log=log))
            time.sleep(0.01)


def _wait_for_end(running: Running) -> None:
    end = time.monotonic() + STOP_SECONDS
    while running.alive:
        if time.monotonic() > end:
            os.kill(running.pid, signal.SIGKILL)
            end = time.monotonic() + STOP_SECONDS
        time.sleep(0.01)


def _fingerprint(path: Path) -> str:
    if path.is_symlink():
        return f"link to {path.readlink()}"
    if path.is_dir():
        return "folder"
    return hashlib.sha256(path.read_bytes()).hexdigest()


def all_labs(home: Path | None = None) -> list[Lab]:
    """The labs that were made in a home."""
    home = Lab(home=home).home
    names = sorted(file.parent.name for file in home.glob("*/config.json"))
    return [Lab(name, home) for name in names]
