"""
The environment module handles the machine's environment variables.

They are in the registry, and every user of the server can read them. Programs that run, services
included, see a change when they are started again; the connector's own session is.
"""

from __future__ import annotations

from collections.abc import Generator

from pyinfra import host
from pyinfra.api.command import PyinfraCommand
from pyinfra.api.hiddenvalue import HiddenValue

from winfra.difference import show
from winfra.environment import (
    check_entry,
    check_name,
    check_removal,
    check_value,
    entries,
    wanted_kind,
    with_entry,
)
from winfra.facts.environment import Variables, find_variable
from winfra.facts.registry import RegistryValue
from winfra.operation import operation, read
from winfra.script import Script


@operation()
def variable(
    variable: str,
    value: str | HiddenValue | None = None,
    *,
    present: bool = True,
    expand: bool | None = None,
) -> Generator[PyinfraCommand]:
    r"""
    Set or remove an environment variable of the machine.

    + variable: its name
    + value: its value; upper and lower case count. A secret is refused
    + present: whether it should exist
    + expand: whether Windows replaces what stands between percent signs; when not given, a variable
      that is expanded stays so, and a new one is when its value has such a part

    **Example:**

    .. code:: python

        from winfra.operations import environment

        environment.variable(
            name="Say where Prefect keeps its files",
            variable="PREFECT_HOME",
            value=r"D:\prefect_data\home",
        )
    """
    check_name(variable)
    wanted_value = check_value(variable, value) if present else None
    if not present:
        check_removal(variable)
    found = find_variable(read(Variables), variable)
    wanted: RegistryValue | None = None
    if wanted_value is not None:
        wanted = {"kind": wanted_kind(wanted_value, found, expand), "data": wanted_value}
    if found == wanted:
        host.noop(f"variable {variable} {'is set' if present else 'does not exist'}")
        return
    show(f"variable {variable}", found, wanted)
    yield _set(variable, wanted)


@operation()
def path(
    entry: str,
    *,
    variable: str = "Path",
    present: bool = True,
    first: bool = False,
) -> Generator[PyinfraCommand]:
    r"""
    Add an entry to a list such as ``Path``, or remove it; the others stay as they are.

    + entry: the folder; case, quotes and a backslash at the end make no difference
    + variable: the machine's variable that is the list
    + present: whether the entry should be in it
    + first: put it in front of the others

    **Example:**

    .. code:: python

        environment.path(
            name="Find PostgreSQL's programs",
            entry=r"C:\Program Files\PostgreSQL\16\bin",
        )
    """
    check_name(variable)
    check_entry(entry)
    found = find_variable(read(Variables), variable)
    current = entries(str(found["data"])) if found else []
    wanted = with_entry(current, entry, present, first)
    if wanted == current:
        host.noop(f"{entry} is {'already' if present else 'not'} in the variable {variable}")
        return
    if not wanted:
        check_removal(variable)
    show(f"variable {variable}", "\n".join(current) if found else None, "\n".join(wanted))
    kind = found["kind"] if found else "ExpandString"
    value = check_value(variable, ";".join(wanted)) if wanted else None
    yield _set(variable, {"kind": kind, "data": value} if value else None)


def _set(variable: str, wanted: RegistryValue | None) -> Script:
    """The name of the script tells the connector to start its session afresh."""
    if wanted is None:
        return Script("set_environment_variable", Variable=variable, Present=False)
    return Script(
        "set_environment_variable",
        Variable=variable,
        Value=wanted["data"],
        Kind=wanted["kind"],
        Present=True,
    )
