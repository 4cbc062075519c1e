"""What a service of Prefect is told by its environment: names, texts, and the file that holds them."""

from __future__ import annotations

import difflib
import hashlib
import json
import re
from collections.abc import Collection, Iterator, Mapping

from pyinfra.api import OperationValueError
from pyinfra.api.hiddenvalue import HiddenValue

from winfra.messages import prefect_settings as messages

Value = str | int | float | bool | HiddenValue | None
Settings = Mapping[str, str | HiddenValue]

_PREFIX = "PREFECT_"
# What logging.yml of Prefect can be overridden by, one variable for each path in it, and what names a profile.
_NOT_MODELLED = re.compile(
    r"PREFECT_(PROFILE|LOGGING_(FORMATTERS|FILTERS|HANDLERS|LOGGERS|ROOT)_\w+)"
)
_SECRET = re.compile(
    r"PASSWORD|SECRET|TOKEN|CONNECTION_(URL|STRING)|AUTH_STRING|_KEY$|CUSTOM_HEADERS"
)
_DATABASE = re.compile(r"PREFECT_(SERVER|API)_DATABASE_|PREFECT_SERVER_API_AUTH_STRING")


def texts(settings: Mapping[str, Value]) -> dict[str, str | HiddenValue]:
    """The settings as text, by name; what is ``None`` is left to Prefect, what is secret is hidden."""
    # Windows takes all spellings of a name for one variable, Prefect's own is in capitals.
    found = {name.upper(): value for name, value in settings.items()}
    return {name: _text(name, found[name]) for name in sorted(found) if found[name] is not None}


def content(settings: Settings) -> str:
    """The file: one JSON object, one line a setting, so that each can be compared by its line."""
    lines = [f"{json.dumps(name)}: {_literal(value)}" for name, value in settings.items()]
    return "{\n" + ",\n".join(lines) + "\n}\n"


def digest(settings: Settings) -> str:
    """The SHA-256 of the file."""
    return hashlib.sha256(content(settings).encode()).hexdigest()


def shown(settings: Settings) -> list[str]:
    """The names of those whose values may be seen."""
    return [name for name, value in settings.items() if not isinstance(value, HiddenValue)]


def unknown(settings: Settings, known: Collection[str]) -> Iterator[tuple[str, str | None]]:
    """Prefect's settings that are none to it, each with the one that may be meant."""
    # Without what all of them begin with, which would make any two alike.
    ends = [name.removeprefix(_PREFIX) for name in known]
    for name in settings:
        if name.startswith(_PREFIX) and name not in known and not _NOT_MODELLED.fullmatch(name):
            near = difflib.get_close_matches(name.removeprefix(_PREFIX), ends, 1)
            yield name, f"{_PREFIX}{near[0]}" if near else None


def check_worker(settings: Mapping[str, object]) -> None:
    """Refuse what gives access to the database: a worker hands its environment to every flow."""
    for name, value in settings.items():
        if value is not None and _DATABASE.match(name.upper()):
            raise OperationValueError(messages.NOT_FOR_WORKERS.text(setting=name))


def _text(name: str, value: object) -> str | HiddenValue:
    if isinstance(value, bool):
        return "true" if value else "false"
    text = value.unmask() if isinstance(value, HiddenValue) else str(value)
    if not re.fullmatch(r"[^=\x00\s]+", name) or "\x00" in text:
        raise OperationValueError(messages.BAD_SETTING.text(setting=repr(name)))
    hidden = isinstance(value, HiddenValue) or _SECRET.search(name)
    return HiddenValue(text) if hidden else text


def _literal(value: str | HiddenValue) -> str:
    """In ASCII, so that no program reads it in another code page."""
    return json.dumps(value.unmask() if isinstance(value, HiddenValue) else value)
