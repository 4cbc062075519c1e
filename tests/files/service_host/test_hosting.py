"""The service host under a lab's control manager; its log, the event logs and /proc are witnesses."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from files.service_host.hosting import digests
from tests.files.service_host.hosted import (
    FOLDER,
    HOST,
    PYTHON,
    Hosted,
    allow,
    children,
    commands,
    control,
    files_of,
    left_over,
    let_log_on,
    reserved_port,
    service_sid,
    start,
    threads_of,
    until,
    wait,
)
from tests.lab.people import PASSWORD, new_user
from tests.lab.scm.services import events, refusal
from tests.lab.scm.test_boot import reboot
from tests.lab.scm.test_recovery import RESTART, failure
from winfra.lab.scm import codes
from winfra.lab.scm.client import request
from winfra.lab.state import Lab

MODIFY = "0x1301bf"


@pytest.fixture
def hosted(lab: Lab) -> Hosted:
    return Hosted(lab)


def test_a_program_runs_until_its_service_is_stopped(hosted: Hosted) -> None:
    """It ends in good order by Ctrl-C; log, events and record say what was."""
    hosted.create("Prefect", "say=hello", "wait")
    running = hosted.run("Prefect", "hello")
    assert running["accepted"] == codes.ACCEPT_STOP | codes.ACCEPT_SHUTDOWN | (
        codes.ACCEPT_PRESHUTDOWN
    )
    [child] = children(running["pid"])
    stopped = hosted.stop("Prefect")

    assert (stopped["win32_exit"], stopped["specific_exit"]) == (0, 0)
    first, *said, last = hosted.log("Prefect")
    assert re.fullmatch(
        r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d[+-]\d{4} \[service host\] started .*", first
    )
    assert first.endswith(f"started {PYTHON}, process {child}")
    assert said == ["hello", "good bye"]
    assert last.endswith(
        f"[service host] stopped, process {child} ended with exit code 0 (0x00000000)"
    )
    assert hosted.numbers("Prefect") == [1, 2]
    assert events(hosted.lab, 7023, 7024, 7031, 7034) == []
    assert hosted.gone()

    record = json.loads(hosted.lab.path(rf"{FOLDER}\Prefect.record.json").read_text())
    configuration = hosted.lab.path(rf"{FOLDER}\Prefect.json").read_bytes()
    assert record["configuration"] == digests.digest(configuration)
    assert record["host"] == digests.host()
    assert record["settings"] is None
    assert record["interpreter"] != record["packages"]


def test_the_record_is_what_the_program_prints_now(hosted: Hosted) -> None:
    """So that whoever compares both finds no difference where there is none."""
    hosted.write(rf"{FOLDER}\settings.json", '{"A": "1"}')
    hosted.create("Prefect", "say=hello", "wait", settings=rf"{FOLDER}\settings.json")
    hosted.run("Prefect", "hello")
    record = json.loads(hosted.lab.path(rf"{FOLDER}\Prefect.record.json").read_text())
    started = record.pop("started")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", started)
    printed = hosted.python("-I", HOST, "digests", rf"{FOLDER}\Prefect.json")
    assert json.loads(printed.stdout) == record


def test_a_child_that_dies_is_started_again(hosted: Hosted) -> None:
    """As often as is allowed; then Windows' own recovery acts, and a new host begins anew."""
    actions = failure((RESTART, 50), (0, 0))
    restarts = {"count": 2, "seconds": 60}
    hosted.create("Prefect", "exit=3", restarts=restarts, scm={"failure": actions})
    start(hosted.lab, "Prefect")
    until(lambda: bool(events(hosted.lab, 7034)), "Windows did not give up")

    assert hosted.numbers("Prefect") == [1, 3, 1, 3, 1, 6] * 2
    texts = [text for number, _, text in hosted.events("Prefect") if number == 6]
    assert all(
        "ended with exit code 3 (0x00000003); after 2 restarts within 60 s" in one for one in texts
    )
    assert [number for number, _ in events(hosted.lab, 7031, 7034)] == [7031, 7034]
    found = hosted.lab.service("Prefect")
    assert (found["state"], found["win32_exit"]) == (codes.STOPPED, codes.PROCESS_ABORTED)
    assert hosted.gone()


