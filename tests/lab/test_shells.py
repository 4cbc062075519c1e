"""Shells and the commands in them, as pywinrm's Protocol sees them."""

from __future__ import annotations

import hashlib
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
from winrm.exceptions import WinRMOperationTimeoutError, WSManFaultError
from winrm.protocol import Protocol

from tests.lab.endpoint_process import ADMIN, PLAIN, Served, processes, serving
from winfra.lab.endpoint_config import Fault, Quotas, Timeouts, User

NO_SHELL = 0x8033805B
CAT = "C:/bin/cat"
SH = "C:/bin/sh"


@pytest.fixture(scope="module")
def process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(tmp_path_factory.mktemp("shells")) as served:
        yield served


@pytest.fixture
def served(process: Served) -> Served:
    process.configure(PLAIN)
    return process


@pytest.fixture
def client(served: Served) -> Iterator[Protocol]:
    made = connect(served)
    yield made
    made.transport.close_session()


@pytest.fixture
def shell(served: Served, client: Protocol) -> Iterator[str]:
    shell_id = client.open_shell(codepage=65001)
    yield shell_id
    served.configure(PLAIN)
    if list(processes(shell_id)):
        connect(served).close_shell(shell_id)


def connect(served: Served, user: User = ADMIN, seconds: int = 20) -> Protocol:
    return Protocol(
        served.https_url,
        transport="basic",
        username=user.name,
        password=user.password,
        ca_trust_path=served.ca_file,
        operation_timeout_sec=seconds,
        read_timeout_sec=seconds + 10,
        proxy=None,
    )


def start(client: Protocol, shell: str, program: str, *arguments: str) -> str:
    return client.run_command(
        shell, program, arguments, console_mode_stdin=False, skip_cmd_shell=True
    )


def script(client: Protocol, shell: str, text: str) -> str:
    return start(client, shell, SH, "-c", f"'{text}'")


def only_shell(served: Served, client: Protocol) -> str:
    """A shell beside which no other is left."""
    served.inject(Fault("forget", action="Create"))
    return client.open_shell()


def code(action: Callable[[], object]) -> int | None:
    """The fault that an action meets."""
    with pytest.raises(WSManFaultError) as caught:
        action()
    return caught.value.wsman_fault_code


def wait_until(condition: Callable[[], bool], seconds: float = 30) -> bool:
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.02)
    return condition()


def test_streams_and_exit_code_come_back(client: Protocol, shell: str) -> None:
    """Standard output, standard error and the exit code stay apart."""
    command = script(client, shell, "echo out; echo err >&2; exit 7")

    assert client.get_command_output(shell, command) == (b"out\n", b"err\n", 7)


def test_a_shell_has_its_own_surroundings(client: Protocol, tmp_path: Path) -> None:
    """Working directory, environment, code page and user reach the program."""
    shell = client.open_shell(
        working_directory=str(tmp_path), env_vars={"GREETING": "<é> & 日本"}, codepage=65001
    )
    command = script(client, shell, "pwd; echo $GREETING $CP $LOGON")

    output, _, _ = client.get_command_output(shell, command)

    assert output.decode() == f"{tmp_path}\n<é> & 日本 65001 admin\n"


def test_input_arrives_as_bytes(client: Protocol, shell: str) -> None:
    """Every byte value passes standard input and output, and End closes the input."""
    data = bytes(range(256)) * 20
    command = start(client, shell, CAT)
    client.send_command_input(shell, command, data)
    client.send_command_input(shell, command, data, end=True)

    assert client.get_command_output(shell, command) == (data * 2, b"", 0)


def test_a_large_output_comes_in_pieces_that_fit(client: Protocol, shell: str) -> None:
    """No answer exceeds the size that was asked for, and nothing is lost."""
    sizes: list[int] = []
    client.transport.session.hooks["response"].append(  # type: ignore[union-attr]
        lambda response, **_: sizes.append(len(response.content))
    )
    command = script(client, shell, "head -c 3000000 /dev/zero; head -c 500000 /dev/zero >&2")

    out, err, _ = client.get_command_output(shell, command)

    assert (len(out), len(err)) == (3_000_000, 500_000)
    assert max(sizes) <= 153_600
    assert len(sizes) < 100


