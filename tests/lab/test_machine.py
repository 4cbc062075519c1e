"""The lab's machine: command lines, environments, process trees, files that stand for Windows."""

from __future__ import annotations

import errno
from pathlib import Path

import psutil
import pytest
from hypothesis import given, strategies as st

from tests.lab.runs import POWERSHELL, run
from winfra.lab import command_line, engine, paths
from winfra.lab.machine import Machine, StartError
from winfra.lab.registry import Registry, expand
from winfra.lab.state import Lab
from winfra.messages.lab import NO_ENGINE

ENVIRONMENT = r"HKLM\SYSTEM\CurrentControlSet\Control\Session Manager\Environment"


@given(st.lists(st.text(st.characters(blacklist_characters="\0", codec="utf-8"))))
def test_command_line_comes_apart_as_it_was_joined(arguments: list[str]) -> None:
    """CommandLineToArgvW's rules, there and back."""
    assert command_line.split(command_line.join(["x", *arguments]))[1:] == arguments


@pytest.mark.parametrize(
    ("text", "arguments"),
    [
        (r'"a b" c', ["a b", "c"]),
        (r"x \\server\share\ y", ["x", "\\\\server\\share\\", "y"]),
        (r"x \\\"q", ["x", '\\"q']),
        (r'x "a\\" b', ["x", "a\\", "b"]),
        (r'x "a""b" c', ["x", 'a"b', "c"]),
        (r'"C:\x\"y z', ["C:\\x\\", "y", "z"]),
    ],
)
def test_command_line_by_microsofts_examples(text: str, arguments: list[str]) -> None:
    """Backslashes count only before a quote, and not in the program's name."""
    assert command_line.split(text) == arguments


def test_paths_there_and_back(machine_lab: Lab) -> None:
    """A Windows path stands for a place under the drive's folder, in any case that fits one."""
    real = machine_lab.path(r"c:\WINDOWS\system32\..\System32\cmd.exe")

    assert real == machine_lab.drive("C") / "Windows" / "System32" / "cmd.exe"
    assert paths.to_windows(machine_lab.folder, real) == r"C:\Windows\System32\cmd.exe"
    assert paths.to_windows(machine_lab.folder, Path("/usr")) is None
    assert machine_lab.path("\\\\?\\D:\\x") == machine_lab.drive("D") / "x"
    with pytest.raises(ValueError, match="no"):
        machine_lab.path("relative")


def test_registry_is_the_engines(machine_lab: Lab) -> None:
    """Values written from Python are read by PowerShell in their kinds, and the other way round."""
    keys = machine_lab.keys
    key = r"HKLM\SOFTWARE\Test (1)\é"
    keys.set(key, "Text", "%SystemRoot%", "ExpandString")
    keys.set(key, "Number", 0xFFFFFFFF)
    keys.set(key, "Bytes", b"\x00\xff")
    keys.set(key, "List", ["a", "b"])
    script = (
        "$k = Get-Item -LiteralPath 'HKLM:\\SOFTWARE\\test (1)\\é'; "
        "foreach ($n in $k.GetValueNames()) { '{0} {1} {2}' -f $n, $k.GetValueKind($n), ($k.GetValue($n) -join ',') }; "
        "Set-ItemProperty -LiteralPath $k.PSPath -Name Back -Value 7 -Type QWord"
    ).replace("$k.PSPath", "'HKLM:\\SOFTWARE\\Test (1)\\é'")

    result = run(machine_lab, f'{POWERSHELL} -Command "{script}"')

    assert result.errors == ""
    assert result.lines == [
        "Bytes Binary 0,255",
        "List MultiString a,b",
        "Number DWord -1",
        r"Text ExpandString C:\Windows",
    ]
    assert keys.kind(key, "back") == "QWord"
    assert keys.get(key, "BACK") == 7


