"""The lab's WS-Management endpoint: a WinRM listener for HTTP and one for HTTPS on the loopback."""

from __future__ import annotations

import contextlib
import hashlib
import logging
import socket
import ssl
import threading
import time
from collections.abc import Callable
from pathlib import Path

from winfra.lab.authentication import Channel
from winfra.lab.certificates import Certificate, ensure_certificate
from winfra.lab.connection import Connection, Surroundings
from winfra.lab.endpoint_config import EndpointConfig, Fault, User
from winfra.lab.mishaps import Mishaps
from winfra.lab.recorder import Recorder
from winfra.lab.service import Service
from winfra.lab.shells import Machine

LOOPBACK = "127.0.0.1"
HOUSEKEEPING = 0.2
HANDSHAKE_TIMEOUT = 10.0


class Endpoint:
    """A WinRM service and its listeners.

    + config: the settings, or what returns the present ones: it is asked at every request
    + machine: starts programs and ends the trees of shells
    + folder: where the endpoint keeps its certificates
    + log: where it writes ``endpoint.log`` and the recorded ``messages``
    + certificate: of the HTTPS listener; made in the folder when there is none

    **Example:**

    .. code:: python

        endpoint = Endpoint(EndpointConfig(users=(User("admin", "secret"),)), machine, folder)
        endpoint.start()
        print(endpoint.http_port, endpoint.https_port, endpoint.ca_file)
    """

    def __init__(
        self,
        config: EndpointConfig | Callable[[], EndpointConfig],
        machine: Machine,
        folder: Path,
        *,
        log: Path | None = None,
        certificate: Certificate | None = None,
    ) -> None:
        self._config = config if callable(config) else lambda: config
        self._folder = folder
        self._log = log or folder
        for needed in (self._folder, self._log):
            needed.mkdir(parents=True, exist_ok=True)
        self._certificate = certificate or ensure_certificate(folder, self._config().host_name)
        self._listeners: dict[str, Listener] = {}
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._restarts: set[str] = set()
        self._service = Service(machine)
        self._around = Surroundings(
            config=self._config,
            service=self._service,
            mishaps=Mishaps(),
            recorder=Recorder(self._log / "messages"),
            log=_logger(self._log / "endpoint.log"),
            user_file=folder / "ntlm_users",
            restart=self.restart,
        )

    @property
    def http_port(self) -> int:
        return self._listeners["http"].port

    @property
    def https_port(self) -> int:
        return self._listeners["https"].port

    @property
    def ca_file(self) -> Path:
        return self._certificate.ca_file

    def start(self) -> None:
        """Listen on both ports of the settings; 0 stands for any free one."""
        config = self._config()
        # A fault that stood in the settings before is not meant for this start.
        self._restarts = {fault.identity for fault in _restarts(config)}
        self._listen(config.http_port, config.https_port)
        threading.Thread(target=self._keep_house, name="housekeeping", daemon=True).start()

    def stop(self) -> None:
        """End all connections and shells, and stop listening."""
        self._stopping.set()
        with self._lock:
            self._close()

    def restart(self, seconds: float = 0.0) -> None:
        """What a restart of the WinRM service does: shells and connections are gone."""
        with self._lock:
            ports = self.http_port, self.https_port
            self._close()
            if not self._stopping.wait(seconds):
                self._listen(*ports)

    def _close(self) -> None:
        for listener in self._listeners.values():
            listener.close()
        self._service.shells.delete_all()

    def _listen(self, http_port: int, https_port: int) -> None:
        tls = Tls(self._certificate)
        self._listeners = {
            "http": Listener(self._around, http_port, None),
            "https": Listener(self._around, https_port, tls),
        }

    def _keep_house(self) -> None:
        """End what has been idle for too long, and restart when a test says so."""
        while not self._stopping.wait(HOUSEKEEPING):
            try:
                config = self._config()
                for fault in _restarts(config):
                    if fault.identity not in self._restarts:
                        self._restarts.add(fault.identity)
                        self.restart(fault.seconds)
                for listener in tuple(self._listeners.values()):
                    listener.close_idle(config.timeouts.connection_idle)
                self._service.shells.delete_idle()
            except Exception:
                self._around.log.exception("housekeeping")