def test_a_child_that_died_once_goes_on(hosted: Hosted) -> None:
    """The service has run all the time for Windows."""
    hosted.create(
        "Prefect", rf"once={FOLDER}\once", "say=up", "wait", restarts={"count": 1, "seconds": 60}
    )
    hosted.run("Prefect", "up")
    assert hosted.numbers("Prefect") == [1, 3, 1]
    assert "exit code 7" in hosted.events("Prefect")[1][2]
    assert hosted.stop("Prefect")["win32_exit"] == 0
    assert hosted.gone()


def test_a_child_that_ignores_ctrl_c_is_ended(hosted: Hosted) -> None:
    """After its time, with what it started; Windows is told meanwhile that the service is alive."""
    hosted.create("Prefect", "ignore", "leave=1", "wait", stop_seconds=2.5)
    hosted.run("Prefect", "left")
    control(hosted.lab, "Prefect", codes.STOP)
    checkpoints = []

    def has_stopped() -> bool:
        found = hosted.lab.service("Prefect")
        checkpoints.append(found["checkpoint"])
        return bool(found["state"] == codes.STOPPED)

    until(has_stopped, "it does not stop")
    assert max(checkpoints) >= 2
    stopped = hosted.lab.service("Prefect")
    assert stopped["win32_exit"] == 0
    assert hosted.numbers("Prefect") == [1, 5]
    assert "did not end within 2.5 s" in hosted.log("Prefect")[-1]
    assert hosted.gone()


def test_grandchildren_end_with_the_child(hosted: Hosted) -> None:
    """Those that Ctrl-C does not reach: at a stop, and when the child dies by itself."""
    hosted.create("Stops", "leave=2", "wait")
    hosted.run("Stops", "left")
    assert len(left_over(hosted.lab)) == 4
    hosted.stop("Stops")
    assert hosted.gone()

    hosted.create("Dies", "leave=2", "exit=1")
    hosted.stopped("Dies")
    assert hosted.gone()


def test_a_host_that_is_killed_leaves_nothing(hosted: Hosted) -> None:
    """Windows sees a service that failed, and the job takes the tree with it."""
    hosted.create("Prefect", "leave=2", "wait")
    running = hosted.run("Prefect", "left")
    os.kill(running["pid"], signal.SIGKILL)
    stopped = wait(hosted.lab, "Prefect", codes.STOPPED)
    assert stopped["win32_exit"] == codes.PROCESS_ABORTED
    assert len(events(hosted.lab, 7034)) == 1
    assert hosted.gone()


def test_a_hundred_failures_leave_nothing_over(hosted: Hosted) -> None:
    """No process, no handle, no thread; each is in the log."""
    hosted.lab.install(r"C:\services\fail.exe", Path("/bin/sh"), ["-c", FAIL, "fail"])
    hosted.write(rf"{FOLDER}\counter", "")
    command = [r"C:\services\fail.exe", rf"{FOLDER}\counter"]
    hosted.create("Prefect", command=command, restarts={"count": 1000, "seconds": 600})
    counter = hosted.lab.path(rf"{FOLDER}\counter")
    host = hosted.run("Prefect")["pid"]
    until(lambda: len(counter.read_text()) >= 1, "it does not start")
    until(lambda: "the last" in "".join(hosted.log("Prefect")), "it stands still", 180)

    assert hosted.lab.service("Prefect")["pid"] == host
    assert hosted.numbers("Prefect") == [1, 3] * 100 + [1]
    assert len(left_over(hosted.lab)) == 2, commands(left_over(hosted.lab))
    assert files_of(host) < 40
    assert threads_of(host) < 8
    hosted.stop("Prefect")
    assert hosted.gone()


FAIL = """
printf x >> "$1"
if [ $(wc -c < "$1") -gt 100 ]; then echo the last; exec sleep 600; fi
sleep 600 &
exit 1
"""


