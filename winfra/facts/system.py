"""Facts about the machine and its Windows."""

from __future__ import annotations

from datetime import datetime
from typing import Any, TypedDict

from typing_extensions import override

from winfra.fact import WindowsFact
from winfra.script import Script
from winfra.text import utc_time

# Win32_OperatingSystem.ProductType and Win32_ComputerSystem.DomainRole
DOMAIN_CONTROLLER = 2
DOMAIN_ROLES = (
    "workstation",
    "workstation in a domain",
    "server",
    "server in a domain",
    "backup domain controller",
    "primary domain controller",
)


class SystemDict(TypedDict):
    """See ``System``."""

    name: str
    edition: str
    version: str
    build: int
    revision: int
    core: bool
    domain_controller: bool
    domain_role: str
    domain: str | None
    manufacturer: str
    model: str
    processors: int
    memory: int
    free_memory: int
    boot_time: datetime
    time_zone: str
    reboot_pending: list[str]
    powershell: str
    language_mode: str


class System(WindowsFact[SystemDict]):
    """
    Returns what the machine is; memory in bytes:

    .. code:: python

        {
            "name": "SRV1",
            "edition": "Microsoft Windows Server 2022 Standard",
            "version": "10.0.20348",
            "build": 20348,
            "revision": 2402,
            "core": False,                         # whether it is without a desktop
            "domain_controller": False,
            "domain_role": "server in a domain",   # one of DOMAIN_ROLES
            "domain": "corp.example.org",          # None in a workgroup
            "manufacturer": "Dell Inc.",
            "model": "PowerEdge R650",
            "processors": 8,
            "memory": 17179869184,
            "free_memory": 8589934592,
            "boot_time": datetime(2026, 1, 31, 12, tzinfo=UTC),
            "time_zone": "W. Europe Standard Time",
            "reboot_pending": ["Windows Update"],  # why Windows waits for a restart
            "powershell": "5.1.20348.2402",
            "language_mode": "FullLanguage",
        }
    """

    def command(self) -> Script:
        return Script("get_system")

    @override
    def read(self, value: Any) -> SystemDict:
        return SystemDict(
            name=value["Name"],
            edition=value["Caption"],
            version=value["Version"],
            build=value["Build"],
            revision=value["Revision"],
            core=value["Installation"] == "Server Core",
            domain_controller=value["ProductType"] == DOMAIN_CONTROLLER,
            domain_role=DOMAIN_ROLES[value["DomainRole"]],
            domain=value["Domain"],
            manufacturer=value["Manufacturer"],
            model=value["Model"],
            processors=value["Processors"],
            memory=value["Memory"],
            free_memory=value["FreeMemory"],
            boot_time=utc_time(value["BootTime"]),
            time_zone=value["TimeZone"],
            reboot_pending=value["RebootPending"],
            powershell=value["PowerShell"],
            language_mode=value["LanguageMode"],
        )
