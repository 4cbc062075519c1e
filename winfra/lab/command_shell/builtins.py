"""The commands that cmd.exe carries out itself."""

from __future__ import annotations

import errno
import os
import re
import shutil
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from winfra.lab import console
from winfra.lab.command_line import split
from winfra.lab.registry import Registry

if TYPE_CHECKING:
    from winfra.lab.command_shell.shell import Shell, Streams

_REASONS = {
    errno.ENOENT: "The system cannot find the file specified.",
    errno.ENOTDIR: "The system cannot find the path specified.",
    errno.EACCES: "Access is denied.",
    errno.EPERM: "Access is denied.",
    errno.EISDIR: "Access is denied.",
    errno.EEXIST: "A subdirectory or file already exists.",
}
# Those of Linux that a process needs, which Windows has not.
_HIDDEN = re.compile(
    r"WINFRA_|DOTNET_|POWERSHELL_|XDG_|LC_ALL$|HOME$|TMPDIR$|PATH$|PSModuleAnalysis|PWD$|_$|SHLVL$"
)


def name(text: str) -> str:
    """The name of the command's own that a text begins with; empty where it is a program's."""
    found = re.match(r"[A-Za-z]+", text)
    if found is None or found[0].lower() not in _COMMANDS:
        return ""
    after = text[found.end() : found.end() + 1]
    return found[0] if not after or not (after.isalnum() or after in "-_:") else ""


def run(shell: Shell, command: str, rest: str, streams: Streams) -> int:
    try:
        return _COMMANDS[command.lower()](shell, rest, streams)
    except OSError as error:
        shell.write(streams.errors, f"{reason(error)}\n")
        return 1


def reason(error: OSError) -> str:
    return _REASONS.get(error.errno or 0, str(error))


def version() -> str:
    values = console.state("system")["Win32_OperatingSystem"]
    registry = Registry(console.lab() / "registry")
    revision = registry.get(r"HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion", "UBR")
    return f"Microsoft Windows [Version {values['Version']}.{revision!s}]"


def _echo(shell: Shell, rest: str, streams: Streams) -> int:
    text = rest[1:]
    word = rest.strip().lower()
    if word in {"on", "off"} and rest[:1] in {" ", "\t"}:
        shell.echo = word == "on"
    elif not word and not text:
        shell.write(
            streams.output, f"ECHO is {'on' if shell.echo else 'off'}.\n" if not rest else "\n"
        )
    else:
        shell.write(streams.output, f"{text}\n")
    return shell.error_level if word in {"on", "off"} else 0


def _set(shell: Shell, rest: str, streams: Streams) -> int:
    text = rest.strip()
    if text.startswith('"'):
        text = text[1:].rpartition('"')[0] or text[1:]
    key, equals, value = text.partition("=")
    if equals:
        _assign(shell, key, value)
        return 0
    shown = {n: v for n, v in shell.variables.items() if not _HIDDEN.match(n)}
    shown["Path"] = shell.windows_path
    found = sorted(n for n in shown if n.lower().startswith(key.lower()))
    if not found:
        shell.write(streams.errors, f"Environment variable {key} not defined\n")
        return 1
    shell.write(streams.output, "".join(f"{n}={shown[n]}\n" for n in found))
    return 0


def _assign(shell: Shell, key: str, value: str) -> None:
    if key.lower() == "path":
        shell.set_path(value)
        return
    known = next((one for one in shell.variables if one.lower() == key.lower()), key)
    if value:
        shell.variables[known] = value
    else:
        shell.variables.pop(known, None)


def _exit(shell: Shell, rest: str, streams: Streams) -> int:
    from winfra.lab.command_shell.shell import ExitError

    words = rest.lower().split()
    script = "/b" in words
    numbers = [word for word in words if re.fullmatch(r"-?\d+", word)]
    raise ExitError(int(numbers[0]) if numbers else shell.error_level, script=script)


def _type(shell: Shell, rest: str, streams: Streams) -> int:
    for path in _words(rest):
        data = shell.real(path).read_bytes()
        while data:
            data = data[os.write(streams.output, data) :]
    return 0


def _change_directory(shell: Shell, rest: str, streams: Streams) -> int:
    text = re.sub(r"^\s*/d\b", "", rest, flags=re.IGNORECASE).strip().strip('"')
    if not text:
        shell.write(streams.output, f"{shell.location}\n")
        return 0
    folder = shell.real(text).resolve()
    if not folder.is_dir():
        shell.write(streams.errors, "The system cannot find the path specified.\n")
        return 1
    # Without /d another drive's folder is noted, not entered.
    if text[1:2] != ":" or text[0].lower() == shell.location[0].lower() or "/d" in rest.lower():
        shell.folder = folder
    return 0