def test_registry_removes(tmp_path: Path) -> None:
    """A value and a key can be removed; what is not there is no error."""
    keys = Registry(tmp_path)
    keys.set(r"HKCU\A\B", "x", "1")
    keys.remove(r"HKCU\A\B", "X")
    keys.remove(r"HKCU\None", "x")
    keys.delete(r"HKCU\A")

    assert not keys.exists(r"HKCU\A")
    assert expand("%a%;%B%", {"A": "1"}) == "1;%B%"


def test_environment_is_made_as_windows_makes_it(machine_lab: Lab) -> None:
    """The machine's variables, then the user's, then the shell's; names in any case."""
    keys = machine_lab.keys
    keys.set(ENVIRONMENT, "SITE_HOME", r"%SystemDrive%\site", "ExpandString")
    try:
        line = f'{POWERSHELL} -Command "$env:SITE_HOME; $env:TEMP; $env:GIVEN"'
        result = run(machine_lab, line, environment={"given": "x", "temp": r"D:\temp"})
        cmd = run(machine_lab, "cmd /c echo %given% %Site_Home%", environment={"GIVEN": "y"})
    finally:
        keys.remove(ENVIRONMENT, "SITE_HOME")

    assert result.lines[:2] == [r"C:\site", r"D:\temp"]
    assert cmd.lines == [r"y C:\site"]


def test_path_of_the_registry_finds_programs(machine_lab: Lab) -> None:
    """A folder on the machine's Path is searched by CreateProcess, cmd.exe and PowerShell."""
    keys = machine_lab.keys
    machine_lab.install(r"D:\tools\mine.exe", Path("/bin/echo"), ["mine"])
    old = str(keys.get(ENVIRONMENT, "Path"))
    keys.set(ENVIRONMENT, "Path", old + r";D:\tools", "ExpandString")
    try:
        lines = [
            run(machine_lab, line).lines
            for line in ("mine", "cmd /c mine", f"{POWERSHELL} -Command mine.exe")
        ]
    finally:
        keys.set(ENVIRONMENT, "Path", old, "ExpandString")

    assert lines == [["mine"]] * 3


@pytest.mark.parametrize(
    ("line", "options", "code", "number"),
    [
        ("nosuch.exe", {}, 2, errno.ENOENT),
        (r"C:\Windows\nosuch.exe x", {}, 2, errno.ENOENT),
        ("hostname", {"directory": r"D:\nothing"}, 267, errno.ENOTDIR),
        ("hostname", {"directory": "x"}, 267, errno.ENOTDIR),
        ("hostname " + "x" * 33000, {}, 206, errno.E2BIG),
    ],
)
def test_start_is_refused(
    machine_lab: Lab, line: str, options: dict[str, str], code: int, number: int
) -> None:
    """What CreateProcess refuses is refused with its error code."""
    with pytest.raises(StartError) as caught:
        Machine(machine_lab).start(line, **options)  # type: ignore[arg-type]

    assert (caught.value.code, caught.value.errno) == (code, number)


def test_unquoted_path_with_spaces(machine_lab: Lab) -> None:
    """CreateProcess tries the path at each space; the program still takes the line apart itself."""
    machine_lab.install(r"C:\Program Files\One Two\say.exe", Path("/bin/echo"))

    result = run(machine_lab, r"C:\Program Files\One Two\say.exe a b")

    assert result.lines == [r"Files\One Two\say.exe a b"]


def test_directory(machine_lab: Lab) -> None:
    """A process starts in the folder that was asked for, else in the user's profile."""
    assert run(machine_lab, "cmd /c cd", directory="D:\\").lines == ["D:\\"]
    assert run(machine_lab, "cmd /c cd").lines == [r"C:\Users\deploy"]


