"""Who gets in, over which channel, with which proof."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import http.client
import ssl
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import spnego
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from spnego.channel_bindings import GssChannelBindings
from winrm.exceptions import InvalidCredentialsError
from winrm.protocol import Protocol

from tests.lab.endpoint_process import (
    ADMIN,
    PLAIN,
    TRANSFER,
    Reply,
    Served,
    basic,
    envelope,
    serving,
)
from winfra.lab.endpoint_config import Authentication, User

CREATE = envelope(f"{TRANSFER}Create", "<rsp:Shell/>")
ALL = ["Negotiate", "Kerberos", 'Basic realm="WSMAN"']


@pytest.fixture(scope="module")
def process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(tmp_path_factory.mktemp("authentication")) as served:
        yield served


@pytest.fixture
def served(process: Served) -> Served:
    process.configure(PLAIN)
    return process


def ntlm(served: Served, name: str = ADMIN.name, password: str = ADMIN.password) -> Protocol:
    return Protocol(
        served.http_url,
        transport="ntlm",
        username=name,
        password=password,
        message_encryption="always",
        proxy=None,
    )


def negotiate(served: Served, bindings: GssChannelBindings | None, protocol: str = "ntlm") -> Reply:
    """A log-on with NTLM over HTTPS, bound to a channel or to none."""
    connection = served.connect(tls=True)
    context = spnego.client(
        ADMIN.name,
        ADMIN.password,
        protocol=protocol,
        channel_bindings=bindings,
        options=spnego.NegotiateOptions.use_ntlm
        if protocol == "ntlm"
        else spnego.NegotiateOptions.use_negotiate,
    )
    token = context.step()
    while True:
        header = {"Authorization": f"Negotiate {base64.b64encode(token or b'').decode()}"}
        reply = served.post(CREATE, header, connection=connection, user=None)
        answers = [text for text in reply.challenges if text.startswith("Negotiate ")]
        if reply.status != 401 or not answers:
            return reply
        token = context.step(base64.b64decode(answers[0].partition(" ")[2]))


def channel(served: Served) -> GssChannelBindings:
    certificate = ssl.PEM_cert_to_DER_cert((served.folder / "server.pem").read_text())
    digest = hashlib.sha256(certificate).digest()
    return GssChannelBindings(application_data=b"tls-server-end-point:" + digest)


def test_a_stranger_learns_the_ways_in(served: Served) -> None:
    """Each offer is a header of its own; Basic is not offered where it would be in the clear."""
    over_tls = served.post(CREATE, user=None)
    over_http = served.post(CREATE, user=None, connection=served.connect())

    assert (over_tls.status, over_tls.challenges) == (401, ALL)
    assert (over_http.status, over_http.challenges) == (401, ALL[:2])


def test_ways_can_be_closed(served: Served) -> None:
    """What the service's settings forbid is neither offered nor taken."""
    closed = Authentication(basic=False, kerberos=False)
    served.configure(replace(PLAIN, authentication=closed))

    reply = served.post(CREATE)

    assert (reply.status, reply.challenges) == (401, ["Negotiate"])


@pytest.mark.parametrize(
    ("user", "status"),
    [
        (ADMIN, 200),
        (User("ADMIN", ADMIN.password), 200),
        (User(r"WINLAB\admin", ADMIN.password), 200),
        (User("admin", "S3cret:PASS"), 401),
        (User("nobody", ADMIN.password), 401),
        (User("", ""), 401),
    ],
)
def test_basic_over_https(served: Served, user: User, status: int) -> None:
    """The name's case and the computer's name before it do not matter, the password does."""
    assert served.post(CREATE, user=user).status == status


def test_basic_over_http_needs_allow_unencrypted(served: Served) -> None:
    """Otherwise a right password is refused like a wrong one."""
    assert served.post(CREATE, connection=served.connect()).status == 401

    served.configure(replace(PLAIN, authentication=Authentication(allow_unencrypted=True)))

    assert served.post(CREATE, connection=served.connect()).status == 200


def test_basic_is_not_of_the_connection(served: Served) -> None:
    """The next request over it must bring the password again."""
    connection = served.connect(tls=True)

    assert served.post(CREATE, connection=connection).status == 200
    assert served.post(CREATE, connection=connection, user=None).status == 401


@pytest.mark.parametrize("header", ["Basic", "Basic %%%", "Negotiate AAAA", "Digest x", "NTLM AA"])
def test_nonsense_is_no_log_on(served: Served, header: str) -> None:
    """A header that is none is answered like none."""
    reply = served.post(CREATE, {"Authorization": header}, user=None)

    assert (reply.status, reply.challenges) == (401, ALL)
    assert not served.log


@pytest.mark.parametrize(
    "name", ["admin", "Admin", r"WINLAB\admin", r".\admin", r"ELSEWHERE\ADMIN"]
)
def test_ntlm_takes_the_user_in_any_domain(served: Served, name: str) -> None:
    """A computer outside a domain takes an unknown one for its own."""
    client = ntlm(served, name)
    shell = client.open_shell()
    command = client.run_command(shell, "echo", ["$LOGON"])

    assert client.get_command_output(shell, command)[0] == b"admin\n"


