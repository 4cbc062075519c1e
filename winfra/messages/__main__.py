"""The troubleshooting page: ``python -m winfra.messages > docs/troubleshooting.md``."""

from __future__ import annotations

import importlib
import pkgutil
import re
import sys
from collections.abc import Iterator
from string import Formatter
from types import ModuleType

from winfra import messages
from winfra.messages import Message

INTRODUCTION = """\
# Troubleshooting

Every sentence with which the connector, the session, the operations, the deploy and the lab say
that something is wrong, and what to do then. A word in braces stands for a value.

This page is made from the catalogue: `python -m winfra.messages > docs/troubleshooting.md`.
"""
_MARKUP = re.compile(r"(`[^`]*`)|([\\*<>\[\]|#]|\b_|_\b)")


def topics() -> Iterator[ModuleType]:
    """The modules of the catalogue, by name."""
    for module in pkgutil.iter_modules(messages.__path__):
        if not module.name.startswith("_"):
            yield importlib.import_module(f"{messages.__name__}.{module.name}")


def entries(topic: ModuleType) -> dict[str, Message]:
    """The name of the constant -> the entry, in the order of the file."""
    return {name: value for name, value in vars(topic).items() if isinstance(value, Message)}


def page() -> str:
    sections = "\n".join(_section(topic) for topic in topics())
    return f"{INTRODUCTION}\n{sections}"


def _section(topic: ModuleType) -> str:
    title = topic.__name__.rpartition(".")[2].replace("_", " ").capitalize()
    summary = (topic.__doc__ or "").partition("\n")[0]
    return "\n".join(
        [f"## {title}", "", _escaped(summary), "", *map(_entry, entries(topic).values())]
    )


def _entry(entry: Message) -> str:
    return f"```text\n{_shown(entry.problem)}\n```\n\n{_escaped(_shown(entry.remedy))}.\n"


def _shown(template: str) -> str:
    """The template with its fields' names alone, and single braces where it has doubled ones."""
    parts = Formatter().parse(template)
    return "".join(text + (f"{{{field}}}" if field else "") for text, field, _, _ in parts)


def _escaped(text: str) -> str:
    """Text for Markdown; what stands between backticks is code already."""
    return _MARKUP.sub(lambda found: found[1] or f"\\{found[2]}", text)


if __name__ == "__main__":
    sys.stdout.write(page())
