"""Envelopes: what is read from them, and what is put into them."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest
from hypothesis import given, strategies as st

from tests.lab.endpoint_process import TRANSFER, envelope
from winfra.lab import soap
from winfra.lab.faults import KINDS, WSManError, no_shell


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("PT20S", 20),
        ("PT60.500S", 60.5),
        ("P1DT2H3M4S", 93784),
        ("-PT1S", -1),
        ("P0DT0H0M0S", 0),
        ("PT", None),
        ("20", None),
        ("", None),
    ],
)
def test_durations_are_read(text: str, seconds: float | None) -> None:
    """As XML Schema writes them; what is none is none."""
    assert soap.seconds(text) == seconds


@pytest.mark.parametrize(
    ("text", "expected"),
    [("TRUE", True), ("True", True), ("1", True), ("no", False), (None, False)],
)
def test_options_are_read(text: str | None, expected: bool) -> None:
    """pywinrm writes TRUE, pypsrp True."""
    assert soap.true(text) is expected


def test_a_request_is_read() -> None:
    """Headers, selectors and body, whatever the prefixes."""
    request = soap.read_request(
        envelope(f"{TRANSFER}Create", "<rsp:Shell/>", shell_id="A1", timeout="PT7S").encode()
    )

    assert (request.verb, request.selectors, request.operation_timeout) == (
        "Create",
        {"ShellId": "A1"},
        7,
    )
    assert request.body is not None
    assert request.body.tag == f"{soap.SHELL}Shell"
    assert request.max_envelope_size == 153600


@given(st.binary(max_size=200))
def test_nonsense_is_refused(data: bytes) -> None:
    """Whatever comes is a request or a fault, never another error."""
    try:
        soap.read_request(data)
    except WSManError as error:
        assert error.code == 0x80338043  # noqa: PT017 - most of it is nonsense, not all


def test_an_entity_without_end_is_refused() -> None:
    """Entities that would grow to gigabytes are an invalid message."""
    levels = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 100}">' for n in range(1, 8))
    message = f'<!DOCTYPE x [<!ENTITY e0 "boom">{levels}]><x>&e7;</x>'

    with pytest.raises(WSManError):
        soap.read_request(message.encode())


@pytest.mark.parametrize("code", [*KINDS, 0x12345])
def test_every_fault_is_an_envelope(code: int) -> None:
    """Its code, its text and the message that it answers stand where clients look for them."""
    error = WSManError(code)

    root = ET.fromstring(soap.fault("uuid:<&1>", error.body("host")))  # noqa: S314 - our own

    assert root.findtext(f"{soap.SOAP}Header/{soap.ADDRESSING}RelatesTo") == "uuid:<&1>"
    found = root.find(".//{http://schemas.microsoft.com/wbem/wsman/1/wsmanfault}WSManFault")
    assert found is not None
    assert found.get("Code") == str(code)
    assert root.findtext(f".//{soap.SOAP}Text") == error.kind.text


def test_a_fault_names_its_case() -> None:
    """The message says which shell, escaped as XML wants it."""
    body = no_shell("<1>").body("h&h")

    assert b"ShellId &lt;1&gt; failed" in body
    assert b'Machine="h&amp;h"' in body
