"""The site: which hosts, and how to reach them, from ``.env``; without one, the lab."""

from __future__ import annotations

import difflib
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dotenv.parser import parse_stream
from pyinfra.api.command import PyinfraCommand
from pyinfra.api.exceptions import DeployError
from pyinfra.api.hiddenvalue import HiddenValue
from pyinfra.api.output import echo
from pyinfra.context import host

from winfra.messages import site as messages
from winfra.operations.hosts import in_step

LAB = "@lab/windows"
ROLES = ("database", "server", "workers")

# What a transport proves the user by, beside SERVER_HOST.
CREDENTIALS = {
    "kerberos": (),
    "certificate": ("WINRM_CERT_PEM", "WINRM_CERT_KEY_PEM"),
}
USER_AND_PASSWORD = ("WINRM_USER", "WINRM_PASSWORD")


class Secret(HiddenValue, PyinfraCommand):
    """A hidden value that ``pyinfra … debug-inventory`` can print.

    Core's ``json_encode`` fails on a plain one; of what is a command it takes the representation.
    """


@dataclass(frozen=True)
class Kind:
    """How the text of a value is read; ``wanted`` describes what is accepted."""

    read: Callable[[str], Any] = str
    wanted: str = "a text"


def _one_of(*choices: str) -> Kind:
    return Kind(dict(zip(choices, choices, strict=True)).__getitem__, " or ".join(choices))


def _number(smallest: int, largest: int, what: str) -> Kind:
    def read(text: str) -> int:
        number = int(text)
        if not smallest <= number <= largest:
            raise ValueError
        return number

    return Kind(read, f"{what}, {smallest} to {largest}")


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


TEXT = Kind()
SECRET = Kind(Secret)
SECONDS = _number(1, 86400, "seconds")

KEYS: dict[str, Kind] = {
    "SERVER_HOST": TEXT,
    "DATABASE_HOST": TEXT,
    "WORKER_HOSTS": Kind(_names, "names with commas between them"),
    "WINRM_USER": TEXT,
    "WINRM_PASSWORD": SECRET,
    "WINRM_TRANSPORT": _one_of("ntlm", "basic", "kerberos", "credssp", "certificate"),
    "WINRM_SCHEME": _one_of("https", "http"),
    "WINRM_PORT": _number(1, 65535, "a port"),
    "WINRM_CA_TRUST_PATH": TEXT,
    "WINRM_SERVER_CERT_VALIDATION": _one_of("validate", "ignore"),
    "WINRM_CERT_PEM": TEXT,
    "WINRM_CERT_KEY_PEM": TEXT,
    "WINRM_MESSAGE_ENCRYPTION": _one_of("auto", "always", "never"),
    "WINRM_OPERATION_TIMEOUT_SEC": SECONDS,
    "WINRM_READ_TIMEOUT_SEC": SECONDS,
    "WINRM_PROXY": TEXT,
    "SERVICE_ACCOUNT_PASSWORD": SECRET,
    "SERVER_ACCOUNT_PASSWORD": SECRET,
    "WORKER_ACCOUNT_PASSWORD": SECRET,
    "POSTGRESQL_SUPERUSER_PASSWORD": SECRET,
    "PREFECT_DATABASE_PASSWORD": SECRET,
    "PREFECT_AUTH_STRING": SECRET,
}
HOSTS = ("SERVER_HOST", "DATABASE_HOST", "WORKER_HOSTS")


@dataclass(frozen=True)
class Site:
    """The values of a site, each secret hidden.

    ``source`` is the file they came from; ``None`` is the lab, which has no values.
    """

    source: str | None
    values: Mapping[str, Any]

    @property
    def data(self) -> dict[str, Any]:
        """The data of every host: of the connector and the sections, by the keys in lower case."""
        return {key.lower(): value for key, value in self.values.items() if key not in HOSTS}

    def hosts(self, role: str) -> list[tuple[str, dict[str, Any]]]:
        """The hosts that have a role, as pyinfra's inventories write them."""
        return [(name, self.data) for name in self.names(role)]

    def names(self, role: str) -> list[str]:
        if self.source is None:
            return [LAB]
        if role == "lab":
            return []
        server = self.values["SERVER_HOST"]
        names = {
            "database": [self.values.get("DATABASE_HOST", server)],
            "server": [server],
            "workers": self.values.get("WORKER_HOSTS", [server]),
        }[role]
        return [f"@winrm/{name}" for name in names]

    @property
    def target(self) -> str:
        if self.source is None:
            return f"lab {LAB}"
        names = dict.fromkeys(name for role in ROLES for name in self.names(role))
        return f"{', '.join(name.removeprefix('@winrm/') for name in names)} by {self.source}"

    def announce(self) -> None:
        """Say what the run is about to change, on standard error as pyinfra's own lines are."""
        echo(f"Target: {self.target}", err=True)


def on(*roles: str) -> bool:
    """Whether the current host has one of the roles; no host goes on before all have come as far."""
    in_step()
    return not set(roles).isdisjoint(host.groups)


def read_site(folder: Path, environment: Mapping[str, str] = os.environ) -> Site:
    """The site of a checkout.

    + folder: where ``.env`` lies; no such file is the lab
    + environment: its ``ENV_FILE`` names another file, ``none`` is the lab whatever ``.env`` says;
      its other values override the file's. Without a file it is not looked at, so that a stray
      variable cannot choose a host.
    """
    name = environment.get("ENV_FILE") or ".env"
    path = folder / name if name == ".env" else Path(name)
    if name == "none" or (name == ".env" and not path.exists()):
        return Site(None, {})
    if not path.is_file():
        raise DeployError(messages.NO_FILE.text(file=name))
    texts = _file(name, path) | {key: environment[key] for key in KEYS if key in environment}
    values = {key: _value(name, key, text) for key, text in texts.items() if text}
    _complete(name, values)
    return Site(name, values)


def _file(name: str, path: Path) -> dict[str, str]:
    texts = {}
    # Not dotenv_values: it passes over a line that it cannot read. ${...} stays as it is, since a
    # password may hold it.
    with path.open(encoding="utf-8-sig") as stream:
        for binding in parse_stream(stream):
            if binding.error or (binding.key and binding.value is None):
                raise DeployError(messages.BAD_LINE.text(file=name, line=binding.original.line))
            if binding.key is not None and binding.value is not None:
                texts[_known(name, binding.key)] = binding.value
    return texts


def _known(name: str, key: str) -> str:
    if key in KEYS:
        return key
    near = difflib.get_close_matches(key, KEYS, 1)
    suggestion = f"Is {near[0]} meant? " if near else ""
    raise DeployError(messages.UNKNOWN_KEY.text(file=name, key=key, suggestion=suggestion))


def _value(name: str, key: str, text: str) -> Any:
    kind = KEYS[key]
    try:
        return kind.read(text)
    except (ValueError, KeyError):
        raise DeployError(
            messages.BAD_VALUE.text(file=name, key=key, value=text, wanted=kind.wanted)
        ) from None


def _complete(name: str, values: Mapping[str, Any]) -> None:
    transport = values.get("WINRM_TRANSPORT", "ntlm")
    required = ("SERVER_HOST", *CREDENTIALS.get(transport, USER_AND_PASSWORD))
    missing = [key for key in required if not values.get(key)]
    if missing:
        raise DeployError(messages.MISSING_KEYS.text(file=name, keys=", ".join(missing)))
