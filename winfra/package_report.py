"""What is installed for the interpreter that reads this on its standard input, as JSON; nothing is changed.

Of the standard library alone: it is the packages that may be broken.
"""

from __future__ import annotations

import csv
import hashlib
import json
import os
import sys
import sysconfig
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

_INFORMATION = (".dist-info", ".egg-info")
_OWN = ("/INSTALLER", "/REQUESTED", "/direct_url.json")
"""What pip adds to a package's own files, by their ends."""
Rows = list[list[str]]


def packages(folder: Path) -> Iterator[dict[str, Any]]:
    """One entry a package; ``problem`` is what an installation that broke off has left undone."""
    sizes = dict(_sizes(folder))
    for entry in sorted(folder.iterdir()):
        name, dash, version = entry.stem.partition("-")
        if dash and entry.suffix in _INFORMATION:
            rows, problem = (
                _judged(folder, entry, sizes) if entry.suffix == ".dist-info" else (None, None)
            )
            yield {
                "name": name,
                "version": version.partition("-")[0],
                "entry": entry.name,
                "problem": problem,
                "content": content(rows) if rows and not problem else None,
            }


def content(rows: Iterable[list[str]]) -> str:
    """What a package's files come to, by the digests of its RECORD.

    Left out is what pip makes (programs, what Python compiles, INSTALLER) or changes (scripts): the rest
    stands in the wheel's RECORD as well.
    """
    kept = [row for row in rows if len(row) > 1 and row[1] and not row[0].startswith("..")]
    lines = sorted(f"{path} {digest}" for path, digest, *_ in kept if not path.endswith(_OWN))
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def _sizes(folder: Path) -> Iterator[tuple[str, int]]:
    """Each file, as paths are compared: one walk costs less on Windows than a question a file."""
    left = [str(folder)]
    while left:
        with os.scandir(left.pop()) as entries:
            for entry in entries:
                if not entry.is_dir():
                    yield os.path.normcase(entry.path), entry.stat().st_size
                elif entry.name != "__pycache__":
                    left.append(entry.path)


def _judged(
    folder: Path, information: Path, sizes: dict[str, int]
) -> tuple[Rows | None, str | None]:
    """RECORD, and what is wrong with the package, in a few words.

    The last thing that pip does is to write RECORD anew, with what it has added to the wheel's: programs,
    what Python compiles, and INSTALLER.
    """
    record = information / "RECORD"
    if not (information / "METADATA").is_file():
        return None, "no METADATA"
    if not record.is_file():
        return None, "no RECORD"
    try:
        with record.open(encoding="utf-8", newline="") as stream:
            rows = [row for row in csv.reader(stream) if row]
        bad = sum(not _whole(folder, row, sizes) for row in rows)
    except ValueError:
        return None, "a RECORD that cannot be read"
    if bad:
        return rows, f"{bad} of {len(rows)} files missing or cut off"
    ended = any(row[0] == f"{information.name}/INSTALLER" for row in rows)
    return rows, None if ended else "an installation that did not end"


def _whole(folder: Path, row: list[str], sizes: dict[str, int]) -> bool:
    """Is a file of RECORD there, with its size? What Python compiles may be missing."""
    name, size = row[0], row[2] if len(row) > 2 else ""
    if name.endswith(".pyc"):
        return True
    path = os.path.normpath(folder / name)
    found = sizes.get(os.path.normcase(path))
    if found is None and Path(path).is_file():
        found = Path(path).stat().st_size
    return found is not None and (not size or found == int(size))


def main() -> None:
    folder = Path(sysconfig.get_path("purelib"))
    there = folder.is_dir()
    answer = {
        "version": ".".join(str(number) for number in sys.version_info[:3]),
        "platform": sysconfig.get_platform(),
        "folder": str(folder),
        "packages": list(packages(folder)) if there else [],
        # pip's names for what it is about to replace.
        "left": sorted(entry.name for entry in folder.glob("~*")) if there else [],
    }
    sys.stdout.write(json.dumps(answer) + "\n")


if __name__ == "__main__":
    main()
