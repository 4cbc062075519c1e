"""One process that is asked again and again, and all that can happen to it on the way."""

from __future__ import annotations

import contextlib
import dataclasses
import itertools
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from pyinfra.api.hiddenvalue import HiddenValue

from winfra import connection
from winfra.connection import Connection, TransportError
from winfra.lab.endpoint_config import Fault, FaultKind, Quotas, Timeouts, User
from winfra.lab.state import Lab
from winfra.messages import Message, connection as ways, session as messages
from winfra.script import Script
from winfra.session import Session, SessionError
from winfra.settings import META, Settings, WinRMData, settings

pytestmark = pytest.mark.lab


@pytest.fixture(scope="module")
def lab(lab_home: Path) -> Iterator[Lab]:
    """One lab for this file: each test leaves it as it found it."""
    lab = Lab("session", lab_home)
    lab.start()
    yield lab
    lab.remove()


def settings_for(lab: Lab, scheme: str = "https", **given: Any) -> Settings:
    values: dict[str, Any] = {key: meta.default for key, meta in META.items()}
    data: WinRMData = {**values, **lab.host_data(scheme=scheme), **given}  # type: ignore[typeddict-item]
    return settings("localhost", data)


@pytest.fixture(scope="module")
def kept(lab: Lab) -> Iterator[Session]:
    """A session that lasts: the tests that spoil it find out that it mends itself."""
    session = Session("srv1", settings_for(lab))
    yield session
    session.close()


@pytest.fixture
def session(lab: Lab, kept: Session) -> Iterator[Session]:
    before = lab.config
    yield kept
    lab.configure(**{name: getattr(before, name) for name in ("faults", "quotas", "timeouts")})
    lab.configure(language_mode=before.language_mode, users=before.users)


@pytest.fixture
def script(tmp_path: Path) -> Any:
    """Makes a script of a text; its parameters are the function's."""

    def make(text: str, **parameters: Any) -> Script:
        number = len(list(tmp_path.glob("*.ps1")))
        file = tmp_path / f"test{number}.ps1"
        file.write_text(text, encoding="ascii")
        return Script(file, **parameters)

    return make


def refused(session: Session, asked: Script, **options: Any) -> SessionError | TransportError:
    """The error of a question; one line of text."""
    with pytest.raises((SessionError, TransportError)) as caught:
        session.ask(asked, **options)
    assert isinstance(caught.value, SessionError | TransportError)
    assert "\n" not in str(caught.value)
    return caught.value


def is_well(session: Session) -> bool:
    """Whether the next question is answered, by a process that lives."""
    return psutil.pid_exists(session.ask(Script("get_session"))["ProcessId"])


def wait_for_end(pid: int) -> None:
    """Until the process is no more, five seconds at most."""
    with contextlib.suppress(psutil.NoSuchProcess):
        psutil.Process(pid).wait(5)


def wait_for_port(lab: Lab) -> None:
    """Until the listener is there again."""
    for _ in range(100):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", lab.https_port)):
            return
        time.sleep(0.05)


def marks(lab: Lab) -> int:
    """How often a script that leaves a mark has run."""
    file = lab.path(r"D:\marks.txt")
    return len(file.read_text().split()) if file.exists() else 0


def lose(monkeypatch: pytest.MonkeyPatch, lost: set[int]) -> None:
    """The connection breaks at these Receives with output, and what they brought is gone."""
    real = Connection._receive
    count = itertools.count(1)

    def losing(self: Connection, seconds: float) -> tuple[bytes, bytes, int | None]:
        received = real(self, seconds)
        if received[0] and next(count) in lost:
            values = {"endpoint": self.settings.endpoint, "reason": "cut"}
            raise TransportError(ways.UNREACHABLE, dict(values), shell_lost=False)
        return received

    monkeypatch.setattr(Connection, "_receive", losing)


def spoil(lab: Lab, kind: FaultKind, action: str = "", **given: Any) -> None:
    lab.configure(faults=(Fault(kind, action, **given),))


