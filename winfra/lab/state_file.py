"""Files of the lab's state: JSON, replaced as a whole."""

from __future__ import annotations

import json
import os
import secrets
from pathlib import Path
from typing import Any


def read_json(file: Path, default: Any = None) -> Any:
    """What a file holds; the default where there is none."""
    if default is not None and not file.is_file():
        return default
    return json.loads(file.read_text(encoding="utf-8"))


def write_json(file: Path, value: object) -> None:
    new = file.with_name(f".{file.name}.{os.getpid()}.{secrets.token_hex(4)}")
    text = json.dumps(value, indent=2, ensure_ascii=False) + "\n"
    new.write_text(text, encoding="utf-8")
    new.replace(file)
