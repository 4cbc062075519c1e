# ruff: noqa: INP001  a script beside what it makes
"""The README's pictures, made of the lab as it is after ``make deploy``: ``make pictures``.

What the picture of the dry run shows was spoilt by hand before, and is mended after.
"""

from __future__ import annotations

import io
import os
import pty
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import requests
from rich.console import Console
from rich.text import Text

from winfra.lab import downloads
from winfra.lab.state import Lab

FOLDER = Path(__file__).parent
PYINFRA = [sys.executable, "-m", "pyinfra", "inventory.py", "deploy.py"]
BROWSER = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
SPOIL = (
    "sc.exe config PrefectServer start= demand; "
    r"icacls.exe D:\prefect_data\settings\PrefectServer.json /grant '*S-1-5-32-545:R'; "
    "Set-LocalUser -Name svc_prefect -Description 'Some account'"
)
QUIET = re.compile(r"No changes|^\s*$|Grand total|^-+>")
WIDTH = 118


def main() -> None:
    """Make them."""
    if BROWSER is None:
        sys.exit("No chromium on the PATH: install it, such as with `apt-get install chromium`")
    lab = Lab("windows")
    if not lab.status():
        sys.exit("The lab does not run: `make deploy` first")
    _dry_run()
    _ui(downloads.data()["prefect_port"])


def _dry_run() -> None:
    subprocess.run([*PYINFRA[:3], "@lab/windows", "exec", "--", SPOIL], check=True)
    text = Text.from_ansi(_in_a_terminal([*PYINFRA, "--dry", "--diff"]))
    subprocess.run([*PYINFRA, "-y"], check=True)
    console = Console(record=True, width=WIDTH, file=io.StringIO())
    console.print(_told(text))
    console.save_svg(
        str(FOLDER / "dry-run.svg"), title="pyinfra inventory.py deploy.py --dry --diff"
    )


def _in_a_terminal(command: list[str]) -> str:
    """What it prints where it may use colours."""
    said = bytearray()

    def read(number: int) -> bytes:
        data = os.read(number, 1024)
        said.extend(data)
        return data

    os.environ |= {"COLUMNS": str(WIDTH), "TERM": "xterm-256color"}
    pty.spawn(command, read)
    return said.decode().replace("\r\n", "\n")


def _told(text: Text) -> Text:
    """The differences alone: what does not change says so on a line each."""
    return Text("\n").join(line for line in text.split("\n") if not QUIET.search(line.plain))


def _ui(port: int) -> None:
    address = f"http://127.0.0.1:{port}"
    answer = requests.post(
        f"{address}/api/flow_runs/filter", json={"sort": "START_TIME_DESC", "limit": 1}, timeout=60
    )
    run = answer.json()[0]["id"]
    with tempfile.TemporaryDirectory() as profile:
        command = [
            str(BROWSER), "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
            "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
            f"--user-data-dir={profile}", "--window-size=1280,860", "--virtual-time-budget=20000",
            f"--screenshot={FOLDER / 'ui.png'}", f"{address}/runs/flow-run/{run}",
        ]  # fmt: skip
        subprocess.run(command, check=True, timeout=120)


if __name__ == "__main__":
    main()
