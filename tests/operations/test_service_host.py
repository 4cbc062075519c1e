"""Services of the service host on a lab; its drives, registry and event logs are the witness."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pyinfra.api import OperationValueError
from pyinfra.api.hiddenvalue import HiddenValue

from tests.files.service_host.hosted import PYTHON, SOURCE, allow
from tests.lab.scm.services import left_over
from tests.service_trial import (
    KEY,
    PASSWORD,
    account,
    clean,
    is_running,
    process,
    status,
    stored,
    wait,
)
from tests.trial import Trial, failing, no_host
from winfra.facts.service_host import Digests
from winfra.lab import event_log
from winfra.lab.sids import service_sid
from winfra.messages import service_host as messages, services as service_messages
from winfra.operations import files, service_host
from winfra.service_host import Probe, Restarts

FOLDER = r"D:\prefect_data"
HOST = rf"{FOLDER}\service_host"
CODE = """
import os, sys, time
print("up as", os.environ["USERNAME"], os.environ.get("PREFECT_X"), flush=True)
try:
    time.sleep(600)
except KeyboardInterrupt:
    print("good bye", flush=True)
"""
WANTED: dict[str, Any] = {
    "service": "Example",
    "command": [PYTHON, "-c", CODE],
    "configuration": rf"{FOLDER}\Example.json",
    "folder": HOST,
    "directory": FOLDER,
    "log": rf"{FOLDER}\logs\Example.log",
    "settings": rf"{FOLDER}\settings.json",
    "description": "An example",
    "stop_seconds": 10,
    "restarts": Restarts(1, 60),
}
AS: dict[str, Any] = {"account": "svc_prefect", "password": PASSWORD}


@pytest.fixture(autouse=True)
def _place(trial: Trial) -> Iterator[None]:
    """A machine with Python, the service host, the account and its folders."""
    clean(trial)
    lab = trial.lab
    if not lab.path(PYTHON).exists():
        lab.install_python()
    shutil.copytree(SOURCE, lab.path(HOST), ignore=shutil.ignore_patterns("__pycache__"))
    lab.path(rf"{FOLDER}\logs").mkdir()
    sid = account(trial)
    allow(lab, lab.path(FOLDER), (sid, "0x1200a9"))
    allow(lab, lab.path(rf"{FOLDER}\logs"), (sid, "0x1301bf"))
    lab.path(rf"{FOLDER}\settings.json").write_text('{"PREFECT_X": "one"}')
    lab.path(rf"{FOLDER}\logs\check.json").write_text('{"PREFECT_X": "check"}')
    yield
    clean(trial)
    assert left_over(lab) == []


def log(trial: Trial) -> list[str]:
    return trial.lab.path(rf"{FOLDER}\logs\Example.log").read_text().splitlines()


def test_a_program_becomes_a_service(trial: Trial) -> None:
    """Dry says so and does nothing; then it runs as its account; again, nothing."""
    lab, wanted = trial.lab, {**WANTED, **AS}
    dry = trial.dry(service_host.service, **wanted)
    assert dry.will_change
    assert rf"Will create file {FOLDER}\Example.json" in dry.output
    assert "Will create service Example" in dry.output
    assert "restart after 5 s, restart after 30 s, restart after 60 s" in dry.output
    assert r"EventLog\Application\Example\EventMessageFile" in dry.output
    assert status(lab, "Example") == {}
    assert not lab.path(rf"{FOLDER}\Example.json").exists()

    applied = trial.run(service_host.service, **wanted)
    assert applied.changed, applied.output
    found = stored(lab, "Example")
    assert found["ImagePath"] == rf'"{PYTHON}" -I {HOST} run {FOLDER}\Example.json'
    assert (found["Start"], found["ObjectName"], found["ServiceSidType"]) == (
        2,
        r".\svc_prefect",
        1,
    )
    assert found["PreshutdownTimeout"] == 25_000
    wait(lambda: "up as svc_prefect one" in log(trial))
    assert is_running(lab, "Example")
    source = lab.keys.values(r"HKLM\SYSTEM\CurrentControlSet\Services\EventLog\Application\Example")
    assert {name: data for name, (_, data) in source.items()} == {
        "EventMessageFile": r"%SystemRoot%\System32\EventCreate.exe", "TypesSupported": 7,
    }  # fmt: skip

    again = trial.run(service_host.service, **wanted)
    assert (again.changed, again.will_change, again.failed) == (False, False, False), again.output
    assert "noop: service Example is as wanted" in again.output


def change_settings(trial: Trial) -> None:
    trial.lab.path(rf"{FOLDER}\settings.json").write_text('{"PREFECT_X": "two"}')


def change_host(trial: Trial) -> None:
    (trial.lab.path(HOST) / "hosting" / "new.py").write_text("")


def change_interpreter(trial: Trial) -> None:
    folder = trial.lab.path(PYTHON).parent
    (folder / "python311.dll").write_text(str(trial.lab.path(FOLDER).stat().st_ino))


def change_packages(trial: Trial) -> None:
    packages = trial.lab.path(PYTHON).parent / "Lib" / "site-packages"
    (packages / "new-1.0.dist-info").mkdir(exist_ok=True)
    (packages / "new-1.0.dist-info" / "RECORD").write_text(
        str(trial.lab.path(FOLDER).stat().st_ino)
    )


@pytest.mark.parametrize(
    ("change", "part"),
    [
        (change_settings, "settings"),
        (change_host, "host"),
        (change_interpreter, "interpreter"),
        (change_packages, "packages"),
    ],
)
def test_what_it_was_started_from_has_changed(trial: Trial, change: Any, part: str) -> None:
    """Also by a run that was killed before it restarted it: dry says why; then nothing."""
    wanted = {**WANTED, **AS}
    trial.run(service_host.service, **wanted)
    before = process(trial.lab, "Example")
    change(trial)

    dry = trial.dry(service_host.service, **wanted)
    assert f"started from {part}" in dry.output
    assert f"restarted ({part})" in dry.output
    assert process(trial.lab, "Example") == before
    assert trial.run(service_host.service, **wanted).changed
    assert process(trial.lab, "Example") != before
    wait(lambda: log(trial).count("good bye") == 1)
    assert not trial.run(service_host.service, **wanted).changed


def test_another_configuration_restarts_it(trial: Trial) -> None:
    """The dry run foresees it, though the file is not written yet."""
    trial.run(service_host.service, **WANTED)
    wanted = {**WANTED, "probe": Probe(port=1, seconds=60)}
    dry = trial.dry(service_host.service, **wanted)
    assert rf"Will change file {FOLDER}\Example.json" in dry.output
    assert "restarted (configuration)" in dry.output
    before = process(trial.lab, "Example")
    assert trial.run(service_host.service, **wanted).changed
    assert process(trial.lab, "Example") != before
    assert not trial.run(service_host.service, **wanted).changed


def test_what_needs_no_restart_gets_none(trial: Trial) -> None:
    """A description is Windows' own matter."""
    trial.run(service_host.service, **WANTED)
    before = process(trial.lab, "Example")
    assert trial.run(service_host.service, **{**WANTED, "description": "Another"}).changed
    assert process(trial.lab, "Example") == before


