"""What a user runs on a host, through pyinfra's own objects and through its program."""

from __future__ import annotations

import contextlib
import dataclasses
import io
import re
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from pyinfra.api import Host, StringCommand
from pyinfra.api.hiddenvalue import HiddenValue
from pyinfra.api.output import set_echo

from tests import harness
from winfra.connector import WinRMConnector
from winfra.facts.files import Sha256File
from winfra.lab.endpoint_config import Quotas
from winfra.lab.state import Lab
from winfra.messages import Message, connection as ways, session as messages
from winfra.script import Script
from winfra.session import Session
from winfra.user_script import UserScript

pytestmark = pytest.mark.lab


@pytest.fixture(scope="module")
def lab(lab_home: Path) -> Iterator[Lab]:
    """One lab for this file, with programs that do one odd thing each."""
    lab = Lab("connector", lab_home)
    lab.start()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WINFRA_LAB_HOME", str(lab_home))
        yield lab
    lab.remove()


@pytest.fixture(scope="module")
def host(lab: Lab) -> Iterator[Host]:
    """One connection for this file: whatever runs in a process of its own leaves it alone."""
    with harness.connected(lab) as state:
        (host,) = state.inventory
        yield host


def connector_of(host: Host) -> WinRMConnector:
    assert isinstance(host.connector, WinRMConnector)
    return host.connector


def session_of(host: Host) -> Session:
    return connector_of(host).session


def install(lab: Lab, name: str, text: str) -> str:
    """Put a program on the lab's drive."""
    program = lab.path(rf"C:\Tools\{name}.exe")
    program.parent.mkdir(exist_ok=True)
    program.write_text(f"#!/bin/sh\n{text}\n")
    program.chmod(0o755)
    return rf"C:\Tools\{name}.exe"


def running(command_line: str) -> bool:
    """Whether a process of this command line lives."""
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if " ".join(process.cmdline()) == command_line:
                return True
    return False


def make_script(folder: Path, text: str) -> Path:
    file = folder / f"test{len(list(folder.iterdir()))}.ps1"
    file.write_text(text, encoding="ascii")
    return file


def failed(host: Host, command: str | StringCommand, **arguments: Any) -> str:
    """What a command that failed says last: the sentence that the user acts on."""
    succeeded, output = host.run_shell_command(command, **arguments)
    assert not succeeded
    assert "Traceback" not in output.stderr
    return output.stderr_lines[-1]


