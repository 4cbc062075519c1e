"""win32console and SetConsoleCtrlHandler: whom Ctrl-C and Ctrl-Break reach."""

from __future__ import annotations

import pytest

from tests.lab.python_runs import answer, script, write
from tests.lab.pywin32.programs import START
from winfra.lab.machine import Machine
from winfra.lab.state import Lab

# Says what reached it, and ends; or that nothing did, when the test is over.
LISTENER = r"""
    import os, signal, sys, time
    def on(number, frame):
        print({signal.SIGINT: "c", signal.SIGBREAK: "break"}[number], flush=True); sys.exit(5)
    if "break" in sys.argv: signal.signal(signal.SIGBREAK, on)
    if "deaf" in sys.argv: signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        print("ready", flush=True)
        while not os.path.exists(r"D:\scripts\over"): time.sleep(0.02)
        print("nothing", flush=True)
    except KeyboardInterrupt:
        print("c", flush=True); sys.exit(5)
    """
CONSOLE = (
    START
    + r"""
    import time, win32console
    win32api.SetConsoleCtrlHandler(lambda event: True, True)
    def listen(arguments="", flags=0):
        process, _, pid, reader = start(line("listener.py", arguments), flags)
        win32file.ReadFile(reader, 6)
        return process, pid, reader
    if os.path.exists(r"D:\scripts\over"): os.remove(r"D:\scripts\over")
    def over():
        # What was sent has come: a signal is there before its sender goes on.
        open(r"D:\scripts\over", "w").close()
    def heard(listener):
        process, _, reader = listener
        text = read(reader).strip()
        win32event.WaitForSingleObject(process, 60000)
        return [text, win32process.GetExitCodeProcess(process)]
    """
)
WITHOUT_HANDLER = CONSOLE.replace(
    "win32api.SetConsoleCtrlHandler(lambda event: True, True)", ""
)  # fmt: skip
CONTROL_C_EXIT = 0xC000013A - 2**32


def test_ctrl_c(machine_lab: Lab) -> None:
    """Every process of the console gets it: not one of another console, of a new group, or deaf."""
    write(machine_lab, LISTENER, "listener.py")
    found = answer(
        machine_lab,
        f"""{CONSOLE}
    listeners = [listen(), listen("deaf"), listen("", win32con.CREATE_NEW_PROCESS_GROUP),
                 listen("", win32con.CREATE_NEW_CONSOLE), listen("", win32con.CREATE_NO_WINDOW),
                 listen("", win32con.DETACHED_PROCESS)]
    win32console.GenerateConsoleCtrlEvent(win32console.CTRL_C_EVENT, 0)
    over(); answer([heard(one) for one in listeners])
    """,
    )

    assert found == [["c", 5], *[["nothing", 0]] * 5]


def test_ctrl_break(machine_lab: Lab) -> None:
    """It reaches one group alone if it is named, and ends who does not handle it."""
    write(machine_lab, LISTENER, "listener.py")
    found = answer(
        machine_lab,
        f"""{CONSOLE}
    group = win32con.CREATE_NEW_PROCESS_GROUP
    handles, ends, other = listen("break", group), listen("", group), listen("", group)
    for _, pid, _ in (handles, ends):
        win32console.GenerateConsoleCtrlEvent(win32console.CTRL_BREAK_EVENT, pid)
    # Ctrl-C "will not be received" by a group.
    win32console.GenerateConsoleCtrlEvent(win32console.CTRL_C_EVENT, other[1])
    over(); found = [heard(one) for one in (handles, ends, other)]
    for arguments in ((7, 0), (1, 2**22 + 3)):
        try:
            win32console.GenerateConsoleCtrlEvent(*arguments)
        except win32console.error as error:
            found.append(error.winerror)
    answer(found)
    """,
    )

    assert found == [["break", 5], ["", CONTROL_C_EXIT], ["nothing", 0], 87, 87]


def test_unhandled_ctrl_c(machine_lab: Lab) -> None:
    """Python ends with STATUS_CONTROL_C_EXIT where KeyboardInterrupt is not caught."""
    write(machine_lab, "import time; print('ready', flush=True); time.sleep(20)", "listener.py")
    found = answer(
        machine_lab,
        f"""{CONSOLE}
    one = listen()
    win32console.GenerateConsoleCtrlEvent(0, 0)
    answer(heard(one)[1])
    """,
    )

    assert found == CONTROL_C_EXIT


def test_consoles_come_and_go(machine_lab: Lab) -> None:
    """One at a time; without one there is nobody to send to."""
    found = answer(
        machine_lab,
        """
        import win32api, win32console
        def failure(function, *arguments):
            try:
                function(*arguments)
            except win32console.error as error:
                return [error.winerror, error.funcname]
        answer([
            failure(win32console.AllocConsole), win32console.GetConsoleWindow() != 0,
            failure(win32console.FreeConsole), failure(win32console.FreeConsole),
            failure(win32console.GenerateConsoleCtrlEvent, 0, 0),
            failure(win32console.GetConsoleProcessList), win32console.GetConsoleWindow(),
            failure(win32console.AllocConsole), len(win32console.GetConsoleProcessList()),
        ])
        """,
    )

    assert found == [
        [5, "AllocConsole"], True, None, [87, "FreeConsole"],
        [6, "GenerateConsoleCtrlEvent"], [6, "GetConsoleProcessList"], 0, None, 1,
    ]  # fmt: skip


