"""SIDs as text and as bytes."""

from __future__ import annotations

import hashlib
import re
import struct

_TEXT = re.compile(r"S-1-(\d{1,15}|0x[0-9A-F]{1,12})((?:-\d{1,10}){1,15})", re.IGNORECASE)


def parse(text: str) -> str | None:
    """A SID in its usual spelling; None where the text is none."""
    found = _TEXT.fullmatch(text)
    if found is None:
        return None
    authority = int(found[1], 0) if found[1][1:2].lower() == "x" else int(found[1])
    parts = [int(part) for part in found[2][1:].split("-")]
    if authority >= 2**48 or any(part >= 2**32 for part in parts):
        return None
    return "-".join(["S", "1", str(authority), *map(str, parts)])


def service_sid(name: str) -> str:
    r"""The SID of ``NT SERVICE\NAME``: from SHA-1 of the upper-case name ("Service accounts")."""
    digest = hashlib.sha1(name.upper().encode("utf-16-le"), usedforsecurity=False).digest()
    return "S-1-5-80-" + "-".join(map(str, struct.unpack("<5I", digest)))


def domain_of(sid: str) -> str:
    return sid.rpartition("-")[0]


def rid_of(sid: str) -> int:
    return int(sid.rpartition("-")[2])
