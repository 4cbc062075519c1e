"""Rules as Windows stores them, read without a host."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, strategies as st

from winfra import firewall, firewall_ranges

# From Microsoft's "Firewall Rule Message" (MS-GPFAS 4.2).
PUBLISHED = (
    "v2.10|Action=Allow|Active=TRUE|Dir=In|Protocol=6|Profile=Public|LPort=RPC|RPort=49000|"
    "LA4=192.168.1.0/255.255.255.0|LA4=192.168.0.0/255.255.255.0|RA4=LocalSubnet|RA6=LocalSubnet|"
    r"App=c:\path\foo.exe|Name=Firewall Rule Test|Security=Authenticate|Security2_9=An-NoEncap|"
)


def test_the_published_example() -> None:
    """Every field of it is read; what has no argument stands under ``further``."""
    assert firewall.parse(PUBLISHED) == {
        "display_name": "Firewall Rule Test",
        "description": "",
        "enabled": True,
        "action": "allow",
        "direction": "in",
        "protocol": "TCP",
        "ports": ["RPC"],
        "remote_addresses": ["LocalSubnet"],
        "profiles": ["public"],
        "program": r"c:\path\foo.exe",
        "service": "any",
        "further": [
            "RPort=49000",
            "LA4=192.168.1.0/255.255.255.0",
            "LA4=192.168.0.0/255.255.255.0",
            "Security=Authenticate",
            "Security2_9=An-NoEncap",
        ],
    }


def test_what_is_left_out_is_everything() -> None:
    """A rule without a field is for all of it."""
    rule = firewall.parse("v2.31|Action=Block|Active=FALSE|Dir=Out|Name=x|")

    assert (rule["ports"], rule["remote_addresses"]) == (["any"], ["any"])
    assert rule["profiles"] == ["domain", "private", "public"]
    assert (rule["protocol"], rule["program"], rule["service"]) == ("any", "any", "any")
    assert rule["further"] == []


def test_the_ports_of_an_outgoing_rule_are_the_others() -> None:
    """The host's own limit it further."""
    rule = firewall.parse("v2.31|Dir=Out|Protocol=17|RPort=53|RPort2_10=500-510|LPort=9|Name=x|")

    assert rule["ports"] == ["53", "500-510"]
    assert rule["further"] == ["LPort=9"]


def test_a_field_of_a_newer_windows_is_left_alone() -> None:
    """Otherwise a rule would never be as wanted there."""
    assert firewall.parse("v2.99|Dir=In|Colour=Blue|Name=x|")["further"] == []


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (80, ["80"]),
        ("80", ["80"]),
        ([443, 80], ["80", "443"]),
        ([80, 81, "82-90"], ["80-90"]),
        (["100-200", "150-300"], ["100-300"]),
        (["7-7"], ["7"]),
    ],
)
def test_ports_are_put_together(given: Any, expected: list[str]) -> None:
    """So that the same ports are one text."""
    assert firewall_ranges.ports(given, "TCP") == expected


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("10.0.0.0/255.0.0.0", ["10.0.0.0/8"]),
        ("10.0.0.0-10.255.255.255", ["10.0.0.0/8"]),
        (["10.0.0.5/32", "10.0.0.6"], ["10.0.0.5-10.0.0.6"]),
        (["10.0.0.128/25", "10.0.0.0/25", "10.0.0.7"], ["10.0.0.0/24"]),
        (["2001:DB8::/32", "fe80::1", "192.168.0.1"], ["192.168.0.1", "2001:db8::/32", "fe80::1"]),
        (["localsubnet", "dns6"], ["DNS6", "LocalSubnet"]),
    ],
)
def test_addresses_are_put_together(given: Any, expected: list[str]) -> None:
    """Lengths, masks and ranges are the same; the order does not count."""
    assert firewall_ranges.addresses(given) == expected


@given(
    st.lists(
        st.tuples(st.integers(0, 2**32 - 2), st.integers(8, 32)), min_size=1, max_size=5
    )
)  # fmt: skip
def test_addresses_that_are_put_together_are_the_same_addresses(
    networks: list[tuple[int, int]],
) -> None:
    """Each text that comes out is taken again, and means as much as what went in."""
    texts = [
        f"{_dotted(first >> (32 - length) << (32 - length))}/{length}" for first, length in networks
    ]

    once = firewall_ranges.addresses(texts)

    assert firewall_ranges.addresses(once) == once
    assert firewall_ranges.addresses([*reversed(texts), texts[0]]) == once
    assert _count(once) <= sum(2 ** (32 - length) for _, length in networks)


def test_only_a_word_of_one_version_is_told_apart() -> None:
    """LocalSubnet for IPv4 alone is another limit than LocalSubnet."""
    rule = firewall.parse("v2.31|Dir=In|RA4=LocalSubnet|RA62=IntErnet|Name=x|")

    assert rule["remote_addresses"] == ["Internet6", "LocalSubnet4"]


def _dotted(number: int) -> str:
    return ".".join(str(number >> shift & 255) for shift in (24, 16, 8, 0))


def _count(texts: list[str]) -> int:
    found = 0
    for text in texts:
        first, dash, last = text.partition("-")
        if dash:
            found += _number(last) - _number(first) + 1
        else:
            found += 2 ** (32 - int(text.partition("/")[2] or "32"))
    return found


def _number(text: str) -> int:
    a, b, c, d = map(int, text.split("."))
    return a << 24 | b << 16 | c << 8 | d
