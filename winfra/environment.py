"""Names and values of environment variables, and lists such as Path, without a host."""

from __future__ import annotations

import re

from pyinfra.api import OperationValueError
from pyinfra.api.hiddenvalue import HiddenValue

from winfra.facts.registry import RegistryValue
from winfra.messages.operations import (
    ENVIRONMENT_ENTRY_REFUSED,
    ENVIRONMENT_NAME_REFUSED,
    ENVIRONMENT_NEEDED,
    ENVIRONMENT_VALUE_REFUSED,
    SECRET_REFUSED,
)

# Without them no program starts, and the server is out of WinRM's reach.
_WINDOWS_OWN = {"comspec", "path", "pathext", "psmodulepath", "systemroot", "temp", "tmp", "windir"}
_EXPANDABLE = re.compile(r"%[^%=;]+%")
_LONGEST_VALUE = 32_760


def check_name(variable: str) -> None:
    """Refuse a name that Windows does not take."""
    if not 0 < len(variable) <= 255 or re.search(r"[=\x00-\x1f]", variable):
        raise OperationValueError(ENVIRONMENT_NAME_REFUSED.text(variable=repr(variable[:60])))


def check_removal(variable: str) -> None:
    """Refuse to remove a variable that Windows cannot be without."""
    if variable.lower() in _WINDOWS_OWN:
        raise OperationValueError(ENVIRONMENT_NEEDED.text(variable=variable))


def check_value(variable: str, value: str | HiddenValue | None) -> str:
    """A value that can stand in the machine's environment, which every user reads."""
    if isinstance(value, HiddenValue):
        raise OperationValueError(SECRET_REFUSED.text(place=f"the machine's variable {variable}"))
    if not isinstance(value, str) or not value or "\x00" in value or len(value) > _LONGEST_VALUE:
        raise OperationValueError(ENVIRONMENT_VALUE_REFUSED.text(variable=variable))
    return value


def wanted_kind(value: str, current: RegistryValue | None, expand: bool | None) -> str:
    """The kind to store: what it is stays an ExpandString, and what needs expanding becomes one."""
    if expand is None:
        kept = current is not None and current["kind"] == "ExpandString"
        expand = kept or bool(_EXPANDABLE.search(value))
    return "ExpandString" if expand else "String"


def check_entry(entry: str) -> None:
    """Refuse an entry that would be read as none, or as two."""
    if not _comparable(entry) or ";" in entry or '"' in entry or "\x00" in entry:
        raise OperationValueError(ENVIRONMENT_ENTRY_REFUSED.text(entry=repr(entry)))


def entries(value: str) -> list[str]:
    """The entries of a list such as Path; a semicolon between quotes does not separate."""
    found = re.findall(r'((?:"[^"]*"?|[^;"])*)(?:;|$)', value)
    return found[:-1] if found and not found[-1] else found


def with_entry(current: list[str], entry: str, present: bool, first: bool) -> list[str]:
    """The list with or without an entry; one that is there in other words stays as it is."""
    wanted = _comparable(entry)
    others = [item for item in current if _comparable(item) != wanted]
    same = [item for item in current if _comparable(item) == wanted]
    if not present:
        return others
    if first and current[:1] != same[:1]:
        return [*(same or [entry])[:1], *others]
    return current if same else [*current, entry]


def _comparable(entry: str) -> str:
    return entry.strip().replace('"', "").rstrip("\\").lower()
