"""The background process of a lab: the endpoint, the machine behind it, and the line to the lab."""

from __future__ import annotations

import logging
import os
import secrets
import signal
import sys
import threading
import traceback
from dataclasses import asdict
from json import dumps
from pathlib import Path

import psutil

from winfra.lab import bare, config as lab_config
from winfra.lab.control import Listener
from winfra.lab.endpoint import Endpoint
from winfra.lab.endpoint_config import watched
from winfra.lab.machine import Machine
from winfra.lab.power import Power
from winfra.lab.scm.manager import Scm
from winfra.lab.state import Lab, Running
from winfra.lab.task_runner import TaskRunner


class Daemon:
    """Serves one lab until it is told to stop."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self._stopping = threading.Event()
        self._machine = Machine(lab)
        config = watched(lab.folder / "config.json", lab_config.read)
        self._endpoint = Endpoint(config, self._machine, lab.folder / "endpoint", log=lab.log)
        self._power = Power(
            config=lambda: lab.config,
            go_down=self._go_down,
            come_up=self._come_up,
            switch_off=self._stopping.set,
        )
        self._services = Scm(lab, self._power.schedule)
        self._tasks = TaskRunner(lab, self._machine)
        self._token = secrets.token_hex(16)
        self._control = Listener(
            self._token,
            {
                "reset": self.reset,
                "reboot": self._power.schedule,
                "abort": self._power.abort,
                "scm": self._services.request,
                "task": self._tasks.request,
            },
        )

    def run(self) -> None:
        self._endpoint.start()
        self._services.start()
        self._tasks.boot()
        self._control.start()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self._stopping.set())
        self._announce()
        # A lab whose folder was deleted has nobody who could stop it.
        while not self._stopping.wait(2) and self.lab.exists:
            pass
        self._tasks.halt()
        self._services.power_off()
        self._endpoint.stop()
        self._machine.kill()

    def reset(self) -> None:
        """A bare machine with the same users and ports; all that ran in it is gone."""
        self._services.power_off()  # a shutdown in progress waits for them no longer
        self._power.cancel()
        self._tasks.halt()
        self._services.power_off()
        old = self.lab.config
        users = tuple(user for user in old.users if user == old.users[0])
        lab_config.write(
            self.lab.folder / "config.json",
            lab_config.LabConfig(
                host_name=old.host_name, users=users,
                http_port=old.http_port, https_port=old.https_port,
            ),
        )  # fmt: skip
        self._endpoint.restart()
        self._machine.kill()
        bare.make(self.lab.folder, old.host_name, [user.name for user in users])
        self.lab.clear_logs()
        self._services.start()
        self._tasks.boot()

    def _go_down(self) -> None:
        self._tasks.halt()
        self._services.shut_down()
        bare.go_down(self.lab.folder)
        self._machine.kill()

    def _come_up(self, seconds: float) -> None:
        self._endpoint.restart(seconds)
        bare.set_boot_time(self.lab.folder)
        self._services.start()
        self._tasks.boot()

    def _announce(self) -> None:
        process = psutil.Process()
        running = Running(
            pid=process.pid,
            created=process.create_time(),
            http_port=self._endpoint.http_port,
            https_port=self._endpoint.https_port,
            control_port=self._control.port,
            token=self._token,
            ca_file=str(self._endpoint.ca_file),
        )
        lab_config.write_private(self.lab.folder / "daemon.json", dumps(asdict(running)))


def main(argv: list[str]) -> int:
    folder = Path(argv[0])
    if os.fork():
        return 0  # the starter waits for this one; the other has no parent that must wait for it
    os.setsid()
    # A shell's background job ignores it, and so would every process that a client interrupts.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    failure = folder / "daemon.failed"
    failure.unlink(missing_ok=True)
    try:
        Daemon(Lab(folder.name, folder.parent)).run()
    except BaseException as error:
        traceback.print_exc()
        lab_config.write_private(failure, f"{type(error).__name__}: {error}")
        raise
    finally:
        sys.stderr.flush()
    return 0