def test_a_large_input_arrives_whole(client: Protocol, shell: str) -> None:
    """What many Sends carry is what the program reads."""
    data = os.urandom(3_000_000)
    command = start(client, shell, "C:/usr/bin/sha256sum")
    for offset in range(0, len(data), 350_000):
        client.send_command_input(shell, command, data[offset : offset + 350_000])
    client.send_command_input(shell, command, b"", end=True)

    output, _, _ = client.get_command_output(shell, command)

    assert output.split()[0].decode() == hashlib.sha256(data).hexdigest()


def test_output_is_told_as_it_comes(client: Protocol, shell: str) -> None:
    """A Receive answers at once when output is there, and says that the command runs on."""
    command = script(client, shell, "echo now; sleep 30")
    started = time.monotonic()

    out, _, _, done = client.get_command_output_raw(shell, command)

    assert (out, done) == (b"now\n", False)
    assert time.monotonic() - started < 5


def test_silence_ends_in_an_operation_timeout(served: Served) -> None:
    """Nothing to say within OperationTimeout is a fault, and loses nothing."""
    client = connect(served, seconds=1)
    shell = client.open_shell()
    command = script(client, shell, "sleep 1.5; echo late")

    with pytest.raises(WinRMOperationTimeoutError):
        client.get_command_output_raw(shell, command)

    assert client.get_command_output(shell, command) == (b"late\n", b"", 0)


def test_no_operation_outlasts_the_service_s_limit(served: Served, client: Protocol) -> None:
    """MaxTimeoutms bounds what a client may ask for."""
    served.configure(replace(PLAIN, quotas=Quotas(max_timeout_ms=500)))
    shell = client.open_shell()
    command = script(client, shell, "sleep 30")
    started = time.monotonic()

    with pytest.raises(WinRMOperationTimeoutError):
        client.get_command_output_raw(shell, command)

    assert time.monotonic() - started < 5


def test_a_full_pipe_blocks_until_the_timeout(served: Served, tmp_path: Path) -> None:
    """A Send that nobody reads faults; what it held still arrives, once, when somebody does."""
    client = connect(served, seconds=1)
    shell = client.open_shell()
    reads = tmp_path / "reads"
    wait = f"until [ -e {reads} ]; do sleep 0.05; done"
    command = script(client, shell, f"{wait}; exec sha256sum")
    data = os.urandom(300_000)

    with pytest.raises(WinRMOperationTimeoutError):
        client.send_command_input(shell, command, data)
    with pytest.raises(WinRMOperationTimeoutError):
        client.send_command_input(shell, command, b"", end=False)
    reads.touch()
    client.send_command_input(shell, command, b"", end=True)
    output, _, _ = client.get_command_output(shell, command)
    assert output.split()[0].decode() == hashlib.sha256(data).hexdigest()


def test_a_program_without_readers_takes_no_input(client: Protocol, shell: str) -> None:
    """Writing to a process that has closed its input or ended is an error of the pipe."""
    command = script(client, shell, "exec <&-; echo closed; sleep 30")
    client.get_command_output_raw(shell, command)

    assert code(lambda: client.send_command_input(shell, command, b"x")) == 109


def test_a_direct_program_needs_its_whole_path(client: Protocol, shell: str) -> None:
    """WINRS_SKIP_CMD_SHELL looks along no PATH; cmd.exe would."""
    assert code(lambda: start(client, shell, "cat")) == 0x80070002
    assert code(lambda: start(client, shell, "C:/none/such")) == 0x80070002

    command = client.run_command(shell, "echo", ["through", "cmd"])
    assert client.get_command_output(shell, command) == (b"through cmd\n", b"", 0)


def test_an_unknown_shell_or_command_is_told(client: Protocol, shell: str) -> None:
    """Both faults have the same code, as on Windows."""
    unknown = "00000000-0000-0000-0000-000000000000"

    assert code(lambda: client.run_command(unknown, "x")) == NO_SHELL
    assert code(lambda: client.get_command_output_raw(shell, unknown)) == NO_SHELL
    assert code(lambda: client.cleanup_command(shell, unknown)) == NO_SHELL