class TestText:
    """PowerShell that a user writes, in a process of its own."""

    def test_output_in_all_letters(self, host: Host) -> None:
        """Both outputs, in and out, of PowerShell and of a native program."""
        succeeded, output = host.run_shell_command(
            "'é日本語€'; [Console]::Error.WriteLine('é日本語€'); cmd.exe /c echo é日本語€"
        )

        assert succeeded
        assert output.stdout_lines == ["é日本語€", "é日本語€"]
        assert output.stderr_lines == ["é日本語€"]

    def test_the_exit_code_of_a_native_program(self, host: Host) -> None:
        """The last one's decides."""
        assert failed(host, "cmd.exe /c exit 3") == messages.EXIT_CODE.text(code=3)

    def test_exit_codes_that_are_a_success(self, host: Host) -> None:
        """``_success_exit_codes`` names them; an ``exit`` in the text counts as well."""
        assert host.run_shell_command("exit 7", _success_exit_codes=[0, 7])[0]

    @pytest.mark.parametrize("text", ["[Environment]::Exit(7)", "Stop-Process -Id $PID -Force"])
    def test_a_text_that_ends_its_process(self, host: Host, text: str) -> None:
        """The session is another process and does not notice."""
        before = session_of(host).processes

        assert "the command ended with exit code" in failed(host, text)
        assert host.run_shell_command(Script("get_session"))[0]
        assert session_of(host).processes == before

    def test_an_error_names_its_line(self, host: Host) -> None:
        """What does not end PowerShell elsewhere ends the text here."""
        text = "'before'\nGet-Item -LiteralPath D:\\nowhere\n'after'"
        succeeded, output = host.run_shell_command(text)

        assert not succeeded
        assert output.stdout_lines == ["before"]
        assert "nowhere" in output.stderr
        assert "At line:2 char:1" in output.stderr_lines

    def test_a_text_that_cannot_be_parsed(self, host: Host) -> None:
        """Nothing of it runs, and the parser's words come through."""
        succeeded, output = host.run_shell_command("'before'; if (")

        assert not succeeded
        assert output.stdout_lines == []
        assert "Missing condition in if statement after 'if ('." in output.stderr

    def test_errors_keep_the_name_of_their_file(self, host: Host) -> None:
        """A script that came from a file is named in its errors."""
        succeeded, output = host.run_shell_command(UserScript("'x'\nthrow 'why'", "mine.ps1"))

        assert not succeeded
        assert "mine.ps1" in output.stderr
        assert "why" in output.stderr

    def test_parameters_beside_the_text(self, host: Host) -> None:
        """They are values, whatever is in them; a secret is a SecureString."""
        text = 'param($Text, [securestring] $Secret) "$Text $($Secret.Length)"'
        asked = UserScript(text, "x.ps1", {"Text": "'; exit 5 #", "Secret": HiddenValue("four")})

        assert host.run_shell_command(asked)[1].stdout_lines == ["'; exit 5 # 4"]

    def test_lines_are_printed_as_they_come(self, lab: Lab, host: Host) -> None:
        """The text waits for a file that is there only once its first line was printed."""
        printed: list[str] = []

        def echo(message: str | None = None, **_: Any) -> None:
            printed.append(str(message))
            lab.path(r"D:\go").touch()

        set_echo(echo)
        text = "'first'; while (-not (Test-Path D:\\go)) { Start-Sleep -Milliseconds 50 }; 'second'"
        try:
            succeeded, output = host.run_shell_command(text, print_output=True, _timeout=60)
        finally:
            set_echo(lambda *_, **__: None)

        assert succeeded
        assert output.stdout_lines == ["first", "second"]
        assert printed == [f"{host.print_prefix}first", f"{host.print_prefix}second"]

    def test_50_mb_of_output(self, lab: Lab, host: Host) -> None:
        """All of it arrives, and the session goes on."""
        program = install(lab, "much", "yes $(printf %099d 0) | head -c 50000000")

        succeeded, output = host.run_shell_command(program)

        assert succeeded
        assert output.stdout_lines == ["0" * 99] * 500_000

    def test_a_command_is_printed_without_its_secrets(self, host: Host) -> None:
        """``print_input`` shows the masked text; what runs is the whole."""
        printed: list[str] = []
        set_echo(lambda message=None, **_: printed.append(str(message)))
        try:
            host.run_shell_command(
                StringCommand("$null =", HiddenValue("'hush'")), print_input=True
            )
        finally:
            set_echo(lambda *_, **__: None)

        assert printed
        assert "hush" not in "".join(printed)


