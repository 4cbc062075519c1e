"""Messages encrypted under a connection's security context (MS-WSMV 2.2.9.1)."""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass

import spnego
from spnego.exceptions import SpnegoError

_BOUNDARY = b"--Encrypted Boundary"
_OCTETS = b"Content-Type: application/octet-stream\r\n"
_PROTOCOL = re.compile(
    r'protocol="(application/HTTP-(?:SPNEGO|Kerberos)-session-encrypted)"', re.IGNORECASE
)
_LENGTH = re.compile(rb"OriginalContent:[^\r\n]*Length=(\d+)", re.IGNORECASE)


class DecryptionError(Exception):
    """A body that this connection's security context cannot read."""


@dataclass(frozen=True)
class Encryption:
    """How the two sides of a connection encrypt.

    + protocol: the one that the client named
    """

    context: spnego.ContextProxy
    protocol: str

    def unwrap(self, body: bytes) -> bytes:
        """The message in a multipart body."""
        start = body.find(_OCTETS)
        end = body.rfind(_BOUNDARY + b"--")
        length = _LENGTH.search(body, 0, max(start, 0))
        if start < 0 or end < 0 or length is None:
            raise DecryptionError("not a multipart/encrypted body")
        payload = body[start + len(_OCTETS) : end]
        try:
            (header,) = struct.unpack_from("<I", payload)
            message = self.context.unwrap_winrm(payload[4 : 4 + header], payload[4 + header :])
        except (SpnegoError, struct.error, ValueError) as error:
            raise DecryptionError(str(error)) from error
        if len(message) != int(length[1]):
            raise DecryptionError(f"{len(message)} bytes where {int(length[1])} were announced")
        return message

    def wrap(self, message: bytes) -> bytes:
        """A multipart body around a message."""
        wrapped = self.context.wrap_winrm(message)
        head = (
            b"%s\r\n\tContent-Type: %s\r\n\tOriginalContent: "
            b"type=application/soap+xml;charset=UTF-8;Length=%d\r\n%s\r\n\t%s%s"
        ) % (
            _BOUNDARY,
            self.protocol.encode(),
            len(message) + wrapped.padding_length,
            _BOUNDARY,
            _OCTETS,
            struct.pack("<I", len(wrapped.header)),
        )
        return b"".join((head, wrapped.header, wrapped.data, _BOUNDARY, b"--\r\n"))

    @property
    def content_type(self) -> str:
        return f'multipart/encrypted;protocol="{self.protocol}";boundary="Encrypted Boundary"'


def encrypted_protocol(content_type: str) -> str:
    """The protocol that a Content-Type names; empty when the body is not encrypted."""
    match = _PROTOCOL.search(content_type)
    return match[1] if match and content_type.lower().startswith("multipart/") else ""
