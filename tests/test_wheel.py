"""The wheel, as another team's repository uses it: without this checkout in sight."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.harness import PROGRAM
from winfra.messages import lab as messages

ROOT = Path(__file__).parents[1]
# The README's first example is the other repository's deploy.
DEPLOY, _ = re.findall(
    r"^```python\n(.*?)^```", (ROOT / "README.md").read_text(), re.MULTILINE | re.DOTALL
)
INVENTORY = """
servers = ["@lab/theirs"]
"""
USE_A_LAB = """
import sys
sys.modules["psutil"] = None
from pyinfra.api import Config, Inventory, State
from pyinfra.api.exceptions import ConnectError
host = next(iter(State(Inventory((["@lab/theirs"], {})), Config()).inventory))
try:
    host.connector.connect()
except ConnectError as error:
    print(error)
"""
WHERE = """
import importlib.metadata as metadata
import winfra.script, winfra.lab, prefect_on_windows.tasks.service_account as tasks
print(winfra.script.FOLDER)
print(winfra.lab.__file__)
print(tasks.__file__)
print(sorted(e.value for e in metadata.entry_points(group="pyinfra.connectors", name="lab")))
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from a copy: in the checkout, setuptools would take over what an old build left."""
    folder = tmp_path_factory.mktemp("wheel")
    for name in sources():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, folder / name)
    run(sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", ".", cwd=folder)
    [file] = folder.glob("*.whl")
    return file


def sources() -> list[str]:
    """The files that a distribution is made of, by their paths in the checkout."""
    parts = ("winfra", "tasks", "files", "pyproject.toml", "README.md", "LICENSE")
    listed = run("git", "ls-files", "--cached", "--others", "--exclude-standard", *parts, cwd=ROOT)
    return [name for name in listed.splitlines() if (ROOT / name).is_file()]


@pytest.fixture(scope="module")
def foreign(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Another repository, with the wheel installed in a folder of its own."""
    folder = tmp_path_factory.mktemp("foreign")
    packages = folder / "packages"
    run(sys.executable, "-m", "pip", "install", "-q", "--no-deps", "-t", str(packages), str(wheel))
    (folder / "deploy.py").write_text(DEPLOY)
    (folder / "inventory.py").write_text(INVENTORY)
    return folder


@pytest.fixture
def stopped(foreign: Path) -> Iterator[None]:
    yield
    python(foreign, "-m", "winfra.lab", "stop", "theirs")


def run(*command: str, cwd: Path | None = None, **environment: str) -> str:
    done = subprocess.run(
        command,
        cwd=cwd,
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


def python(folder: Path, *arguments: str) -> str:
    """Python with the wheel and what it depends on; -S leaves the editable install out."""
    installed = next(path for path in sys.path if path.endswith("site-packages"))
    paths = os.pathsep.join([str(folder / "packages"), installed])
    home = str(folder / ".lab")
    return run(sys.executable, "-S", *arguments, cwd=folder, PYTHONPATH=paths, WINFRA_LAB_HOME=home)


def test_the_wheel_holds_what_it_should(wheel: Path) -> None:
    """Every file of winfra, tasks and files is in it, and nothing that only a checkout needs."""
    names = set(zipfile.ZipFile(wheel).namelist())
    prefix = {"winfra": "", "tasks": "prefect_on_windows/", "files": "prefect_on_windows/"}
    wanted = {prefix[top] + name for name in sources() if (top := name.split("/")[0]) in prefix}

    assert wanted - names == set()
    assert {name.split("/")[0] for name in names} == {
        "winfra",
        "prefect_on_windows",
        "prefect_on_windows-0.1.0.dist-info",
    }
    assert [name for name in names if "__pycache__" in name] == []


def test_the_wheel_is_what_is_imported(foreign: Path) -> None:
    """The other repository sees the installed files, the connectors among them."""
    *places, connectors = python(foreign, "-c", WHERE).splitlines()

    assert [place for place in places if not place.startswith(str(foreign / "packages"))] == []
    assert connectors == "['winfra.lab.connector:LabConnector']"


def test_the_wheel_has_its_own_locks(foreign: Path) -> None:
    """The other repository builds its wheelhouses from them."""
    program = "from winfra.wheelhouse_command import own_locks; print(own_locks())"

    folder = Path(python(foreign, "-c", program).strip())

    assert folder.is_relative_to(foreign / "packages")
    assert list(folder.glob("prefect-*-windows.txt"))


def test_without_the_lab_the_rest_works(foreign: Path) -> None:
    """Where the extra [lab] is missing, pyinfra starts, and only a lab says what is missing."""
    output = python(foreign, "-c", USE_A_LAB)

    assert output.splitlines()[-1] == messages.EXTRA_MISSING.text(name="theirs", module="psutil")


@pytest.mark.lab
@pytest.mark.usefixtures("stopped")
def test_another_repository_deploys_to_a_lab(foreign: Path) -> None:
    """A section and an operation from the wheel run in the other repository's own deploy."""
    output = python(foreign, "-c", PROGRAM, "inventory.py", "deploy.py", "-y")

    assert "Preflight | The host has what the deploy needs" in output
    assert (foreign / ".lab" / "theirs" / "drives" / "D" / "ours").is_dir()