class TestAnswers:
    """What a script is given and what it gives back."""

    def test_values_arrive_as_they_were(self, session: Session, script: Any) -> None:
        """JSON's types come back the same; letters of all scripts do."""
        values = {"A": "é日本語€", "B": 2**40, "C": 1.5, "D": True, "E": None, "F": ["x"], "G": []}
        asked = script("param($A, $B, $C, $D, $E, $F, $G)\n$PSBoundParameters", **values)

        assert session.ask(asked) == values

    def test_a_secret_arrives_as_a_secure_string(self, session: Session, script: Any) -> None:
        """At the top and one mapping deep; a script that shows it shows its type."""
        asked = script(
            "param([securestring] $Secret, [hashtable] $Table)\n"
            '@{ Shown = "$Secret"; Clear = (ConvertFrom-Secret $Secret); Inner = "$($Table.Key)" }',
            Secret=HiddenValue("s€cret"),
            Table={"Key": HiddenValue("other")},
        )

        answer = session.ask(asked)

        shown = "System.Security.SecureString"
        assert answer == {"Shown": shown, "Clear": "s€cret", "Inner": shown}

    def test_one_process_answers_all_questions(self, session: Session) -> None:
        """At most two exchanges a question, once it runs."""
        first = session.ask(Script("get_session"))
        exchanges, processes = session.exchanges, session.processes

        answers = [session.ask(Script("get_session")) for _ in range(5)]

        assert answers == [first] * 5
        assert session.processes == processes
        assert session.exchanges - exchanges <= 10

    def test_what_a_script_leaves_behind_does_not_reach_the_next(
        self, session: Session, script: Any
    ) -> None:
        """Location, environment and errors are put back."""
        session.ask(
            script(
                "Set-Location C:\\Windows; $env:STRAY = '1'; $env:ComSpec = 'x'\n"
                "Write-Error 'kept' -ErrorAction Continue"
            )
        )
        asked = script(
            "@{ Here = $PWD.Path; Stray = $env:STRAY; Is = $env:ComSpec; E = $Error.Count }"
        )

        answer = session.ask(asked)

        assert answer["Here"] != "C:\\Windows"
        assert answer["Stray"] is None
        assert answer["Is"].endswith("cmd.exe")
        assert answer["E"] == 0

    def test_a_failure_names_script_line_and_statement(self, session: Session, script: Any) -> None:
        """The host's own words, and where they arose."""
        error = refused(session, script("$a = 1\nGet-Item -LiteralPath C:\\nowhere"))

        assert error.catalogued is messages.SCRIPT_FAILED
        assert "nowhere" in str(error)
        assert "(test0.ps1, line 2: Get-Item -LiteralPath C:\\nowhere)" in str(error)
        assert is_well(session)

    def test_a_script_that_cannot_be_parsed(self, session: Session, script: Any) -> None:
        """The parser's words, as one line."""
        error = refused(session, script("if ($true {"))

        assert error.catalogued is messages.SCRIPT_FAILED
        assert "Unexpected token '{' in expression or statement (test0.ps1, line 1: if" in str(
            error
        )

    def test_a_program_that_is_not_there(self, session: Session, script: Any) -> None:
        """Its path, and the host's own words."""
        error = refused(session, script("Invoke-Native C:\\no\\such.exe"))

        assert error.catalogued is messages.PROGRAM_NOT_STARTED
        assert "C:\\no\\such.exe could not be started: " in str(error)

    def test_output_comes_in_pieces_before_the_answer(self, session: Session, script: Any) -> None:
        """Warnings and errors that do not end the script are output as well."""
        pieces: list[tuple[str, bytes]] = []
        asked = script(
            "Write-Information 'one' -InformationAction Continue\nWrite-Warning 'two'\n"
            "Write-Error 'three' -ErrorAction Continue\n4"
        )

        answer = session.ask(asked, listener=lambda *piece: pieces.append(piece))

        assert answer == 4
        assert [(kind, text.decode().strip()) for kind, text in pieces] == [
            ("O", "one"), ("E", "two"), ("E", "three"),
        ]  # fmt: skip

    def test_noise_on_standard_output_disturbs_nothing(self, session: Session, script: Any) -> None:
        """What belongs to no reply is left out."""
        asked = script("[Console]::Out.WriteLine('noise'); [Console]::Error.WriteLine('more'); 5")

        assert session.ask(asked) == 5
        assert is_well(session)

    def test_an_answer_larger_than_a_message(self, session: Session, script: Any) -> None:
        """It comes in as many messages as it takes."""
        assert session.ask(script("'x' * 3MB")) == "x" * 3 * 2**20

    def test_parameters_larger_than_a_message(self, session: Session, script: Any) -> None:
        """They go in as many messages as it takes."""
        text = "é" * 2**20

        assert session.ask(script("param($Text)\n$Text.Length", Text=text)) == len(text)