class Tls:
    """The server's side of TLS, for one listener."""

    def __init__(self, certificate: Certificate) -> None:
        self._certificate = certificate
        self._made_for: object = None
        self._context: ssl.SSLContext | None = None
        pem = certificate.chain_file.read_text()
        self._hash = hashlib.sha256(ssl.PEM_cert_to_DER_cert(pem)).digest()

    def wrap(
        self, connection: socket.socket, config: EndpointConfig
    ) -> tuple[socket.socket, Channel]:
        """The connection after its handshake, and who is at its other end."""
        connection.settimeout(HANDSHAKE_TIMEOUT)
        wrapped = self._current(config).wrap_socket(connection, server_side=True)
        wrapped.settimeout(None)
        return wrapped, Channel(self._hash, _peer(wrapped.getpeercert(binary_form=True), config))

    def _current(self, config: EndpointConfig) -> ssl.SSLContext:
        settings = config.authentication
        made_for = (settings.certificate, tuple(settings.certificates))
        if self._context is None or self._made_for != made_for:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(self._certificate.chain_file, self._certificate.key_file)
            if settings.certificate:
                context.verify_mode = ssl.CERT_OPTIONAL
                context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
                for file in settings.certificates:
                    context.load_verify_locations(file)
            self._context, self._made_for = context, made_for
        return self._context


class Listener:
    """One port, and the connections that came over it."""

    def __init__(self, around: Surroundings, port: int, tls: Tls | None) -> None:
        self._around = around
        self._tls = tls
        self._lock = threading.Lock()
        self._connections: set[Connection] = set()
        self._closed = False
        self._socket = socket.create_server((LOOPBACK, port), backlog=128)
        self.port: int = self._socket.getsockname()[1]
        threading.Thread(target=self._accept, name=f"port {self.port}", daemon=True).start()

    def close(self) -> None:
        _shut(self._socket)
        with self._lock:
            self._closed = True
            connections = tuple(self._connections)
        for connection in connections:
            connection.close()

    def close_idle(self, limit: float) -> None:
        now = time.monotonic()
        with self._lock:
            idle = [found for found in self._connections if found.idle(now, limit)]
        for connection in idle:
            connection.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, address = self._socket.accept()
            except OSError:
                return
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=self._serve, args=(connection, address[0]), daemon=True).start()

    def _serve(self, connection: socket.socket, address: str) -> None:
        try:
            config = self._around.config()
            channel = Channel()
            if self._tls is not None:
                connection, channel = self._tls.wrap(connection, config)
            served = Connection(self._around, connection, address, channel)
            with self._lock:
                full = self._closed or len(self._connections) >= config.quotas.max_connections
                if not full:
                    self._connections.add(served)
            if full:
                served.refuse()
                return
            try:
                served.serve()
            finally:
                with self._lock:
                    self._connections.discard(served)
        except OSError:  # a handshake that failed, a client that has gone
            connection.close()
        except Exception:
            self._around.log.exception("a connection of %s", address)
            connection.close()


def _restarts(config: EndpointConfig) -> list[Fault]:
    return [fault for fault in config.faults if fault.kind == "restart" and not fault.action]


def _peer(certificate: bytes | None, config: EndpointConfig) -> User | None:
    for file, name in config.authentication.certificates.items():
        if certificate and ssl.PEM_cert_to_DER_cert(Path(file).read_text()) == certificate:
            return config.user(name)
    return None


def _shut(listening: socket.socket) -> None:
    """Close a listening socket, and wake the thread that waits for it."""
    with contextlib.suppress(OSError):
        listening.shutdown(socket.SHUT_RDWR)
    listening.close()


def _logger(path: Path) -> logging.Logger:
    """A log of this endpoint alone; nothing of it reaches the process's output."""
    logger = logging.Logger(f"endpoint {path}", logging.INFO)  # noqa: LOG001
    handler = logging.FileHandler(path, delay=True, encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    logger.addHandler(handler)
    return logger
