"""What simulated programs share: the lab they are in, and text in the console's code page."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

from winfra.lab import control


def lab() -> Path:
    return Path(os.environ["WINFRA_LAB"])


def config() -> dict[str, Any]:
    value: dict[str, Any] = json.loads((lab() / "config.json").read_text(encoding="utf-8"))
    return value


def state(name: str) -> Any:
    return json.loads((lab() / "state" / f"{name}.json").read_text(encoding="utf-8"))


def user() -> dict[str, Any]:
    """The settings of the account that this process runs as."""
    name = os.environ["USERNAME"].lower()
    found = (one for one in config()["users"] if one["name"].lower() == name)
    return next(found, {"name": name, "administrator": False})


def encoding() -> str:
    number = os.environ.get("WINFRA_LAB_CODEPAGE", "437")
    return "utf-8" if number == "65001" else f"cp{number}"


def encode(text: str) -> bytes:
    return text.replace("\n", "\r\n").encode(encoding(), "replace")


def write(text: str) -> None:
    """Write text to standard output, line ends as Windows'."""
    sys.stdout.buffer.write(encode(text))
    sys.stdout.buffer.flush()


def complain(text: str) -> None:
    """Write text to standard error."""
    sys.stderr.buffer.write(encode(text))
    sys.stderr.buffer.flush()


def ask_daemon(command: str, **arguments: Any) -> Any:
    """Have the lab's daemon do something to the machine."""
    running = json.loads((lab() / "daemon.json").read_text(encoding="utf-8"))
    answer = control.ask(running["control_port"], running["token"], command, **arguments)
    return answer["result"]
