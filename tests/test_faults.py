"""Which sentence of the catalogue an error on the way to the host becomes."""

from __future__ import annotations

import datetime as dt
import ipaddress
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from pyinfra.api.hiddenvalue import HiddenValue
from winrm.exceptions import WinRMTransportError, WSManFaultError

from winfra.connection import Connection, TransportError
from winfra.faults import explain, is_shell_lost
from winfra.messages import Message, connection as messages
from winfra.settings import META, Settings, WinRMData, settings

PASSWORD = "dGVzdHBhc3N3b3Jk"


def settings_for(port: int, **given: Any) -> Settings:
    account = {"winrm_user": "admin", "winrm_password": HiddenValue(PASSWORD), "winrm_port": port}
    short = {"winrm_operation_timeout_sec": 1, "winrm_read_timeout_sec": 2}
    values: dict[str, Any] = {key: meta.default for key, meta in META.items()}
    data: WinRMData = {**values, **account, **short, **given}  # type: ignore[typeddict-item]
    return settings("127.0.0.1", data)


def refused(found: Settings) -> TransportError:
    """The error of the attempt to open a shell; no password in it, nor a second line or dot."""
    with pytest.raises(TransportError) as caught:
        Connection(found).open("powershell.exe", [])
    assert PASSWORD not in str(caught.value)
    assert "\n" not in str(caught.value)
    assert ".." not in str(caught.value)
    return caught.value


class Server:
    """A listener on the loopback that gives its answers in turn, and the last one ever after."""

    def __init__(self, answers: list[bytes | None], context: ssl.SSLContext | None = None) -> None:
        self._answers = answers
        self._context = context
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._connections: list[socket.socket] = []
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        for connection in [self._listener, *self._connections]:
            connection.close()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
                self._connections.append(connection)
                if self._context is not None:
                    connection = self._context.wrap_socket(connection, server_side=True)
                    self._connections.append(connection)
                threading.Thread(target=self._answer_to, args=(connection,), daemon=True).start()
            except ssl.SSLError:
                continue
            except OSError:
                return

    def _answer_to(self, connection: socket.socket) -> None:
        try:
            while connection.recv(65536):
                answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
                if answer is not None:
                    connection.sendall(answer)
                    connection.shutdown(socket.SHUT_RDWR)
        except OSError:
            connection.close()


@contextmanager
def serving(*answers: bytes | None, context: ssl.SSLContext | None = None) -> Iterator[Server]:
    with closing(Server([*answers], context)) as server:
        yield server


