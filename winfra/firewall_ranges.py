"""Ports and addresses of firewall rules: asked for or stored, in one form to compare."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias

from pyinfra.api import OperationValueError

from winfra.messages import firewall as messages

Port: TypeAlias = int | str
Interval: TypeAlias = tuple[int, int]

ANY = ["any"]
# "New-NetFirewallRule", -RemoteAddress; each also with a 4 or a 6 behind it.
_KEYWORDS = ("LocalSubnet", "DNS", "DHCP", "WINS", "DefaultGateway", "Internet", "Intranet")
_KEYWORD = re.compile(rf"({'|'.join(_KEYWORDS)})([46]?)", re.IGNORECASE)
_PORT = re.compile(r"(\d{1,5})(?:-(\d{1,5}))?")
_WIDTHS = {4: 2**32 - 1, 6: 2**128 - 1}


def ports(given: Port | Sequence[Port] | None, protocol: str) -> list[str]:
    """Numbers and ranges as they are compared: sorted, and what overlaps or touches put together."""
    if given is None:
        return [*ANY]
    listed = [given] if isinstance(given, (int, str)) else [*given]
    if not listed:
        raise _port_error("", "is empty")
    if protocol == "any":
        raise _port_error(listed[0], "needs a protocol that has ports")
    return _port_texts(_port(one) for one in listed)


def addresses(given: str | Sequence[str] | None) -> list[str]:
    """Addresses, networks and ranges as they are compared, keywords behind them."""
    if given is None:
        return [*ANY]
    listed = [given] if isinstance(given, str) else [*given]
    if not listed:
        raise _address_error("", "is empty")
    intervals: dict[int, list[Interval]] = {4: [], 6: []}
    keywords = set()
    for text in listed:
        if keyword := _keyword(text):
            keywords.add(keyword)
        else:
            version, interval = _checked(text)
            intervals[version].append(interval)
    for version, all_of_it in _WIDTHS.items():
        if (0, all_of_it) in _merged(intervals[version]):
            raise _address_error(", ".join(listed), f"is every IPv{version} address")
    return _address_texts(intervals, keywords)


def stored_ports(values: list[str]) -> list[str]:
    """Numbers, ranges, and words such as RPC; no field: all ports."""
    numbers = [found for value in values if (found := _PORT.fullmatch(value))]
    words = sorted(value for value in values if not _PORT.fullmatch(value) and value != "*")
    texts = _port_texts((int(found[1]), int(found[2] or found[1])) for found in numbers)
    return [*texts, *words] or [*ANY]


def stored_addresses(fields: list[tuple[str, str]]) -> list[str]:
    intervals: dict[int, list[Interval]] = {4: [], 6: []}
    words: dict[str, set[str]] = {"4": set(), "6": set()}
    for name, value in fields:
        # A number behind RA4 and RA6 says with which version of the format the value came.
        kind = re.fullmatch(r"RA([46])\d*", name, re.IGNORECASE)
        if kind is None or value == "*":
            continue
        try:
            version, interval = _interval(value)
            intervals[version].append(interval)
        except ValueError:
            words[kind[1]].add(_keyword(value) or value)
    both = words["4"] & words["6"]
    single = {f"{word}{version}" for version in "46" for word in words[version] - both}
    return _address_texts(intervals, both | single) or [*ANY]


def _merged(intervals: Iterable[Interval]) -> list[Interval]:
    found: list[Interval] = []
    for first, last in sorted(intervals):
        if found and first <= found[-1][1] + 1:
            found[-1] = (found[-1][0], max(last, found[-1][1]))
        else:
            found.append((first, last))
    return found


def _port(given: Port) -> Interval:
    found = None if isinstance(given, bool) else _PORT.fullmatch(str(given))
    if found is None:
        raise _port_error(given, "is no port")
    first, last = int(found[1]), int(found[2] or found[1])
    if not 1 <= first <= last <= 65_535:
        raise _port_error(given, "is out of range")
    return first, last


def _port_texts(intervals: Iterable[Interval]) -> list[str]:
    return [
        str(first) if first == last else f"{first}-{last}" for first, last in _merged(intervals)
    ]


def _interval(text: str) -> tuple[int, Interval]:
    """IP version, first and last address of an address, a network or a range."""
    first, dash, last = text.partition("-")
    if dash:
        start, end = ipaddress.ip_address(first.strip()), ipaddress.ip_address(last.strip())
        if start.version != end.version or int(start) > int(end):
            raise ValueError("does not go from a lower address to a higher one")
        return start.version, (int(start), int(end))
    network = ipaddress.ip_network(text)
    return network.version, (int(network.network_address), int(network.broadcast_address))


def _checked(text: str) -> tuple[int, Interval]:
    """The interval of an address that Windows takes."""
    if "%" in text:
        raise _address_error(text, "has a zone")
    try:
        version, (first, last) = _interval(text)
    except ValueError as error:
        reason = "has bits set behind its mask" if "host bits" in str(error) else "is no address"
        raise _address_error(text, str(error) if "does not" in str(error) else reason) from error
    if version == 6 and first == last:
        address = ipaddress.IPv6Address(first)
        if address.is_loopback or address.is_multicast or address.is_unspecified:
            raise _address_error(text, "is an IPv6 address that the firewall takes no rules for")
    return version, (first, last)


def _keyword(text: str) -> str | None:
    found = _KEYWORD.fullmatch(text)
    if found is None:
        return None
    return next(word for word in _KEYWORDS if word.lower() == found[1].lower()) + found[2]


def _address_texts(intervals: Mapping[int, list[Interval]], keywords: Iterable[str]) -> list[str]:
    texts = [
        _address_text(version, *interval)
        for version in (4, 6)
        for interval in _merged(intervals[version])
    ]
    return [*texts, *sorted(keywords)]


def _address_text(version: int, first: int, last: int) -> str:
    """The shortest way to write it: ``10.0.0.5``, ``10.0.0.0/8``, ``10.0.0.1-10.0.0.9``."""
    kind = ipaddress.IPv4Address if version == 4 else ipaddress.IPv6Address
    if first == last:
        return str(kind(first))
    networks = [*ipaddress.summarize_address_range(kind(first), kind(last))]
    return str(networks[0]) if len(networks) == 1 else f"{kind(first)}-{kind(last)}"


def _port_error(port: Port, reason: str) -> OperationValueError:
    return OperationValueError(messages.PORT_REFUSED.text(port=port, reason=reason))


def _address_error(address: str, reason: str) -> OperationValueError:
    return OperationValueError(messages.ADDRESS_REFUSED.text(address=address, reason=reason))
