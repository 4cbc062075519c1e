"""servicemanager, win32serviceutil: a Python process as a service, as its control manager sees it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.lab.python_runs import PYTHON, answer, install, script, write
from tests.lab.scm.services import refusal, start, until, wait
from winfra.lab import event_log, json_lines
from winfra.lab.scm import codes
from winfra.lab.scm.client import request
from winfra.lab.state import Lab

CONTROL = r"HKLM\SYSTEM\CurrentControlSet\Control"
SERVICE = r"""
    import json, os, sys, threading, time
    import servicemanager, win32event, win32service, win32serviceutil
    def note(*values):
        with open(r"D:\scripts\notes.jsonl", "ab", buffering=0) as file:
            file.write(json.dumps({"note": values}).encode() + b"\n")
    def first(): return threading.current_thread() is threading.main_thread()
    class Service(win32serviceutil.ServiceFramework):
        _svc_name_ = "Example"
        def __init__(self, args):
            super().__init__(args)
            self.end = win32event.CreateEvent(None, False, False, None)
            note("made", args, sys.stdin is None, sys.stdout is None, os.getcwd(), first())
        def SvcStop(self):
            note("stop", first())
            self.ReportServiceStatus(win32service.SERVICE_STOP_PENDING)
            win32event.SetEvent(self.end)
        def SvcDoRun(self):
            note("run", first(), servicemanager.RunningAsService())
            win32event.WaitForSingleObject(self.end, win32event.INFINITE)
    def main(service=Service):
        servicemanager.Initialize()
        servicemanager.PrepareToHostSingle(service)
        try:
            servicemanager.StartServiceCtrlDispatcher()
            note("returned", first())
        except servicemanager.startup_error as error:
            note("startup_error", str(error))
        except Exception as error:
            note("refused", *error.args)
    """


def create(lab: Lab, text: str = "main()", image: str = PYTHON) -> None:
    install(lab)
    path = write(lab, SERVICE + "\n    " + text.strip().replace("\n", "\n    "))
    request(lab.folder, "create", name="Example", settings={"path": f'"{image}" -I {path}'})


def notes(lab: Lab) -> list[list[Any]]:
    return [one["note"] for one in json_lines.read(lab.path(r"D:\scripts\notes.jsonl"))]


def stop(lab: Lab) -> dict[str, Any]:
    request(lab.folder, "control", name="Example", control=codes.STOP)
    return wait(lab, "Example", codes.STOPPED)


def stopped(lab: Lab) -> tuple[int, int]:
    """The exit codes with which it ends by itself."""
    refusal(start, lab, "Example")
    found = wait(lab, "Example", codes.STOPPED)
    return found["win32_exit"], found["specific_exit"]


def test_a_service(lab: Lab) -> None:
    """Made with its arguments and run in a thread of its own, controlled in the first, then STOPPED."""
    create(lab)

    start(lab, "Example", "one", "two words")
    running = wait(lab, "Example", codes.RUNNING)
    end = stop(lab)
    until(lambda: len(notes(lab)) == 4, "the dispatcher did not return")

    assert running["accepted"] == codes.ACCEPT_STOP
    assert (end["win32_exit"], end["specific_exit"]) == (0, 0)
    made, ran, stopping, returned = notes(lab)
    assert made == [
        "made", ["Example", "one", "two words"], True, True, r"C:\Windows\System32", False,
    ]  # fmt: skip
    assert ran == ["run", False, True]
    assert stopping == ["stop", True]
    assert returned == ["returned", True]


def test_what_it_accepts(lab: Lab) -> None:
    """By its methods; a control that it does not accept is refused, one beyond 127 is its own affair."""
    create(
        lab,
        """
class More(Service):
    def SvcPause(self): self.ReportServiceStatus(win32service.SERVICE_PAUSED)
    def SvcContinue(self): self.ReportServiceStatus(win32service.SERVICE_RUNNING)
    def SvcShutdown(self): self.SvcStop()
    def SvcOtherEx(self, control, event_type, data): note("other", control, event_type, data)
    def GetAcceptedControls(self):
        return super().GetAcceptedControls() | win32service.SERVICE_ACCEPT_PRESHUTDOWN
