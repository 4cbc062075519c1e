"""Windows command lines: one text, which every program takes apart itself."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

_BACKSLASHES_BEFORE_QUOTE = re.compile(r'(\\*)("|$)')


def split(text: str) -> list[str]:
    """The arguments by the rules of CommandLineToArgvW; the first is the program."""
    program, rest = split_program(text)
    return [program, *_arguments(rest)]


def split_program(text: str) -> tuple[str, str]:
    """The first word, to which backslash escapes do not apply, and what follows it."""
    text = text.lstrip(" \t")
    if text.startswith('"'):
        program, _, rest = text[1:].partition('"')
        return program, rest.lstrip(" \t")
    found = re.match(r"[^ \t]*", text)
    end = found.end() if found else 0
    return text[:end], text[end:].lstrip(" \t")


def join(arguments: Iterable[str]) -> str:
    """One text that ``split`` takes apart into the same arguments."""
    return " ".join(quote(argument) for argument in arguments)


def quote(argument: str) -> str:
    if argument and not re.search(r'[ \t\n\v"]', argument):
        return argument

    def doubled(found: re.Match[str]) -> str:
        return found[1] * 2 + ('\\"' if found[2] else "")

    return '"' + _BACKSLASHES_BEFORE_QUOTE.sub(doubled, argument) + '"'


def _arguments(text: str) -> Iterator[str]:
    """2n backslashes and a quote are n backslashes and a delimiter; 2n+1 are n and a quote."""
    position = 0
    while position < len(text):
        argument, position = _argument(text, position)
        yield argument
        while position < len(text) and text[position] in " \t":
            position += 1


def _argument(text: str, position: int) -> tuple[str, int]:
    parts: list[str] = []
    quoted = False
    while position < len(text) and (quoted or text[position] not in " \t"):
        slashes = re.compile(r"\\*").match(text, position)
        count = len(slashes[0]) if slashes else 0
        position += count
        if text[position : position + 1] != '"':
            parts.append("\\" * count)
            if not count:
                parts.append(text[position])
                position += 1
            continue
        parts.append("\\" * (count // 2))
        position += 1
        if count % 2:
            parts.append('"')
        elif quoted and text[position : position + 1] == '"':
            parts.append('"')
            position += 1
        else:
            quoted = not quoted
    return "".join(parts), position