def test_a_child_that_is_deaf_is_started_again(hosted: Hosted) -> None:
    """It lives and takes calls, but a page does not come."""
    # A machine that is busy must not look deaf: twice in a row it would need so long.
    with reserved_port() as port:
        probe = {"url": f"http://127.0.0.1:{port}/", "seconds": 0.05, "timeout": 1, "failures": 2}
        restarts = {"count": 1, "seconds": 60}
        hosted.create("Prefect", f"listen={port}", probe=probe, restarts=restarts)
        hosted.run("Prefect", "answered")
        hosted.write(rf"D:\deaf-{port}", "")
        until(lambda: 4 in hosted.numbers("Prefect"), "nobody noticed")
        until(lambda: hosted.log("Prefect")[-1] == "answered", "it does not come back")
    assert "deaf from now on" in hosted.log("Prefect")
    assert hosted.numbers("Prefect") == [1, 4, 1]
    assert "lives but does not answer; it is started again" in hosted.events("Prefect")[1][2]
    hosted.stop("Prefect")
    assert hosted.gone()


def test_a_child_that_never_answers_counts_as_failed(hosted: Hosted) -> None:
    """From the end of its time to start; restarts are limited as after a death."""
    with reserved_port() as port:
        probe = {"address": "127.0.0.1", "port": port, "seconds": 0.05, "failures": 1,
                 "start_seconds": 0.3}  # fmt: skip
        hosted.create("Prefect", "wait", probe=probe)
        stopped = hosted.stopped("Prefect")
    assert stopped["win32_exit"] == codes.PROCESS_ABORTED
    assert hosted.numbers("Prefect") == [1, 6]
    assert "lives but does not answer; after 0 restarts" in hosted.log("Prefect")[-1]
    assert hosted.gone()


def test_a_flood_of_output_is_cut_into_logs(hosted: Hosted) -> None:
    """Not more than is allowed, the newest kept, and the child is not held up."""
    log = {"path": rf"{FOLDER}\Prefect.log", "bytes": 100_000, "keep": 2}
    hosted.create("Prefect", "flood=5000000", "line=250000", "say=all said", "wait", log=log)
    hosted.run("Prefect", "all said")
    files = sorted(hosted.lab.path(FOLDER).glob("Prefect*.log"))
    assert len(files) == 3
    assert all(file.stat().st_size <= 100_000 for file in files)
    hosted.stop("Prefect")
    assert hosted.log("Prefect")[-2] == "good bye"
    assert hosted.gone()


def test_a_log_that_cannot_be_written_holds_nothing_up(hosted: Hosted) -> None:
    """The child runs on, Windows' event log has the reason once, and the log says what it lacks."""
    log = {"path": r"D:\none\Prefect.log"}
    hosted.create("Prefect", "flood=3000000", rf"once={FOLDER}\once", "wait", log=log)
    start(hosted.lab, "Prefect")
    until(hosted.lab.path(rf"{FOLDER}\once").exists, "the child is held up")
    wait(hosted.lab, "Prefect", codes.STOPPED)
    assert hosted.numbers("Prefect").count(13) == 1
    text = next(text for number, _, text in hosted.events("Prefect") if number == 13)
    assert text.startswith("the log cannot be written, output is lost: ")
    assert hosted.gone()


def test_only_the_settings_reach_prefect_and_python(hosted: Hosted) -> None:
    """Of what the machine has, nothing that would steer them unseen."""
    settings = {"PREFECT_HOME": "D:\\a b", "PASSWORD": "p\"w' %x% \\ é\n&|;$"}
    hosted.write(rf"{FOLDER}\settings.json", json.dumps(settings))
    environment = ["PREFECT_API_URL=machine", "PYTHONHASHSEED=7", "CONDA_X=1", "OTHER=kept"]
    hosted.create(
        "Prefect", "environment", "wait", settings=rf"{FOLDER}\settings.json",
        scm={"environment": environment},
    )  # fmt: skip
    hosted.run("Prefect", "OTHER")
    [line] = [line for line in hosted.log("Prefect") if line.startswith("{")]
    found = json.loads(line)
    assert {name: found[name] for name in settings} == settings
    assert found["OTHER"] == "kept"
    assert not {"PREFECT_API_URL", "PYTHONHASHSEED", "CONDA_X"} & set(found)
    assert "SystemRoot" in found
    hosted.stop("Prefect")


