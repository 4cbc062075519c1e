"""What facts say of the running server; the lab's state is the witness."""

from datetime import datetime

from tests.trial import Trial
from winfra.facts.server import BootTime, Hostname


def test_name_and_start(trial: Trial) -> None:
    """The computer's own name, and when it started."""
    stored = trial.lab.read_state("system")

    assert trial.fact(Hostname) == stored["Win32_ComputerSystem"]["Name"]
    started = datetime.fromisoformat(stored["boot_time"])
    assert abs(trial.fact(BootTime) - started).total_seconds() < 1