def test_kill_ends_the_whole_tree(machine_lab: Lab) -> None:
    """Every process of the shell goes, also one that left its session; other shells stay."""
    machine = Machine(machine_lab)
    away = (
        "Start-Process -FilePath /usr/bin/setsid -ArgumentList sleep, 60; 'started'; Start-Sleep 60"
    )
    tree = machine.start(f'{POWERSHELL} -Command "{away}"', shell_id="ONE")
    other = machine.start("ping -n 60 localhost", shell_id="TWO")
    assert tree.stdout is not None
    assert tree.stdout.readline().strip() == b"started"
    doomed = list(machine.processes("ONE"))
    names = {process.name() for process in doomed}

    machine.kill("ONE")

    assert "sleep" in names
    assert not any(psutil.pid_exists(p.pid) and p.status() != "zombie" for p in doomed)
    assert other.poll() is None
    machine.kill()
    for process in (tree, other):
        process.communicate(timeout=10)
    assert list(machine.processes()) == []


def test_memory_of_a_shell(machine_lab: Lab) -> None:
    """The memory of a shell is that of its processes."""
    machine = Machine(machine_lab)
    process = machine.start("ping -n 60 localhost", shell_id="MEMORY")
    assert process.stdout is not None
    process.stdout.readline()

    held = machine.memory("MEMORY")

    machine.kill("MEMORY")
    process.communicate(timeout=10)
    assert 2**20 < held < 2**28
    assert machine.memory("MEMORY") == 0


def test_processes_are_logged(machine_lab: Lab) -> None:
    """Each start is on record with its user and shell, those inside PowerShell too."""
    machine_lab.clear_logs()

    run(machine_lab, f'{POWERSHELL} -Command "hostname.exe"', shell_id="LOG")

    shown = [(p["command_line"], p["user"], p["shell"]) for p in machine_lab.processes()]
    user = machine_lab.config.users[0].name
    assert shown == [
        (f'{POWERSHELL} -Command "hostname.exe"', user, "LOG"),
        ("hostname.exe", user, "LOG"),
    ]


def test_only_the_owner_reads_the_password(machine_lab: Lab) -> None:
    """The settings hold the users' passwords, made for this lab, and nobody else reads them."""
    file = machine_lab.folder / "config.json"

    assert file.stat().st_mode & 0o777 == 0o600
    assert len(machine_lab.config.users[0].password) >= 20


def test_snapshot_sees_every_change(machine_lab: Lab) -> None:
    """A file, a folder, a value of the registry, and state: each change shows."""
    before = machine_lab.snapshot()
    machine_lab.path(r"D:\new").mkdir()
    machine_lab.path(r"D:\new\file").write_bytes(b"1")
    machine_lab.keys.set(r"HKCU\Software\New", "x", 1)

    after = machine_lab.snapshot()

    changed = {path for path in {*before, *after} if before.get(path) != after.get(path)}
    assert {"drives/D/new", "drives/D/new/file"} < changed
    assert any(path.startswith("registry/") for path in changed)


def test_without_an_engine(machine_lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a PowerShell engine the sentence of the catalogue says what to install."""

    def missing(name: str) -> None:
        raise ImportError(name)

    engine.engine.cache_clear()
    monkeypatch.setattr("importlib.import_module", missing)
    monkeypatch.setenv("PATH", "/nowhere")
    try:
        with pytest.raises(FileNotFoundError) as caught:
            machine_lab.start()
    finally:
        engine.engine.cache_clear()

    assert str(caught.value) == NO_ENGINE.text()


def test_another_engine_on_the_path(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A pwsh on the PATH serves where the package is not installed."""

    def missing(name: str) -> None:
        raise ImportError(name)

    program = tmp_path / "pwsh"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    engine.engine.cache_clear()
    monkeypatch.setattr("importlib.import_module", missing)
    monkeypatch.setenv("PATH", str(tmp_path))
    try:
        assert engine.engine() == program
    finally:
        engine.engine.cache_clear()


def test_broken_pipe_is_no_traceback(machine_lab: Lab) -> None:
    """A program whose reader is gone ends quietly."""
    process = Machine(machine_lab).start("ping -n 3 localhost")
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()

    assert process.wait(20) == 1
    assert process.stderr.read() == b""
    process.stderr.close()
