"""Preflight's checks, pure: what was found in, lines of the table out."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tasks.preflight import DEFAULTS
from tests import wheels
from tests.trial import no_host
from winfra.messages import preflight as messages
from winfra.messages.operations import LOCAL_SOURCE_MISSING
from winfra.messages.wheelhouse import NO_FOLDER
from winfra.operations.preflight import table
from winfra.preflight import (
    GIGABYTE,
    REQUIREMENTS,
    Check,
    Disk,
    Findings,
    State,
    check_all,
    missing,
    requirement,
)

DISK = Disk("fixed", "NTFS", 50 * GIGABYTE)
GOOD = Findings(
    host="srv1",
    user="deployer",
    administrator=True,
    full_token=True,
    windows="Microsoft Windows Server 2019 Standard",
    build=17763,
    domain_controller=False,
    powershell="5.1.17763.1",
    language_mode="FullLanguage",
    clock=-0.4,
    drives={"C:": replace(DISK, free=0), "D:": DISK},
)


def lines(wanted: dict[str, Any] | None = None, **found: Any) -> dict[str, Check]:
    checks = check_all(replace(GOOD, **found), {**DEFAULTS, **(wanted or {})})
    return {check.name: check for check in checks}


def test_a_good_host_lacks_nothing() -> None:
    """A host that has it all passes; what group data does not ask for is neither good nor bad."""
    found = lines()

    assert {name for name, check in found.items() if check.state is State.OPEN} == {
        "Python",
        "Python's installer",
        "PostgreSQL",
        "PostgreSQL's archive",
        "Visual C++ runtime",
        "Prefect",
    }
    assert {check.state for check in found.values()} == {State.OK, State.OPEN}
    assert [check.remedy for check in found.values() if check.remedy] == []


@pytest.mark.parametrize(
    ("found", "name", "remedy"),
    [
        (
            {"administrator": False, "full_token": False},
            "account",
            messages.NOT_ADMINISTRATOR.text(user="deployer", host="srv1"),
        ),
        (
            {"full_token": False},
            "account",
            messages.FILTERED_TOKEN.text(user="deployer", host="srv1"),
        ),
        (
            {"build": 14393},
            "Windows",
            messages.OLD_WINDOWS.text(host="srv1", build=14393, needed=17763),
        ),
        ({"domain_controller": True}, "role", messages.DOMAIN_CONTROLLER.text(host="srv1")),
        (
            {"powershell": "5.0.10586.117"},
            "PowerShell",
            messages.OLD_POWERSHELL.text(host="srv1", version="5.0.10586.117"),
        ),
        (
            {"language_mode": "ConstrainedLanguage"},
            "PowerShell",
            messages.CONSTRAINED_LANGUAGE.text(
                host="srv1", mode="ConstrainedLanguage", user="deployer"
            ),
        ),
        ({"clock": 301.0}, "clock", messages.CLOCK.text(host="srv1", difference="6 min")),
        ({"clock": -9000.0}, "clock", messages.CLOCK.text(host="srv1", difference="2 h")),
        ({"drives": {"C:": DISK}}, "drive D:", messages.NO_DRIVE.text(host="srv1", drive="D:")),
        (
            {"drives": {"D:": replace(DISK, kind="network")}},
            "drive D:",
            messages.DRIVE_KIND.text(host="srv1", drive="D:", kind="network"),
        ),
        (
            {"drives": {"D:": replace(DISK, format="FAT32")}},
            "drive D:",
            messages.DRIVE_FORMAT.text(host="srv1", drive="D:", format="FAT32"),
        ),
        (
            {"drives": {"D:": replace(DISK, temporary=True)}},
            "drive D:",
            messages.TEMPORARY_DRIVE.text(host="srv1", drive="D:"),
        ),
        (
            {"drives": {"D:": replace(DISK, free=19 * GIGABYTE)}},
            "drive D:",
            messages.DRIVE_FULL.text(host="srv1", drive="D:", free="19.0", needed=20),
        ),
    ],
)
def test_what_is_missing(found: dict[str, Any], name: str, remedy: str) -> None:
    """Each thing that a host lacks fails its line alone, and its sentence names the next step."""
    checks = lines(**found)

    assert missing(checks.values()) == [name]
    assert checks[name].remedy == remedy


@pytest.mark.parametrize(
    ("found", "name", "remedy"),
    [
        (
            {"auto_run": {r"HKLM\Software\Microsoft\Command Processor": "chcp 65001"}},
            "cmd.exe AutoRun",
            messages.AUTORUN.text(
                host="srv1",
                key=r"HKLM\Software\Microsoft\Command Processor",
                command="chcp 65001",
            ),
        ),
        (
            {"reboot": ("Windows Update", "files to be replaced")},
            "pending restart",
            messages.REBOOT_PENDING.text(
                host="srv1", reasons="Windows Update, files to be replaced"
            ),
        ),
    ],
)
def test_what_is_worth_a_warning(found: dict[str, Any], name: str, remedy: str) -> None:
    """A warning names the next step and lets the deploy go on."""
    checks = lines(**found)

    assert missing(checks.values()) == []
    assert (checks[name].state, checks[name].remedy) == (State.WARNING, remedy)


@pytest.mark.parametrize("seconds", [-300.0, 300.0])
def test_the_clock_may_differ_a_little(seconds: float) -> None:
    """Five minutes to either side are what Kerberos allows."""
    assert lines(clock=seconds)["clock"].state is State.OK


def test_several_things_missing_at_once() -> None:
    """All that is missing is told together, each drive for itself."""
    checks = lines({"data_drives": ["D:", "E:"]}, build=14393, drives={})

    assert missing(checks.values()) == ["Windows", "drive D:", "drive E:"]


@pytest.mark.parametrize(
    ("key", "name", "accepted", "refused"),
    [
        (
            "python_version",
            "Python",
            ["3.11", "3.12.10", "3.13"],
            ["3.10.11", "3.14", "3.1", "new", ""],
        ),
        ("postgresql_version", "PostgreSQL", ["15", "16.4-1", "18"], ["14.20", "9.6", "latest"]),
    ],
)
def test_versions(key: str, name: str, accepted: list[str], refused: list[str]) -> None:
    """Group data may ask only for versions that Prefect runs with."""
    assert [v for v in accepted if lines({key: v})[name].state is not State.OK] == []
    assert [v for v in refused if lines({key: v})[name].state is not State.MISSING] == []


def test_a_refused_version_is_named() -> None:
    """The sentence has the key in group data, its value, and what it may be."""
    assert lines({"python_version": "3.14"})["Python"].remedy == messages.VERSION.text(
        key="python_version", value="3.14", wanted="3.11, 3.12 or 3.13"
    )


def test_files_that_sections_need(tmp_path: Path) -> None:
    """conda's list of packages is a file on this machine."""
    file = tmp_path / "explicit.txt"
    file.touch()
    conda = {"python_source": "conda"}
    there = lines({"conda_packages": str(file), **conda})
    not_there = lines({"conda_packages": str(tmp_path), **conda})

    assert missing(there.values()) == []
    assert missing(not_there.values()) == ["conda's packages"]
    assert not_there["conda's packages"].remedy == messages.NO_FILE.text(
        key="conda_packages", value=str(tmp_path)
    )


