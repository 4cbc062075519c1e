"""Sentences about packages that are installed on the host."""

from __future__ import annotations

from winfra.messages import Message

RUNTIME_MISSING = Message(
    "runtime_missing",
    "{host} has {found} of the Visual C++ runtime for x64, and {wanted} or newer is needed",
    "Give vc_redist.x64.exe and its SHA-256 (vc_runtime and vc_runtime_sha256 in group data), or "
    "install it yourself",
)
RUNTIME_FAILED = Message(
    "runtime_failed",
    "{path} has not installed the Visual C++ runtime: exit code {code}",
    r"Its log is the newest %TEMP%\dd_vcredist_amd64_*.log of winrm_user on the host; 5100 is a Windows "
    "that is too old for it, 1618 another installation under way",
)
RUNTIME_REBOOT = Message(
    "runtime_reboot",
    "the Visual C++ runtime is installed on {host}, and Windows has to restart before it is used (3010)",
    "Restart the host and run again; with allow_reboot=True in group data the run does it",
)
RUNTIME_VERSION = Message(
    "runtime_version",
    "version: {value!r} is no version of the Visual C++ runtime",
    'Write it as "14.40"',
)
