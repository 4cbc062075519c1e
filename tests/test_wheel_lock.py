"""Locks: what they hold, which wheel fits which Python; and the locks of files/prefect."""

from __future__ import annotations

import re
from itertools import product
from pathlib import Path

import pytest
from packaging.utils import canonicalize_name, parse_wheel_filename
from pyinfra.api import OperationValueError

from winfra.messages import wheelhouse as messages
from winfra.prefect_layout import DEFAULTS
from winfra.wheel_lock import PLATFORMS, PYTHONS, Package, Target, parse, render
from winfra.wheel_locks import Locks

LOCKS = Locks(Path(__file__).parents[1] / "files" / "prefect")
OURS = [*product(LOCKS.versions, PLATFORMS)]
WINDOWS = ["windows 3.11", "windows 3.12", "windows 3.13"]
LINUX = ["linux 3.11", "linux 3.12", "linux 3.13"]
PURE = Package("humanize", "4.12.3", ("a" * 64,), ("humanize-4.12.3-py3-none-any.whl",))
NATIVE = Package(
    "greenlet",
    "3.2.3",
    ("b" * 64, "c" * 64),
    ("greenlet-3.2.3-cp311-cp311-win_amd64.whl", "greenlet-3.2.3-cp312-cp312-win_amd64.whl"),
)


def lock(version: str, platform: str) -> list[Package]:
    return parse(LOCKS.existing(version, platform).read_text())


def versions(version: str, platform: str) -> dict[str, str]:
    return {package.name: package.version for package in lock(version, platform)}


@pytest.mark.parametrize(("version", "platform"), OURS)
@pytest.mark.parametrize("python", PYTHONS)
def test_a_lock_of_ours_is_complete(version: str, platform: str, python: str) -> None:
    """Each package has a wheel of its own name and version for each Python, and the hash of each wheel."""
    target = Target(python, platform)

    for package in lock(version, platform):
        named = [parse_wheel_filename(wheel)[:2] for wheel in package.wheels]
        assert len(package.wheels) == len(package.hashes) == len(set(package.hashes))
        assert {(name, str(found)) for name, found in named} == {(package.name, package.version)}
        assert target.best(package.wheels), f"{package} for {target}"


@pytest.mark.parametrize(("version", "platform"), OURS)
def test_a_lock_of_ours_holds_nothing_else(version: str, platform: str) -> None:
    """No wheel that none of the Pythons takes, no address, no path; its Prefect is the one it is named after."""
    text = LOCKS.file(version, platform).read_text()
    targets = [Target(python, platform) for python in PYTHONS]

    for package in lock(version, platform):
        assert set(package.wheels) == {target.best(package.wheels) for target in targets}
    assert not re.search(r"://|\B/\w+/|^-", text, re.MULTILINE)
    assert versions(version, platform)["prefect"] == version


@pytest.mark.parametrize("version", LOCKS.versions)
def test_what_windows_needs_besides(version: str) -> None:
    """Windows and Linux have the same packages, in the same versions; markers leave out some on Linux."""
    windows, linux = versions(version, "windows"), versions(version, "linux")

    assert linux.items() <= windows.items()
    assert set(windows) - set(linux) <= {"pywin32", "colorama", "tzdata"}
    assert {"pywin32", "colorama", "tzdata"} <= set(windows)


def test_the_guides_version_is_as_it_was_released() -> None:
    """The versions are those with which it was tested, not the newest, which break it."""
    constraints = LOCKS.folder / "prefect-3.4.25-constraints.txt"
    pins = dict(re.findall(r"^([\w.-]+)==(\S+)$", constraints.read_text(), re.MULTILINE))

    assert versions("3.4.25", "windows") == {"prefect": "3.4.25", **pins}


def test_the_deploys_version_has_a_lock() -> None:
    """What is installed unless something else is asked for can be built."""
    assert DEFAULTS["prefect_version"] in LOCKS.versions
    assert DEFAULTS["python_version"] in PYTHONS


def test_a_lock_is_read_as_it_was_written() -> None:
    """Names, versions, hashes and the wheels' names come back."""
    assert parse(render([PURE, NATIVE], ["Of two packages."])) == [PURE, NATIVE]