def test_a_digest_that_is_known_better_here(trial: Trial) -> None:
    """Of settings that an earlier operation of the same run is about to write."""
    trial.run(service_host.service, **WANTED)
    digest = hashlib.sha256(b"new").hexdigest()
    dry = trial.dry(service_host.service, **WANTED, started_from={"settings": digest})
    assert "restarted (settings)" in dry.output
    assert digest[:12] in dry.output


def test_why_it_does_not_start(trial: Trial) -> None:
    """The host's own sentence, from the event log and from its log."""
    wanted = {**WANTED, **AS}
    allow(trial.lab, trial.lab.path(rf"{FOLDER}\settings.json"))
    failed = trial.run(service_host.service, **wanted)
    assert failed.failed
    text = service_messages.SPECIFIC.text(service="Example", host=trial.host.name, specific=11)
    assert text in failed.output
    assert rf"event 11: the settings {FOLDER}\settings.json cannot be read: " in failed.output
    assert r"\svc_prefect)" in log(trial)[-1]


def test_a_service_is_removed(trial: Trial) -> None:
    """With its configuration and its source of events; its log stays."""
    trial.run(service_host.service, **WANTED)
    gone = {"service": "Example", "configuration": WANTED["configuration"], "present": False}
    dry = trial.dry(service_host.service, **gone)
    assert "Will remove service Example" in dry.output
    assert rf"Will remove file {FOLDER}\Example.json" in dry.output
    assert trial.run(service_host.service, **gone).changed
    assert status(trial.lab, "Example") == {}
    assert not trial.lab.path(rf"{FOLDER}\Example.json").exists()
    source = r"HKLM\SYSTEM\CurrentControlSet\Services\EventLog\Application\Example"
    assert not trial.lab.keys.exists(source)
    assert log(trial)
    assert not trial.run(service_host.service, **gone).changed


