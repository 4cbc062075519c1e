"""hostname.exe."""

from __future__ import annotations

from winfra.lab.console import complain, config, write


def main(argv: list[str]) -> int:
    if argv:
        complain(
            "sethostname: Use the Network Control Panel Applet to set hostname.\n"
            "hostname -s is not supported.\n"
        )
        return 1
    write(f"{config()['host_name']}\n")
    return 0
