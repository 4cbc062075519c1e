"""What a PowerShell process of the lab asks about the firewall."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from winfra.lab.firewall import PROFILES, Firewall, profile_settings, split

_PROTOCOLS = {"6": "TCP", "17": "UDP", "1": "ICMPv4", "58": "ICMPv6"}


class FirewallAuthority:
    """Answers to the cmdlets of NetSecurity."""

    lab: Path

    def on_firewall_rules(self) -> list[dict[str, Any]]:
        rules = Firewall(self.lab).rules()
        return [_described(name, split(text)) for name, text in sorted(rules.items())]

    def on_new_firewall_rule(self, settings: str) -> str:
        return Firewall(self.lab).new(json.loads(settings))

    def on_set_firewall_rule(self, name: str, settings: str) -> None:
        Firewall(self.lab).change(name, json.loads(settings))

    def on_remove_firewall_rule(self, name: str) -> None:
        Firewall(self.lab).remove(name)

    def on_firewall_profiles(self) -> list[dict[str, Any]]:
        return [{"name": name, **profile_settings(self.lab, name)} for name in PROFILES]


def _described(name: str, fields: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """A rule in the words of the cmdlets' objects."""
    protocol = _one(fields, "Protocol", "Any")
    profiles = [one for one in PROFILES if one in fields.get("Profile", ())]
    return {
        "name": name,
        "display_name": _one(fields, "Name", ""),
        "description": _one(fields, "Desc", None),
        "group": _one(fields, "EmbedCtxt", None),
        "enabled": "True" if _one(fields, "Active", "") == "TRUE" else "False",
        "profile": ", ".join(profiles) or "Any",
        "direction": "Outbound" if _one(fields, "Dir", "") == "Out" else "Inbound",
        "action": _one(fields, "Action", ""),
        "protocol": _PROTOCOLS.get(str(protocol), protocol),
        "local_port": _all(fields, "LPort", "LPort2_10"),
        "remote_port": _all(fields, "RPort", "RPort2_10"),
        "local_address": _all(fields, "LA4", "LA6"),
        "remote_address": _all(fields, "RA4", "RA6", "RA42", "RA62"),
        "program": _one(fields, "App", "Any"),
        "service": _one(fields, "Svc", "Any"),
    }


def _one(fields: Mapping[str, Sequence[str]], name: str, default: str | None) -> str | None:
    values = fields.get(name)
    return values[0] if values else default


def _all(fields: Mapping[str, Sequence[str]], *names: str) -> list[str]:
    """The cmdlets show a word that stands for both versions of IP once."""
    return list(dict.fromkeys(value for name in names for value in fields.get(name, ()))) or ["Any"]
