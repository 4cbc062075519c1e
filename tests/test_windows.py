"""What has to hold on any host: here on a lab, on GitHub's runners on the Windows that runs them.

A runner is its own target (``.github/listener.ps1``), so its files are the witness there.
"""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from winfra.lab.state import Lab

ROOT = Path(__file__).parents[1]
ON_A_RUNNER = sys.platform == "win32" and os.environ.get("GITHUB_ACTIONS") == "true"
RESULTS = re.compile(r"Grand total +\d+ +(\d+|-) +(\d+|-) +(\d+|-)")
FOLDERS = {"data", "logs", "scripts", "settings", "flows"}
# In the lab tests/test_deploy.py has the whole of it.
DEPLOY = "deploy.py" if ON_A_RUNNER else "tasks.service_account.service_account"
PASSWORDS = (
    "SERVICE_ACCOUNT_PASSWORD",
    "POSTGRESQL_SUPERUSER_PASSWORD",
    "PREFECT_DATABASE_PASSWORD",
)

Done = subprocess.CompletedProcess[str]

pytestmark = [pytest.mark.windows, *([] if ON_A_RUNNER else [pytest.mark.lab])]


@dataclass(frozen=True)
class Target:
    """A host by its .env, and how this machine sees its files."""

    environment: dict[str, str]
    path: Callable[[str], Path]
    name: str
    cli: Callable[..., Done]

    def pyinfra(self, *arguments: str, **environment: str) -> Done:
        data = ("--group-data", str(ROOT / ".github" / "runner"))
        values = {**self.environment, **environment}
        return self.cli(*data, "inventory.py", *arguments, env=values)


@pytest.fixture
def target(
    request: pytest.FixtureRequest, tmp_path: Path, pyinfra_cli: Callable[..., Done]
) -> Target:
    if ON_A_RUNNER:
        return Target({}, Path, socket.gethostname(), pyinfra_cli)
    lab: Lab = request.getfixturevalue("lab")
    values = {"SERVER_HOST": "localhost"}
    values |= dict.fromkeys(PASSWORDS, "An-0ther-Passw0rd")
    values |= {key.upper(): str(value) for key, value in lab.host_data().items()}
    file = tmp_path / "site.env"
    file.write_text("".join(f"{key}='{value}'\n" for key, value in values.items()))
    return Target({"ENV_FILE": str(file)}, lab.path, lab.config.host_name, pyinfra_cli)


def test_the_deploy_ends_and_stays(target: Target) -> None:
    """After a run the folders stand; after another nothing has changed."""
    first = target.pyinfra(DEPLOY, "-y")
    second = target.pyinfra(DEPLOY, "-y")
    [found] = RESULTS.findall(second.stdout)

    assert (first.returncode, second.returncode) == (0, 0), first.stdout + second.stdout
    assert {path.name for path in target.path(r"C:\prefect_data").iterdir()} >= FOLDERS
    assert found[:2] == ("-", "-")


def test_facts_are_the_hosts(target: Target) -> None:
    """The system's name, a build that Windows has, a drive C: with access lists."""
    done = target.pyinfra("fact", "winfra.facts.system.System", "winfra.facts.drives.Drives")
    system, drives = (value for fact in facts(done) for value in fact.values())

    assert system["name"].lower() == target.name.lower()
    assert system["build"] >= 17763
    assert drives["C:"]["format"] == "NTFS"
    assert 0 < drives["C:"]["free"] < drives["C:"]["size"]


def facts(done: Done) -> list[dict[str, Any]]:
    """The values in pyinfra's output, which is JSON by host below a line a fact."""
    assert done.returncode == 0, done.stdout
    parts = re.split(r"^Fact data for: .*$", plain(done.stdout), flags=re.MULTILINE)[1:]
    decoder = json.JSONDecoder()
    return [decoder.raw_decode(part.lstrip())[0] for part in parts]


def plain(text: str) -> str:
    text = re.sub(r"\x1b\[[0-9;]*m", "", text)
    return re.sub(r"^--> (?=Fact data)", "", text, flags=re.MULTILINE)


def test_a_file_arrives_whole(target: Target, tmp_path: Path) -> None:
    """Any bytes under any name are on the host what they are here, and a second run sends none."""
    name = "two words [1] é 日本語's.txt"
    source, content = tmp_path / "source.bin", bytes(range(256)) * 5000
    source.write_bytes(content)
    put = ("winfra.operations.files.put", f"src={source}", rf"dest=C:\winfra test\{name}", "-y")
    first, second = target.pyinfra(*put), target.pyinfra(*put)
    [found] = RESULTS.findall(second.stdout)

    assert first.returncode == 0, first.stdout
    assert target.path(rf"C:\winfra test\{name}").read_bytes() == content
    assert found == ("-", "-", "1")


def test_output_and_exit_code_of_a_command(target: Target) -> None:
    """What a native program prints is shown, and its exit code is the run's."""
    good = target.pyinfra("exec", "--", "hostname.exe")
    bad = target.pyinfra("exec", "--", "cmd.exe /c exit 3")

    assert target.name.lower() in good.stdout.lower()
    assert (good.returncode, bad.returncode) == (0, 1)


def test_a_wrong_password_is_one_sentence(target: Target) -> None:
    """A refused logon is named, with neither a traceback nor the password."""
    done = target.pyinfra("exec", "--", "hostname.exe", WINRM_PASSWORD="wrong-password")

    assert done.returncode == 1
    assert "refuses the logon of" in done.stdout
    assert "wrong-password" not in done.stdout
    assert "Traceback" not in done.stdout


def test_an_unknown_authority_is_not_trusted(target: Target) -> None:
    """With the authorities that requests brings, the listener's own certificate is refused."""
    import certifi

    done = target.pyinfra("exec", "--", "hostname.exe", WINRM_CA_TRUST_PATH=certifi.where())

    assert done.returncode == 1
    assert "certificate that this machine does not trust" in done.stdout
    assert "Traceback" not in done.stdout