main(More)
""",
    )
    start(lab, "Example")
    running = wait(lab, "Example", codes.RUNNING)

    def control(number: int) -> int:
        return refusal(request, lab.folder, "control", name="Example", control=number)

    assert running["accepted"] == 0x1 | 0x2 | 0x4 | 0x100
    assert control(codes.PAUSE) == 0
    assert wait(lab, "Example", codes.PAUSED)
    assert control(codes.CONTINUE) == 0
    assert wait(lab, "Example", codes.RUNNING)
    assert control(200) == 0
    assert control(codes.INTERROGATE) == 0
    assert control(codes.PARAMCHANGE) == 1052
    assert ["other", 200, 0, None] in notes(lab)
    stop(lab)


def test_an_exception_in_the_run(lab: Lab) -> None:
    """STOPPED with a service-specific error, and the traceback in the Application log."""
    create(
        lab,
        """
class Broken(Service):
    def SvcDoRun(self): raise ValueError("this is broken")
main(Broken)
""",
    )

    assert stopped(lab) == (1066, 0x20000001)
    event = event_log.read(lab.folder, "Application", provider="Example")[-1]
    assert (event["id"], event["level"]) == (3, event_log.ERROR)
    assert "The instance's SvcRun() method failed" in event["message"]
    assert "ValueError: this is broken" in event["message"]


def test_a_class_that_cannot_be_made(lab: Lab) -> None:
    """It never started: 1066 with 1; the reason is an event of the default source."""
    create(
        lab,
        """
class Broken(Service):
    def __init__(self, args): raise KeyError("no settings")
main(Broken)
""",
    )

    assert stopped(lab) == (1066, 1)
    event = event_log.read(lab.folder, "Application", provider="Python Service")[-1]
    assert event["id"] == 10
    assert "KeyError: 'no settings'" in event["message"]


def test_a_handler_that_raises(lab: Lab) -> None:
    """Its sender gets ERROR_CALL_NOT_IMPLEMENTED, and the service runs on."""
    create(
        lab,
        """
class Broken(Service):
    def SvcOther(self, control):
        if control == 131: self.SvcStop()
        else: raise RuntimeError("no")
main(Broken)
""",
    )
    start(lab, "Example")
    wait(lab, "Example", codes.RUNNING)

    def control(number: int) -> int:
        return refusal(request, lab.folder, "control", name="Example", control=number)

    assert control(130) == 120
    assert lab.service("Example")["state"] == codes.RUNNING
    assert event_log.read(lab.folder, "Application", provider="Example")[-1]["id"] == 11
    assert control(131) == 0
    wait(lab, "Example", codes.STOPPED)


def test_its_own_exit_code(lab: Lab) -> None:
    """A service that reports STOPPED by itself gives the exit codes."""
    create(
        lab,
        """
class Own(Service):
    def SvcRun(self):
        self.ReportServiceStatus(win32service.SERVICE_STOPPED, 0, 1066, 42)
        os._exit(0)
main(Own)
""",
    )

    assert stopped(lab) == (1066, 42)


def test_ending_without_a_word(lab: Lab) -> None:
    """A process that ends and reports nothing has failed: 1067."""
    create(
        lab,
        """
class Gone(Service):
    def SvcDoRun(self): os._exit(7)
main(Gone)
""",
    )

    assert stopped(lab)[0] == 1067


def test_a_handler_of_its_own(lab: Lab) -> None:
    """Without ServiceFramework: RegisterServiceCtrlHandler and SetServiceStatus."""
    create(
        lab,
        """
class Plain:
    def __init__(self, args):
        self.end = win32event.CreateEvent(None, False, False, None)
        self.handle = servicemanager.RegisterServiceCtrlHandler(args[0], self.control)
        note("handle", type(self.handle).__name__)
    def control(self, control):
        note("control", control); win32event.SetEvent(self.end)
    def SvcRun(self):
        for wrong in ((16, 4), [16, 4, 1, 0, 0, 0, 0], (16, 4, 1, 2**31, 0, 0, 0)):
            try:
                win32service.SetServiceStatus(self.handle, wrong)
            except Exception as error:
                note(type(error).__name__)
        try:
            win32service.SetServiceStatus(4711, (16, 4, 1, 0, 0, 0, 0))
        except win32service.error as error:
            note(error.winerror)
        win32service.SetServiceStatus(self.handle, (16, 4, 1, 0, 0, 0, 0))
        win32event.WaitForSingleObject(self.end, win32event.INFINITE)
