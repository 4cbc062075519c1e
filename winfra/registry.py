"""The registry's names and data, checked and put into a form that can be compared."""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from typing import Any, Literal, TypeAlias, cast, get_args

from pyinfra.api import OperationValueError
from pyinfra.api.hiddenvalue import HiddenValue

from winfra.messages.operations import (
    REGISTRY_DATA_REFUSED,
    REGISTRY_KEY_REFUSED,
    REGISTRY_NAME_REFUSED,
    SECRET_REFUSED,
)

Kind: TypeAlias = Literal["String", "ExpandString", "DWord", "QWord", "MultiString", "Binary"]
Data: TypeAlias = str | int | bytes | Sequence[str]

KINDS: tuple[Kind, ...] = get_args(Kind)
HIVES = {
    "HKLM": "HKEY_LOCAL_MACHINE",
    "HKCU": "HKEY_CURRENT_USER",
    "HKCR": "HKEY_CLASSES_ROOT",
    "HKCC": "HKEY_CURRENT_CONFIG",
    "HKU": "HKEY_USERS",
}
UNNAMED = "(default)"
_LARGEST = {"DWord": 0xFFFFFFFF, "QWord": 0xFFFFFFFFFFFFFFFF}
_CONTROL = re.compile(r"[\x00-\x1f]")
# What Windows cannot start without; the keys right below a hive are never removed either.
_WINDOWS_OWN = {
    r"software\classes",
    r"software\microsoft",
    r"software\policies",
    r"software\wow6432node",
    r"system\currentcontrolset",
    r"system\setup",
}


def key_path(path: str) -> str:
    r"""A key's full path, ``HKEY_LOCAL_MACHINE\SOFTWARE\x``.

    The hive may be written in short and with a colon: ``HKLM:\SOFTWARE\x``, ``HKLM\SOFTWARE\x``.
    """
    hive, *names = path.rstrip("\\").split("\\")
    hive = hive.removeprefix("Registry::").removesuffix(":").upper()
    hive = HIVES.get(hive, hive)
    if hive not in HIVES.values():
        raise _key_error(path, f"there is no hive '{hive}'")
    if not names:
        raise _key_error(path, "it is a hive and not a key")
    for name in names:
        if reason := _key_refusal(name):
            raise _key_error(path, reason)
    return "\\".join([hive, *names])


def check_key_removal(path: str) -> None:
    """Refuse to remove a key that Windows cannot be without."""
    _, *names = path.split("\\")
    if len(names) == 1 or "\\".join(names).lower() in _WINDOWS_OWN:
        raise _key_error(path, "Windows needs it, and it is never removed")


def value_name(name: str) -> str:
    """A value's name; the one without a name is the empty text, also written ``(default)``."""
    if name.lower() == UNNAMED:
        return ""
    if _CONTROL.search(name) or len(name) > 16_383:
        raise OperationValueError(REGISTRY_NAME_REFUSED.text(name=repr(name[:40])))
    return name


def stored(data: object, kind: str | None, place: str) -> tuple[str, Data]:
    """Kind and data as the registry keeps them; a secret, or what does not fit, is refused."""
    if isinstance(data, HiddenValue):
        raise OperationValueError(SECRET_REFUSED.text(place=place))
    data = bytes(data) if isinstance(data, bytearray) else data
    data = list(data) if isinstance(data, tuple) else data
    kind = _natural_kind(data) if kind is None else kind
    if kind not in KINDS:
        raise _data_error(f"kind {kind!r} is none of {', '.join(KINDS)}")
    if reason := _data_refusal(data, kind):
        raise _data_error(reason)
    return kind, cast(Data, data)


def to_texts(data: Data, kind: str) -> list[str]:
    """Data as the scripts take it: numbers in decimal, bytes in base64."""
    if isinstance(data, bytes):
        return [base64.b64encode(data).decode()]
    if kind == "MultiString":
        return [str(item) for item in data] if isinstance(data, Sequence) else []
    return [str(data)]


def from_texts(texts: list[str], kind: str) -> Data:
    """Data as the scripts give it; a kind that is not among ``KINDS`` is bytes."""
    if kind == "MultiString":
        return texts
    if kind in _LARGEST:
        return int(texts[0])
    if kind in {"String", "ExpandString"}:
        return texts[0]
    return base64.b64decode(texts[0]) if texts else b""


def _key_refusal(name: str) -> str | None:
    if not name or name in {".", ".."}:
        return "a name in it is empty, '.' or '..'"
    if "/" in name:
        return f"'{name}' has a '/', which PowerShell takes for a backslash"
    if _CONTROL.search(name) or len(name) > 255:
        return f"{name[:40]!r} is too long or has control characters"
    return None


def _natural_kind(data: Any) -> str:
    if isinstance(data, int):
        return "DWord" if data <= _LARGEST["DWord"] else "QWord"
    if isinstance(data, bytes):
        return "Binary"
    return "String" if isinstance(data, str) else "MultiString"


def _data_refusal(data: Any, kind: str) -> str | None:
    if kind in _LARGEST:
        whole = isinstance(data, int) and not isinstance(data, bool)
        fits = whole and 0 <= data <= _LARGEST[kind]
        return None if fits else f"{data!r} is no {kind}: a whole number from 0 to {_LARGEST[kind]}"
    if kind == "Binary":
        return None if isinstance(data, bytes) else f"{data!r} is no Binary: bytes"
    if kind == "MultiString":
        listed = isinstance(data, list) and all(_is_text(item) and item for item in data)
        return (
            None if listed else f"{data!r} is no MultiString: a list of texts, none of them empty"
        )
    return None if _is_text(data) else f"{data!r} is no {kind}: a text"


def _is_text(data: object) -> bool:
    return isinstance(data, str) and "\x00" not in data


def _key_error(path: str, reason: str) -> OperationValueError:
    return OperationValueError(REGISTRY_KEY_REFUSED.text(path=path, reason=reason))


def _data_error(reason: str) -> OperationValueError:
    return OperationValueError(REGISTRY_DATA_REFUSED.text(reason=reason))
