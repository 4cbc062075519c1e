"""The options of sc.exe: a name that ends in ``=`` and, as the next argument, its value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from winfra.lab.scm import codes

_TEXTS = {
    "binpath": "path",
    "displayname": "display_name",
    "group": "group",
    "obj": "account",
    "password": "password",
}
_TYPES = {"own": codes.OWN_PROCESS, "share": codes.SHARE_PROCESS}
_STARTS = {
    "auto": codes.AUTO_START,
    "delayed-auto": codes.AUTO_START,
    "demand": codes.DEMAND_START,
    "disabled": codes.DISABLED_START,
}
_ERRORS = {"normal": 1, "severe": 2, "critical": 3, "ignore": 0}
_ACTIONS = {
    "": codes.ACTION_NONE,
    '""': codes.ACTION_NONE,
    "restart": codes.ACTION_RESTART,
    "reboot": codes.ACTION_REBOOT,
    "run": codes.ACTION_COMMAND,
}


class Refused(Exception):  # noqa: N818 - what sc.exe writes before it ends
    """A command line that sc.exe does not take."""


def parse(words: Sequence[str]) -> dict[str, str]:
    """Option -> value; a value without its space before it is refused, as Microsoft says."""
    options: dict[str, str] = {}
    left = list(words)
    while left:
        name = left.pop(0)
        if not name.endswith("=") or not left:
            raise Refused(f"ERROR:  Invalid Option\n\n{name}\n")
        options[name[:-1].lower()] = left.pop(0)
    return options


def settings(options: Mapping[str, str]) -> dict[str, Any]:
    """What ``create`` and ``config`` ask for, as ``client`` takes it."""
    found: dict[str, Any] = {}
    kinds: list[int] = []
    for name, value in options.items():
        if name in _TEXTS:
            found[_TEXTS[name]] = value
        elif name == "depend":
            found["dependencies"] = [one for one in value.split("/") if one]
        elif name == "start":
            found["start"] = _chosen(_STARTS, "start=", value)
            found["delayed"] = value.lower() == "delayed-auto"
        elif name == "error":
            found["error_control"] = _chosen(_ERRORS, "error=", value)
        elif name == "type":
            kinds.append(_chosen(_TYPES, "type=", value))
        elif name != "tag":
            raise Refused(f"ERROR:  Invalid Option\n\n{name}=\n")
    return found | ({"type": kinds[-1]} if kinds else {})


def failure(options: Mapping[str, str]) -> dict[str, Any]:
    """What ``failure`` asks for; the reset period and the actions only together."""
    if ("reset" in options) != ("actions" in options):
        raise Refused("ERROR:  The reset and actions options must be set simultaneously.\n")
    found: dict[str, Any] = {}
    if "reboot" in options:
        found["reboot_message"] = options["reboot"]
    if "command" in options:
        found["command"] = options["command"]
    if "actions" in options:
        found["reset_seconds"] = _period(options["reset"])
        found["actions"] = _actions(options["actions"])
    if not found:
        raise Refused("ERROR:  Invalid Option\n")
    return found


def privileges(text: str) -> list[str]:
    return [one for one in text.split("/") if one]


def _period(text: str) -> int:
    if text.upper() == "INFINITE":
        return codes.INFINITE
    if not text.isdecimal():
        raise Refused("ERROR:  Invalid reset= field\n")
    return int(text)


def _actions(text: str) -> list[list[int]]:
    """``restart/5000/restart/10000//0``: pairs of an action and its delay in milliseconds."""
    words = text.split("/") if text else []
    if len(words) % 2:
        words.append("0")
    pairs = zip(words[::2], words[1::2], strict=True)
    return [[_chosen(_ACTIONS, "actions=", kind), _delay(delay)] for kind, delay in pairs]


def _delay(text: str) -> int:
    if text and not text.isdecimal():
        raise Refused("ERROR:  Invalid actions= field\n")
    return int(text or 0)


def _chosen(known: Mapping[str, int], option: str, value: str) -> int:
    if value.lower() not in known:
        raise Refused(f"ERROR:  Invalid {option} field\n")
    return known[value.lower()]
