"""Values of settings, read as PostgreSQL reads them: the server's own answers are in the tests of facts."""

from typing import Any

import pytest

from winfra.postgresql_values import ValueRefusedError, check, number, same

GB = 1024**3


def info(vartype: str, unit: str | None = None, **given: Any) -> dict[str, Any]:
    base = {"context": "sighup", "min_val": "-1", "max_val": str(2**31 - 1), "enumvals": None}
    return {**base, "vartype": vartype, "unit": unit, **given}


@pytest.mark.parametrize(
    ("text", "unit", "expected"),
    [
        ("2GB", "8kB", 262144),
        ("2GB", "kB", 2097152),
        ("2 GB", "MB", 2048),
        ("0x10", None, 16),
        ("010", None, 8),
        ("-1", "kB", -1),
        ("1e2", None, 100),
        ("1.5", None, 2),
        ("2.5", None, 2),
        ("30.1GB", "MB", 30822),
        ("1TB", "8kB", 134217728),
        ("100B", "kB", 0),
        ("15min", "s", 900),
        ("1.5h", "min", 90),
        ("1d", "min", 1440),
        ("100us", "ms", 0),
        (" 7 ", "ms", 7),
    ],
)
def test_a_number_in_the_units_of_its_setting(text: str, unit: str | None, expected: int) -> None:
    """As pg_settings shows it."""
    assert number(text, unit, whole=True) == expected


@pytest.mark.parametrize(
    ("text", "unit", "reason"),
    [
        ("banana", "kB", "no number"),
        ("", None, "no number"),
        ("1GB", None, "this setting has none"),
        ("1gb", "kB", "none of the units TB, GB, MB, kB, B"),
        ("1GB", "ms", "none of the units d, h, min, s, ms, us"),
        ("9999999999", None, "more than an integer"),
        ("1 2", None, "no number"),
    ],
)
def test_what_is_no_number_is_refused(text: str, unit: str | None, reason: str) -> None:
    """And why is said."""
    with pytest.raises(ValueRefusedError, match=reason):
        number(text, unit, whole=True)


@pytest.mark.parametrize(
    ("first", "second", "kind", "expected"),
    [
        ("16384", "128MB", info("integer", "8kB"), True),
        ("16384", "129MB", info("integer", "8kB"), False),
        ("16384", "banana", info("integer", "8kB"), False),
        ("0.9", "0.90", info("real"), True),
        ("0.333333", "0.33333333", info("real"), True),
        ("on", "TRUE", info("bool"), True),
        ("off", "f", info("bool"), True),
        ("on", "0", info("bool"), False),
        ("on", "o", info("bool"), False),
        ("replica", "Replica", info("enum", enumvals=["minimal", "replica"]), True),
        ("on", "yes", info("enum", enumvals=["try", "on", "off"]), True),
        ("try", "TRY", info("enum", enumvals=["try", "on", "off"]), True),
        ("a", "A", info("string"), False),
    ],
)
def test_two_texts_mean_the_same(
    first: str, second: str, kind: dict[str, Any], expected: bool
) -> None:
    """By the type of the setting."""
    assert same(kind, first, second) == expected


@pytest.mark.parametrize(
    ("text", "kind", "reason"),
    [
        ("64kB", info("integer", "8kB", min_val="16"), "not in its range, 16 to 2147483647 8kB"),
        ("2", info("real", min_val="0", max_val="1"), "not in its range, 0 to 1"),
        ("maybe", info("bool"), "neither on nor off"),
        ("most", info("enum", enumvals=["minimal", "replica"]), "none of minimal, replica"),
        ("16", info("integer", context="internal"), "it can only be read"),
    ],
)
def test_what_a_setting_surely_does_not_take(text: str, kind: dict[str, Any], reason: str) -> None:
    """It is refused before anything is written."""
    with pytest.raises(ValueRefusedError, match=reason):
        check(kind, text)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("128MB", info("integer", "8kB", min_val="16")),
        ("anything", info("string")),
        ("true", info("enum", enumvals=["try", "on", "off"])),
        ("REPLICA", info("enum", enumvals=["minimal", "replica"])),
    ],
)
def test_what_a_setting_takes(text: str, kind: dict[str, Any]) -> None:
    """Texts are the server's own to judge."""
    check(kind, text)
