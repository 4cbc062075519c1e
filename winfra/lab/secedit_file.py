"""Security templates: the INF files that secedit.exe writes and reads."""

from __future__ import annotations

import codecs
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

ANSI = "cp1252"
RIGHTS = "Privilege Rights"
_SECTION = re.compile(r"\[([^\]]*)\]")


class TemplateError(Exception):
    """The file is no template: SetupAPI's reading of INF files refuses it."""


@dataclass
class Template:
    """The sections of a file, by their names as they stand in it."""

    sections: dict[str, dict[str, str]] = field(default_factory=dict)

    def section(self, name: str) -> dict[str, str]:
        found = (one for key, one in self.sections.items() if key.lower() == name.lower())
        return next(found, {})

    @property
    def signature(self) -> str:
        values = {key.lower(): value for key, value in self.section("Version").items()}
        return values.get("signature", "").strip('"')


def is_unicode(data: bytes) -> bool:
    return data.startswith(codecs.BOM_UTF16_LE)


def decode(data: bytes) -> str:
    """The text of a file: UTF-16 where it begins with a mark, ANSI else."""
    if is_unicode(data):
        return data[2:].decode("utf-16-le", "replace")
    return data.decode(ANSI, "replace")


def encode(text: str, *, unicode: bool) -> bytes:
    """The bytes of a text; a letter that ANSI has not becomes a question mark."""
    if unicode:
        return codecs.BOM_UTF16_LE + text.encode("utf-16-le")
    return text.encode(ANSI, "replace")


def parse(data: bytes) -> Template:
    """Read a file; ``TemplateError`` where a line is neither section, entry nor comment."""
    template = Template()
    section: dict[str, str] | None = None
    for line in decode(data).replace("\0", " ").splitlines():
        text = line.strip()
        if not text or text.startswith(";"):
            continue
        found = _SECTION.fullmatch(text)
        if found is not None:
            section = template.sections.setdefault(found[1].strip(), {})
            continue
        if section is None or text.startswith("["):
            raise TemplateError(text)
        name, _, value = text.partition("=")
        section[name.strip()] = value.strip()
    return template


def text_of(sections: Mapping[str, Mapping[str, str]]) -> str:
    lines: list[str] = []
    for name, entries in sections.items():
        lines.append(f"[{name}]")
        tight = name in {"Unicode", "Version"}
        lines += [
            f"{key}={value}" if tight else f"{key} = {value}" for key, value in entries.items()
        ]
    return "".join(f"{line}\r\n" for line in lines)


def rights_template(rights: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """The sections that an export of USER_RIGHTS consists of, in secedit's order."""
    return {
        "Unicode": {"Unicode": "yes"},
        RIGHTS: dict(rights),
        "Version": {"signature": '"$CHICAGO$"', "Revision": "1"},
    }
