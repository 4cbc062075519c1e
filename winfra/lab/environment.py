"""The environment of a process in the lab: Windows' variables, and the few that Linux needs."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from winfra.lab.engine import engine
from winfra.lab.installation import MACHINE_ENVIRONMENT, USER_ENVIRONMENT
from winfra.lab.paths import to_real
from winfra.lab.registry import Registry, expand

_REAL = {"path", "psmodulepath"}


def process_environment(
    lab: Path,
    host_name: str,
    user: str,
    codepage: int,
    shell_id: str,
    given: Mapping[str, str],
    *,
    profile: str = "",
    domain: str = "",
) -> dict[str, str]:
    r"""All variables of a new process: the machine's, the user's, the shell's, in Windows' order.

    + given: those of the shell, or of the service
    + profile: the folder of an account that is not ``C:\Users\USER``, or has no registry here
    + domain: of the account, where it is not the machine
    """
    folder = profile or rf"C:\Users\{user}"
    windows = _predefined(host_name, user, folder, domain or host_name)
    registry = Registry(lab / "registry")
    path: list[str] = []
    for key in (MACHINE_ENVIRONMENT, *(() if profile else (USER_ENVIRONMENT,))):
        for name, (_, data) in registry.values(key).items():
            value = expand(str(data), windows)
            if name.lower() == "path":
                path += value.split(";")
            elif name.lower() not in _REAL:
                _set(windows, name, value)
    for name, value in given.items():
        if name.lower() == "path":
            path = value.split(";")
        elif name.lower() not in _REAL:
            _set(windows, name, value)
    return {**windows, **_real(lab, folder, codepage, shell_id, path)}


def _set(variables: dict[str, str], name: str, value: str) -> None:
    """Windows finds variables without regard to case, and keeps the case they were made with."""
    known = next((one for one in variables if one.lower() == name.lower()), name)
    variables[known] = value


def _predefined(host_name: str, user: str, profile: str, domain: str) -> dict[str, str]:
    return {
        "ALLUSERSPROFILE": r"C:\ProgramData",
        "APPDATA": rf"{profile}\AppData\Roaming",
        "CommonProgramFiles": r"C:\Program Files\Common Files",
        "CommonProgramFiles(x86)": r"C:\Program Files (x86)\Common Files",
        "COMPUTERNAME": host_name,
        "LOCALAPPDATA": rf"{profile}\AppData\Local",
        "ProgramData": r"C:\ProgramData",
        "ProgramFiles": r"C:\Program Files",
        "ProgramFiles(x86)": r"C:\Program Files (x86)",
        "ProgramW6432": r"C:\Program Files",
        "PUBLIC": r"C:\Users\Public",
        "SystemDrive": "C:",
        "SystemRoot": r"C:\Windows",
        "USERDOMAIN": domain,
        "USERNAME": user,
        "USERPROFILE": profile,
    }


def _real(
    lab: Path, windows_profile: str, codepage: int, shell_id: str, path: list[str]
) -> dict[str, str]:
    folders = [str(to_real(lab, entry)) for entry in path if entry[1:3] == ":\\"]
    profile = to_real(lab, windows_profile)
    return {
        "DOTNET_EnableDiagnostics": "0",  # no sockets and pipes of its own in the temporary folder
        "HOME": str(profile),
        "LC_ALL": "C.UTF-8",
        "PATH": ":".join([str(lab / "bin"), *folders, os.environ.get("PATH", os.defpath)]),
        "POWERSHELL_REGISTRY": str(lab / "registry"),
        "POWERSHELL_TELEMETRY_OPTOUT": "1",
        "PSModuleAnalysisCachePath": str(lab / "cache" / "modules"),
        "TMPDIR": str(profile / "AppData/Local/Temp"),
        "WINFRA_LAB": str(lab),
        "WINFRA_LAB_CODEPAGE": str(codepage),
        "WINFRA_LAB_ENGINE": str(engine()),
        "WINFRA_LAB_SHELL": shell_id,
        "XDG_CACHE_HOME": str(lab / "cache"),
        "XDG_CONFIG_HOME": str(lab / "cache"),
        "XDG_DATA_HOME": str(lab / "cache"),
        **{name: value for name, value in os.environ.items() if name == "WINFRA_LAB_STATEMENTS"},
    }
