"""The archives module extracts archives on the host."""

from __future__ import annotations

import re
from collections.abc import Generator, Sequence

from pyinfra import host
from pyinfra.api import OperationValueError
from pyinfra.api.command import PyinfraCommand

from winfra.difference import show
from winfra.facts.archives import MARKER, Extracted, ExtractedDict, head
from winfra.messages.archives import ONLY_REFUSED
from winfra.messages.operations import WRONG_KIND
from winfra.operation import fail, operation, read
from winfra.path import windows_path
from winfra.script import Script
from winfra.sources import Fetched, Source
from winfra.standing import standing

_NAME = re.compile(r'[^\\<>:"|?*\x00-\x1f]+')


@operation()
def extracted(
    src: str,
    dest: str,
    sha256: str,
    *,
    inside: str | None = None,
    only: Sequence[str] = (),
) -> Generator[PyinfraCommand]:
    r"""
    Extract a zip archive into a folder on the host.

    + src: the archive: a path on this machine, ``host:D:\files\x.zip`` for one on the host, or
      ``https://…``, which the host fetches
    + dest: the folder; it is made when it is missing
    + sha256: of the archive
    + inside: the folder in the archive whose content is wanted
    + only: the folders and files in there that are; all by default

    Nothing is sent when the folder has the archive's content: a file in it says of which archive
    that is. Files that are missing or of another size are put right, others in the folder stay.
    When another archive was there before, files that only it had are removed.

    **Example:**

    .. code:: python

        from winfra.operations import archives

        archives.extracted(
            name="Extract PostgreSQL",
            src="downloads/postgresql-16.10-1-windows-x64-binaries.zip",
            dest=r"C:\Program Files\PostgreSQL\16",
            sha256="9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
            inside="pgsql",
            only=["bin", "lib", "share"],
        )
    """
    source = Source(src, sha256)
    dest = windows_path(dest, "dest")
    inside = _names("inside", [inside])[0] if inside else ""
    names = _names("only", only)
    entry, _ = standing(dest)
    if entry is not None and not entry["folder"]:
        raise fail(WRONG_KIND, path=dest, host=host.name, found="file", wanted="folder")
    found = read(Extracted, path=dest)
    wanted = head(source.sha256, inside, names)
    if found and not found["damaged"] and wanted == _head(found):
        host.noop(f"{dest} has the content of {source.name}")
        return
    fetched = Fetched(source)
    _show(dest, found, source)
    yield from fetched.fetch()
    yield Script(
        "extract_archive",
        Path=fetched.path,
        Destination=dest,
        Marker=MARKER,
        Head=wanted,
        Inside=inside,
        Only=names,
    )
    yield from fetched.remove()


def _names(argument: str, values: Sequence[str]) -> list[str]:
    if isinstance(values, str):
        raise OperationValueError(ONLY_REFUSED.text(argument=argument, value=values))
    for value in values:
        if not _NAME.fullmatch(value) or value.startswith("/") or value.endswith("/"):
            raise OperationValueError(ONLY_REFUSED.text(argument=argument, value=value))
    return list(values)


def _head(found: ExtractedDict) -> list[str]:
    return head(found["sha256"], found["inside"], found["only"])


def _show(dest: str, found: ExtractedDict | None, source: Source) -> None:
    desired: dict[str, object] = {"archive": f"{source.name} ({source.sha256[:12]}…)"}
    current: dict[str, object] | None = None
    if found is not None:
        same = found["sha256"] == source.sha256
        current = {"archive": desired["archive"] if same else f"{found['sha256'][:12]}…"}
        if found["damaged_count"]:
            more = "" if found["damaged_count"] <= len(found["damaged"]) else " and more"
            current["files"] = f"missing or damaged: {', '.join(found['damaged'])}{more}"
            desired["files"] = "all"
    show(f"content of {dest}", current, desired)
