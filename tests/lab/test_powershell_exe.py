"""powershell.exe in the lab does what its command line says."""

from __future__ import annotations

import base64
import os
import subprocess

import pytest

from tests.lab.runs import POWERSHELL, encoded, run
from winfra.lab.machine import Machine
from winfra.lab.programs import powershell
from winfra.lab.state import Lab

INIT_FAILED = 0xFFFD0000


def script(lab: Lab, text: str, name: str = "test.ps1") -> str:
    lab.path(r"D:\scripts").mkdir(exist_ok=True)
    lab.path(rf"D:\scripts\{name}").write_text(text)
    return rf"D:\scripts\{name}"


def test_version_and_names(machine_lab: Lab) -> None:
    """A script sees Windows PowerShell 5.1, Windows' variables and drives."""
    text = (
        "$PSVersionTable.PSVersion.ToString(2); $PSVersionTable.PSEdition; $PSEdition; "
        "$env:COMPUTERNAME; $env:SystemRoot; $env:TEMP; (Get-Location).Path; Test-Path D:\\"
    )

    result = run(machine_lab, f"{POWERSHELL} -EncodedCommand {encoded(text)}")

    user = machine_lab.config.users[0].name
    assert result.lines == [
        "5.1",
        "Desktop",
        "Desktop",
        "WINLAB",
        r"C:\Windows",
        rf"C:\Users\{user}\AppData\Local\Temp",
        rf"C:\Users\{user}",
        "True",
    ]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("exit 7", 7),
        ("exit 1234", 1234),
        ("exit -1", 0xFFFFFFFF),
        ("'ok'", 0),
        ("throw 'x'", 1),
        ("Get-Item D:\\nothing", 1),
        ("Get-Item D:\\nothing; 'ok'", 0),
        ("cmd.exe /c exit 5", 1),
        ("if (", 1),
    ],
)
def test_exit_code_of_command(machine_lab: Lab, text: str, code: int) -> None:
    """After -Command the exit code is that of exit, or says whether the last statement succeeded."""
    assert run(machine_lab, f'{POWERSHELL} -Command "{text}"').code == code


def test_command_keeps_its_own_line_numbers(machine_lab: Lab) -> None:
    """An error of a command's text tells the line of that text, param() at its start included."""
    text = "param($Name = 'x')\n$Name\nNo-Such\n"

    result = run(machine_lab, f"{POWERSHELL} -EncodedCommand {encoded(text)}")

    assert result.lines == ["x"]
    assert "At line:3 char:1" in result.errors


def test_encoded_command_writes_clixml(machine_lab: Lab) -> None:
    """Errors are CLIXML after -EncodedCommand, and text after -Command or -OutputFormat Text."""
    failing = "Write-Error oops"
    clixml = run(machine_lab, f"{POWERSHELL} -EncodedCommand {encoded(failing)}").errors
    text = run(machine_lab, f"{POWERSHELL} -OutputFormat Text -EncodedCommand {encoded(failing)}")

    assert clixml.startswith("#< CLIXML\r\n<Objs")
    assert 'S="Error"' in clixml
    assert "CLIXML" not in text.errors
    assert "oops" in text.errors


def test_file_binds_its_arguments(machine_lab: Lab) -> None:
    """-File passes names, values and switches, and takes the exit code of exit."""
    path = script(
        machine_lab,
        "param([string] $Name, [switch] $On, [Parameter(ValueFromRemainingArguments)] $Rest)\n"
        '"$Name|$On|$Rest|$PSScriptRoot"\nexit 3\n',
    )

    result = run(machine_lab, f"{POWERSHELL} -File {path} -Name \"it's $x\" -On one 'two'")

    assert result.lines == ["it's $x|True|one 'two'|D:/scripts"]
    assert result.code == 3