def http(status: str, body: bytes = b"", *headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


def certificate(folder: Path, address: str) -> tuple[ssl.SSLContext, Path]:
    """A server's TLS context with a certificate that it signed itself, and that certificate."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "winrm test")])
    now = dt.datetime.now(dt.UTC)
    signed = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(address))]),
            critical=False,
        )
        .sign(key, hashes.SHA256())
    )
    file = folder / "certificate.pem"
    file.write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    plain = serialization.NoEncryption()
    form = serialization.PrivateFormat.PKCS8
    (folder / "key.pem").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, form, plain),
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file, folder / "key.pem")
    return context, file


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, Path]:
    return certificate(tmp_path_factory.mktemp("tls"), "127.0.0.1")


def refused_over_tls(tls: tuple[ssl.SSLContext, Path], answer: bytes) -> TransportError:
    """The same by basic: what the server says is not encrypted once more."""
    context, file = tls
    with serving(answer, context=context) as server:
        given = {"winrm_ca_trust_path": str(file), "winrm_transport": "basic"}
        return refused(settings_for(server.port, **given))


def test_a_closed_port_is_no_listener() -> None:
    """The sentence names the address and how to look for listeners on the host."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

    error = refused(settings_for(port))

    assert error.catalogued is messages.NO_LISTENER
    assert f"nothing listens at https://127.0.0.1:{port}/wsman: Connection refused" in str(error)


def test_a_name_that_does_not_resolve() -> None:
    """The top-level domain ``invalid`` never resolves (RFC 6761)."""
    error = refused(settings_for(5986, winrm_hostname="no-such-host.invalid"))

    assert error.catalogued is messages.UNKNOWN_NAME
    assert "no-such-host.invalid" in str(error)


def test_a_certificate_of_nobody_is_not_trusted(tls: tuple[ssl.SSLContext, Path]) -> None:
    """A certificate that signed itself is refused, and the sentence says why."""
    with serving(http("200 OK"), context=tls[0]) as server:
        error = refused(settings_for(server.port))

    assert error.catalogued is messages.UNTRUSTED_CERTIFICATE
    assert "does not trust: self-signed certificate. Name the file" in str(error)
    assert "winrm_ca_trust_path" in str(error)


def test_a_certificate_for_another_name_is_not_trusted(tmp_path: Path) -> None:
    """Trust in its authority is not enough."""
    context, file = certificate(tmp_path, "127.0.0.9")
    with serving(http("200 OK"), context=context) as server:
        error = refused(settings_for(server.port, winrm_ca_trust_path=str(file)))

    assert error.catalogued is messages.UNTRUSTED_CERTIFICATE
    assert "mismatch" in str(error)


def test_a_trusted_certificate_is_accepted(tls: tuple[ssl.SSLContext, Path]) -> None:
    """The next thing is said then: here, that the answer is not WinRM's."""
    error = refused_over_tls(tls, http("404 Not Found"))

    assert error.catalogued is messages.NOT_WINRM


def test_http_where_https_is_expected() -> None:
    """What answers the TLS greeting in plain text is an http listener."""
    with serving(http("400 Bad Request")) as server:
        error = refused(settings_for(server.port))

    assert error.catalogued is messages.WRONG_SCHEME
    assert "does not speak TLS: wrong version number" in str(error)
    assert "set winrm_scheme to 'http'" in str(error)


def test_https_where_http_is_expected(tls: tuple[ssl.SSLContext, Path]) -> None:
    """A TLS listener drops a plain request."""
    with serving(http("200 OK"), context=tls[0]) as server:
        error = refused(settings_for(server.port, winrm_scheme="http"))

    assert error.catalogued is messages.UNREACHABLE
    assert "winrm_port" in str(error)


@pytest.mark.parametrize("status", ["404 Not Found", "503 Service Unavailable", "500 Error"])
def test_another_service_or_one_that_is_down(status: str) -> None:
    """The status that came instead of WinRM's is named."""
    with serving(http(status)) as server:
        error = refused(settings_for(server.port, winrm_scheme="http"))

    assert error.catalogued is messages.NOT_WINRM
    assert f"HTTP {status[:3]}" in str(error)


def test_an_answer_that_is_no_soap(tls: tuple[ssl.SSLContext, Path]) -> None:
    """A web server that says 200 to everything is not a WinRM listener either."""
    error = refused_over_tls(tls, http("200 OK", b"<html>welcome"))

    assert error.catalogued is messages.NOT_WINRM
    assert "what it says is no WS-Management" in str(error)


def test_another_xml_document(tls: tuple[ssl.SSLContext, Path]) -> None:
    """Well-formed XML without a shell's identifier is none of WinRM's answers."""
    error = refused_over_tls(tls, http("200 OK", b"<html>welcome</html>"))

    assert error.catalogued is messages.NOT_WINRM


def test_access_denied_by_the_listener() -> None:
    """HTTP 403 is what the listener says to who may not pass it."""
    with serving(http("403 Forbidden")) as server:
        error = refused(settings_for(server.port, winrm_scheme="http"))

    assert error.catalogued is messages.NOT_ALLOWED
    assert "'admin'" in str(error)
    assert "LocalAccountTokenFilterPolicy" in str(error)


def test_a_logon_that_is_refused(tls: tuple[ssl.SSLContext, Path]) -> None:
    """HTTP 401 without a further challenge; the password stays unsaid."""
    error = refused_over_tls(tls, http("401 Unauthorized", b"", "WWW-Authenticate: Basic"))

    assert error.catalogued is messages.LOGON_REFUSED
    assert "refuses the logon of 'admin' by basic" in str(error)


def test_a_listener_that_does_not_know_ntlm() -> None:
    """It offers Negotiate and then gives no challenge."""
    with serving(http("401 Unauthorized", b"", "WWW-Authenticate: Negotiate")) as server:
        error = refused(settings_for(server.port, winrm_scheme="http"))

    assert error.catalogued is messages.LOGON_REFUSED
    assert "by ntlm" in str(error)


def test_a_challenge_that_is_missing() -> None:
    """A proxy that answers the first step of NTLM itself: requests_ntlm finds no header."""
    asked = http("401 Unauthorized", b"", "WWW-Authenticate: Negotiate")
    with serving(asked, http("200 OK")) as server:
        error = refused(settings_for(server.port, winrm_scheme="http"))

    assert error.catalogued is messages.NOT_WINRM


def test_a_host_that_never_answers() -> None:
    """Its port takes the connection, and then nothing comes."""
    with serving(None) as server:
        error = refused(settings_for(server.port, winrm_scheme="http"))

    assert error.catalogued is messages.UNREACHABLE
    assert "does not answer" in str(error)
    assert "timed out" in str(error)


def test_a_reply_that_is_cut_short() -> None:
    """The body announced is longer than the one that came."""
    whole = http("200 OK", b"x" * 5000)
    with serving(whole[:-4000]) as server:
        error = refused(settings_for(server.port, winrm_scheme="http"))

    assert error.catalogued is messages.UNREACHABLE
    assert "1000 bytes read" in str(error)


def test_a_connection_that_is_dropped() -> None:
    """It is taken, and closed without a word."""
    with serving(b"") as server:
        error = refused(settings_for(server.port, winrm_scheme="http"))

    assert error.catalogued is messages.UNREACHABLE


def fault(code: int, reason: str = "No.") -> WSManFaultError:
    return WSManFaultError(500, "Bad HTTP response", "", reason, wsman_fault_code=code)


FAULT = """<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body><s:Fault>
<s:Code><s:Value>s:Sender</s:Value></s:Code><s:Reason><s:Text>{reason}</s:Text></s:Reason>
<s:Detail><f:WSManFault xmlns:f="http://schemas.microsoft.com/wbem/wsman/1/wsmanfault" Code="{code}"/>
</s:Detail></s:Fault></s:Body></s:Envelope>"""


@pytest.mark.parametrize(
    ("code", "reason", "message"),
    [
        (5, "Access is denied.", messages.NOT_ALLOWED),
        (0x803381A5, "Eine Grenze ist erreicht.", messages.QUOTA),
        (0x803381E9, "Une limite est atteinte.", messages.QUOTA),
        (1816, "Not enough quota is available to process this command.", messages.QUOTA),
        (0x80070008, "Not enough storage is available.", messages.QUOTA),
        (0x80338035, "An internal encoding limit.", messages.ENVELOPE_TOO_SMALL),
        (0x80338048, "MaxEnvelopeSize is exceeded.", messages.ENVELOPE_TOO_SMALL),
        (0x80338000, "Something else.", messages.FAULT),
    ],
)
def test_faults_are_told_apart_by_their_codes(
    tls: tuple[ssl.SSLContext, Path], code: int, reason: str, message: Message
) -> None:
    """Their texts are in the host's language, so the code decides; the text is passed on."""
    error = refused_over_tls(
        tls, http("500 Error", FAULT.format(code=code, reason=reason).encode())
    )

    assert error.catalogued is message
    assert (reason[:-1] in str(error)) == (message is not messages.NOT_ALLOWED)


def test_only_some_faults_mean_that_the_shell_is_gone() -> None:
    """A request may be repeated in a new shell after these, and after no other."""
    assert is_shell_lost(fault(0x8033805B))
    assert is_shell_lost(fault(995))
    assert not is_shell_lost(fault(0x803381A5))
    assert not is_shell_lost(WinRMTransportError("http", 503, ""))


def test_kerberos_without_a_ticket() -> None:
    """What the Kerberos library says is passed on, with the command that gets a ticket."""

    class NoTicketError(Exception):
        __module__ = "kerberos"

    found = settings_for(5986, winrm_transport="ntlm")
    kerberos = Settings(**{**vars(found), "transport": "kerberos"})

    message, values = explain(NoTicketError("No credentials cache found"), kerberos)

    assert message is messages.KERBEROS_REFUSED
    assert "No credentials cache found" in message.text(**values)
    assert "kinit admin" in message.text(**values)
