"""Security identifiers: what Windows compares where people write names."""

from __future__ import annotations

import hashlib
import re
import struct

ADMINISTRATORS = "S-1-5-32-544"
USERS = "S-1-5-32-545"
EVERYONE = "S-1-1-0"
AUTHENTICATED_USERS = "S-1-5-11"
LOCAL_ACCOUNT = "S-1-5-113"
SYSTEM = "S-1-5-18"
ALL_SERVICES = "S-1-5-80-0"
SERVICE = "S-1-5-6"

# "Well-known SIDs" and "Security identifiers": English names, which a server in another language lacks.
WELL_KNOWN = {
    "everyone": EVERYONE,
    "creator owner": "S-1-3-0",
    "nt authority\\authenticated users": AUTHENTICATED_USERS,
    "authenticated users": AUTHENTICATED_USERS,
    "nt authority\\system": SYSTEM,
    "system": SYSTEM,
    "localsystem": SYSTEM,
    "nt authority\\local service": "S-1-5-19",
    "nt authority\\localservice": "S-1-5-19",
    "local service": "S-1-5-19",
    "nt authority\\network service": "S-1-5-20",
    "nt authority\\networkservice": "S-1-5-20",
    "network service": "S-1-5-20",
    "builtin\\administrators": ADMINISTRATORS,
    "administrators": ADMINISTRATORS,
    "builtin\\users": USERS,
    "users": USERS,
    "builtin\\backup operators": "S-1-5-32-551",
    "builtin\\remote management users": "S-1-5-32-580",
    "remote management users": "S-1-5-32-580",
    "builtin\\performance log users": "S-1-5-32-559",
    "nt service\\all services": ALL_SERVICES,
}
_SID = re.compile(r"S-1-\d+(-\d+)+", re.IGNORECASE)
_VIRTUAL = "NT SERVICE\\"


def is_sid(text: str) -> bool:
    """Is the text a SID as Windows writes it?"""
    return _SID.fullmatch(text) is not None


def virtual_account_sid(account: str) -> str:
    r"""The SID of ``NT SERVICE\NAME``, which Windows resolves only once the service exists.

    S-1-5-80 and the SHA-1 of the service's upper-case name in UTF-16 ("Service SID", sc.exe showsid).
    """
    name = account[len(_VIRTUAL) :].upper()
    parts = struct.unpack("<5I", hashlib.sha1(name.encode("utf-16-le")).digest())  # noqa: S324
    return "-".join(["S-1-5-80", *map(str, parts)])


def known_sid(account: str) -> str | None:
    """The SID of an account that needs no host to tell it; ``None`` for others."""
    if is_sid(account):
        return account.upper()
    if found := WELL_KNOWN.get(account.lower()):
        return found
    return virtual_account_sid(account) if is_virtual(account) else None


def is_virtual(account: str) -> bool:
    r"""Is it the account of one service, ``NT SERVICE\NAME``?"""
    return account.upper().startswith(_VIRTUAL) and len(account) > len(_VIRTUAL)


def is_managed(account: str) -> bool:
    """Is it a group managed service account, whose name ends with ``$``?"""
    return account.endswith("$")


def is_local(account: str) -> bool:
    r"""Can it be made on the host: a name without a domain, or ``.\NAME``?"""
    bare = account.removeprefix(".\\")
    return known_sid(account) is None and "\\" not in bare and "@" not in bare and bool(bare)