def test_file_without_exit_ends_with_zero(machine_lab: Lab) -> None:
    """The exit code of a native program is not that of the script that -File runs."""
    path = script(machine_lab, "cmd.exe /c exit 5\n'done'\n")

    assert run(machine_lab, f"{POWERSHELL} -File {path}").code == 0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (r"-File D:\nothing.ps1", "does not exist"),
        ("-EncodedCommand bogus!", "not properly encoded"),
        ("-Command", "A command must follow -Command"),
        ("-Version 7.0 -Command 1", "not installed"),
        ("-ExecutionPolicy Never -Command 1", "Invalid ExecutionPolicy"),
        ("-InputFormat Foo -Command 1", "'Foo'"),
    ],
)
def test_refuses_what_it_cannot_use(machine_lab: Lab, arguments: str, words: str) -> None:
    """A command line that makes no sense ends with 0xFFFD0000 and says what is wrong."""
    result = run(machine_lab, f"powershell.exe -NoProfile {arguments}")

    assert (result.code, words in result.errors) == (INIT_FAILED, True)


def test_abbreviated_options() -> None:
    """Options may be shortened as far as Windows PowerShell allows, also its own short forms."""
    options = powershell.parse(["-nop", "-noni", "/ep", "Bypass", "-if", "None", "-c", "1", "2"])

    assert (options.text, options.profile, options.reads_input) == ("1 2", False, False)


def test_first_other_word_begins_the_command() -> None:
    """What is no option begins the command."""
    assert powershell.parse(["-NoProfile", "Get-Date", "-File"]).text == "Get-Date -File"


def test_host_reads_standard_input(machine_lab: Lab) -> None:
    """Redirected input becomes $input; a script that reads the stream itself gets nothing."""
    lines = "powershell.exe -NoProfile -Command \"@($input).Count; $input | % { $_ + '!' }\""
    own = "[Console]::OpenStandardInput().ReadByte()"

    assert run(machine_lab, lines, b"a\nb\n").lines[0] == "2"
    assert run(machine_lab, f'powershell.exe -NoProfile -Command "{own}"', b"abc").lines == ["-1"]


def test_script_owns_standard_input(machine_lab: Lab) -> None:
    """With -InputFormat None the bytes belong to the script."""
    text = "$b = [byte[]]::new(3); $s = [Console]::OpenStandardInput(); $s.Read($b, 0, 3); $b -join ' '"

    assert (
        run(machine_lab, f'{POWERSHELL} -Command "{text}"', b"\x00\xff\n").lines[-1] == "0 255 10"
    )


def test_waits_for_the_end_of_redirected_input(machine_lab: Lab) -> None:
    """Without -InputFormat None the process lives until its input ends, as on Windows."""
    process = Machine(machine_lab).start("powershell.exe -NoProfile -Command \"'said'\"")
    assert process.stdout is not None
    assert process.stdin is not None
    assert process.stdout.readline().strip() == b"said"
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(0.6)

    process.stdin.close()

    assert process.wait(10) == 0
    process.stdout.close()


def test_console_is_not_read(machine_lab: Lab) -> None:
    """With the console of a shell for standard input the process ends when its command does."""
    process = Machine(machine_lab).start('powershell.exe -NoProfile -Command "1"', console=True)
    assert process.stdin is not None

    assert process.wait(20) == 0
    process.stdin.close()


def test_command_from_standard_input(machine_lab: Lab) -> None:
    """-Command - runs what standard input holds."""
    result = run(machine_lab, "powershell.exe -NoProfile -Command -", b"$x = 4\n$x * 2\n")

    assert result.lines == ["8"]


def test_profile_unless_told_otherwise(machine_lab: Lab) -> None:
    """A profile runs first, with its noise, but not after -NoProfile."""
    folder = machine_lab.path(r"C:\Windows\System32\WindowsPowerShell\v1.0")
    profile = folder / "profile.ps1"
    profile.write_text("'noise'")
    try:
        with_it = run(machine_lab, "powershell.exe -InputFormat None -Command 1").lines
        without = run(machine_lab, f"{POWERSHELL} -Command 1").lines
    finally:
        profile.unlink()

    assert (with_it, without) == (["noise", "1"], ["1"])