def test_the_host_is_not_there_yet(trial: Trial) -> None:
    """A dry run on a bare machine foresees the service all the same."""
    shutil.rmtree(trial.lab.path(HOST))
    for folder in (HOST, r"Q:\host"):
        assert trial.fact(Digests, folder=folder, python=PYTHON, configuration="{}") is None
    dry = trial.dry(service_host.service, **WANTED)
    assert "Will create service Example" in dry.output
    assert not dry.failed


def test_a_host_that_cannot_say_what_it_would_start(trial: Trial) -> None:
    """Half a host, as a run that was cut off leaves it; an earlier operation may still mend it."""
    (trial.lab.path(HOST) / "hosting" / "configuration.py").unlink()
    dry = trial.dry(service_host.service, **WANTED)
    assert not dry.failed, dry.output
    assert "Will create service Example" in dry.output
    failed = trial.run(service_host.service, **WANTED)
    assert failed.failed
    beginning = messages.DIGESTS_FAILED.problem.split("{reason}")[0].format(folder=HOST)
    assert f"{beginning}ImportError: cannot import name 'configuration'" in failed.output


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"command": []}, "command: it is no list of a program"),
        ({"configuration": "x.json"}, "configuration: 'x.json' is no path"),
        ({"log": "x.log"}, "log: 'x.log' is no path"),
        ({"folder": "x"}, "folder: 'x' is no path"),
        ({"stop_seconds": -1}, "stop_seconds: -1 is no number"),
        ({"log_keep": -1}, "log_keep: -1 is no whole number"),
        ({"sid_type": "x"}, "sid_type: 'x' is none of"),
        ({"password": "x"}, "password: there is no account that it belongs to"),
        ({"service": "a/b"}, "service: 'a/b' is no name of a service"),
    ],
)
def test_arguments_that_are_refused(changes: dict[str, Any], reason: str) -> None:
    """Before a host is asked."""
    with no_host(), pytest.raises(OperationValueError) as caught:
        list(service_host.service._inner(**{**WANTED, **changes}))
    assert reason in str(caught.value)


def test_a_refusal_says_where_to_look() -> None:
    """As every sentence does."""
    with no_host(), pytest.raises(OperationValueError) as caught:
        list(service_host.service._inner(**{**WANTED, "stop_seconds": -1}))
    reason = "-1 is no number from 0 to 3600"
    assert str(caught.value) == messages.REFUSED.text(argument="stop_seconds", reason=reason)


CHECK: dict[str, Any] = {
    "command": [
        PYTHON,
        "-uc",
        "import os; print('I am', os.environ['USERNAME'], os.environ['PREFECT_X'])",
    ],
    "account": "svc_prefect",
    "password": PASSWORD,
    "folder": HOST,
    "python": PYTHON,
    "directory": FOLDER,
    "settings": rf"{FOLDER}\logs\check.json",
}


def nothing_left(trial: Trial) -> bool:
    place = trial.lab.path(r"C:\ProgramData\winfra-check")
    return not trial.lab.keys.exists(rf"{KEY}\winfra-check") and not place.exists()


