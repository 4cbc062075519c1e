"""win32event, win32pipe, win32file, pywintypes: handles, waiting, pipes, files."""

from __future__ import annotations

from tests.lab.python_runs import answer
from winfra.lab.state import Lab

FAILURE = """
    def failure(function, *arguments):
        try:
            return ["done", function(*arguments)]
        except Exception as error:
            return [type(error).__name__, *error.args]
    """


def test_errors(machine_lab: Lab) -> None:
    """An error is a tuple of number, function and Windows' text, and one class everywhere."""
    found = answer(
        machine_lab,
        f"""{FAILURE}
    import pywintypes, win32api, win32event, win32process
    try:
        win32event.SetEvent(4711)
    except pywintypes.error as error:
        parts = [error.winerror, error.funcname, error.strerror, list(error.args), str(error),
                 win32api.GetLastError()]
    answer([parts, pywintypes.error is win32api.error is win32event.error is win32process.error])
    """,
    )

    text = "The handle is invalid."
    assert found == [
        [6, "SetEvent", text, [6, "SetEvent", text], f"(6, 'SetEvent', '{text}')", 6],
        True,
    ]


def test_handles(machine_lab: Lab) -> None:
    """A handle is closed with its object, once by Close, and refused as a number afterwards."""
    found = answer(
        machine_lab,
        f"""{FAILURE}
    import gc, win32api, win32event
    def event(): return win32event.CreateEvent(None, False, False, None)
    one = event(); number = int(one); truth = bool(one)
    one.Close(); one.Close(); closed = [bool(one), failure(win32api.CloseHandle, number)]
    two = event(); number = two.Detach(); detached = [bool(two), failure(win32event.SetEvent, number)]
    win32api.CloseHandle(number)
    three = int(event()); gc.collect()
    answer([truth, closed, detached, failure(win32event.SetEvent, three),
            failure(win32api.CloseHandle, "x"), failure(win32event.WaitForSingleObject, one, 0)])
    """,
    )

    def invalid(function: str) -> list[object]:
        return ["error", 6, function, "The handle is invalid."]

    assert found[:4] == [
        True, [False, invalid("CloseHandle")], [False, ["done", None]], invalid("SetEvent"),
    ]  # fmt: skip
    assert found[4][0] == "TypeError"
    assert found[5] == invalid("WaitForSingleObject")


def test_events(machine_lab: Lab) -> None:
    """A manual event stays signalled until it is reset, another lets one wait through."""
    found = answer(
        machine_lab,
        """
        import win32event
        answer([
            [win32event.WaitForSingleObject(event, 0), win32event.WaitForSingleObject(event, 0),
             win32event.SetEvent(event), win32event.SetEvent(event),
             win32event.WaitForSingleObject(event, 0), win32event.WaitForSingleObject(event, 0),
             win32event.ResetEvent(event), win32event.WaitForSingleObject(event, 0)]
            for event in (win32event.CreateEvent(None, manual, True, None) for manual in (0, 1))
        ] + [win32event.INFINITE, win32event.WAIT_TIMEOUT, win32event.WAIT_OBJECT_0])
        """,
    )

    assert found == [
        [0, 258, None, None, 0, 258, None, 258],
        [0, 0, None, None, 0, 0, None, 258],
        -1,
        258,
        0,
    ]


def test_waiting_for_several(machine_lab: Lab) -> None:
    """For one: the first in the list that is signalled; for all: none is taken before all are."""
    found = answer(
        machine_lab,
        f"""{FAILURE}
    import threading, time, win32event
    wait = win32event.WaitForMultipleObjects
    one, two = (win32event.CreateEvent(None, False, False, None) for _ in range(2))
    win32event.SetEvent(two); win32event.SetEvent(one)
    any_ = [wait([one, two], False, 100), wait([one, two], False, 100), wait([one, two], False, 10)]
    win32event.SetEvent(one)
    all_ = [wait((one, two), True, 50), win32event.WaitForSingleObject(one, 0)]
    threading.Timer(0.2, win32event.SetEvent, [two]).start()
    threading.Timer(0.1, win32event.SetEvent, [one]).start()
    begun = time.monotonic()
    late = [wait([one, two], True, win32event.INFINITE), time.monotonic() - begun > 0.15]
    threading.Timer(0.1, win32event.SetEvent, [two]).start()
    late.append(wait([one, two], False, 0xFFFFFFFF))
    answer([any_, all_, late, failure(wait, [], False, 0), failure(wait, [one, one], True, 0),
            failure(wait, ["x"], False, 0), failure(wait, [one] * 65, False, 0)])
    """,
    )

    bad = ["error", 87, "WaitForMultipleObjects", "The parameter is incorrect."]
    assert found == [
        [0, 1, 258], [258, 0], [0, True, 1], bad, bad,
        ["TypeError", "Handles must be a list of integers"], bad,
    ]  # fmt: skip


