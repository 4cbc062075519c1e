"""What Prefect is told on a host; ``winfra.operations.prefect`` has these operations."""

from __future__ import annotations

import hashlib
from collections.abc import Generator, Mapping, Sequence

from pyinfra import host
from pyinfra.api.command import PyinfraCommand
from pyinfra.api.hiddenvalue import HiddenValue
from pyinfra.api.state import StateStage

from winfra.access import Entry
from winfra.access_plan import Plan, Request, access_list, plan
from winfra.difference import show
from winfra.facts.prefect import Installation, InstallationDict, SettingsFile, Variables
from winfra.messages import operations as operations_messages, prefect_settings as messages
from winfra.operation import fail, operation, read
from winfra.path import windows_path
from winfra.prefect_settings import Settings, Value, content, shown, texts, unknown
from winfra.script import Script
from winfra.sid import ADMINISTRATORS, SYSTEM
from winfra.standing import standing

KEEPERS = (Entry(SYSTEM, "full"), Entry(ADMINISTRATORS, "full"))
_NOT_SHOWN = "(not shown)"


@operation()
def settings(
    dest: str,
    settings: Mapping[str, Value],
    *,
    readers: Sequence[str],
    folder: str,
) -> Generator[PyinfraCommand]:
    r"""
    Write the environment of a service of Prefect into a file that few may read.

    + dest: the file, one JSON object ``{"NAME": "text"}``, as the service host reads it
    + settings: values by their names: texts, numbers, ``True`` and ``False``; ``None`` leaves one out.
      A ``HiddenValue`` is not shown, and neither is a password by its name
    + readers: who may read it besides SYSTEM and Administrators
    + folder: the interpreter's, whose Prefect is asked which settings there are: it ignores others

    **Example:**

    .. code:: python

        from winfra.operations import prefect

        prefect.settings(
            name="Tell the server where its database is",
            dest=r"D:\prefect_data\settings\PrefectServer.json",
            settings={
                "PREFECT_SERVER_DATABASE_HOST": "127.0.0.1",
                "PREFECT_SERVER_DATABASE_PASSWORD": host.data.prefect_database_password,
            },
            readers=[r"NT SERVICE\PrefectServer"],
            folder=r"C:\Program Files\Python312",
        )
    """
    dest = windows_path(dest, "dest", file=True)
    wanted = texts(settings)
    text = content(wanted)
    _check_names(dest, wanted, installed(folder))
    entries = [*KEEPERS, *(Entry(account, "read") for account in readers)]
    entry, missing = standing(dest)
    if entry is not None and entry["folder"]:
        raise fail(operations_messages.UPLOAD_ONTO_FOLDER, path=dest, host=host.name)
    access = plan(dest, Request(entries, exact=True), lock_out=False) if entry else None
    changes = _show(dest, wanted, text)
    if access and access.changes:
        access.show()
    if changes:
        yield from (Script("set_directory", Path=parent) for parent in missing[:1])
        yield _put(dest, text, access_list(entries))
    elif access and access.changes:
        yield _set_access(access)
    else:
        host.noop(f"{dest} is as wanted")


@operation()
def no_variables(
    *, keep: Sequence[str] = (), services: Sequence[str] = ()
) -> Generator[PyinfraCommand]:
    r"""
    Remove Prefect's variables from where every user of the server can read them.

    + keep: names of the machine's variables that stay
    + services: services whose own environment is to have none either

    They are those that ``setx /M`` makes; what stood in them counts as known.

    **Example:**

    .. code:: python

        prefect.no_variables(
            name="No settings for everybody to read",
            keep=["PREFECT_PROFILES_PATH"],
            services=["PrefectServer", "PrefectWorker"],
        )
    """
    found = read(Variables, services=services)
    kept = {name.upper() for name in keep}
    machine = [name for name in found["machine"] if name.upper() not in kept]
    own = {service: names for service, names in found["services"].items() if names}
    for place, names in {"the machine": machine, **own}.items():
        if names:
            show(f"variables of {place}", dict.fromkeys(names, _NOT_SHOWN), {})
    if machine or own:
        # The name of the script tells the connector to start its session afresh.
        yield Script("set_environment_removed", Variable=machine, Service=[*own])
    else:
        host.noop("no variable of Prefect's is left in the machine's environment")


def installed(folder: str) -> InstallationDict | None:
    """What the host's Prefect knows; ``None`` in a dry run, before it is installed."""
    found = read(Installation, folder=folder)
    if found is None:
        if host.state.current_stage == StateStage.Execute:
            raise fail(messages.NO_PREFECT, folder=folder, host=host.name)
        return None
    problem = found.get("problem")
    if problem is None and (len(found["heads"]) != 1 or "PREFECT_HOME" not in found["settings"]):
        problem = "its settings or migrations are not where they were until now"
    if problem is not None:
        values = {"version": found.get("version", "?"), "folder": folder, "host": host.name}
        raise fail(messages.NOT_UNDERSTOOD, **values, reason=problem)
    return found


def _check_names(path: str, settings: Settings, prefect: InstallationDict | None) -> None:
    for setting, near in unknown(settings, prefect["settings"]) if prefect else ():
        raise fail(
            messages.UNKNOWN_SETTING,
            path=path, host=host.name, setting=setting, version=prefect["version"] if prefect else "",
            suggestion=f" (is {near} meant?)" if near else "",
        )  # fmt: skip


def _show(path: str, wanted: Settings, text: str) -> bool:
    """Whether the file's content is to change; the difference names each setting."""
    found = read(SettingsFile, path=path, content=HiddenValue(text), shown=shown(wanted))
    if found is None:
        show(f"settings {path}", None, wanted)
        return True
    if found["same"]:
        return False
    current: dict[str, object] = {
        name: wanted[name] if name in found["equal"] else _NOT_SHOWN if value is None else value
        for name, value in found["values"].items()
    }
    show(f"settings {path}", current, wanted)
    return True


def _put(path: str, text: str, sddl: str) -> Script:
    data = text.encode()
    digest = hashlib.sha256(data).hexdigest()
    return Script(
        "put_file", Path=path, Length=len(data), Sha256=digest, Sddl=sddl, Secret=HiddenValue(text)
    )


def _set_access(access: Plan) -> Script:
    return Script("set_access", Path=access.path, Sddl=access.sddl, Owner=access.owner)
