"""What is to be installed, from what is there and what is locked."""

from __future__ import annotations

import json
from typing import Any

import pytest

from winfra import pip_plan
from winfra.facts.drives import Drive
from winfra.facts.pip import PackageDict, Packages, PackagesDict
from winfra.messages import pip as messages, python as python_messages
from winfra.wheel_lock import Target

PYTHON = r"C:\Program Files\Python312\python.exe"
SITE = r"C:\Program Files\Python312\Lib\site-packages"
LOCKED = {"prefect": "3.4.25", "anyio": "4.9.0", "jinja2-humanize-extension": "0.4.0"}
HOST = "a"


def there(*left: str, **packages: tuple[str, str | None]) -> PackagesDict:
    """What the fact says: name=(version, problem)."""
    return {
        "version": "3.12.7",
        "platform": "win-amd64",
        "folder": SITE,
        "packages": {
            name: PackageDict(version=version, entries=[f"{name}-x"], problem=problem, content=name)
            for name, (version, problem) in packages.items()
        },
        "left": list(left),
    }


def test_nothing_is_there() -> None:
    """All are new, and shown on one line if they are many."""
    plan = pip_plan.plan(None, LOCKED)
    many = pip_plan.plan(there(), {**LOCKED, **{f"other{number}": "1" for number in range(20)}})

    assert (plan.wanted, plan.broken) == (LOCKED, [])
    assert plan.sides() == ({}, LOCKED)
    assert many.sides() == ({}, {"new": "prefect 3.4.25, 22 other packages"})


def test_all_is_there() -> None:
    """Versions are compared as versions; others, and what pip had left behind, make no work."""
    found = there(
        "~refect", prefect=("3.4.25", None), anyio=("4.9", None), other=("1.0", "no RECORD")
    )
    found["packages"]["jinja2-humanize-extension"] = PackageDict(
        version="0.4.0",
        entries=["Jinja2_humanize_extension-0.4.0.dist-info"],
        problem=None,
        content=None,
    )

    contents = {"prefect": "prefect", "anyio": "anyio", "jinja2-humanize-extension": "one"}
    assert not pip_plan.plan(found, LOCKED, contents).anything


@pytest.mark.parametrize(
    ("found", "said", "broken"),
    [
        (("3.4.24", None), "3.4.24", []),
        (("3.4.25", "no RECORD"), "3.4.25 (no RECORD)", [rf"{SITE}\prefect-x"]),
        (("3.4.24", "no RECORD"), "3.4.24 (no RECORD)", [rf"{SITE}\prefect-x"]),
        (("3.4.25", "1 of 9 files"), "3.4.25 (1 of 9 files)", [rf"{SITE}\prefect-x"]),
        (("3.4.24", "1 of 9 files"), "3.4.24 (1 of 9 files)", []),
        (("unknown", None), "unknown", []),
    ],
)
def test_one_is_not_as_locked(found: Any, said: str, broken: list[str]) -> None:
    """Pip removes another version, if that has a RECORD; else its folder has to go first."""
    plan = pip_plan.plan(there("~refect", prefect=found), {"prefect": "3.4.25"})

    assert plan.sides() == ({"prefect": said}, {"prefect": "3.4.25"})
    assert plan.broken == [*broken, rf"{SITE}\~refect"]


def test_one_comes_from_another_wheel() -> None:
    """It is replaced as a whole; of another version it would be anyway, and of a damaged one nothing is known."""
    found = there(prefect=("3.4.25", None), anyio=("4.8", None), httpx=("1", "no RECORD"))
    locked = {"prefect": "3.4.25", "anyio": "4.9", "httpx": "1"}
    plan = pip_plan.plan(found, locked, dict.fromkeys(locked, "other"))

    assert (plan.rebuilt, plan.replaced) == (["prefect"], ["prefect-x", "anyio-x", "httpx-x"])
    assert plan.broken == [rf"{SITE}\httpx-x"]
    assert plan.sides()[0] == {
        "prefect": "3.4.25 (another build)", "anyio": "4.8", "httpx": "1 (no RECORD)",
    }  # fmt: skip


def test_many_are_replaced() -> None:
    """Twelve are named."""
    names = [f"p{number:02}" for number in range(20)]
    found = there(**dict.fromkeys(names, ("1", None)))
    before, after = pip_plan.plan(found, dict.fromkeys(names, "2")).sides()

    assert (len(before), before["others"]) == (13, "8 packages")
    assert (after["p00"], after["others"]) == ("2", "8 replaced")


def test_two_versions_of_one_package() -> None:
    """Both are removed, whatever they are."""
    listed = [
        {
            "name": "Prefect",
            "version": version,
            "entry": f"prefect-{version}",
            "problem": None,
            "content": "x",
        }
        for version in ("3.4.24", "3.4.25")
    ]
    answer = {"version": "3.12.7", "platform": "win-amd64", "folder": SITE, "left": []}
    fact = Packages().read({"Answer": json.dumps({**answer, "packages": listed}), "Problem": None})
    plan = pip_plan.plan(fact, {"prefect": "3.4.25"})

    assert plan.sides()[0] == {"prefect": "3.4.24, 3.4.25 (there more than once)"}
    assert plan.broken == [rf"{SITE}\prefect-3.4.24", rf"{SITE}\prefect-3.4.25"]


def test_the_fact_where_there_is_no_answer() -> None:
    """No interpreter, or one that does not run."""
    assert Packages().read(None) is None
    assert Packages().read({"Answer": None, "Problem": "exit code 1: x"}) == {
        "problem": "exit code 1: x"
    }


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (None, None),
        (there(pip=("24.0", None)), None),
        ({"problem": "exit code 1: x"},
         python_messages.SILENT.text(
             folder=PYTHON.rpartition("\\")[0], host=HOST, problem="exit code 1: x")),
        (there(),
         python_messages.NO_PIP.text(folder=PYTHON.rpartition("\\")[0], host=HOST)),
        (there(pip=("22.1", None)),
         messages.OLD_PIP.text(
             folder=PYTHON.rpartition("\\")[0], host=HOST, found="22.1", wanted="22.2")),
        ({**there(pip=("24.0", None)), "version": "3.11.9"},
         messages.UNFIT.text(
             python=PYTHON, host=HOST, found="Python 3.11.9 for win-amd64", wheels="wheels",
             target="Python 3.12 on Windows")),
        ({**there(pip=("24.0", None)), "platform": "win32"},
         messages.UNFIT.text(
             python=PYTHON, host=HOST, found="Python 3.12.7 for win32", wheels="wheels",
             target="Python 3.12 on Windows")),
    ],
)  # fmt: skip
def test_an_interpreter_that_will_not_do(found: Any, expected: str | None) -> None:
    """One that the wheels are not for, or without a pip that can be asked first."""
    problem = pip_plan.problem(found, Target("3.12"), "wheels", PYTHON, HOST)

    assert (problem and problem[0].text(**problem[1])) == expected


def drive(free: int) -> Drive:
    return Drive(kind="fixed", format="NTFS", label="", size=10**12, free=free, temporary=False)


def test_space() -> None:
    """What goes to one drive is added up; a drive that is not known is not judged."""
    needed = {r"D:\packages": 2**20, r"D:\python": 2**20 + 1, r"\\server\share": 10**15}

    assert pip_plan.no_space({"D:": drive(2**21 + 1)}, needed, HOST) is None
    assert pip_plan.no_space({"D:": drive(2**21)}, needed, HOST) == (
        messages.NO_SPACE, {"drive": "D:", "host": HOST, "free": 2, "needed": 3},
    )  # fmt: skip
