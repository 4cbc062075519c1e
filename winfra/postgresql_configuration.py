"""What has to be done about a server's settings, decided from its files and from what it says."""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePath
from typing import Any

from pyinfra.api import OperationValueError

from winfra.facts.postgresql import FileSetting, SettingInfo
from winfra.messages import postgresql_configuration as messages
from winfra.postgresql_values import ValueRefusedError, check, same

Value = bool | int | float | str | PurePath | Sequence[str] | None
FOLDER = "conf.d"
HEADER = "# By prefect-on-windows (postgresql.configuration): what is changed here, its next run undoes.\r\n"
INCLUDE = b"include_dir 'conf.d'"
RESTART = "postmaster"
"""The context of settings that a server takes only when it starts."""
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_$]*(\.[A-Za-z_][A-Za-z0-9_$]*)?")
_FILE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*\.conf")
_DIRECTIVES = {"include", "include_dir", "include_if_exists"}
_INCLUDES = re.compile(
    rb"""^[ \t]*include_dir[ \t]*=?[ \t]*'?conf\.d/?'?[ \t]*(#.*)?\r?$""",
    re.MULTILINE | re.IGNORECASE,
)
_WINDOWS_PATH = re.compile(r"[A-Za-z]:\\|\\\\[^\\]")
_ESCAPES = {
    "\\": "\\\\",
    "'": "''",
    "\n": "\\n",
    "\r": "\\r",
    "\t": "\\t",
    "\b": "\\b",
    "\f": "\\f",
}
_ELSEWHERE = {"command line", "environment variable", "override"}
"""Sources that count more than any file."""
_SESSION = {"session", "client", "user", "database", "database user", "interactive", "test"}
"""Sources of values that hold for the connection that asked, and say nothing of the files."""


def entries(settings: Mapping[str, Value]) -> dict[str, str]:
    """The settings as texts; ``None`` leaves one out."""
    found: dict[str, str] = {}
    for name, value in settings.items():
        if not _NAME.fullmatch(name) or name.lower() in _DIRECTIVES:
            raise _refused(name, "this is no name of a setting")
        if name.lower() in (known.lower() for known in found):
            raise _refused(name, "it is given twice, in upper and lower case")
        if value is not None:
            found[name] = _text(name, value)
    return found


def file_name(file: str) -> str:
    """PostgreSQL reads what ends in .conf and does not begin with a dot."""
    if not _FILE.fullmatch(file):
        raise OperationValueError(
            messages.ARGUMENT.text(
                argument="file", reason=f"{file!r} is no name such as prefect.conf"
            )
        )
    return file


def rendered(entries: Mapping[str, str]) -> bytes:
    """The file in conf.d: UTF-8 without a byte order mark, which PostgreSQL does not understand."""
    lines = (f"{name} = '{_quoted(value)}'\r\n" for name, value in entries.items())
    return (HEADER + "".join(lines)).encode()


def with_include(content: bytes) -> bytes:
    """postgresql.conf, which includes conf.d at its end: what comes last counts."""
    if _INCLUDES.search(content):
        return content
    ends = b"\r\n" if b"\r\n" in content else b"\n"
    missing = b"" if not content or content.endswith(b"\n") else ends
    return content + missing + INCLUDE + ends


def unknown(entries: Mapping[str, str], known: Mapping[str, SettingInfo]) -> Iterator[str]:
    """Names that the server does not have; with a dot, they may be those of an extension."""
    for name in entries:
        if name.lower() not in known and "." not in name:
            close = difflib.get_close_matches(name.lower(), known, 1)
            yield f"{name} (did you mean {close[0]}?)" if close else name


def bad_values(
    entries: Mapping[str, str], known: Mapping[str, SettingInfo]
) -> Iterator[tuple[str, str]]:
    """Names and reasons of what the server would surely refuse."""
    for name, value in entries.items():
        try:
            if name.lower() in known:
                check(known[name.lower()], value)
        except ValueRefusedError as error:
            yield name, str(error)


def overridden(
    entries: Mapping[str, str],
    known: Mapping[str, SettingInfo],
    on_disk: Sequence[FileSetting],
    file: str,
) -> Iterator[tuple[str, str]]:
    """Names of settings that stand elsewhere with another value that counts more, and where."""
    last = {one["name"].lower(): one for one in on_disk if one["name"] and not one["error"]}
    own = _last_number(on_disk, file)
    for name, value in entries.items():
        entry, info = last.get(name.lower()), known.get(name.lower())
        if entry and not _is_own(entry["sourcefile"], file) and entry["seqno"] > own:
            if not _equal(info, entry["setting"], value):
                yield name, f"{entry['sourcefile']}, line {entry['sourceline']}"
        elif info and info["source"] in _ELSEWHERE and not _equal(info, info["setting"], value):
            yield name, f"the server's {info['source']}"


