"""The README says what is: its commands, files, keys and code exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.harness import pyinfra_cli
from winfra.lab.state import Lab
from winfra.settings import META

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
MADE = {".env", ".lab/", "conftest.py"}  # by a user


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.MULTILINE | re.DOTALL)


def shell_lines() -> list[str]:
    return [line.split(" #")[0].strip() for block in blocks("shell") for line in block.splitlines()]


def test_the_two_commands_stand_on_the_first_screen() -> None:
    """What somebody new types is among the first lines, beside the same by hand."""
    first = "\n".join(README.splitlines()[:25])

    assert "\nmake deploy " in first
    assert "\nmake test " in first
    assert "\npip install -r requirements.txt\n" in first
    assert "\npyinfra inventory.py deploy.py " in first


def test_make_has_the_targets() -> None:
    """Each `make X` of the README is a target."""
    makefile = (ROOT / "Makefile").read_text()
    named = set(re.findall(r"\bmake ([a-z]+)\b", "\n".join([*shell_lines(), *quoted()])))

    assert named == {"deploy", "test", "check", "bench", "wheelhouse", "pictures"}
    assert [name for name in named if not re.search(rf"^{name}:", makefile, re.MULTILINE)] == []


def quoted() -> list[str]:
    return re.findall(r"`([^`\n]+)`", README)


def test_files_exist() -> None:
    """Each file or folder that the text names is in the repository."""
    path = r"\.?[\w.-]+(/[\w.-]*)+|\.?[\w-]+\.(py|md|txt|toml)|\.env[\w.]*|[A-Z]\w+file"
    named = {text for text in quoted() if re.fullmatch(path, text)} - MADE

    assert len(named) > 15
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_the_table_of_keys_is_the_connectors() -> None:
    """Every data key stands there with its description and default as in the code."""
    rows = dict(re.findall(r"^\| `(winrm_\w+)` \| (.*) \|$", README, re.MULTILINE))
    wanted = {
        key: meta.description + ("" if meta.default is None else f"; default: `{meta.default}`")
        for key, meta in META.items()
    }

    assert rows == wanted


@pytest.mark.parametrize("block", blocks("python"))
def test_code_compiles(block: str) -> None:
    """Python in the README is Python; test_wheel runs it."""
    compile(block, "README.md", "exec")


PROGRAM = """
from http.server import HTTPServer, SimpleHTTPRequestHandler
HTTPServer(("127.0.0.1", 8000), SimpleHTTPRequestHandler).serve_forever()
"""
# SERVICE_STATUS.dwCurrentState
RUNNING = 4


def test_the_example_of_a_service_runs(lab: Lab, tmp_path: Path) -> None:
    """As it stands, with a program that answers; the second run changes nothing."""
    _, example = blocks("python")
    (tmp_path / "deploy.py").write_text(example)
    (tmp_path / "files").symlink_to(ROOT / "files")
    lab.install_python()
    lab.path(r"D:\ours").mkdir()
    lab.path(r"D:\ours\program.py").write_text(PROGRAM)

    first = pyinfra_cli("@lab/windows", "deploy.py", "-y", cwd=tmp_path)
    assert first.returncode == 0, first.stdout
    assert lab.service("Ours")["state"] == RUNNING

    again = pyinfra_cli("@lab/windows", "deploy.py", "-y", cwd=tmp_path)
    assert again.stdout.count("No changes") == 2, again.stdout
