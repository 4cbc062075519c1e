"""Rules of the lab's firewall: kept in the registry as Windows keeps them, refused as it refuses."""

from __future__ import annotations

import ipaddress
import re
import uuid
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from winfra.lab import token
from winfra.lab.registry import Registry
from winfra.lab.sam import RefusedError

POLICY = r"HKLM\SYSTEM\CurrentControlSet\Services\SharedAccess\Parameters\FirewallPolicy"
RULES = rf"{POLICY}\FirewallRules"
SERVICE = r"HKLM\SYSTEM\CurrentControlSet\Services\mpssvc"
PROFILES = {"Domain": "DomainProfile", "Private": "StandardProfile", "Public": "PublicProfile"}
VERSION = "v2.31"

_INVALID = "HRESULT 0x80070057"
_BAD_ADDRESS = (
    "The address is invalid.  Addresses may be specified as IP addresses, ranges, or subnets.  "
    "Also, the following address keywords are allowed in certain places: LocalSubnet, DNS, DHCP, "
    "WINS, DefaultGateway, Internet, Intranet, IntranetRemoteAccess, PlayToDevice.  Keywords can "
    "be restricted to IPv4 or IPv6 by appending a 4 or 6."
)
_BAD_PORT = (
    "The port is invalid.  Ports may be specified as integers between 0 and 65535, ranges, or "
    "keywords."
)
_NO_PORTS = "Ports can only be specified with the protocols TCP and UDP."
# In the rule, words of MS-GPFAS for those of the cmdlets.
_WORDS = {
    "localsubnet": "LocalSubnet", "dns": "DNS", "dhcp": "DHCP", "wins": "WINS",
    "defaultgateway": "DefaultGateway", "internet": "IntErnet", "intranet": "IntrAnet",
    "intranetremoteaccess": "RmtIntrAnet", "playtodevice": "Ply2Renders",
}  # fmt: skip
_PORT_WORDS = {"rpc": "RPC", "rpcepmap": "RPC-EPMap", "iphttpsin": "IPTLSIn", "teredo": "Teredo"}
_PROTOCOLS = {"tcp": "6", "udp": "17", "icmpv4": "1", "icmpv6": "58"}
# Which of Windows' own are there, with their names, on a new server.
_OWN = {
    "WINRM-HTTP-In-TCP": "Action=Allow|Active=TRUE|Dir=In|Protocol=6|Profile=Domain|Profile=Private|"
    "LPort=5985|App=System|Name=@FirewallAPI.dll,-30253|Desc=@FirewallAPI.dll,-30256|"
    "EmbedCtxt=@FirewallAPI.dll,-30267|",
    "WINRM-HTTP-In-TCP-PUBLIC": "Action=Allow|Active=TRUE|Dir=In|Protocol=6|Profile=Public|"
    "LPort=5985|RA4=LocalSubnet|RA6=LocalSubnet|App=System|Name=@FirewallAPI.dll,-30253|"
    "Desc=@FirewallAPI.dll,-30256|EmbedCtxt=@FirewallAPI.dll,-30267|",
    "RemoteDesktop-UserMode-In-TCP": "Action=Allow|Active=FALSE|Dir=In|Protocol=6|LPort=3389|"
    r"App=%SystemRoot%\system32\svchost.exe|Svc=termservice|Name=@FirewallAPI.dll,-28775|"
    "Desc=@FirewallAPI.dll,-28756|EmbedCtxt=@FirewallAPI.dll,-28752|",
}


def make(lab: Path) -> None:
    """The firewall of a new server: on, with rules of its own."""
    registry = Registry(lab / "registry")
    for name in PROFILES.values():
        values: dict[str, Any] = {"DisableNotifications": 1, "EnableFirewall": 1}
        registry.set_all(
            rf"{POLICY}\{name}", {key: ("DWord", value) for key, value in values.items()}
        )
    own: dict[str, Any] = {name: ("String", f"{VERSION}|{text}") for name, text in _OWN.items()}
    registry.set_all(RULES, own)


