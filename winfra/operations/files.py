r"""
The files module handles files and folders on Windows.

Paths are full paths (``D:\data\x.txt``, ``\\server\share\x.txt``); long ones need no prefix.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from io import BytesIO
from pathlib import Path
from typing import IO, Any

from pyinfra import host, state
from pyinfra.api import FileDownloadCommand, FileUploadCommand
from pyinfra.api.command import PyinfraCommand
from pyinfra.api.state import StateStage

from winfra.access import Entry as AccessEntry
from winfra.access_plan import Request, plan
from winfra.difference import show
from winfra.facts.files import Entry
from winfra.local_file import existing, local_path
from winfra.messages.operations import UPLOAD_ONTO_FOLDER, WRONG_KIND
from winfra.operation import fail, operation
from winfra.operations import folder
from winfra.path import windows_path
from winfra.script import Script
from winfra.standing import check_removal, same_content, standing
from winfra.template import check_form, render, template_text
from winfra.upload import UploadSource, show_upload

sync = folder.sync


@operation()
def directory(
    path: str,
    present: bool = True,
    *,
    force: bool = False,
    force_backup: bool = True,
) -> Generator[PyinfraCommand]:
    r"""
    Make or remove a folder; the folders above it are made as well.

    + path: the folder
    + present: whether it should exist; a folder that should not goes with all that is in it
    + force: move a file aside that stands where the folder should
    + force_backup: set to ``False`` to remove that file instead

    **Example:**

    .. code:: python

        from winfra.operations import files

        files.directory(
            name="Make the folder for logs",
            path=r"D:\prefect_data\logs",
        )
    """
    path = windows_path(path)
    if not present:
        check_removal(path)
    entry, missing = standing(path)
    if not present:
        yield from _remove(path, entry, "folder", force)
    elif entry is not None and entry["folder"]:
        host.noop(f"{path} exists")
    else:
        way = _clear(path, entry, "folder", force, force_backup)
        _show_new_folder(path, missing)
        yield from way
        yield Script("set_directory", Path=path)


@operation()
def file(
    path: str,
    present: bool = True,
    *,
    touch: bool = False,
    create_remote_dir: bool = True,
    read_only: bool | None = None,
    force: bool = False,
    force_backup: bool = True,
) -> Generator[PyinfraCommand]:
    r"""
    Make an empty file, set a file's attribute, or remove it; the content of a file stays.

    + path: the file
    + present: whether it should exist
    + touch: give it the present time, at every run
    + create_remote_dir: make the folder it is in
    + read_only: its read-only attribute; left as it is when not given
    + force: move a folder aside that stands where the file should
    + force_backup: set to ``False`` to remove that folder with all that is in it instead

    **Example:**

    .. code:: python

        files.file(
            name="Forget the old settings",
            path=r"D:\prefect_data\config\old.env",
            present=False,
        )
    """
    path = windows_path(path, file=True)
    entry, missing = standing(path)
    if not present:
        yield from _remove(path, entry, "file", force)
        return
    way = _clear(path, entry, "file", force, force_backup)
    entry = None if way else entry
    wanted = _attributes(entry, read_only)
    if entry is not None and not touch and not wanted:
        host.noop(f"{path} exists")
        return
    _show_attributes(path, entry, wanted)
    yield from way
    if create_remote_dir and missing:
        yield Script("set_directory", Path=missing[0])
    yield Script("set_file", Path=path, Touch=touch, ReadOnly=read_only)


@operation()
def put(
    src: str | Path | IO[Any],
    dest: str,
    *,
    add_deploy_dir: bool = True,
    create_remote_dir: bool = True,
    force: bool = False,
    assume_exists: bool = False,
    read_only: bool | None = None,
    sensitive: bool = False,
) -> Generator[PyinfraCommand]:
    r"""
    Upload a file; nothing is sent when the host's file has the same SHA-256.

    + src: the file on this machine, or an open file or StringIO
    + dest: the file on the host, its name included
    + add_deploy_dir: src is relative to the folder of the deploy
    + create_remote_dir: make the folder it goes to
    + force: upload even when the file is the same
    + assume_exists: src will be made by an earlier operation
    + read_only: the read-only attribute; left as it is when not given
    + sensitive: say under ``--diff`` that the content changes, and do not show it

    The file is replaced at once, or stays as it was.

    **Example:**

    .. code:: python

        files.put(
            name="Upload the flow",
            src="files/first_flow/flow.py",
            dest=r"D:\prefect_data\flows\flow.py",
        )
    """
    dest = windows_path(dest, "dest", file=True)
    source = _source(src, add_deploy_dir, assume_exists)
    entry, missing = standing(dest)
    if entry is not None and entry["folder"]:
        raise fail(UPLOAD_ONTO_FOLDER, path=dest, host=host.name)
    upload = force or not same_content(source, dest, entry)
    wanted = _attributes(entry, read_only)
    if not upload and not wanted:
        host.noop(f"{dest} is already uploaded")
        return
    if upload:
        show_upload(dest, entry, source, sensitive)
    else:
        _show_attributes(dest, entry, wanted)
    if create_remote_dir and missing:
        yield Script("set_directory", Path=missing[0])
    if upload:
        yield FileUploadCommand(source.content, dest)
    if read_only is not None and (upload or wanted):
        yield Script("set_file", Path=dest, Touch=False, ReadOnly=read_only)


@operation()
def template(
    src: str | Path | IO[Any],
    dest: str,
    *,
    create_remote_dir: bool = True,
    jinja_env_kwargs: dict[str, Any] | None = None,
    newline: str | None = "\r\n",
    encoding: str = "utf-8",
    read_only: bool | None = None,
    sensitive: bool = False,
    **data: Any,
) -> Generator[PyinfraCommand]:
    r"""
    Render a Jinja2 template and upload it.

    + src: the template on this machine, or an open file or StringIO
    + dest: the file on the host, its name included
    + create_remote_dir: make the folder it goes to
    + jinja_env_kwargs: arguments for Jinja2's ``Environment``
    + newline: how lines end: ``"\r\n"``, ``"\n"``, or ``None`` for as in the template
    + encoding: ``utf-8`` is without a byte order mark, ``utf-8-sig`` with one
    + read_only: the read-only attribute; left as it is when not given
    + sensitive: say under ``--diff`` that the content changes, and do not show it
    + data: values for the template, which also has ``host``, ``state`` and ``inventory``

    A ``HiddenValue`` is written as what it hides, and makes the file sensitive.

    **Example:**

    .. code:: python

        files.template(
            name="Write the server's settings",
            src="files/settings/server.env.j2",
            dest=r"D:\prefect_data\config\server.env",
            api_port=4200,
        )
    """
    check_form(newline, encoding)
    dest = windows_path(dest, "dest", file=True)
    local = existing(local_path(src)) if isinstance(src, (str, Path)) else src
    name = str(local) if isinstance(local, Path) else "given as text"
    values = {"host": host, "state": state, "inventory": state.inventory, **data}
    rendered = render(
        template_text(local),
        name,
        data=values,
        newline=newline,
        encoding=encoding,
        options=jinja_env_kwargs or {},
    )
    yield from put._inner(  # noqa: SLF001  how pyinfra's operations use one another
        src=BytesIO(rendered.content),
        dest=dest,
        create_remote_dir=create_remote_dir,
        read_only=read_only,
        sensitive=sensitive or rendered.secret,
    )


@operation()
def get(
    src: str,
    dest: str | Path,
    *,
    add_deploy_dir: bool = True,
    create_local_dir: bool = False,
    force: bool = False,
) -> Generator[PyinfraCommand]:
    r"""
    Download a file; nothing is sent when the local file has the same SHA-256.

    + src: the file on the host
    + dest: the file on this machine
    + add_deploy_dir: dest is relative to the folder of the deploy
    + create_local_dir: make the folder it goes to
    + force: download even when the file is the same

    **Example:**

    .. code:: python

        files.get(
            name="Fetch the log",
            src=r"D:\prefect_data\logs\server.log",
            dest="logs/server.log",
        )
    """
    src = windows_path(src, "src", file=True)
    local = local_path(dest, add_deploy_dir)
    entry, _ = standing(src)
    if entry is not None and entry["folder"]:
        raise fail(WRONG_KIND, path=src, host=host.name, found="folder", wanted="file")
    if local.is_file() and not force and same_content(UploadSource(local), src, entry):
        host.noop(f"{local} is already downloaded")
        return
    current = {"size": local.stat().st_size} if local.is_file() else None
    show(f"local file {local}", current, {"size": entry["size"] if entry else "not known yet"})
    if create_local_dir and state.current_stage == StateStage.Execute:
        local.parent.mkdir(parents=True, exist_ok=True)
    yield FileDownloadCommand(src, str(local))


@operation()
def access(
    path: str,
    entries: Sequence[AccessEntry] = (),
    *,
    exact: bool = False,
    purge: bool | Sequence[str] = False,
    inherit: bool | None = None,
    keep_inherited: bool = True,
    owner: str | None = None,
    lock_out: bool = False,
) -> Generator[PyinfraCommand]:
    r"""
    Set who may do what with a file or folder; entries of others stay as they are.

    + path: the file or folder
    + entries: what the access list should have; nothing is done for one whose account has been
      granted as much or more by entries of its own, inherited ones included
    + exact: these entries and no others, nothing inherited
    + purge: accounts whose other entries go; ``True``: everybody's
    + inherit: whether the entries of the folders above apply; left as it is when not given
    + keep_inherited: with ``inherit=False``, what was inherited stays as entries of its own
    + owner: the account that is to own it
    + lock_out: allow a list with which Administrators or SYSTEM could no longer look after it

    Accounts are given by name or SID, Windows' own by their English names.

    **Example:**

    .. code:: python

        from winfra.access import Entry

        files.access(
            name="Let the services write their logs",
            path=r"D:\prefect_data\logs",
            entries=[Entry("svc_prefect", "modify")],
        )
    """
    path = windows_path(path)
    request = Request(entries, exact, purge, inherit, keep_inherited, owner)
    found = plan(path, request, lock_out=lock_out)
    if not found.changes:
        host.noop(f"access to {path} is as wanted")
        return
    found.show()
    yield Script("set_access", Path=path, Sddl=found.sddl, Owner=found.owner)


def _remove(path: str, entry: Entry | None, wanted: str, force: bool) -> Generator[PyinfraCommand]:
    if entry is None:
        host.noop(f"{path} does not exist")
        return
    found = _kind(entry)
    if found != wanted and not force:
        raise fail(WRONG_KIND, path=path, host=host.name, found=found, wanted=wanted)
    show(f"{found} {path}", {"kind": found}, None)
    yield Script("remove_path", Path=path)


def _clear(
    path: str, entry: Entry | None, wanted: str, force: bool, backup: bool
) -> list[PyinfraCommand]:
    """What makes way when something of another kind stands there."""
    if entry is None or _kind(entry) == wanted:
        return []
    if not force:
        raise fail(WRONG_KIND, path=path, host=host.name, found=_kind(entry), wanted=wanted)
    return [Script("move_path" if backup else "remove_path", Path=path)]


def _kind(entry: Entry) -> str:
    return "folder" if entry["folder"] else "file"


def _attributes(entry: Entry | None, read_only: bool | None) -> dict[str, bool]:
    """The attributes that are not as wanted."""
    current = entry["read_only"] if entry is not None else False
    return {} if read_only is None or read_only == current else {"read_only": read_only}


def _show_new_folder(path: str, missing: list[str]) -> None:
    show(f"folder {path}", None, {"folders above": list(reversed(missing))} if missing else {})


def _show_attributes(path: str, entry: Entry | None, wanted: dict[str, bool]) -> None:
    current = None if entry is None else {name: not value for name, value in wanted.items()}
    show(f"file {path}", current, wanted)


def _source(src: str | Path | IO[Any], add_deploy_dir: bool, assume_exists: bool) -> UploadSource:
    if not isinstance(src, (str, Path)):
        return UploadSource(src)
    local = local_path(src, add_deploy_dir)
    return UploadSource(local if assume_exists else existing(local))