def test_constrained_language(machine_lab: Lab) -> None:
    """Where the lab says so, a script may not call .NET, and commands still work."""
    machine_lab.configure(language_mode="ConstrainedLanguage")
    text = (
        "$ExecutionContext.SessionState.LanguageMode; Get-Date | Out-Null; [IO.File]::Exists('x')"
    )
    try:
        result = run(machine_lab, f'{POWERSHELL} -Command "{text}"')
    finally:
        machine_lab.configure(language_mode="FullLanguage")

    assert result.lines[0] == "ConstrainedLanguage"
    assert "only on core types" in result.errors


@pytest.mark.parametrize(("codepage", "data"), [(437, b"\x82"), (65001, "é".encode())])
def test_output_in_the_code_page(machine_lab: Lab, codepage: int, data: bytes) -> None:
    """Output is in the code page of the shell."""
    text = encoded("[string][char]0xE9")

    result = run(machine_lab, f"{POWERSHELL} -EncodedCommand {text}", codepage=codepage)

    assert result.raw.strip() == data


def test_full_path(machine_lab: Lab) -> None:
    """The program is also where Windows has it, in whatever case."""
    path = r"c:\windows\SYSTEM32\WindowsPowerShell\v1.0\powershell.exe"

    assert run(machine_lab, f'{path} -InputFormat None -Command "1+1"').lines == ["2"]


def test_process_keeps_its_number(machine_lab: Lab) -> None:
    """One process: the engine takes the place of the program that was started."""
    process = Machine(machine_lab).start(f"{POWERSHELL} -Command $PID")
    output, _ = process.communicate(timeout=30)

    assert int(output) == process.pid


def test_parse_decodes() -> None:
    """-EncodedCommand is Base64 of UTF-16."""
    value = base64.b64encode("é".encode("utf-16-le")).decode()

    assert powershell.parse(["-enc", value]).text == "é"


SHARING = r"""
$a = $ExecutionContext.SessionState.Path.GetUnresolvedProviderPathFromPSPath('D:\a.txt')
$b = "$a.new"
[IO.File]::WriteAllText($a, 'a'); [IO.File]::WriteAllText($b, 'b')
%s
foreach ($attempt in { [IO.File]::Delete($a) }, { [IO.File]::Move($a, "$a.moved") }, { [IO.File]::Replace($b, $a, "$a.old") },
    { [IO.File]::WriteAllText($a, 'x') }, { [IO.File]::Copy($b, $a, $true) }) {
    try { & $attempt; 'no error' }
    catch [Management.Automation.MethodInvocationException] { '{0:X8}' -f $_.Exception.InnerException.HResult }
}
%s
[IO.File]::Delete($a); [IO.File]::Delete($b)
"""


def test_file_in_use_stays(machine_lab: Lab) -> None:
    """A file open without sharing cannot be deleted, moved, replaced or written: error 32."""
    path = script(
        machine_lab,
        SHARING % ("$open = [IO.File]::Open($a, 'Open', 'Read', 'None')", "$open.Dispose()"),
    )

    assert run(machine_lab, f"{POWERSHELL} -File {path}").lines == ["80070020"] * 5


def test_file_in_use_cannot_be_opened(machine_lab: Lab) -> None:
    """A stream on a file that is open without sharing is refused, one beside readers is not."""
    text = r"""
$a = $ExecutionContext.SessionState.Path.GetUnresolvedProviderPathFromPSPath('D:\open.txt')
[IO.File]::WriteAllText($a, 'abc')
$share = [IO.FileShare]::ReadWrite -bor [IO.FileShare]::Delete
$open = [IO.FileStream]::new($a, [IO.FileMode]::Open, [IO.FileAccess]::Read, [IO.FileShare]::None)
foreach ($attempt in { [IO.FileStream]::new($a, [IO.FileMode]::Open, [IO.FileAccess]::Read, $share) },
    { New-Object IO.FileStream $a, 'Open', 'Read', 'ReadWrite, Delete' }, { [IO.File]::ReadAllText($a) },
    { [IO.FileStream]::new($a, 'CreateNew', 'Write', 'None') }) {
    try { $null = & $attempt; 'no error' }
    catch [Management.Automation.MethodInvocationException] { '{0:X8}' -f $_.Exception.InnerException.HResult }
}
$open.Dispose()
$one = [IO.FileStream]::new($a, 'Open', 'Read', $share)
$two = New-Object IO.FileStream $a, 'Open', 'Read', 'ReadWrite, Delete'
$one.Length + $two.Length
"""
    path = script(machine_lab, text)

    lines = run(machine_lab, f"{POWERSHELL} -File {path}").lines

    assert lines == ["80070020"] * 3 + ["80070050", "6"]


