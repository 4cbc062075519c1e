"""
The firewall module handles rules of the Windows firewall.

A rule is known by its name, which is unique and which the cmdlets call ``-Name``; what the console
shows is its display name, which several rules may share.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import Any, cast

from pyinfra import host, logger
from pyinfra.api.command import PyinfraCommand

from winfra import firewall, firewall_ranges
from winfra.difference import show
from winfra.facts.firewall import FirewallInfo, ProfileInfo, Rule
from winfra.firewall import ACTIONS, DIRECTIONS, PROTOCOLS, RuleInfo
from winfra.firewall_ranges import Port
from winfra.messages import Message, firewall as messages
from winfra.operation import fail, operation, read
from winfra.script import Script

_POLICY = "group policy lets no rules of the host apply for the profiles {}"
_BLOCKED = "the firewall is set to block all incoming connections for the profiles {}"


@operation()
def rule(
    rule: str,
    present: bool = True,
    *,
    ports: Port | Sequence[Port] | None = None,
    protocol: str = "TCP",
    remote_addresses: str | Sequence[str] | None = None,
    profiles: str | Sequence[str] | None = None,
    program: str | None = None,
    service: str | None = None,
    action: str = "allow",
    direction: str = "in",
    enabled: bool = True,
    display_name: str | None = None,
    description: str | None = None,
) -> Generator[PyinfraCommand]:
    r"""
    Make, change or remove a rule of the firewall; others stay, also those with the same display name.

    + rule: its name, which is unique
    + present: whether it should exist
    + ports: one or several, numbers or ranges such as ``"5000-5010"``: the host's own for ``in``, the
      others' for ``out``; all when not given
    + protocol: ``TCP``, ``UDP`` or ``any``
    + remote_addresses: addresses, networks (``10.0.0.0/8``, ``10.0.0.0/255.0.0.0``), ranges
      (``10.0.0.1-10.0.0.9``), ``LocalSubnet``; all when not given
    + profiles: of ``domain``, ``private`` and ``public``; all when not given
    + program: full path of the only program that it is for
    + service: name of the only service that it is for
    + action: ``allow`` or ``block``
    + direction: ``in`` or ``out``
    + enabled: whether it counts
    + display_name: the same as ``rule`` when not given
    + description: left as it is when not given

    All other limits that the rule may have are taken away. Nothing is changed where the rule could not
    count: a group policy may ignore the host's own rules; where the firewall is off, that is said.

    **Example:**

    .. code:: python

        from winfra.operations import firewall

        firewall.rule(
            name="Let the office reach the Prefect server",
            rule="PrefectServer",
            ports=4200,
            remote_addresses=["10.0.0.0/8"],
        )
    """
    rule = firewall.rule_name(rule)
    protocol = PROTOCOLS[firewall.choice("protocol", protocol, PROTOCOLS)]
    wanted = RuleInfo(
        display_name=firewall.shown_text("display_name", display_name or rule),
        description=firewall.shown_text("description", description or ""),
        enabled=enabled,
        action=firewall.choice("action", action, ACTIONS),
        direction=firewall.choice("direction", direction, DIRECTIONS),
        protocol=protocol,
        ports=firewall_ranges.ports(ports, protocol),
        remote_addresses=firewall_ranges.addresses(remote_addresses),
        profiles=firewall.profiles(profiles),
        program=firewall.program(program),
        service=firewall.service(service),
        further=[],
    )
    found = read(Rule, rule=rule)
    if not present:
        yield from _remove(rule, found["rule"])
        return
    _check_profiles(rule, wanted, found)
    if description is None:
        wanted["description"] = found["rule"]["description"] if found["rule"] else ""
    differing = [*wanted] if found["rule"] is None else firewall.differing(found["rule"], wanted)
    if not differing:
        host.noop(f"firewall rule {rule} is as wanted")
        return
    _show(rule, found["rule"], wanted, differing)
    yield _set(rule, found["rule"], wanted, differing)


def _remove(rule: str, found: RuleInfo | None) -> Generator[PyinfraCommand]:
    if found is None:
        host.noop(f"firewall rule {rule} does not exist")
        return
    show(f"firewall rule {rule}", _shown(found), None)
    yield Script("remove_firewall_rule", Name=rule)


def _check_profiles(rule: str, wanted: RuleInfo, found: FirewallInfo) -> None:
    """Say where the rule cannot count, and end where it counts nowhere."""
    states = {name: found["profiles"][name] for name in wanted["profiles"]}
    ignored = [name for name, state in states.items() if not state["local_rules"]]
    blocked = [name for name, state in states.items() if _blocks(state, wanted)]
    reasons = [
        text.format(", ".join(names))
        for text, names in ((_POLICY, ignored), (_BLOCKED, blocked))
        if names
    ]
    values = {"rule": rule, "host": host.name, "reason": " and ".join(reasons)}
    if {*ignored, *blocked} == {*states}:
        raise fail(messages.RULES_IGNORED, **values)
    if reasons:
        _warn(messages.RULES_IGNORED_PARTLY, **values)
    if off := ", ".join(name for name, state in states.items() if not state["enabled"]):
        _warn(messages.FIREWALL_OFF, host=host.name, profiles=off, rule=rule)


def _blocks(state: ProfileInfo, wanted: RuleInfo) -> bool:
    opens = wanted["direction"] == "in" and wanted["action"] == "allow"
    return opens and state["enabled"] and state["blocks_all"]


def _warn(message: Message, **values: object) -> None:
    host.log_styled(message.text(**values), fg="yellow", log_func=logger.warning)


def _show(rule: str, found: RuleInfo | None, wanted: RuleInfo, differing: list[str]) -> None:
    if found is None:
        show(f"firewall rule {rule}", None, _shown(wanted))
        return
    sides = [cast(dict[str, Any], side) for side in (found, wanted)]
    before, after = ({key: side[key] for key in differing} for side in sides)
    show(f"firewall rule {rule}", before, after)


def _shown(rule: RuleInfo) -> dict[str, Any]:
    """Without what every rule has at first."""
    return {key: value for key, value in rule.items() if value not in ("", "any", ["any"], [])}


def _set(rule: str, found: RuleInfo | None, wanted: RuleInfo, differing: list[str]) -> Script:
    settings = {
        "".join(part.title() for part in key.split("_")): _word(value)
        for key, value in wanted.items()
        if key != "further"
    }
    # What no parameter takes away, and what is refused beside the old ports or changes their end.
    anew = found is not None and bool({"further", "protocol", "direction"} & {*differing})
    if (found is None or anew) and not wanted["description"]:
        settings["Description"] = None
    return Script(
        "set_firewall_rule", Name=rule, Exists=found is not None, Replace=anew, **settings
    )


def _word(value: Any) -> Any:
    """The cmdlets' word for all there are."""
    if value in ([*firewall.PROFILES], ["any"]):
        return ["Any"]
    return "Any" if value == "any" else value
