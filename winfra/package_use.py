"""Which files of packages are in use, as JSON: the host's Python gets this text on its standard input.

Its arguments are the packages' folders, such as ``prefect-3.4.25.dist-info``. A file that somebody has open
cannot be renamed on Windows, not even to the name that it has, which changes nothing.
"""

from __future__ import annotations

import csv
import json
import os
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path


def files(folder: Path, entry: str) -> Iterator[str]:
    """What belongs to a package, as far as it says so and it is there."""
    record = folder / entry / "RECORD"
    if record.is_file():
        with record.open(encoding="utf-8", errors="replace", newline="") as stream:
            rows = [row for row in csv.reader(stream) if row]
        yield from (os.path.normpath(folder / row[0]) for row in rows)


def in_use(path: str) -> bool:
    try:
        os.rename(path, path)  # noqa: PTH104  a question, and there are thousands
    except FileNotFoundError:
        return False
    except OSError:
        return True
    return False


def main(entries: list[str]) -> None:
    folder = Path(sysconfig.get_path("purelib"))
    found = [path for entry in entries for path in files(folder, entry) if in_use(path)]
    sys.stdout.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
