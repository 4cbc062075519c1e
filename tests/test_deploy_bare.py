"""deploy.py on hosts that are not ready for it, and without any: what it says, and that it changes nothing."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.deployed import HOME, Done, results
from tests.harness import PROGRAM, ROOT
from winfra.lab.fixtures import LabFactory
from winfra.lab.state import Lab

FOLDERS = {"data", "logs", "scripts", "settings", "flows"}
BOTH = 'server = ["@lab/windows"]\nworkers = ["@lab/other"]\nlab = server + workers\n'
FIRST_SECTION = """
from tasks.preflight import preflight
from tasks.service_account import service_account

preflight()
service_account()
"""

Cli = Callable[..., Done]


@pytest.fixture
def deploy(lab: Lab, pyinfra_cli: Cli) -> Cli:
    """`pyinfra inventory.py deploy.py` with more arguments, against the test's lab."""

    def run(*arguments: str, inventory: str = "inventory.py", what: str = "deploy.py") -> Done:
        environment = {"ENV_FILE": "none", "COLUMNS": "140"}
        return pyinfra_cli(inventory, what, *arguments, env=environment, timeout=600)

    return run


def folders(lab: Lab) -> set[str]:
    home = lab.path(HOME)
    return {path.name for path in home.iterdir()} if home.is_dir() else set()


def shrink(lab: Lab, drive: str, free: int) -> None:
    disks = lab.read_state("disks")
    lab.write_state(
        "disks", [d | {"FreeSpace": free} if d["DeviceID"] == drive else d for d in disks]
    )


@pytest.mark.parametrize("arguments", [["-y"], ["--dry"]])
def test_a_host_that_lacks_something_is_left_alone(
    lab: Lab, deploy: Cli, arguments: list[str]
) -> None:
    """Preflight fails the host before any change, with the table, the next step, no traceback.

    Before anything is connected to, the first line that is not pyinfra's own names the target.
    """
    shrink(lab, "D:", 3 * 1024**3)
    before = lab.snapshot()
    done = deploy(*arguments)

    assert done.returncode == 1
    assert re.match(r"(-->.*\n)+Target: lab @lab/windows\n--> Connecting", done.stdout)
    assert re.search(r" missing +drive D: .* 3\.0 GB free", done.stdout)
    assert "missing: drive D: of windows has 3.0 GB free. Free 20 GB or enlarge it" in done.stdout
    assert "windows does not have what the deploy needs: drive D:" in done.stdout
    assert "Traceback" not in done.stdout
    assert lab.snapshot() == before


def test_one_host_fails_alone(
    lab: Lab, lab_factory: LabFactory, deploy: Cli, tmp_path: Path
) -> None:
    """What one host lacks does not keep the other from its folders; the run still fails."""
    other = lab_factory("other")
    shrink(other, "D:", 0)
    inventory, what = tmp_path / "inventory.py", tmp_path / "section.py"
    inventory.write_text(BOTH)
    what.write_text(FIRST_SECTION)
    done = deploy("-y", inventory=str(inventory), what=str(what))

    assert done.returncode == 1
    assert (folders(lab), folders(other)) == (FOLDERS, set())


def test_a_failed_host_is_not_looked_at_further(
    lab: Lab, lab_factory: LabFactory, tmp_path: Path
) -> None:
    """Under --dry, what would change is said of the host that goes on, not of the one that failed."""
    shrink(lab_factory("other"), "D:", 0)
    inventory, what = tmp_path / "inventory.py", tmp_path / "section.py"
    inventory.write_text(BOTH)
    what.write_text(FIRST_SECTION)
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(inventory), str(what), "--dry", "--diff"],
        cwd=ROOT,
        input="\n",  # pyinfra asks whether to go on without the host that failed
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    hosts = re.findall(r"\[(\S+)\] Will create folder", done.stdout)

    assert hosts == ["@lab/windows"] * (1 + len(FOLDERS))
    assert done.returncode == 1


def test_the_inventory_can_be_printed(pyinfra_cli: Cli, tmp_path: Path) -> None:
    """`debug-inventory` shows a site's data, its password masked."""
    file = tmp_path / "site.env"
    file.write_text("SERVER_HOST=srv1\nWINRM_USER=deployer\nWINRM_PASSWORD=s3cret\n")
    done = pyinfra_cli("inventory.py", "debug-inventory", env={"ENV_FILE": str(file)})

    assert done.returncode == 0, done.stdout
    assert re.search(r'"winrm_password": "\W*MASKED\W*"', done.stdout)
    assert "s3cret" not in done.stdout


def test_half_a_site_is_refused_before_anything_is_reached(
    pyinfra_cli: Cli, tmp_path: Path
) -> None:
    """A missing key is one sentence and exit code 1."""
    file = tmp_path / "site.env"
    file.write_text("SERVER_HOST=srv1.example.org\n")
    done = pyinfra_cli("inventory.py", "deploy.py", "-y", env={"ENV_FILE": str(file)})

    assert done.returncode == 1
    assert f"{file}: WINRM_USER, WINRM_PASSWORD missing or empty." in done.stdout
    assert "Connecting" not in done.stdout
    assert "Traceback" not in done.stdout


def test_one_section_alone(lab: Lab, deploy: Cli) -> None:
    """The first one needs no other, by its name as the README says."""
    done = deploy("-y", what="tasks.service_account.service_account")

    assert results(done) == ("14", "-", "1")
    assert folders(lab) == FOLDERS


def test_make_uses_the_lab_whatever_is_set() -> None:
    """Neither the environment nor the command line of make chooses another target."""
    done = subprocess.run(
        ["make", "--eval", "show: ; @echo $$ENV_FILE", "show", "ENV_FILE=site.env"],
        cwd=ROOT,
        env={"PATH": "/usr/bin:/bin", "ENV_FILE": "site.env"},
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout == "none\n"
