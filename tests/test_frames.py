"""The bytes of requests and replies."""

import hashlib
import json
from itertools import pairwise

import pytest
from hypothesis import given, strategies as st
from pyinfra.api.hiddenvalue import HiddenValue

from winfra.frames import FrameError, Replies, Reply, encode, piece
from winfra.script import Value

MARKER = "0123456789abcdef"


def reply(kind: str, number: int, body: bytes) -> bytes:
    digest = hashlib.sha256(body).hexdigest()
    return f"{MARKER} {kind} {number:010d} {len(body):010d} {digest}\n".encode() + body


def parts(data: bytes, cuts: list[int]) -> list[bytes]:
    edges = sorted({0, len(data), *(cut % (len(data) + 1) for cut in cuts)})
    return [data[start:end] for start, end in pairwise(edges)]


@given(
    st.lists(st.tuples(st.sampled_from("OECR"), st.binary(max_size=200)), max_size=5),
    st.lists(st.integers(min_value=0)),
)
def test_replies_are_read_however_they_are_cut(
    sent: list[tuple[str, bytes]], cuts: list[int]
) -> None:
    """The stream may break anywhere."""
    replies = Replies(MARKER)
    data = b"".join(reply(kind, 7, body) for kind, body in sent)

    found = [one for part in parts(data, cuts) for one in replies.feed(part)]

    assert found == [Reply(kind, 7, body) for kind, body in sent]


@given(st.binary(max_size=50), st.binary(max_size=50), st.lists(st.integers(min_value=0)))
def test_noise_between_replies_is_set_aside(before: bytes, after: bytes, cuts: list[int]) -> None:
    """What something else writes to standard output is no reply."""
    replies = Replies(MARKER)
    data = before + reply("O", 1, b"x") + after + reply("R", 1, b"{}")

    found = [one for part in parts(data, cuts) for one in replies.feed(part)]

    assert [one.kind for one in found] == ["O", "R"]
    assert bytes(replies.noise) == before + after


def test_a_damaged_body_is_an_error() -> None:
    """The checksum in the header is compared."""
    data = reply("R", 1, b"{}").replace(b"{}", b"[]")

    with pytest.raises(FrameError, match="damaged"):
        list(Replies(MARKER).feed(data))


def test_a_header_that_cannot_be_read_is_an_error() -> None:
    """A marker without a header behind it is not noise."""
    data = MARKER.encode() + b" " + b"?" * 200

    with pytest.raises(FrameError, match="header"):
        list(Replies(MARKER).feed(data))


@given(st.text(min_size=8, max_size=20).filter(lambda text: not text.isascii()))
def test_a_secret_stands_beside_the_json(secret: str) -> None:
    """Module logging records what ConvertFrom-Json reads."""
    parameters: dict[str, Value] = {
        "Name": "x",
        "Password": HiddenValue(secret),
        "Env": {"A": HiddenValue("B" + secret)},
    }

    data = encode(MARKER, 3, {"name": "x.ps1"}, parameters, content_length=5)

    header, _, body = data.partition(b"\n")
    fields = header.decode().split(" ")
    text, secrets = body[: int(fields[2])], body[int(fields[2]) :]
    request = json.loads(text)
    assert secrets.decode() == f"{secret}B{secret}"
    assert request["parameters"] == {"Name": "x", "Env": {}}
    assert [place["path"] for place in request["secrets"]] == [["Password"], ["Env", "A"]]
    assert secret.encode() not in text
    assert len(header) + 1 == 132
    assert fields[4:] == ["0000000000000005", hashlib.sha256(body).hexdigest()]


def test_a_piece_counts_bytes() -> None:
    """loader.ps1 reads bytes, and an é is two of them."""
    assert piece("aé") == b"00000003a\xc3\xa9"
