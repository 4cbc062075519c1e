"""vc_redist.x64.exe: installs the Visual C++ runtime; made for one version and one outcome."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from winfra.lab import console, vc_runtime
from winfra.lab.installation import PENDING_REBOOT_KEYS, SESSION_MANAGER
from winfra.lab.paths import is_windows, to_real
from winfra.lab.pgsql import rights
from winfra.lab.registry import Registry

NEWER_PRESENT, REBOOT_REQUIRED, REQUIREMENTS_NOT_MET = 1638, 3010, 5100
CANCELLED = 1602
BAD_OPTION = 87
ACCESS_DENIED = 5
_FLAGS = {
    "/install", "/uninstall", "/repair", "/quiet", "/q", "/s", "/silent", "/passive",
    "/norestart", "/promptrestart",
}  # fmt: skip


def main(argv: Sequence[str]) -> int:
    made_for, _, *given = argv
    lab = console.lab()
    text, _, outcome = made_for.partition(":")
    number = tuple(int(part) for part in text.split("."))
    words = [word.lower() for word in given]
    code = _run(lab, number, int(outcome or 0), words)
    if "/log" in words and words.index("/log") + 1 < len(given):
        _log(lab, given[words.index("/log") + 1], code)
    return code


def _run(lab: Path, number: tuple[int, ...], outcome: int, words: list[str]) -> int:
    options = [word for word in words if word.startswith("/") and word != "/log"]
    if set(options) - _FLAGS:
        return BAD_OPTION
    if not {"/quiet", "/q", "/s", "/silent", "/passive"} & set(options):
        return CANCELLED  # nobody answers its window
    if not rights.own(lab).elevated:
        return ACCESS_DENIED
    if outcome == REQUIREMENTS_NOT_MET:
        return outcome
    if "/uninstall" in options:
        vc_runtime.uninstall(lab)
        return 0
    present = vc_runtime.version(lab)
    if present is not None and present > number:
        return NEWER_PRESENT
    vc_runtime.install(lab, number)
    if outcome == REBOOT_REQUIRED:
        _pend(lab)
    return outcome


def _pend(lab: Path) -> None:
    """A library was in use: the next start of the machine puts the new one in its place."""
    keys = Registry(lab / "registry")
    keys.set_all(PENDING_REBOOT_KEYS[0], {})
    files = [rf"\??\C:\Windows\System32\{name}.old" for name in vc_runtime.LIBRARIES[:1]]
    keys.set(SESSION_MANAGER, "PendingFileRenameOperations", [*files, ""])


def _log(lab: Path, path: str, code: int) -> None:
    if is_windows(path):
        text = f"Microsoft Visual C++ 2015-2022 Redistributable (x64)\nExit code: 0x{code:x}\n"
        to_real(lab, path).write_text(text, encoding="utf-8", newline="\r\n")
