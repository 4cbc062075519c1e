"""Scripts about services run in a lab, and what is seen of them from outside."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

from tests.lab.people import PASSWORD, answers, new_user, sam
from winfra.lab import rights
from winfra.lab.scm import codes
from winfra.lab.state import Lab

KEY = r"HKLM\SYSTEM\CurrentControlSet\Services"
SAID = """
$ErrorActionPreference = 'Stop'
$found = [ordered] @{}
foreach ($name in $actions.Keys) {
    $found[$name] = try { $null = & $actions[$name]; 'done' }
    catch { '{0} {1}: {2}' -f $_.FullyQualifiedErrorId.Replace('Microsoft.PowerShell.Commands.', ''), $_.CategoryInfo.Category, $_.Exception.Message }
}
$found
"""


def said(lab: Lab, actions: str, **options: Any) -> dict[str, str]:
    """Name of an action -> the id, category and message of its error, or ``done``."""
    return answers(lab, f"$actions = [ordered] @{{\n{actions}\n}}\n{SAID}", **options)


def state(lab: Lab, name: str) -> str:
    return codes.STATES[lab.service(name)["state"]]


def may_log_on(lab: Lab, name: str, password: str = PASSWORD) -> None:
    """An account that services may run as."""
    user = new_user(lab, name)
    sam(lab).change(name, password, {})
    granted = rights.read(lab.folder).get("SeServiceLogonRight", [])
    rights.write(lab.folder, {"SeServiceLogonRight": [*granted, user.sid]}, "a test")


def files_with(folder: Path, secret: str) -> list[str]:
    """The files that hold a text, as it is or as the lab would send it."""
    forms = [secret.encode(), secret.encode("utf-16-le"), base64.b64encode(secret.encode())]
    files = [file for file in folder.rglob("*") if file.is_file() and not file.is_symlink()]
    return [str(file) for file in files if any(form in file.read_bytes() for form in forms)]