def profile_settings(lab: Path, profile: str) -> dict[str, bool]:
    """What holds for a profile on the host itself."""
    registry = Registry(lab / "registry")
    key = rf"{POLICY}\{PROFILES[profile]}"
    return {
        "enabled": registry.get(key, "EnableFirewall") != 0,
        "blocks_all": registry.get(key, "DoNotAllowExceptions") == 1,
    }


class Firewall:
    """The rules of a lab, as a caller may see and change them."""

    def __init__(self, lab: Path) -> None:
        self.lab = lab
        self._registry = Registry(lab / "registry")

    def rules(self) -> dict[str, str]:
        """Name -> rule, as stored."""
        values = self._registry.values(RULES)
        return {name: str(data) for name, (_, data) in values.items()}

    def new(self, settings: Mapping[str, Any]) -> str:
        """Make a rule with the parameters of New-NetFirewallRule; its name."""
        self._need_access()
        name = str(settings.get("Name") or f"{{{str(uuid.uuid4()).upper()}}}")
        if name.lower() in {one.lower() for one in self.rules()}:
            raise RefusedError(
                "Windows System Error 183",
                "Cannot create a file when that file already exists. ",
                183,
            )
        fields = {"Action": ["Allow"], "Active": ["TRUE"], "Dir": ["In"]}
        self._write(name, {**fields, **_fields(settings, fields)})
        return name

    def change(self, name: str, settings: Mapping[str, Any]) -> None:
        """Set what Set-NetFirewallRule was given."""
        self._need_access()
        stored = self._found(name)
        fields = split(self.rules()[stored])
        changed = {**fields, **_fields(settings, fields)}
        self._write(stored, {key: values for key, values in changed.items() if values})

    def remove(self, name: str) -> None:
        self._need_access()
        self._registry.remove(RULES, self._found(name))

    def _found(self, name: str) -> str:
        return next(one for one in self.rules() if one.lower() == name.lower())

    def _write(self, name: str, fields: Mapping[str, Sequence[str]]) -> None:
        self._registry.set(RULES, name, join(fields), "String")

    def _need_access(self) -> None:
        if self._registry.get(SERVICE, "Start") == 4:  # disabled, so it does not run
            message = "There are no more endpoints available from the endpoint mapper. "
            raise RefusedError("Windows System Error 1753", message, 1753)
        if not token.of_process(self.lab).elevated:
            raise RefusedError("Windows System Error 5", "Access is denied. ", 5)


_ORDER = (
    "Action", "Active", "Dir", "Protocol", "Profile", "LPort", "LPort2_10", "RPort", "RPort2_10",
    "LA4", "LA6", "RA4", "RA42", "RA6", "RA62", "App", "Svc", "Name", "Desc", "EmbedCtxt", "Edge",
)  # fmt: skip


def join(fields: Mapping[str, Sequence[str]]) -> str:
    """A rule as Windows writes it."""
    names = [*_ORDER, *(name for name in fields if name not in _ORDER)]
    pairs = [f"{name}={value}" for name in names for value in fields.get(name, ())]
    return "|".join([VERSION, *pairs, ""])


def split(text: str) -> dict[str, list[str]]:
    """Field -> its values."""
    fields: dict[str, list[str]] = {}
    for part in text.split("|")[1:]:
        name, equals, value = part.partition("=")
        if equals:
            fields.setdefault(name, []).append(value)
    return fields


