"""What a freshly installed Windows Server holds: folders, registry, CIM properties, as data."""

from __future__ import annotations

from typing import Any

from winfra.lab.scm import windows_services

GIBIBYTE = 2**30
BUILD = 20348
REVISION = 2402
VERSION = f"10.0.{BUILD}"
POWERSHELL_VERSION = f"5.1.{BUILD}.{REVISION}"

FOLDERS = (
    r"C:\PerfLogs",
    r"C:\Program Files\Common Files",
    r"C:\Program Files\WindowsPowerShell\Modules",
    r"C:\Program Files (x86)\Common Files",
    r"C:\ProgramData",
    r"C:\Users\Public",
    r"C:\Windows\System32\drivers\etc",
    r"C:\Windows\System32\WindowsPowerShell\v1.0",
    r"C:\Windows\Temp",
    "D:\\",
)
PROFILE_FOLDERS = (r"AppData\Local\Temp", r"AppData\Roaming", "Documents")
PATH = (
    r"%SystemRoot%\system32;%SystemRoot%;%SystemRoot%\System32\Wbem;"
    "%SYSTEMROOT%\\System32\\WindowsPowerShell\\v1.0\\"
)
MACHINE_ENVIRONMENT = r"HKLM\SYSTEM\CurrentControlSet\Control\Session Manager\Environment"
USER_ENVIRONMENT = r"HKCU\Environment"
SESSION_MANAGER = r"HKLM\SYSTEM\CurrentControlSet\Control\Session Manager"
PENDING_REBOOT_KEYS = (
    r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Component Based Servicing\RebootPending",
    r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\WindowsUpdate\Auto Update\RebootRequired",
)
BOOTED_KEY = r"HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion\Winlogon\AutoLogonChecked"


def registry(host_name: str) -> dict[str, dict[str, str | int | list[str]]]:
    software = r"HKLM\SOFTWARE\Microsoft"
    control = r"HKLM\SYSTEM\CurrentControlSet\Control"
    engine: dict[str, str | int | list[str]] = {
        "ApplicationBase": r"C:\Windows\System32\WindowsPowerShell\v1.0",
        "PowerShellVersion": POWERSHELL_VERSION,
        "PSCompatibleVersion": "1.0, 2.0, 3.0, 4.0, 5.0, 5.1",
        "RuntimeVersion": "v4.0.30319",
    }
    return {
        rf"{software}\Windows NT\CurrentVersion": {
            "BuildLabEx": f"{BUILD}.1.amd64fre.fe_release.210507-1500",
            "CurrentBuild": str(BUILD),
            "CurrentBuildNumber": str(BUILD),
            "CurrentMajorVersionNumber": 10,
            "CurrentMinorVersionNumber": 0,
            "CurrentVersion": "6.3",
            "DisplayVersion": "21H2",
            "EditionID": "ServerStandard",
            "InstallationType": "Server",
            "ProductName": "Windows Server 2022 Standard",
            "ReleaseId": "2009",
            "SystemRoot": r"C:\Windows",
            "UBR": REVISION,
        },
        rf"{software}\Windows NT\CurrentVersion\Winlogon": {"AutoAdminLogon": "0"},
        rf"{software}\Windows\CurrentVersion": {
            "CommonFilesDir": r"C:\Program Files\Common Files",
            "ProgramFilesDir": r"C:\Program Files",
        },
        rf"{software}\Windows\CurrentVersion\Component Based Servicing": {},
        rf"{software}\Windows\CurrentVersion\Policies\System": {
            "EnableLUA": 1,
            "LocalAccountTokenFilterPolicy": 1,
        },
        rf"{software}\Windows\CurrentVersion\Uninstall": {},
        rf"{software}\Windows\CurrentVersion\WindowsUpdate\Auto Update": {},
        rf"{software}\Command Processor": {"CompletionChar": 64, "EnableExtensions": 1},
        rf"{software}\NET Framework Setup\NDP\v4\Full": {
            "Install": 1,
            "Release": 528449,
            "Version": "4.8.04161",
        },
        rf"{software}\PowerShell\1\PowerShellEngine": {**engine, "PowerShellVersion": "2.0"},
        rf"{software}\PowerShell\3\PowerShellEngine": engine,
        rf"{control}\ComputerName\ActiveComputerName": {"ComputerName": host_name},
        rf"{control}\ComputerName\ComputerName": {"ComputerName": host_name},
        rf"{control}\FileSystem": {"LongPathsEnabled": 0},
        control: {"WaitToKillServiceTimeout": "5000"},
        rf"{control}\ProductOptions": {"ProductType": "ServerNT"},
        rf"{control}\Session Manager": {},
        rf"{control}\TimeZoneInformation": {"TimeZoneKeyName": "UTC"},
        **windows_services.registry(),
        r"HKLM\SYSTEM\CurrentControlSet\Services\Tcpip\Parameters": {
            "Domain": "",
            "Hostname": host_name,
            "NV Hostname": host_name,
        },
        MACHINE_ENVIRONMENT: {
            "ComSpec": r"%SystemRoot%\system32\cmd.exe",
            "NUMBER_OF_PROCESSORS": "4",
            "OS": "Windows_NT",
            "Path": PATH,
            "PATHEXT": ".COM;.EXE;.BAT;.CMD;.VBS;.VBE;.JS;.JSE;.WSF;.WSH;.MSC",
            "PROCESSOR_ARCHITECTURE": "AMD64",
            "TEMP": r"%SystemRoot%\TEMP",
            "TMP": r"%SystemRoot%\TEMP",
            "windir": "%SystemRoot%",
        },
        r"HKCU\SOFTWARE\Microsoft\Command Processor": {"CompletionChar": 9, "EnableExtensions": 1},
        USER_ENVIRONMENT: {
            "TEMP": r"%USERPROFILE%\AppData\Local\Temp",
            "TMP": r"%USERPROFILE%\AppData\Local\Temp",
        },
    }


