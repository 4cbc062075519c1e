"""ipconfig.exe: one adapter."""

from __future__ import annotations

from winfra.lab.console import config, write

ADAPTER = """
Ethernet adapter Ethernet:

   Connection-specific DNS Suffix  . :
   IPv4 Address. . . . . . . . . . . : 127.0.0.1
   Subnet Mask . . . . . . . . . . . : 255.0.0.0
   Default Gateway . . . . . . . . . :
"""


def main(argv: list[str]) -> int:
    write("\nWindows IP Configuration\n\n")
    if any(word.lower() == "/all" for word in argv):
        write(f"   Host Name . . . . . . . . . . . . : {config()['host_name']}\n")
    write(ADAPTER)
    return 0