def test_no_error_box_holds_a_child_up(hosted: Hosted) -> None:
    """On a desktop that nobody sees, Windows would wait for an answer for ever."""
    code = "import win32api, win32con; print('mode', win32api.SetErrorMode(0), flush=True)"
    hosted.create("Prefect", command=[PYTHON, "-c", code])
    hosted.stopped("Prefect")
    assert "mode 1" in hosted.log("Prefect")  # SEM_FAILCRITICALERRORS


def test_settings_that_one_service_may_read_and_another_may_not(hosted: Hosted) -> None:
    """Both log on with the same account; their service SIDs tell them apart."""
    lab = hosted.lab
    sid = new_user(lab).sid
    let_log_on(lab, sid)
    settings = hosted.write(rf"{FOLDER}\settings.json", '{"SECRET": "s3cret"}')
    allow(lab, lab.path(FOLDER), (sid, MODIFY))
    for name in ("PrefectServer", "PrefectWorker"):
        hosted.create(
            name, "say=up", "wait", settings=rf"{FOLDER}\settings.json",
            scm={"account": r".\svc_prefect", "password": PASSWORD, "sid_type": 1},
        )  # fmt: skip
    allow(lab, settings, (service_sid("PrefectServer"), "FR"))

    hosted.run("PrefectServer", "up")
    stopped = hosted.stopped("PrefectWorker")
    assert (stopped["win32_exit"], stopped["specific_exit"]) == (1066, 11)
    assert events(lab, 7024) == [(7024, ["PrefectWorker", "%%11"])]
    [(number, level, text)] = hosted.events("PrefectWorker")
    assert (number, level) == (11, 2)
    assert text.startswith(rf"the settings {FOLDER}\settings.json cannot be read: ")
    assert text.endswith(r"\svc_prefect)")
    assert hosted.log("PrefectWorker")[-1].endswith(text)
    hosted.stop("PrefectServer")
    assert hosted.gone()


@pytest.mark.parametrize(
    ("changes", "code", "sentence"),
    [
        ({"stop_seconds": "x"}, 10, rf"the configuration {FOLDER}\Prefect.json cannot be used: stop_"),
        ({"settings": r"D:\none.json"}, 11, r"the settings D:\none.json cannot be read: "),
        ({"command": [r"D:\none.exe"]}, 12, r"D:\none.exe in D:\services cannot be started as "),
        ({"command": [r"D:\none\x.exe"]}, 12, "(error 3)"),
        ({"command": [PYTHON], "directory": r"D:\none"}, 12, "(error 267)"),
        ({"command": [rf"{FOLDER}\program.py"]}, 12, r"D:\services\program.py is not a valid Win32"),
    ],
)  # fmt: skip
def test_a_start_that_cannot_be(
    hosted: Hosted, changes: dict[str, Any], code: int, sentence: str
) -> None:
    """The service stops with a code of its own; log and event log have the sentence."""
    hosted.create("Prefect", **changes)
    stopped = hosted.stopped("Prefect")
    assert (stopped["win32_exit"], stopped["specific_exit"]) == (1066, code)
    [(number, level, text)] = hosted.events("Prefect")
    assert (number, level) == (code, 2)
    assert sentence in text
    assert hosted.log("Prefect")[-1].endswith(text)
    assert events(hosted.lab, 7024) == [(7024, ["Prefect", f"%%{code}"])]
    assert hosted.gone()


def test_no_configuration_at_all(hosted: Hosted) -> None:
    """Then only Windows' event log can have the reason."""
    hosted.create_bare("Prefect")
    assert hosted.stopped("Prefect")["specific_exit"] == 10
    assert (
        rf"the configuration {FOLDER}\Prefect.json cannot be used: "
        in hosted.events("Prefect")[0][2]
    )


