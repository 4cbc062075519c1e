"""Section 4 on a lab: with a small package for Prefect, and once with Prefect; files are the witness."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tasks.prefect import prefect_packages
from tasks.service_account import service_account
from tests import wheels
from tests.files.service_host.hosted import SOURCE, allow
from tests.harness import Applied
from tests.service_trial import clean
from tests.tasks.test_service_account import PASSWORD, sid_of
from tests.trial import Trial, clear, connected_to
from winfra.lab import prefect as lab_prefect
from winfra.lab.access import AccessLists
from winfra.lab.python import VERSION
from winfra.lab.state import Lab
from winfra.messages import pip as messages, service_host as host_messages, wheelhouse

HOME = r"D:\prefect_data"
FOLDER = r"C:\Python"
SITE = rf"{FOLDER}\Lib\site-packages"
RECORD = rf"{HOME}\scripts\verified-svc_prefect.json"
PREFECT = """
import os
print("Version: 3.4.25 for", os.environ["USERNAME"], "at", os.environ["PREFECT_HOME"])
open(os.path.join("D:\\\\prefect_data", "data", "ran"), "a").write("x")
"""


@pytest.fixture(scope="module")
def place(_module_trial: Trial) -> Lab:
    """A host with section 1 behind it, and a Python with nothing but pip and pywin32."""
    lab = _module_trial.lab
    clean(_module_trial)
    clear(lab.drive("D"))
    lab.install_python(FOLDER)
    allow(lab, lab.path(FOLDER), ("S-1-5-32-545", "0x1200a9"))
    with connected_to(lab, service_account_password=PASSWORD) as trial:
        assert not trial.run(service_account).failed
    return lab


@pytest.fixture
def host(place: Lab) -> Lab:
    """What this section makes is not there."""
    made = [*place.path(SITE).iterdir(), *place.path(rf"{HOME}\scripts").iterdir()]
    made += [*place.path(rf"{HOME}\data").iterdir(), place.path(rf"{HOME}\packages")]
    for path in made:
        if path.is_dir() and not path.name.startswith(("pip", "pywin32")):
            shutil.rmtree(path)
        elif path.is_file() and not path.name.startswith("pywin32"):
            path.unlink()
    return place


@pytest.fixture
def house(tmp_path: Path) -> Path:
    files = {"prefect/__main__.py": PREFECT.encode()}
    wheels.wheel(tmp_path, "prefect", "3.4.25", files=files, requires=["helper"])
    wheels.wheel(tmp_path, "helper")
    return wheels.lock(tmp_path)


@contextmanager
def site(lab: Lab, house: Path | None, **data: Any) -> Iterator[Trial]:
    given = {
        "service_account_password": PASSWORD,
        "python_folder": FOLDER,
        "python_version": VERSION,
        "wheelhouse": house and str(house),
        "wheelhouse_platform": "linux",
    }
    with connected_to(lab, **{**given, **data}) as trial:
        yield trial


def runs(lab: Lab) -> int:
    """How often the account has run it."""
    file = lab.path(rf"{HOME}\data\ran")
    return len(file.read_text()) if file.exists() else 0


def record(lab: Lab) -> dict[str, str]:
    found: dict[str, str] = json.loads(lab.path(RECORD).read_bytes())
    return found


def uploaded(lab: Lab) -> dict[str, bytes]:
    folder = lab.path(rf"{HOME}\scripts\service_host")
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*.py")}


def test_a_host_with_python_gets_prefect(host: Lab, house: Path) -> None:
    """Dry says so and changes nothing; then the account has run it; again nothing is done."""
    before = host.snapshot()
    with site(host, house) as trial:
        dry = trial.dry(prefect_packages)
        assert not dry.failed, dry.output
        for text in (
            rf"folder {HOME}\scripts\service_host",
            "prefect",
            "Will see whether svc_prefect can run Prefect",
        ):
            assert text in dry.output
        assert PASSWORD.unmask() not in dry.output
        assert host.snapshot() == before

        first = trial.run(prefect_packages)
        assert not first.failed, first.output
        assert rf"Version: 3.4.25 for svc_prefect at {HOME}" in first.output
        assert runs(host) == 1
        again = trial.run(prefect_packages)
    assert (again.failed, again.changed) == (False, False), again.output
    assert runs(host) == 1
    assert uploaded(host) == {
        str(path.relative_to(SOURCE)): path.read_bytes() for path in SOURCE.rglob("*.py")
    }
    assert record(host)["account"] == "svc_prefect"
    account = sid_of(host)
    lists = AccessLists(host.folder)
    assert account in {ace.sid for ace in lists.read(host.path(RECORD)).aces or ()}


def test_other_packages_and_another_service_host_are_tried_anew(host: Lab, house: Path) -> None:
    """And what was never tried to the end; the difference names what is another."""
    wheels.unpack(house, host.path(SITE))
    with site(host, house) as trial:
        assert not trial.run(prefect_packages).failed
        wheels.wheel(house, "helper", "2.0")
        (house / "helper-1.0-py3-none-any.whl").unlink()
        wheels.lock(house)
        assert not trial.run(prefect_packages).failed
        assert runs(host) == 2

        host.path(RECORD).write_text("{")
        assert trial.run(prefect_packages).changed
        assert runs(host) == 3
        host.path(RECORD).write_text(json.dumps({**record(host), "host": "0" * 64}))
        dry = trial.dry(prefect_packages)
        assert "host  000000000000  ->  " in dry.output
        assert not trial.run(prefect_packages).failed
    assert runs(host) == 4


def test_accounts_of_their_own(host: Lab, house: Path) -> None:
    """Server and worker as two; a virtual account has another run it in its place."""
    virtual = r"NT SERVICE\PrefectServer"
    wheels.unpack(house, host.path(SITE))
    with site(host, house, server_account=virtual) as trial:
        assert not trial.run(service_account).failed
        first = trial.run(prefect_packages)
        assert not first.failed, first.output
        assert not trial.run(prefect_packages).changed

    assert first.output.count("Version: 3.4.25 for") == 2
    names = {path.name for path in host.path(rf"{HOME}\scripts").iterdir()}
    assert names == {
        "service_host", "verified-svc_prefect.json", "verified-NT SERVICE-PrefectServer.json",
    }  # fmt: skip


def test_an_account_that_cannot_run_it(host: Lab, house: Path) -> None:
    """It is tried again until it can."""
    wheels.unpack(house, host.path(SITE))
    with site(host, house) as trial:
        trial.run(prefect_packages)
        allow(host, host.path(rf"{SITE}\prefect"))
        host.path(RECORD).unlink()
        for _ in range(2):
            applied = trial.run(prefect_packages)
            values = {"command": rf"{FOLDER}\python.exe", "host": "@lab/trial"}
            sentence = host_messages.CHECK_FAILED.text(**values, code=1, account="svc_prefect")
            assert sentence in applied.output
            assert applied.failed
    assert not host.path(RECORD).exists()


def test_a_wheelhouse_with_another_prefect(host: Lab, house: Path) -> None:
    """Its version is that of the site, or it is built first."""
    before = host.snapshot()
    with site(host, house, prefect_version="3.8.8") as trial:
        applied = trial.dry(prefect_packages)
    values = {"wheels": house, "found": "prefect 3.4.25", "wanted": "prefect 3.8.8"}
    assert messages.OTHER_PACKAGES.text(**values) in applied.output

    with site(host, None, prefect_version="3.0.0") as trial:
        applied = trial.dry(prefect_packages)
    tag = "cp" + VERSION.replace(".", "")
    assert applied.failed
    assert f"build/wheelhouse/prefect-3.0.0-linux-{tag}" in applied.output
    assert wheelhouse.NO_FOLDER.remedy in applied.output
    assert host.snapshot() == before


@pytest.mark.skipif(not lab_prefect.is_available(), reason="no wheels: make wheelhouse")
def test_prefect_itself(host: Lab) -> None:
    """The real wheels: what is missing and what is not whole is installed, and the account runs Prefect.

    That all of them come onto a bare host is shown by the test of the whole deploy.
    """
    wheels_there = lab_prefect.wheelhouse()
    lab_prefect.install(host, FOLDER)
    folder = host.path(SITE)
    (folder / "prefect-3.4.25.dist-info" / "RECORD").unlink()
    shutil.rmtree(folder / "orjson")
    [information] = folder.glob("orjson-*.dist-info")
    shutil.rmtree(information)
    with site(host, wheels_there) as trial:
        dry = trial.dry(prefect_packages)
        assert "3.4.25 (no RECORD)  ->  3.4.25" in dry.output
        assert len(dry.lines) < 30
        first = trial.run(prefect_packages)
        assert not first.failed, first.output
        assert "3.4.25" in version(first)
        again = trial.run(prefect_packages)
    assert (again.failed, again.changed) == (False, False), again.output
    found = {one.name for one in folder.glob("*.dist-info")}
    assert information.name in found
    others = {one for one in found if one.startswith(("pip-", "pywin32-"))}
    assert len(found - others) == len([*wheels_there.glob("*.whl")])
    lines = (folder / "prefect-3.4.25.dist-info" / "RECORD").read_text().splitlines()
    assert all((folder / line.partition(",")[0]).exists() for line in lines)
    # A look at the version makes no database of its own.
    assert not [*host.path(HOME).rglob("prefect.db"), *host.path(r"C:\Users").rglob("prefect.db")]


def version(applied: Applied) -> str:
    return next(line for line in applied.output.splitlines() if "Version: " in line)
