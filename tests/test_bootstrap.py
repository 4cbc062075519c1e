"""The session's process by its pipes, without the wire: how it ends, what it passes on."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest

from tests.lab.runs import Run, run
from winfra.frames import Replies, Reply, encode, piece
from winfra.lab.bare import write_executable
from winfra.lab.state import Lab
from winfra.session import BOOTSTRAP, OPTIONS, loader

MARKER = "0123456789abcdef"
START = b"".join(map(piece, (BOOTSTRAP.text, BOOTSTRAP.name, MARKER)))


def request(text: str, length: int = 0, **parameters: Any) -> bytes:
    """A request for a script of this text, up to its content."""
    digest = hashlib.sha256(text.encode()).hexdigest()
    fields = {"name": "test.ps1", "digest": digest, "text": text, "directory": None}
    return encode(MARKER, 1, fields, parameters, length)


def process(lab: Lab, data: bytes) -> tuple[Run, list[Reply]]:
    """The process with this standard input: how it ended and what it replied."""
    ended = run(lab, f"powershell.exe {OPTIONS} -Command {loader()}", data)
    replies = Replies(MARKER).feed(ended.raw)
    # It says with an empty one that it is there.
    return ended, [reply for reply in replies if reply.body]


def answer(lab: Lab, text: str, **parameters: Any) -> tuple[Any, list[Reply]]:
    """The value that a script returns, and the other replies."""
    ended, (*others, last) = process(lab, START + request(text, **parameters))
    assert ended.code == 0
    result = json.loads(last.body)
    assert not result["failure"]
    return result["value"], others


def damaged(data: bytes) -> bytes:
    return data.replace(b'"test.ps1"', b'"tost.ps1"')


@pytest.mark.parametrize(
    ("data", "code"),
    [
        pytest.param(START[:20], 65, id="in the middle of the bootstrap"),
        pytest.param(START, 0, id="before a request"),
        pytest.param(START + request("1")[:90], 0, id="in the middle of a request"),
        pytest.param(START + request("1", length=5) + b"abc", 0, id="in the middle of content"),
        pytest.param(START + b"f" * 16 + request("1")[16:], 66, id="another session's marker"),
        pytest.param(START + damaged(request("1")), 67, id="a damaged request"),
    ],
)
def test_the_process_ends_with_its_input(lab: Lab, data: bytes, code: int) -> None:
    """What it cannot trust or does not get to its end is not carried out, and it goes."""
    ended, replies = process(lab, data)

    assert ended.code == code
    assert replies == []


def test_verbose_and_debug_records_are_dropped(lab: Lab) -> None:
    """Only what a user is meant to read comes back as output."""
    text = "Write-Verbose 'one' -Verbose\nWrite-Debug 'two' -Debug\nWrite-Information 'three'\n4"

    value, others = answer(lab, text)

    assert value == 4
    assert [(reply.kind, reply.body) for reply in others] == [("O", b"three\n")]


def test_output_of_a_grandchild(lab: Lab) -> None:
    """What comes shortly after the program's end still counts; then nobody waits for more."""
    text = "#!/bin/sh\n(sleep 0.2; echo late; sleep 0.2; echo later; sleep 20) & echo first\n"
    write_executable(lab.path(r"C:\program.exe"), text)

    value, _ = answer(lab, r"(Invoke-Native C:\program.exe).Output")

    assert value == "first\nlate\nlater\n"
