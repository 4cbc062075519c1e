"""cmd.exe in the lab: what a shell's command goes through."""

from __future__ import annotations

import pytest

from tests.lab.runs import run
from winfra.lab.command_shell.syntax import (
    Chain,
    Group,
    Pipe,
    Redirection,
    Simple,
    SyntaxRefusedError,
    expand,
    parse,
)
from winfra.lab.state import Lab

AUTO_RUN = r"HKLM\SOFTWARE\Microsoft\Command Processor"


@pytest.mark.parametrize(
    ("line", "output"),
    [
        ("echo hello  world", "hello  world"),
        ("echo.", ""),
        ('echo "a & b" ^& c', '"a & b" & c'),
        ("echo %USERDOMAIN%\\x %NO_SUCH%", "WINLAB\\x %NO_SUCH%"),
        ("set A=1& echo %A%", "%A%"),
        ('set "Given=1" & set given', "Given=1"),
        ("cd", "C:\\Users\\deploy"),
        ("cd /d D:\\ & cd", "D:\\"),
        ("chcp", "Active code page: 65001"),
        ("hostname", "WINLAB"),
        ("(echo a& echo b)", "a\nb"),
        ("nosuch 2>nul || echo c", "c"),
        ("ver >nul && echo d", "d"),
        ("echo gone >nul", ""),
        ("if exist C:\\Windows echo there", "there"),
        ("if not defined NO_SUCH echo none", "none"),
        ("echo é日本", "é日本"),
    ],
)
def test_command(machine_lab: Lab, line: str, output: str) -> None:
    """A line does what it does at a prompt."""
    result = run(machine_lab, f"cmd.exe /c {line}")

    assert (result.output.replace("\r\n", "\n").rstrip(" \n"), result.code) == (output, 0)


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("exit 3", 3),
        ("exit /b 1234", 1234),
        ("nosuch", 1),
        ("nosuch & exit /b %ERRORLEVEL%", 0),
        ("whoami /wrong", 1),
        ("type D:\\nothing.txt", 1),
        ("ver", 0),
        ("ver || exit 5", 0),
        ("nosuch || exit 5", 5),
    ],
)
def test_exit_code(machine_lab: Lab, line: str, code: int) -> None:
    """The exit code is that of the last command; 1 for one that does not exist."""
    assert run(machine_lab, f"cmd.exe /c {line}").code == code


def test_unknown_command_says_so(machine_lab: Lab) -> None:
    """Error level 9009 and Windows' sentence for a name that nothing has."""
    folder = machine_lab.path("D:\\")
    (folder / "level.cmd").write_text("@echo off\nnosuch\necho %ERRORLEVEL%\nexit /b 7\necho no\n")

    result = run(machine_lab, r"cmd.exe /c D:\level.cmd")

    assert (result.lines, result.code) == (["9009"], 7)
    assert "'nosuch' is not recognized as an internal or external command" in result.errors


def test_redirections(machine_lab: Lab) -> None:
    """Output goes to files of the lab's drives, errors with it or apart."""
    line = r"echo one> D:\o.txt& echo two>> D:\o.txt& nosuch >> D:\o.txt 2>&1 & type D:\o.txt"

    result = run(machine_lab, f"cmd.exe /c {line}")

    written = machine_lab.path(r"D:\o.txt").read_bytes()
    assert written.startswith(b"one\r\ntwo\r\n'nosuch' is not")
    assert result.raw == written
    assert result.errors == ""


def test_pipe(machine_lab: Lab) -> None:
    """What one command writes the next one reads."""
    line = 'echo 20| powershell.exe -NoProfile -Command "[int] @($input)[0] + 1"'

    assert run(machine_lab, f"cmd.exe /c {line}").lines == ["21"]


@pytest.mark.parametrize("hive", ["HKLM", "HKCU"])
def test_auto_run_comes_first(machine_lab: Lab, hive: str) -> None:
    """The AutoRun command of the registry runs before the command, noise included, but for /d."""
    key = AUTO_RUN.replace("HKLM", hive)
    machine_lab.keys.set(key, "AutoRun", "echo noise")
    try:
        noisy = run(machine_lab, "cmd.exe /c echo said").lines
        quiet = run(machine_lab, "cmd.exe /d /c echo said").lines
    finally:
        machine_lab.keys.remove(key, "AutoRun")

    assert (noisy, quiet) == (["noise", "said"], ["said"])


def test_longest_line(machine_lab: Lab) -> None:
    """8,191 characters are the most."""
    most = "echo " + "x" * (8191 - 5)

    assert run(machine_lab, f"cmd.exe /c {most}").code == 0
    refused = run(machine_lab, f"cmd.exe /c {most}x")
    assert (refused.code, refused.errors) == (1, "The command line is too long.\r\n")


def test_quotes_around_the_command(machine_lab: Lab) -> None:
    """The outer quotes go, unless they are those of a program's path."""
    folder = machine_lab.path(r"D:\two words")
    folder.mkdir()
    (folder / "say.cmd").write_text("@echo off\necho %1\n")

    assert run(machine_lab, r'cmd /c ""D:\two words\say.cmd" x"').lines == ["x"]
    assert run(machine_lab, 'cmd /s /c "echo "a b""').lines == ['"a b"']


@pytest.mark.parametrize(("codepage", "data"), [(437, b"\x82"), (850, b"\x82"), (1252, b"\xe9")])
def test_code_page(machine_lab: Lab, codepage: int, data: bytes) -> None:
    """Text is written in the shell's code page."""
    assert run(machine_lab, "cmd.exe /c echo é", codepage=codepage).raw == data + b"\r\n"


def test_lines_from_standard_input(machine_lab: Lab) -> None:
    """Without a command it reads lines, each shown behind the prompt."""
    result = run(machine_lab, "cmd.exe", b"echo said\r\nexit 4\r\n")

    assert "C:\\Users\\deploy>echo said" in result.lines
    assert "said" in result.lines
    assert result.code == 4


def test_expand_parts() -> None:
    """Parts and replacements of a variable, as set /? describes them."""
    variables = {"Name": "windows"}

    texts = [expand(text, variables) for text in ("%NAME:~0,3%", "%name:win=Win%", "%NAME:~-3%")]

    assert texts == ["win", "Windows", "ows"]


def test_parse_binds_as_documented() -> None:
    """A pipe binds before && before || before &."""
    tree = parse("a & b || c && d | e")

    assert tree == Chain(
        Simple("a "),
        "&",
        Chain(Simple("b "), "||", Chain(Simple("c "), "&&", Pipe((Simple("d "), Simple("e"))))),
    )


def test_parse_groups_and_redirections() -> None:
    """A group takes redirections; a digit is a stream's only where it stands alone."""
    assert parse("(a) > x") == Group(Simple("a"), (Redirection(1, ">", "x"),))
    assert parse("echo a2>x") == Simple("echo a2", (Redirection(1, ">", "x"),))
    assert parse("echo a 2>&1") == Simple("echo a ", (Redirection(2, ">&", "1"),))


@pytest.mark.parametrize("line", ["&& a", "a |", "(a", "a > "])
def test_parse_refuses(line: str) -> None:
    """What makes no sense is refused, not guessed at."""
    with pytest.raises(SyntaxRefusedError):
        parse(line)
