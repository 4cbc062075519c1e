"""The options of EDB's installer: command line, option file, and what an earlier installation left."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from winfra.lab.paths import is_windows, to_real
from winfra.lab.pgsql import real

DEFAULTS = {
    "create_shortcuts": "1",
    "datadir": "",
    "debuglevel": "2",
    "debugtrace": "",
    "disable-components": "",
    "enable-components": "",
    "enable_acledit": "0",
    "extract-only": "0",
    "install_runtimes": "1",
    "installer-language": "en",
    "locale": "",
    "mode": "win32",
    "optionfile": "",
    "prefix": "",
    "serverport": "5432",
    "serviceaccount": "",
    "servicename": "",
    "servicepassword": "",
    "superaccount": "postgres",
    "superpassword": "",
    "unattendedmodeui": "minimal",
}
COMPONENTS = ("server", "pgAdmin", "stackbuilder", "commandlinetools")
_CHOICES = {
    "create_shortcuts": {"0", "1"},
    "debuglevel": {"0", "1", "2", "3", "4"},
    "enable_acledit": {"0", "1"},
    "extract-only": {"0", "1"},
    "install_runtimes": {"0", "1"},
    "mode": {"win32", "unattended"},
    "unattendedmodeui": {"none", "minimal", "minimalWithDialogs"},
}
# As the installer's XML has them.
_DATA_FOLDER = re.compile(r"[a-zA-Z]:\\[0-9a-zA-Z_\\\s.\-()]*", re.ASCII)
_SERVICE_NAME = re.compile(r"[a-zA-Z][0-9a-zA-Z_.\-]{4,48}[0-9a-zA-Z]", re.ASCII)


class RefusedError(Exception):
    """What the installer does not do, in its words."""


@dataclass
class Options:
    """The values of all options, and which of them were given."""

    values: dict[str, str] = field(default_factory=lambda: dict(DEFAULTS))
    given: set[str] = field(default_factory=set)

    def __getitem__(self, name: str) -> str:
        return self.values[name]

    def __setitem__(self, name: str, value: str) -> None:
        self.values[name] = value

    def has(self, component: str) -> bool:
        disabled = self["disable-components"].lower().split(",")
        return component.lower() not in disabled

    @property
    def unattended(self) -> bool:
        return self["mode"] == "unattended"


def parse(lab: Path, given: Sequence[str]) -> Options:
    """Read the command line, and the option file that it names; the command line wins."""
    options, words = Options(), list(_pairs(given))
    for name, value in words:
        if name == "optionfile":
            _take(options, _read(lab, value))
    _take(options, words)
    options["prefix"] = options["prefix"] or rf"C:\Program Files\PostgreSQL\{real.major()}"
    options["datadir"] = options["datadir"] or rf"{options['prefix']}\data"
    return options


def _pairs(given: Sequence[str]) -> list[tuple[str, str]]:
    found, rest = [], list(given)
    while rest:
        word = rest.pop(0)
        name, equals, value = word.removeprefix("--").partition("=")
        if not word.startswith("--") or name not in DEFAULTS:
            raise RefusedError(
                "There was an error parsing the command line arguments. "
                f"Unknown option {word!r}".replace("'", '"')
            )
        if not equals:
            value = rest.pop(0) if rest else ""
        found.append((name, value))
    return found


def _read(lab: Path, path: str) -> list[tuple[str, str]]:
    file = to_real(lab, path) if is_windows(path) else Path(path)
    if not file.is_file():
        raise RefusedError(f"The option file {path} could not be read")
    lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
    pairs = [line.partition("=") for line in lines if line.strip() and not line.startswith("#")]
    unknown = [name for name, _, _ in pairs if name.strip() not in DEFAULTS]
    if unknown:
        raise RefusedError(f"Unknown option in the option file: {unknown[0]}")
    return [(name.strip(), value.strip()) for name, _, value in pairs]


def _take(options: Options, pairs: Sequence[tuple[str, str]]) -> None:
    for name, value in pairs:
        if name in _CHOICES and value not in _CHOICES[name]:
            allowed = ", ".join(sorted(_CHOICES[name]))
            raise RefusedError(f'Wrong value "{value}" for option --{name}. Allowed: {allowed}')
        options[name] = value
        options.given.add(name)


def check_folders(options: Options, *, known: bool) -> None:
    """Refuse a data folder; one that an earlier installation noted is taken as it is."""
    data = options["datadir"]
    if not known and not _DATA_FOLDER.fullmatch(data):
        raise RefusedError(
            "The installation directory must be an absolute path, containing only letters, "
            "numbers and the characters - / . and _"
        )
    prefix = options["prefix"].rstrip("\\").lower() + "\\"
    if prefix.startswith(data.rstrip("\\").lower() + "\\"):
        raise RefusedError("The data directory cannot be the installation directory, or hold it")


def check_service_name(name: str) -> None:
    if not _SERVICE_NAME.fullmatch(name):
        raise RefusedError(
            f"The service name {name} is not valid: it starts with a letter, ends with a letter or "
            "digit, and has 6 to 50 characters, of which - . and _ are allowed"
        )


def check_locale(name: str) -> None:
    """Names as Windows has them since Vista (``en-US``); the long ones are not in its list."""
    if name in {"", "DEFAULT", "C", "POSIX"}:
        return
    if not re.fullmatch(r"[a-z]{2,3}(-[A-Z][a-z]{3})?(-[A-Z]{2}|-\d{3})?", name):
        raise RefusedError("The specified locale is not available on this computer")
