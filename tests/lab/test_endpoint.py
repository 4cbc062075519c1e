"""What the endpoint says over HTTP, and the faults that a test can have it commit."""

from __future__ import annotations

import http.client
import re
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest
import requests
from winrm.exceptions import WinRMTransportError
from winrm.protocol import Protocol

from tests.lab.endpoint_process import (
    ADMIN,
    CMD,
    PLAIN,
    SHELL_ACTION,
    TRANSFER,
    Served,
    basic,
    envelope,
    processes,
    serving,
)
from winfra.lab.endpoint_config import Authentication, Fault, Quotas, Timeouts, User

CREATE = envelope(f"{TRANSFER}Create", "<rsp:Shell/>")
GET_CONFIG = envelope(f"{TRANSFER}Get", resource="http://schemas.microsoft.com/wbem/wsman/1/config")
LOGON = {"Authorization": basic(ADMIN), "Content-Type": "application/soap+xml"}
IDENTIFY = (
    '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" '
    'xmlns:i="http://schemas.dmtf.org/wbem/wsman/identity/1/wsmanidentity.xsd">'
    "<s:Header/><s:Body><i:Identify/></s:Body></s:Envelope>"
)


@pytest.fixture(scope="module")
def process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(tmp_path_factory.mktemp("endpoint")) as served:
        yield served


@pytest.fixture
def served(process: Served) -> Served:
    process.configure(PLAIN)
    return process


def shell(served: Served, connection: http.client.HTTPConnection | None = None) -> str:
    reply = served.post(CREATE, connection=connection)
    found = re.search(rb'Name="ShellId">([^<]+)<', reply.content)
    assert found, reply.content
    return found[1].decode()


def command(served: Served, shell_id: str, line: str) -> str:
    program, _, arguments = line.partition(" ")
    body = (
        f"<rsp:CommandLine><rsp:Command>{program}</rsp:Command>"
        f"<rsp:Arguments>{arguments}</rsp:Arguments></rsp:CommandLine>"
    )
    reply = served.post(envelope(f"{SHELL_ACTION}Command", body, shell_id=shell_id))
    found = re.search(rb"CommandId>([^<]+)<", reply.content)
    assert found, reply.content
    return found[1].decode()


def receive(shell_id: str, command_id: str) -> str:
    body = (
        f'<rsp:Receive><rsp:DesiredStream CommandId="{command_id}">stdout stderr'
        "</rsp:DesiredStream></rsp:Receive>"
    )
    return envelope(f"{SHELL_ACTION}Receive", body, shell_id=shell_id)


def protocol(served: Served) -> Protocol:
    return Protocol(
        served.http_url,
        transport="ntlm",
        username=ADMIN.name,
        password=ADMIN.password,
        message_encryption="always",
        proxy=None,
    )


@pytest.mark.parametrize(("path", "status"), [("/", 404), ("/wsmanx", 404), ("/WSMAN/", 200)])
def test_only_wsman_is_served(served: Served, path: str, status: int) -> None:
    """A listener has one path, whose case does not matter."""
    assert served.post(GET_CONFIG, path=path).status == status


def test_get_is_no_method_of_it(served: Served) -> None:
    """WS-Management is POST alone."""
    connection = served.connect(tls=True)
    connection.request("GET", "/wsman")

    assert connection.getresponse().status == 405


def test_nonsense_is_a_bad_request(served: Served) -> None:
    """What is no HTTP is answered with 400, and the next client is served."""
    connection = served.connect()
    connection.connect()
    connection.sock.sendall(b"HELO lab\r\n\r\n")

    assert connection.sock.recv(100).startswith(b"HTTP/1.1 400 ")
    assert served.post(GET_CONFIG).status == 200


def test_a_request_beyond_the_envelope_is_413(served: Served) -> None:
    """MaxEnvelopeSizekb bounds what may be asked, at once after it was lowered."""
    padded = GET_CONFIG + " " * 200 * 1024

    assert served.post(padded).status == 200
    served.configure(replace(PLAIN, quotas=Quotas(max_envelope_size_kb=150)))

    assert served.post(padded).status == 413
    assert b"<cfg:MaxEnvelopeSizekb>150<" in served.post(GET_CONFIG).content


def test_an_envelope_too_small_for_an_answer_is_refused(served: Served) -> None:
    """Below 8 KB no answer is promised to fit."""
    reply = served.post(envelope(f"{TRANSFER}Create", "<rsp:Shell/>", size=8191))

    assert (reply.status, reply.fault) == (500, 0x80338035)


