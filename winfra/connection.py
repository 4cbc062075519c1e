"""One WinRS shell with one process in it, through pywinrm: bytes in, bytes out."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, TypeVar

import xmltodict
from winrm.exceptions import (
    InvalidCredentialsError,
    WinRMOperationTimeoutError,
    WinRMTransportError,
)
from winrm.protocol import Protocol

from winfra.faults import LIBRARY_ERRORS, explain, is_receive_pending, is_shell_lost
from winfra.messages import Message, connection as messages
from winfra.settings import Settings

T = TypeVar("T")

SMALL_ENVELOPE = 153600
"""Bytes of a message that every host takes; pywinrm asks for answers of this size."""
CONFIG = "http://schemas.microsoft.com/wbem/wsman/1/config"
GET = "http://schemas.xmlsoap.org/ws/2004/09/transfer/Get"
SILENCE = 60
"""Seconds after which the connection is made anew: Windows drops an idle one after two minutes."""


class TransportError(OSError):
    """A sentence of the catalogue about the way to the host."""

    def __init__(self, message: Message, values: dict[str, object], shell_lost: bool) -> None:
        super().__init__(message.text(**values))
        self.catalogued = message
        self.reason = str(values.get("reason", ""))
        self.shell_lost = shell_lost


class EnvelopeProtocol(Protocol):
    """pywinrm's protocol, with answers as large as the host allows."""

    envelope = SMALL_ENVELOPE

    def build_wsman_header(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        header: dict[str, Any] = super().build_wsman_header(*args, **kwargs)
        header["env:Header"]["w:MaxEnvelopeSize"]["#text"] = str(self.envelope)
        return header


def _protocol(settings: Settings) -> EnvelopeProtocol:
    options: dict[str, Any] = {
        "transport": settings.transport,
        "username": settings.user,
        "password": settings.password.unmask() if settings.password else None,
        "ca_trust_path": settings.ca_trust_path,
        "cert_pem": settings.cert_pem,
        "cert_key_pem": settings.cert_key_pem,
        "server_cert_validation": settings.server_cert_validation,
        "operation_timeout_sec": settings.operation_timeout_sec,
        "read_timeout_sec": settings.read_timeout_sec,
        # Over http there is no other protection.
        "message_encryption": "always"
        if settings.scheme == "http"
        else settings.message_encryption,
        "proxy": settings.proxy,
    }
    return EnvelopeProtocol(settings.endpoint, **options)


class Connection:
    """A shell and its one process."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.exchanges = 0
        with self._explained():
            self._protocol = _protocol(settings)
        self._shell: str | None = None
        self._command = ""
        self._last = time.monotonic()
        self.breaks = 0
        """How many Receives broke off: what the host answered to them may be lost."""
        self._broken = False
        self._broken_at = float("-inf")

    def open(self, program: str, arguments: list[str]) -> None:
        """Open the shell and start the process whose standard input and output this is."""
        self._shell = self._exchange(
            lambda: self._protocol.open_shell(codepage=65001, noprofile=True, idle_timeout="PT900S")
        )
        # Console mode and cmd.exe would take the bytes of standard input for keystrokes.
        self._command = self._exchange(
            lambda: self._protocol.run_command(
                self._shell or "", program, arguments, console_mode_stdin=False, skip_cmd_shell=True
            )
        )

    @property
    def piece(self) -> int:
        """How many bytes one message carries, in Base64 and with its envelope around it."""
        return (self._protocol.envelope - 4096) // 4 * 3

    def learn_envelope(self) -> None:
        """Ask how large messages may be; a host that does not say so gets small ones."""
        header = self._protocol.build_wsman_header(GET, CONFIG)
        request = xmltodict.unparse({"env:Envelope": {**header, "env:Body": {}}})
        try:
            answer = self._exchange(lambda: self._protocol.send_message(request))
            kilobytes = re.search(rb"MaxEnvelopeSizekb>(\d+)<", answer)
        except TransportError:
            return
        if kilobytes:
            self._protocol.envelope = min(int(kilobytes[1]), 8192) * 1024

    def send(self, data: bytes) -> None:
        """Write to the process's standard input; after an error it is not known how much arrived."""
        shell = self._shell or ""
        try:
            self._exchange(lambda: self._protocol.send_command_input(shell, self._command, data))
        except WinRMOperationTimeoutError as error:
            values = {"endpoint": self.settings.endpoint, "reason": "it no longer reads its input"}
            raise TransportError(messages.FAULT, dict(values), shell_lost=False) from error

    def receive(self, seconds: float) -> tuple[bytes, bytes, int | None]:
        """Wait for standard output, standard error, and the exit code of a process that has ended.

        Nothing within ``seconds``: two empty outputs. A Receive changes nothing, so one whose
        connection broke may be repeated; ``breaks`` tells. A second in a row is an error.
        """
        try:
            received = self._receive(seconds)
        except TransportError as error:
            self._break_off(error)
            return b"", b"", None
        self._broken = False
        return received

    def _break_off(self, error: TransportError) -> None:
        """Raise what cannot be got over."""
        patience = self._protocol.operation_timeout_sec
        if is_receive_pending(error.__cause__) and time.monotonic() - self._broken_at < patience:
            # The host has not noticed yet that the first Receive's connection is gone.
            time.sleep(1)
            return
        if self._broken or error.shell_lost or error.catalogued is not messages.UNREACHABLE:
            raise error
        self._disconnect()
        self._broken = True
        self.breaks += 1
        self._broken_at = time.monotonic()

    def _receive(self, seconds: float) -> tuple[bytes, bytes, int | None]:
        usual = self._protocol.operation_timeout_sec
        self._protocol.operation_timeout_sec = max(1, int(min(usual, seconds)))
        try:
            out, err, code, done = self._exchange(
                lambda: self._protocol.get_command_output_raw(self._shell or "", self._command)
            )
        except WinRMOperationTimeoutError:
            return b"", b"", None
        finally:
            self._protocol.operation_timeout_sec = usual
        return out, err, code if done else None

    def close(self) -> None:
        """End the process and delete the shell, whose job ends the whole tree; never raises."""
        shell, self._shell = self._shell, None
        if shell is None:
            return
        # A host that is gone must not hold up the end of the run.
        self._protocol.transport.read_timeout_sec = 10
        with suppress(*LIBRARY_ERRORS, WinRMOperationTimeoutError, AssertionError):
            self._protocol.cleanup_command(shell, self._command)
        with suppress(*LIBRARY_ERRORS, WinRMOperationTimeoutError, AssertionError):
            self._protocol.close_shell(shell)
        self._disconnect()
        self._protocol.transport.read_timeout_sec = self.settings.read_timeout_sec

    def _disconnect(self) -> None:
        """Encryption is bound to the connection: it goes with it."""
        self._protocol.transport.close_session()
        self._protocol.transport.encryption = None

    def _exchange(self, message: Callable[[], T]) -> T:
        if time.monotonic() - self._last > SILENCE:
            self._disconnect()
        self.exchanges += 1
        with self._explained():
            try:
                return self._understood(message)
            finally:
                self._last = time.monotonic()

    def _understood(self, message: Callable[[], T]) -> T:
        """Send again what the host could not decrypt, and so has not read.

        It had closed the connection whose keys encrypted the message: it was restarted, say.
        """
        encrypted = self._protocol.transport.encryption is not None
        try:
            return message()
        except (WinRMTransportError, InvalidCredentialsError) as error:
            if not encrypted or error.code not in {400, 401}:
                raise
            self._disconnect()
            return message()

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except WinRMOperationTimeoutError:
            raise
        except LIBRARY_ERRORS as error:
            message, values = explain(error, self.settings)
            raise TransportError(message, values, is_shell_lost(error)) from error
