"""Labs: started once, stopped, reset, side by side."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import psutil
import pytest
from winrm.exceptions import InvalidCredentialsError
from winrm.protocol import Protocol

from tests.harness import connected
from winfra.lab import __main__ as program
from winfra.lab.connector import LabConnector
from winfra.lab.endpoint_config import User
from winfra.lab.fixtures import LabFactory
from winfra.lab.machine import Machine
from winfra.lab.state import Lab, all_labs
from winfra.messages import Message, lab as messages


def protocol(lab: Lab, transport: str = "ntlm", scheme: str = "https") -> Protocol:
    """A client that knows nothing of the lab but what an inventory says."""
    data = lab.host_data(transport, scheme)
    return Protocol(
        f"{scheme}://localhost:{data['winrm_port']}/wsman",
        transport=data["winrm_transport"],
        username=data["winrm_user"],
        password=data["winrm_password"],
        ca_trust_path=data.get("winrm_ca_trust_path", "legacy_requests"),
    )


def ask(client: Protocol, command: str) -> tuple[str, int]:
    """What a command in a shell of its own writes, and its exit code."""
    shell = client.open_shell()
    identity = client.run_command(shell, command)
    output, _, code = client.get_command_output(shell, identity)
    client.cleanup_command(shell, identity)
    client.close_shell(shell)
    return output.decode().strip(), code


def sentence(message: Message, **values: object) -> str:
    return message.text(**values)


@pytest.mark.parametrize(
    ("transport", "scheme"), [("ntlm", "https"), ("ntlm", "http"), ("basic", "https")]
)
def test_host_data_reaches_the_lab(lab: Lab, transport: str, scheme: str) -> None:
    """The data that a lab gives for an inventory are enough for a WinRM client."""
    assert ask(protocol(lab, transport, scheme), "hostname") == ("WINLAB", 0)


def test_large_exit_code_over_the_wire(lab: Lab) -> None:
    """Exit codes are Windows' 32 bits at the client, too."""
    assert ask(protocol(lab), "exit 9009")[1] == 9009


def test_ends_with_its_folder(lab_factory: LabFactory) -> None:
    """A lab whose folder is deleted ends by itself."""
    lab = lab_factory("deleted")
    running = lab.running
    assert running is not None
    shutil.rmtree(lab.folder, ignore_errors=True)

    deadline = time.monotonic() + 15
    while running.alive and time.monotonic() < deadline:
        time.sleep(0.05)

    assert not running.alive


def test_removing_leaves_no_folder_open(tmp_path: Path) -> None:
    """What has been removed is closed at once, also in a process of pyinfra's, whose files are few."""
    for number in range(100):
        (tmp_path / "lab" / f"{number}").mkdir(parents=True)

    shutil.rmtree(tmp_path / "lab")

    opened = [file.readlink() for file in Path("/proc/self/fd").glob("*") if file.is_symlink()]
    assert not [file for file in opened if file.is_relative_to(tmp_path)]


def test_concurrent_starts_make_one_lab(tmp_path: Path) -> None:
    """Several that start a lab at once end up with the same one."""
    environment = {**os.environ, "WINFRA_LAB_HOME": str(tmp_path)}
    command = [sys.executable, "-m", "winfra.lab", "start", "one"]
    starting = [
        subprocess.Popen(command, env=environment, stdout=subprocess.PIPE) for _ in range(3)
    ]
    outputs = [process.communicate(timeout=60)[0] for process in starting]
    lab = Lab("one", tmp_path)
    try:
        number = lab.status()["pid"]

        assert all(str(number).encode() in output for output in outputs)
    finally:
        lab.remove()


def test_labs_side_by_side(lab: Lab, lab_factory: LabFactory) -> None:
    """Two labs have their own ports, users and drives."""
    other = lab_factory("other", host_name="OTHER")
    lab.path(r"D:\here").mkdir()

    assert ask(protocol(other), "hostname")[0] == "OTHER"
    assert not other.path(r"D:\here").exists()
    assert lab.config.users[0].password != other.config.users[0].password
    assert {"windows", "other"} <= {one.name for one in all_labs(lab.home)}


def test_only_the_loopback(lab: Lab) -> None:
    """Nothing of a lab listens to other machines."""
    running = lab.running
    assert running is not None
    listening = [
        connection.laddr.ip
        for connection in psutil.Process(running.pid).net_connections("inet")
        if connection.status == psutil.CONN_LISTEN
    ]

    assert listening
    assert set(listening) == {"127.0.0.1"}


def test_reset_makes_a_bare_machine(lab: Lab) -> None:
    """A reset ends what runs, and takes back every change."""
    state = lab.snapshot()
    lab.path(r"D:\x").mkdir()
    lab.keys.set(r"HKLM\SOFTWARE\X", "y", 1)
    lab.configure(language_mode="ConstrainedLanguage")
    client = protocol(lab)
    shell = client.open_shell()
    client.run_command(shell, "ping -n 60 localhost")

    lab.reset()

    after = lab.snapshot()
    # The machine's SID is new, and with it those of its accounts; so is the time of its start.
    changing = {"state/system.json": "", "state/accounts.json": ""}
    assert after | changing == state | changing
    assert list(Machine(lab).processes()) == []
    assert lab.config.language_mode == "FullLanguage"
    assert lab.processes() == []


