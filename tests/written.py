"""The ways in which a text may be written down."""

from __future__ import annotations

import base64
import json


def holds(data: bytes, secret: str) -> bool:
    """Does the secret stand there, however it is written?"""
    return any(form in data for form in forms(secret))


def forms(secret: str) -> list[bytes]:
    """As UTF-8, UTF-16, in JSON, and each in Base64, where it may begin at any of three places."""
    found = []
    escaped = json.dumps(secret).strip('"')
    for plain in secret.encode(), secret.encode("utf-16-le"), escaped.encode():
        found.append(plain)
        for before in range(3):
            coded = base64.b64encode(b"?" * before + plain)
            found.append(coded[4 * (before > 0) : len(coded) // 4 * 4 - 4])
    return found
