"""python.org's installer as the operation runs it: its options, its exit codes, what stands against it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from pyinfra.api import Host

from tests import service_trial as services
from tests.installers import NOTED, given, installer
from tests.trial import Trial
from winfra.messages import python as messages
from winfra.operations import python

HOST = "@lab/trial"
FOLDER = r"D:\python"
PROGRAM = rf"{FOLDER}\python.exe"
NAME = "python-3.12.7-amd64.exe"
WANTED: dict[str, Any] = {"version": "3.12", "folder": FOLDER}
KEY = r"HKLM\SOFTWARE\Python\PythonCore\3.12"
LOG = r"C:\Users\deploy\AppData\Local\Temp\winfra-python-3.12.log"
BURN = """[0B18:0D50][2025-01-31T12:00:00]i001: Burn v3.14.0, Windows v10.0
[0B18:0D50][2025-01-31T12:00:01]e000: Error 0x80070643: Failed to install MSI package.

[0B18:0D50][2025-01-31T12:00:02]i399: Apply complete, result: 0x80070643
"""


@pytest.fixture(autouse=True)
def _without(trial: Trial) -> None:
    """No Python is registered, nothing runs from one, the disk is not full."""
    for version in ("3.11", "3.12"):
        trial.lab.keys.delete(rf"HKLM\SOFTWARE\Python\PythonCore\{version}")
    services.clean(trial)


@pytest.fixture
def make(tmp_path: Path) -> Callable[..., dict[str, Any]]:
    """The operation's arguments, with an installer that ends so."""
    return lambda code=0, **more: {**WANTED, **installer(tmp_path, NAME, code, **more)}


def answering(**said: Any) -> str:
    """A program that answers as such a Python would."""
    usual = {
        "implementation": "cpython", "version": "3.12.7", "final": True, "bits": 64,
        "platform": "win-amd64", "prefix": FOLDER, "base": FOLDER, "pip": "24.2",
    }  # fmt: skip
    return f"#!/bin/sh\ncat > /dev/null\ncat <<'END'\n{json.dumps({**usual, **said})}\nEND\n"


def put(trial: Trial, text: str) -> None:
    file = trial.lab.path(PROGRAM)
    file.parent.mkdir(exist_ok=True)
    file.write_text(text)
    file.chmod(0o755)


def test_what_the_installer_is_asked_for(trial: Trial, make: Callable[..., Any]) -> None:
    """For all users, into the folder, quietly; nothing of it is left but Python."""
    wanted = make(files={PROGRAM: answering()}, log=BURN)
    dry = trial.dry(python.installation, **wanted)
    assert f"Will create Python in {FOLDER}" in dry.output
    assert not trial.lab.path(NOTED).exists()

    applied = trial.run(python.installation, **wanted)
    assert (applied.failed, applied.changed) == (False, True), applied.output
    arguments = given(trial.lab)
    assert arguments[:4] == ["/quiet", "/norestart", "/log", LOG]
    assert {"InstallAllUsers=1", rf"TargetDir={FOLDER}", "PrependPath=0"} < set(arguments)
    assert not list(trial.lab.path(LOG).parent.glob("winfra-*"))

    Path(wanted["src"]).unlink()
    again = trial.run(python.installation, **wanted)
    assert (again.failed, again.changed) == (False, False)


@pytest.mark.parametrize(
    ("log", "said"),
    [
        (BURN, "Error 0x80070643: Failed to install MSI package"),
        ("[0B18:0D50][2025-01-31T12:00:00]i001: Burn v3.14.0\n", "i001: Burn v3.14.0"),
        (None, "nothing"),
    ],
)
def test_an_installer_that_fails(
    trial: Trial, make: Callable[..., Any], log: str | None, said: str
) -> None:
    """Its exit code, and what its log says of it, which stays."""
    applied = trial.run(python.installation, **make(1603, log=log))
    values = {"folder": FOLDER, "host": HOST, "outcome": "exit code 1603", "log": LOG}
    head, tail = messages.INSTALLER_FAILED.text(path="|", said="|", **values).split("|")[1:]

    assert applied.failed
    assert head in applied.output
    assert f"{said}{tail}" in applied.output
    assert trial.lab.path(LOG).is_file() == (log is not None)
    trial.lab.path(LOG).unlink(missing_ok=True)


def test_one_that_is_older_than_what_is_there(trial: Trial, make: Callable[..., Any]) -> None:
    """Exit code 1638."""
    applied = trial.run(python.installation, **make(1638))

    assert applied.failed
    text = messages.OTHER_VERSION.text(path="|", host=HOST, version="3.12")
    assert text.split("|")[1] in applied.output


