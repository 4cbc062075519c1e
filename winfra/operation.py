"""What operations on a Windows host have in common: they read, compare, and fail one host alone."""

from __future__ import annotations

import functools
from collections.abc import Callable, Generator
from typing import Any, ParamSpec, TypeVar

from pyinfra import logger
from pyinfra.api import FactBase, operation as pyinfra_operation
from pyinfra.api.command import PyinfraCommand
from pyinfra.api.exceptions import PyinfraError
from pyinfra.api.host import Host
from pyinfra.api.operation import PyinfraOperation
from pyinfra.api.state import StateStage
from pyinfra.context import host as current_host
from typing_extensions import override

from winfra.messages import Message

P = ParamSpec("P")
T = TypeVar("T")


class HostFailedError(Exception):
    """This host cannot go on with the operation; the reason has been shown."""


class Refusal(PyinfraCommand):
    """A command that fails: core has no other way to fail one host while it executes."""

    @override
    def execute(self, state: Any, host: Host, connector_arguments: Any) -> bool:
        return False


def operation(**options: Any) -> Callable[[Callable[P, Generator[Any]]], PyinfraOperation[P]]:
    """pyinfra's ``@operation``, in which ``read`` and ``fail`` end the operation for their host."""

    def decorate(function: Callable[P, Generator[Any]]) -> PyinfraOperation[P]:
        @functools.wraps(function)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> Generator[Any]:
            try:
                yield from function(*args, **kwargs)
            except HostFailedError:
                if current_host.state.current_stage == StateStage.Execute:
                    yield Refusal()

        return pyinfra_operation(**options)(guarded)

    return decorate


def read(fact: type[FactBase[T]], **arguments: Any) -> T:
    """The fact about the current host; where it cannot be had, the operation ends for this host.

    Core marks the host as failed but goes on with the fact's default, which an operation would
    take for the state of the host (``pyinfra.api.facts.get_fact``).
    """
    if _failed():
        raise HostFailedError  # core goes on preparing a host that has failed
    try:
        answer: T = current_host.get_fact(fact, **arguments)
    except PyinfraError:
        # Core ends the run here when no host remains; while it executes that would be a traceback.
        if not _failed() or current_host.state.current_stage != StateStage.Execute:
            raise
        raise HostFailedError from None
    if _failed():
        raise HostFailedError
    return answer


def _failed() -> bool:
    return current_host in current_host.state.failed_hosts


def fail(message: Message, **values: object) -> HostFailedError:
    """Show a sentence, mark the current host as failed; the caller raises what this returns."""
    host = current_host
    host.log_styled(message.text(**values), fg="red", log_func=logger.error)
    if host.state.current_stage != StateStage.Execute:
        host.state.fail_hosts({host.state.inventory.get_host(host.name)})
    return HostFailedError()
