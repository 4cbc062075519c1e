"""SCRAM verifiers, by the RFCs' own examples, and as another implementation makes them."""

import base64
import hashlib
import hmac

import pytest
from hypothesis import given, settings, strategies as st
from psycopg import pq

from winfra import scram
from winfra.scram import PasswordError

# RFC 7677, 3: user "user", password "pencil".
SALT = base64.b64decode("W22ZaJ0SNY7soEsUEjb6gQ==")
AUTH_MESSAGE = (
    "n=user,r=rOprNGfwEbeRWgbNEkqO,"
    "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096,"
    "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0"
)
CLIENT_PROOF = "dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="
SERVER_SIGNATURE = "6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="

PASSWORDS = st.text(st.characters(codec="ascii", categories=("L", "N", "P", "S", "Zs")), min_size=1)


def test_the_keys_are_those_of_the_rfc() -> None:
    """The client's proof of RFC 7677 is right by the stored key, the server's by its key."""
    _, _, keys = scram.verifier("pencil", SALT).split("$")
    stored, server = (base64.b64decode(key) for key in keys.split(":"))

    signature = hmac.digest(stored, AUTH_MESSAGE.encode(), "sha256")
    proof = base64.b64decode(CLIENT_PROOF)
    client = bytes(one ^ other for one, other in zip(proof, signature, strict=True))
    assert hashlib.sha256(client).digest() == stored
    said = hmac.digest(server, AUTH_MESSAGE.encode(), "sha256")
    assert base64.b64encode(said).decode() == SERVER_SIGNATURE


@given(PASSWORDS)
@settings(max_examples=25, deadline=None)
def test_libpq_makes_verifiers_that_match(password: str) -> None:
    """PostgreSQL's own client library is the witness; another password does not match."""
    connection = pq.PGconn.connect_start(b"host=127.0.0.1 port=1")
    kept = connection.encrypt_password(password.encode(), b"x", b"scram-sha-256").decode()
    connection.finish()

    assert scram.matches(kept, password)
    assert not scram.matches(kept, password + "x")


@given(PASSWORDS, st.integers(1, 300))
@settings(max_examples=25, deadline=None)
def test_a_verifier_is_of_its_password(password: str, iterations: int) -> None:
    """With any salt and number of iterations; two are never the same."""
    first, second = (scram.verifier(password, iterations=iterations) for _ in range(2))

    assert first != second
    assert scram.matches(first, password)
    assert scram.matches(second, password)


@pytest.mark.parametrize(
    "kept",
    [
        None,
        "",
        "md5" + "0" * 32,
        "pencil",
        "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d:!",
        "SCRAM-SHA-256$0:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d:wfPL",
        "SCRAM-SHA-256$4096:x$WG5d:wfPL",
    ],
)
def test_what_is_no_verifier_matches_nothing(kept: str | None) -> None:
    """Another kind of password, none, or a damaged one is set anew."""
    assert not scram.matches(kept, "pencil")


@pytest.mark.parametrize("part", [2, 3])
def test_both_keys_count(part: int) -> None:
    """With either of them another's, one side would refuse the other."""
    own, other = (scram.verifier(text, SALT).replace(":", "$") for text in ("pencil", "pen"))
    parts = own.split("$")
    parts[part + 1] = other.split("$")[part + 1]
    mixed = f"{parts[0]}${parts[1]}:{parts[2]}${parts[3]}:{parts[4]}"

    assert scram.matches(scram.verifier("pencil", SALT), "pencil")
    assert not scram.matches(mixed, "pencil")


@pytest.mark.parametrize(
    ("password", "expected"),
    [
        ("I\u00adX", "IX"),  # RFC 4013, 3: soft hyphen is nothing
        ("user", "user"),
        ("USER", "USER"),
        ("\u00aa", "a"),
        ("\u2168", "IX"),
        ("e\u0301", "é"),
        ("a\u00a0b", "a b"),
        ("é'\"\\ %$@:", "é'\"\\ %$@:"),
        ("\u0627\u0628", "\u0627\u0628"),
    ],
)
def test_a_password_is_prepared(password: str, expected: str) -> None:
    """The examples of RFC 4013, and what keyboards give."""
    assert scram.prepared(password) == expected


@pytest.mark.parametrize(
    ("password", "reason"),
    [
        ("", "it is empty"),
        ("\u00ad", "nothing of it can be seen"),
        ("a\u0007", "a control character (U+0007)"),
        ("a\nb", "a control character (U+000A)"),
        ("a\x00", "a control character (U+0000)"),
        ("\u0627\u0031", "both directions"),
        ("\u0627b\u0627", "both directions"),
        ("\ue000", "private use"),
        ("\ud800", "surrogate"),
        ("\ufffd", "plain text"),
        ("\U0001f600", "Unicode 3.2 does not have (U+1F600)"),
    ],
)
def test_a_password_is_refused(password: str, reason: str) -> None:
    """Where SASLprep has no answer, programs differ in theirs."""
    with pytest.raises(PasswordError) as refused:
        scram.verifier(password)

    assert reason in str(refused.value)