class TestArguments:
    """pyinfra's own arguments."""

    def test_a_deadline_ends_the_whole_tree(self, lab: Lab, host: Host) -> None:
        """PowerShell, the program it started, and what that started; the session stays."""
        program = install(lab, "never", "sleep 61 & echo $!; sleep 62")
        before = session_of(host).processes
        text = f"# a comment first\n'started'; & {program}"
        for seconds in (3, 10, 30):  # a busy machine takes longer to begin with
            succeeded, output = host.run_shell_command(text, _timeout=seconds)
            if len(output.stdout_lines) == 2:
                break

        assert not succeeded
        assert output.stderr_lines[-1].startswith("'# a comment first …' on @lab/connector took")
        assert output.stdout_lines[0] == "started"
        assert not running("sleep 61")
        assert not running("sleep 62")
        assert session_of(host).processes == before
        assert host.run_shell_command(Script("get_session"))[0]

    def test_a_deadline_of_a_script(self, host: Host, tmp_path: Path) -> None:
        """The session ends with all in it; the next question opens another."""
        asked = Script(make_script(tmp_path, "Start-Sleep 60"))

        assert "took longer than 1 s" in failed(host, asked, _timeout=1)
        assert host.run_shell_command(Script("get_session"))[0]

    def test_a_folder_to_run_in(self, host: Host, tmp_path: Path) -> None:
        """``_chdir`` holds for a text, for the programs it starts, and for this time alone."""
        text = "(Get-Item .).Name; cmd.exe /c cd"
        inside = host.run_shell_command(text, _chdir=r"C:\Windows")[1].stdout_lines

        assert inside == ["Windows", r"C:\Windows"]
        after = Script(make_script(tmp_path, "(Get-Item .).Name"))
        assert host.run_shell_command(after)[1].stdout == '"deploy"'

    def test_a_folder_that_is_not_there(self, host: Host) -> None:
        """The sentence names it."""
        found = failed(host, "'x'", _chdir=r"D:\no such")

        assert found == messages.NO_DIRECTORY.text(path=r"D:\no such")

    def test_variables_of_the_environment(self, host: Host, tmp_path: Path) -> None:
        """A hidden one arrives as it is; both are gone afterwards."""
        wanted = {"PLAIN": "é", "HIDDEN": HiddenValue("hush")}
        text = "cmd.exe /c echo $env:PLAIN %HIDDEN%"

        assert host.run_shell_command(text, _env=wanted)[1].stdout_lines == ["é hush"]
        after = Script(make_script(tmp_path, '"<$env:PLAIN$env:HIDDEN>"'))
        assert host.run_shell_command(after)[1].stdout == '"<>"'

    @pytest.mark.parametrize("given", [["one", "é日"], "one\né日\n"])
    def test_standard_input(self, lab: Lab, host: Host, given: str | list[str]) -> None:
        """Lines of ``$input``."""
        text = '$input | ForEach-Object { "<$_>" }'

        assert host.run_shell_command(text, _stdin=given)[1].stdout_lines == ["<one>", "<é日>"]

    def test_standard_input_of_a_native_program(self, lab: Lab, host: Host) -> None:
        """Where the text does not name ``$input``, the program that it starts reads it."""
        program = install(lab, "cat", "exec cat")

        found = host.run_shell_command(f"& {program}; 'after'", _stdin="one\né日\n")[1]

        assert found.stdout_lines == ["one", "é日", "after"]

    def test_a_native_program_that_reads_without_input(self, lab: Lab, host: Host) -> None:
        """It finds the end of its input, and takes no byte of the session's."""
        program = install(lab, "cat", "exec cat")

        found = host.run_shell_command(f"& {program}; 'after'", _timeout=60)[1]

        assert found.stdout_lines == ["after"]

    def test_a_grandchild_that_holds_the_pipes(self, lab: Lab, host: Host, tmp_path: Path) -> None:
        """The end of the program counts, not that of what it left running."""
        program = install(lab, "leave", "sleep 63 & echo left")
        text = f"(Invoke-Native {program}).Output"
        began = time.monotonic()

        succeeded, output = host.run_shell_command(Script(make_script(tmp_path, text)))

        assert succeeded
        assert output.stdout == '"left\\n"'
        assert time.monotonic() - began < 30

    @pytest.mark.parametrize(
        "given",
        [
            {"_sudo": True},
            {"_sudo_user": "root"},
            {"_su_user": "root"},
            {"_doas": True},
            {"_dzdo": True},
            {"_shell_executable": "bash"},
            {"_shell_executable": "cmd"},
        ],
    )
    def test_what_has_no_meaning_on_windows(self, host: Host, given: dict[str, Any]) -> None:
        """It is named, and nothing runs."""
        before = session_of(host).exchanges
        ((argument, value),) = given.items()

        found = failed(host, "'x'", **given)

        assert found == messages.NO_MEANING.text(argument=argument, value=value)
        assert session_of(host).exchanges == before

    def test_what_has_no_meaning_for_a_file(self, host: Host) -> None:
        """An upload as somebody else would be one as winrm_user."""
        said: list[str] = []
        with harness.seen(said):
            done = host.put_file(io.BytesIO(b"x"), r"D:\file", _sudo=True)

        assert not done
        assert messages.NO_MEANING.text(argument="_sudo", value=True) in said[-1]


