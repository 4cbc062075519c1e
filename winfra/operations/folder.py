"""Whole folders: ``files.sync``."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path, PureWindowsPath

from pyinfra import host
from pyinfra.api import FileUploadCommand, OperationValueError
from pyinfra.api.command import PyinfraCommand

from winfra.difference import show
from winfra.facts.files import Sha256Files
from winfra.facts.folder import Folder, Item
from winfra.local_file import local_path
from winfra.messages.operations import WRONG_KIND
from winfra.messages.service_host import LOCAL_FOLDER_MISSING
from winfra.operation import fail, operation, read
from winfra.path import windows_path
from winfra.script import Script
from winfra.standing import standing
from winfra.upload import UploadSource

COMPILED = ("__pycache__", "*.pyc")
_DIGEST = 12


@operation()
def sync(
    src: str | Path,
    dest: str,
    *,
    delete: bool = False,
    exclude: Sequence[str] = COMPILED,
    add_deploy_dir: bool = True,
) -> Generator[PyinfraCommand]:
    r"""
    Upload a folder with all that is in it; files that the host has with the same SHA-256 are not sent.

    + src: the folder on this machine
    + dest: the folder on the host; it is made, with those above it
    + delete: remove what is in it and not in src
    + exclude: names of files and folders, such as ``*.pyc``, that are neither sent nor removed
    + add_deploy_dir: src is relative to the folder of the deploy

    **Example:**

    .. code:: python

        files.sync(
            name="Upload the service host",
            src="files/service_host",
            dest=r"D:\prefect_data\scripts\service_host",
            delete=True,
        )
    """
    source = local_path(src, add_deploy_dir)
    found = transfer(source, windows_path(dest, "dest"), delete=delete, exclude=exclude)
    if not found.anything:
        host.noop(f"{found.dest} is as {src}")
        return
    show(f"folder {found.dest}", *found.sides())
    yield from found.commands()


@dataclass
class Transfer:
    """What there is to do, by paths relative to the folder; with digests or sizes to show."""

    dest: str
    exists: bool
    folders: list[str] = field(default_factory=list)
    sent: dict[str, UploadSource] = field(default_factory=dict)
    replaced: dict[str, str] = field(default_factory=dict)
    removed: dict[str, str] = field(default_factory=dict)

    @property
    def anything(self) -> bool:
        return bool(not self.exists or self.sent or self.removed)

    @property
    def bytes(self) -> int:
        return sum(source.size for source in self.sent.values())

    def sides(self) -> tuple[dict[str, str] | None, dict[str, str]]:
        after = {path: source.sha256[:_DIGEST] for path, source in self.sent.items()}
        return (self.replaced | self.removed if self.exists else None), after

    def commands(self) -> Iterator[PyinfraCommand]:
        for path in self.removed:
            yield Script("remove_path", Path=rf"{self.dest}\{path}")
        for folder in self.folders:
            yield Script("set_directory", Path=folder)
        for path, source in self.sent.items():
            yield FileUploadCommand(source.content, rf"{self.dest}\{path}")


def transfer(
    source: Path, dest: str, *, delete: bool = False, exclude: Sequence[str] = COMPILED
) -> Transfer:
    """What ``sync`` would do; the host is asked what it has."""
    wanted = _wanted(source, exclude)
    entry, _ = standing(dest)
    if entry is not None and not entry["folder"]:
        raise fail(WRONG_KIND, path=dest, host=host.name, found="file", wanted="folder")
    found = _plan(dest, wanted, read(Folder, path=dest) if entry else None, exclude)
    if not delete:
        found.removed = {}
    return found


def _wanted(folder: Path, exclude: Sequence[str]) -> dict[str, UploadSource]:
    if not folder.is_dir():
        raise OperationValueError(LOCAL_FOLDER_MISSING.text(path=folder))
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    names = {str(PureWindowsPath(path.relative_to(folder))): path for path in files}
    return {
        name: UploadSource(path) for name, path in names.items() if not _excluded(name, exclude)
    }


def _excluded(path: str, exclude: Sequence[str]) -> bool:
    parts = PureWindowsPath(path).parts
    return any(fnmatchcase(part.lower(), one.lower()) for part in parts for one in exclude)


def _plan(
    dest: str, wanted: dict[str, UploadSource], found: list[Item] | None, exclude: Sequence[str]
) -> Transfer:
    """Windows ignores the case of names."""
    there = {item["path"].lower(): item for item in found or ()}
    for path in wanted:
        _check_kinds(dest, path, there)
    same_size = {
        path: rf"{dest}\{item['path']}"
        for path, source in wanted.items()
        if (item := there.get(path.lower())) and item["size"] == source.size
    }
    digests = read(Sha256Files, paths=list(same_size.values())) if same_size else {}
    plan = Transfer(dest, found is not None)
    for path, source in wanted.items():
        digest = digests.get(same_size.get(path, ""))
        if digest != source.sha256:
            plan.sent[path] = source
            if item := there.get(path.lower()):
                plan.replaced[path] = digest[:_DIGEST] if digest else f"{item['size']} bytes"
    plan.folders = _folders(dest, plan.sent, there, exists=found is not None)
    plan.removed = dict(_removed(wanted, found or [], exclude))
    return plan


def _check_kinds(dest: str, path: str, there: dict[str, Item]) -> None:
    places = [PureWindowsPath(path), *PureWindowsPath(path).parents][:-1]
    for place in places:
        item = there.get(str(place).lower())
        is_folder = str(place) != path
        if item is not None and item["folder"] != is_folder:
            raise fail(
                WRONG_KIND, path=rf"{dest}\{place}", host=host.name,
                found="folder" if item["folder"] else "file",
                wanted="folder" if is_folder else "file",
            )  # fmt: skip


def _folders(
    dest: str, sent: dict[str, UploadSource], there: dict[str, Item], *, exists: bool
) -> list[str]:
    """The folders to make, each before what is in it."""
    needed = {str(PureWindowsPath(path).parent) for path in sent}
    missing = sorted(one for one in needed if one != "." and one.lower() not in there)
    return [*([] if exists else [dest]), *(rf"{dest}\{one}" for one in missing)]


def _removed(
    wanted: dict[str, UploadSource], found: list[Item], exclude: Sequence[str]
) -> Iterator[tuple[str, str]]:
    """What is not wanted; a folder that goes takes along what is in it."""
    kept = {str(one).lower() for path in wanted for one in (path, *PureWindowsPath(path).parents)}
    kept |= {
        str(one).lower()
        for item in found
        if _excluded(item["path"], exclude)
        for one in (item["path"], *PureWindowsPath(item["path"]).parents)
    }
    gone: list[str] = []
    for item in sorted(found, key=lambda one: one["path"]):
        path = item["path"]
        if path.lower() in kept or any(path.startswith(f"{one}\\") for one in gone):
            continue
        gone.append(path)
        yield path, "folder" if item["folder"] else f"{item['size']} bytes"
