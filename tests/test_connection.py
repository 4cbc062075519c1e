"""A shell with one process in it, over the lab's wire: bytes in, bytes out."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from winfra import connection
from winfra.connection import SMALL_ENVELOPE, Connection, TransportError
from winfra.lab.endpoint_config import Authentication, Fault, Quotas, Timeouts, User
from winfra.lab.machine import Machine
from winfra.lab.state import Lab
from winfra.messages import connection as messages
from winfra.settings import META, Settings, WinRMData, settings

pytestmark = pytest.mark.lab

CAT = r"C:\Tools\cat.exe"
SCHEMES = pytest.mark.parametrize("scheme", ["https", "http"])


@pytest.fixture(scope="module")
def _made(lab_home: Path) -> Iterator[Lab]:
    lab = Lab("connection", lab_home)
    lab.start()
    install(lab, CAT, "exec cat")
    yield lab
    lab.remove()


@pytest.fixture
def lab(_made: Lab) -> Iterator[Lab]:
    """One lab for this file, with a program that sends back what it is sent."""
    before = _made.config
    yield _made
    names = ("users", "quotas", "timeouts", "authentication", "faults")
    _made.configure(**{name: getattr(before, name) for name in names})


@pytest.fixture
def connect(lab: Lab) -> Iterator[Callable[..., Connection]]:
    """Opens connections with a ``cat`` in them; they are closed in the end."""
    opened: list[Connection] = []

    def open_one(scheme: str = "https", program: str = CAT, **given: Any) -> Connection:
        opened.append(Connection(settings_for(lab, scheme, **given)))
        opened[-1].open(program, [])
        return opened[-1]

    yield open_one
    for one in opened:
        one.close()


def install(lab: Lab, path: str, text: str) -> None:
    """Put a program on a drive of the lab."""
    program = lab.path(path)
    program.parent.mkdir(exist_ok=True)
    program.write_text(f"#!/bin/sh\n{text}\n")
    program.chmod(0o755)


def settings_for(lab: Lab, scheme: str, **given: Any) -> Settings:
    values: dict[str, Any] = {key: meta.default for key, meta in META.items()}
    data: WinRMData = {**values, **lab.host_data(scheme=scheme), **given}  # type: ignore[typeddict-item]
    return settings("localhost", data)


def echoed(one: Connection, data: bytes) -> bytes:
    """What comes back of what is sent."""
    found = b""
    one.send(data)
    while len(found) < len(data):
        found += one.receive(5)[0]
    return found


@SCHEMES
def test_bytes_arrive_as_they_are(connect: Callable[..., Connection], scheme: str) -> None:
    """Of all values; XML and Base64 are the wire's own business."""
    data = bytes(range(256)) * 100

    assert echoed(connect(scheme), data) == data


def test_a_message_as_large_as_the_host_takes(lab: Lab, connect: Callable[..., Connection]) -> None:
    """Once the size is known, one message carries more than the usual one."""
    lab.configure(quotas=Quotas(max_envelope_size_kb=1024))
    install(lab, r"C:\Tools\count.exe", "head -c 783360 | wc -c")
    one = connect(program=r"C:\Tools\count.exe")

    one.learn_envelope()
    one.send(b"x" * one.piece)

    assert one.piece == 783360
    assert one.receive(5)[0].strip() == b"783360"


@pytest.mark.parametrize("kilobytes", [48, 150])
def test_a_message_of_a_host_that_takes_little(
    lab: Lab, connect: Callable[..., Connection], kilobytes: int
) -> None:
    """What is larger is refused, and the sentence says what to set; pieces of the right size fit."""
    lab.configure(quotas=Quotas(max_envelope_size_kb=kilobytes))
    one = connect()

    with pytest.raises(TransportError) as caught:
        one.send(b"x" * kilobytes * 1024)
    one.learn_envelope()

    assert caught.value.catalogued is messages.ENVELOPE_TOO_SMALL
    assert 'MaxEnvelopeSizekb="500"' in str(caught.value)
    assert echoed(one, b"x" * one.piece) == b"x" * one.piece


def test_a_host_that_does_not_tell_its_envelope(
    lab: Lab, connect: Callable[..., Connection]
) -> None:
    """Only administrators may ask; who may not sends what every host takes."""
    password = lab.config.users[0].password
    lab.configure(users=(User("deploy", password, administrator=False, remote_management=True),))
    one = connect()
    before = one.piece

    one.learn_envelope()

    assert one.piece == before < SMALL_ENVELOPE
    assert echoed(one, b"x" * one.piece) == b"x" * one.piece


