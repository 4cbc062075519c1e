"""win32process: what CreateProcess starts and refuses, and how processes end."""

from __future__ import annotations

import psutil
import pytest

from tests.lab.people import new_user
from tests.lab.python_runs import PYTHON, answer, install, script, write
from tests.lab.pywin32.programs import HELD, START
from winfra.lab.access import AccessLists
from winfra.lab.state import Lab


def test_a_child(machine_lab: Lab) -> None:
    """Its arguments, variables, folder and output, and its exit code as a signed number."""
    write(
        machine_lab,
        """
        import os, sys
        print(sys.argv[1:], os.environ["GIVEN"], os.getcwd(), "MORE" in os.environ, sys.stdin)
        sys.exit(-2)
        """,
        "child.py",
    )
    machine_lab.clear_logs()
    found = answer(
        machine_lab,
        f"""{START}
    process, thread, pid, reader = start(
        line("child.py", '"a b" c'), 0, {{"GIVEN": "é", "SYSTEMROOT": "x"}}, "D:\\\\")
    text = read(reader)
    waited = win32event.WaitForSingleObject(process, 60000)
    answer([text, waited, win32process.GetExitCodeProcess(process), win32process.ResumeThread(thread),
            pid == win32process.GetProcessId(process)])
    """,
    )

    assert found == ["['a b', 'c'] é D:\\ False None\n", 0, -2, 0, True]
    lines = [entry["command_line"] for entry in machine_lab.processes()]
    assert lines[1:] == [rf'"{PYTHON}" -I D:\scripts\child.py "a b" c']


def test_programs_of_the_lab(machine_lab: Lab) -> None:
    """A name is searched as CreateProcess searches it, the extension added; lines stay whole."""
    found = answer(
        machine_lab,
        rf"""{START}
    texts = [read(start(one)[3]) for one in (
        "hostname", "HOSTNAME.EXE", r'cmd /c echo "a  b"', "python -V")]
    texts.append(read(start("x -V", application=sys.executable)[3]))
    answer(texts)
    """,
    )

    name = machine_lab.config.host_name
    assert [text.strip() for text in found[:3]] == [name, name, '"a  b"']
    assert [text[:11] for text in found[3:]] == ["Python 3.11"] * 2


@pytest.mark.parametrize(
    ("call", "number"),
    [
        ("start('nosuch.exe')", 2),
        (r"start(r'D:\scripts\nosuch.exe')", 2),
        (r"start(r'D:\nowhere\nosuch.exe')", 3),
        (r"start('x', application='python')", 2),
        (r"start(r'D:\scripts')", 5),
        (r"start(r'D:\scripts\child.py')", 193),
        (r"start(r'D:\scripts\child.cmd')", 193),
        (r"start('hostname', folder=r'D:\nowhere')", 267),
        (r"start('hostname', folder=r'D:\scripts\child.py')", 267),
        ("start('hostname ' + 'x' * 33000)", 206),
        ("start('hostname', win32con.CREATE_NEW_CONSOLE | win32con.DETACHED_PROCESS)", 87),
    ],
)
def test_refusals(machine_lab: Lab, call: str, number: int) -> None:
    """What Windows does not start is refused with its error."""
    write(machine_lab, "", "child.py")
    write(machine_lab, "", "child.cmd")
    found = answer(
        machine_lab,
        f"""{START}
    try:
        {call}
        answer(0)
    except win32process.error as error:
        answer([error.winerror, error.funcname])
    """,
    )

    assert found == [number, "CreateProcess"]


def test_an_image_that_may_not_be_executed(machine: Lab) -> None:
    """The access list of the executable is asked: error 5."""
    install(machine)
    machine.install_python(r"D:\other")
    new_user(machine, "reader")
    lists = AccessLists(machine.folder)
    image = machine.path(r"D:\other\python.exe")
    lists.write_list(image, lists.dialect.parse("D:P(A;;FA;;;BA)(A;;FR;;;BU)"))

    found = answer(
        machine,
        rf"""{START}
    try:
        start(r"D:\other\python.exe -V")
    except win32process.error as error:
        answer(list(error.args))
    """,
        user="reader",
    )

    assert found == [5, "CreateProcess", "Access is denied."]


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ("None, None, None, None, 0, 0, None, None, info", "TypeError"),
        ("None, 'hostname', None, None, 0, 0, None, None, None", "TypeError"),
        ("None, 'hostname', None, None, 0, 0, {'a': 1}, None, info", "TypeError"),
        ("None, 'hostname', None, None, 0, 0, 5, None, info", "TypeError"),
    ],
)
def test_wrong_arguments(machine_lab: Lab, arguments: str, error: str) -> None:
    """pywin32 checks the kinds of its arguments."""
    found = answer(
        machine_lab,
        f"""
        import win32process
        info = win32process.STARTUPINFO()
        try:
            win32process.CreateProcess({arguments})
        except Exception as error:
            answer(type(error).__name__)
        """,
    )

    assert found == error


