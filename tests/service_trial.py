"""Services on the lab of ``trial``: a program for them, and what the lab itself says of them."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

from pyinfra.api.hiddenvalue import HiddenValue

from tests.trial import Trial
from winfra.lab import accounts as lab_accounts, event_log, json_lines, rights, well_known
from winfra.lab.scm import dispatcher, windows_services
from winfra.lab.scm.client import request
from winfra.lab.state import Lab
from winfra.services import Recovery

PROGRAM = r"C:\Example Services\example.exe"
KEY = r"HKLM\SYSTEM\CurrentControlSet\Services"
PASSWORD = HiddenValue("Corr3ct-Horse'\"$é")
WANTED: dict[str, Any] = {
    "enabled": True,
    "path": [PROGRAM, "--data", r"D:\services\a b"],
    "display_name": "An example",
    "description": 'It\'s "one" & more',
    "account": "svc_prefect",
    "password": PASSWORD,
    "dependencies": ["EventLog"],
    "recovery": Recovery([("restart", 5), ("restart", 30), ("none", 60)]),
    "sid_type": "unrestricted",
    "privileges": ["SeChangeNotifyPrivilege"],
    "preshutdown_seconds": 60,
    "environment": {"TEST_HOME": "a b=c;é", "TEST_EMPTY": ""},
}
HOST = "@lab/trial"
_OWN = {one.name.lower() for one in windows_services.SERVICES}
_SCRIPT = Path(__file__).with_name("service_program.py")


def clean(trial: Trial) -> None:
    """A machine with no services but its own, the program in its place, and no account."""
    lab = trial.lab
    for one in request(lab.folder, "list"):
        if one["name"].lower() not in _OWN:
            remove(lab, one["name"])
    trial.host.connector_data.clear()
    event_log.clear(lab.folder)
    lab.keys.remove(r"HKLM\SYSTEM\CurrentControlSet\Control", "ServicesPipeTimeout")
    install(lab)
    lab.path(r"D:\services").mkdir(exist_ok=True)


def install(lab: Lab, path: str = PROGRAM) -> None:
    arguments = [str(_SCRIPT), str(Path(dispatcher.__file__))]
    lab.install(path, Path(sys.executable), arguments)


def remove(lab: Lab, name: str) -> None:
    lab.keys.set(rf"{KEY}\{name}", "FailureActions", b"")
    if pid := status(lab, name).get("pid"):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        wait(lambda: status(lab, name)["state"] == 1)
    request(lab.folder, "delete", name=name)


def status(lab: Lab, name: str) -> dict[str, Any]:
    """What the lab's control manager has written down; empty without the service."""
    found: dict[str, dict[str, Any]] = lab.read_state("services")
    return next((one for key, one in found.items() if key.lower() == name.lower()), {})


def is_running(lab: Lab, name: str) -> bool:
    return status(lab, name).get("state") == 4


def process(lab: Lab, name: str) -> int:
    found: int = status(lab, name)["pid"]
    return found


def stored(lab: Lab, name: str) -> dict[str, Any]:
    """The service's values in the registry."""
    return {value: data for value, (_, data) in lab.keys.values(rf"{KEY}\{name}").items()}


def spoil(lab: Lab, name: str, value: str, data: Any) -> None:
    """Change a value behind everybody's back; ``None`` removes it."""
    if data is None:
        lab.keys.remove(rf"{KEY}\{name}", value)
    else:
        lab.keys.set(rf"{KEY}\{name}", value, data, lab.keys.kind(rf"{KEY}\{name}", value))


def tell(lab: Lab, name: str, **behaviour: Any) -> None:
    """What the program is to do as this service (``tests/service_program.py``)."""
    lab.path(r"D:\services").mkdir(exist_ok=True)
    lab.path(rf"D:\services\{name}.json").write_text(json.dumps(behaviour))


def starts(lab: Lab, name: str) -> list[dict[str, Any]]:
    """What the program noted at each start."""
    return json_lines.read(lab.path(rf"D:\services\{name}.started"))


def make(lab: Lab, name: str, **settings: Any) -> None:
    """A service that somebody else has made."""
    request(lab.folder, "create", name=name, settings={"path": f'"{PROGRAM}"', **settings})


def run(lab: Lab, name: str) -> None:
    request(lab.folder, "start", name=name)
    wait(lambda: is_running(lab, name))


def account(trial: Trial, name: str = "svc_prefect", password: HiddenValue = PASSWORD) -> str:
    """An account that may log on as a service; its SID."""
    folder = trial.lab.folder
    with lab_accounts.changing(folder) as database:
        user = database.user(name)
        if user is None:
            user = lab_accounts.User(name, database.new_sid(), password_expires=False)
            database.users.append(user)
            database._join(user, well_known.USERS, member=True)
        database.set_password(user, password.unmask())
        sid = user.sid
    granted = rights.read(folder).get("SeServiceLogonRight", [])
    rights.write(folder, {"SeServiceLogonRight": [*{*granted, sid}]}, "a test")
    return sid


def events(lab: Lab, number: int) -> list[dict[str, Any]]:
    return event_log.read(lab.folder, "System", event_id=number)


def wait(condition: Any, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it does not come about"
        time.sleep(0.02)
