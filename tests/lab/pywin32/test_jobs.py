"""win32job: trees that end together, whatever they do."""

from __future__ import annotations

import time

import psutil
import pytest

from tests.lab.python_runs import PYTHON, answer, script, write
from tests.lab.pywin32.programs import HELD, START
from winfra.lab.machine import Machine
from winfra.lab.state import Lab

JOB = (
    START
    + r"""
    import time, win32job
    KIND = win32job.JobObjectExtendedLimitInformation
    def job(flags=win32job.JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE):
        made = win32job.CreateJobObject(None, "")
        limits = win32job.QueryInformationJobObject(made, KIND)
        limits["BasicLimitInformation"]["LimitFlags"] |= flags
        win32job.SetInformationJobObject(made, KIND, limits)
        return made
    def inside(job, line, flags=0):
        process, thread, pid, reader = start(line, win32con.CREATE_SUSPENDED | flags)
        win32job.AssignProcessToJobObject(job, process)
        win32process.ResumeThread(thread)
        return process, reader
    def active(job):
        kind = win32job.JobObjectBasicAccountingInformation
        return win32job.QueryInformationJobObject(job, kind)["ActiveProcesses"]
    """
)
# Three generations, each in a session of its own and without the variables of the one before.
FAMILY = r"""
    import subprocess, sys, time
    depth = int(sys.argv[1])
    if depth:
        subprocess.Popen([sys.executable, __file__, str(depth - 1)], env={}, start_new_session=True)
    else:
        print("complete", flush=True)
    time.sleep(60)
    """
# Always about to be gone, with a child in its place; a limit, lest it outlive a test that was ended.
RUNNER = r"""
    import os, sys, time
    print("running", flush=True)
    until = time.monotonic() + 30
    while time.monotonic() < until:
        if os.fork(): os._exit(0)
        os.setsid()
    """


def members(lab: Lab) -> list[psutil.Process]:
    return list(Machine(lab).processes())


@pytest.mark.parametrize("how", ["win32job.TerminateJobObject(one, 77)", "one.Close()"])
def test_a_tree_ends_as_a_whole(machine_lab: Lab, how: str) -> None:
    """Grandchildren too, also those that left their session and their environment."""
    write(machine_lab, FAMILY, "family.py")
    found = answer(
        machine_lab,
        f"""{JOB}
    one = job()
    process, reader = inside(one, line("family.py", "3"))
    win32file.ReadFile(reader, 100)
    before = [active(one), win32job.IsProcessInJob(process, one)]
    {how}
    answer([before, win32event.WaitForSingleObject(process, 60000),
            win32process.GetExitCodeProcess(process)])
    """,
    )

    assert found == [[4, True], 0, 77 if "77" in how else 0]
    assert members(machine_lab) == []
    assert list((machine_lab.folder / "run").glob("exit-*")) == []


def test_who_forks_meanwhile_is_caught(machine_lab: Lab) -> None:
    """A process that forks and ends as fast as it can does not run away from its job."""
    write(machine_lab, RUNNER, "runner.py")
    found = answer(
        machine_lab,
        f"""{JOB}
    one = job()
    process, reader = inside(one, line("runner.py"))
    win32file.ReadFile(reader, 100)
    win32job.TerminateJobObject(one, 1)
    answer(active(one))
    """,
    )

    assert found == 0
    assert members(machine_lab) == []


def test_what_is_in_no_job_stays(machine_lab: Lab) -> None:
    """Who is not in it, or in one that does not kill, goes on: an orphan, as on Windows."""
    write(machine_lab, HELD, "child.py")
    found = answer(
        machine_lab,
        f"""{JOB}
    one, harmless = job(), job(0)
    free, _, free_pid, reader = start(line("child.py")); win32file.ReadFile(reader, 100)
    kept, reader = inside(harmless, line("child.py")); win32file.ReadFile(reader, 100)
    gone, reader = inside(one, line("child.py")); win32file.ReadFile(reader, 100)
    in_any = [win32job.IsProcessInJob(free, None), win32job.IsProcessInJob(kept, None)]
    one.Close(); harmless.Close()
    ended = [win32event.WaitForSingleObject(gone, 60000)]
    ended += [win32event.WaitForSingleObject(each, 100) for each in (kept, free)]
    answer([in_any, ended, free_pid, win32process.GetProcessId(kept)])
    """,
    )

    in_any, waits, *pids = found
    assert in_any == [False, True]
    assert waits == [0, 258, 258]
    assert sorted(process.pid for process in members(machine_lab)) == sorted(pids)
    Machine(machine_lab).kill()


@pytest.mark.parametrize(
    "end", ["sys.exit(3)", "os._exit(3)", "win32process.TerminateProcess(-1, 3)"]
)
def test_a_job_ends_with_its_maker(machine_lab: Lab, end: str) -> None:
    """Its last handle goes with the process, whichever way that ends; the exit code stays."""
    write(machine_lab, FAMILY, "family.py")

    result = script(
        machine_lab,
        f"""{JOB.replace("    import os", "    import sys, os", 1)}
    one = job()
    win32job.AssignProcessToJobObject(one, win32api.GetCurrentProcess())
    process, _, _, reader = start(line("family.py", "1"))
    win32file.ReadFile(reader, 100)
    {end}
    """,
    )

    assert (result.code, result.errors) == (3, "")
    assert members(machine_lab) == []


