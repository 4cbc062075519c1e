# ruff: noqa: INP001  a script beside what it makes
"""The README's pictures, made of the lab as it is after ``make deploy``: ``make pictures``.

What the picture of the dry run shows was spoilt by hand before, and is mended after.
"""

from __future__ import annotations

import base64
import io
import itertools
import json
import os
import pty
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Self

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
NEEDED = re.compile(r"requirement|─|ok  ")
CHANGE = re.compile(r"Will |^ {6,}\S.*(->|: )")
WIDTH = 118
SETTLE_SECONDS = 8
# The UI asks newcomers to join a mailing list, until they have said no.
DECLINE = "localStorage.setItem('join-the-community-modal-dismissed', 'true')"


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
    svg = console.export_svg(title="pyinfra inventory.py deploy.py --dry --diff")
    # Its font comes from elsewhere; any that is monospaced will do.
    own = re.sub(r"@font-face \{.*?\}", "", svg, flags=re.DOTALL)
    (FOLDER / "dry-run.svg").write_text(own, encoding="utf-8")


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
    """What is needed and what will change; pyinfra's own lines repeat it by operation."""
    lines = [
        line for line in text.split("\n") if NEEDED.search(line.plain) or CHANGE.search(line.plain)
    ]
    return Text("\n").join(lines)


def _ui(port: int) -> None:
    address = f"http://127.0.0.1:{port}"
    newest = {"sort": "START_TIME_DESC", "limit": 1}
    answer = requests.post(f"{address}/api/flow_runs/filter", json=newest, timeout=60)
    # Chromium's children may still write there when it has ended.
    folder = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
    with folder as profile, Browser(profile) as browser:
        browser.page(address)
        browser.call("Runtime.evaluate", expression=DECLINE)
        browser.page(f"{address}/runs/flow-run/{answer.json()[0]['id']}")
        picture = browser.call("Page.captureScreenshot")["data"]
    (FOLDER / "ui.png").write_bytes(base64.b64decode(picture))


class Browser:
    """Chromium without a window, over the pipes of its DevTools protocol."""

    def __init__(self, profile: str) -> None:
        commands, answers = os.pipe(), os.pipe()
        # It reads from 3 and writes to 4.
        redirected = ["sh", "-c", f'exec "$@" 3<&{commands[0]} 4>&{answers[1]}', "sh", str(BROWSER)]
        options = ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-first-run",
                   "--disable-background-networking", "--disable-component-update", "--disable-sync",
                   f"--user-data-dir={profile}", "--window-size=1280,900", "--remote-debugging-pipe"]  # fmt: skip
        self._process = subprocess.Popen(
            [*redirected, *options], pass_fds=(commands[0], answers[1]), stderr=subprocess.DEVNULL
        )
        self._commands, self._answers = io.FileIO(commands[1], "w"), io.FileIO(answers[0])
        self._numbers = itertools.count(1)
        self._session = ""
        page = self.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.call("Target.attachToTarget", targetId=page, flatten=True)["sessionId"]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._process.terminate()
        self._process.wait(30)

    def page(self, address: str) -> None:
        """Show a page, and give it time to fetch what it shows."""
        self.call("Page.navigate", url=address)
        time.sleep(SETTLE_SECONDS)

    def call(self, method: str, **parameters: object) -> dict[str, Any]:
        """What a command answers; what the browser says besides is passed over."""
        number = next(self._numbers)
        session = {"sessionId": self._session} if self._session else {}
        text = json.dumps({"id": number, "method": method, "params": parameters, **session})
        self._commands.write(text.encode() + b"\0")
        while (answer := self._read()).get("id") != number:
            pass
        result: dict[str, Any] = answer["result"]
        return result

    def _read(self) -> dict[str, Any]:
        said = b"".join(iter(lambda: self._answers.read(1), b"\0"))
        answer: dict[str, Any] = json.loads(said)
        return answer


if __name__ == "__main__":
    main()
