"""Rules of the Windows firewall: what is asked for and what Windows stores, in one form to compare."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, TypedDict

from pyinfra.api import OperationValueError

from winfra.firewall_ranges import stored_addresses, stored_ports
from winfra.messages import firewall as messages
from winfra.path import windows_path

PROFILES = ("domain", "private", "public")
PROTOCOLS = {"tcp": "TCP", "udp": "UDP", "any": "any"}
ACTIONS = ("allow", "block")
DIRECTIONS = ("in", "out")
# The cmdlets take a name as a pattern; the rest cannot stand in a stored rule (MS-FASP, FW_RULE).
_NOT_IN_NAMES = re.compile(r"[*?`\[\]|\x00-\x1f]")
_NOT_IN_TEXTS = re.compile(r"[|\x00-\x1f]")
_LONGEST_NAME = 255
_NUMBERS = {"6": "TCP", "17": "UDP"}
# Fields that limit a rule in ways for which there is no argument (MS-GPFAS 2.2.2.19, by their beginnings).
_FURTHER = (
    "la4", "la6", "if", "security", "rmauth", "ruauth", "rauth", "luauth", "luown", "auth", "edge",
    "defer", "lsm", "lom", "icmp", "platform", "skipver", "apppkgid", "pfn", "nnm", "ttk",
)  # fmt: skip


class RuleInfo(TypedDict):
    """A rule. ``ports`` are the host's own for ``in``, the others' for ``out``; ``further``: other limits."""

    display_name: str
    description: str
    enabled: bool
    action: str
    direction: str
    protocol: str
    ports: list[str]
    remote_addresses: list[str]
    profiles: list[str]
    program: str
    service: str
    further: list[str]


def parse(text: str, expanded: str | None = None) -> RuleInfo:
    """A rule as the registry stores it: ``v2.31|Action=Allow|Active=TRUE|Dir=In|Protocol=6|…``.

    + expanded: the same text, its environment variables replaced by the host
    """
    fields = [*_fields(text)]
    one = {name.lower(): value for name, value in fields}
    direction = one.get("dir", "").lower()
    own, others = ("lport", "rport") if direction != "out" else ("rport", "lport")
    further = [f"{k}={v}" for k, v in fields if k.lower().startswith((*_FURTHER, others))]
    program = dict(_fields(expanded or text)).get("App", "")
    protocol = one.get("protocol", "any")
    profiles = {value.lower() for name, value in fields if name.lower() == "profile"}
    return RuleInfo(
        display_name=one.get("name", ""),
        description=one.get("desc", ""),
        enabled=one.get("active", "").upper() == "TRUE",
        action=one.get("action", "").lower(),
        direction=direction,
        protocol=_NUMBERS.get(protocol, protocol),
        ports=stored_ports([v for k, v in fields if k.lower().startswith(own)]),
        remote_addresses=stored_addresses(fields),
        profiles=[name for name in PROFILES if name in profiles or not profiles],
        program=program or "any",
        service=one.get("svc", "any"),
        further=further,
    )


def differing(found: Mapping[str, Any], wanted: Mapping[str, Any]) -> list[str]:
    """What of the wanted properties is otherwise; Windows tells no case in programs and services."""
    return [key for key, value in wanted.items() if not _same(key, found[key], value)]


def profiles(given: Sequence[str] | str | None) -> list[str]:
    listed = [given] if isinstance(given, str) else [*(PROFILES if given is None else given)]
    for one in listed or [""]:
        choice("profiles", one, PROFILES)
    return [name for name in PROFILES if name in {one.lower() for one in listed}]


def program(path: str | None) -> str:
    """A program's full path; Windows itself is ``System``."""
    if path is None:
        return "any"
    if path.lower() == "system":
        return "System"
    if "%" in path:
        raise OperationValueError(
            messages.PROGRAM_REFUSED.text(program=path, reason="has a variable in it")
        )
    return windows_path(path, "program", file=True)


def service(name: str | None) -> str:
    return "any" if name is None else _text("service", name, _NOT_IN_NAMES)


def choice(argument: str, value: str, known: Iterable[str]) -> str:
    """One of several words, in any case."""
    if value.lower() not in known:
        listed = ", ".join(known)
        raise OperationValueError(
            messages.ARGUMENT_REFUSED.text(argument=argument, value=value, known=listed)
        )
    return value.lower()


def rule_name(name: str) -> str:
    return _text("rule", name, _NOT_IN_NAMES)


def shown_text(argument: str, text: str) -> str:
    """A display name or a description."""
    if text.startswith("@"):
        raise _name_error(argument, text, "with @ it would name a resource")
    return _text(argument, text, _NOT_IN_TEXTS) if text or argument != "description" else text


def _fields(text: str) -> Iterator[tuple[str, str]]:
    for field in text.split("|")[1:]:
        name, equals, value = field.partition("=")
        if equals:
            yield name, value


def _same(key: str, found: Any, wanted: Any) -> bool:
    if key in {"program", "service"}:
        return str(found).lower() == str(wanted).lower()
    return bool(found == wanted)


def _text(argument: str, text: str, forbidden: re.Pattern[str]) -> str:
    reason = None
    if not text.strip() or text != text.strip():
        reason = "it is empty, or begins or ends with a space"
    elif found := forbidden.search(text):
        reason = f"it has the character {found[0]!r}"
    elif text.lower() in {"all", "any"}:
        reason = "Windows takes it for a keyword"
    elif argument != "description" and len(text) > _LONGEST_NAME:
        reason = f"it is longer than {_LONGEST_NAME} characters"
    if reason:
        raise _name_error(argument, text, reason)
    return text


def _name_error(argument: str, name: str, reason: str) -> OperationValueError:
    return OperationValueError(
        messages.RULE_NAME.text(argument=argument, name=name[:60], reason=reason)
    )
