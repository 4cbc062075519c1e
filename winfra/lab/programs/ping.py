"""ping.exe: this machine answers, no other does; one second lies between two packets."""

from __future__ import annotations

import os
import time

from winfra.lab.console import write

OWN = {"127.0.0.1", "localhost", "::1", "."}


def main(argv: list[str]) -> int:
    count = 4
    names: list[str] = []
    words = iter(argv)
    for word in words:
        if word.lower() in {"-n", "/n"}:
            count = int(next(words, "4"))
        elif word.lower() in {"-w", "/w", "-l", "/l"}:
            next(words, "")
        else:
            names.append(word)
    name = names[-1] if names else ""
    if name.lower() not in OWN | {os.environ["COMPUTERNAME"].lower()}:
        write(f"Ping request could not find host {name}. Please check the name and try again.\n")
        return 1
    write(f"\nPinging {name} with 32 bytes of data:\n")
    for number in range(count):
        time.sleep(1 if number else 0)
        write("Reply from 127.0.0.1: bytes=32 time<1ms TTL=128\n")
    write(
        f"\nPing statistics for 127.0.0.1:\n    Packets: Sent = {count}, Received = {count}, "
        "Lost = 0 (0% loss),\n"
    )
    return 0