@pytest.mark.parametrize(
    ("name", "password"),
    [("admin", "wrong"), ("nobody", ADMIN.password), ("admin@winlab", ADMIN.password)],
)
def test_ntlm_refuses_a_wrong_user_or_password(served: Served, name: str, password: str) -> None:
    """Which of the two it was is not told."""
    with pytest.raises(InvalidCredentialsError):
        ntlm(served, name, password).open_shell()


def test_a_disabled_user_is_refused(served: Served) -> None:
    """With NTLM as with Basic; enabled again, the user gets in."""
    disabled = replace(ADMIN, disabled=True)
    served.configure(replace(PLAIN, users=(disabled,)))

    assert served.post(CREATE).status == 401
    with pytest.raises(InvalidCredentialsError):
        ntlm(served).open_shell()

    served.configure(PLAIN)
    assert ntlm(served).open_shell()


def test_a_changed_password_holds_at_once(served: Served) -> None:
    """The list of users is read anew at each log-on; a colon and letters of any alphabet do."""
    changed = replace(ADMIN, password="pä:ß日本 ")
    served.configure(replace(PLAIN, users=(changed,)))

    assert ntlm(served, password=changed.password).open_shell()
    with pytest.raises(InvalidCredentialsError):
        ntlm(served).open_shell()


def test_ntlm_is_of_the_connection(served: Served) -> None:
    """Later requests over it need no proof; another connection does."""
    client = ntlm(served)
    client.open_shell()
    adapter_session = client.transport.session
    assert adapter_session is not None
    answers: list[int] = []
    adapter_session.hooks["response"].append(
        lambda response, **_: answers.append(len(response.history))
    )

    client.open_shell()

    assert answers == [0]


@pytest.mark.parametrize("protocol", ["ntlm", "negotiate"])
@pytest.mark.parametrize(
    ("level", "bound", "status"),
    [
        ("Relaxed", "right", 200),
        ("Relaxed", "wrong", 401),
        ("Relaxed", "none", 200),
        ("Strict", "right", 200),
        ("Strict", "none", 401),
        ("None", "wrong", 200),
    ],
)
def test_a_log_on_is_bound_to_its_channel(
    served: Served, protocol: str, level: str, bound: str, status: int
) -> None:
    """CbtHardeningLevel says what a missing or wrong binding is worth."""
    settings = Authentication(channel_binding=level)  # type: ignore[arg-type]
    served.configure(replace(PLAIN, authentication=settings))
    bindings = {
        "right": channel(served),
        "wrong": GssChannelBindings(application_data=b"tls-server-end-point:" + bytes(32)),
        "none": None,
    }[bound]

    assert negotiate(served, bindings, protocol).status == status


def test_a_client_certificate_stands_for_a_user(served: Served, tmp_path: Path) -> None:
    """Certificate authentication takes the certificates that are mapped, and no others."""
    known, unknown = make_certificate(tmp_path, "known"), make_certificate(tmp_path, "unknown")
    mapped = {str(known[0]): ADMIN.name}
    served.configure(
        replace(PLAIN, authentication=Authentication(certificate=True, certificates=mapped))
    )

    assert certificate_client(served, *known).open_shell()
    with pytest.raises((InvalidCredentialsError, OSError)):
        certificate_client(served, *unknown).open_shell()
    assert served.post(CREATE, {"Authorization": basic(ADMIN)}, user=None).status == 200


def test_certificates_must_be_allowed(served: Served, tmp_path: Path) -> None:
    """Without the setting a mapped certificate proves nothing."""
    known = make_certificate(tmp_path, "known")
    mapped = {str(known[0]): ADMIN.name}
    served.configure(replace(PLAIN, authentication=Authentication(certificates=mapped)))

    with pytest.raises(InvalidCredentialsError):
        certificate_client(served, *known).open_shell()


def test_the_certificate_is_the_lab_s_own(served: Served) -> None:
    """Its authority vouches for localhost and 127.0.0.1; a stranger to it refuses."""
    context = ssl.create_default_context(cafile=served.ca_file)
    by_address = http.client.HTTPSConnection("127.0.0.1", served.https_port, context=context)
    by_address.connect()
    stranger = http.client.HTTPSConnection(
        "localhost", served.https_port, context=ssl.create_default_context()
    )

    with pytest.raises(ssl.SSLCertVerificationError):
        stranger.connect()


def test_the_private_key_is_for_its_owner_alone(served: Served) -> None:
    """Nobody else reads it; of the users' hashes nothing is left behind a log-on."""
    ntlm(served).open_shell()

    assert (served.folder / "server.key").stat().st_mode & 0o077 == 0
    assert not (served.folder / "ntlm_users").exists()


def certificate_client(served: Served, certificate: Path, key: Path) -> Protocol:
    return Protocol(
        served.https_url,
        transport="certificate",
        cert_pem=str(certificate),
        cert_key_pem=str(key),
        ca_trust_path=served.ca_file,
        proxy=None,
    )


def make_certificate(folder: Path, name: str) -> tuple[Path, Path]:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    files = folder / f"{name}.pem", folder / f"{name}.key"
    files[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    files[1].write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return files
