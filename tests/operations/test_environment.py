"""The machine's environment on a lab; its registry's files are the witness."""

from typing import Any

import pytest
from pyinfra.api import OperationValueError
from pyinfra.api.hiddenvalue import HiddenValue

from tests.trial import Trial, no_host
from winfra.facts.environment import ENVIRONMENT_KEY as KEY
from winfra.facts.powershell import Output
from winfra.messages import operations as messages
from winfra.operations import environment


@pytest.fixture(autouse=True)
def _no_variables(trial: Trial) -> None:
    for name in ("PREFECT_HOME", "EXAMPLE_LIST"):
        trial.lab.keys.remove(KEY, name)


def test_a_variable_is_set_once(trial: Trial) -> None:
    """A change of case alone is one; the session sees the new value."""
    wanted = {"variable": "PREFECT_HOME", "value": r"D:\prefect_data\Home"}

    dry = trial.dry(environment.variable, **wanted)
    assert dry.will_change
    assert "Will create variable PREFECT_HOME" in dry.output
    assert trial.lab.keys.get(KEY, "PREFECT_HOME") is None

    assert trial.run(environment.variable, **wanted).changed
    assert trial.lab.keys.get(KEY, "PREFECT_HOME") == r"D:\prefect_data\Home"
    assert trial.lab.keys.kind(KEY, "PREFECT_HOME") == "String"
    assert trial.fact(Output, text="$env:PREFECT_HOME") == [r"D:\prefect_data\Home"]

    again = trial.run(environment.variable, **wanted)
    assert not again.changed
    assert "noop: variable PREFECT_HOME is set" in again.output

    trial.lab.keys.set(KEY, "PREFECT_HOME", r"D:\prefect_data\home")
    spoilt = trial.dry(environment.variable, **wanted)
    assert spoilt.will_change
    assert r"data  D:\prefect_data\home  ->  D:\prefect_data\Home" in spoilt.output


def test_an_expanded_variable_stays_one(trial: Trial) -> None:
    """And a new one with a part between percent signs becomes one."""
    value = r"%SystemDrive%\x"
    assert trial.run(environment.variable, "PREFECT_HOME", value).changed
    assert trial.lab.keys.get(KEY, "PREFECT_HOME") == value
    assert trial.lab.keys.kind(KEY, "PREFECT_HOME") == "ExpandString"
    assert not trial.run(environment.variable, "prefect_home", value).changed

    assert trial.run(environment.variable, "PREFECT_HOME", "plain").changed
    assert trial.lab.keys.kind(KEY, "PREFECT_HOME") == "ExpandString"
    assert trial.run(environment.variable, "PREFECT_HOME", "plain", expand=False).changed
    assert trial.lab.keys.kind(KEY, "PREFECT_HOME") == "String"


def test_a_variable_goes(trial: Trial) -> None:
    """Whatever the case of its name."""
    trial.lab.keys.set(KEY, "PREFECT_HOME", "x")

    assert trial.dry(environment.variable, "Prefect_Home", present=False).will_change
    assert trial.run(environment.variable, "Prefect_Home", present=False).changed
    assert trial.lab.keys.get(KEY, "PREFECT_HOME") is None
    again = trial.run(environment.variable, "Prefect_Home", present=False)
    assert not again.changed
    assert "noop: variable Prefect_Home does not exist" in again.output


def test_an_entry_is_added_to_path_once(trial: Trial) -> None:
    """The others stay as they are, and nothing in them is expanded."""
    before = str(trial.lab.keys.get(KEY, "Path"))
    wanted = {"entry": r"C:\Program Files\PostgreSQL\16\bin"}

    dry = trial.dry(environment.path, **wanted)
    assert dry.will_change
    assert r"+C:\Program Files\PostgreSQL\16\bin" in dry.output
    assert trial.lab.keys.get(KEY, "Path") == before

    assert trial.run(environment.path, **wanted).changed
    assert trial.lab.keys.get(KEY, "Path") == rf"{before};{wanted['entry']}"
    assert trial.lab.keys.kind(KEY, "Path") == "ExpandString"
    assert not trial.run(environment.path, wanted["entry"].lower() + "\\").changed

    assert trial.run(environment.path, **wanted, first=True).changed
    assert trial.lab.keys.get(KEY, "Path") == rf"{wanted['entry']};{before}"
    assert trial.run(environment.path, **wanted, present=False).changed
    assert trial.lab.keys.get(KEY, "Path") == before
    assert not trial.run(environment.path, **wanted, present=False).changed


def test_a_list_comes_and_goes_with_its_entries(trial: Trial) -> None:
    """Without any it does not exist."""
    wanted: dict[str, Any] = {"entry": r"%SystemRoot%\x", "variable": "EXAMPLE_LIST"}

    assert trial.run(environment.path, **wanted).changed
    assert trial.lab.keys.kind(KEY, "EXAMPLE_LIST") == "ExpandString"
    assert trial.run(environment.path, **wanted, present=False).changed
    assert trial.lab.keys.get(KEY, "EXAMPLE_LIST") is None


@pytest.mark.parametrize(
    ("operation", "options", "said"),
    [
        (
            environment.variable,
            {"variable": "A=B", "value": "x"},
            messages.ENVIRONMENT_NAME_REFUSED.text(variable="'A=B'"),
        ),
        (
            environment.variable,
            {"variable": "X"},
            messages.ENVIRONMENT_VALUE_REFUSED.text(variable="X"),
        ),
        (
            environment.variable,
            {"variable": "X", "value": HiddenValue("hush")},
            messages.SECRET_REFUSED.text(place="the machine's variable X"),
        ),
        (
            environment.variable,
            {"variable": "path", "present": False},
            messages.ENVIRONMENT_NEEDED.text(variable="path"),
        ),
        (
            environment.path,
            {"entry": "a;b"},
            messages.ENVIRONMENT_ENTRY_REFUSED.text(entry="'a;b'"),
        ),
    ],
)
def test_bad_arguments_are_refused_before_the_host_is_asked(
    operation: Any, options: dict[str, Any], said: str
) -> None:
    """There is no host here."""
    with no_host(), pytest.raises(OperationValueError) as error:
        next(operation._inner(**options))

    assert str(error.value) == said
