"""What a lab is told: its endpoint's settings and those of the machine behind it."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Literal

from winfra.lab import installation
from winfra.lab.endpoint_config import EndpointConfig, User, read_config
from winfra.lab.well_known import Language


@dataclass(frozen=True)
class LabConfig(EndpointConfig):
    """The contents of ``config.json``; the running lab reads the file again when it changes.

    + language_mode: of every new PowerShell process; ``ConstrainedLanguage`` as under AppLocker
    + language: of Windows: names of built-in accounts and groups
    + reboot_seconds: how long the machine is away when it restarts
    + delayed_start_seconds: after the others, services with a delayed automatic start begin; 120
      on Windows
    + start_hang_seconds: so long, and its last wait hint, a service may be start pending at boot or
      as a dependency
    """

    os_version: str = installation.VERSION
    language_mode: Literal["FullLanguage", "ConstrainedLanguage"] = "FullLanguage"
    language: Language = "en"
    reboot_seconds: float = 1.0
    delayed_start_seconds: float = 2.0
    start_hang_seconds: float = 80.0


def new_config() -> LabConfig:
    """The settings of a new lab: one administrator with a password of its own."""
    return LabConfig(users=(User("deploy", secrets.token_urlsafe(18)),))


def read(path: Path) -> LabConfig:
    value: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    endpoint = read_config(value)
    common = {item.name: getattr(endpoint, item.name) for item in fields(EndpointConfig)}
    own = {item.name for item in fields(LabConfig)} - set(common)
    return LabConfig(**common, **{name: value[name] for name in own if name in value})


def write(path: Path, config: LabConfig) -> None:
    """Put the settings in place at once: a reader sees the old ones or the new ones."""
    write_private(path, json.dumps(asdict(config), indent=2) + "\n")


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner reads, whole or not at all."""
    new = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    new.replace(path)
