"""Text of the host: in files, and of its times."""

from __future__ import annotations

import codecs
from datetime import datetime


def text_of(content: bytes) -> str | None:
    """The text that bytes hold, byte order mark kept; ``None`` when they are not text.

    UTF-16 needs its byte order mark; everything else has to be UTF-8 without control characters.
    """
    try:
        if content.startswith(codecs.BOM_UTF16_LE):
            return content.decode("utf-16-le")
        if content.startswith(codecs.BOM_UTF16_BE):
            return content.decode("utf-16-be")
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        return None
    return None if any(character in text for character in "\x00\x01\x02\x03\x04") else text


def utc_time(text: str) -> datetime:
    """A time in .NET's round-trip format, which has seven digits of a second and Z for UTC."""
    return datetime.fromisoformat(f"{text.removesuffix('Z')[:26]}+00:00")