def test_nothing_within_the_time(connect: Callable[..., Connection]) -> None:
    """Two empty outputs, no exit code, and no longer than was asked for."""
    began = time.monotonic()

    assert connect().receive(1) == (b"", b"", None)
    assert time.monotonic() - began < 4


def test_the_exit_code_comes_with_the_end(lab: Lab, connect: Callable[..., Connection]) -> None:
    """With both outputs, and once."""
    install(lab, r"C:\Tools\seven.exe", "echo out; echo err >&2; exit 7")
    one = connect(program=r"C:\Tools\seven.exe")
    out, err, code = b"", b"", None
    while code is None:
        more, errors, code = one.receive(5)
        out, err = out + more, err + errors

    assert (out, err, code) == (b"out\n", b"err\n", 7)


@SCHEMES
@pytest.mark.parametrize("silence", [0.1, 60])
def test_an_idle_connection_is_dropped(
    lab: Lab,
    connect: Callable[..., Connection],
    monkeypatch: pytest.MonkeyPatch,
    scheme: str,
    silence: float,
) -> None:
    """By the host after two minutes, or too early by what stands between: the shell stays."""
    monkeypatch.setattr(connection, "SILENCE", silence)
    lab.configure(timeouts=Timeouts(connection_idle=0.1))
    one = connect(scheme)
    time.sleep(0.6)

    assert echoed(one, b"still there") == b"still there"


def test_an_answer_that_breaks_off_is_asked_for_again_once(
    lab: Lab, connect: Callable[..., Connection]
) -> None:
    """It is counted; a second one in a row is an error."""
    lab.configure(faults=(Fault("cut_reply", "Receive", times=3),))
    one = connect()
    one.send(b"x")

    assert one.receive(5) == (b"", b"", None)
    assert one.breaks == 1
    with pytest.raises(TransportError) as caught:
        one.receive(5)
    assert caught.value.catalogued is messages.UNREACHABLE


def test_an_earlier_receive_that_still_waits(lab: Lab, connect: Callable[..., Connection]) -> None:
    """A host that has not noticed the lost connection is given time to."""
    pending = 0x80338127
    faults = Fault("drop", "Receive"), Fault("refuse", "Receive", after=1, code=pending)
    lab.configure(faults=faults)
    one = connect()
    one.send(b"x")
    received = [one.receive(5)[0] for _ in range(3)]

    assert received == [b"", b"", b"x"]


def test_a_send_that_is_not_answered_is_not_repeated(
    lab: Lab, connect: Callable[..., Connection]
) -> None:
    """It may have arrived: the bytes come once."""
    one = connect(winrm_operation_timeout_sec=1, winrm_read_timeout_sec=2)
    lab.configure(faults=(Fault("delay", "Send", seconds=2.5),))

    with pytest.raises(TransportError) as caught:
        one.send(b"once")

    assert "timed out" in str(caught.value)
    assert one.receive(5)[0] == b"once"
    assert one.receive(1)[0] == b""


def test_a_process_that_does_not_read(lab: Lab, connect: Callable[..., Connection]) -> None:
    """A full pipe is no reason to wait for ever."""
    install(lab, r"C:\Tools\deaf.exe", "exec sleep 60")
    one = connect(
        program=r"C:\Tools\deaf.exe", winrm_operation_timeout_sec=1, winrm_read_timeout_sec=5
    )

    with pytest.raises(TransportError) as caught:
        one.send(b"x" * one.piece)

    assert "no longer reads its input" in str(caught.value)


def test_closing_ends_the_process(lab: Lab, connect: Callable[..., Connection]) -> None:
    """Nothing is left behind on the host."""
    one = connect()
    (process,) = Machine(lab).processes()

    one.close()

    assert not process.is_running()
    assert not list(Machine(lab).processes())


def test_closing_never_fails(lab: Lab, connect: Callable[..., Connection]) -> None:
    """Also where the host has forgotten the shell, and when it was closed before."""
    lab.configure(faults=(Fault("forget", "Signal"),))
    one = connect()

    one.close()
    one.close()


def test_a_program_that_is_not_there(connect: Callable[..., Connection]) -> None:
    """The host's own words."""
    with pytest.raises(TransportError) as caught:
        connect(program=r"C:\nowhere.exe")

    assert caught.value.catalogued is messages.FAULT
    assert "cannot find the file" in str(caught.value)


def test_a_listener_without_negotiate(lab: Lab, connect: Callable[..., Connection]) -> None:
    """The sentence names the way to log on that the listener does not allow."""
    lab.configure(authentication=Authentication(negotiate=False, kerberos=False))

    with pytest.raises(TransportError) as caught:
        connect()

    assert caught.value.catalogued is messages.LOGON_REFUSED
    assert "that the listener allows ntlm" in str(caught.value)