class TestAnswers:
    """Facts: asked once while nothing changes."""

    def test_an_answer_is_kept_until_something_changes(self, lab: Lab, host: Host) -> None:
        """The same question costs nothing; after a change it is asked again, and answered anew."""
        session = session_of(host)
        file = lab.path(r"D:\kept.txt")
        file.write_text("one")
        first = host.get_fact(Sha256File, path=r"D:\kept.txt")
        before = session.exchanges
        file.write_text("two")

        assert host.get_fact(Sha256File, path=r"D:\kept.txt") == first
        assert session.exchanges == before
        assert host.run_shell_command(Script("set_directory", Path=r"D:\folder"))[0]
        assert host.get_fact(Sha256File, path=r"D:\kept.txt") != first
        assert session.exchanges - before <= 4

    @pytest.mark.parametrize("change", ["text", "upload"])
    def test_what_may_change_the_host_is_known_by_its_kind(
        self, lab: Lab, host: Host, change: str
    ) -> None:
        """A user's text and an upload may as well."""
        file = lab.path(r"D:\other.txt")
        file.write_text("one")
        first = host.get_fact(Sha256File, path=r"D:\other.txt")
        if change == "text":
            host.run_shell_command("Set-Content -LiteralPath D:\\other.txt two")
        else:
            host.put_file(io.BytesIO(b"two"), r"D:\other.txt")

        assert host.get_fact(Sha256File, path=r"D:\other.txt") != first

    def test_other_parameters_are_another_question(self, lab: Lab, host: Host) -> None:
        """The answer to one path is none to the other."""
        lab.path(r"D:\a.txt").write_text("a")
        lab.path(r"D:\b.txt").write_text("b")
        found = {host.get_fact(Sha256File, path=rf"D:\{name}.txt") for name in "ab"}

        assert len(found) == 2

    def test_one_process_a_host(self, lab: Lab) -> None:
        """A run with facts, an upload and an operation starts one, and asks little."""
        with harness.connected(lab) as state:
            (host,) = state.inventory
            session = session_of(host)
            for name in "abc":
                host.get_fact(Sha256File, path=rf"D:\{name}.txt")
            host.put_file(io.BytesIO(b"x"), r"D:\small.txt")

            assert session.processes == 1
            assert session.exchanges <= 3 + 2 * 5

    def test_a_question_is_asked_again_after_a_lost_session(
        self, lab: Lab, host: Host, tmp_path: Path
    ) -> None:
        """It changes nothing on the host, so the user need not know."""
        file = tmp_path / "get_once.ps1"
        file.write_text(
            "if (Test-Path D:\\lost) { return 'found' }\n"
            "$null = New-Item D:\\lost -ItemType Directory\nStop-Process -Id $PID -Force"
        )

        succeeded, output = host.run_shell_command(Script(file))

        assert succeeded
        assert output.stdout == '"found"'

    def test_a_change_is_not_made_again_after_a_lost_session(
        self, lab: Lab, host: Host, tmp_path: Path
    ) -> None:
        """It may have been made: the sentence says so, and the next command works."""
        text = "Add-Content D:\\marks.txt x; Stop-Process -Id $PID -Force; Start-Sleep 9"

        found = failed(host, Script(make_script(tmp_path, text)))

        assert "ended during test0.ps1" in found
        assert lab.path(r"D:\marks.txt").read_text().split() == ["x"]
        assert host.run_shell_command(Script("get_session"))[0]


