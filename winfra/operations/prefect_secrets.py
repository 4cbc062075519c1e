"""What new secrets of Prefect's would cut off; ``winfra.operations.prefect`` has this operation."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass

from pyinfra import host
from pyinfra.api.command import PyinfraCommand
from pyinfra.api.hiddenvalue import HiddenValue

from winfra.facts.prefect import SettingsFile
from winfra.facts.prefect_api import LoginRefused
from winfra.halt import Halt
from winfra.operation import operation, read
from winfra.prefect_api import Api
from winfra.prefect_settings import content
from winfra.service_change import Drain

_PASSWORD = "PREFECT_SERVER_DATABASE_PASSWORD"  # noqa: S105  the name of a setting


@dataclass(frozen=True)
class DatabaseLogin:
    """How a server on this host logs in to its database.

    + settings: the file with the server's environment, which has the password that it was started with
    + role: the database's role
    + password: the role's from now on
    """

    settings: str
    role: str
    password: HiddenValue


@operation()
def new_secrets(
    api: Api | None = None,
    database: DatabaseLogin | None = None,
    *,
    workers: Sequence[str],
    servers: Sequence[str] = (),
    drains: Mapping[str, Drain] | None = None,
) -> Generator[PyinfraCommand]:
    r"""
    Stop what has a secret that is about to be replaced by a given one, once its work has ended.

    That work would fail: a server takes one login alone, and PostgreSQL refuses each session that is
    opened by an old password. Nothing is done where the secrets are those in use, or nothing uses them.

    + api: the server, with the login that it is to have; one that does not answer gets no other
    + database: of a server on this host, with the password that its role is to have
    + workers: services on this host that use the server; they are not started again
    + servers: services that use the database; they are stopped after the workers, and not started again
    + drains: what lets a service end its work before it stops, as ``services.service`` takes it

    **Example:**

    .. code:: python

        from winfra.operations import prefect
        from winfra.prefect_api import Api

        prefect.new_secrets(
            name="Nothing is cut off by a new login",
            api=Api("http://127.0.0.1:4200/api", host.data.prefect_auth_string),
            workers=["PrefectWorker"],
        )
    """
    services, reasons = [*workers], []
    if api is not None and read(LoginRefused, api=api):
        reasons.append(f"{api.url} gets another login")
    if database is not None and _is_new(database):
        services += servers
        reasons.append(f"role {database.role} gets another password")
    if not reasons:
        host.noop("no secret changes that something here uses")
        return
    halt = Halt(services, drains)
    halt.show(f"while {' and '.join(reasons)}")
    yield from halt.commands()


def _is_new(database: DatabaseLogin) -> bool:
    wanted = HiddenValue(content({_PASSWORD: database.password}))
    found = read(SettingsFile, path=database.settings, content=wanted, shown=[])
    return found is not None and _PASSWORD in found["values"] and _PASSWORD not in found["equal"]
