"""The services that a freshly installed Windows Server has, as data.

They run in processes that the lab does not have: svchost.exe, lsass.exe. Their states change as asked,
without a process.
"""

from __future__ import annotations

from dataclasses import dataclass

from winfra.lab.scm.codes import (
    ACCEPT_PAUSE,
    ACCEPT_SHUTDOWN,
    ACCEPT_STOP,
    AUTO_START,
    DEMAND_START,
    DISABLED_START,
    OWN_PROCESS,
    SHARE_PROCESS,
)

KEY = r"HKLM\SYSTEM\CurrentControlSet\Services"
LOCAL_SYSTEM = "LocalSystem"
LOCAL_SERVICE = r"NT AUTHORITY\LocalService"
NETWORK_SERVICE = r"NT AUTHORITY\NetworkService"
_SVCHOST = r"%SystemRoot%\system32\svchost.exe"
_MAY_STOP = ACCEPT_STOP | ACCEPT_SHUTDOWN


@dataclass(frozen=True)
class WindowsService:
    """One of them.

    + group: the group of svchost.exe that it runs in, or a path
    + accepted: controls that it accepts while it runs; 0: it cannot be stopped
    """

    name: str
    display_name: str
    description: str
    group: str
    account: str = LOCAL_SYSTEM
    start: int = AUTO_START
    dependencies: tuple[str, ...] = ()
    accepted: int = _MAY_STOP
    type: int = SHARE_PROCESS
    delayed: bool = False

    @property
    def path(self) -> str:
        return self.group if "\\" in self.group else f"{_SVCHOST} -k {self.group}"