def _fields(settings: Mapping[str, Any], stored: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """The fields that parameters set; empty ones are to go."""
    made: dict[str, Any] = {}
    for name, value in settings.items():
        made.update(_FIELDS[name](value) if name in _FIELDS else {})
    protocol = made.get("Protocol", stored.get("Protocol", []))
    has_ports = any((made[key] if key in made else stored.get(key)) for key in _PORT_FIELDS)
    if has_ports and protocol not in (["6"], ["17"]):
        raise RefusedError(_INVALID, _NO_PORTS, 87)
    return made


_PORT_FIELDS = ("LPort", "LPort2_10", "RPort", "RPort2_10")


def _text(field: str) -> Any:
    def made(value: str) -> dict[str, list[str]]:
        if "|" in value or (field == "Name" and value.lower() in {"", "all"}):
            raise RefusedError(_INVALID, "The parameter is incorrect. ", 87)
        return {field: [value] if value else []}

    return made


def _unless_any(field: str) -> Any:
    def made(value: str) -> dict[str, list[str]]:
        return {field: [] if value.lower() == "any" else [value]}

    return made


def _protocol(value: str) -> dict[str, list[str]]:
    number = _PROTOCOLS.get(value.lower(), value)
    if value.lower() == "any":
        return {"Protocol": []}
    if not number.isdecimal() or int(number) > 255:
        raise RefusedError(_INVALID, "The protocol is invalid. ", 87)
    return {"Protocol": [number]}


def _profile(value: str) -> dict[str, list[str]]:
    named = [part.strip() for part in value.split(",")]
    return {"Profile": [] if "Any" in named else [name for name in PROFILES if name in named]}


def _ports(field: str) -> Any:
    """Single ports and words stand in one field, ranges in another that came with version 2.10."""

    def made(values: Sequence[str]) -> dict[str, list[str]]:
        single: list[str] = []
        ranges: list[str] = []
        for value in values:
            if value.lower() == "any":
                return {field: [], f"{field}2_10": []}
            found = re.fullmatch(r"(\d+)(?:-(\d+))?", value)
            word = _PORT_WORDS.get(value.lower()) if field == "LPort" else None
            if found is None and word is None:
                raise RefusedError(_INVALID, _BAD_PORT, 87)
            numbers = [int(number) for number in found.groups() if number] if found else []
            if numbers != sorted(numbers) or any(number > 65_535 for number in numbers):
                raise RefusedError(_INVALID, _BAD_PORT, 87)
            (ranges if len(numbers) == 2 else single).append(word or value)
        return {field: single, f"{field}2_10": ranges}

    return made


def _addresses(side: str) -> Any:
    def made(values: Sequence[str]) -> dict[str, list[str]]:
        fields: dict[str, list[str]] = {f"{side}4": [], f"{side}6": []}
        for value in values:
            if value.lower() == "any":
                return {f"{side}4": [], f"{side}6": []}
            for version, text in _address(value):
                fields[f"{side}{version}"].append(text)
        return fields

    return made


def _address(value: str) -> Iterator[tuple[int, str]]:
    """IP version and stored form: networks of IPv4 have a mask, those of IPv6 a length."""
    word = re.fullmatch(r"([A-Za-z]+2?[A-Za-z]+)([46]?)", value)
    if word and word[1].lower() in _WORDS:
        for version in (4, 6):
            if word[2] in {"", str(version)}:
                yield version, _WORDS[word[1].lower()]
        return
    try:
        yield _stored_address(value)
    except ValueError:
        raise RefusedError(_INVALID, _BAD_ADDRESS, 87) from None


def _stored_address(value: str) -> tuple[int, str]:
    first, dash, last = value.partition("-")
    if dash:
        ends = [ipaddress.ip_address(first), ipaddress.ip_address(last)]
        if ends[0].version != ends[1].version or int(ends[0]) > int(ends[1]):
            raise ValueError(value)
        return ends[0].version, f"{ends[0]}-{ends[1]}"
    network = ipaddress.ip_network(value, strict=False)
    single = network.num_addresses == 1
    if network.version == 6 and single and (network.is_loopback or network.is_multicast):
        raise ValueError(value)
    if single:
        return network.version, str(network.network_address)
    masked = f"{network.network_address}/{network.netmask}"
    return network.version, masked if network.version == 4 else str(network)


_FIELDS: dict[str, Any] = {
    "DisplayName": _text("Name"),
    "NewDisplayName": _text("Name"),
    "Description": _text("Desc"),
    "Group": _text("EmbedCtxt"),
    "Enabled": lambda value: {"Active": [value.upper()]},
    "Action": lambda value: {"Action": [value]},
    "Direction": lambda value: {"Dir": ["In" if value == "Inbound" else "Out"]},
    "Protocol": _protocol,
    "Profile": _profile,
    "LocalPort": _ports("LPort"),
    "RemotePort": _ports("RPort"),
    "LocalAddress": _addresses("LA"),
    "RemoteAddress": _addresses("RA"),
    "Program": _unless_any("App"),
    "Service": _unless_any("Svc"),
    "EdgeTraversalPolicy": lambda value: {"Edge": ["TRUE"] if value == "Allow" else []},
}