class TestProcess:
    """What happens to the process."""

    def test_killed_between_two_questions(self, session: Session) -> None:
        """Nobody had read the next question: another process answers it."""
        before = session.ask(Script("get_session"))["ProcessId"]
        psutil.Process(before).kill()
        wait_for_end(before)

        after = session.ask(Script("get_session"))["ProcessId"]

        assert after != before

    @pytest.mark.parametrize(
        ("text", "code"),
        [
            ("exit 7", 7),
            ("[Environment]::Exit(7)", 7),
            ("Stop-Process -Id $PID -Force; Start-Sleep 10", None),
        ],
    )
    def test_ended_by_a_script(
        self, session: Session, script: Any, text: str, code: int | None
    ) -> None:
        """The sentence names the script and the exit code; the next question works."""
        error = refused(session, script(text))

        assert error.catalogued is messages.PROCESS_ENDED
        assert "srv1 ended during test0.ps1" in str(error)
        assert code is None or f"exit code {code}" in str(error)
        assert is_well(session)

    def test_a_deadline_ends_the_whole_tree(self, session: Session, script: Any) -> None:
        """What the script had started is ended with it, and the next question works."""
        pids: list[int] = []
        asked = script(
            '$file = "$env:SystemRoot\\System32\\WindowsPowerShell\\v1.0\\powershell.exe"\n'
            "$child = Start-Native $file '-NoProfile -Command Start-Sleep 60' '' @{}\n"
            "Write-Information $child.Id -InformationAction Continue; Start-Sleep 60"
        )

        error = refused(session, asked, timeout=1, listener=lambda _, text: pids.append(int(text)))

        assert error.catalogued is messages.DEADLINE
        assert "test0.ps1 on srv1 took longer than 1 s" in str(error)
        assert pids
        wait_for_end(pids[0])
        assert is_well(session)

    def test_constrained_language_mode(self, lab: Lab, session: Session) -> None:
        """The process says so before it calls .NET, and the sentence names the mode."""
        session.close()
        lab.configure(language_mode="ConstrainedLanguage")

        error = refused(session, Script("get_session"))

        assert error.catalogued is messages.LANGUAGE_MODE
        assert "runs in ConstrainedLanguage" in str(error)

    def test_a_powershell_that_does_not_start(self, lab: Lab, session: Session) -> None:
        """What it said on standard error is passed on."""
        session.close()
        program = lab.path(r"C:\Windows\System32\WindowsPowerShell\v1.0\powershell.exe")
        original = program.read_bytes()
        program.write_text("#!/bin/sh\necho 'stopped by policy' >&2; exit 5\n")
        try:
            error = refused(session, Script("get_session"))
        finally:
            program.write_bytes(original)

        assert error.catalogued is messages.NO_PROCESS
        assert "stopped by policy" in str(error)