@pytest.mark.parametrize(
    ("message", "code"),
    [
        (envelope(f"{TRANSFER}Create", "<rsp:Shell/>", resource="urn:none"), 0x8033803B),
        (
            envelope(
                f"{TRANSFER}Create",
                "<rsp:Shell/>",
                resource="http://schemas.microsoft.com/powershell/Microsoft.PowerShell",
            ),
            0x8033803B,
        ),
        (envelope("http://schemas.xmlsoap.org/ws/2004/09/enumeration/Enumerate"), 0x80338013),
        (envelope(f"{TRANSFER}Delete"), 0x8033805B),
        ("<no-envelope/>", 0x80338043),
        ("no xml", 0x80338043),
    ],
)
def test_what_is_unknown_is_a_fault(served: Served, message: str, code: int) -> None:
    """Resources, actions, selectors and messages that are none have codes of their own."""
    reply = served.post(message)

    assert (reply.status, reply.fault) == (500, code)


def test_everybody_may_ask_who_answers(served: Served) -> None:
    """Identify without a log-on hides the system's version, with one it tells."""
    headers = {"WSMANIDENTIFY": "unauthenticated"}

    unknown = served.post(IDENTIFY, headers, user=None)
    known = served.post(IDENTIFY)

    assert b"OS: 0.0.0 SP" in unknown.content
    assert b"OS: 10.0.17763 SP" in known.content
    assert served.post(GET_CONFIG, headers, user=None).status == 400


def test_the_settings_are_for_administrators(served: Served) -> None:
    """A remote management user gets shells, but not the service's settings."""
    user = User("operator", "pw", administrator=False, remote_management=True)
    served.configure(replace(PLAIN, users=(ADMIN, user)))

    assert served.post(CREATE, user=user).status == 200
    assert served.post(GET_CONFIG, user=user).fault == 5
    assert served.post(GET_CONFIG).status == 200


@pytest.mark.parametrize(
    "user",
    [User("guest", "pw", administrator=False), User("filtered", "pw", full_token=False)],
)
def test_who_is_no_administrator_is_denied(served: Served, user: User) -> None:
    """A known user without rights is told so; a filtered token counts as none."""
    served.configure(replace(PLAIN, users=(ADMIN, user)))

    reply = served.post(CREATE, user=user)

    assert (reply.status, reply.fault) == (500, 5)
    assert b"Access is denied." in reply.content


def test_an_encrypted_message_needs_its_own_connection(served: Served) -> None:
    """The security context ends with the socket: 400 for a payload sent over another."""
    client = protocol(served)
    client.open_shell()
    client.transport.session.close()  # type: ignore[union-attr]

    with pytest.raises(WinRMTransportError) as caught:
        client.open_shell()

    assert caught.value.code == 400


def test_messages_over_http_must_be_encrypted(served: Served) -> None:
    """A log-on with NTLM is not enough; AllowUnencrypted lets the plain message in."""
    client = Protocol(
        served.http_url,
        transport="ntlm",
        username=ADMIN.name,
        password=ADMIN.password,
        message_encryption="never",
        proxy=None,
    )

    with pytest.raises(WinRMTransportError) as caught:
        client.open_shell()
    assert (caught.value.code, caught.value.response_text) == (500, "")

    served.configure(replace(PLAIN, authentication=Authentication(allow_unencrypted=True)))
    assert client.open_shell()


def test_an_idle_connection_is_dropped(served: Served) -> None:
    """After the time of silence the listener hangs up, not before."""
    connection = served.connect(tls=True)
    shell(served, connection)
    time.sleep(0.6)
    shell(served, connection)
    served.configure(replace(PLAIN, timeouts=Timeouts(connection_idle=0.5)))
    time.sleep(1.2)

    assert connection.sock.recv(1) == b""


def test_a_busy_connection_is_not_idle(served: Served) -> None:
    """A Receive that waits for output is no silence."""
    served.configure(replace(PLAIN, timeouts=Timeouts(connection_idle=0.4)))
    shell_id = shell(served)
    command_id = command(served, shell_id, "sleep 1.2; echo late")

    assert b"ReceiveResponse" in served.post(receive(shell_id, command_id)).content


def test_too_many_connections_are_turned_away(served: Served) -> None:
    """Beyond MaxConnections a client gets 503."""
    served.configure(replace(PLAIN, quotas=Quotas(max_connections=1)))
    first = served.connect(tls=True)
    shell(served, first)

    assert served.post(CREATE).status == 503

    first.close()
    served.configure(PLAIN)


def test_an_error_of_the_machine_ends_nothing(served: Served) -> None:
    """A handler that fails is a fault to the client and a traceback in the log."""
    shell_id = shell(served)
    body = "<rsp:CommandLine><rsp:Command>explode</rsp:Command></rsp:CommandLine>"

    reply = served.post(envelope(f"{SHELL_ACTION}Command", body, shell_id=shell_id))

    assert (reply.status, reply.fault) == (500, 0x80338003)
    assert "RuntimeError: the machine is broken" in served.log
    assert served.post(GET_CONFIG).status == 200


