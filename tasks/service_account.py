"""Section 1 of the guide: the accounts of the services, their right, and Prefect's folders."""

from __future__ import annotations

from collections.abc import Iterable

from pyinfra import host
from pyinfra.api.deploy import deploy
from pyinfra.api.exceptions import DeployError
from pyinfra.api.hiddenvalue import HiddenValue

from winfra import service_host_check
from winfra.access import Entry
from winfra.messages.site import ACCOUNT_PASSWORD
from winfra.operations import accounts, files, rights
from winfra.sid import ADMINISTRATORS, SYSTEM, is_local, is_virtual

DEFAULTS = {
    "prefect_data": r"D:\prefect_data",
    "service_account": "svc_prefect",
    "service_account_password": None,
    "service_account_comment": "Prefect service account",
    "service_account_administrator": False,
    "server_account": None,
    "server_account_password": None,
    "worker_account": None,
    "worker_account_password": None,
}

WRITABLE = ("data", "logs")
READABLE = ("scripts", "settings", "flows")
KEEPERS = (Entry(SYSTEM, "full"), Entry(ADMINISTRATORS, "full"))


@deploy("1 Service account", data_defaults=DEFAULTS)
def service_account() -> None:
    """Make the accounts that the services run as, and the folders with their access lists."""
    names = _accounts()
    for name, password in names.items():
        _account(name, password)
    home = host.data.prefect_data
    users = _with_check(names)
    readers = [Entry(name, "read_and_execute") for name in users]
    writers = [Entry(name, "modify") for name in users]
    _folder(home, [*KEEPERS, *readers])
    for folder in READABLE:
        _folder(rf"{home}\{folder}", [*KEEPERS, *readers])
    for folder in WRITABLE:
        _folder(rf"{home}\{folder}", [*KEEPERS, *writers])


def _accounts() -> dict[str, HiddenValue | None]:
    """The accounts of the services on this host, each with its password."""
    roles = {"server", "workers"} & set(host.groups) or {"server", "workers"}
    found = {}
    for role, kind in (("server", "server_account"), ("workers", "worker_account")):
        if role in roles:
            key = kind if host.data.get(kind) else "service_account"
            found[host.data.get(key)] = host.data.get(f"{key}_password")
    return found


def _with_check(names: Iterable[str]) -> list[str]:
    """The accounts, and the one that commands run as where a service's own is not to be had."""
    found = list(names)
    return [*found, service_host_check.ACCOUNT] if any(map(is_virtual, found)) else found


def _account(name: str, password: HiddenValue | None) -> None:
    if is_local(name):
        if password is None:
            raise DeployError(ACCOUNT_PASSWORD.text(account=name))
        accounts.user(
            name=f"Account {name}",
            user=name,
            password=password,
            comment=host.data.service_account_comment,
        )
    rights.user_right(name=f"{name} may log on as a service", account=name)
    if not is_virtual(name):
        # The guide makes it one for a while, and may have left it so.
        inside = host.data.service_account_administrator
        accounts.group_member(
            name=f"{name} is {'' if inside else 'not '}in Administrators",
            member=name,
            group=ADMINISTRATORS,
            present=inside,
            until_end=inside,
        )


def _folder(path: str, entries: list[Entry]) -> None:
    files.directory(name=f"Folder {path}", path=path)
    files.access(name=f"Access to {path}", path=path, entries=entries, exact=True)
