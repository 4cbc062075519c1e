"""What a lab recorded of the decrypted wire, taken apart without the product's own code."""

from __future__ import annotations

import base64
import hashlib
import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

from winfra.lab.state import Lab

HEADER = 132
"""Bytes of a request's header, as bootstrap.ps1 describes it."""


@dataclass(frozen=True)
class Message:
    """A SOAP message: ``kind`` is request or reply, ``action`` the last part of its action."""

    file: Path
    kind: str
    action: str
    tree: ET.Element
    size: int

    def texts(self, name: str) -> list[str]:
        """The texts of all elements of a name, whatever their namespace."""
        return [node.text or "" for node in self.tree.iter() if _local(node.tag) == name]

    def stream(self, name: str) -> bytes:
        """The bytes that a Send or its counterpart carries of ``stdin``, ``stdout``, ``stderr``."""
        nodes = (node for node in self.tree.iter() if _local(node.tag) == "Stream")
        return b"".join(
            base64.b64decode(node.text or "") for node in nodes if node.get("Name") == name
        )

    @property
    def command(self) -> str:
        """The command that a Send or a Receive is about."""
        nodes = (node for node in self.tree.iter() if node.get("CommandId"))
        return next((node.get("CommandId", "") for node in nodes), "")

    @property
    def bare(self) -> str:
        """The message's text without the content of its streams."""
        kept = {node: node.text for node in self.tree.iter() if _local(node.tag) == "Stream"}
        for node in kept:
            node.text = ""
        found = ET.tostring(self.tree, encoding="unicode")
        for node, text in kept.items():
            node.text = text
        return found


@dataclass(frozen=True)
class Request:
    """A request of the session: its JSON, the bytes beside it, and the content behind it."""

    json: str
    secrets: bytes
    content: bytes

    @property
    def fields(self) -> dict[str, Any]:
        fields: dict[str, Any] = json.loads(self.json)
        return fields


def messages(lab: Lab) -> list[Message]:
    """All messages, in their order."""
    return [_read(file) for file in sorted((lab.log / "messages").glob("*.xml"))]


def inputs(found: list[Message]) -> dict[str, bytes]:
    """Command -> all that was sent to its standard input."""
    joined: dict[str, bytearray] = defaultdict(bytearray)
    for message in found:
        if message.kind == "request" and message.action == "Send":
            joined[message.command] += message.stream("stdin")
    return {command: bytes(data) for command, data in joined.items()}


def start(data: bytes) -> tuple[list[str], bytes]:
    """The texts that loader.ps1 and bootstrap.ps1 read first, and what follows them."""
    texts = []
    for _ in range(3):
        end = 8 + int(data[:8])
        texts.append(data[8:end].decode())
        data = data[end:]
    return texts, data


def requests(data: bytes) -> Iterator[Request]:
    """The requests that a session's process read."""
    marker, at = data[:16], 0
    while at < len(data):
        header = data[at : at + HEADER].decode("ascii").split()
        assert data.startswith(marker, at)
        at += HEADER
        parts = []
        for length in map(int, header[2:5]):
            parts.append(data[at : at + length])
            at += length
        text, secrets, content = parts
        assert header[5] == hashlib.sha256(text + secrets).hexdigest()
        yield Request(text.decode(), secrets, content)


def all_requests(found: list[Message]) -> list[Request]:
    """Every request of every session."""
    return [
        request for data in inputs(found).values() if data for request in requests(start(data)[1])
    ]


def _read(file: Path) -> Message:
    raw = file.read_bytes()
    tree = ET.fromstring(raw)  # noqa: S314  the lab's own file
    kind = file.name.split(".")[1]
    actions = [node.text or "" for node in tree.iter() if _local(node.tag) == "Action"]
    return Message(file, kind, actions[0].rpartition("/")[2] if actions else "", tree, len(raw))


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]
