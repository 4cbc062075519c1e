"""sc.exe of the lab: what it writes, what it changes, how it refuses."""

from __future__ import annotations

from typing import Any

import pytest

from tests.lab.people import new_user
from tests.lab.runs import Run, run
from tests.lab.scm import services
from winfra.lab.scm import codes
from winfra.lab.sids import service_sid
from winfra.lab.state import Lab

SYNTAX = 1639
SERVICE = r"C:\services\service.exe"


def sc(lab: Lab, arguments: str, **options: Any) -> Run:
    return run(lab, f"sc.exe {arguments}", **options)


def test_a_service_made_and_shown(lab: Lab) -> None:
    """Options are a name that ends in =, and after a space the value."""
    path = '"\\"C:\\Program Files\\x.exe\\" -a"'
    options = 'start= delayed-auto DisplayName= "The server" depend= RpcSs/EventLog obj= '
    made = sc(lab, f'create Prefect binPath= {path} {options}"NT AUTHORITY\\LocalService"')
    assert (made.code, made.lines) == (0, ["[SC] CreateService SUCCESS"])
    assert sc(lab, "qc prefect").lines == [
        "[SC] QueryServiceConfig SUCCESS",
        "",
        "SERVICE_NAME: Prefect",
        "        TYPE               : 10  WIN32_OWN_PROCESS ",
        "        START_TYPE         : 2   AUTO_START  (DELAYED)",
        "        ERROR_CONTROL      : 1   NORMAL",
        '        BINARY_PATH_NAME   : "C:\\Program Files\\x.exe" -a',
        "        LOAD_ORDER_GROUP   : ",
        "        TAG                : 0",
        "        DISPLAY_NAME       : The server",
        "        DEPENDENCIES       : RpcSs",
        "                           : EventLog",
        "        SERVICE_START_NAME : NT AUTHORITY\\LocalService",
    ]


def test_changed_configuration(lab: Lab) -> None:
    """Each option alone; a slash takes the dependencies away, another start the delay."""
    sc(lab, "create Prefect binPath= a.exe start= delayed-auto depend= RpcSs")
    assert sc(lab, "config Prefect start= auto").lines == ["[SC] ChangeServiceConfig SUCCESS"]
    assert sc(lab, "config Prefect depend= / error= ignore type= share").code == 0
    found = lab.service("Prefect")
    assert (found["start"], found["delayed"], found["dependencies"]) == (2, False, [])
    assert (found["error_control"], found["type"], found["path"]) == (0, 32, "a.exe")


def test_further_configuration(lab: Lab) -> None:
    """Description, recovery, its flag, SID type, privileges; and the commands that show them."""
    sc(lab, "create Prefect binPath= a.exe")
    done = "[SC] ChangeServiceConfig2 SUCCESS"
    failure = "reset= 86400 actions= restart/5000//0/run/60000 command= c.exe"
    for words in (
        'description Prefect "Two words"',
        f"failure Prefect {failure}",
        "failureflag Prefect 1",
        "sidtype Prefect unrestricted",
        "privs Prefect SeChangeNotifyPrivilege/SeCreateGlobalPrivilege",
    ):
        assert sc(lab, words).lines == [done], words
    assert sc(lab, "qdescription Prefect").lines[2:] == [
        "SERVICE_NAME: Prefect",
        "DESCRIPTION:  Two words",
    ]
    assert sc(lab, "qfailure Prefect").lines[2:] == [
        "SERVICE_NAME: Prefect",
        "        RESET_PERIOD (in seconds)    : 86400",
        "        REBOOT_MESSAGE               : ",
        "        COMMAND_LINE                 : c.exe",
        "        FAILURE_ACTIONS              : RESTART -- Delay = 5000 milliseconds.",
        "                                       NONE -- Delay = 0 milliseconds.",
        "                                       RUN PROCESS -- Delay = 60000 milliseconds.",
    ]
    flag = sc(lab, "qfailureflag Prefect").lines[-1]
    assert flag == "FAILURE_ACTIONS_ON_NONCRASH_FAILURES: TRUE"
    assert sc(lab, "qsidtype Prefect").lines[-1] == "SERVICE_SID_TYPE:  UNRESTRICTED"
    assert sc(lab, "qprivs Prefect").lines[-2:] == [
        "        PRIVILEGES       : SeChangeNotifyPrivilege",
        "                         : SeCreateGlobalPrivilege",
    ]
    sc(lab, 'failure Prefect reset= 0 actions= ""')
    assert lab.service("Prefect")["failure"]["actions"] == []


def test_started_and_stopped(lab: Lab) -> None:
    """What it shows of a status, with the process where it was asked to start one."""
    services.install(lab)
    sc(lab, f'create Prefect binPath= "{SERVICE} slow=0.3 starting=1 accepts=0x101"')
    started = sc(lab, "start Prefect one two")
    assert started.code == 0
    assert started.lines[1:5] == [
        "SERVICE_NAME: Prefect ",
        "        TYPE               : 10  WIN32_OWN_PROCESS ",
        "        STATE              : 2  START_PENDING ",
        "                                (NOT_STOPPABLE, NOT_PAUSABLE, IGNORES_SHUTDOWN)",
    ]
    pid = services.wait(lab, "Prefect", codes.RUNNING)["pid"]
    assert sc(lab, "queryex Prefect").lines == [
        "",
        "SERVICE_NAME: Prefect ",
        "        TYPE               : 10  WIN32_OWN_PROCESS ",
        "        STATE              : 4  RUNNING ",
        "                                (STOPPABLE, NOT_PAUSABLE, ACCEPTS_PRESHUTDOWN)",
        "        WIN32_EXIT_CODE    : 0  (0x0)",
        "        SERVICE_EXIT_CODE  : 0  (0x0)",
        "        CHECKPOINT         : 0x0",
        "        WAIT_HINT          : 0x0",
        f"        PID                : {pid}",
        "        FLAGS              : ",
    ]
    assert services.notes(lab, "Prefect", "start")[0]["arguments"] == ["one", "two"]
    stopped = sc(lab, "stop Prefect").lines
    assert stopped[3] == "        STATE              : 3  STOP_PENDING "
    assert stopped[8] == "        WAIT_HINT          : 0x1388"
    services.wait(lab, "Prefect", codes.STOPPED)
    assert sc(lab, "query Prefect").lines[4] == "        WIN32_EXIT_CODE    : 0  (0x0)"