def test_a_command_runs_as_the_account(trial: Trial) -> None:
    """Dry only says so; its output is shown, and nothing of the way stays; no secret is on show."""
    dry = trial.dry(service_host.check, **CHECK)
    assert dry.will_change
    assert f"Will run {PYTHON} as svc_prefect" in dry.output
    assert nothing_left(trial)
    trial.lab.clear_logs()
    ran = trial.run(service_host.check, **CHECK)
    assert ran.changed
    assert not ran.failed, ran.output
    assert "I am svc_prefect check" in ran.output
    assert nothing_left(trial)
    assert PASSWORD.unmask() not in json.dumps(trial.lab.processes())
    assert PASSWORD.unmask() not in ran.output


def test_a_command_reads_what_only_commands_may(trial: Trial) -> None:
    """Its settings are for the check's own SID; variables beside them win."""
    file = trial.lab.path(rf"{FOLDER}\logs\check.json")
    file.write_text('{"PREFECT_X": "from the file", "PREFECT_Y": "file"}')
    allow(trial.lab, file, (service_sid("winfra-check"), "0x120089"))
    code = "import os; print(os.environ['PREFECT_X'], 'and', os.environ['PREFECT_Y'])"
    given = {**CHECK, "command": [PYTHON, "-uc", code], "environment": {"PREFECT_Y": "beside"}}
    ran = trial.run(service_host.check, **given)
    assert not ran.failed, ran.output
    assert "from the file and beside" in ran.output


def test_a_command_runs_in_place_of_another_services_account(trial: Trial) -> None:
    r"""As NT SERVICE\winfra-check: as a virtual account only its own service logs on."""
    sid = service_sid("winfra-check")
    rights = {FOLDER: "0x1200a9", rf"{FOLDER}\logs\check.json": "0x120089"}
    for path, right in rights.items():
        allow(trial.lab, trial.lab.path(path), (sid, right))
    given = {**CHECK, "account": r"NT SERVICE\Example", "password": None}
    ran = trial.run(service_host.check, **given)
    assert not ran.failed, ran.output
    assert (
        rf"Will run {PYTHON} as NT SERVICE\winfra-check"
        in trial.dry(service_host.check, **given).output
    )
    assert "I am winfra-check check" in ran.output
    assert nothing_left(trial)


@pytest.mark.parametrize(
    ("changes", "message", "values"),
    [
        (
            {"command": [PYTHON, "-uc", "print('first'); raise SystemExit(3)"]},
            messages.CHECK_FAILED,
            {"command": PYTHON, "account": "svc_prefect", "code": 3},
        ),
        (
            {
                "command": [PYTHON, "-uc", "print('first'); import time; time.sleep(60)"],
                "seconds": 2,
            },
            messages.CHECK_TIMEOUT,
            {"command": PYTHON, "account": "svc_prefect", "seconds": 2},
        ),
        (
            {"password": HiddenValue("another")},
            service_messages.LOGON,
            {"service": "winfra-check", "account": "svc_prefect"},
        ),
    ],
)
def test_a_command_that_fails(
    trial: Trial, changes: dict[str, Any], message: Any, values: dict[str, Any]
) -> None:
    """The reason is shown, after its output; nothing of the way stays."""
    ran = trial.run(service_host.check, **{**CHECK, **changes})
    assert ran.failed
    assert message.text(host=trial.host.name, **values) in ran.output
    assert ("first" in ran.output) == ("command" in changes)
    assert nothing_left(trial)


def test_a_command_that_the_account_may_not_start(trial: Trial) -> None:
    """Windows' error 5, as the host met it."""
    trial.lab.install(r"D:\closed.exe", Path("/bin/true"))
    allow(trial.lab, trial.lab.path(r"D:\closed.exe"))
    ran = trial.run(service_host.check, **{**CHECK, "command": [r"D:\closed.exe"]})
    assert ran.failed
    problem = "Access is denied. (error 5)"
    assert (
        messages.CHECK_NOT_STARTED.text(
            command=r"D:\closed.exe", host=trial.host.name, account="svc_prefect", problem=problem
        )
        in ran.output
    )
    assert nothing_left(trial)


