"""Which request a fault meets that a test asks for."""

from __future__ import annotations

from winfra.lab.endpoint_config import Fault
from winfra.lab.mishaps import Mishaps


def met(fault: Fault, *verbs: str) -> list[bool]:
    mishaps = Mishaps()
    return [bool(mishaps.due([fault], verb)) for verb in verbs]


def test_a_fault_comes_once() -> None:
    """Unless it is said how often."""
    assert met(Fault("drop"), "Send", "Send") == [True, False]
    assert met(Fault("drop", times=2), "Send", "Get", "Send") == [True, True, False]
    assert met(Fault("drop", times=0), *["Send"] * 5) == [True] * 5


def test_a_fault_waits_for_its_action() -> None:
    """Other requests neither meet it nor count."""
    fault = Fault("cut_reply", action="Receive", after=1)

    assert met(fault, "Send", "Receive", "Send", "Receive", "Receive") == [
        *(False, False, False),
        *(True, False),
    ]


def test_equal_faults_are_two() -> None:
    """A fault that was used up and is asked for again comes again."""
    mishaps = Mishaps()
    first, second = Fault("drop"), Fault("drop")

    assert mishaps.due([first], "Get")
    assert not mishaps.due([first], "Get")
    assert mishaps.due([second], "Get") == {"drop": second}


def test_some_do_not_wait_for_a_message() -> None:
    """503 comes before anybody is known, a restart without any request."""
    mishaps = Mishaps()
    faults = [Fault("unavailable"), Fault("restart")]

    assert not mishaps.due(faults, "Create")
    assert mishaps.at_once(faults) == {"unavailable": faults[0]}
    assert not mishaps.at_once(faults)
    assert mishaps.due([Fault("unavailable", action="Create")], "Create")