main(Plain)
""",
    )
    start(lab, "Example")
    wait(lab, "Example", codes.RUNNING)
    stop(lab)
    until(lambda: ["returned", True] in notes(lab), "the dispatcher did not return")

    assert notes(lab) == [
        ["handle", "int"], ["TypeError"], ["SystemError"], ["OverflowError"], [6], ["control", 1],
        ["returned", True],
    ]  # fmt: skip


def test_events(lab: Lab) -> None:
    """LogMsg and its like write to the Application log under the service's name."""
    create(
        lab,
        """
class Talks(Service):
    def SvcDoRun(self):
        servicemanager.LogMsg(servicemanager.EVENTLOG_INFORMATION_TYPE,
                              servicemanager.PYS_SERVICE_STARTED, (self._svc_name_, " well"))
        servicemanager.LogInfoMsg("told"); servicemanager.LogWarningMsg("warned")
        servicemanager.LogErrorMsg("failed")
        import win32evtlogutil
        win32evtlogutil.ReportEvent("Other", 0x80000005, eventType=2, strings=["one", "two"])
main(Talks)
""",
    )

    assert stopped(lab) == (0, 0)
    events = event_log.read(lab.folder, "Application", provider="Example")
    assert [(event["id"], event["level"], event["message"]) for event in events] == [
        (0x1002, 4, "The Example service has started well."),
        (0xFF, 4, "told"),
        (0xFF, 3, "warned"),
        (0xFF, 2, "failed"),
    ]
    (other,) = event_log.read(lab.folder, "Application", provider="Other")
    assert (other["id"], other["level"], other["data"]) == (5, 3, ["one", "two"])
    key = r"HKLM\SYSTEM\CurrentControlSet\Services\EventLog\Application\Example"
    assert lab.keys.get(key, "TypesSupported") == 7


def test_not_started_by_the_control_manager(lab: Lab) -> None:
    """From a prompt the dispatcher has nobody to talk to: 1063."""
    found = answer(
        lab,
        """
        import servicemanager
        servicemanager.Initialize(); servicemanager.PrepareToHostSingle(object)
        try:
            servicemanager.StartServiceCtrlDispatcher()
        except servicemanager.startup_error:
            answer(0)
        except Exception as error:
            answer(list(error.args))
        """,
    )

    text = "The service process could not connect to the service controller."
    assert found == [1063, "StartServiceCtrlDispatcher", text]


def test_image_of_a_virtual_environment(lab: Lab) -> None:
    """The control manager talks to the redirector, the service is its child: 1063 there, 1053 here."""
    install(lab)
    image = r"D:\environment\Scripts\python.exe"
    lab.install_virtual_environment(r"D:\environment", r"C:\Program Files\Python311", pywin32=True)
    lab.keys.set(CONTROL, "ServicesPipeTimeout", 600_000)  # it is not what is waited for
    create(lab, image=image)

    code = refusal(start, lab, "Example")

    assert code == 1053
    assert notes(lab) == [
        ["refused", 1063, "StartServiceCtrlDispatcher",
         "The service process could not connect to the service controller."],
    ]  # fmt: skip


@pytest.mark.parametrize(
    "call",
    [
        "servicemanager.RegisterServiceCtrlHandler('x', None)",
        "servicemanager.RegisterServiceCtrlHandler('x', print)",
        "servicemanager.LogMsg(1, 2, 5)",
    ],
)
def test_wrong_calls(machine_lab: Lab, call: str) -> None:
    """What is no handler, no service or no list of texts is refused."""
    result = script(machine_lab, f"import servicemanager\n{call}")

    assert result.code == 1
    assert result.errors.splitlines()[-1].startswith(("TypeError", "ValueError"))