def test_two_consoles(machine_lab: Lab) -> None:
    """Who makes a console of its own reaches its children there, and not who stayed on the other."""
    write(machine_lab, LISTENER, "listener.py")
    found = answer(
        machine_lab,
        f"""{WITHOUT_HANDLER}
    def send():
        win32api.SetConsoleCtrlHandler(None, True)
        win32console.GenerateConsoleCtrlEvent(0, 0)
        win32api.SetConsoleCtrlHandler(None, False)
    stays = listen()
    win32console.FreeConsole(); win32console.AllocConsole()
    comes = listen(); send()
    first = [heard(comes)]
    old = listen(); win32console.FreeConsole(); win32console.AttachConsole(old[1]); send()
    first.append(heard(old)); over(); answer([*first, heard(stays)])
    """,
    )

    assert found == [["c", 5], ["c", 5], ["nothing", 0]]


@pytest.mark.parametrize("again", [False, True])
def test_a_new_console_takes_the_handlers_away(machine_lab: Lab, again: bool) -> None:
    """All that were added before, and Python's own: Ctrl-C ends the process, as at its beginning."""
    result = script(
        machine_lab,
        f"""
        import time, win32api, win32console
        def handler(event): print("asked", flush=True); return True
        win32api.SetConsoleCtrlHandler(handler, True)
        win32console.FreeConsole(); win32console.AllocConsole()
        # pywin32 tells Windows of its handlers once only.
        if {again}: win32api.SetConsoleCtrlHandler(handler, True)
        win32console.GenerateConsoleCtrlEvent(0, 0)
        time.sleep(60)
        """,
    )

    assert (result.lines, result.code) == ([], 0xC000013A)


def test_ignoring(machine_lab: Lab) -> None:
    """SetConsoleCtrlHandler(None, True): neither the process nor who it starts then gets Ctrl-C."""
    write(machine_lab, LISTENER, "listener.py")
    found = answer(
        machine_lab,
        f"""{WITHOUT_HANDLER}
    before = listen()
    win32api.SetConsoleCtrlHandler(None, True)
    after = listen()
    win32console.GenerateConsoleCtrlEvent(0, 0)
    found = [heard(before)]
    win32api.SetConsoleCtrlHandler(None, False)
    again = listen()
    try:
        win32console.GenerateConsoleCtrlEvent(0, 0); time.sleep(60)
    except KeyboardInterrupt:
        over(); answer([*found, heard(again), heard(after)])
    """,
    )

    assert found == [["c", 5], ["c", 5], ["nothing", 0]]


@pytest.mark.parametrize("event", [0, 1])
def test_handlers(machine_lab: Lab, event: int) -> None:
    """The last that was added is asked first, in another thread; the first True ends it."""
    found = answer(
        machine_lab,
        f"""
        import threading, time, win32api, win32console
        asked = []
        def first(event): asked.append(["first", event]); return True
        def second(event):
            asked.append(["second", event, threading.current_thread() is threading.main_thread()])
        def third(event): asked.append(["third", event])
        for function in (first, second, third): win32api.SetConsoleCtrlHandler(function, True)
        win32api.SetConsoleCtrlHandler(third, False)
        win32console.GenerateConsoleCtrlEvent({event}, 0)
        end = time.monotonic() + 20
        while len(asked) < 2 and time.monotonic() < end: time.sleep(0.02)
        for wrong in (third, "x"):
            try:
                win32api.SetConsoleCtrlHandler(wrong, False)
            except Exception as error:
                asked.append(type(error).__name__)
        answer(asked)
        """,
    )

    assert found == [["second", event, False], ["first", event], "ValueError", "TypeError"]


def test_a_handler_that_does_not_care(machine_lab: Lab) -> None:
    """Where none says that it has handled it, Python's own handling follows."""
    text = """
        import time, win32api, win32console
        win32api.SetConsoleCtrlHandler(lambda event: False, True)
        try:
            win32console.GenerateConsoleCtrlEvent(0, 0); time.sleep(60)
        except KeyboardInterrupt:
            print("interrupted", flush=True)
        win32console.GenerateConsoleCtrlEvent(1, 0); time.sleep(60)
        """

    result = script(machine_lab, text)

    assert result.lines == ["interrupted"]
    assert result.code == 0xC000013A


def test_from_any_thread(machine_lab: Lab) -> None:
    """A handler may be added, and Ctrl-C sent, in a thread that is not the first."""
    found = answer(
        machine_lab,
        """
        import threading, time, win32api, win32console
        asked = []
        def work():
            win32api.SetConsoleCtrlHandler(lambda event: asked.append(event) or True, True)
            win32console.GenerateConsoleCtrlEvent(0, 0)
        thread = threading.Thread(target=work); thread.start(); thread.join()
        end = time.monotonic() + 20
        while not asked and time.monotonic() < end: time.sleep(0.02)
        answer(asked)
        """,
    )

    assert found == [0]


def test_other_shells_hear_nothing(machine_lab: Lab) -> None:
    """The console of one WinRM shell is not that of another."""
    path = write(machine_lab, LISTENER, "listener.py")
    script(machine_lab, "")
    line = rf'"C:\Program Files\Python311\python.exe" -I {path}'
    machine_lab.path(r"D:\scripts\over").unlink(missing_ok=True)
    other = Machine(machine_lab).start(line, shell_id="OTHER")
    assert other.stdout is not None
    other.stdout.readline()

    script(
        machine_lab,
        "import win32api, win32console\n"
        "win32api.SetConsoleCtrlHandler(lambda event: True, True)\n"
        "win32console.GenerateConsoleCtrlEvent(0, 0)",
        shell_id="ONE",
    )

    assert other.poll() is None
    Machine(machine_lab).kill("OTHER")
    other.communicate(timeout=60)
