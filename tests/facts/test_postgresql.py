"""Facts about a PostgreSQL server; psycopg, on its own, is the witness."""

from dataclasses import replace
from typing import Any

import pytest

from tests.database import Server
from tests.trial import Trial
from winfra.facts.postgresql import (
    AccessRules,
    Databases,
    Extensions,
    FileSettings,
    Login,
    Query,
    Roles,
    Settings,
    Verifier,
)
from winfra.messages import postgresql as messages
from winfra.sql import Connection

TEXTS = ["", "a'b", 'a"b', "a\\b", "é日本", "%s %(x)s", "$1 $$", "@:x :'x'", " a ", "1\r\n2\t3\b", "\x7f"]


@pytest.fixture(params=["psql", "psycopg"])
def connection(request: pytest.FixtureRequest, server: Server) -> Connection:
    found: Connection = getattr(server, request.param)
    return found


@pytest.mark.parametrize("text", TEXTS)
def test_any_text_comes_and_goes(trial: Trial, connection: Connection, text: str) -> None:
    """A value reaches the server as it is, and comes back so."""
    from winfra.sql import compose

    statement = compose("SELECT {text} AS text, length({text}) AS length -- so long", text=text)

    assert trial.fact(Query, connection=connection, sql=statement) == [
        {"text": text, "length": len(text)}
    ]
