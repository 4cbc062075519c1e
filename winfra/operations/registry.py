r"""
The registry module handles keys and values of the registry.

A key is written ``HKLM:\SOFTWARE\Example``, ``HKLM\SOFTWARE\Example`` or
``HKEY_LOCAL_MACHINE\SOFTWARE\Example``. ``HKCU`` is the registry of the connecting user.
"""

from __future__ import annotations

from collections.abc import Generator

from pyinfra import host
from pyinfra.api import OperationValueError
from pyinfra.api.command import PyinfraCommand
from pyinfra.api.hiddenvalue import HiddenValue

from winfra.difference import show
from winfra.facts.registry import Key, RegistryValue, find_value
from winfra.messages.operations import REGISTRY_UNNAMED_STAYS
from winfra.operation import operation, read
from winfra.registry import (
    UNNAMED,
    Data,
    Kind,
    check_key_removal,
    key_path,
    stored,
    to_texts,
    value_name,
)
from winfra.script import Script


@operation()
def key(path: str, present: bool = True) -> Generator[PyinfraCommand]:
    r"""
    Make or remove a key of the registry.

    + path: the key
    + present: whether it should exist; a key that should not goes with all that is in it

    **Example:**

    .. code:: python

        from winfra.operations import registry

        registry.key(
            name="Make the key for the application",
            path=r"HKLM:\SOFTWARE\Example",
        )
    """
    path = key_path(path)
    if not present:
        check_key_removal(path)
    found = read(Key, path=path)
    if present == (found is not None):
        host.noop(f"registry key {path} {'exists' if present else 'does not exist'}")
    elif present:
        show(f"registry key {path}", None, {})
        yield Script("set_registry_key", Path=path)
    else:
        content = {"values": sorted(found["values"]), "keys": found["keys"]} if found else {}
        show(f"registry key {path}", content, None)
        yield Script("remove_registry_key", Path=path)


@operation()
def value(
    path: str,
    value: str,
    data: Data | HiddenValue | None = None,
    kind: Kind | None = None,
    *,
    present: bool = True,
) -> Generator[PyinfraCommand]:
    r"""
    Set or remove a value in the registry; its key is made when it is missing.

    + path: the key
    + value: the name of the value; ``""`` or ``"(default)"`` is the key's unnamed value
    + data: a text, a whole number, bytes, or a list of texts
    + kind: ``String``, ``ExpandString``, ``DWord``, ``QWord``, ``MultiString`` or ``Binary``; by the
      type of data when not given: String, DWord (QWord above 0xFFFFFFFF), Binary, MultiString
    + present: whether the value should exist

    Kind and data are compared exactly: upper and lower case, the order of a MultiString. What
    stands between percent signs in an ExpandString is compared as it is written.

    **Example:**

    .. code:: python

        registry.value(
            name="Allow long paths",
            path=r"HKLM:\SYSTEM\CurrentControlSet\Control\FileSystem",
            value="LongPathsEnabled",
            data=1,
        )
    """
    path, value = key_path(path), value_name(value)
    wanted = _wanted(path, value, data, kind) if present else None
    if not present and not value:
        raise OperationValueError(REGISTRY_UNNAMED_STAYS.text(path=path))
    found = find_value(read(Key, path=path), value)
    title = f"registry value {path}\\{value or UNNAMED}"
    if found == wanted:
        host.noop(f"{title} {'is set' if present else 'does not exist'}")
        return
    show(title, found, wanted)
    if wanted is None:
        yield Script("remove_registry_value", Path=path, Name=value)
    else:
        texts = to_texts(wanted["data"], wanted["kind"])
        yield Script("set_registry_value", Path=path, Name=value, Kind=wanted["kind"], Data=texts)


def _wanted(
    path: str, value: str, data: Data | HiddenValue | None, kind: Kind | None
) -> RegistryValue:
    checked = stored(data, kind, f"{path}\\{value or UNNAMED}")
    return {"kind": checked[0], "data": checked[1]}
