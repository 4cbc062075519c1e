"""What the fact says of the firewall; the lab's registry is the witness."""

from tests.trial import Trial
from winfra.facts.firewall import Rule
from winfra.lab import firewall as witness

POLICY = r"HKLM\SOFTWARE\Policies\Microsoft\WindowsFirewall"


def test_windows_own_rule(trial: Trial) -> None:
    """As setup made it, its variable replaced."""
    found = trial.fact(Rule, rule="RemoteDesktop-UserMode-In-TCP")

    assert found["rule"] == {
        "display_name": "@FirewallAPI.dll,-28775",
        "description": "@FirewallAPI.dll,-28756",
        "enabled": False,
        "action": "allow",
        "direction": "in",
        "protocol": "TCP",
        "ports": ["3389"],
        "remote_addresses": ["any"],
        "profiles": ["domain", "private", "public"],
        "program": r"C:\Windows\system32\svchost.exe",
        "service": "termservice",
        "further": [],
    }


def test_no_rule(trial: Trial) -> None:
    """Nor an error; the profiles are told all the same."""
    found = trial.fact(Rule, rule="none")

    assert found["rule"] is None
    assert found["profiles"].keys() == {"domain", "private", "public"}


def test_policy_wins_over_the_host(trial: Trial) -> None:
    """Where it says something."""
    keys = trial.lab.keys
    keys.set(rf"{witness.POLICY}\DomainProfile", "EnableFirewall", 0)
    keys.set(rf"{POLICY}\DomainProfile", "EnableFirewall", 1)
    keys.set(rf"{POLICY}\PublicProfile", "AllowLocalPolicyMerge", 0)
    keys.set(rf"{witness.POLICY}\StandardProfile", "DoNotAllowExceptions", 1)
    try:
        found = trial.fact(Rule, rule="none")["profiles"]
    finally:
        keys.delete(POLICY)
        keys.delete(witness.POLICY)
        witness.make(trial.lab.folder)

    usual = {"enabled": True, "local_rules": True, "blocks_all": False}
    assert found == {
        "domain": usual,
        "private": {**usual, "blocks_all": True},
        "public": {**usual, "local_rules": False},
    }


def test_a_host_without_any_rules(trial: Trial) -> None:
    """A key that is not there is no error."""
    trial.lab.keys.delete(witness.POLICY)
    try:
        found = trial.fact(Rule, rule="x")
    finally:
        witness.make(trial.lab.folder)

    assert found["rule"] is None
    assert found["profiles"]["public"]["enabled"] is True
