"""Services that finish their work before they are stopped; the lab says what ran when."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import pytest
from pyinfra.api import Host

from tests.service_trial import (
    HOST,
    PROGRAM,
    clean,
    is_running,
    make,
    process,
    run,
    starts,
    status,
    tell,
)
from tests.trial import Trial, failing
from winfra.messages import services as messages
from winfra.operations import services
from winfra.service_change import Refused


class Drain:
    """Notes what ran when it was entered and left; refuses where it is told to."""

    def __init__(self, trial: Trial, *, entered: str = "", left: str = "") -> None:
        self.notes: list[tuple[str, list[str]]] = []
        self._trial, self._refusals = trial, {"entered": entered, "left": left}

    def __call__(self, host: Host) -> AbstractContextManager[None]:
        return self._context()

    @contextmanager
    def _context(self) -> Iterator[None]:
        self._note("entered")
        try:
            yield
        finally:
            self._note("left")

    def _note(self, when: str) -> None:
        names = [name for name in ("Example", "Worker") if is_running(self._trial.lab, name)]
        self.notes.append((when, names))
        if self._refusals[when]:
            raise Refused(self._refusals[when])


BOTH = ["Example", "Worker"]


@pytest.fixture(autouse=True)
def _services(trial: Trial) -> None:
    """A service, and a worker that depends on it; both run."""
    clean(trial)
    make(trial.lab, "Example")
    make(trial.lab, "Worker", dependencies=["Example"])
    run(trial.lab, "Worker")


def restarted(trial: Trial, service: str, drain: Drain, **options: Any) -> Any:
    drains = {"WORKER": drain}
    return trial.run(services.service, service, restarted=True, drains=drains, **options)


@pytest.mark.parametrize("service", BOTH)
def test_a_service_finishes_its_work_before_it_is_stopped(trial: Trial, service: str) -> None:
    """Itself, or as one that depends on another: told while all runs, again when all runs anew."""
    drain, before = Drain(trial), process(trial.lab, "Worker")
    dry = trial.dry(services.service, service, restarted=True, drains={"Worker": drain})
    assert "finishes its work before" in dry.output
    assert drain.notes == []

    assert restarted(trial, service, drain).changed

    assert drain.notes == [("entered", BOTH), ("left", BOTH)]
    assert process(trial.lab, "Worker") != before


def test_nothing_is_drained_that_is_not_stopped(trial: Trial) -> None:
    """A service that does not run, and a change that needs no restart."""
    drain = Drain(trial)
    drains = {"Worker": drain}
    assert trial.run(services.service, "Worker", description="x", drains=drains).changed
    trial.run(services.service, "Worker", running=False)
    assert trial.run(services.service, "Example", restarted=True, drains=drains).changed
    assert drain.notes == []


def test_a_service_that_cannot_finish_stays(trial: Trial) -> None:
    """Nothing has been stopped, and the reason is shown."""
    drain, pids = Drain(trial, entered="it cannot"), [process(trial.lab, name) for name in BOTH]

    tried = restarted(trial, "Example", drain)

    assert tried.failed
    assert "it cannot" in tried.output
    assert [process(trial.lab, name) for name in BOTH] == pids


def test_what_follows_a_stop_fails(trial: Trial) -> None:
    """That everything may go on is said where it must be done; it is not where it has failed."""
    drain = Drain(trial, left="and it does not go on")
    assert "and it does not go on" in restarted(trial, "Worker", drain).output
    assert is_running(trial.lab, "Worker")


@pytest.mark.parametrize("left", ["", "and it does not go on"])
def test_it_is_let_go_on_after_a_failure(trial: Trial, left: str) -> None:
    """The service does not start again: each reason is shown."""
    drain = Drain(trial, left=left)
    tell(trial.lab, "Example", exit=1066, specific=42)

    tried = restarted(trial, "Example", drain)

    assert tried.failed
    assert messages.SPECIFIC.text(service="Example", host=HOST, specific=42) in tried.output
    assert left in tried.output
    assert drain.notes == [("entered", BOTH), ("left", [])]


def test_it_goes_on_when_the_change_fails(trial: Trial) -> None:
    """The service runs with what it had."""
    drain = Drain(trial)
    with failing(trial.lab, "sc.exe", "no", 5, when="config"):
        path = [PROGRAM, "other"]
        assert trial.run(services.service, "Worker", path=path, drains={"Worker": drain}).failed
    assert drain.notes == [("entered", BOTH), ("left", BOTH)]
    assert len(starts(trial.lab, "Worker")) == 2


@pytest.mark.parametrize("names", [["Worker"], ["Example"]])
def test_a_service_that_is_removed_or_stopped(trial: Trial, names: list[str]) -> None:
    """It finishes its work as well; that is in the difference."""
    removal: dict[str, Any] = {"service": names[0], "present": False}
    drain = Drain(trial)
    drains = {"Worker": drain}
    assert (
        "finishes its work before" in trial.dry(services.service, **removal, drains=drains).output
    )
    assert trial.run(services.service, **removal, drains=drains).changed
    assert [when for when, _ in drain.notes] == ["entered", "left"]
    assert status(trial.lab, names[0]) == {}


def test_a_program_that_is_interrupted(trial: Trial) -> None:
    """Whatever else ends a change, the drain is left."""
    from winfra.service_change import Plan, change

    left: list[str] = []

    @contextmanager
    def drain(host: Host) -> Iterator[None]:
        try:
            yield
        finally:
            left.append("left")

    interrupt: Callable[..., Any] = lambda *_, **__: (_ for _ in ()).throw(KeyboardInterrupt)  # noqa: E731
    host = type("Lost", (), {"name": "lost", "run_shell_command": interrupt})()
    with pytest.raises(KeyboardInterrupt):
        change(None, host, Plan("Worker", stop=("Worker",), drains={"Worker": drain}))  # type: ignore[arg-type]
    assert left == ["left"]
