"""What a service was started from, and what it would be started from now."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from files.service_host.hosting import digests
from files.service_host.hosting.configuration import Program

HOST = Path(__file__).parents[3] / "files" / "service_host"


@pytest.fixture
def python(tmp_path: Path) -> Path:
    """A folder such as Windows' Python has."""
    folder = tmp_path / "Python311"
    installed = folder / "Lib" / "site-packages" / "example-1.0.dist-info"
    installed.mkdir(parents=True)
    (installed / "RECORD").write_text("example.py,sha256=abc,10\n")
    for name in ("python.exe", "python311.dll", "run.py"):
        (folder / name).write_text(name)
    return folder


def found(python: Path) -> dict[str, str | None]:
    command = (str(python / "python.exe"), str(python / "run.py"), "example")
    return digests.collect(b"configuration", b"settings", Program(command, "D:\\", None))


def test_configuration_and_settings_by_their_bytes(python: Path) -> None:
    """Their SHA-256, as anybody computes it."""
    both = found(python)
    assert both["configuration"] == hashlib.sha256(b"configuration").hexdigest()
    assert both["settings"] == hashlib.sha256(b"settings").hexdigest()
    assert all(both.values())


@pytest.mark.parametrize(
    ("name", "changed"),
    [
        ("python.exe", "interpreter"),
        ("python311.dll", "interpreter"),
        ("Lib/site-packages/example-1.0.dist-info/RECORD", "packages"),
        ("Lib/site-packages/new-2.0.dist-info/RECORD", "packages"),
        ("Lib/site-packages/editable.pth", "packages"),
        ("run.py", "scripts"),
    ],
)
def test_what_changes_is_told(python: Path, name: str, changed: str) -> None:
    """And nothing but that."""
    before = found(python)
    (python / name).parent.mkdir(exist_ok=True)
    (python / name).write_text("other")
    after = found(python)
    assert [part for part in before if before[part] != after[part]] == [changed]


def test_what_python_makes_by_running_changes_nothing(python: Path) -> None:
    """Compiled files come and go."""
    before = found(python)
    cache = python / "Lib" / "site-packages" / "__pycache__"
    cache.mkdir()
    (cache / "x.pyc").write_text("x")
    assert found(python) == before


def test_a_virtual_environment_by_what_it_points_to(tmp_path: Path) -> None:
    """Its python.exe is the same for every interpreter; pyvenv.cfg names that."""
    scripts = tmp_path / "venv" / "Scripts"
    scripts.mkdir(parents=True)
    (scripts / "python.exe").write_text("redirector")
    (tmp_path / "venv" / "pyvenv.cfg").write_text("home = C:\\Python311")
    (tmp_path / "venv" / "Lib" / "site-packages").mkdir(parents=True)
    before = digests.interpreter(str(scripts / "python.exe"))
    (tmp_path / "venv" / "pyvenv.cfg").write_text("home = C:\\Python312")
    assert digests.interpreter(str(scripts / "python.exe")) not in {before, None}


def test_a_program_that_is_no_python_has_no_packages(tmp_path: Path) -> None:
    """One that is not there has no digest either."""
    (tmp_path / "x.exe").write_text("x")
    assert digests.packages(str(tmp_path / "x.exe")) is None
    assert digests.interpreter(str(tmp_path / "x.exe")) is not None
    assert digests.interpreter(str(tmp_path / "none" / "x.exe")) is None


def test_the_scripts_that_a_command_names(tmp_path: Path) -> None:
    """By their contents; what is no file counts nothing."""
    script = tmp_path / "x.py"
    script.write_text("one")
    arguments = ["-m", "x.py", str(tmp_path), str(tmp_path / "none.py")]
    assert digests.scripts(arguments) is None
    before = digests.scripts([*arguments, str(script)])
    script.write_text("two")
    assert digests.scripts([*arguments, str(script)]) not in {before, None}


