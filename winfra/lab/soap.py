"""Requests read from their envelopes, and replies put into theirs."""

from __future__ import annotations

import re
import uuid

# Expat takes no entity that expands without bound (2.4.1 and newer), and the lab listens on the
# loopback alone.
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape

from winfra.lab.faults import INVALID_XML, WSManError

SOAP = "{http://www.w3.org/2003/05/soap-envelope}"
ADDRESSING = "{http://schemas.xmlsoap.org/ws/2004/08/addressing}"
WSMAN = "{http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd}"
SHELL = "{http://schemas.microsoft.com/wbem/wsman/1/windows/shell}"
IDENTITY = "{http://schemas.dmtf.org/wbem/wsman/identity/1/wsmanidentity.xsd}"
FAULT_ACTION = "http://schemas.dmtf.org/wbem/wsman/1/wsman/fault"

_HEAD = (
    b'<s:Envelope xml:lang="en-US" xmlns:s="http://www.w3.org/2003/05/soap-envelope" '
    b'xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing" '
    b'xmlns:x="http://schemas.xmlsoap.org/ws/2004/09/transfer" '
    b'xmlns:w="http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd" '
    b'xmlns:rsp="http://schemas.microsoft.com/wbem/wsman/1/windows/shell" '
    b'xmlns:p="http://schemas.microsoft.com/wbem/wsman/1/wsman.xsd"><s:Header><a:Action>%s'
    b"</a:Action><a:MessageID>uuid:%s</a:MessageID><a:To>"
    b"http://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous</a:To><a:RelatesTo>%s"
    b"</a:RelatesTo></s:Header><s:Body>"
)
_TAIL = b"</s:Body></s:Envelope>"
# The longest action and message identifier that a client may send still fit.
OVERHEAD = len(_HEAD) + len(_TAIL) + 512

_DURATION = re.compile(
    r"(?P<sign>-)?P(?:(?P<days>\d+)D)?(?:T(?:(?P<hours>\d+)H)?(?:(?P<minutes>\d+)M)?"
    r"(?:(?P<seconds>\d+(?:\.\d+)?)S)?)?"
)


@dataclass(frozen=True)
class Request:
    """What an envelope asks for.

    + body: the first element of the SOAP body
    + operation_timeout: in seconds; None: not said
    """

    action: str
    resource_uri: str
    message_id: str
    selectors: Mapping[str, str]
    options: Mapping[str, str]
    max_envelope_size: int | None
    operation_timeout: float | None
    body: ET.Element | None

    @property
    def verb(self) -> str:
        """The last word of the action: Create, Receive, ..."""
        if self.body is not None and self.body.tag == f"{IDENTITY}Identify":
            return "Identify"
        return self.action.rpartition("/")[2]


def read_request(envelope: bytes) -> Request:
    """The request in an envelope; a WSManError when it is none."""
    try:
        root = ET.fromstring(envelope)  # noqa: S314
    except ET.ParseError as error:
        raise WSManError(INVALID_XML) from error
    header = root.find(f"{SOAP}Header")
    body = root.find(f"{SOAP}Body")
    if root.tag != f"{SOAP}Envelope" or body is None:
        raise WSManError(INVALID_XML)
    header = ET.Element("none") if header is None else header
    return Request(
        action=_text(header, f"{ADDRESSING}Action"),
        resource_uri=_text(header, f"{WSMAN}ResourceURI"),
        message_id=_text(header, f"{ADDRESSING}MessageID"),
        selectors=_named(header, f"{WSMAN}SelectorSet"),
        options={name.upper(): text for name, text in _named(header, f"{WSMAN}OptionSet").items()},
        max_envelope_size=_number(_text(header, f"{WSMAN}MaxEnvelopeSize")),
        operation_timeout=seconds(_text(header, f"{WSMAN}OperationTimeout")),
        body=next(iter(body), None),
    )


def reply(request: Request, content: bytes) -> bytes:
    """The envelope of an answer."""
    return _envelope(f"{request.action}Response", request.message_id, content)


def fault(message_id: str, content: bytes) -> bytes:
    """The envelope of a fault."""
    return _envelope(FAULT_ACTION, message_id, content)


def seconds(duration: str) -> float | None:
    """An xs:duration in seconds; None when it is none."""
    match = _DURATION.fullmatch(duration.strip())
    if not match or duration.strip() in {"P", "PT", ""}:
        return None
    days, hours, minutes, rest = (
        float(match[name] or 0) for name in ("days", "hours", "minutes", "seconds")
    )
    total = days * 86400 + hours * 3600 + minutes * 60 + rest
    return -total if match["sign"] else total


def true(text: str | None) -> bool:
    """Is an option or attribute set?"""
    return (text or "").strip().lower() in {"true", "1"}


def _envelope(action: str, relates_to: str, content: bytes) -> bytes:
    message_id = str(uuid.uuid4()).upper().encode()
    head = _HEAD % (escape(action).encode(), message_id, escape(relates_to).encode())
    return b"".join((head, content, _TAIL))


def _text(parent: ET.Element, tag: str) -> str:
    return (parent.findtext(tag) or "").strip()


def _named(header: ET.Element, tag: str) -> dict[str, str]:
    found = header.find(tag)
    return {} if found is None else {item.get("Name", ""): item.text or "" for item in found}


def _number(text: str) -> int | None:
    return int(text) if text.isdecimal() else None
