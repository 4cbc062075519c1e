"""Keys and values on a lab; its registry's files are the witness."""

from typing import Any

import pytest
from pyinfra.api import OperationValueError
from pyinfra.api.hiddenvalue import HiddenValue

from tests.trial import Trial, no_host
from winfra.lab.registry import Data
from winfra.messages import operations as messages
from winfra.operations import registry

KEY = r"HKLM\SOFTWARE\Example"
LONG = r"HKEY_LOCAL_MACHINE\SOFTWARE\Example"


@pytest.fixture(autouse=True)
def _no_key(trial: Trial) -> None:
    trial.lab.keys.delete(KEY)


def test_a_key_is_made_once(trial: Trial) -> None:
    """With those above it; one that exists keeps its values."""
    path = KEY + r"\a b\[1]*é"

    dry = trial.dry(registry.key, path)
    assert dry.will_change
    assert rf"Will create registry key {LONG}\a b\[1]*é" in dry.output
    assert not trial.lab.keys.exists(KEY)

    assert trial.run(registry.key, path).changed
    assert trial.lab.keys.exists(path)
    trial.lab.keys.set(path, "kept", "x")

    again = trial.run(registry.key, path.upper().replace("HKLM", "hklm:"))
    assert not again.changed
    assert trial.lab.keys.get(path, "kept") == "x"

    trial.lab.keys.delete(path)
    assert trial.dry(registry.key, path).will_change


def test_a_key_goes_with_all_that_is_in_it(trial: Trial) -> None:
    """What goes is shown."""
    trial.lab.keys.set(KEY, "Port", 1)
    trial.lab.keys.set(KEY + r"\Sub [1]", "x", "y")

    dry = trial.dry(registry.key, KEY, present=False)
    assert f"Will remove registry key {LONG}" in dry.output
    assert "values  Port" in dry.output
    assert trial.lab.keys.exists(KEY)

    assert trial.run(registry.key, KEY, present=False).changed
    assert not trial.lab.keys.exists(KEY)
    assert not trial.run(registry.key, KEY, present=False).changed


def as_stored(data: Data) -> Data:
    """The lab's files have a QWord with its sign."""
    return data - 2**64 if isinstance(data, int) and data >= 2**63 else data


@pytest.mark.parametrize(
    ("kind", "first", "second"),
    [
        ("String", "text é", "Text é"),
        ("String", "", " "),
        ("ExpandString", r"%SystemRoot%\x", r"%SYSTEMROOT%\x"),
        ("DWord", 0, 0xFFFFFFFF),
        ("QWord", 2**63 - 1, 2**64 - 1),
        ("MultiString", ["a", "b"], ["b", "a"]),
        ("MultiString", [], ["a"]),
        ("Binary", b"", b"\x00\xff"),
    ],
)
def test_a_value_is_set_once(trial: Trial, kind: str, first: Data, second: Data) -> None:
    """Kind and data as they are, compared exactly; the key is made with it."""
    for data in (first, second):
        wanted: dict[str, Any] = {"path": KEY, "value": "a [1]*", "data": data, "kind": kind}
        before = trial.lab.keys.get(KEY, "a [1]*")
        assert trial.dry(registry.value, **wanted).will_change
        assert trial.lab.keys.get(KEY, "a [1]*") == before

        assert trial.run(registry.value, **wanted).changed
        assert trial.lab.keys.get(KEY, "a [1]*") == as_stored(data)
        assert trial.lab.keys.kind(KEY, "a [1]*") == kind
        assert not trial.run(registry.value, **wanted).changed


def test_another_kind_is_another_value(trial: Trial) -> None:
    """The same text, expanded or not; spoilt by hand, both sides are shown."""
    trial.lab.keys.set(KEY, "Home", "%TEMP%", "String")
    wanted: dict[str, Any] = {"path": KEY, "value": "Home", "data": "%TEMP%"}

    assert not trial.dry(registry.value, **wanted).will_change
    dry = trial.dry(registry.value, **wanted, kind="ExpandString")
    assert dry.will_change
    assert rf"Will change registry value {LONG}\Home" in dry.output
    assert "kind  String  ->  ExpandString" in dry.output
    assert "data" not in dry.output

    assert trial.run(registry.value, **wanted, kind="ExpandString").changed
    assert trial.lab.keys.kind(KEY, "Home") == "ExpandString"


def test_a_value_goes_alone(trial: Trial) -> None:
    """Its name is no pattern, and case makes no difference."""
    for name in ("a*", "ab", "b[1]"):
        trial.lab.keys.set(KEY, name, name)

    assert trial.dry(registry.value, KEY, "A*", present=False).will_change
    assert trial.run(registry.value, KEY, "A*", present=False).changed
    assert trial.run(registry.value, KEY, "b[1]", present=False).changed
    assert set(trial.lab.keys.values(KEY)) == {"ab"}
    again = trial.run(registry.value, KEY, "b[1]", present=False)
    assert not again.changed
    assert rf"noop: registry value {LONG}\b[1] does not exist" in again.output


def test_the_unnamed_value(trial: Trial) -> None:
    """It has no name, and two ways to write it."""
    assert trial.run(registry.value, KEY, "(default)", "x").changed
    assert trial.lab.keys.get(KEY, "") == "x"
    assert not trial.run(registry.value, KEY, "", "x").changed


@pytest.mark.parametrize(
    ("operation", "options", "said"),
    [
        (registry.key, {"path": r"D:\x"}, "there is no hive 'D'"),
        (registry.key, {"path": r"HKLM:\SOFTWARE", "present": False}, "Windows needs it"),
        (
            registry.value,
            {"path": KEY, "value": "", "present": False},
            messages.REGISTRY_UNNAMED_STAYS.text(path=LONG),
        ),
        (
            registry.value,
            {"path": "HKLM:", "value": "x", "data": "x"},
            messages.REGISTRY_KEY_REFUSED.text(path="HKLM:", reason="it is a hive and not a key"),
        ),
        (
            registry.value,
            {"path": KEY, "value": "a\nb", "data": "x"},
            messages.REGISTRY_NAME_REFUSED.text(name=repr("a\nb")),
        ),
        (
            registry.value,
            {"path": KEY, "value": "x", "data": 1, "kind": "String"},
            messages.REGISTRY_DATA_REFUSED.text(reason="1 is no String: a text"),
        ),
        (
            registry.value,
            {"path": KEY, "value": "x", "data": HiddenValue("hush")},
            messages.SECRET_REFUSED.text(place=rf"{LONG}\x"),
        ),
    ],
)
def test_bad_arguments_are_refused_before_the_host_is_asked(
    operation: Any, options: dict[str, Any], said: str
) -> None:
    """There is no host here."""
    with no_host(), pytest.raises(OperationValueError) as error:
        next(operation._inner(**options))

    assert said in str(error.value)
