"""What facts say of the machine's environment; the lab's registry is the witness."""

from tests.trial import Trial
from winfra.facts.environment import ENVIRONMENT_KEY, Variables


def test_the_machines_variables(trial: Trial) -> None:
    """Expanded ones are not expanded."""
    trial.lab.keys.set(ENVIRONMENT_KEY, "EXAMPLE", "%SystemRoot%", "ExpandString")

    found = trial.fact(Variables)

    assert found["EXAMPLE"] == {"kind": "ExpandString", "data": "%SystemRoot%"}
    assert found["OS"] == {"kind": "String", "data": "Windows_NT"}
