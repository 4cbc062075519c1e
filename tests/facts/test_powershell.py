"""What users' own PowerShell says."""

from tests.trial import Trial
from winfra.facts.powershell import Output


def test_users_own_powershell_is_a_fact(trial: Trial) -> None:
    """Its lines, in a process of its own that may end itself."""
    found = trial.fact(Output, text="param($A) $A; 'é'; exit 0", parameters={"A": "x y"})

    assert found == ["x y", "é"]
    assert trial.fact(Output, text="$null") == []