def test_a_reply_is_cut_short_once(served: Served) -> None:
    """The body ends early, and what it held is answered again."""
    shell_id = shell(served)
    command_id = command(served, shell_id, "echo once")
    served.inject(Fault("cut_reply", action="Receive"))

    with pytest.raises((http.client.IncompleteRead, OSError)):
        served.post(receive(shell_id, command_id))

    assert b"b25jZQo=" in served.post(receive(shell_id, command_id)).content


def test_a_connection_is_dropped_after_the_request(served: Served) -> None:
    """The request is carried out and never answered: the shell is gone all the same."""
    shell_id = shell(served)
    delete = envelope(f"{TRANSFER}Delete", shell_id=shell_id)
    served.inject(Fault("drop", action="Delete"))

    with pytest.raises((http.client.RemoteDisconnected, OSError)):
        served.post(delete)

    assert served.post(delete).fault == 0x8033805B


def test_the_service_is_unavailable_twice(served: Served) -> None:
    """As often as was asked, then no more; after as many requests as were asked."""
    served.inject(Fault("unavailable", times=2, after=1))

    statuses = [served.post(GET_CONFIG).status for _ in range(4)]

    assert statuses == [200, 503, 503, 200]


def test_a_reply_comes_late(served: Served) -> None:
    """A delayed reply is a whole one."""
    served.inject(Fault("delay", action="Get", seconds=0.5))
    started = time.monotonic()

    assert served.post(GET_CONFIG).status == 200
    assert time.monotonic() - started > 0.5


def test_a_shell_is_refused_for_a_quota(served: Served) -> None:
    """Any code can be answered, with the text that Windows gives it."""
    served.inject(Fault("refuse", action="Create", code=0x803381A5))

    reply = served.post(CREATE)

    assert (reply.status, reply.fault) == (500, 0x803381A5)
    assert b"maximum number of concurrent shells" in reply.content


def test_access_is_denied_on_request(served: Served) -> None:
    """The administrator may be told off as well, for ever."""
    served.inject(Fault("access_denied", times=0))

    assert [served.post(CREATE).fault for _ in range(3)] == [5, 5, 5]


def test_shells_are_forgotten(served: Served) -> None:
    """A request on a shell of before gets Windows' answer, and its processes are gone."""
    shell_id = shell(served)
    command_id = command(served, shell_id, "sleep 60")
    assert list(processes(shell_id))
    served.inject(Fault("forget", action="Receive"))

    assert served.post(receive(shell_id, command_id)).fault == 0x8033805B
    assert not list(processes(shell_id))


def test_the_service_restarts_in_mid_run(served: Served) -> None:
    """Connections break, new ones are refused for a while, then the ports serve again."""
    shell_id = shell(served)
    command_id = command(served, shell_id, "sleep 60")
    waiting = served.connect(tls=True)
    waiting.request("POST", "/wsman", receive(shell_id, command_id), LOGON)
    served.inject(Fault("restart", seconds=0.6))

    with pytest.raises((http.client.RemoteDisconnected, OSError)):
        waiting.getresponse()
    with pytest.raises(ConnectionRefusedError):
        served.post(GET_CONFIG)
    time.sleep(1)

    assert served.post(GET_CONFIG).status == 200
    assert served.post(receive(shell_id, command_id)).fault == 0x8033805B


def test_the_service_restarts_at_a_request(served: Served) -> None:
    """The request that meets the restart is lost with its connection."""
    served.inject(Fault("restart", action="Create"))

    with pytest.raises((http.client.RemoteDisconnected, OSError)):
        served.post(CREATE)
    time.sleep(0.3)

    assert served.post(CREATE).status == 200


def test_messages_are_recorded_decrypted(served: Served) -> None:
    """Each request and each reply stands in a file, whatever the wire showed."""
    served.configure(replace(PLAIN, record=True))
    client = protocol(served)
    shell_id = client.open_shell()
    client.close_shell(shell_id)
    served.configure(PLAIN)
    client.open_shell()

    files = sorted((served.folder / "messages").iterdir())

    assert [file.name for file in files] == [
        "000001.request.xml",
        "000002.reply.xml",
        "000003.request.xml",
        "000004.reply.xml",
    ]
    assert b"transfer/Create<" in files[0].read_bytes()
    assert shell_id.encode() in files[1].read_bytes()


def test_the_wire_shows_nothing_of_an_encrypted_message(served: Served) -> None:
    """Neither the request's body nor the reply's stands in the clear, faults included."""
    seen: list[bytes] = []
    client = protocol(served)
    shell_id = client.open_shell()

    def look(response: requests.Response, **_: object) -> None:
        seen.extend((response.request.body or b"", response.content))  # type: ignore[arg-type]

    client.transport.session.hooks["response"].append(look)  # type: ignore[union-attr]
    with pytest.raises(Exception, match="invalid selectors"):
        client.get_command_output_raw(shell_id, "00000000-0000-0000-0000-000000000000")

    assert len(seen) == 2
    assert not [data for data in seen if b"Envelope" in data or b"Receive" in data]
    assert CMD.encode() not in b"".join(seen)