def test_one_that_installs_nothing(trial: Trial, make: Callable[..., Any]) -> None:
    """Its exit code is not taken for it."""
    applied = trial.run(python.installation, **make())

    assert applied.failed
    assert messages.MISSING.text(folder=FOLDER, host=HOST) in applied.output


def test_a_restart_is_only_done_when_it_is_allowed(trial: Trial, make: Callable[..., Any]) -> None:
    """3010: without leave the run stops, with it the host restarts and the run goes on."""
    wanted = make(3010, files={PROGRAM: answering()})
    applied = trial.run(python.installation, **wanted)
    assert applied.failed
    assert messages.RESTART.text(folder=FOLDER, host=HOST) in applied.output

    trial.lab.path(PROGRAM).unlink()
    applied = trial.run(python.installation, **wanted, allow_reboot=True)
    assert not applied.failed, applied.output
    assert "Restarting in" in applied.output


def test_an_older_one_is_updated(trial: Trial, make: Callable[..., Any]) -> None:
    """What runs it, and what depends on that, is stopped first; what does not stays."""
    put(trial, answering(version="3.12.1"))
    for name, dependencies in {"Api": [], "worker": ["Api"], "other": []}.items():
        services.make(trial.lab, name, dependencies=dependencies)
        services.run(trial.lab, name)
    drained = []

    @contextmanager
    def drain(host: Host) -> Iterator[None]:
        drained.append(services.is_running(trial.lab, "worker"))
        yield

    wanted = {**make(files={PROGRAM: answering()}), "version": "3.12.7"}
    wanted |= {"services": ["worker", "Api", "missing"], "drains": {"worker": drain}}
    dry = trial.dry(python.installation, **wanted)
    assert "Will stop worker (its work ends first), Api while Python is updated" in dry.output
    assert services.is_running(trial.lab, "worker")

    applied = trial.run(python.installation, **wanted)
    assert (applied.failed, applied.changed) == (False, True), applied.output
    running = [name for name in ("Api", "worker", "other") if services.is_running(trial.lab, name)]
    assert (running, drained) == (["other"], [True])
    assert "/repair" not in given(trial.lab)


def test_one_that_is_broken_is_repaired(trial: Trial, make: Callable[..., Any]) -> None:
    """Where the installer has it registered, it would do nothing otherwise."""
    put(trial, "#!/bin/sh\necho broken >&2\nexit 1\n")
    trial.lab.keys.set(KEY, "SysVersion", "3.12")
    trial.lab.keys.set(rf"{KEY}\InstallPath", "", f"{FOLDER}\\")
    wanted = make(files={PROGRAM: answering()})
    dry = trial.dry(python.installation, **wanted)
    assert "exit code 1: broken" in dry.output

    applied = trial.run(python.installation, **wanted)
    assert not applied.failed, applied.output
    assert "/repair" in given(trial.lab)


def elsewhere(trial: Trial) -> str:
    trial.lab.keys.set(KEY, "SysVersion", "3.12")
    trial.lab.keys.set(rf"{KEY}\InstallPath", "", r"C:\Python312")
    return messages.ELSEWHERE.text(version="3.12", host=HOST, found=r"C:\Python312")


def of_another_version(trial: Trial) -> str:
    put(trial, answering(version="3.11.9"))
    values = {"folder": FOLDER, "host": HOST, "found": "3.11.9", "wanted": "3.12"}
    return messages.WRONG_VERSION.text(**values)


def no_space(trial: Trial) -> str:
    disks = [{**disk, "FreeSpace": 20 * 2**20} for disk in trial.lab.read_state("disks")]
    trial.lab.write_state("disks", disks)
    return messages.NO_SPACE.text(drive="D:", host=HOST, free=20, folder=FOLDER, needed=400)


@pytest.mark.parametrize("prepare", [elsewhere, of_another_version, no_space])
def test_what_is_in_the_way_is_named(
    trial: Trial, make: Callable[..., Any], prepare: Callable[[Trial], str]
) -> None:
    """The run stops before anything is touched."""
    disks = trial.lab.read_state("disks")
    sentence = prepare(trial)
    try:
        applied = trial.run(python.installation, **make())
    finally:
        trial.lab.write_state("disks", disks)

    assert applied.failed
    assert sentence in applied.output
    assert not trial.lab.path(NOTED).exists()


def test_condas_own_note_of_a_python_is_not_python_orgs(
    trial: Trial, make: Callable[..., Any]
) -> None:
    """Anaconda registers its Python at the same place, and is not in the way."""
    trial.lab.keys.set(rf"{KEY}\InstallPath", "", r"C:\Anaconda3")
    applied = trial.run(python.installation, **make(files={PROGRAM: answering()}))

    assert not applied.failed, applied.output