def test_a_lock_of_anothers_making() -> None:
    """Without the names of the wheels, with names in another form, on lines of another length."""
    text = f"# by hand\n\nRuamel.YAML==0.18.14 --hash=sha256:{'a' * 64} \\\n  --hash=sha256:{'b' * 64}\n"

    assert parse(text) == [Package("ruamel-yaml", "0.18.14", ("a" * 64, "b" * 64))]


@pytest.mark.parametrize(
    "line",
    [
        "humanize",
        "humanize==4.12.3",
        "humanize==4.*",
        f"humanize>=4 --hash=sha256:{'a' * 64}",
        f"humanize==4.12.3 ; python_version < '3.12' --hash=sha256:{'a' * 64}",
        f"humanize==4.12.3 --hash=sha256:{'a' * 63}",
        f"humanize==4.12.3 --hash=md5:{'a' * 64}",
        "--index-url https://index.example.org/simple",
        "-r other.txt",
    ],
)
def test_what_is_no_locked_package_is_refused(line: str) -> None:
    """One version, its hashes and nothing that pip would do besides; the line is named."""
    with pytest.raises(OperationValueError) as refused:
        parse(f"# a comment\n{line}\n", "lock.txt")

    assert str(refused.value) == messages.LOCK_UNREADABLE.text(file="lock.txt", line=2, text=line)


@pytest.mark.parametrize(
    ("wheel", "fits"),
    [
        ("a-1-py3-none-any.whl", [*WINDOWS, *LINUX]),
        ("a-1-py2.py3-none-any.whl", [*WINDOWS, *LINUX]),
        ("a-1-cp311-cp311-win_amd64.whl", ["windows 3.11"]),
        ("a-1-cp312-cp312-win_amd64.whl", ["windows 3.12"]),
        ("a-1-cp313-cp313-win_amd64.whl", ["windows 3.13"]),
        ("a-1-cp312-abi3-win_amd64.whl", WINDOWS[1:]),
        ("a-1-cp37-abi3-win_amd64.whl", WINDOWS),
        ("a-1-py3-none-win_amd64.whl", WINDOWS),
        ("a-1-py3-none-win32.whl", []),
        ("a-1-cp311-cp311-win_arm64.whl", []),
        ("a-1-cp313-cp313t-win_amd64.whl", []),
        ("a-1-cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64.whl", ["linux 3.11"]),
        ("a-1-cp312-cp312-manylinux_2_39_x86_64.whl", []),
        ("a-1-cp312-cp312-musllinux_1_2_x86_64.whl", []),
    ],
)
def test_which_wheels_fit(wheel: str, fits: list[str]) -> None:
    """By the tags in a wheel's name."""
    targets = [Target(python, platform) for platform in PLATFORMS for python in PYTHONS]

    assert [
        f"{one.platform} {one.python}" for one in targets if one.place(wheel) is not None
    ] == fits


def test_the_wheel_that_pip_takes() -> None:
    """The one made for this very Python before one for several, and that before a pure one."""
    wheels = [
        "a-1-py3-none-any.whl",
        "a-1-cp37-abi3-win_amd64.whl",
        "a-1-cp312-cp312-win_amd64.whl",
    ]

    assert Target("3.12").best(wheels) == wheels[2]
    assert Target("3.11").best(wheels) == wheels[1]
    assert Target("3.11", "linux").best(wheels) == wheels[0]
    assert Target("3.11").best([]) is None


def test_a_target_is_a_python_that_there_are_locks_for() -> None:
    """Of a version the first two numbers count; others and other systems are refused."""
    assert Target("3.12.10") == Target("3.12")
    assert str(Target("3.12")) == "Python 3.12 on Windows"
    for argument, value, given in (
        ("python", "3.10", ("3.10.11", "windows")),
        ("platform", "darwin", ("3.12", "darwin")),
    ):
        choices = ", ".join(PYTHONS if argument == "python" else PLATFORMS)
        with pytest.raises(OperationValueError) as refused:
            Target(*given)
        assert str(refused.value) == messages.TARGET_REFUSED.text(
            argument=argument, value=value, choices=choices
        )


def test_names_are_in_their_normal_form() -> None:
    """So they compare with what the host has."""
    for version, platform in OURS:
        names = [package.name for package in lock(version, platform)]
        assert names == sorted(canonicalize_name(name) for name in set(names))