def _version(shell: Shell, _rest: str, streams: Streams) -> int:
    shell.write(streams.output, f"\n{version()}\n")
    return 0


def _codepage(shell: Shell, rest: str, streams: Streams) -> int:
    number = rest.strip()
    if number:
        try:
            "".encode("utf-8" if number == "65001" else f"cp{number}")
        except LookupError:
            shell.write(streams.errors, "Invalid code page\n")
            return 1
        shell.codepage = number
    shell.write(streams.output, f"Active code page: {shell.codepage}\n")
    return 0


def _directory(shell: Shell, rest: str, streams: Streams) -> int:
    words = _words(rest)
    paths = [word for word in words if not word.startswith("/")]
    place = shell.real(paths[0]) if paths else shell.folder
    if not place.exists():
        shell.write(streams.errors, "File Not Found\n")
        return 1
    entries = sorted(place.iterdir(), key=lambda e: e.name.lower()) if place.is_dir() else [place]
    if any(word.lower() == "/b" for word in words):
        shell.write(streams.output, "".join(f"{entry.name}\n" for entry in entries))
        return 0
    shown = "".join(_entry(entry) for entry in entries)
    shell.write(
        streams.output, f"\n Directory of {paths[0] if paths else shell.location}\n\n{shown}"
    )
    return 0


def _entry(entry: Path) -> str:
    status = entry.stat()
    changed = datetime.fromtimestamp(status.st_mtime).strftime("%m/%d/%Y  %I:%M %p")  # noqa: DTZ006
    size = "<DIR>         " if entry.is_dir() else f"{status.st_size:>14,}"
    return f"{changed}    {size} {entry.name}\n"


def _make_directory(shell: Shell, rest: str, streams: Streams) -> int:
    for path in _words(rest):
        if shell.real(path).exists():
            shell.write(streams.errors, f"A subdirectory or file {path} already exists.\n")
            return 1
        shell.real(path).mkdir(parents=True)
    return 0


def _remove_directory(shell: Shell, rest: str, streams: Streams) -> int:
    words = _words(rest)
    tree = any(word.lower() == "/s" for word in words)
    for path in (word for word in words if not word.startswith("/")):
        folder = shell.real(path)
        if tree:
            shutil.rmtree(folder)
        else:
            folder.rmdir()
    return 0


def _delete(shell: Shell, rest: str, streams: Streams) -> int:
    for path in (word for word in _words(rest) if not word.startswith("/")):
        if not shell.real(path).is_file():
            shell.write(streams.errors, f"Could Not Find {path}\n")
            continue
        shell.real(path).unlink()
    return 0


def _if(shell: Shell, rest: str, streams: Streams) -> int:
    text = rest.strip()
    negated = bool(re.match(r"not\s", text, re.IGNORECASE))
    text = re.sub(r"^not\s+", "", text, flags=re.IGNORECASE)
    found = re.match(
        r"(?:exist\s+(?P<file>\"[^\"]+\"|\S+)|defined\s+(?P<name>\S+)|errorlevel\s+(?P<level>\d+)"
        r"|(?P<left>\"[^\"]*\"|[^\s=]+)\s*==\s*(?P<right>\"[^\"]*\"|\S+))\s+(?P<then>.+)",
        text,
        re.IGNORECASE,
    )
    if found is None:
        shell.write(streams.errors, "The syntax of the command is incorrect.\n")
        return 1
    if _holds(shell, found) == negated:
        return shell.error_level
    return shell.run(found["then"], streams)


def _holds(shell: Shell, found: re.Match[str]) -> bool:
    if found["file"]:
        return shell.real(found["file"]).exists()
    if found["name"]:
        return found["name"].lower() in {name.lower() for name in shell.variables}
    if found["level"]:
        return shell.error_level >= int(found["level"])
    return bool(found["left"] == found["right"])


def _call(shell: Shell, rest: str, streams: Streams) -> int:
    return shell.run(rest.strip(), streams)


def _nothing(shell: Shell, _rest: str, _streams: Streams) -> int:
    return 0


def _words(rest: str) -> list[str]:
    return split(f"x {rest.strip()}")[1:]


_COMMANDS: dict[str, Callable[[Shell, str, Streams], int]] = {
    "call": _call,
    "cd": _change_directory,
    "chcp": _codepage,
    "chdir": _change_directory,
    "cls": _nothing,
    "del": _delete,
    "dir": _directory,
    "echo": _echo,
    "erase": _delete,
    "exit": _exit,
    "if": _if,
    "md": _make_directory,
    "mkdir": _make_directory,
    "rd": _remove_directory,
    "rem": _nothing,
    "rmdir": _remove_directory,
    "set": _set,
    "setlocal": _nothing,
    "endlocal": _nothing,
    "title": _nothing,
    "type": _type,
    "ver": _version,
}
