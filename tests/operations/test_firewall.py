"""Rules of the firewall on a lab; the strings in its registry are the witness."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from pyinfra.api import OperationValueError

from tests.trial import Trial, no_host
from winfra.lab import firewall as witness
from winfra.messages import firewall as messages
from winfra.operations import firewall

NAME = "PrefectServer"
POLICY = r"HKLM\SOFTWARE\Policies\Microsoft\WindowsFirewall"
RULE: dict[str, Any] = {"rule": NAME, "ports": 4200, "remote_addresses": ["10.0.0.0/8"]}


@pytest.fixture(autouse=True)
def _bare(trial: Trial) -> Iterator[None]:
    keys = trial.lab.keys
    keys.delete(witness.POLICY)
    keys.delete(POLICY)
    witness.make(trial.lab.folder)
    yield
    keys.delete(POLICY)


def stored(trial: Trial, name: str = NAME) -> Any:
    return trial.lab.keys.get(witness.RULES, name)


def store(trial: Trial, text: str, name: str = NAME) -> None:
    """As somebody else would, with netsh or in the console."""
    trial.lab.keys.set(witness.RULES, name, f"v2.31|{text}|", "String")


def test_a_rule_is_made(trial: Trial) -> None:
    """A dry run shows it, a run makes it, a second one does nothing."""
    before = trial.lab.keys.values(witness.RULES)

    dry = trial.dry(firewall.rule, **RULE)
    assert dry.will_change
    assert "Will create" in dry.output
    assert "10.0.0.0/8" in dry.output
    assert trial.lab.keys.values(witness.RULES) == before

    assert trial.run(firewall.rule, **RULE).changed
    assert stored(trial) == (
        "v2.31|Action=Allow|Active=TRUE|Dir=In|Protocol=6|LPort=4200|RA4=10.0.0.0/255.0.0.0|"
        "Name=PrefectServer|"
    )
    again = trial.run(firewall.rule, **RULE)
    assert not again.changed
    assert "firewall rule PrefectServer is as wanted" in again.output


def test_a_rule_with_everything(trial: Trial) -> None:
    """Each argument reaches its field."""
    wanted: dict[str, Any] = {
        "rule": "Everything",
        "ports": ["5000-5010", 443, 444],
        "protocol": "udp",
        "remote_addresses": ["LocalSubnet", "10.1.0.7", "10.2.0.1-10.2.0.9", "2001:db8::/32"],
        "profiles": ["private", "domain"],
        "program": r"D:\python\python.exe",
        "service": "PrefectServer",
        "action": "block",
        "direction": "out",
        "enabled": False,
        "display_name": "Prefect (all of it)",
        "description": "What the workers may not",
    }

    assert trial.run(firewall.rule, **wanted).changed
    assert stored(trial, "Everything") == (
        "v2.31|Action=Block|Active=FALSE|Dir=Out|Protocol=17|Profile=Domain|Profile=Private|"
        "RPort2_10=443-444|RPort2_10=5000-5010|RA4=10.1.0.7|RA4=10.2.0.1-10.2.0.9|RA4=LocalSubnet|"
        r"RA6=2001:db8::/32|RA6=LocalSubnet|App=D:\python\python.exe|Svc=PrefectServer|"
        "Name=Prefect (all of it)|Desc=What the workers may not|"
    )
    assert not trial.run(firewall.rule, **wanted).changed


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("Action=Block|Active=TRUE|Dir=In|Protocol=6|LPort=4200|RA4=10.0.0.0/8|Name=PrefectServer", "action"),
        ("Action=Allow|Active=FALSE|Dir=In|Protocol=6|LPort=4200|RA4=10.0.0.0/8|Name=PrefectServer", "enabled"),
        ("Action=Allow|Active=TRUE|Dir=Out|Protocol=6|LPort=4200|RA4=10.0.0.0/8|Name=PrefectServer", "direction"),
        ("Action=Allow|Active=TRUE|Dir=In|Protocol=17|LPort=4200|RA4=10.0.0.0/8|Name=PrefectServer", "protocol"),
        ("Action=Allow|Active=TRUE|Dir=In|Protocol=6|LPort=4200|LPort=4201|RA4=10.0.0.0/8|Name=PrefectServer", "4200-4201"),
        ("Action=Allow|Active=TRUE|Dir=In|Protocol=6|LPort=RPC|RA4=10.0.0.0/8|Name=PrefectServer", "RPC"),
        ("Action=Allow|Active=TRUE|Dir=In|Protocol=6|RA4=10.0.0.0/8|Name=PrefectServer", "ports"),
        ("Action=Allow|Active=TRUE|Dir=In|Protocol=6|LPort=4200|Name=PrefectServer", "remote_addresses"),
        ("Action=Allow|Active=TRUE|Dir=In|Protocol=6|LPort=4200|RA4=10.0.0.0/16|Name=PrefectServer", "10.0.0.0/16"),
        ("Action=Allow|Active=TRUE|Dir=In|Protocol=6|LPort=4200|RA4=10.0.0.0/8|RA6=LocalSubnet|Name=PrefectServer", "LocalSubnet6"),
        ("Action=Allow|Active=TRUE|Dir=In|Protocol=6|Profile=Public|LPort=4200|RA4=10.0.0.0/8|Name=PrefectServer", "profiles"),
        (r"Action=Allow|Active=TRUE|Dir=In|Protocol=6|LPort=4200|RA4=10.0.0.0/8|App=C:\x.exe|Name=PrefectServer", "program"),
        ("Action=Allow|Active=TRUE|Dir=In|Protocol=6|LPort=4200|RA4=10.0.0.0/8|Svc=w32time|Name=PrefectServer", "service"),
        ("Action=Allow|Active=TRUE|Dir=In|Protocol=6|LPort=4200|RA4=10.0.0.0/8|Name=Other", "display_name"),
        ("Action=Allow|Active=TRUE|Dir=In|Protocol=6|LPort=4200|RPort=99|RA4=10.0.0.0/8|Name=PrefectServer", "RPort=99"),
        ("Action=Allow|Active=TRUE|Dir=In|Protocol=6|LPort=4200|LA4=10.9.9.9|RA4=10.0.0.0/8|Name=PrefectServer", "LA4=10.9.9.9"),
        ("Action=Allow|Active=TRUE|Dir=In|Protocol=6|LPort=4200|RA4=10.0.0.0/8|Name=PrefectServer|Security=Authenticate", "further"),
        ("Action=Allow|Active=TRUE|Dir=In|Protocol=6|LPort=4200|RA4=10.0.0.0/8|Name=PrefectServer|LUAuth=O:LSD:(A;;CC;;;S-1-5-32-544)", "LUAuth"),
        ("nonsense", "action"),
    ],
    ids=lambda value: value if " " not in value and "|" not in value else "",
)  # fmt: skip
def test_what_was_changed_by_hand_is_found_and_mended(trial: Trial, text: str, seen: str) -> None:
    """Each property; a further limit too, for which there is no argument."""
    store(trial, text)

    dry = trial.dry(firewall.rule, **RULE)
    assert dry.will_change
    assert seen in dry.output

    assert trial.run(firewall.rule, **RULE).changed
    assert stored(trial) == (
        "v2.31|Action=Allow|Active=TRUE|Dir=In|Protocol=6|LPort=4200|RA4=10.0.0.0/255.0.0.0|"
        "Name=PrefectServer|"
    )
    assert not trial.run(firewall.rule, **RULE).changed


@pytest.mark.parametrize(
    "text",
    [
        "Action=Allow|Active=TRUE|Dir=In|Protocol=6|LPort=4200|RA4=10.0.0.0/8|Name=PrefectServer",
        "Action=Allow|Active=TRUE|Dir=In|Protocol=6|LPort=4200|RA4=10.0.0.0-10.255.255.255|Name=PrefectServer",
        "Action=Allow|Active=TRUE|Dir=In|Protocol=6|LPort=4200|RA4=10.128.0.0/255.128.0.0|RA4=10.0.0.0/9|RA4=10.3.3.3|Name=PrefectServer",
        "Name=PrefectServer|RA42=10.0.0.0/8|LPort2_10=4200-4200|Protocol=6|Dir=In|Active=TRUE|Action=Allow|EmbedCtxt=Prefect",
        "Action=Allow|Active=TRUE|Dir=In|Protocol=6|Profile=Public|Profile=Private|Profile=Domain|LPort=4200|RA4=10.0.0.0/8|Name=PrefectServer",
    ],
    ids=["length", "range", "parts", "order", "all-profiles"],
)
def test_other_ways_to_store_the_same_are_the_same(trial: Trial, text: str) -> None:
    """Masks and lengths, networks in parts, the order of fields, a group to show it under."""
    store(trial, text)

    assert not trial.run(firewall.rule, **RULE).changed


def test_a_variable_in_a_program_is_replaced(trial: Trial) -> None:
    """Before it is compared; the case does not count."""
    wanted = {"rule": NAME, "program": r"c:\windows\SYSTEM32\w32tm.exe"}
    assert trial.run(firewall.rule, **wanted).changed
    text = r"Action=Allow|Active=TRUE|Dir=In|Protocol=6|App=%SystemRoot%\System32\w32tm.exe"
    store(trial, f"{text}|Name={NAME}")

    assert not trial.run(firewall.rule, **wanted).changed


def test_a_description_that_is_not_given_stays(trial: Trial) -> None:
    """Also where the rule has to be made anew."""
    store(trial, "Action=Allow|Active=TRUE|Dir=In|Protocol=17|LPort=4200|Name=x|Desc=by hand")

    assert trial.run(firewall.rule, **RULE).changed
    assert "|Desc=by hand|" in stored(trial)
    assert trial.run(firewall.rule, **RULE, description="").changed
    assert "Desc=" not in stored(trial)


def test_a_rule_of_the_same_display_name_stays(trial: Trial) -> None:
    """Names are unique, display names are not."""
    store(trial, f"Action=Allow|Active=TRUE|Dir=In|Protocol=6|LPort=99|Name={NAME}", "{other}")
    other = stored(trial, "{other}")

    trial.run(firewall.rule, **RULE)
    assert stored(trial, "{other}") == other
    trial.run(firewall.rule, NAME, present=False)
    assert stored(trial, "{other}") == other


def test_a_rule_is_removed(trial: Trial) -> None:
    """Found by its name in any case; the others stay."""
    before = trial.lab.keys.values(witness.RULES)
    trial.run(firewall.rule, **RULE)

    dry = trial.dry(firewall.rule, NAME.lower(), present=False)
    assert dry.will_change
    assert "Will remove" in dry.output
    assert trial.run(firewall.rule, NAME.lower(), present=False).changed
    assert trial.lab.keys.values(witness.RULES) == before
    again = trial.run(firewall.rule, NAME, present=False)
    assert not again.changed
    assert "firewall rule PrefectServer does not exist" in again.output


def test_a_policy_that_ignores_local_rules_is_named(trial: Trial) -> None:
    """Nothing is made that could not count."""
    for name in ("DomainProfile", "PrivateProfile", "PublicProfile"):
        trial.lab.keys.set(rf"{POLICY}\{name}", "AllowLocalPolicyMerge", 0)

    tried = trial.run(firewall.rule, **RULE)

    assert tried.failed
    reason = "group policy lets no rules of the host apply for the profiles domain, private, public"
    sentence = messages.RULES_IGNORED.text(rule=NAME, host="@lab/trial", reason=reason)
    assert sentence in tried.output
    assert stored(trial) is None
    assert not trial.run(firewall.rule, NAME, present=False).failed


def test_a_policy_for_some_profiles_is_said(trial: Trial) -> None:
    """The rule counts in the others, so it is made."""
    trial.lab.keys.set(rf"{POLICY}\PublicProfile", "AllowLocalPolicyMerge", 0)

    tried = trial.run(firewall.rule, **RULE)

    assert tried.changed
    reason = "group policy lets no rules of the host apply for the profiles public"
    sentence = messages.RULES_IGNORED_PARTLY.text(rule=NAME, host="@lab/trial", reason=reason)
    assert sentence in tried.output
    only = trial.run(firewall.rule, **RULE, profiles="public")
    assert messages.RULES_IGNORED.remedy in only.output
    assert only.failed


def test_a_firewall_that_blocks_everything_is_named(trial: Trial) -> None:
    """Rules that let something in do not count then; those that block do."""
    for name in witness.PROFILES.values():
        trial.lab.keys.set(rf"{witness.POLICY}\{name}", "DoNotAllowExceptions", 1)

    tried = trial.run(firewall.rule, **RULE)

    assert tried.failed
    assert "block all incoming connections for the profiles domain, private, public" in tried.output
    assert trial.run(firewall.rule, **RULE, action="block").changed


def test_a_firewall_that_is_off_is_said(trial: Trial) -> None:
    """By the host or by a policy, which wins; the rule is made for the day when it is on."""
    for name in ("PublicProfile", "PrivateProfile"):
        trial.lab.keys.set(rf"{POLICY}\{name}", "EnableFirewall", 0)
    trial.lab.keys.set(rf"{POLICY}\DomainProfile", "EnableFirewall", 1)
    trial.lab.keys.set(rf"{witness.POLICY}\DomainProfile", "EnableFirewall", 0)

    tried = trial.run(firewall.rule, **RULE)

    assert tried.changed
    sentence = messages.FIREWALL_OFF.text(host="@lab/trial", profiles="private, public", rule=NAME)
    assert sentence in tried.output


def test_a_stopped_firewall_service_is_named(trial: Trial) -> None:
    """Some people disable it, and every command of the firewall fails then."""
    trial.run(firewall.rule, **RULE)
    start = trial.lab.keys.get(witness.SERVICE, "Start")
    trial.lab.keys.set(witness.SERVICE, "Start", 4)
    try:
        changed = trial.run(firewall.rule, NAME, ports=4201)
        removed = trial.run(firewall.rule, NAME, present=False)
    finally:
        trial.lab.keys.set(witness.SERVICE, "Start", start or 2)

    assert changed.failed
    assert removed.failed
    assert messages.FIREWALL_STOPPED.remedy in changed.output
    assert messages.FIREWALL_STOPPED.remedy in removed.output


def test_what_windows_refuses_is_quoted(trial: Trial, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the arguments' check knows less than Windows does."""
    monkeypatch.setattr("winfra.firewall_ranges._address_text", lambda *_: "fe80::zz")

    tried = trial.run(firewall.rule, **RULE)

    assert tried.failed
    assert messages.RULE_REFUSED.remedy in tried.output
    assert "The address is invalid" in tried.output