class TestNative:
    """Programs that scripts start."""

    def test_a_program_that_reads_its_input(self, lab: Lab, session: Session, script: Any) -> None:
        """It gets the bytes meant for it and then the end, never the session's requests."""
        install(lab, "cat", "exec cat")
        text = (
            "$bytes = [Text.Encoding]::UTF8.GetBytes([string] [char] 233)\n"
            "$with = Invoke-Native C:\\cat.exe -InputBytes $bytes\n"
            "$without = Invoke-Native C:\\cat.exe\n"
            '"<$($with.Output)$($without.Output)>"'
        )

        assert session.ask(script(text)) == "<é>"
        assert is_well(session)

    def test_a_program_that_does_not_read_its_input(
        self, lab: Lab, session: Session, script: Any
    ) -> None:
        """More than a pipe holds is waiting for it when it ends."""
        install(lab, "deaf", "exit 3")
        text = "$bytes = [Array]::CreateInstance([byte], 1MB)\n(Invoke-Native C:\\deaf.exe -InputBytes $bytes).ExitCode"

        assert session.ask(script(text)) == 3

    def test_a_program_that_never_ends(self, lab: Lab, session: Session, script: Any) -> None:
        """It is ended with all that it started; the session is the same."""
        install(lab, "never", "sleep 71 & sleep 72")
        before = session.ask(Script("get_session"))

        ended = session.ask(script("Invoke-Native C:\\never.exe -TimeoutSeconds 0.5"))

        assert ended["TimedOut"]
        assert ended["ExitCode"] is None
        lines = [" ".join(command_line(process)) for process in psutil.process_iter()]
        assert not {"sleep 71", "sleep 72"} & set(lines)
        assert session.ask(Script("get_session")) == before

    def test_both_outputs_and_the_exit_code(self, lab: Lab, session: Session, script: Any) -> None:
        """However much it writes to both at once."""
        install(
            lab, "both", "head -c 300000 /dev/zero >&2 & head -c 300000 /dev/zero; wait; exit 9"
        )

        ended = session.ask(
            script(
                "$e = Invoke-Native C:\\both.exe\n@($e.ExitCode, $e.Output.Length, $e.ErrorOutput.Length) -join ' '"
            )
        )

        assert ended == "9 300000 300000"

    def test_arguments_arrive_as_they_are(self, lab: Lab, session: Session, script: Any) -> None:
        """Spaces, quotes, backslashes before quotes and at the end, nothing at all."""
        install(lab, "arguments", "printf '<%s>' \"$@\"")
        given = [
            "plain",
            "two words",
            'a "quoted" one',
            "end\\",
            'back\\"slash',
            "D:\\x y\\",
            "",
            "é",
        ]

        text = "param($Given)\n(Invoke-Native C:\\arguments.exe -ArgumentList $Given).Output"

        assert session.ask(script(text, Given=given)) == "".join(f"<{one}>" for one in given)

    def test_where_and_with_what_it_runs(self, lab: Lab, session: Session, script: Any) -> None:
        """A folder and variables of its own."""
        install(lab, "show", 'basename "$PWD"; echo "$EXTRA"')
        text = "(Invoke-Native C:\\show.exe -WorkingDirectory C:\\Windows -Environment @{ EXTRA = 'x' }).Output"

        assert session.ask(script(text)) == "Windows\nx\n"


def command_line(process: psutil.Process) -> list[str]:
    with contextlib.suppress(psutil.Error):
        found: list[str] = process.cmdline()
        return found
    return []


def install(lab: Lab, name: str, text: str) -> None:
    """Put a program on the lab's drive."""
    program = lab.path(rf"C:\{name}.exe")
    program.write_text(f"#!/bin/sh\n{text}\n")
    program.chmod(0o755)