def test_a_program_that_the_account_may_not_execute(hosted: Hosted) -> None:
    """Windows' error 5, and whose right is missing."""
    lab = hosted.lab
    sid = new_user(lab).sid
    let_log_on(lab, sid)
    allow(lab, lab.path(FOLDER), (sid, MODIFY))
    lab.install(r"D:\closed.exe", Path("/bin/true"))
    allow(lab, lab.path(r"D:\closed.exe"))
    hosted.create(
        "Prefect", command=[r"D:\closed.exe"],
        scm={"account": r".\svc_prefect", "password": PASSWORD},
    )  # fmt: skip
    assert hosted.stopped("Prefect")["specific_exit"] == 12
    assert hosted.numbers("Prefect") == [14, 12]
    text = hosted.events("Prefect")[-1][2]
    assert "svc_prefect: " in text
    assert text.endswith("(error 5)")


def test_a_wrong_password_and_a_missing_right(hosted: Hosted) -> None:
    """Windows starts nothing: 1069, event 7041 for the right, 7038 for the password."""
    lab = hosted.lab
    sid = new_user(lab).sid
    account = {"account": r".\svc_prefect", "password": PASSWORD}
    hosted.create("NoRight", "wait", scm=account)
    assert refusal(start, lab, "NoRight") == 1069
    let_log_on(lab, sid)
    hosted.create("WrongPassword", "wait", scm={**account, "password": "another"})
    assert refusal(start, lab, "WrongPassword") == 1069
    assert [(number, data[:2]) for number, data in events(lab, 7038, 7041)] == [
        (7041, ["NoRight", r".\svc_prefect"]),
        (7038, ["WrongPassword", r".\svc_prefect"]),
    ]
    assert hosted.log("NoRight") == hosted.log("WrongPassword") == []
    assert hosted.gone()


def test_a_restart_of_the_machine(hosted: Hosted) -> None:
    """The child ends in good order before, and comes back after."""
    hosted.create("Prefect", "say=up", "wait", scm={"start": codes.AUTO_START})
    hosted.run("Prefect", "up")
    reboot(hosted.lab)
    until(lambda: hosted.log("Prefect").count("up") == 2, "it did not come back")
    assert hosted.log("Prefect").count("good bye") == 1
    assert hosted.numbers("Prefect") == [1, 2, 1]
    hosted.stop("Prefect")
    assert hosted.gone()


def test_a_stop_right_after_the_start(hosted: Hosted) -> None:
    """Before the child has come to handle Ctrl-C."""
    hosted.create("Prefect", "wait", stop_seconds=1)
    hosted.run("Prefect")
    hosted.stop("Prefect")
    assert hosted.gone()


def test_a_stop_amid_failures(hosted: Hosted) -> None:
    """A child that keeps dying holds up no stop, and nothing is started after it."""
    hosted.lab.install(r"C:\services\fail.exe", Path("/bin/false"))
    restarts = {"count": 1000, "seconds": 60}
    hosted.create("Prefect", command=[r"C:\services\fail.exe"], restarts=restarts)
    hosted.run("Prefect")
    until(lambda: hosted.numbers("Prefect").count(3) >= 3, "it does not fail")
    assert hosted.stop("Prefect")["win32_exit"] == 0
    assert hosted.numbers("Prefect")[-1] == 2
    assert hosted.gone()


def spoil(hosted: Hosted, code: str) -> None:
    """Run this before everything else in each Python of the machine."""
    packages = hosted.lab.path(PYTHON).parent / "Lib" / "site-packages"
    (packages / "spoilt.py").write_text(code)
    (packages / "spoilt.pth").write_text("import spoilt\n")


