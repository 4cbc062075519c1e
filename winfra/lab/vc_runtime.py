"""The Visual C++ runtime of the lab's Windows, which programs of others need."""

from __future__ import annotations

from pathlib import Path

from winfra.lab.paths import to_real
from winfra.lab.registry import Registry

KEY = r"HKLM\SOFTWARE\Microsoft\VisualStudio\14.0\VC\Runtimes\X64"
LIBRARIES = ("vcruntime140.dll", "vcruntime140_1.dll", "msvcp140.dll")
DLL_NOT_FOUND = 0xC0000135
"""How a process ends that lacks a library (STATUS_DLL_NOT_FOUND)."""
VERSION = (14, 42, 34433, 0)
_SYSTEM = r"C:\Windows\System32"


def is_installed(lab: Path) -> bool:
    return all(to_real(lab, rf"{_SYSTEM}\{name}").is_file() for name in LIBRARIES)


def version(lab: Path) -> tuple[int, ...] | None:
    """What the registry says is installed."""
    keys = Registry(lab / "registry")
    if keys.get(KEY, "Installed") != 1:
        return None
    return tuple(int(str(keys.get(KEY, name) or 0)) for name in ("Major", "Minor", "Bld", "Rbld"))


def install(lab: Path, number: tuple[int, ...] = VERSION) -> None:
    """Put its libraries in place, and the registry's note of them."""
    for name in LIBRARIES:
        to_real(lab, rf"{_SYSTEM}\{name}").write_bytes(f"{name} {number}\r\n".encode())
    major, minor, build, revision = number
    keys = Registry(lab / "registry")
    keys.set_all(
        KEY,
        {
            "Installed": ("DWord", 1),
            "Major": ("DWord", major),
            "Minor": ("DWord", minor),
            "Bld": ("DWord", build),
            "Rbld": ("DWord", revision),
            "Version": ("String", f"v{major}.{minor}.{build}.{revision:02}"),
        },
    )


def uninstall(lab: Path) -> None:
    for name in LIBRARIES:
        to_real(lab, rf"{_SYSTEM}\{name}").unlink(missing_ok=True)
    Registry(lab / "registry").delete(KEY)