def test_stop_and_start_keep_the_machine(lab_factory: LabFactory) -> None:
    """Stopping ends all processes, not the machine's contents."""
    lab = lab_factory("kept")
    lab.path(r"D:\kept.txt").write_text("x")
    process = Machine(lab).start("ping -n 60 localhost")

    lab.stop()

    process.communicate(timeout=10)
    assert lab.status()["state"] == "stopped"
    with pytest.raises(ConnectionError) as caught:
        lab.reboot()
    assert str(caught.value) == sentence(messages.NOT_RUNNING, name="kept")
    lab.start()
    assert lab.path(r"D:\kept.txt").read_text() == "x"


def test_stale_number_is_no_running_lab(lab_factory: LabFactory) -> None:
    """A process that was killed, or a number that another process has now, is not the lab."""
    lab = lab_factory("stale")
    running = lab.running
    assert running is not None
    os.kill(running.pid, signal.SIGKILL)
    psutil.wait_procs([psutil.Process(running.pid)] if psutil.pid_exists(running.pid) else [], 5)
    assert lab.running is None
    file = lab.folder / "daemon.json"
    recorded = json.loads(file.read_text())
    file.write_text(json.dumps({**recorded, "pid": os.getpid()}))

    assert lab.running is None
    lab.stop()
    lab.start()
    assert ask(protocol(lab), "hostname")[0] == "WINLAB"


def test_failed_start_says_why(tmp_path: Path) -> None:
    """A port that is taken: the sentence names the lab, the reason and the log."""
    lab = Lab("failing", tmp_path)
    lab.make()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        lab.configure(http_port=taken.getsockname()[1])
        with pytest.raises(ConnectionError) as caught:
            lab.start()

    reason = (lab.folder / "daemon.failed").read_text()
    log = lab.folder / "daemon.log"
    assert "Address already in use" in reason
    assert str(caught.value) == sentence(
        messages.NOT_STARTED, name="failing", reason=reason, log=log
    )
    assert str(log) in str(caught.value)


def test_a_lab_of_another_version_is_made_afresh_only_when_asked(tmp_path: Path) -> None:
    """Its programs may be missing, or start a Python that is gone: said before anything runs in it."""
    lab = Lab("older", tmp_path)
    lab.make()
    (lab.folder / "run" / "made_by").write_text("another")
    kept = lab.path(r"D:\kept.txt")
    kept.touch()

    with pytest.raises(ConnectionError) as caught:
        lab.start()

    assert str(caught.value) == sentence(messages.OTHER_MAKER, name="older")
    assert kept.exists()
    lab.reset()
    assert not kept.exists()
    try:
        lab.start()
        assert lab.running
    finally:
        lab.remove()


@pytest.mark.parametrize("name", ["", "../x", "a b", "x" * 33])
def test_bad_names(name: str) -> None:
    """A name that could be a path is refused."""
    with pytest.raises(ValueError, match="is no name") as caught:
        Lab(name)

    assert str(caught.value) == sentence(messages.BAD_NAME, name=name)


def test_program(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """start, status, reset and stop, each with a small table."""
    monkeypatch.setenv("WINFRA_LAB_HOME", str(tmp_path))
    states = []
    for command in ("status", "start", "status", "reset", "stop"):
        assert program.main([command, "mine"]) == 0
        states.append(capsys.readouterr().out.splitlines()[1].split()[1:])

    assert [words[0] for words in states] == ["not", "running", "running", "running", "stopped"]
    assert program.main(["status"]) == 0
    assert program.main(["start", "no/name"]) == 1
    assert "is no name for a lab" in capsys.readouterr().err


def test_home_is_beside_the_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without WINFRA_LAB_HOME labs are in .lab of the current folder."""
    monkeypatch.delenv("WINFRA_LAB_HOME", raising=False)
    monkeypatch.chdir(tmp_path)

    assert Lab().folder == tmp_path / ".lab" / "windows"


def test_settings_are_followed_at_once(lab: Lab) -> None:
    """A change in config.json takes effect in the running lab."""
    client = protocol(lab)
    user = lab.config.users[0]
    assert ask(client, "hostname")[1] == 0
    lab.configure(users=(replace(user, disabled=True),))

    with pytest.raises(InvalidCredentialsError):
        ask(client_of(lab, user), "hostname")


def client_of(lab: Lab, user: User) -> Protocol:
    return Protocol(
        f"https://localhost:{lab.https_port}/wsman",
        transport="ntlm",
        username=user.name,
        password=user.password,
        ca_trust_path=str(lab.ca_file),
    )


def test_connector_names_a_lab_without_starting_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What @lab/NAME yields has no secret and makes nothing; connecting starts the lab."""
    monkeypatch.setenv("WINFRA_LAB_HOME", str(tmp_path))
    lab = Lab("first", tmp_path)
    try:
        named = list(LabConnector.make_names_data("first"))
        assert named == [("@lab/first", {"lab_name": "first"}, [])]
        assert not lab.exists

        with connected(lab) as state:
            (host,) = state.inventory
            password = host.connector.data["winrm_password"]

        assert lab.running
        assert lab.config.users[0].password not in repr(password)
    finally:
        lab.remove()
