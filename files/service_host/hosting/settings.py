"""The environment of a child: what the service has, without what steers Python, and its settings."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

# One of these from the machine's environment would change what the child does, unseen.
FOREIGN = ("PREFECT_", "PYTHON", "CONDA_")


class SettingsError(ValueError):
    """The sentence about it; never a value, for they are secret."""


def load(path: str | None) -> bytes | None:
    """The bytes of a settings file; ``None`` for a service that has none."""
    if path is None:
        return None
    try:
        return Path(path).read_bytes()
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise SettingsError(f"the settings {path} cannot be read: {reason}") from error


def parse(content: bytes | None, path: str | None = None) -> dict[str, str]:
    """Names and values of a settings file, one JSON object of texts."""
    if content is None:
        return {}
    try:
        # utf-8-sig: Windows PowerShell writes a byte order mark.
        settings = json.loads(content.decode("utf-8-sig"), object_pairs_hook=_Pairs)
    except ValueError as error:
        # Without its text: it could quote the file.
        line = getattr(error, "lineno", None)
        where = "" if line is None else f", line {line}"
        raise SettingsError(f"the settings {path} are not JSON in UTF-8{where}") from None
    if not isinstance(settings, _Pairs):
        raise SettingsError(f"the settings {path} are not one JSON object")
    return _checked(settings, path)


def environment(own: Mapping[str, str], settings: Mapping[str, str]) -> dict[str, str]:
    """What the child gets, sorted as CreateProcess wants it; Windows ignores the case of names."""
    given = {name.upper() for name in settings}
    kept = {
        name: value
        for name, value in own.items()
        if name.upper() not in given and not name.upper().startswith(FOREIGN)
    }
    both = {**kept, **settings}
    return {name: both[name] for name in sorted(both, key=str.upper)}


class _Pairs(list[tuple[str, object]]):
    """An object of JSON before names that come twice are lost."""

    def __init__(self, pairs: Iterable[tuple[str, object]]) -> None:
        super().__init__(pairs)


def _checked(pairs: _Pairs, path: str | None) -> dict[str, str]:
    settings: dict[str, str] = {}
    seen: set[str] = set()
    for name, value in pairs:
        if not name or "=" in name or "\0" in name:
            raise SettingsError(f"the settings {path}: {name!r} is no name of a variable")
        if name.upper() in seen:
            raise SettingsError(f"the settings {path} have {name} twice")
        if not isinstance(value, str) or "\0" in value:
            raise SettingsError(f"the settings {path}: the value of {name} is not a text")
        seen.add(name.upper())
        settings[name] = value
    return settings
