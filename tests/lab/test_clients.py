"""Clients that know nothing of the lab, as they come."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import winrm
from pypsrp.exceptions import AuthenticationError, WSManFaultError
from pypsrp.shell import Process, SignalCode, WinRS
from pypsrp.wsman import WSMan

from tests.lab.endpoint_process import ADMIN, Served, processes, serving

WAYS = ["ntlm over http", "ntlm over https", "basic over https"]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(tmp_path_factory.mktemp("clients")) as served:
        yield served


@pytest.fixture(params=WAYS)
def session(request: pytest.FixtureRequest, served: Served) -> winrm.Session:
    transport, _, scheme = request.param.partition(" over ")
    return winrm.Session(
        served.http_url if scheme == "http" else served.https_url,
        auth=(ADMIN.name, ADMIN.password),
        transport=transport,
        ca_trust_path=served.ca_file,
        message_encryption="always" if scheme == "http" else "auto",
        proxy=None,
    )


@pytest.fixture(
    params=[
        {"ssl": False, "auth": "ntlm"},
        {"ssl": False, "auth": "negotiate"},
        {"ssl": True, "auth": "ntlm"},
        {"ssl": True, "auth": "negotiate"},
        {"ssl": True, "auth": "negotiate", "encryption": "always"},
        {"ssl": True, "auth": "basic"},
    ],
    ids=lambda options: " ".join(map(str, options.values())),
)
def wsman(request: pytest.FixtureRequest, served: Served) -> Iterator[WSMan]:
    with pypsrp(served, **request.param) as client:
        yield client


def pypsrp(served: Served, **options: Any) -> WSMan:
    settings: dict[str, Any] = {
        "port": served.https_port if options["ssl"] else served.http_port,
        "username": ADMIN.name,
        "password": ADMIN.password,
        "cert_validation": served.ca_file,
        "no_proxy": True,
        **options,
    }
    return WSMan("localhost", **settings)


def test_pywinrm_runs_a_command(session: winrm.Session) -> None:
    """``run_cmd`` gets both streams and the exit code, arguments and all."""
    result = session.run_cmd("echo out $0; echo err >&2; exit 5", ["#", "ignored"])

    assert result.std_out.startswith(b"out")
    assert (result.std_err, result.status_code) == (b"err\n", 5)


def test_pywinrm_runs_a_script(session: winrm.Session) -> None:
    """``run_ps`` starts the PowerShell engine and reads its errors from CLIXML."""
    result = session.run_ps("'é' + (6 * 7); Write-Error 'not so'; exit 3")

    assert result.std_out.decode().strip() == "é42"
    assert b"not so" in result.std_err
    assert b"CLIXML" not in result.std_err
    assert result.status_code == 3


def test_pywinrm_leaves_nothing_behind(session: winrm.Session) -> None:
    """Its shell is deleted, and with it what ran on."""
    result = session.run_cmd(
        "setsid sleep 60 >/dev/null 2>&1 & sleep 0.2; echo $ENDPOINT_TEST_SHELL"
    )

    assert not list(processes(result.std_out.decode().strip()))


def test_pypsrp_runs_a_process(wsman: WSMan) -> None:
    """``WinRS`` and ``Process`` create, send, receive and signal with their own headers."""
    with WinRS(wsman, environment={"GREETING": "hi"}, codepage=65001) as shell:
        process = Process(shell, "cat; echo $GREETING; echo err >&2; exit 2")
        process.begin_invoke()
        process.send(b"first\n", end=False)
        process.send(b"second\n", end=True)
        process.end_invoke()
        process.signal(SignalCode.CTRL_C)

    assert (process.stdout, process.stderr, process.rc) == (b"first\nsecond\nhi\n", b"err\n", 2)
    assert shell.id is None


def test_pypsrp_adapts_to_the_envelope(wsman: WSMan) -> None:
    """``update_max_payload_size`` reads the service's setting, and what fits then passes."""
    wsman.update_max_payload_size()
    assert wsman.max_envelope_size == 500 * 1024
    with WinRS(wsman) as shell:
        process = Process(shell, "wc -c")
        process.begin_invoke()
        process.send(bytes(wsman.max_payload_size), end=True)
        process.end_invoke()

    assert int(process.stdout) == wsman.max_payload_size


def test_pypsrp_interrupts_a_process(wsman: WSMan) -> None:
    """Ctrl+C ends what runs, with the exit code that Windows gives it."""
    with WinRS(wsman) as shell:
        process = Process(shell, "exec sleep 60")
        process.begin_invoke()
        process.signal(SignalCode.CTRL_C)
        process.end_invoke()

    assert process.rc == 0xC000013A


def test_pypsrp_asks_after_a_shell(wsman: WSMan) -> None:
    """Get on a shell tells its state while it lives."""
    with WinRS(wsman, idle_time_out=600) as shell:
        state = shell._get_shell()
        assert state["ShellId"] == shell.id
        assert (state["Owner"], state["IdleTimeOut"]) == ("admin", "PT600.000S")
        selectors = shell._selector_set

    with pytest.raises(WSManFaultError) as caught:
        wsman.get("http://schemas.microsoft.com/wbem/wsman/1/windows/shell", None, None, selectors)
    assert caught.value.code == 0x8033805B


def test_pypsrp_reads_the_long_text_of_a_fault(wsman: WSMan) -> None:
    """It shows what Windows says of this shell, not of the code in general."""
    with WinRS(wsman) as shell, pytest.raises(WSManFaultError, match="command identifier"):
        shell.receive(command_id="00000000-0000-0000-0000-000000000000")


def test_pypsrp_is_refused_with_a_wrong_password(served: Served) -> None:
    """By the server, as an error of the log-on."""
    with (
        pytest.raises(AuthenticationError),
        pypsrp(served, ssl=True, auth="negotiate", password="wrong") as client,
    ):
        client.get_server_config()