@pytest.mark.parametrize("token", ["denied", "removed"])
def test_only_administrators_change_rules(trial: Trial, token: str) -> None:
    """A filtered token, which remote UAC gives, is not enough."""
    config = trial.lab.config
    trial.run(firewall.rule, **RULE)
    users = tuple(type(one)(**{**vars(one), "full_token": False}) for one in config.users)
    trial.lab.configure(users=users)
    try:
        options = {"present": False} if token == "removed" else {"ports": 99}
        tried = trial.run(firewall.rule, NAME, **options)
    finally:
        trial.lab.configure(users=config.users)

    assert tried.failed
    assert messages.FIREWALL_DENIED.text(Name=NAME, Reason="Access is denied") in tried.output


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"rule": "a*"}, messages.RULE_NAME),
        ({"rule": "all"}, messages.RULE_NAME),
        ({"rule": " x"}, messages.RULE_NAME),
        ({"rule": "x" * 256}, messages.RULE_NAME),
        ({"display_name": "a|b"}, messages.RULE_NAME),
        ({"description": "@FirewallAPI.dll,-1"}, messages.RULE_NAME),
        ({"service": "a?"}, messages.RULE_NAME),
        ({"protocol": "ICMP"}, messages.ARGUMENT_REFUSED),
        ({"action": "deny"}, messages.ARGUMENT_REFUSED),
        ({"direction": "both"}, messages.ARGUMENT_REFUSED),
        ({"profiles": ["work"]}, messages.ARGUMENT_REFUSED),
        ({"profiles": []}, messages.ARGUMENT_REFUSED),
        ({"ports": 0}, messages.PORT_REFUSED),
        ({"ports": 65536}, messages.PORT_REFUSED),
        ({"ports": "9-5"}, messages.PORT_REFUSED),
        ({"ports": "http"}, messages.PORT_REFUSED),
        ({"ports": True}, messages.PORT_REFUSED),
        ({"ports": []}, messages.PORT_REFUSED),
        ({"ports": 80, "protocol": "any"}, messages.PORT_REFUSED),
        ({"remote_addresses": "10.0.0.5/8"}, messages.ADDRESS_REFUSED),
        ({"remote_addresses": ["10.0.0.256"]}, messages.ADDRESS_REFUSED),
        ({"remote_addresses": "server1"}, messages.ADDRESS_REFUSED),
        ({"remote_addresses": "10.0.0.9-10.0.0.1"}, messages.ADDRESS_REFUSED),
        ({"remote_addresses": "10.0.0.9-::2"}, messages.ADDRESS_REFUSED),
        ({"remote_addresses": "fe80::1%eth0"}, messages.ADDRESS_REFUSED),
        ({"remote_addresses": "::1"}, messages.ADDRESS_REFUSED),
        ({"remote_addresses": "0.0.0.0/0"}, messages.ADDRESS_REFUSED),
        ({"remote_addresses": ["0.0.0.0/1", "128.0.0.0/1"]}, messages.ADDRESS_REFUSED),
        ({"remote_addresses": []}, messages.ADDRESS_REFUSED),
        ({"program": r"%ProgramFiles%\x.exe"}, messages.PROGRAM_REFUSED),
    ],
)
def test_bad_arguments_are_refused_before_the_host_is_asked(options: Any, message: Any) -> None:
    """With the argument's name, its value and what would be right."""
    with no_host(), pytest.raises(OperationValueError) as caught:
        list(firewall.rule._inner(**{"rule": NAME, **options}))

    assert str(caught.value).endswith(f"{message.remedy}.")