def test_a_host_that_gives_no_answer(trial: Trial) -> None:
    """What it and Windows logged is shown."""
    broken = "def run(*given):\n    raise RuntimeError('broken')\n"
    (trial.lab.path(HOST) / "hosting" / "check.py").write_text(broken)
    ran = trial.run(service_host.check, **CHECK)
    assert ran.failed
    beginning = messages.CHECK_NO_ANSWER.problem.split(" (exit")[0]
    assert beginning.format(service="winfra-check", host=trial.host.name) in ran.output
    assert "event 7034: The winfra-check service terminated unexpectedly." in ran.output
    assert "RuntimeError: broken" in ran.output
    assert nothing_left(trial)


def test_a_service_that_cannot_be_made(trial: Trial) -> None:
    """Windows' error, with the step that it refused; nothing of the way stays."""
    with failing(trial.lab, "sc.exe", "[SC] OpenSCManager FAILED 5", 5, when="create"):
        ran = trial.run(service_host.check, **CHECK)
    text = service_messages.DENIED.text(
        service="winfra-check", host=trial.host.name, account="svc_prefect", path=PYTHON
    )
    assert text in ran.output
    assert nothing_left(trial)


def test_a_service_whose_sid_cannot_be_set(trial: Trial) -> None:
    """It would lack the SID that its settings are for."""
    with failing(trial.lab, "sc.exe", "[SC] OpenService FAILED 5", 5, when="sidtype"):
        ran = trial.run(service_host.check, **CHECK)
    assert "winfra-check" in ran.output
    assert ran.failed
    assert nothing_left(trial)


def test_an_account_that_no_service_can_have(trial: Trial) -> None:
    """A group, for example: error 1057."""
    ran = trial.run(service_host.check, **{**CHECK, "account": r"BUILTIN\Users"})
    assert "no account for services (error 1057)" in ran.output
    assert nothing_left(trial)


def test_what_an_earlier_run_left_is_no_obstacle(trial: Trial) -> None:
    """One that was cut off; one that still runs is left alone."""
    from winfra.lab.scm.client import request

    lab = trial.lab
    image = {"path": rf'"{PYTHON}" -I "{HOST}" check "D:\none.json"'}
    request(lab.folder, "create", name="winfra-check", settings=image)
    lab.path(r"C:\ProgramData\winfra-check").mkdir()
    assert not trial.run(service_host.check, **CHECK).failed
    assert nothing_left(trial)

    sleep = {"command": [PYTHON, "-c", "import time; time.sleep(60)"], "directory": FOLDER}
    lab.path(r"D:\sleep.json").write_text(json.dumps({**sleep, "output": r"D:\out.json"}))
    image = {"path": rf'"{PYTHON}" -I "{HOST}" check "D:\sleep.json"'}
    request(lab.folder, "create", name="winfra-check", settings=image)
    request(lab.folder, "start", name="winfra-check")
    wait(lambda: is_running(lab, "winfra-check"))
    ran = trial.run(service_host.check, **CHECK)
    assert messages.CHECK_RUNS.text(Service="winfra-check") in ran.output
    assert is_running(lab, "winfra-check")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"password": None}, "password: svc_prefect logs on with one"),
        ({"seconds": 0}, "seconds: 0 is no time to wait"),
        ({"command": []}, "command: it is no list"),
    ],
)
def test_arguments_of_a_check_that_are_refused(changes: dict[str, Any], reason: str) -> None:
    """Before a host is asked."""
    with no_host(), pytest.raises(OperationValueError) as caught:
        list(service_host.check._inner(**{**CHECK, **changes}))
    assert reason in str(caught.value)


def test_the_host_comes_by_files_sync(trial: Trial) -> None:
    """The folder of the repository is the host; sent again, nothing changes."""
    shutil.rmtree(trial.lab.path(HOST))
    assert trial.run(files.sync, str(SOURCE), HOST, delete=True).changed
    assert not trial.run(files.sync, str(SOURCE), HOST, delete=True).changed
    assert trial.run(service_host.service, **WANTED).changed
    assert is_running(trial.lab, "Example")
    assert [
        one["id"]
        for one in event_log.read(trial.lab.folder, "Application")
        if one["provider"] == "Example"
    ] == [1]