def test_a_finished_command_has_no_more_output(client: Protocol, shell: str) -> None:
    """After Done there is nothing to receive; it may still be cleaned up."""
    command = script(client, shell, "exit 0")
    client.get_command_output(shell, command)

    assert code(lambda: client.get_command_output_raw(shell, command)) == NO_SHELL
    client.cleanup_command(shell, command)
    assert code(lambda: client.cleanup_command(shell, command)) == NO_SHELL


def test_shells_are_their_owner_s(served: Served, client: Protocol, shell: str) -> None:
    """Another administrator does not find them."""
    other = User("other", "pw")
    served.configure(replace(PLAIN, users=(ADMIN, other)))

    assert code(lambda: connect(served, other).run_command(shell, "x")) == NO_SHELL
    assert client.run_command(shell, "echo")


def test_terminate_ends_the_command(client: Protocol, shell: str) -> None:
    """The process is gone, the shell stays."""
    command = script(client, shell, "sleep 60")
    assert list(processes(shell))

    client.cleanup_command(shell, command)

    assert wait_until(lambda: not list(processes(shell)))
    assert client.run_command(shell, "echo")


def test_deleting_a_shell_ends_its_tree(client: Protocol, shell: str) -> None:
    """Also what has left the command's session dies, before the answer."""
    command = script(client, shell, "setsid sleep 60 & echo started; sleep 60")
    client.get_command_output_raw(shell, command)
    assert len(list(processes(shell))) == 3

    client.close_shell(shell)

    assert not list(processes(shell))
    assert code(lambda: client.run_command(shell, "x")) == NO_SHELL


def test_a_pending_receive_ends_with_its_shell(
    served: Served, client: Protocol, shell: str
) -> None:
    """Who waits for output when the shell is deleted learns that the operation was aborted."""
    command = script(client, shell, "sleep 60")
    threading.Timer(0.5, lambda: connect(served).close_shell(shell)).start()

    assert code(lambda: client.get_command_output_raw(shell, command)) == 995


def test_a_grandchild_holds_the_pipes(served: Served) -> None:
    """The command is not done while a process that inherited its output lives."""
    client = connect(served, seconds=1)
    shell = client.open_shell()
    command = script(client, shell, "sleep 2 & echo parent ends")

    assert client.get_command_output_raw(shell, command)[::3] == (b"parent ends\n", False)
    with pytest.raises(WinRMOperationTimeoutError):
        client.get_command_output_raw(shell, command)
    assert client.get_command_output(shell, command)[2] == 0


def test_a_killed_program_has_an_exit_code(client: Protocol, shell: str) -> None:
    """It is 1, as after TerminateProcess."""
    command = script(client, shell, "kill -9 $$")

    assert client.get_command_output(shell, command)[2] == 1


def test_an_idle_shell_ends(served: Served, client: Protocol) -> None:
    """Its tree dies, and every operation on it gets Windows' fault."""
    served.configure(replace(PLAIN, timeouts=Timeouts(shell_idle=0.5)))
    shell = client.open_shell()
    command = script(client, shell, "sleep 60")
    assert list(processes(shell))

    assert wait_until(lambda: not list(processes(shell)))

    assert code(lambda: client.get_command_output_raw(shell, command)) == NO_SHELL
    assert code(lambda: client.close_shell(shell, close_session=False)) == NO_SHELL


def test_a_receive_keeps_its_shell_alive(served: Served, client: Protocol) -> None:
    """Waiting for output is no idleness."""
    served.configure(replace(PLAIN, timeouts=Timeouts(shell_idle=0.5)))
    shell = client.open_shell()
    command = script(client, shell, "sleep 1.5; echo late")

    assert client.get_command_output(shell, command)[0] == b"late\n"


def test_an_idle_timeout_may_be_asked_for(served: Served, client: Protocol) -> None:
    """Within the service's bounds."""
    assert code(lambda: client.open_shell(idle_timeout="PT1S")) == 0x803381F2

    served.configure(replace(PLAIN, timeouts=Timeouts(shell_idle_minimum=0.1)))
    shell = client.open_shell(idle_timeout="PT0.3S")
    script(client, shell, "sleep 60")

    assert wait_until(lambda: not list(processes(shell)))


