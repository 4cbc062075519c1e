"""How operations ask a PostgreSQL server: in a dry run it, or its login, may not be there yet."""

from __future__ import annotations

from pyinfra import host
from pyinfra.api.state import StateStage

from winfra.facts.postgresql import LoginRefused
from winfra.operation import read
from winfra.sql import Connection


def login_pending(connection: Connection) -> bool:
    """Whether nothing can be seen yet: a role gets the password in this run."""
    preparing = host.state.current_stage != StateStage.Execute
    return preparing and read(LoginRefused, connection=connection)


def say_pending(title: str, connection: Connection) -> None:
    host.noop(f"{title} is looked at when {connection.user} has its new password")
