"""The end of a service's log, for people who have to find out why it does not do as it should."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from pyinfra.api import Host

from winfra.script import Script

LINES = 20
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def end(host: Host, log: str) -> Iterator[str]:
    """The lines to show; none where there is no log, or where it cannot be read."""
    succeeded, output = host.run_shell_command(
        Script("get_log_end", Path=log), print_output=False, print_input=False
    )
    lines = json.loads(output.stdout_lines[-1])["Text"].splitlines() if succeeded else []
    if lines:
        yield f"  the end of {log}:"
    yield from (f"    {printable(line.expandtabs())}" for line in lines[-LINES:])


def printable(text: str) -> str:
    return _UNPRINTABLE.sub(lambda found: f"\\x{ord(found[0]):02x}", text)
