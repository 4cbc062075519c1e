"""Facts about the registry: data as it is stored, environment variables in it not expanded."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypedDict

from typing_extensions import override

from winfra.fact import WindowsFact
from winfra.registry import Data, from_texts, key_path, value_name
from winfra.script import Script


class RegistryValue(TypedDict):
    """One value: ``kind`` is one of ``winfra.registry.KINDS``, or what else Windows knows."""

    kind: str
    data: Data


class RegistryKey(TypedDict):
    """A key's values by name (the unnamed one is ``""``), and the names of the keys in it."""

    values: dict[str, RegistryValue]
    keys: list[str]


class Keys(WindowsFact[dict[str, RegistryKey | None]]):
    r"""
    Returns several keys in one exchange; ``None`` for each that does not exist:

    .. code:: python

        {
            "HKEY_LOCAL_MACHINE\\SOFTWARE\\Example": {
                "values": {"Port": {"kind": "DWord", "data": 4200}},
                "keys": ["Sub"],
            },
        }
    """

    def command(self, paths: Sequence[str]) -> Script:
        return Script("get_registry", Path=[key_path(path) for path in paths])

    @override
    def read(self, value: Any) -> dict[str, RegistryKey | None]:
        return {item["Path"]: _key(item["Key"]) for item in value["Items"]}


class Key(WindowsFact[RegistryKey | None]):
    """Returns a key as ``Keys`` does, or ``None`` if it does not exist."""

    def command(self, path: str) -> Script:
        return Script("get_registry", Path=[key_path(path)])

    @override
    def read(self, value: Any) -> RegistryKey | None:
        return _key(value["Items"][0]["Key"])


def find_value(key: RegistryKey | None, value: str) -> RegistryValue | None:
    """A key's value by its name, of which the registry does not tell upper and lower case."""
    wanted = value_name(value).lower()
    values = key["values"] if key else {}
    return next((found for name, found in values.items() if name.lower() == wanted), None)


def _key(key: Any) -> RegistryKey | None:
    if key is None:
        return None
    return {
        "values": {item["Name"]: _value(item) for item in key["Stored"]},
        "keys": key["Subkeys"],
    }


def _value(item: Any) -> RegistryValue:
    return {"kind": item["Kind"], "data": from_texts(item["Data"], item["Kind"])}