def test_file_locked_by_another_process(machine_lab: Lab) -> None:
    """The lock of a program of Linux counts as well."""
    file = machine_lab.path(r"D:\locked.txt")
    file.write_text("x")
    holder = subprocess.Popen(["flock", str(file), "sleep", "30"], start_new_session=True)
    text = (
        "$f = (Get-Item D:\\locked.txt).FullName; try { [IO.File]::Delete($f) } "
        "catch { '{0:X8}' -f $_.Exception.InnerException.HResult }"
    )
    try:
        result = run(machine_lab, f"{POWERSHELL} -EncodedCommand {encoded(text)}")
    finally:
        os.killpg(holder.pid, 9)
        holder.wait()

    assert result.lines == ["80070020"]
    assert file.exists()


def test_read_only_file_stays(machine_lab: Lab) -> None:
    """A read-only file can be moved, but not deleted, replaced or written: error 5."""
    text = SHARING % (
        "[IO.File]::SetAttributes($a, 'ReadOnly')",
        "[IO.File]::SetAttributes($a, 'Normal')",
    )
    path = script(machine_lab, text.replace('{ [IO.File]::Move($a, "$a.moved") }, ', ""))

    assert run(machine_lab, f"{POWERSHELL} -File {path}").lines == ["80070005"] * 4


def test_replace_has_windows_rules(machine_lab: Lab) -> None:
    """Replace wants a destination on the same drive, and keeps the old file as the backup."""
    text = r"""
function full($p) { $ExecutionContext.SessionState.Path.GetUnresolvedProviderPathFromPSPath($p) }
$new = full D:\r.new; $old = full D:\r.txt; $backup = full D:\r.old; $other = full C:\Users\Public\r.txt
foreach ($pair in ($new, 'new'), ($old, 'old'), ($other, 'other')) { [IO.File]::WriteAllText($pair[0], $pair[1]) }
try { [IO.File]::Replace($new, "$old.none", $backup) } catch [IO.FileNotFoundException] { 'no destination' }
try { [IO.File]::Replace($new, $other, $null) } catch { '{0:X8}' -f $_.Exception.InnerException.HResult }
try { [IO.File]::Move($new, $old) } catch { '{0:X8}' -f $_.Exception.InnerException.HResult }
[IO.File]::Replace($new, $old, $backup)
[IO.File]::ReadAllText($old) + [IO.File]::ReadAllText($backup) + [IO.File]::Exists($new)
"""
    path = script(machine_lab, text)

    lines = run(machine_lab, f"{POWERSHELL} -File {path}").lines

    assert lines == ["no destination", "80070011", "800700B7", "newoldFalse"]


def test_error_of_a_file_method_stands_where_it_was_called(machine_lab: Lab) -> None:
    """The position is the user's script's, and the script goes on after it."""
    path = script(machine_lab, "'one'\n[IO.File]::ReadAllText('/nothing')\n'two'\n", "where.ps1")

    result = run(machine_lab, f"{POWERSHELL} -File {path}")

    assert result.lines == ["one", "two"]
    assert "At D:/scripts/where.ps1:2 char:1" in result.errors


def test_temporary_folder_stays_empty(machine_lab: Lab) -> None:
    """Starting PowerShell leaves nothing on the drives."""
    before = machine_lab.snapshot()

    run(machine_lab, f"{POWERSHELL} -Command Get-Date")

    assert machine_lab.snapshot() == before