def system(host_name: str) -> dict[str, Any]:
    """``state/system.json``: properties by CIM class; edited, they make another machine."""
    return {
        "Win32_OperatingSystem": {
            "BuildNumber": str(BUILD),
            "Caption": "Microsoft Windows Server 2022 Standard",
            "CSName": host_name,
            "FreePhysicalMemory": 6 * 2**20,
            "InstallDate": "2026-01-05T08:00:00+00:00",
            "OperatingSystemSKU": 7,
            "OSArchitecture": "64-bit",
            "OSLanguage": 1033,
            "ProductType": 3,
            "ServicePackMajorVersion": 0,
            "SystemDirectory": r"C:\Windows\system32",
            "SystemDrive": "C:",
            "TotalVisibleMemorySize": 8 * 2**20,
            "Version": VERSION,
            "WindowsDirectory": r"C:\Windows",
        },
        "Win32_ComputerSystem": {
            "Domain": "WORKGROUP",
            "DomainRole": 2,
            "Manufacturer": "QEMU",
            "Model": "Standard PC (Q35 + ICH9, 2009)",
            "Name": host_name,
            "NumberOfLogicalProcessors": 4,
            "NumberOfProcessors": 1,
            "PartOfDomain": False,
            "SystemType": "x64-based PC",
            "TotalPhysicalMemory": 8 * GIBIBYTE,
            "Workgroup": "WORKGROUP",
        },
    }


def disk(letter: str, label: str, size: int, free: int) -> dict[str, Any]:
    """One instance of Win32_LogicalDisk: a fixed disk with NTFS."""
    return {
        "Description": "Local Fixed Disk",
        "DeviceID": f"{letter}:",
        "DriveType": 3,
        "FileSystem": "NTFS",
        "FreeSpace": free * GIBIBYTE,
        "MediaType": 12,
        "Size": size * GIBIBYTE,
        "VolumeName": label,
        "VolumeSerialNumber": "5E3A1C0" + ("1" if letter == "C" else "2"),
    }