class TestWay:
    """What happens on the way."""

    def test_the_server_restarts_while_the_session_is_idle(self, lab: Lab) -> None:
        """Connection, keys and shell are gone; the next question makes new ones by itself."""
        session = Session("srv1", settings_for(lab, "http"))
        before = session.ask(Script("get_session"))["ProcessId"]
        spoil(lab, "restart")
        wait_for_end(before)
        wait_for_port(lab)

        assert session.ask(Script("get_session"))["ProcessId"] != before
        session.close()

    @pytest.mark.parametrize("seconds", [0, 0.5])
    def test_the_server_restarts_while_a_request_runs(
        self, lab: Lab, session: Session, script: Any, seconds: float
    ) -> None:
        """Whether it was done is not known, so it is not done again; the next question works."""
        assert is_well(session)
        before = marks(lab)
        spoil(lab, "restart", "Receive", seconds=seconds)

        error = refused(session, script("Add-Content D:\\marks.txt x; Start-Sleep 20"))

        assert error.catalogued in {messages.SHELL_LOST, messages.CONNECTION_LOST}
        assert "test0.ps1" in str(error)
        assert marks(lab) <= before + 1
        wait_for_port(lab)
        assert is_well(session)

    @pytest.mark.parametrize("kind", ["cut_reply", "drop"])
    def test_an_answer_that_breaks_off(self, lab: Lab, session: Session, kind: FaultKind) -> None:
        """To ask for it again changes nothing on the host, so it is done."""
        before = session.ask(Script("get_session"))
        spoil(lab, kind, "Receive")

        assert session.ask(Script("get_session")) == before
        assert session.ask(Script("get_session")) == before

    @pytest.mark.parametrize(
        ("lost", "reason"), [(1, "1 parts of it were lost"), (2, "lost together with")]
    )
    def test_an_answer_that_is_lost(
        self,
        session: Session,
        script: Any,
        monkeypatch: pytest.MonkeyPatch,
        lost: int,
        reason: str,
    ) -> None:
        """A host may have taken it for delivered: no part is missed unnoticed, no end awaited."""
        assert is_well(session)
        lose(monkeypatch, {lost})

        error = refused(
            session,
            script(
                "Write-Information a -InformationAction Continue; Start-Sleep -Milliseconds 300"
            ),
        )

        assert error.catalogued is messages.DAMAGED_REPLY
        assert reason in str(error)
        assert is_well(session)

    @pytest.mark.parametrize("kind", ["cut_reply", "drop"])
    def test_a_request_whose_arrival_is_not_known(
        self, lab: Lab, session: Session, script: Any, kind: FaultKind
    ) -> None:
        """It may have been read, so it is not sent again."""
        assert is_well(session)
        before = marks(lab)
        spoil(lab, kind, "Send")

        error = refused(session, script("Add-Content D:\\marks.txt x"))

        assert error.catalogued is messages.CONNECTION_LOST
        assert error.lost  # type: ignore[union-attr]
        assert marks(lab) <= before + 1
        assert is_well(session)

    def test_a_damaged_reply(self, session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
        """Bytes that are not those the process wrote are noticed by their hash."""
        assert is_well(session)
        real = Connection.receive

        def changed(self: Connection, seconds: float) -> tuple[bytes, bytes, int | None]:
            out, err, code = real(self, seconds)
            return out.replace(b"WINLAB", b"WINBAD"), err, code

        monkeypatch.setattr(Connection, "receive", changed)
        error = refused(session, Script("get_session"))
        monkeypatch.undo()

        assert error.catalogued is messages.DAMAGED_REPLY
        assert "was damaged on its way" in str(error)
        assert is_well(session)

    def test_two_idle_minutes_at_a_prompt(
        self, lab: Lab, session: Session, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The host drops the connection; process and shell stay."""
        monkeypatch.setattr(connection, "SILENCE", 0.1)
        before = session.ask(Script("get_session"))
        lab.configure(timeouts=Timeouts(connection_idle=0.2))
        time.sleep(0.5)

        assert session.ask(Script("get_session")) == before

    def test_a_shell_that_ended_while_idle(self, lab: Lab, session: Session) -> None:
        """The request was read by nobody: it goes to a new one."""
        before = session.ask(Script("get_session"))["ProcessId"]
        spoil(lab, "forget", "Send")

        assert session.ask(Script("get_session"))["ProcessId"] != before

    def test_a_script_that_takes_longer_than_an_operation(self, lab: Lab, script: Any) -> None:
        """The host says that there is nothing yet, and is asked again."""
        short = settings_for(lab, winrm_operation_timeout_sec=1, winrm_read_timeout_sec=2)
        session = Session("srv1", short)

        assert session.ask(script("Start-Sleep -Milliseconds 2200; 1")) == 1
        assert session.processes == 1
        session.close()

    def test_an_envelope_of_150_kb(self, lab: Lab, session: Session, script: Any) -> None:
        """The host's limit is asked for once a message may pass it; all goes in smaller ones."""
        session.close()
        lab.configure(quotas=Quotas(max_envelope_size_kb=150))

        asked = script("param($Text)\n$Text", Text="x" * 10**6)

        assert session.ask(asked) == "x" * 10**6

    def test_noise_of_an_autorun_command(self, lab: Lab, session: Session) -> None:
        """The session's process is started without cmd.exe, which would run it."""
        session.close()
        key = r"HKLM\Software\Microsoft\Command Processor"
        lab.keys.set(key, "AutoRun", "echo noise")

        assert is_well(session)
        lab.keys.remove(key, "AutoRun")


class TestConnecting:
    """What keeps a session from being opened: each a sentence of the catalogue."""

    @pytest.mark.parametrize(
        ("quotas", "said"),
        [
            (Quotas(max_shells_per_user=0), "concurrent shells"),
            (Quotas(max_processes_per_shell=0), "quota"),
            (Quotas(max_memory_per_shell_mb=16), "memory"),
        ],
    )
    def test_quotas(self, lab: Lab, session: Session, quotas: Quotas, said: str) -> None:
        """Of shells, of processes, of memory: named as the host names them."""
        session.close()
        lab.configure(quotas=quotas)

        error = refused(session, Script("get_session"))

        assert error.catalogued is ways.QUOTA
        assert said in str(error).lower()

    @pytest.mark.parametrize(
        ("user", "message"),
        [
            (User("deploy", "other"), ways.LOGON_REFUSED),
            (User("deploy", "", disabled=True), ways.LOGON_REFUSED),
            (User("deploy", "", administrator=False), ways.NOT_ALLOWED),
            (User("deploy", "", full_token=False), ways.NOT_ALLOWED),
        ],
    )
    @pytest.mark.parametrize(
        ("scheme", "transport"), [("https", "ntlm"), ("https", "basic"), ("http", "ntlm")]
    )
    def test_who_may_not(
        self, lab: Lab, session: Session, user: User, message: Message, scheme: str, transport: str
    ) -> None:
        """A wrong password, a disabled account, none of the administrators, a filtered token."""
        password = lab.config.users[0].password
        asking = settings_for(lab, scheme, winrm_transport=transport)
        lab.configure(users=(dataclasses.replace(user, password=user.password or password),))

        error = refused(Session("srv1", asking), Script("get_session"))

        assert error.catalogued is message
        assert "'deploy'" in str(error)
        assert password not in str(error)

    def test_a_certificate_of_the_labs_own(self, lab: Lab) -> None:
        """Without its authority it is not trusted."""
        asking = settings_for(lab, winrm_ca_trust_path=None)

        error = refused(Session("srv1", asking), Script("get_session"))

        assert error.catalogued is ways.UNTRUSTED_CERTIFICATE

    def test_a_service_that_is_down(self, lab: Lab, session: Session) -> None:
        """The listener answers HTTP 503 while the service behind it does not run."""
        session.close()
        spoil(lab, "unavailable", times=0)

        error = refused(session, Script("get_session"))

        assert error.catalogued is ways.NOT_WINRM
        assert "HTTP 503" in str(error)

    def test_a_host_that_has_gone(self, session: Session) -> None:
        """A port that nobody listens at."""
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port = listener.getsockname()[1]
        asking = dataclasses.replace(session.settings, port=port)

        error = refused(Session("srv1", asking), Script("get_session"))

        assert error.catalogued is ways.NO_LISTENER