def test_another_package_with_this_connector(
    host: Host, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """pyinfra takes one of them without a word, so both are named."""
    installed = tmp_path / "other-1.0.dist-info"
    installed.mkdir()
    (installed / "METADATA").write_text("Metadata-Version: 2.1\nName: other\nVersion: 1.0\n")
    (installed / "entry_points.txt").write_text("[pyinfra.connectors]\nlab = other:Connector\n")
    monkeypatch.syspath_prepend(tmp_path)
    said: list[str] = []
    with harness.seen(said):
        connector_of(host)._report_rivals()

    values = {"name": "lab", "packages": "other, prefect-on-windows"}
    assert said == [host.print_prefix + ways.TWO_CONNECTORS.text(**values)]


class TestProgram:
    """The program ``pyinfra`` itself, at its loudest."""

    def test_a_command(self, lab: Lab) -> None:
        """What the README's first lines do."""
        ran = program(lab, "--data", "lab_transport=basic", "--", "'é'; cmd.exe /c exit 0")

        assert ran.returncode == 0
        assert "[@lab/connector] é" in ran.stdout

    def test_a_command_that_fails(self, lab: Lab) -> None:
        """Its sentence, and an exit code that is not 0."""
        ran = program(lab, "--", "cmd.exe /c exit 3")

        assert ran.returncode == 1
        assert messages.EXIT_CODE.text(code=3) in ran.stdout

    @pytest.mark.parametrize(
        ("changes", "message"),
        [
            ({"password": "Wrong-Heron"}, ways.LOGON_REFUSED),
            ({"winrm_ca_trust_path": None}, ways.UNTRUSTED_CERTIFICATE),
            ({"administrator": False}, ways.NOT_ALLOWED),
            ({"quotas": Quotas(max_shells_per_user=0)}, ways.QUOTA),
            ({"language_mode": "ConstrainedLanguage"}, messages.LANGUAGE_MODE),
        ],
        ids=lambda value: getattr(value, "key", ""),
    )
    def test_what_keeps_it_from_connecting(
        self, lab: Lab, tmp_path: Path, changes: dict[str, Any], message: Message
    ) -> None:
        """One sentence, no traceback, exit code 1, and no password at ``--debug``."""
        before = lab.config
        data = {**lab.host_data(), "winrm_hostname": "localhost"}
        user = {key: changes.pop(key) for key in ("password", "administrator") if key in changes}
        data |= {key: changes.pop(key) for key in list(changes) if key.startswith("winrm_")}
        lab.configure(users=(dataclasses.replace(before.users[0], **user),), **changes)
        inventory = tmp_path / "inventory.py"
        inventory.write_text(f"hosts = [('@winrm/srv1', {data!r})]\n")
        try:
            ran = harness.pyinfra_cli(
                str(inventory), "--debug", "-vvv", "exec", "--", "Get-Date", cwd=tmp_path
            )
        finally:
            lab.configure(**{name: getattr(before, name) for name in ("users", "quotas")})
            lab.configure(language_mode=before.language_mode)

        assert ran.returncode == 1
        assert max(re.split(r"\{[^}]+\}", message.problem), key=len) in ran.stdout
        assert "Traceback" not in ran.stdout
        assert before.users[0].password not in ran.stdout


def program(lab: Lab, *arguments: str) -> subprocess.CompletedProcess[str]:
    """``pyinfra @lab/NAME … exec …`` at its loudest."""
    options = list(arguments[: arguments.index("--")])
    command = list(arguments[arguments.index("--") :])
    ran = harness.pyinfra_cli(
        f"@lab/{lab.name}", "--debug", "-vvv", *options, "exec", *command, cwd=lab.home
    )
    assert "Traceback" not in ran.stdout
    assert lab.config.users[0].password not in ran.stdout
    return ran
