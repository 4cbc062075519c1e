"""What facts say of the machine; the lab's state is the witness."""

from datetime import datetime
from typing import Any

import pytest

from tests.trial import Trial
from winfra.facts.system import System

WINDOWS = r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion"
CONTROL = r"HKLM\SYSTEM\CurrentControlSet\Control"


def test_the_system_is_described(trial: Trial) -> None:
    """By CIM and the registry."""
    stored = trial.lab.read_state("system")
    os, computer = stored["Win32_OperatingSystem"], stored["Win32_ComputerSystem"]

    found = trial.fact(System)

    assert found["name"] == computer["Name"]
    assert found["edition"] == os["Caption"]
    assert found["build"] == int(os["BuildNumber"])
    assert found["version"] == os["Version"]
    windows = r"HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion"
    assert found["revision"] == trial.lab.keys.get(windows, "UBR")
    assert found["memory"] == computer["TotalPhysicalMemory"]
    assert found["free_memory"] == os["FreePhysicalMemory"] * 1024
    assert found["processors"] == computer["NumberOfLogicalProcessors"]
    assert (found["manufacturer"], found["model"]) == (computer["Manufacturer"], computer["Model"])
    started = datetime.fromisoformat(stored["boot_time"])
    assert abs(found["boot_time"] - started).total_seconds() < 1
    assert found["powershell"].startswith("5.1.")
    assert found["language_mode"] == "FullLanguage"
    assert found["time_zone"]
    assert found["reboot_pending"] == []
    assert (found["core"], found["domain_controller"]) == (False, False)
    assert (found["domain_role"], found["domain"]) == ("server", None)


def test_a_domain_controller_without_a_desktop(trial: Trial) -> None:
    """What another machine would say."""
    stored = trial.lab.read_state("system")
    changed: dict[str, Any] = {
        **stored,
        "Win32_OperatingSystem": {**stored["Win32_OperatingSystem"], "ProductType": 2},
        "Win32_ComputerSystem": {
            **stored["Win32_ComputerSystem"],
            "DomainRole": 5,
            "PartOfDomain": True,
            "Domain": "corp.example.org",
        },
    }
    windows = r"HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion"
    trial.lab.write_state("system", changed)
    trial.lab.keys.set(windows, "InstallationType", "Server Core")

    found = trial.fact(System)

    trial.lab.write_state("system", stored)
    trial.lab.keys.set(windows, "InstallationType", "Server")
    assert (found["core"], found["domain_controller"]) == (True, True)
    assert found["domain_role"] == "primary domain controller"
    assert found["domain"] == "corp.example.org"


@pytest.mark.parametrize(
    ("key", "value", "data", "reason"),
    [
        (rf"{WINDOWS}\Component Based Servicing\RebootPending", None, None, "component servicing"),
        (rf"{WINDOWS}\WindowsUpdate\Auto Update\RebootRequired", None, None, "Windows Update"),
        (
            rf"{CONTROL}\Session Manager",
            "PendingFileRenameOperations",
            [r"\??\C:\x"],
            "files to be replaced",
        ),
        (rf"{CONTROL}\ComputerName\ComputerName", "ComputerName", "NEW", "a new computer name"),
    ],
)
def test_what_waits_for_a_restart_is_named(
    trial: Trial, key: str, value: str | None, data: Any, reason: str
) -> None:
    """Each of Windows' marks."""
    before = trial.lab.keys.get(key, value) if value else None
    if value:
        trial.lab.keys.set(key, value, data)
    else:
        trial.lab.keys.set_all(key, {})

    found = trial.fact(System)["reboot_pending"]

    if before is not None and value:
        trial.lab.keys.set(key, value, before)
    elif value:
        trial.lab.keys.remove(key, value)
    else:
        trial.lab.keys.delete(key)
    assert found == [reason]
