"""Windows paths and the folders that stand for them: ``drives/C`` is ``C:``, ``drives/D`` is ``D:``."""

from __future__ import annotations

import re
from pathlib import Path

_DRIVE = re.compile(r"([A-Za-z]):(?=[\\/]|$)")


def to_real(lab: Path, path: str) -> Path:
    r"""The real path of ``D:\x\y``.

    Upper and lower case are told apart, as on Linux, except where only one name fits.
    """
    path = path.removeprefix("\\\\?\\")
    drive = _DRIVE.match(path)
    if drive is None:
        raise ValueError(f"{path!r} is not an absolute Windows path")
    parts = [part for part in re.split(r"[\\/]+", path[2:]) if part not in {"", "."}]
    real = lab / "drives" / drive[1].upper()
    for part in parts:
        real = real.parent if part == ".." else child(real, part)
    return real


def child(folder: Path, name: str) -> Path:
    """What a folder holds under a name, in another case where only one fits."""
    exact = folder / name
    if exact.exists() or not folder.is_dir():
        return exact
    same = [entry for entry in folder.iterdir() if entry.name.lower() == name.lower()]
    return same[0] if len(same) == 1 else exact


def is_windows(text: str) -> bool:
    r"""Is the whole text one absolute path, ``C:\x`` or ``C:/x``?"""
    return re.fullmatch(r"[A-Za-z]:[\\/][^;]*", text) is not None


def to_windows(lab: Path, path: Path) -> str | None:
    """The Windows path of a real one; None where it is on no drive of the lab."""
    drives = lab / "drives"
    if not path.is_relative_to(drives) or path == drives:
        return None
    drive, *parts = path.relative_to(drives).parts
    return f"{drive}:\\" + "\\".join(parts)


def translate(lab: Path, text: str) -> str:
    r"""A text in which every ``C:\…`` at its start, or after ``=``, ``;``, ``,`` or a quote, is real."""

    def real(found: re.Match[str]) -> str:
        return found[1] + str(to_real(lab, found[2]))

    return re.sub(r"(^|[=;,\"'])([A-Za-z]:[\\/][^;,\"']*|[A-Za-z]:(?=$|[;,\"']))", real, text)