def test_all_services(lab: Lab) -> None:
    """Those that run, or all, with their display names."""
    sc(lab, "create Prefect binPath= a.exe")
    active, everything = sc(lab, "query").lines, sc(lab, "query type= service state= all").lines
    assert "SERVICE_NAME: Prefect" not in active
    assert "SERVICE_NAME: Prefect" in everything
    place = active.index("SERVICE_NAME: W32Time")
    assert active[place + 1] == "DISPLAY_NAME: Windows Time"
    assert "SERVICE_NAME: EventLog" not in sc(lab, "query state= inactive").lines


@pytest.mark.parametrize(
    ("words", "code", "function"),
    [
        ("query None", 1060, "EnumQueryServicesStatus:OpenService"),
        ("qc None", 1060, "OpenService"),
        ("start None", 1060, "StartService: OpenService"),
        ("stop None", 1060, "OpenService"),
        ("config None start= auto", 1060, "OpenService"),
        ("delete None", 1060, "OpenService"),
        ("start RpcSs", 1056, "StartService"),
        ("start RemoteRegistry", 1058, "StartService"),
        ("stop RpcSs", 1052, "ControlService"),
        ("stop BFE", 1051, "ControlService"),
        ("pause W32Time", 1052, "ControlService"),
        ("stop wuauserv", 1062, "ControlService"),
        ("control W32Time 300", 87, "ControlService"),
        ("create WinRM binPath= x", 1073, "CreateService"),
        (r"config W32Time obj= .\nobody", 1057, "ChangeServiceConfig"),
        (r"\\elsewhere query", 1722, "OpenSCManager"),
    ],
)
def test_refusals(lab: Lab, words: str, code: int, function: str) -> None:
    """The exit code is the system error, the text names the function."""
    result = sc(lab, words)
    assert result.code == code
    assert result.lines[:2] == [f"[SC] {function} FAILED {code}:", ""]
    assert not result.errors


def test_who_may_not(lab: Lab) -> None:
    """Over the network, only an administrator gets at services."""
    new_user(lab, "plain")
    for words, function in {
        "query W32Time": "EnumQueryServicesStatus:OpenService",
        "stop W32Time": "OpenService",
        "start W32Time": "StartService: OpenService",
        "create x binPath= x": "OpenSCManager",
    }.items():
        result = sc(lab, words, user="plain")
        assert result.code == codes.ACCESS_DENIED
        assert result.lines[0] == f"[SC] {function} FAILED 5:"


def test_a_program_that_its_account_may_not_run(lab: Lab) -> None:
    """Error 5 of an administrator's start is the program's."""
    services.install(lab)
    sc(lab, f'create Prefect binPath= {SERVICE} obj= "NT SERVICE\\Prefect"')
    from tests.lab.scm.test_starting import deny

    deny(lab, SERVICE, "D:P(A;;FA;;;SY)(A;;FA;;;BA)")
    result = sc(lab, "start Prefect")
    assert (result.code, result.lines[0]) == (5, "[SC] StartService FAILED 5:")


@pytest.mark.parametrize(
    "words",
    [
        "",
        "frobnicate x",
        "start",
        "create Prefect start= auto",
        "create Prefect binPath=x.exe",
        "create Prefect binPath= x.exe start=auto",
        "config W32Time",
        "config W32Time start= sometimes",
        "config W32Time wrong= x",
        "failure W32Time reset= 5",
        "failure W32Time reset= soon actions= restart/5",
        "failure W32Time reset= 5 actions= explode/5",
        "failureflag W32Time 2",
        "sidtype W32Time some",
        "control W32Time now",
    ],
)
def test_what_it_does_not_understand(lab: Lab, words: str) -> None:
    """Its own exit code, and nothing is changed."""
    before = lab.service("W32Time")
    assert sc(lab, words).code == SYNTAX
    assert lab.service("W32Time") == before
    assert not lab.keys.exists(r"HKLM\SYSTEM\CurrentControlSet\Services\Prefect")


def test_names_and_sids(lab: Lab) -> None:
    """By display name, by name, and of a service that need not exist."""
    assert sc(lab, 'GetKeyName "Windows Time"').lines[-1] == "Name = W32Time"
    assert sc(lab, "GetDisplayName w32time").lines[-1] == "Name = Windows Time"
    assert sc(lab, "showsid Nothing").lines[1:] == [
        "NAME: Nothing",
        f"SERVICE SID: {service_sid('Nothing')}",
        "STATUS: Inactive",
    ]
    assert sc(lab, "sdshow W32Time").lines[1].startswith("D:(A;;CC")
    assert sc(lab, "enumdepend BFE").lines[:3] == [
        "Enum: entriesread = 1",
        "",
        "SERVICE_NAME: mpssvc",
    ]


def test_a_deleted_service(lab: Lab) -> None:
    """Gone at once, as long as it does not run."""
    sc(lab, "create Prefect binPath= a.exe")
    assert sc(lab, "delete Prefect").lines == ["[SC] DeleteService SUCCESS"]
    assert sc(lab, "query Prefect").code == codes.SERVICE_DOES_NOT_EXIST
