"""How operations ask a Prefect server: in a dry run it may not be there yet."""

from __future__ import annotations

from typing import Any, TypeVar

from pyinfra import host
from pyinfra.api import FactBase
from pyinfra.api.state import StateStage

from winfra.facts.prefect_api import LoginRefused
from winfra.operation import read
from winfra.prefect_api import Api

T = TypeVar("T")


def preparing() -> bool:
    return host.state.current_stage != StateStage.Execute


def ask(fact: type[FactBase[T | None]], api: Api, **arguments: Any) -> T | None:
    """A fact about a server; before it is installed there is nothing."""
    return read(fact, api=api, absent=preparing(), **arguments)


def login_pending(api: Api) -> bool:
    """Whether nothing can be seen yet: the server gets the login with the restart of this run."""
    return preparing() and read(LoginRefused, api=api)
