"""Scripts: constant text, parameters beside it."""

import re
from pathlib import Path

import pytest
from pyinfra.api.hiddenvalue import HiddenValue

from winfra.script import FOLDER, Script, source
from winfra.session import loader

ROOT = Path(__file__).parents[1]
STARTERS = {"loader.ps1", "bootstrap.ps1", "own_process.ps1"}
"""They run before there is a request with parameters."""


def test_a_secret_is_not_shown() -> None:
    """Logs, diffs and errors show the masked text."""
    script = Script("get_session", Name="x", Password=HiddenValue("hunter2"))

    assert str(script) == "get_session.ps1 -Name 'x' -Password '*MASKED*'"
    assert "hunter2" not in script.get_raw_value() + repr(script)


def test_pyinfra_arguments_are_not_parameters() -> None:
    """A name with an underscore is pyinfra's."""
    script = Script("get_session", _timeout=5)

    assert script.connector_arguments == {"_timeout": 5}
    assert script.parameters == {}


def test_a_get_script_is_read_only() -> None:
    """The connector keeps the answers of these, and asks again after any other."""
    assert Script("get_session").read_only
    assert not Script("put_file").read_only


def test_a_script_elsewhere_is_named_by_its_path(tmp_path: Path) -> None:
    """Other repositories bring scripts of their own."""
    path = tmp_path / "get_tank.ps1"
    path.write_text("1", encoding="ascii")

    assert Script(path).source.name == "get_tank.ps1"


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.ps1")), ids=lambda path: path.stem)
def test_each_script_has_parameters_and_no_exit(path: Path) -> None:
    """A script that ends the process would end the session."""
    if path.name in STARTERS:
        return
    text = source(path.stem).text

    assert text.count("\nparam(") + text.startswith("param(") == 1
    assert not re.search(r"^\s*exit\b", text, re.MULTILINE)


def test_each_script_has_a_caller() -> None:
    """A script that nothing names is left over."""
    code = "\n".join(path.read_text() for path in (ROOT / "winfra").rglob("*.py"))

    orphans = [path.stem for path in FOLDER.glob("*.ps1") if f'"{path.stem}"' not in code]

    assert not orphans


def test_no_python_holds_powershell() -> None:
    """Code and values never share a string: PowerShell stands in files."""
    cmdlet = re.compile(r"\b(Get|Set|New|Remove|Invoke|Start|Stop)-[A-Z][a-z]+ -[A-Z]")

    found = [
        f"{path.relative_to(ROOT)}: {line.strip()}"
        for folder in ("winfra", "tasks")
        for path in (ROOT / folder).rglob("*.py")
        if "lab" not in path.parts and "messages" not in path.parts
        for line in path.read_text().splitlines()
        if cmdlet.search(line)
    ]

    assert not found


def test_the_loader_stands_on_a_command_line() -> None:
    """No double quote survives CommandLineToArgvW, and 32,767 characters are all there are."""
    assert '"' not in loader()
    assert "\n" not in loader()
    assert len(loader()) < 4096
