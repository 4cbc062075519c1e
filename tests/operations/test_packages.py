"""The Visual C++ runtime on a lab; the registry and the files of Windows are the witness."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest
from pyinfra.api import OperationValueError

from tests.trial import Trial, no_host
from winfra.lab import postgresql, vc_runtime
from winfra.messages import packages as messages, sources
from winfra.operations import packages

HOST = "@lab/trial"


@pytest.fixture(autouse=True)
def _without(trial: Trial) -> None:
    vc_runtime.uninstall(trial.lab.folder)


def given(folder: Path, **more: Any) -> dict[str, Any]:
    """The lab's installer of the runtime, as arguments of the operation."""
    file = postgresql.vc_redist(folder, **more)
    return {"src": str(file), "sha256": hashlib.sha256(file.read_bytes()).hexdigest()}


def version(trial: Trial) -> tuple[int, ...] | None:
    return vc_runtime.version(trial.lab.folder)


def test_the_runtime_is_installed_where_it_is_missing(trial: Trial, tmp_path: Path) -> None:
    """Dry says so and does nothing; again nothing is done, though the file is gone."""
    wanted = given(tmp_path)
    dry = trial.dry(packages.runtime, **wanted)
    assert "Will create the Visual C++ runtime for x64" in dry.output
    assert version(trial) is None

    assert trial.run(packages.runtime, **wanted).changed
    assert version(trial) == vc_runtime.VERSION
    assert vc_runtime.is_installed(trial.lab.folder)
    Path(wanted["src"]).unlink()
    again = trial.run(packages.runtime, **wanted)
    assert (again.changed, again.failed) == (False, False)


def test_one_that_is_there_needs_no_file(trial: Trial) -> None:
    """It is found by the registry."""
    vc_runtime.install(trial.lab.folder)
    applied = trial.run(packages.runtime)

    assert (applied.changed, applied.failed) == (False, False)


def test_one_that_is_too_old_is_replaced(trial: Trial, tmp_path: Path) -> None:
    """By its version in the registry."""
    vc_runtime.install(trial.lab.folder, (14, 16, 27033, 0))
    dry = trial.dry(packages.runtime, **given(tmp_path))
    assert "14.16.27033" in dry.output

    assert trial.run(packages.runtime, **given(tmp_path)).changed
    assert version(trial) == vc_runtime.VERSION


def test_a_newer_one_than_the_file_has_is_success(trial: Trial, tmp_path: Path) -> None:
    """Exit code 1638."""
    newer = (14, 50, 1, 0)
    vc_runtime.install(trial.lab.folder, newer)
    applied = trial.run(packages.runtime, **given(tmp_path), version="14.60")

    assert (applied.failed, version(trial)) == (False, newer)


def test_a_host_without_it_and_no_file(trial: Trial) -> None:
    """What is missing and where to name it."""
    applied = trial.run(packages.runtime)
    values = {"host": HOST, "found": "nothing", "wanted": packages.OLDEST}

    assert applied.failed
    assert messages.RUNTIME_MISSING.text(**values) in applied.output


def test_a_restart_is_only_done_when_it_is_allowed(trial: Trial, tmp_path: Path) -> None:
    """3010: without leave the run stops, with it the host restarts and the run goes on."""
    wanted = given(tmp_path, outcome=3010)
    booted = trial.lab.read_state("system")["boot_time"]
    applied = trial.run(packages.runtime, **wanted)
    assert applied.failed
    assert messages.RUNTIME_REBOOT.text(host=HOST) in applied.output
    assert trial.lab.read_state("system")["boot_time"] == booted

    vc_runtime.uninstall(trial.lab.folder)
    applied = trial.run(packages.runtime, **wanted, allow_reboot=True)
    assert not applied.failed, applied.output
    assert "Restarting in" in applied.output
    assert trial.lab.read_state("system")["boot_time"] != booted
    assert version(trial) == vc_runtime.VERSION


def test_an_installer_that_refuses(trial: Trial, tmp_path: Path) -> None:
    """Its exit code is quoted."""
    applied = trial.run(packages.runtime, **given(tmp_path, outcome=5100))

    assert applied.failed
    assert messages.RUNTIME_FAILED.text(path="?", code=5100).split("?")[1] in applied.output
    assert version(trial) is None


def test_wrong_arguments_are_refused() -> None:
    """Before the host is asked anything."""
    with no_host(), pytest.raises(OperationValueError) as raised:
        list(packages.runtime._inner(version="new"))
    assert messages.RUNTIME_VERSION.text(value="new") in str(raised.value)
    with no_host(), pytest.raises(OperationValueError) as raised:
        list(packages.runtime._inner("vc_redist.x64.exe", "1"))
    text = sources.SHA256_REFUSED.text(argument="vc_runtime_sha256", value="1")
    assert text in str(raised.value)