@pytest.fixture
def prefect(tmp_path: Path) -> dict[str, Any]:
    """Data that ask for a Prefect whose wheelhouse is there."""
    wheels.lock(tmp_path, [wheels.wheel(tmp_path, "prefect", "3.4.25")])
    return {"prefect_version": "3.4.25", "python_version": "3.12", "wheelhouse": str(tmp_path)}


def test_a_complete_wheelhouse(prefect: dict[str, Any]) -> None:
    """Each wheel of the lock is there, Prefect's version is the one that group data asks for."""
    assert lines(prefect)["Prefect"].state is State.OK


def test_a_wheelhouse_that_will_not_do(prefect: dict[str, Any], tmp_path: Path) -> None:
    """None at all, one that lacks a wheel, and one of another Prefect are told apart."""
    elsewhere = str(tmp_path / "elsewhere")
    other = messages.VERSION.text(
        key="prefect_version", value="3.8.8", wanted=f"3.4.25, as in {tmp_path}"
    )

    assert lines({**prefect, "prefect_version": "3.8.8"})["Prefect"].remedy == other
    assert lines({**prefect, "wheelhouse": elsewhere})["Prefect"].remedy == NO_FOLDER.text(
        folder=elsewhere
    )
    next(tmp_path.glob("*.whl")).unlink()
    remedy = lines(prefect)["Prefect"].remedy
    assert remedy is not None
    assert f"{tmp_path} is no wheelhouse for" in remedy


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("installer", {"Python's installer"}),
        ("conda", {"conda's installer", "conda's packages"}),
        ("existing", set()),
    ],
)
def test_what_python_is_installed_from(source: str, names: set[str]) -> None:
    """Only what its source needs is looked at."""
    every = {"Python's installer", "conda's installer", "conda's packages"}

    assert every & {*lines({"python_source": source})} == names


def test_sources_are_the_ones_that_are_meant(tmp_path: Path) -> None:
    """A file of this machine is compared with its SHA-256; others are looked at when they are used."""
    file = tmp_path / "a.zip"
    file.write_bytes(b"content")
    digest = hashlib.sha256(b"content").hexdigest()

    def archive(src: str, sha256: str | None, source: str = "archive") -> Check | None:
        given = {"postgresql_archive": src, "postgresql_archive_sha256": sha256}
        with no_host():
            found = lines({**given, "postgresql_source": source})
        return found.get("PostgreSQL's archive")

    good = [archive(src, digest) for src in (str(file), r"host:D:\a.zip", "https://x.org/a.zip")]
    assert [check.state for check in good if check] == [State.OK] * 3
    bad = [archive(str(file), "0" * 64), archive(str(file), None), archive("nowhere.zip", digest)]
    assert [check.state for check in bad if check] == [State.MISSING] * 3
    assert bad[2]
    assert bad[2].remedy == LOCAL_SOURCE_MISSING.text(
        argument="postgresql_archive", path="nowhere.zip"
    )
    assert archive("nowhere.zip", None, "existing") is None


def test_a_section_adds_its_own() -> None:
    """What a section registers is checked after the rest."""

    @requirement
    def licence(findings: Findings, wanted: Any) -> list[Check]:
        return [Check("licence", "signed", findings.host, State.MISSING, "Sign it.")]

    try:
        checks = lines()
    finally:
        REQUIREMENTS.remove(licence)

    assert (missing(checks.values()), checks["licence"].found) == (["licence"], "srv1")


def test_the_table() -> None:
    """A line a check with its state first; the next steps follow, what is right needs none."""
    checks = [*lines(drives={}).values()]
    text = table(checks, 130)

    assert [line.split()[0] for line in text[2:]] == [
        *["ok"] * 7,
        "missing",
        *["-"] * 6,
        "missing:",
    ]
    assert text[-1] == f"missing: {checks[7].remedy}"
    assert max(len(line) for line in table(checks, 72)[:-1]) <= 72


def test_the_table_shows_text_as_it_is() -> None:
    """Brackets in what was found are no markup."""
    text = table([Check("cmd.exe AutoRun", "none", "[red]del[/red] [x")], 100)

    assert "[red]del[/red] [x" in text[-1]