def test_files_for_the_control_manager(machine_lab: Lab) -> None:
    """What it needs to end a job whose maker was killed: a mark, and a file that says so."""
    write(machine_lab, HELD, "child.py")
    text = f"""{JOB}
    one = job()
    process, reader = inside(one, line("child.py")); win32file.ReadFile(reader, 100)
    answer([os.getpid(), win32process.GetProcessId(process)]); sys.stdout.flush(); time.sleep(60)
    """
    head = "import json, sys\ndef answer(value): print(json.dumps(value))\nif True:\n"
    path = write(machine_lab, head + text.replace(START[:1], "\n", 1))
    process = Machine(machine_lab).start(f'"{PYTHON}" -I {path}')
    assert process.stdout is not None
    maker, child = __import__("json").loads(process.stdout.readline())

    entry = f"{maker}-1"
    file = machine_lab.folder / "run" / "jobs" / f"{entry}.json"
    assert file.read_text() == '{"kill_on_close": true}'
    assert psutil.Process(child).environ()["WINFRA_LAB_JOB"] == entry
    Machine(machine_lab).kill()
    process.communicate(timeout=60)


def test_suspended_child_of_a_killed_maker(machine_lab: Lab) -> None:
    """A suspended process ends with its job although its maker was killed."""
    write(machine_lab, HELD, "child.py")
    script(
        machine_lab,
        f"""{JOB}
    import os, signal, sys
    one = job()
    process, thread, pid, reader = start(
        f'"{{sys.executable}}" D:\\\\scripts\\\\child.py', win32con.CREATE_SUSPENDED)
    win32job.AssignProcessToJobObject(one, process)
    os.kill(os.getpid(), signal.SIGKILL)
    """,
    )

    end = time.monotonic() + 60
    while members(machine_lab) and time.monotonic() < end:
        time.sleep(0.02)
    assert members(machine_lab) == []


def test_breaking_away(machine_lab: Lab) -> None:
    """CREATE_BREAKAWAY_FROM_JOB needs the job's leave: error 5; silent breakaway needs no flag."""
    write(machine_lab, HELD, "child.py")
    found = answer(
        machine_lab,
        f"""{JOB}
    me = win32api.GetCurrentProcess()
    away = win32process.CREATE_BREAKAWAY_FROM_JOB
    def leaves(flags=away):
        try:
            process, _, _, reader = start(line("child.py"), flags)
        except win32process.error as error:
            return error.winerror
        inside = win32job.IsProcessInJob(process, None)
        win32process.TerminateProcess(process, 0)
        return inside
    results = [leaves()]
    strict = job(0); win32job.AssignProcessToJobObject(strict, me); results.append(leaves())
    results.append(leaves(0))
    limits = win32job.QueryInformationJobObject(strict, KIND)
    limits["BasicLimitInformation"]["LimitFlags"] = win32job.JOB_OBJECT_LIMIT_BREAKAWAY_OK
    win32job.SetInformationJobObject(strict, KIND, limits); results.append(leaves())
    limits["BasicLimitInformation"]["LimitFlags"] = win32job.JOB_OBJECT_LIMIT_SILENT_BREAKAWAY_OK
    win32job.SetInformationJobObject(strict, KIND, limits); results.append(leaves(0))
    answer(results)
    """,
    )

    assert found == [False, 5, True, False, False]


def test_limits(machine_lab: Lab) -> None:
    """The dictionary is taken back whole only; a flag of the wrong class is refused."""
    found = answer(
        machine_lab,
        f"""{JOB}
    made = win32job.CreateJobObject(None, "")
    limits = win32job.QueryInformationJobObject(made, KIND)
    def failure(function, *arguments):
        try:
            function(*arguments)
        except Exception as error:
            return [type(error).__name__, getattr(error, "winerror", None)]
    less = dict(limits); del less["IoInfo"]
    basic = win32job.QueryInformationJobObject(made, win32job.JobObjectBasicLimitInformation)
    basic["LimitFlags"] = win32job.JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE
    answer([sorted(limits), limits["BasicLimitInformation"]["LimitFlags"],
            failure(win32job.SetInformationJobObject, made, KIND, less),
            failure(win32job.SetInformationJobObject, made, KIND, dict(limits, More=1)),
            failure(win32job.SetInformationJobObject, made, KIND, []),
            failure(win32job.SetInformationJobObject, made,
                    win32job.JobObjectBasicLimitInformation, basic),
            failure(win32job.CreateJobObject, None, None),
            failure(win32job.QueryInformationJobObject, None, KIND),
            failure(win32job.TerminateJobObject, made, 0xC000013A),
            failure(win32job.AssignProcessToJobObject, made, 4711)])
    """,
    )

    assert found[0] == [
        "BasicLimitInformation", "IoInfo", "JobMemoryLimit", "PeakJobMemoryUsed",
        "PeakProcessMemoryUsed", "ProcessMemoryLimit",
    ]  # fmt: skip
    assert found[1:] == [
        0, ["TypeError", None], ["TypeError", None], ["TypeError", None], ["error", 87],
        ["TypeError", None], ["error", 5], ["OverflowError", None], ["error", 6],
    ]  # fmt: skip


def test_a_process_that_has_ended(machine_lab: Lab) -> None:
    """It cannot be put into a job: error 5."""
    found = answer(
        machine_lab,
        f"""{JOB}
    process, _, _, reader = start("hostname"); win32event.WaitForSingleObject(process, 60000)
    try:
        win32job.AssignProcessToJobObject(job(), process)
    except win32job.error as error:
        answer([error.winerror, error.funcname])
    """,
    )

    assert found == [5, "AssignProcessToJobObject"]
