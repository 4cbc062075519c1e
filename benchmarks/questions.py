"""What a run with nothing to do asks, and what the same questions cost one by one."""

from __future__ import annotations

import base64
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import winrm
from rich.table import Table

from benchmarks.place import fresh_lab, opened, seconds, table
from tests import recording
from tests.recording import Request
from winfra.lab.state import Lab
from winfra.script import FOLDER, Script

ROOT = Path(__file__).parents[1]
# The session's own functions that would be long, as one would write them for this once.
SHORT = {
    "Resolve-FullPath": "function Resolve-FullPath($Path) "
    "{ $ExecutionContext.SessionState.Path.GetUnresolvedProviderPathFromPSPath($Path) }",
    "Stop-Script": "function Stop-Script($Message, $Values) { throw $Message }",
    "Invoke-Native": "function Invoke-Native($FilePath, $ArgumentList) { "
    "$lines = & $FilePath @ArgumentList; @{ ExitCode = $LASTEXITCODE; "
    "Output = $lines -join [Environment]::NewLine; ErrorOutput = '' } }",
}
OPENING_AND_CLOSING = {"Create", "Command", "Signal", "Delete"}
"""The actions with which a shell and its process begin and end."""
_POWERSHELL = re.compile(r'"?[^\s"]*\bpowershell(\.exe)?\b', re.IGNORECASE)


@dataclass(frozen=True)
class Cost:
    """What the wire and the host saw of a run."""

    opening: int
    asking: int
    processes: int
    size: int
    seconds: float

    def row(self, questions: int) -> list[str]:
        each = f"{self.asking / questions:.1f}"
        counts = questions, self.opening, self.asking, each, self.processes
        return [*map(str, counts), f"{self.size:,}", f"{self.seconds:.2f}"]


def measure() -> Table:
    made = table(
        "A run with nothing to do (pyinfra inventory.py deploy.py -y)",
        "how", "questions", "opening", "asking", "a question", "processes", "bytes", "seconds",
        caption="Exchanges that open and close shells and processes, exchanges that ask, those a "
        "question; PowerShell processes; bytes of all messages before encryption. The second and "
        "third row ask what the deploy asked: in one session, and with a Session.run_ps of "
        "pywinrm each; without the questions that no command line should or can hold, for a "
        "secret in them or for their length. To reach: one process, at most two exchanges a question; a session's first "
        "answer, that its process is there, comes on top.",
    )  # fmt: skip
    with fresh_lab() as lab:
        deploy(lab)
        cost, asked = observed(lab, lambda: deploy(lab))
        made.add_row("the deploy", *cost.row(len(asked)))
        asked = [request for request in asked if not request.secrets and is_short(request)]
        cost, _ = observed(lab, lambda: in_one_session(lab, asked))
        made.add_row("one session", *cost.row(len(asked)))
        cost, _ = observed(lab, lambda: one_by_one(lab, asked))
        made.add_row("run_ps each", *cost.row(len(asked)))
    return made


def observed(lab: Lab, run: Callable[[], None]) -> tuple[Cost, list[Request]]:
    """What a run cost, and what was asked in it."""
    lab.configure(record=True)
    lab.clear_logs()
    took = seconds(run)
    found = recording.messages(lab)
    actions = [message.action for message in found if message.kind == "request"]
    opening = sum(action in OPENING_AND_CLOSING for action in actions)
    processes = sum(bool(_POWERSHELL.match(one["command_line"])) for one in lab.processes())
    size = sum(message.size for message in found)
    cost = Cost(opening, len(actions) - opening, processes, size, took)
    return cost, recording.all_requests(found)


def deploy(lab: Lab) -> None:
    program = Path(sys.executable).with_name("pyinfra")
    environment = {**os.environ, "ENV_FILE": "none", "WINFRA_LAB_HOME": str(lab.home)}
    command = [str(program), "inventory.py", "deploy.py", "-y"]
    subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True)


def in_one_session(lab: Lab, asked: Iterable[Request]) -> None:
    with opened(lab) as session:
        for request in list(asked)[1:]:
            name = request.fields["name"].removesuffix(".ps1")
            session.ask(Script(name, **request.fields["parameters"]))


def one_by_one(lab: Lab, asked: Iterable[Request]) -> None:
    data = lab.host_data()
    session = winrm.Session(
        f"https://localhost:{data['winrm_port']}/wsman",
        auth=(data["winrm_user"], data["winrm_password"]),
        transport="ntlm",
        ca_trust_path=data["winrm_ca_trust_path"],
    )
    for request in asked:
        answer = session.run_ps(standalone(request))
        if answer.status_code:
            raise RuntimeError(f"{request.fields['name']}: {answer.std_err!r}")


def is_short(request: Request) -> bool:
    """Whether ``run_ps`` can ask it: cmd.exe takes lines of 8191 characters."""
    encoded = base64.b64encode(standalone(request).encode("utf-16-le"))
    return len("powershell -encodedcommand ") + len(encoded) <= 8191


def standalone(request: Request) -> str:
    """A script that answers alone."""
    script = stripped((FOLDER / request.fields["name"]).read_text(encoding="ascii"))
    given = json.dumps(request.fields["parameters"]).replace("'", "''")
    return "\n".join(
        [
            *needed(script),
            "$ErrorActionPreference = 'Stop'; $parameters = @{}",
            f"$given = ConvertFrom-Json '{given}'",
            "foreach ($one in $given.PSObject.Properties) { $parameters[$one.Name] = $one.Value }",
            f"& {{ {script} }} @parameters | ConvertTo-Json -Depth 8 -Compress",
        ]
    )


def needed(script: str) -> list[str]:
    """The session's functions that a script calls, and those that they call."""
    text = stripped((FOLDER / "bootstrap.ps1").read_text(encoding="ascii"))
    bodies = dict(re.findall(r"^(?=function ([\w-]+))(.*?^\})$", text, re.MULTILINE | re.DOTALL))
    found: dict[str, str] = {}
    calls = [script]
    for caller in calls:
        for name, body in {**bodies, **SHORT}.items():
            if name not in found and name != caller and re.search(rf"\b{name}\b", caller):
                found[name] = body
                calls.append(body)
    return list(found.values())


def stripped(text: str) -> str:
    """Without comments, and with one space for any indentation, so that ends of functions stand out."""
    lines = (line for line in text.splitlines() if not line.strip().startswith("#"))
    return "\n".join(" " * line.startswith(" ") + line.strip() for line in lines)