def test_suspended(machine_lab: Lab) -> None:
    """A process that was made suspended does nothing before it is resumed, once."""
    write(machine_lab, r"""open(r"D:\scripts\ran", "w")""", "child.py")
    found = answer(
        machine_lab,
        f"""{START}
    import time
    process, thread, pid, reader = start(line("child.py"), win32con.CREATE_SUSPENDED)
    time.sleep(0.5)
    before = [os.path.exists(r"D:\\scripts\\ran"), win32process.GetExitCodeProcess(process)]
    counts = [win32process.ResumeThread(thread), win32process.ResumeThread(thread)]
    win32event.WaitForSingleObject(process, 60000)
    answer([before, counts, os.path.exists(r"D:\\scripts\\ran"),
            win32process.GetExitCodeProcess(process)])
    """,
    )

    assert found == [[False, 259], [1, 0], True, 0]


@pytest.mark.parametrize("flags", ["0", "win32con.CREATE_SUSPENDED"])
def test_terminate(machine_lab: Lab, flags: str) -> None:
    """The exit code is what TerminateProcess gave; a second time it is refused."""
    write(machine_lab, HELD, "child.py")
    found = answer(
        machine_lab,
        f"""{START}
    process, thread, pid, reader = start(line("child.py"), {flags})
    if not {flags}: win32file.ReadFile(reader, 100)
    win32process.TerminateProcess(process, 0xC000013A)
    ended = [win32event.WaitForSingleObject(process, 60000), win32process.GetExitCodeProcess(process)]
    try:
        win32process.TerminateProcess(process, 1)
    except win32process.error as error:
        answer([*ended, error.winerror])
    """,
    )

    assert found == [0, 0xC000013A - 2**32, 5]


def test_error_mode(machine_lab: Lab) -> None:
    """SetErrorMode gives the mode until then; a child has its parent's, or the default one."""
    write(machine_lab, "import win32api; print(win32api.SetErrorMode(0))", "child.py")
    found = answer(
        machine_lab,
        f"""{START}
    modes = [win32api.SetErrorMode(win32con.SEM_FAILCRITICALERRORS), win32api.SetErrorMode(3)]
    for flags in (0, win32con.CREATE_DEFAULT_ERROR_MODE):
        modes.append(read(start(line("child.py"), flags)[3]).strip())
    answer(modes)
    """,
    )

    assert found == [0, 1, "3", "0"]


def test_ending_oneself(machine_lab: Lab) -> None:
    """TerminateProcess(GetCurrentProcess(), n) ends at once, with n."""
    text = """
        import win32api, win32process
        win32process.TerminateProcess(win32api.GetCurrentProcess(), 70001)
        """

    assert script(machine_lab, text).code == 70001


def test_another_process(machine_lab: Lab) -> None:
    """OpenProcess gives a handle that can be waited for and ended; an unknown number is refused."""
    write(machine_lab, HELD, "child.py")
    found = answer(
        machine_lab,
        f"""{START}
    import subprocess
    child = subprocess.Popen([sys.executable, r"D:\\scripts\\child.py"], stdout=subprocess.PIPE)
    child.stdout.readline()
    handle = win32api.OpenProcess(win32con.PROCESS_ALL_ACCESS, False, child.pid)
    waited = [win32event.WaitForSingleObject(handle, 0)]
    win32process.TerminateProcess(handle, 5)
    waited.append(win32event.WaitForSingleObject(handle, 60000))
    try:
        win32api.OpenProcess(win32con.PROCESS_ALL_ACCESS, False, 2**22 + 5)
    except win32api.error as error:
        answer([waited, error.winerror])
    """,
    )

    assert found == [[258, 0], 87]


def test_handles_are_inherited_only_where_it_is_said(machine_lab: Lab) -> None:
    """A standard handle that is not inherited is none; one too many keeps a pipe open."""
    write(machine_lab, "import sys; print('text'); sys.exit(sys.stdout is None)", "silent.py")
    write(machine_lab, "import time; time.sleep(0.6)", "slow.py")
    found = answer(
        machine_lab,
        f"""{START}
    import time
    process, _, _, reader = start(line("silent.py"), inherit=False)
    text = read(reader)
    win32event.WaitForSingleObject(process, 60000)
    code = win32process.GetExitCodeProcess(process)
    begun = time.monotonic()
    leaked, kept = win32pipe.CreatePipe(None, 0)
    win32api.SetHandleInformation(kept, 1, 1)
    start(line("slow.py")); kept.Close()
    read(leaked)
    answer([text, code, time.monotonic() - begun > 0.5])
    """,
    )

    assert found == ["", 1, True]


def test_no_process_is_left(machine_lab: Lab) -> None:
    """Handles that are closed early leave no zombie behind, nor files."""
    text = f"""{START}
    import time
    for _ in range(3):
        process, thread, pid, reader = start("hostname")
        process.Close(); thread.Close(); read(reader)
    process, _, _, reader = start("hostname"); read(reader)
    win32event.WaitForSingleObject(process, win32event.INFINITE)
    win32process.GetExitCodeProcess(process)
    answer(0)
    """

    answer(machine_lab, text)

    lab = str(machine_lab.folder)
    left = [
        one
        for one in psutil.process_iter(["environ"])
        if (one.info["environ"] or {}).get("WINFRA_LAB") == lab
    ]
    assert left == []
    assert list((machine_lab.folder / "run").glob("exit-*")) == []
