"""What facts say of the registry; the lab's files are the witness."""

from tests.trial import Trial
from winfra.facts.registry import Key, Keys

KEY = r"HKLM\SOFTWARE\Example [1]"
LONG = r"HKEY_LOCAL_MACHINE\SOFTWARE\Example [1]"


def test_a_keys_values_have_kind_and_data(trial: Trial) -> None:
    """As they are stored: nothing expanded, numbers without sign."""
    keys = trial.lab.keys
    keys.set(KEY, "", "unnamed")
    keys.set(KEY, "Text", "x")
    keys.set(KEY, "Home", "%SystemRoot%", "ExpandString")
    keys.set(KEY, "Port", 0xFFFFFFFF, "DWord")
    keys.set(KEY, "Size", -1, "QWord")
    keys.set(KEY, "List", ["b", "a"])
    keys.set(KEY, "None", [], "MultiString")
    keys.set(KEY, "Bytes", b"\x00\xff")
    keys.set(KEY + r"\Sub", "x", "y")

    assert trial.fact(Key, path=KEY) == {
        "values": {
            "": {"kind": "String", "data": "unnamed"},
            "Text": {"kind": "String", "data": "x"},
            "Home": {"kind": "ExpandString", "data": "%SystemRoot%"},
            "Port": {"kind": "DWord", "data": 0xFFFFFFFF},
            "Size": {"kind": "QWord", "data": 2**64 - 1},
            "List": {"kind": "MultiString", "data": ["b", "a"]},
            "None": {"kind": "MultiString", "data": []},
            "Bytes": {"kind": "Binary", "data": b"\x00\xff"},
        },
        "keys": ["Sub"],
    }


def test_many_keys_are_one_question(trial: Trial) -> None:
    """None for each that does not exist; their paths are written out."""
    trial.lab.keys.set_all(KEY, {})

    found = trial.fact(Keys, paths=[KEY, r"HKCU:\Nothing"])

    assert found.keys() == {LONG, r"HKEY_CURRENT_USER\Nothing"}
    assert found[LONG] is not None
    assert found[r"HKEY_CURRENT_USER\Nothing"] is None
    assert trial.fact(Key, path=r"HKCU:\Nothing") is None
