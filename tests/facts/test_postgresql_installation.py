"""What there is of a PostgreSQL server on a host."""

from __future__ import annotations

from tests.trial import Trial
from winfra.facts.postgresql_installation import Installation


def test_a_drive_that_the_host_does_not_have(trial: Trial) -> None:
    """There is no server, no cluster and no room on it."""
    found = trial.fact(Installation, service="postgresql-x64-16", data=r"Q:\pgsql\data", port=9)

    assert (found["state"], found["cluster"], found["free"]) == (None, None, None)
