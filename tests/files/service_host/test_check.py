"""One run of a command as a service's account, by the service host in a lab."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.files.service_host.hosted import (
    FOLDER,
    PYTHON,
    Hosted,
    allow,
    let_log_on,
    start,
    wait,
)
from tests.lab.people import PASSWORD, new_user
from tests.lab.scm.services import events
from winfra.lab.scm import codes
from winfra.lab.state import Lab

MODIFY = "0x1301bf"


@pytest.fixture
def hosted(lab: Lab) -> Hosted:
    return Hosted(lab)


def check(
    hosted: Hosted, command: list[str], scm: dict[str, Any] | None = None, **more: Any
) -> Any:
    """Run a command; what the host wrote about it."""
    configuration = {
        "command": command,
        "directory": FOLDER,
        "output": rf"{FOLDER}\output.json",
        **more,
    }
    hosted.write(rf"{FOLDER}\Check.json", json.dumps(configuration))
    hosted.create_bare("Check", "check", **scm or {})
    start(hosted.lab, "Check")
    stopped = wait(hosted.lab, "Check", codes.STOPPED)
    file = hosted.lab.path(rf"{FOLDER}\output.json")
    assert hosted.gone()
    return json.loads(file.read_text()) if file.exists() else stopped


def test_a_command_runs_as_the_account_of_the_service(hosted: Hosted) -> None:
    """Its output and exit code come back; the service has stopped without an error."""
    lab = hosted.lab
    sid = new_user(lab).sid
    let_log_on(lab, sid)
    allow(lab, lab.path(FOLDER), (sid, MODIFY))
    code = "import os, sys; print(os.environ['USERNAME'], 'é'); sys.stderr.write('bad\\n'); sys.exit(3)"
    answer = check(
        hosted, [PYTHON, "-X", "utf8", "-uc", code],
        {"account": r".\svc_prefect", "password": PASSWORD},
    )  # fmt: skip
    assert answer.pop("seconds") > 0
    assert answer == {
        "exit_code": 3, "timed_out": False, "output": "svc_prefect é\nbad\n", "lost": 0,
    }  # fmt: skip
    assert lab.service("Check")["win32_exit"] == 0
    assert events(lab, 7023, 7024, 7031, 7034) == []


def test_a_command_that_takes_too_long(hosted: Hosted) -> None:
    """It is ended with its tree; what it wrote until then is there."""
    # A shell: it has said this long before its time is over.
    says = "echo begun; sleep 600 & echo left; exec sleep 600"
    hosted.lab.install(r"C:\services\slow.exe", Path("/bin/sh"), ["-c", says, "slow"])
    answer = check(hosted, [r"C:\services\slow.exe"], seconds=2)
    assert (answer["exit_code"], answer["timed_out"]) == (None, True)
    assert answer["output"].splitlines() == ["begun", "left"]


def test_of_much_output_the_end_is_kept(hosted: Hosted) -> None:
    """And how much is missing is said."""
    command = [PYTHON, rf"{FOLDER}\program.py", "flood=3000000"]
    answer = check(hosted, command)
    assert len(answer["output"]) == 1024 * 1024
    assert answer["output"].endswith("flooded\n")
    assert answer["lost"] + 1024 * 1024 == 3000000 // 101 * 101 + len("flooded\n")


@pytest.mark.parametrize(
    ("command", "more", "problem"),
    [
        ([r"D:\none.exe"], {}, "(error 2)"),
        ([PYTHON], {"directory": r"D:\none"}, "(error 267)"),
        ([PYTHON], {"settings": r"D:\none.json"}, r"the settings D:\none.json cannot be read"),
    ],
)
def test_a_command_that_cannot_be_started(
    hosted: Hosted, command: list[str], more: dict[str, Any], problem: str
) -> None:
    """The reason comes back where the output would."""
    answer = check(hosted, command, **more)
    assert set(answer) == {"problem"}
    assert problem in answer["problem"]


def test_an_output_that_cannot_be_written(hosted: Hosted) -> None:
    """Then the service's own code and Windows' event log tell."""
    stopped = check(hosted, [PYTHON, "-c", ""], output=r"D:\none\output.json")
    assert (stopped["win32_exit"], stopped["specific_exit"]) == (1066, 16)
    [(number, _, text)] = hosted.events("Check")
    assert number == 16
    assert text.startswith(r"D:\none\output.json cannot be written: ")


def test_a_stop_ends_the_command(hosted: Hosted) -> None:
    """Whoever waits for the result need not wait for the command."""
    configuration = {
        "command": [PYTHON, rf"{FOLDER}\program.py", "wait"], "directory": FOLDER,
        "output": rf"{FOLDER}\output.json",
    }  # fmt: skip
    hosted.write(rf"{FOLDER}\Check.json", json.dumps(configuration))
    hosted.create_bare("Check", "check")
    hosted.run("Check")
    hosted.stop("Check")
    assert json.loads(hosted.lab.path(rf"{FOLDER}\output.json").read_text())["timed_out"]
    assert hosted.gone()