def test_the_host_by_its_files(tmp_path: Path) -> None:
    """The same wherever it lies; another as soon as one of its files is."""
    copy = tmp_path / "service_host"
    shutil.copytree(HOST, copy, ignore=shutil.ignore_patterns("__pycache__"))
    code = (
        "import sys; sys.path[0] = sys.argv[1]; from hosting import digests; print(digests.host())"
    )

    def digest() -> str:
        command = [sys.executable, "-c", code, str(copy)]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    assert digest() == digests.host()
    (copy / "hosting" / "new.py").write_text("")
    assert digest() != digests.host()


READ = """
import json, sys
while json.loads(open(sys.argv[1]).read())["settings"] != "199":
    pass
"""


def test_a_record_is_replaced_at_once(tmp_path: Path) -> None:
    """Who reads it meanwhile never finds half of it; nothing else is left in its folder."""
    record = tmp_path / "x.json"
    digests.write(str(record), {"settings": "0"})
    reader = subprocess.Popen([sys.executable, "-c", READ, str(record)])
    for number in range(200):
        digests.write(str(record), {"settings": str(number)})
    assert reader.wait(120) == 0
    assert [path.name for path in tmp_path.iterdir()] == ["x.json"]
    assert set(json.loads(record.read_text())) == {"settings", "started"}


def test_the_program_prints_them(tmp_path: Path) -> None:
    """As one line of JSON, without pywin32; null for a configuration that is not there."""
    command = [sys.executable, "-I", str(HOST), "digests", str(tmp_path / "x.json")]
    missing = subprocess.run(command, check=True, capture_output=True, text=True)
    assert json.loads(missing.stdout) is None

    content = {
        "service": "Example", "command": ["C:\\x.exe"], "directory": "D:\\",
        "settings": "D:\\none.json", "log": {"path": "D:\\x.log"},
    }  # fmt: skip
    (tmp_path / "x.json").write_text(json.dumps(content))
    answer = subprocess.run(command, check=True, capture_output=True, text=True)
    digest = hashlib.sha256((tmp_path / "x.json").read_bytes()).hexdigest()
    assert json.loads(answer.stdout) == {
        "configuration": digest, "settings": None, "interpreter": None, "packages": None,
        "scripts": None, "host": digests.host(),
    }  # fmt: skip

    command[-1] = "-"
    given = (tmp_path / "x.json").read_text()
    piped = subprocess.run(command, check=True, capture_output=True, text=True, input=given)
    assert piped.stdout == answer.stdout
    command[-1] = str(tmp_path / "x.json")

    (tmp_path / "x.json").write_text("{}")
    bad = subprocess.run(command, check=False, capture_output=True, text=True)
    assert bad.returncode == 1
    assert "log is missing" in bad.stderr


@pytest.mark.parametrize("arguments", [[], ["run"], ["start", "x.json"], ["run", "x", "y"]])
def test_wrong_arguments_are_refused(arguments: list[str]) -> None:
    """The program says how it is used."""
    command = [sys.executable, "-I", str(HOST), *arguments]
    refused = subprocess.run(command, check=False, capture_output=True, text=True)
    assert refused.returncode == 2
    assert refused.stderr.startswith("use: python.exe -I service_host run|check|digests")


IMPORTS = """
import sys, types
class Stub(types.ModuleType):
    def __getattr__(self, name):
        return 1
for name in ("servicemanager", "win32api", "win32event", "win32service"):
    sys.modules[name] = Stub(name)
before = set(sys.modules)
sys.path.insert(0, sys.argv[1])
import hosting.dispatch
print(*(set(sys.modules) - before))
"""


def test_nothing_slow_is_imported_before_the_control_manager_is_answered() -> None:
    """It waits 30 seconds, also for a machine that has just started and reads each file anew."""
    command = [sys.executable, "-I", "-c", IMPORTS, str(HOST)]
    imported = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    own = {name for name in imported if name.startswith("hosting")}
    assert own == {"hosting", "hosting.dispatch"}
    slow = {"asyncio", "http", "json", "pathlib", "prefect", "socket", "ssl", "subprocess"}
    assert not slow & set(imported)


def test_the_host_is_python_3_10() -> None:
    """The oldest that Prefect's services may run under; and it leaves no compiled files."""
    import ast

    for file in HOST.rglob("*.py"):
        ast.parse(file.read_text(encoding="ascii"), feature_version=(3, 10))
