"""An endpoint in a process of its own, in front of a machine that runs Linux programs.

The tests are patched by gevent, the lab's daemon is not; so the endpoint is tried where it works.
"""

from __future__ import annotations

import base64
import http.client
import json
import os
import re
import shlex
import signal
import ssl
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import psutil

from winfra.lab.endpoint import Endpoint
from winfra.lab.endpoint_config import EndpointConfig, Fault, User, read_config, watched

REPOSITORY = Path(__file__).parents[2]
PWSH = Path(sys.executable).parent / "pwsh"
MARK = "ENDPOINT_TEST_SHELL"
CMD = "http://schemas.microsoft.com/wbem/wsman/1/windows/shell/cmd"
SHELL_ACTION = "http://schemas.microsoft.com/wbem/wsman/1/windows/shell/"
TRANSFER = "http://schemas.xmlsoap.org/ws/2004/09/transfer/"
ADMIN = User("admin", "S3cret:pass")
PLAIN = EndpointConfig(users=(ADMIN,))


class LinuxMachine:
    """Runs ``C:/bin/x`` as ``/bin/x``; what goes through cmd.exe goes through sh."""

    def start(
        self,
        command_line: str,
        *,
        environment: Mapping[str, str],
        directory: str | None,
        shell_id: str,
        codepage: int,
        user: str,
        console: bool,
    ) -> subprocess.Popen[bytes]:
        if "explode" in command_line:
            raise RuntimeError("the machine is broken")
        return subprocess.Popen(
            shlex.split(command_line.replace("C:/", "/")),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, **environment, MARK: shell_id, "LOGON": user, "CP": str(codepage)},
            cwd=directory,
            start_new_session=True,
        )

    def kill(self, shell_id: str) -> None:
        # A process between fork and exec shows no environment: it is found the next time.
        for _ in range(3):
            for process in processes(shell_id):
                with suppress(psutil.NoSuchProcess):
                    process.kill()
            time.sleep(0.01)

    def command_via_cmd(self, command: str, arguments: list[str]) -> str:
        text = " ".join([command, *arguments]).replace("powershell", shlex.quote(str(PWSH)), 1)
        return f"C:/bin/sh -c {shlex.quote(text)}"


def processes(shell_id: str) -> Iterator[psutil.Process]:
    """The processes that began in a shell, by the mark in their environment."""
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if process.environ().get(MARK) == shell_id and process.status() != "zombie":
                yield process


@dataclass(frozen=True)
class Reply:
    """An HTTP reply."""

    status: int
    content: bytes
    challenges: list[str]
    content_type: str | None

    @property
    def fault(self) -> int:
        """The code of the fault in it; 0 when it is none."""
        found = re.search(rb'<f:WSManFault [^>]*Code="(\d+)"', self.content)
        return int(found[1]) if found else 0


@dataclass
class Served:
    """A running endpoint as a test sees it."""

    folder: Path
    http_port: int
    https_port: int
    ca_file: str
    process: subprocess.Popen[bytes]

    @property
    def http_url(self) -> str:
        return f"http://127.0.0.1:{self.http_port}/wsman"

    @property
    def https_url(self) -> str:
        return f"https://localhost:{self.https_port}/wsman"

    def configure(self, config: EndpointConfig) -> None:
        write_config(self.folder, config)

    def inject(self, *faults: Fault) -> None:
        """Have these faults come about from now on, beside the present settings."""
        self.configure(replace(self.config, faults=faults))

    @property
    def config(self) -> EndpointConfig:
        return read_config(json.loads((self.folder / "config.json").read_text()))

    def connect(self, *, tls: bool = False) -> http.client.HTTPConnection:
        if not tls:
            return http.client.HTTPConnection("127.0.0.1", self.http_port, timeout=20)
        context = ssl.create_default_context(cafile=self.ca_file)
        return http.client.HTTPSConnection(
            "localhost", self.https_port, timeout=20, context=context
        )

    def post(
        self,
        body: bytes | str,
        headers: Mapping[str, str] | None = None,
        *,
        connection: http.client.HTTPConnection | None = None,
        path: str = "/wsman",
        user: User | None = ADMIN,
    ) -> Reply:
        """One request, as Basic over HTTPS where nothing else is said."""
        used = connection or self.connect(tls=True)
        sent = {"Content-Type": "application/soap+xml;charset=UTF-8", **(headers or {})}
        if user is not None:
            sent.setdefault("Authorization", basic(user))
        used.request("POST", path, body.encode() if isinstance(body, str) else body, sent)
        answer = used.getresponse()
        challenges = answer.headers.get_all("WWW-Authenticate") or []
        reply = Reply(answer.status, answer.read(), challenges, answer.getheader("Content-Type"))
        if connection is None:
            used.close()
        return reply

    @property
    def log(self) -> str:
        file = self.folder / "endpoint.log"
        return file.read_text() if file.exists() else ""


def basic(user: User) -> str:
    return "Basic " + base64.b64encode(f"{user.name}:{user.password}".encode()).decode()


def envelope(
    action: str,
    body: str = "",
    *,
    resource: str = CMD,
    shell_id: str = "",
    timeout: str = "PT20S",
    size: int = 153600,
) -> str:
    """A request as a client puts it together."""
    selectors = (
        f'<w:SelectorSet><w:Selector Name="ShellId">{shell_id}</w:Selector></w:SelectorSet>'
        if shell_id
        else ""
    )
    return (
        '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" '
        'xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing" '
        'xmlns:w="http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd" '
        'xmlns:rsp="http://schemas.microsoft.com/wbem/wsman/1/windows/shell"><s:Header>'
        f"<a:Action>{action}</a:Action><a:MessageID>uuid:{uuid.uuid4()}</a:MessageID>"
        f"<w:ResourceURI>{resource}</w:ResourceURI><w:MaxEnvelopeSize>{size}</w:MaxEnvelopeSize>"
        f"<w:OperationTimeout>{timeout}</w:OperationTimeout>{selectors}</s:Header>"
        f"<s:Body>{body}</s:Body></s:Envelope>"
    )


def write_config(folder: Path, config: EndpointConfig) -> None:
    new = folder / "config.new"
    new.write_text(json.dumps(asdict(config)))
    new.replace(folder / "config.json")


@contextmanager
def serving(
    folder: Path, config: EndpointConfig = PLAIN, environment: Mapping[str, str] | None = None
) -> Iterator[Served]:
    """An endpoint that serves while the block lasts."""
    folder.mkdir(parents=True, exist_ok=True)
    write_config(folder, config)
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.lab.endpoint_process", str(folder)],
        cwd=REPOSITORY,
        stdout=subprocess.PIPE,
        env={**os.environ, **(environment or {})},
    )
    assert process.stdout is not None
    try:
        address: dict[str, Any] = json.loads(process.stdout.readline())
        yield Served(folder=folder, process=process, **address)
    finally:
        process.send_signal(signal.SIGTERM)
        rest = process.stdout.read()
        process.wait(20)
    assert rest == b"", "the endpoint writes to its standard output"


def main(folder: Path) -> None:
    stopping = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stopping.set())
    # A shell's background job ignores it, and so would every process that a client interrupts.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    endpoint = Endpoint(
        watched(folder / "config.json", lambda path: read_config(json.loads(path.read_text()))),
        LinuxMachine(),
        folder,
    )
    endpoint.start()
    address = {
        "http_port": endpoint.http_port,
        "https_port": endpoint.https_port,
        "ca_file": str(endpoint.ca_file),
    }
    sys.stdout.write(json.dumps(address) + "\n")
    sys.stdout.flush()
    stopping.wait()
    endpoint.stop()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