def test_shells_per_user_are_counted(served: Served, client: Protocol) -> None:
    """One more than MaxShellsPerUser is refused until one is closed; others are not concerned."""
    other = User("other", "pw")
    first = only_shell(served, client)
    served.configure(replace(PLAIN, users=(ADMIN, other), quotas=Quotas(max_shells_per_user=2)))
    client.open_shell()

    with pytest.raises(WSManFaultError, match="maximum number of concurrent shells") as caught:
        client.open_shell()
    assert caught.value.wsman_fault_code == 0x803381A5
    assert connect(served, other).open_shell()
    client.close_shell(first, close_session=False)
    assert client.open_shell()


def test_users_with_shells_are_counted(served: Served, client: Protocol) -> None:
    """MaxConcurrentUsers keeps further users out."""
    other = User("another", "pw")
    only_shell(served, client)
    served.configure(replace(PLAIN, users=(ADMIN, other), quotas=Quotas(max_concurrent_users=1)))

    assert code(connect(served, other).open_shell) == 0x803381AB
    assert client.open_shell()


def test_processes_per_shell_are_counted(served: Served, client: Protocol, shell: str) -> None:
    """One more than MaxProcessesPerShell is refused while the others run."""
    served.configure(replace(PLAIN, quotas=Quotas(max_processes_per_shell=1)))
    command = start(client, shell, CAT)

    assert code(lambda: start(client, shell, CAT)) == 1816

    client.send_command_input(shell, command, b"", end=True)
    client.get_command_output(shell, command)
    assert start(client, shell, CAT)


def test_too_little_memory_starts_nothing(served: Served, client: Protocol, shell: str) -> None:
    """A shell's memory quota below what a process takes lets none come up."""
    served.configure(replace(PLAIN, quotas=Quotas(max_memory_per_shell_mb=10)))

    assert code(lambda: start(client, shell, CAT)) == 0x80070008


def test_operations_per_user_are_counted(served: Served, client: Protocol) -> None:
    """A shell's commands count until the shell goes, finished or not; Delete is never refused."""
    shell = only_shell(served, client)
    served.configure(replace(PLAIN, quotas=Quotas(max_concurrent_operations_per_user=3)))
    for _ in range(2):
        client.get_command_output(shell, script(client, shell, "exit 0"))
    last = script(client, shell, "exit 0")

    assert code(lambda: client.get_command_output_raw(shell, last)) == 0x803381A6
    assert code(client.open_shell) == 0x803381A6
    client.close_shell(shell, close_session=False)
    assert client.open_shell()


def test_a_second_receive_waits_for_no_lost_client(
    served: Served, client: Protocol, shell: str
) -> None:
    """When a client that waited is gone, the next one gets the output."""
    command = script(client, shell, "sleep 1; echo kept")
    lost = connect(served)
    lost.transport.read_timeout_sec = 0.3  # type: ignore[assignment]
    with pytest.raises(Exception, match="timed out"):
        lost.get_command_output_raw(shell, command)
    lost.transport.close_session()

    assert client.get_command_output(shell, command)[0] == b"kept\n"


def test_two_receives_at_once_are_refused(served: Served, client: Protocol, shell: str) -> None:
    """A command answers one Receive at a time."""
    command = script(client, shell, "sleep 4")

    def wait_elsewhere() -> None:
        with suppress(WSManFaultError):
            connect(served).get_command_output(shell, command)

    threading.Thread(target=wait_elsewhere, daemon=True).start()
    time.sleep(0.5)

    assert code(lambda: client.get_command_output_raw(shell, command)) == 0x80338127


def test_what_a_cut_reply_held_is_answered_again(
    served: Served, client: Protocol, shell: str
) -> None:
    """Output and exit code of a reply that did not arrive are not lost."""
    command = script(client, shell, "echo once; exit 3")
    time.sleep(0.3)
    served.inject(Fault("cut_reply", action="Receive"), Fault("drop", action="Receive", after=1))

    for _ in range(2):
        with pytest.raises(Exception, match=r"broken|aborted|Read"):
            client.get_command_output_raw(shell, command)

    assert client.get_command_output(shell, command) == (b"once\n", b"", 3)
