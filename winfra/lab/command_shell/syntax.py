"""The syntax of a line for cmd.exe: commands, what joins them, where their streams go."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple, TypeAlias

Node: TypeAlias = "Simple | Group | Pipe | Chain"

_REDIRECTION = re.compile(r"([0-9]?)(>>|>&|<&|>|<)")
# From what binds least to what binds most.
_JOINTS = ("&", "||", "&&")


class SyntaxRefusedError(Exception):
    """Something was unexpected at this time; the text names it."""


class Redirection(NamedTuple):
    """``2>&1`` is stream 2, operator ``>&``, target ``1``."""

    stream: int
    operator: str
    target: str


class Simple(NamedTuple):
    """One command as it was written, without carets and redirections."""

    text: str
    redirections: tuple[Redirection, ...] = ()


class Group(NamedTuple):
    body: Node
    redirections: tuple[Redirection, ...] = ()


class Pipe(NamedTuple):
    parts: tuple[Node, ...]


class Chain(NamedTuple):
    left: Node
    joint: str
    right: Node


def expand(line: str, variables: Mapping[str, str]) -> str:
    """Replace ``%NAME%``; a name that no variable has stays as it is, as at a prompt."""
    known = {name.upper(): value for name, value in variables.items()}

    def value(found: re.Match[str]) -> str:
        text = known.get(found[1].upper())
        return found[0] if text is None else _changed(text, found[2])

    return re.sub(r"%([^%:\s]+)(?::([^%]+))?%", value, line)


def _changed(text: str, change: str | None) -> str:
    """``%NAME:~first,length%`` and ``%NAME:old=new%``."""
    if change is None:
        return text
    part = re.fullmatch(r"~(-?\d+)(?:,(-?\d+))?", change)
    if part:
        rest = text[int(part[1]) :]
        return rest if part[2] is None else rest[: int(part[2])]
    old, equals, new = change.partition("=")
    return re.sub(re.escape(old), lambda _: new, text, flags=re.IGNORECASE) if equals else text


def parse(line: str) -> Node | None:
    """The tree of a line; None for an empty one."""
    tokens = _tokens(line)
    node = _joined(tokens, 0)
    if tokens:
        raise SyntaxRefusedError(tokens[0])
    return node


def _tokens(line: str) -> list[str | Simple]:
    """Operators as texts; each command between them with its redirections taken out."""
    tokens: list[str | Simple] = []
    text: list[str] = []
    redirections: list[Redirection] = []
    position = 0
    quoted = False

    def end_command() -> None:
        if "".join(text).strip() or redirections:
            tokens.append(Simple("".join(text).lstrip(" \t,;=@"), tuple(redirections)))
        text.clear()
        redirections.clear()

    while position < len(line):
        character = line[position]
        if character == '"':
            quoted = not quoted
        elif not quoted and character == "^":
            position += 1
            text.append(line[position : position + 1])
            position += 1
            continue
        elif not quoted and (found := _REDIRECTION.match(line, position)) and _stands(text, found):
            redirection, position = _redirection(line, found)
            redirections.append(redirection)
            continue
        elif not quoted and character in "&|":
            end_command()
            operator = (
                character * 2 if line[position + 1 : position + 2] == character else character
            )
            tokens.append(operator)
            position += len(operator)
            continue
        elif not quoted and _is_parenthesis(character, text, tokens):
            end_command()
            tokens.append(character)
            position += 1
            continue
        text.append(character)
        position += 1
    end_command()
    return tokens


def _is_parenthesis(character: str, text: list[str], tokens: list[str | Simple]) -> bool:
    """An opening one begins a command; a closing one ends a group that is open."""
    if character == "(":
        return not "".join(text).strip()
    return character == ")" and tokens.count("(") > tokens.count(")")


def _stands(text: list[str], found: re.Match[str]) -> bool:
    """A digit belongs to a redirection only where it stands alone: ``echo x2>file``."""
    return not found[1] or not text or text[-1] in " \t"


def _redirection(line: str, found: re.Match[str]) -> tuple[Redirection, int]:
    operator = found[2]
    stream = int(found[1]) if found[1] else 0 if operator[0] == "<" else 1
    target = re.compile(r'[ \t]*("[^"]*"?|[^\s&|<>()]+)').match(line, found.end())
    if target is None:
        raise SyntaxRefusedError(line[found.end() : found.end() + 1] or "newline")
    return Redirection(stream, operator, target[1].strip('"')), target.end()


def _joined(tokens: list[str | Simple], level: int) -> Node | None:
    if level == len(_JOINTS):
        return _pipe(tokens)
    left = _joined(tokens, level + 1)
    while tokens and tokens[0] == _JOINTS[level]:
        joint = str(tokens.pop(0))
        if left is None:
            raise SyntaxRefusedError(joint)
        right = _joined(tokens, level + 1)
        if right is None:
            if joint == "&":
                return left
            raise SyntaxRefusedError(joint)
        left = Chain(left, joint, right)
    return left


def _pipe(tokens: list[str | Simple]) -> Node | None:
    parts = [_command(tokens)]
    while tokens and tokens[0] == "|":
        tokens.pop(0)
        parts.append(_command(tokens))
    if len(parts) == 1:
        return parts[0]
    whole = tuple(part for part in parts if part is not None)
    if len(whole) < len(parts):
        raise SyntaxRefusedError("|")
    return Pipe(whole)


def _command(tokens: list[str | Simple]) -> Node | None:
    if not tokens or (tokens[0] != "(" and not isinstance(tokens[0], Simple)):
        return None
    first = tokens.pop(0)
    if isinstance(first, Simple):
        return first
    body = _joined(tokens, 0)
    if body is None or not tokens or tokens.pop(0) != ")":
        raise SyntaxRefusedError(")")
    return Group(body, _trailing_redirections(tokens))


def _trailing_redirections(tokens: list[str | Simple]) -> tuple[Redirection, ...]:
    """Those behind a group's closing parenthesis, which stand without a command."""
    if tokens and isinstance(tokens[0], Simple) and not tokens[0].text.strip():
        redirections = tokens[0].redirections
        tokens.pop(0)
        return redirections
    return ()
