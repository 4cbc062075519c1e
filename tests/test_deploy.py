"""The deploy end to end, as `make deploy` runs it: the program pyinfra, the lab, no .env."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.harness import PROGRAM
from winfra.lab import downloads
from winfra.lab.fixtures import LabFactory
from winfra.lab.state import Lab

ROOT = Path(__file__).parents[1]
HOME = r"D:\prefect_data"
FOLDERS = {"data", "logs", "scripts", "settings", "flows"}
FIRST = ("30", "-", "7")
"""A bare host: checks change nothing, and the account is no administrator as it is."""
AGAIN = ("-", "-", "37")
RESULTS = re.compile(r"Grand total +\d+ +(\d+|-) +(\d+|-) +(\d+|-)")
APART = """
server = ["@lab/windows"]
workers = [("@lab/other", {"prefect_server": "10.0.0.5"})]
lab = server + workers
"""

Done = subprocess.CompletedProcess[str]
Cli = Callable[..., Done]


@pytest.fixture
def deploy(lab: Lab, pyinfra_cli: Cli) -> Cli:
    """`pyinfra inventory.py deploy.py` with more arguments, against the test's lab."""

    def run(*arguments: str, inventory: str = "inventory.py", **environment: str) -> Done:
        environment = {"ENV_FILE": "none", "COLUMNS": "140", **environment}
        return pyinfra_cli(inventory, "deploy.py", *arguments, env=environment)

    return run


def results(done: Done) -> tuple[str, ...]:
    """The last line of pyinfra's results: operations that changed, failed, changed nothing."""
    assert done.returncode == 0, done.stdout
    [found] = RESULTS.findall(done.stdout)
    return tuple(found)


def folders(lab: Lab) -> set[str]:
    home = lab.path(HOME)
    return {path.name for path in home.iterdir()} if home.is_dir() else set()


def shrink(lab: Lab, drive: str, free: int) -> None:
    disks = lab.read_state("disks")
    lab.write_state(
        "disks", [d | {"FreeSpace": free} if d["DeviceID"] == drive else d for d in disks]
    )


def test_the_first_run_changes_and_the_second_does_not(lab: Lab, deploy: Cli) -> None:
    """A bare host gets its folders, as the README shows; run again, nothing is touched."""
    first = deploy("-y")
    made, before = folders(lab), still(lab)
    second = deploy("-y")

    assert made == FOLDERS
    assert results(first) == FIRST
    assert results(second) == AGAIN
    assert still(lab) == before
    assert [line for line in example() if line not in timeless(first.stdout)] == []


def still(lab: Lab) -> dict[str, str]:
    """What makes up the machine, but for what changes by itself.

    That is what a PostgreSQL that runs writes; and the lab keeps the access lists of files that are gone.
    """
    moving = ("drives/D/pgsql/", "state/access/")
    return {path: mark for path, mark in lab.snapshot().items() if not path.startswith(moving)}


def example() -> list[str]:
    """The lines that the README shows of a first run."""
    readme = (ROOT / "README.md").read_text()
    [text] = re.findall(r"^```text\n(.*?)^```", readme, re.MULTILINE | re.DOTALL)
    return [line for line in timeless(text) if line != "…"]


def timeless(text: str) -> list[str]:
    """The lines without what no two runs share, the difference of the clocks, and no two machines, PostgreSQL."""
    return re.sub(r"\d+ s (ahead|behind)|postgresql-[\d.]+|newer +\d+", "", text).splitlines()


def test_a_dry_run_changes_nothing(lab: Lab, deploy: Cli) -> None:
    """Under --dry the table and each folder to come are shown, and no byte of the host changes.

    Before anything is connected to, the first line that is not pyinfra's own names the target.
    """
    before = lab.snapshot()
    done = deploy("--dry", "--diff")

    assert done.returncode == 0
    assert re.match(r"(-->.*\n)+Target: lab @lab/windows\n--> Connecting", done.stdout)
    assert re.search(r" ok +account +", done.stdout)
    for folder in ("", *(f"\\{name}" for name in FOLDERS)):
        assert f"Will create folder {HOME}{folder}\n" in done.stdout
    assert lab.snapshot() == before


def test_what_is_spoilt_is_named_and_mended(lab: Lab, deploy: Cli) -> None:
    """A folder removed by hand is what --dry --diff names, alone, and what the next run makes."""
    deploy("-y")
    shutil.rmtree(lab.path(rf"{HOME}\logs"))
    dry = deploy("--dry", "--diff")
    still_missing = FOLDERS - folders(lab)
    mended = results(deploy("-y"))

    assert re.findall(r"Will create folder (\S+)", dry.stdout) == [rf"{HOME}\logs"]
    assert still_missing == {"logs"}
    assert mended == ("2", "-", "35")
    assert folders(lab) == FOLDERS


@pytest.mark.parametrize("arguments", [["-y"], ["--dry"]])
def test_a_host_that_lacks_something_is_left_alone(
    lab: Lab, deploy: Cli, arguments: list[str]
) -> None:
    """Preflight fails the host before any change, with the table, the next step, no traceback."""
    shrink(lab, "D:", 3 * 1024**3)
    before = lab.snapshot()
    done = deploy(*arguments)

    assert done.returncode == 1
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
    inventory = tmp_path / "inventory.py"
    inventory.write_text(APART)
    done = deploy("-y", inventory=str(inventory))

    assert done.returncode == 1
    assert (folders(lab), folders(other)) == (FOLDERS, set())


def test_a_failed_host_is_not_looked_at_further(
    lab: Lab, lab_factory: LabFactory, tmp_path: Path
) -> None:
    """Under --dry, what would change is said of the host that goes on, not of the one that failed."""
    shrink(lab_factory("other"), "D:", 0)
    inventory = tmp_path / "inventory.py"
    inventory.write_text(APART)
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(inventory), "deploy.py", "--dry", "--diff"],
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


def test_a_site_by_its_file(lab: Lab, deploy: Cli, tmp_path: Path) -> None:
    """.env alone leads to a host by @winrm, and its password is shown nowhere, --debug included."""
    data = lab.host_data()
    values = {key.upper(): value for key, value in data.items()}
    passwords = {
        "SERVICE_ACCOUNT_PASSWORD": "An-0ther-Passw0rd",
        "POSTGRESQL_SUPERUSER_PASSWORD": "Super-0ther-Passw0rd",
        "PREFECT_DATABASE_PASSWORD": "Base-0ther-Passw0rd",
    }
    values |= passwords
    file = tmp_path / "site.env"
    file.write_text(
        "".join(
            f"{key}='{value}'\n" for key, value in {"SERVER_HOST": "localhost", **values}.items()
        )
    )
    vendors = [f"--data={key}={value}" for key, value in downloads.data().items()]
    done = deploy("-y", "--debug", "-vvv", *vendors, ENV_FILE=str(file))

    assert f"Target: localhost by {file}\n" in done.stdout
    assert results(done) == FIRST
    assert folders(lab) == FOLDERS
    assert data["winrm_password"] not in done.stdout
    assert [text for text in passwords.values() if text in done.stdout] == []
    assert "Traceback" not in done.stdout


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


def test_one_section_alone(lab: Lab, pyinfra_cli: Cli) -> None:
    """A section runs by its name, as the README says."""
    section = "tasks.service_account.service_account"
    done = pyinfra_cli("inventory.py", section, "-y", env={"ENV_FILE": "none"})

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
