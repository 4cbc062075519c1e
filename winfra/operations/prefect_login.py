"""A server of Prefect that gets another login; ``winfra.operations.prefect`` has this operation."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence

from pyinfra import host
from pyinfra.api.command import PyinfraCommand

from winfra.facts.prefect_api import LoginRefused
from winfra.halt import Halt
from winfra.operation import operation, read
from winfra.prefect_api import Api
from winfra.service_change import Drain


@operation()
def new_login(
    api: Api, *, services: Sequence[str], drains: Mapping[str, Drain] | None = None
) -> Generator[PyinfraCommand]:
    """
    Stop what uses a server with another login than the given one, which the server is about to get.

    Their work ends with the login that they have: it would fail as soon as the server has the other.
    Nothing is done where the server takes the login, or does not answer.

    + api: the server, with the login that it is to have
    + services: those on this host that use it; they are not started again
    + drains: what lets a service end its work before it stops, as ``services.service`` takes it

    **Example:**

    .. code:: python

        from winfra.operations import prefect
        from winfra.prefect_api import Api

        prefect.new_login(
            name="No work is cut off by a new login",
            api=Api("http://127.0.0.1:4200/api", host.data.prefect_auth_string),
            services=["PrefectWorker"],
        )
    """
    if not read(LoginRefused, api=api):
        host.noop(f"the Prefect server at {api.url} gets no other login")
        return
    halt = Halt(services, drains)
    halt.show(f"while {api.url} gets another login")
    yield from halt.commands()
