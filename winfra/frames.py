"""Requests and replies as the session's process exchanges them: pure bytes, no network."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from pyinfra.api.hiddenvalue import HiddenValue

from winfra.script import Value

HEADER_SIZE = 106
KINDS = "OECR"


class FrameError(ValueError):
    """A reply that is not what the process wrote."""


@dataclass(frozen=True)
class Reply:
    """One reply: output (O), error output (E), content of a file (C) or the result (R)."""

    kind: str
    number: int
    body: bytes


@dataclass
class _Parts:
    """A request's parameters taken apart: what may be JSON and what may not."""

    secrets: bytearray = field(default_factory=bytearray)
    places: list[dict[str, Any]] = field(default_factory=list)

    def hide(self, path: list[str], secret: HiddenValue) -> None:
        body = secret.unmask().encode()
        place = {"path": path, "offset": len(self.secrets), "length": len(body)}
        self.places.append(place)
        self.secrets += body

    def plain(self, parameters: Mapping[str, Value], path: list[str]) -> dict[str, Any]:
        """The parameters without their secrets: at the top, and one mapping deep."""
        kept: dict[str, Any] = {}
        for name, value in parameters.items():
            if isinstance(value, HiddenValue):
                self.hide([*path, name], value)
            elif isinstance(value, Mapping) and not path:
                kept[name] = self.plain(value, [name])
            else:
                kept[name] = value
        return kept


def encode(
    marker: str,
    number: int,
    fields: Mapping[str, Value],
    parameters: Mapping[str, Value],
    content_length: int = 0,
) -> bytes:
    """A request up to its content, which follows as it is.

    Secrets stand beside the JSON: module logging records what ConvertFrom-Json reads (event 4103).
    """
    parts = _Parts()
    request = {**fields, "parameters": parts.plain(parameters, []), "secrets": parts.places}
    text = json.dumps(request).encode()
    body = text + parts.secrets
    digest = hashlib.sha256(body).hexdigest()
    header = f"{marker} {number:010d} {len(text):010d} {len(parts.secrets):010d}"
    return f"{header} {content_length:016d} {digest}\n".encode() + body


def piece(text: str) -> bytes:
    """A text as ``Read-Piece`` of loader.ps1 reads it: eight digits, then so many bytes."""
    body = text.encode()
    return b"%08d%s" % (len(body), body)


class Replies:
    """The replies in a stream that comes in parts; bytes that belong to none are noise."""

    def __init__(self, marker: str) -> None:
        self._buffer = bytearray()
        self.noise = bytearray()
        self._start = marker.encode() + b" "
        kinds = f"[{KINDS}]".encode()
        self._header = re.compile(
            re.escape(self._start) + b"(" + kinds + rb") (\d{10}) (\d{10}) ([0-9a-f]{64})\n"
        )

    @property
    def rest(self) -> bytes:
        """All that belongs to no reply, at the end of the stream."""
        return bytes(self.noise + self._buffer)

    def feed(self, data: bytes) -> Iterator[Reply]:
        self._buffer += data
        while (reply := self._take()) is not None:
            yield reply

    def _take(self) -> Reply | None:
        self._drop_noise()
        if len(self._buffer) < HEADER_SIZE:
            return None
        header = self._header.match(self._buffer)
        if header is None:
            raise FrameError(f"a header that cannot be read: {bytes(self._buffer[:HEADER_SIZE])!r}")
        end = HEADER_SIZE + int(header[3])
        if len(self._buffer) < end:
            return None
        body = bytes(self._buffer[HEADER_SIZE:end])
        reply = Reply(header[1].decode(), int(header[2]), body)
        if hashlib.sha256(body).hexdigest().encode() != header[4]:
            raise FrameError(f"reply {reply.number} was damaged on its way")
        del self._buffer[:end]
        return reply

    def _drop_noise(self) -> None:
        start = self._buffer.find(self._start)
        if start < 0:
            # The beginning of a marker may stand at the end, its rest still to come.
            start = max(0, len(self._buffer) - len(self._start) + 1)
        self.noise += self._buffer[:start]
        del self._buffer[:start]
