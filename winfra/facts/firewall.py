"""Facts about the Windows firewall, read from the registry: its cmdlets take up to a minute."""

from __future__ import annotations

from typing import Any, TypedDict

from typing_extensions import override

from winfra.fact import WindowsFact
from winfra.firewall import PROFILES, RuleInfo, parse
from winfra.script import Script


class ProfileInfo(TypedDict):
    """What holds for the networks of one kind, the domain's policy included.

    + enabled: whether the firewall is on
    + local_rules: whether rules of the host itself count beside those of a policy
    + blocks_all: whether it lets nothing in, whatever the rules say
    """

    enabled: bool
    local_rules: bool
    blocks_all: bool


class FirewallInfo(TypedDict):
    """A rule, and the profiles in which it may count."""

    rule: RuleInfo | None
    profiles: dict[str, ProfileInfo]


class Rule(WindowsFact[FirewallInfo]):
    """
    Returns a rule of the host by its name (the cmdlets' ``-Name``), and the firewall's profiles:

    .. code:: python

        {
            "rule": {
                "display_name": "Prefect server",
                "description": "",
                "enabled": True,
                "action": "allow",
                "direction": "in",
                "protocol": "TCP",
                "ports": ["4200"],
                "remote_addresses": ["10.0.0.0/8"],
                "profiles": ["domain", "private", "public"],
                "program": "any",
                "service": "any",
                "further": [],
            },
            "profiles": {"domain": {"enabled": True, "local_rules": True, "blocks_all": False}, …},
        }

    ``rule`` is ``None`` where there is none of that name.
    """

    def command(self, rule: str) -> Script:
        return Script("get_firewall", Name=rule)

    @override
    def read(self, value: Any) -> FirewallInfo:
        text = value["Text"]
        return FirewallInfo(
            rule=None if text is None else parse(text, value["Expanded"]),
            profiles={name: _profile(value["Profiles"][name]) for name in PROFILES},
        )


def _profile(value: Any) -> ProfileInfo:
    """Policy decides where it says something; what nobody says is as Windows has it at first."""
    policy, local = value["Policy"], value["Local"]
    decided = {**local, **policy}
    return ProfileInfo(
        enabled=decided.get("EnableFirewall", 1) != 0,
        local_rules=policy.get("AllowLocalPolicyMerge", 1) != 0,
        blocks_all=decided.get("DoNotAllowExceptions", 0) != 0,
    )
