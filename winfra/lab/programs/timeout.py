"""timeout.exe: waits, where standard input is a console."""

from __future__ import annotations

import time

from winfra.lab.console import complain, write
from winfra.lab.standard_input import is_redirected


def main(argv: list[str]) -> int:
    numbers = [word for word in argv if word.lstrip("-").isdigit()]
    if not numbers:
        complain("ERROR: Invalid syntax. Value expected for '/T'.\n")
        return 1
    if is_redirected():
        complain("ERROR: Input redirection is not supported, exiting the process immediately.\n")
        return 1
    seconds = int(numbers[0])
    write(f"\nWaiting for {seconds} seconds, press a key to continue ...\n")
    time.sleep(max(seconds, 0))
    return 0
