"""A server's settings as files, and what is to be done about them; no server is asked."""

from pathlib import PureWindowsPath
from typing import Any

import pytest

from winfra import postgresql_configuration as configuration
from winfra.facts.postgresql import FileSetting, SettingInfo

MAIN, OWN = "D:/pgsql/data/postgresql.conf", r"D:\pgsql\data\conf.d\prefect.conf"
AUTO = "D:/pgsql/data/postgresql.auto.conf"


def entry(
    place: str, number: int, name: str, setting: str, error: str | None = None
) -> FileSetting:
    return FileSetting(
        sourcefile=place, sourceline=number, seqno=number, name=name, setting=setting,
        applied=error is None, error=error,
    )  # fmt: skip


def info(**given: Any) -> SettingInfo:
    base: dict[str, Any] = {
        "name": "work_mem", "setting": "4096", "reset_val": "4096", "boot_val": "4096", "unit": "kB",
        "vartype": "integer", "context": "user", "source": "default", "sourcefile": None,
        "min_val": "64", "max_val": "2147483647", "enumvals": None, "pending_restart": False,
    }  # fmt: skip
    return SettingInfo(**{**base, **given})  # type: ignore[typeddict-item]


KNOWN = {
    "work_mem": info(),
    "max_connections": info(name="max_connections", unit=None, context="postmaster", min_val="1"),
}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (True, "on"),
        (False, "off"),
        (100, "100"),
        (1.1, "1.1"),
        ("2GB", "2GB"),
        (["127.0.0.1", "::1"], "127.0.0.1,::1"),
        (PureWindowsPath(r"D:\pgsql\logs"), "D:/pgsql/logs"),
        (r"D:\pgsql\logs", "D:/pgsql/logs"),
        (r"\\server\share", "//server/share"),
        (r"a\b", r"a\b"),
    ],
)
def test_a_value_as_text(value: Any, expected: str) -> None:
    """Paths with forward slashes; None is left out."""
    assert configuration.entries({"name": value, "other": None}) == {"name": expected}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("it's", "'it''s'"),
        ("a\\b", "'a\\\\b'"),
        ("%m [%p] é\n", "'%m [%p] é\\n'"),
        ("", "''"),
    ],
)
def test_a_value_in_the_file(value: str, expected: str) -> None:
    """PostgreSQL takes a backslash in quotes for the beginning of an escape."""
    content = configuration.rendered({"name": value})

    assert content.decode().splitlines()[1:] == [f"name = {expected}"]
    assert content.startswith(b"# ")


@pytest.mark.parametrize(
    "content",
    [
        b"include_dir 'conf.d'\n",
        b"  INCLUDE_DIR = 'conf.d/' # more\r\n",
        b"a = 1\ninclude_dir conf.d",
    ],
)
def test_a_folder_that_is_included_is_not_included_twice(content: bytes) -> None:
    """However it is written."""
    assert configuration.with_include(content) == content


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", b"include_dir 'conf.d'\n"),
        (b"a = 1", b"a = 1\ninclude_dir 'conf.d'\n"),
        (b"a = '\xe9'\r\n", b"a = '\xe9'\r\ninclude_dir 'conf.d'\r\n"),
        (b"#include_dir 'conf.d'\n", b"#include_dir 'conf.d'\ninclude_dir 'conf.d'\n"),
        (b"include_dir 'other'\n", b"include_dir 'other'\ninclude_dir 'conf.d'\n"),
    ],
)
def test_a_folder_is_included_at_the_end(content: bytes, expected: bytes) -> None:
    """All else stays to the byte."""
    assert configuration.with_include(content) == expected


def test_only_what_counts_more_overrides() -> None:
    """Behind ours, with another value; equal ones and those before it do not."""
    wanted = {"work_mem": "6MB"}

    def found(*on_disk: FileSetting, source: str = "configuration file") -> list[Any]:
        known = {"work_mem": info(source=source)}
        return list(configuration.overridden(wanted, known, on_disk, "prefect.conf"))

    own = entry(OWN, 2, "work_mem", "6MB")
    assert found(entry(MAIN, 1, "work_mem", "1MB"), own) == []
    assert found(own, entry(MAIN, 3, "work_mem", "6144kB")) == []
    assert found(own, entry(MAIN, 3, "Work_Mem", "1MB")) == [("work_mem", f"{MAIN}, line 3")]
    assert found(own, entry(AUTO, 3, "work_mem", "1MB", "bad")) == []
    assert found(entry(MAIN, 1, "work_mem", "1MB")) == []
    assert found(entry(MAIN, 1, "a", "b"), entry(AUTO, 2, "work_mem", "1MB")) == [
        ("work_mem", f"{AUTO}, line 2")
    ]
    assert found(own, source="command line") == [("work_mem", "the server's command line")]


def test_a_changed_setting_that_needs_a_restart_is_no_error() -> None:
    """The server says the same of a bad value."""
    text = "setting could not be applied"
    good = entry(OWN, 1, "max_connections", "55", text)
    bad = entry(OWN, 2, "max_connections", "banana", text)
    other = entry(OWN, 3, "work_mem", "1GB", text)
    elsewhere = entry(MAIN, 4, "nonsense", "1", "unrecognized configuration parameter")

    def found(*, own: bool) -> list[str]:
        on_disk = [good, bad, other, elsewhere]
        return list(configuration.errors(on_disk, KNOWN, "prefect.conf", own=own))

    assert [one.split(": ")[1] for one in found(own=True)] == [
        "max_connections = 'banana'", "work_mem = '1GB'",
    ]  # fmt: skip
    assert len(found(own=False)) == 1


@pytest.mark.parametrize(
    ("given", "value", "expected"),
    [
        ({}, "4MB", {}),
        ({}, "5MB", {"work_mem": ("4096kB", "5MB")}),
        ({"source": "user"}, "5MB", {}),
        ({"setting": "16384", "unit": "8kB"}, "1MB", {"work_mem": ("131072kB", "1MB")}),
        ({"setting": "512", "unit": "8kB", "boot_val": "-1"}, "-1", {}),
        ({"setting": "7200", "unit": "s", "boot_val": "0"}, "0", {}),
        ({"setting": "7200", "unit": "s"}, "0", {"work_mem": ("7200s", "0")}),
        ({"setting": "-1"}, "5MB", {"work_mem": ("-1", "5MB")}),
        ({"vartype": "string", "unit": None, "setting": "ISO, MDY"}, "iso, mdy", {}),
    ],
)
def test_what_is_in_force_and_what_is_wanted(given: Any, value: str, expected: Any) -> None:
    """Where it can be told from what the server shows."""
    assert configuration.differing({"work_mem": value}, {"work_mem": info(**given)}) == expected


def test_names_that_the_server_does_not_have() -> None:
    """One that is close is offered; an extension's may be unknown yet."""
    wanted = {"Work_Mem": "1", "work_men": "1", "pg_stat_statements.max": "1", "xyz": "1"}

    assert list(configuration.unknown(wanted, KNOWN)) == [
        "work_men (did you mean work_mem?)",
        "xyz",
    ]