def test_pipes(machine_lab: Lab) -> None:
    """Bytes through a pipe; an end that is closed shows as Windows' errors 109 and 232."""
    found = answer(
        machine_lab,
        f"""{FAILURE}
    import threading, win32file, win32pipe
    def pipe(): return win32pipe.CreatePipe(None, 0)
    reader, writer = pipe()
    sent = win32file.WriteFile(writer, b"hello")
    waiting = win32pipe.PeekNamedPipe(reader, 0)[1]
    got = [win32file.ReadFile(reader, 3)[1].decode(), win32file.ReadFile(reader, 100)[1].decode()]
    threading.Timer(0.1, win32file.WriteFile, [writer, b"later"]).start()
    got.append(win32file.ReadFile(reader, 100)[1].decode())
    large = b"x" * 300_000
    threading.Thread(target=win32file.WriteFile, args=(writer, large)).start()
    count = 0
    while count < len(large): count += len(win32file.ReadFile(reader, 65536)[1])
    writer.Close()
    ended = failure(win32file.ReadFile, reader, 100)
    reader, writer = pipe(); reader.Close()
    answer([sent, waiting, got, count, ended, failure(win32file.WriteFile, writer, b"x")])
    """,
    )

    assert found == [
        [0, 5], 5, ["hel", "lo", "later"], 300_000,
        ["error", 109, "ReadFile", "The pipe has been ended."],
        ["error", 232, "WriteFile", "The pipe is being closed."],
    ]  # fmt: skip


def test_files(machine_lab: Lab) -> None:
    """CreateFile's dispositions and refusals; the drive is the witness."""
    machine_lab.path(r"D:\old.txt").write_text("old")
    found = answer(
        machine_lab,
        rf"""{FAILURE}
    import win32con, win32file
    def create(name, access, how):
        return win32file.CreateFile(name, access, 0, None, how, 0, None)
    append = win32file.FILE_APPEND_DATA if hasattr(win32file, "FILE_APPEND_DATA") else 4
    log = create(r"D:\old.txt", append, win32con.OPEN_ALWAYS)
    win32file.WriteFile(log, b" new"); size = win32file.GetFileSize(log); log.Close()
    again = create(r"D:\old.txt", win32con.GENERIC_READ, win32con.OPEN_EXISTING)
    text = win32file.ReadFile(again, 100)[1].decode(); end = win32file.ReadFile(again, 100)[1].decode()
    answer([size, text, end, *(failure(create, *one) for one in (
        (r"D:\none.txt", win32con.GENERIC_READ, win32con.OPEN_EXISTING),
        (r"D:\none\x", win32con.GENERIC_WRITE, win32con.CREATE_ALWAYS),
        (r"D:\old.txt", win32con.GENERIC_WRITE, win32con.CREATE_NEW),
        (r"D:\old.txt", win32con.GENERIC_WRITE, 9)))])
    """,
    )

    assert machine_lab.path(r"D:\old.txt").read_text() == "old new"
    assert found == [
        7, "old new", "",
        ["error", 2, "CreateFile", "The system cannot find the file specified."],
        ["error", 3, "CreateFile", "The system cannot find the path specified."],
        ["error", 80, "CreateFile", "The file exists."],
        ["error", 87, "CreateFile", "The parameter is incorrect."],
    ]  # fmt: skip
