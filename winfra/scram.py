"""What PostgreSQL keeps of a password: a SCRAM-SHA-256 verifier, from which nobody can read it.

RFC 5802 and RFC 7677 say how it is made, RFC 4013 (SASLprep) what becomes of the text before.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import os
import re
import stringprep
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass

ITERATIONS = 4096
"""PostgreSQL's own number, and the least that RFC 7677 allows."""
_SALT_BYTES = 16
_VERIFIER = re.compile(r"SCRAM-SHA-256\$(\d{1,9}):([\w+/=]+)\$([\w+/=]+):([\w+/=]+)", re.ASCII)
# RFC 4013, 2.3: the tables of RFC 3454 that a prepared text must not touch.
_PROHIBITED: tuple[tuple[str, Callable[[str], bool]], ...] = (
    ("a control character", stringprep.in_table_c21_c22),
    ("a space that is not the ASCII one", stringprep.in_table_c12),
    ("a character for private use", stringprep.in_table_c3),
    ("no character", stringprep.in_table_c4),
    ("half of a surrogate pair", stringprep.in_table_c5),
    ("a character that is not for plain text", stringprep.in_table_c6),
    ("a character that describes others", stringprep.in_table_c7),
    ("a character that changes how others are shown", stringprep.in_table_c8),
    ("a tag", stringprep.in_table_c9),
    ("a character that Unicode 3.2 does not have", stringprep.in_table_a1),
)


class PasswordError(ValueError):
    """A password that SCRAM does not define; programs would differ in what they make of it."""


@dataclass(frozen=True)
class _Verifier:
    iterations: int
    salt: bytes
    stored_key: bytes
    server_key: bytes

    def __str__(self) -> str:
        salt, stored, server = (
            base64.b64encode(part).decode()
            for part in (self.salt, self.stored_key, self.server_key)
        )
        return f"SCRAM-SHA-256${self.iterations}:{salt}${stored}:{server}"


def verifier(password: str, salt: bytes | None = None, iterations: int = ITERATIONS) -> str:
    """The text for ``CREATE ROLE … PASSWORD``; it differs each time, since its salt does."""
    return str(_derived(prepared(password), salt or os.urandom(_SALT_BYTES), iterations))


def matches(kept: str | None, password: str) -> bool:
    """Whether ``pg_authid.rolpassword`` is of this password; ``False`` for MD5 and for none."""
    found = _parsed(kept or "")
    if found is None:
        return False
    derived = _derived(prepared(password), found.salt, found.iterations)
    # Both keys: with one of them spoilt, the server or the client would refuse the other.
    return hmac.compare_digest(
        found.stored_key + found.server_key, derived.stored_key + derived.server_key
    )


def prepared(password: str) -> str:
    """The password as SASLprep has it; ``PasswordError`` where that takes it not at all."""
    mapped = "".join(_mapped(character) for character in password)
    text = unicodedata.normalize("NFKC", mapped)
    if not text:
        raise PasswordError("it is empty" if not password else "nothing of it can be seen")
    for what, in_table in _PROHIBITED:
        if found := next(filter(in_table, mapped + text), None):
            raise PasswordError(f"it has {what} (U+{ord(found):04X})")
    _check_direction(text)
    return text


def _mapped(character: str) -> str:
    if stringprep.in_table_c12(character):
        return " "
    return "" if stringprep.in_table_b1(character) else character


def _check_direction(text: str) -> None:
    """RFC 3454, 6: what has a letter written from right to left has no other, and such at its ends."""
    if not any(map(stringprep.in_table_d1, text)):
        return
    ends = stringprep.in_table_d1(text[0]) and stringprep.in_table_d1(text[-1])
    if any(map(stringprep.in_table_d2, text)) or not ends:
        raise PasswordError("it has letters of both directions, or does not begin and end with one")


def _derived(password: str, salt: bytes, iterations: int) -> _Verifier:
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, iterations)
    client = hmac.digest(salted, b"Client Key", "sha256")
    server = hmac.digest(salted, b"Server Key", "sha256")
    return _Verifier(iterations, salt, hashlib.sha256(client).digest(), server)


def _parsed(text: str) -> _Verifier | None:
    found = _VERIFIER.fullmatch(text)
    if found is None or int(found[1]) < 1:
        return None
    try:
        salt, stored, server = (
            base64.b64decode(part, validate=True) for part in found.groups()[1:]
        )
    except binascii.Error:
        return None
    return _Verifier(int(found[1]), salt, stored, server)