def errors(
    on_disk: Sequence[FileSetting],
    known: Mapping[str, SettingInfo],
    file: str,
    *,
    own: bool,
) -> Iterator[str]:
    """What the server would stumble over in our file, or in the others.

    Of a setting that needs a restart it says the same whether its value is bad or only changed.
    """
    for one in on_disk:
        if one["error"] is None or _is_own(one["sourcefile"], file) != own:
            continue
        info = known.get((one["name"] or "").lower())
        if info and info["context"] == RESTART and _is_good(info, one["setting"] or ""):
            continue
        what = f" {one['name']} = {one['setting']!r}" if one["name"] else ""
        yield f"{one['sourcefile']}, line {one['sourceline']}:{what}: {one['error']}"


def is_read(on_disk: Sequence[FileSetting], file: str) -> bool:
    return any(_is_own(one["sourcefile"], file) for one in on_disk)


def differing(
    entries: Mapping[str, str], known: Mapping[str, SettingInfo]
) -> dict[str, tuple[str, str]]:
    """Name -> what is in force, and what is wanted, where these differ.

    Texts are left out: the server rewrites some, such as DateStyle.
    """
    found = {}
    for name, value in entries.items():
        info = known.get(name.lower())
        if info is None or info["source"] in _SESSION or _computed(info, value):
            continue
        if info["vartype"] == "string":
            continue
        if not _equal(info, info["setting"], value):
            found[name] = (shown(info), value)
    return found


def shown(info: SettingInfo) -> str:
    unit, setting = info["unit"], info["setting"] or ""
    if not unit or setting == "-1":
        return setting
    count = re.match(r"\d+", unit)
    if count:  # such as 8kB: in units that one can read
        return f"{int(setting) * int(count[0])}{unit[count.end() :]}"
    return f"{setting}{unit}"


def pending(known: Mapping[str, SettingInfo], names: Mapping[str, str]) -> list[str]:
    """Those of the settings that wait for a restart."""
    return [name for name in names if known.get(name.lower(), _NONE)["pending_restart"]]


_NONE: Any = {"pending_restart": False}


def _text(name: str, value: Value) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, float) and not math.isfinite(value):
        raise _refused(name, f"{value} is no number that PostgreSQL reads")
    if isinstance(value, PurePath):
        return str(value).replace("\\", "/")
    if isinstance(value, (list, tuple)):
        return ",".join(_text(name, one) for one in value)
    text = str(value)
    if any(not one.isprintable() and one not in _ESCAPES for one in text):
        raise _refused(name, f"{text!r} has a character that no line of a file can have")
    return text.replace("\\", "/") if _WINDOWS_PATH.match(text) else text


def _quoted(text: str) -> str:
    return "".join(_ESCAPES.get(character, character) for character in text)


def _refused(name: str, reason: str) -> OperationValueError:
    return OperationValueError(messages.ARGUMENT.text(argument=f"settings: {name}", reason=reason))


def _is_own(path: str | None, file: str) -> bool:
    parts = re.split(r"[\\/]", path or "")
    return [part.lower() for part in parts[-2:]] == [FOLDER, file.lower()]


def _last_number(on_disk: Sequence[FileSetting], file: str) -> int:
    """The place of our file's last entry among all.

    One that is not read yet will stand behind postgresql.conf, before postgresql.auto.conf.
    """
    own = [one["seqno"] for one in on_disk if _is_own(one["sourcefile"], file)]
    if own:
        return max(own)
    main = [one["seqno"] for one in on_disk if not (one["sourcefile"] or "").endswith(".auto.conf")]
    return max(main, default=0)


def _equal(info: SettingInfo | None, first: str | None, second: str) -> bool:
    return first == second or (info is not None and first is not None and same(info, first, second))


def _computed(info: SettingInfo, value: str) -> bool:
    """With such defaults the server works out a value of its own, and shows that."""
    default = value in {"-1", "0"} and info["vartype"] == "integer"
    return default and value == info["boot_val"]


def _is_good(info: SettingInfo, text: str) -> bool:
    try:
        check(info, text)
    except ValueRefusedError:
        return False
    return True
