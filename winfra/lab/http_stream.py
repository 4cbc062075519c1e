"""HTTP/1.1 as far as WS-Management uses it, over one connection."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from email.utils import formatdate
from http import HTTPStatus

HEAD_LIMIT = 65536
BODY_LIMIT = 64 * 1024 * 1024
DRAIN = 1024 * 1024


class BadRequestError(Exception):
    """A request that is no HTTP."""


@dataclass(frozen=True)
class HttpRequest:
    """A request; header names are in lower case."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def keep_alive(self) -> bool:
        return self.headers.get("connection", "").lower() != "close"


@dataclass(frozen=True)
class HttpReply:
    """A reply; a header may stand more than once."""

    status: HTTPStatus
    headers: Sequence[tuple[str, str]] = ()
    body: bytes = b""
    close: bool = False

    def packed(self) -> bytes:
        headers = [
            f"HTTP/1.1 {self.status.value} {self.status.phrase}",
            "Server: Microsoft-HTTPAPI/2.0",
            f"Date: {formatdate(usegmt=True)}",
            *(f"{name}: {value}" for name, value in self.headers),
            f"Content-Length: {len(self.body)}",
            *(("Connection: close",) if self.close else ()),
        ]
        return b"".join(("\r\n".join(headers).encode("latin-1"), b"\r\n\r\n", self.body))


class HttpStream:
    """The requests that come over a socket."""

    def __init__(self, connection: socket.socket) -> None:
        self._socket = connection
        self._input = connection.makefile("rb", buffering=65536)

    def read(self) -> HttpRequest | None:
        """The next request; None when the other side has closed."""
        first = self._input.readline(HEAD_LIMIT)
        if not first.endswith(b"\n"):
            return None
        try:
            method, path, version = first.decode("latin-1").split()
        except ValueError as error:
            raise BadRequestError from error
        if not version.startswith("HTTP/1."):
            raise BadRequestError
        headers = self._headers()
        if headers.get("expect", "").lower() == "100-continue":
            self._socket.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        body = self._body(headers)
        return None if body is None else HttpRequest(method, path, headers, body)

    def write(self, data: bytes) -> None:
        self._socket.sendall(data)

    def close(self) -> None:
        """Say that nothing more comes, then let go."""
        with contextlib.suppress(OSError, ValueError):
            # Not SSLSocket's own, which forgets its state while another thread may read.
            socket.socket.shutdown(self._socket, socket.SHUT_RDWR)
        with contextlib.suppress(OSError, ValueError):
            self._input.close()
        with contextlib.suppress(OSError):
            self._socket.close()

    def _headers(self) -> dict[str, str]:
        headers: dict[str, str] = {}
        size = 0
        while (line := self._input.readline(HEAD_LIMIT)) not in {b"\r\n", b"\n", b""}:
            size += len(line)
            name, colon, value = line.decode("latin-1").partition(":")
            if not colon or size > HEAD_LIMIT:
                raise BadRequestError
            headers[name.strip().lower()] = value.strip()
        return headers

    def _body(self, headers: Mapping[str, str]) -> bytes | None:
        if "chunked" in headers.get("transfer-encoding", "").lower():
            return self._chunks()
        length = headers.get("content-length", "0")
        if not length.isdecimal() or int(length) > BODY_LIMIT:
            raise BadRequestError
        body = self._input.read(int(length))
        return body if len(body) == int(length) else None

    def _chunks(self) -> bytes | None:
        parts: list[bytes] = []
        while True:
            try:
                size = int(self._input.readline(HEAD_LIMIT).partition(b";")[0], 16)
            except ValueError as error:
                raise BadRequestError from error
            if size + sum(map(len, parts)) > BODY_LIMIT:
                raise BadRequestError
            part = self._input.read(size + 2)
            if len(part) < size + 2:
                return None
            if size == 0:
                return b"".join(parts)
            parts.append(part[:-2])