def test_a_host_that_is_given_no_console(hosted: Hosted) -> None:
    """It serves all the same, says so, and does not wait for a Ctrl-C that nobody gets."""
    spoil(
        hosted,
        "import pywintypes, win32console\n"
        "def refuse(): raise pywintypes.error(8, 'AllocConsole', 'Not enough memory.')\n"
        "win32console.AllocConsole = refuse",
    )
    hosted.create("Prefect", "say=up", "leave=1", "wait", stop_seconds=600)
    hosted.run("Prefect", "left")
    assert hosted.stop("Prefect")["win32_exit"] == 0
    assert hosted.numbers("Prefect") == [15, 1, 15, 5]
    first, _, second, _ = [text for _, _, text in hosted.events("Prefect")]
    assert first == "there is no console of its own: Not enough memory. (error 8)"
    assert second == "Ctrl-C cannot be sent: The handle is invalid."
    assert hosted.gone()


def test_a_host_that_fails_itself(hosted: Hosted) -> None:
    """Its traceback is in both logs, its child ends with it, and Windows' recovery acts."""
    spoil(
        hosted,
        "import win32event\n"
        "def fail(*arguments): raise RuntimeError('of all things')\n"
        "win32event.WaitForMultipleObjects = fail",
    )
    hosted.create("Prefect", "leave=1", "wait")
    assert hosted.stopped("Prefect")["win32_exit"] == codes.PROCESS_ABORTED
    assert hosted.numbers("Prefect") == [1, 20]
    text = hosted.events("Prefect")[1][2]
    assert text.startswith("the service host failed:\nTraceback ")
    assert text.endswith("\nRuntimeError: of all things")
    assert "RuntimeError: of all things" in hosted.log("Prefect")
    assert len(events(hosted.lab, 7034)) == 1
    assert hosted.gone()


def test_a_virtual_environment_s_python_is_no_image_for_a_service(hosted: Hosted) -> None:
    """Its python.exe starts another process, which the control manager does not know: 1053."""
    hosted.lab.install_virtual_environment(r"D:\venv", r"C:\Program Files\Python311", pywin32=True)
    hosted.configure("Prefect", "wait")
    path = rf'"D:\venv\Scripts\python.exe" -I "{HOST}" run "{FOLDER}\Prefect.json"'
    request(hosted.lab.folder, "create", name="Prefect", settings={"path": path})
    assert refusal(start, hosted.lab, "Prefect") == codes.SERVICE_REQUEST_TIMEOUT


def test_at_a_prompt_it_says_who_starts_it(hosted: Hosted) -> None:
    """Error 1063 in a sentence."""
    said = hosted.python("-I", HOST, "run", rf"{FOLDER}\Prefect.json")
    assert said.returncode == 1
    assert said.stderr.startswith("only the control manager can start this: sc.exe start NAME.")


def test_a_log_that_somebody_reads_is_cut_nevertheless(hosted: Hosted) -> None:
    """Windows renames no file that is open elsewhere; the reader keeps the host from nothing."""
    log = {"path": rf"{FOLDER}\Prefect.log", "bytes": 20_000, "keep": 2}
    hosted.create("Prefect", "say=up", "flood=200000", rf"once={FOLDER}\x", "wait", log=log)
    hosted.write(rf"{FOLDER}\x", "")
    hosted.write(rf"{FOLDER}\Prefect.log", "")
    with reader(hosted, rf"{FOLDER}\Prefect.log"):
        hosted.run("Prefect", "flooded")
    files = sorted(hosted.lab.path(FOLDER).glob("Prefect*.log"))
    assert len(files) == 3
    assert all(0 < file.stat().st_size <= 20_000 for file in files)
    assert 13 not in hosted.numbers("Prefect")
    hosted.stop("Prefect")
    assert hosted.gone()


@contextmanager
def reader(hosted: Hosted, path: str) -> Iterator[None]:
    """A process of the lab that has a file open."""
    code = "import sys; f = open(sys.argv[1]); print('open', flush=True); sys.stdin.read()"
    environment = {"WINFRA_LAB": str(hosted.lab.folder), "USERNAME": "deploy"}
    command = [str(hosted.lab.path(PYTHON)), "-c", code, path]
    with subprocess.Popen(
        command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"open\n"
        yield
        process.communicate()
