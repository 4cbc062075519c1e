"""``python -m winfra.lab start|stop|status|reset [NAME]``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence

from winfra.lab.state import Lab, all_labs

COLUMNS = ("name", "state", "http", "https", "pid")


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m winfra.lab", description=__doc__)
    parser.add_argument("command", choices=["start", "stop", "status", "reset"])
    parser.add_argument("name", nargs="?", help="the lab; default: windows")
    arguments = parser.parse_args(argv)
    try:
        if arguments.command == "status":
            labs = [Lab(arguments.name)] if arguments.name else all_labs() or [Lab()]
        else:
            labs = [Lab(arguments.name or "windows")]
            getattr(labs[0], arguments.command)()
    except (OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return 1
    print(_table([lab.status() for lab in labs]))
    return 0


def _table(rows: Sequence[Mapping[str, object]]) -> str:
    lines = [list(COLUMNS), *([str(row[name] or "") for name in COLUMNS] for row in rows)]
    widths = [max(len(line[number]) for line in lines) for number in range(len(COLUMNS))]
    padded = (
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        for line in lines
    )
    return "\n".join(line.rstrip() for line in padded)


if __name__ == "__main__":
    sys.exit(main())