SERVICES = (
    WindowsService(
        "BFE", "Base Filtering Engine",
        "Manages firewall and Internet Protocol security (IPsec) policies and implements user mode filtering.",
        "LocalServiceNoNetworkFirewall -p", LOCAL_SERVICE, dependencies=("RpcSs",),
    ),
    WindowsService(
        "CryptSvc", "Cryptographic Services",
        "Provides services that confirm the signatures of Windows files and manage certificates.",
        "NetworkService -p", NETWORK_SERVICE, dependencies=("RpcSs",),
    ),
    WindowsService(
        "DcomLaunch", "DCOM Server Process Launcher",
        "Launches COM and DCOM servers in response to object activation requests.",
        "DcomLaunch -p", accepted=0,
    ),
    WindowsService(
        "Dhcp", "DHCP Client", "Registers and updates IP addresses and DNS records for this computer.",
        "LocalServiceNetworkRestricted -p", LOCAL_SERVICE,
    ),
    WindowsService(
        "Dnscache", "DNS Client", "Caches Domain Name System (DNS) names for this computer.",
        "NetworkService -p", NETWORK_SERVICE, accepted=0,
    ),
    WindowsService(
        "EventLog", "Windows Event Log", "Manages events and event logs.",
        "LocalServiceNetworkRestricted -p", LOCAL_SERVICE,
    ),
    WindowsService(
        "gpsvc", "Group Policy Client", "Applies the settings that administrators configure.",
        "GPSvcGroup", accepted=0, dependencies=("RpcSs",),
    ),
    WindowsService(
        "LanmanServer", "Server", "Supports file, print, and named-pipe sharing over the network.",
        "smbsvcs", dependencies=("SamSS",), accepted=_MAY_STOP | ACCEPT_PAUSE,
    ),
    WindowsService(
        "LanmanWorkstation", "Workstation",
        "Creates and maintains client network connections to remote servers.",
        "NetworkService -p", NETWORK_SERVICE, accepted=_MAY_STOP | ACCEPT_PAUSE,
    ),
    WindowsService(
        "mpssvc", "Windows Defender Firewall",
        "Helps to protect the computer from unauthorized access over a network.",
        "LocalServiceNoNetworkFirewall -p", LOCAL_SERVICE, dependencies=("BFE",), accepted=0,
    ),
    WindowsService(
        "MSDTC", "Distributed Transaction Coordinator",
        "Coordinates transactions that span multiple resource managers.",
        r"%SystemRoot%\System32\msdtc.exe", NETWORK_SERVICE, dependencies=("RpcSs", "SamSS"),
        type=OWN_PROCESS, delayed=True,
    ),
    WindowsService(
        "Netlogon", "Netlogon", "Maintains a secure channel between this computer and a domain.",
        r"%SystemRoot%\system32\lsass.exe", start=DEMAND_START, dependencies=("LanmanWorkstation",),
    ),
    WindowsService(
        "RemoteRegistry", "Remote Registry",
        "Enables remote users to modify registry settings on this computer.",
        "localService -p", LOCAL_SERVICE, start=DISABLED_START, dependencies=("RpcSs",),
    ),
    WindowsService(
        "RpcEptMapper", "RPC Endpoint Mapper", "Resolves RPC interface identifiers to endpoints.",
        "RPCSS -p", NETWORK_SERVICE, accepted=0,
    ),
    WindowsService(
        "RpcSs", "Remote Procedure Call (RPC)",
        "The Service Control Manager for COM and DCOM servers.",
        "rpcss -p", NETWORK_SERVICE, dependencies=("RpcEptMapper", "DcomLaunch"), accepted=0,
    ),
    WindowsService(
        "SamSS", "Security Accounts Manager",
        "Signals other services that the Security Accounts Manager is ready to accept requests.",
        r"%SystemRoot%\system32\lsass.exe", dependencies=("RpcSs",), accepted=0,
    ),
    WindowsService(
        "Schedule", "Task Scheduler", "Enables a user to configure and schedule automated tasks.",
        "netsvcs -p", dependencies=("RpcSs", "EventLog"), accepted=0,
    ),
    WindowsService(
        "Spooler", "Print Spooler", "Spools print jobs and handles interaction with the printer.",
        r"%SystemRoot%\System32\spoolsv.exe", dependencies=("RpcSs",), type=OWN_PROCESS,
    ),
    WindowsService(
        "TrustedInstaller", "Windows Modules Installer",
        "Enables installation, modification, and removal of Windows updates and components.",
        r"%SystemRoot%\servicing\TrustedInstaller.exe", start=DEMAND_START, type=OWN_PROCESS,
    ),
    WindowsService(
        "W32Time", "Windows Time", "Maintains date and time synchronization.",
        "LocalService", LOCAL_SERVICE,
    ),
    WindowsService(
        "WdiServiceHost", "Diagnostic Service Host", "Hosts diagnostics of the local service context.",
        "LocalService -p", LOCAL_SERVICE, start=DEMAND_START,
    ),
    WindowsService(
        "Winmgmt", "Windows Management Instrumentation",
        "Provides a common interface and object model to access management information.",
        "netsvcs -p", dependencies=("RpcSs",), accepted=_MAY_STOP | ACCEPT_PAUSE,
    ),
    WindowsService(
        "WinRM", "Windows Remote Management (WS-Management)",
        "Implements the WS-Management protocol for remote management.",
        "NetworkService -p", NETWORK_SERVICE, dependencies=("RpcSs",),
    ),
    WindowsService(
        "wuauserv", "Windows Update", "Enables the detection, download, and installation of updates.",
        "netsvcs -p", start=DEMAND_START, dependencies=("RpcSs",),
    ),
)  # fmt: skip


def registry() -> dict[str, dict[str, str | int | list[str]]]:
    """Their keys."""
    return {rf"{KEY}\{one.name}": _values(one) for one in SERVICES}


def _values(one: WindowsService) -> dict[str, str | int | list[str]]:
    values: dict[str, str | int | list[str]] = {
        "Description": one.description,
        "DisplayName": one.display_name,
        "ErrorControl": 1,
        "ImagePath": one.path,
        "ObjectName": one.account,
        "Start": one.start,
        "Type": one.type,
    }
    if one.dependencies:
        values["DependOnService"] = list(one.dependencies)
    if one.delayed:
        values["DelayedAutostart"] = 1
    return values
