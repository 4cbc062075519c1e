"""The lab's registry as the PowerShell engine stores it: a key is a folder, ``@values.json`` its values."""

from __future__ import annotations

import base64
import json
import re
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal, TypeAlias
from urllib.parse import quote, unquote

Kind: TypeAlias = Literal["String", "ExpandString", "Binary", "DWord", "MultiString", "QWord"]
Data: TypeAlias = "str | int | bytes | list[str]"

# Microsoft.Win32.RegistryValueKind
_NUMBERS: dict[Kind, int] = {
    "String": 1,
    "ExpandString": 2,
    "Binary": 3,
    "DWord": 4,
    "MultiString": 7,
    "QWord": 11,
}
_KINDS: dict[int, Kind] = {number: kind for kind, number in _NUMBERS.items()}
_HIVES = {"HKLM": "HKEY_LOCAL_MACHINE", "HKCU": "HKEY_CURRENT_USER"}


class Registry:
    r"""Keys by paths such as ``HKLM\SOFTWARE\X``, found without regard to case."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def exists(self, key: str) -> bool:
        return self._folder(key).is_dir()

    def subkeys(self, key: str) -> list[str]:
        """The names of the keys directly below one."""
        return sorted(unquote(one.name) for one in _folders(self._folder(key)))

    def name(self, key: str) -> str:
        """The last part of a key's path, in the case that it was made with."""
        return unquote(self._folder(key).name)

    def values(self, key: str) -> dict[str, tuple[Kind, Data]]:
        """Name -> kind and data; empty where there is no such key."""
        file = self._folder(key) / "@values.json"
        if not file.is_file():
            return {}
        stored: dict[str, dict[str, Any]] = json.loads(file.read_text(encoding="utf-8"))
        return {name: _loaded(value) for name, value in stored.items()}

    def get(self, key: str, name: str) -> Data | None:
        """A value's data, unexpanded; None where there is none."""
        found = (data for one, (_, data) in self.values(key).items() if one.lower() == name.lower())
        return next(found, None)

    def kind(self, key: str, name: str) -> Kind | None:
        found = (kind for one, (kind, _) in self.values(key).items() if one.lower() == name.lower())
        return next(found, None)

    def set(self, key: str, name: str, data: Data, kind: Kind | None = None) -> None:
        self.set_all(key, {name: (kind or _kind_of(data), data)})

    def set_all(self, key: str, values: Mapping[str, tuple[Kind, Data]]) -> None:
        """Create the key where it is missing and set these values in it."""
        changed = {name.lower() for name in values}
        kept = {name: v for name, v in self.values(key).items() if name.lower() not in changed}
        self._write(key, {**kept, **values})

    def remove(self, key: str, name: str) -> None:
        kept = {one: v for one, v in self.values(key).items() if one.lower() != name.lower()}
        if self.exists(key):
            self._write(key, kept)

    def delete(self, key: str) -> None:
        """Delete a key with all below it; nothing where there is none."""
        shutil.rmtree(self._folder(key), ignore_errors=True)

    def _write(self, key: str, values: Mapping[str, tuple[Kind, Data]]) -> None:
        folder = self._folder(key)
        folder.mkdir(parents=True, exist_ok=True)
        stored = {
            name: {"Kind": _NUMBERS[kind], "Data": _stored(data)}
            for name, (kind, data) in sorted(values.items(), key=lambda item: item[0].lower())
        }
        new = folder / "@new"
        new.write_text(json.dumps(stored), encoding="utf-8")
        new.replace(folder / "@values.json")

    def _folder(self, key: str) -> Path:
        hive, *parts = key.split("\\")
        folder = self.folder / _HIVES.get(hive.upper(), hive)
        for part in parts:
            folder = _child(folder, part)
        return folder


def expand(text: str, variables: Mapping[str, str]) -> str:
    """Replace ``%NAME%`` by the variable of that name, found without regard to case."""
    known = {name.upper(): value for name, value in variables.items()}
    return re.sub("%([^%]+)%", lambda found: known.get(found[1].upper(), found[0]), text)


def _child(folder: Path, name: str) -> Path:
    child = folder / quote(name, safe=" -_.~")
    if child.is_dir():
        return child
    return next((one for one in _folders(folder) if _same(unquote(one.name), name)), child)


def _folders(folder: Path) -> Iterator[Path]:
    return (one for one in folder.iterdir() if one.is_dir()) if folder.is_dir() else iter(())


def _same(one: str, other: str) -> bool:
    return one.lower() == other.lower()


def _loaded(value: Mapping[str, Any]) -> tuple[Kind, Data]:
    kind = _KINDS[value["Kind"]]
    return kind, base64.b64decode(value["Data"]) if kind == "Binary" else value["Data"]


def _stored(data: Data) -> str | int | list[str]:
    return base64.b64encode(data).decode() if isinstance(data, bytes) else data


def _kind_of(data: Data) -> Kind:
    match data:
        case bool() | int():
            return "DWord"
        case bytes():
            return "Binary"
        case list():
            return "MultiString"
        case _:
            return "String"
