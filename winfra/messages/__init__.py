"""Every sentence that a user can meet when something is wrong: the thing, its value, the next step."""

from __future__ import annotations

import importlib
import pkgutil
from dataclasses import dataclass

CATALOGUE: dict[str, Message] = {}


@dataclass(frozen=True)
class Message:
    """One entry: what is wrong, with the values in braces, and what to do next."""

    key: str
    problem: str
    remedy: str

    def __post_init__(self) -> None:
        if self.key in CATALOGUE:
            raise ValueError(f"two messages with the key {self.key!r}")
        CATALOGUE[self.key] = self

    def text(self, **values: object) -> str:
        return f"{self.problem.format(**values)}. {self.remedy.format(**values)}."


def catalogue() -> dict[str, Message]:
    """All entries, those of topics that nothing has imported yet included."""
    for module in pkgutil.iter_modules(__path__):
        importlib.import_module(f"{__name__}.{module.name}")
    return CATALOGUE
