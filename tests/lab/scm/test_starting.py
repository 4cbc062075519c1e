"""Starting services: processes, accounts, time limits, dependencies."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.lab.people import PASSWORD, new_user
from tests.lab.scm import services
from tests.lab.scm.services import (
    CONTROL,
    change,
    create,
    events,
    left_over,
    lives,
    notes,
    refusal,
    running,
    start,
    wait,
)
from winfra.lab import accounts, logon, rights
from winfra.lab.access import AccessLists
from winfra.lab.registry import Registry
from winfra.lab.scm import codes
from winfra.lab.sids import service_sid
from winfra.lab.state import Lab
from winfra.lab.token import of_process

SYSTEM = "S-1-5-18"


def limit(lab: Lab, milliseconds: int) -> None:
    Registry(lab.registry).set(CONTROL, "ServicesPipeTimeout", milliseconds)


def deny(lab: Lab, path: str, sddl: str) -> None:
    lists = AccessLists(lab.folder)
    lists.write_list(lab.path(path), lists.dialect.parse(sddl))


def log_on_right(lab: Lab, *more: str) -> None:
    held = rights.read(lab.folder)["SeServiceLogonRight"]
    rights.write(lab.folder, {"SeServiceLogonRight": [*held, *more]}, SYSTEM)


def test_a_started_service_is_a_process(lab: Lab) -> None:
    """It runs in System32, with the arguments of the request, and its number is the status'."""
    create(lab, "Prefect", "accepts=5")
    assert start(lab, "prefect", "one", "two words")["state"] in {
        codes.START_PENDING,
        codes.RUNNING,
    }
    found = wait(lab, "Prefect", codes.RUNNING)
    met = notes(lab, "Prefect", "start")[0]
    assert met["pid"] == found["pid"]
    assert met["arguments"] == ["one", "two words"]
    assert Path(met["folder"]) == lab.path(r"C:\Windows\System32")
    assert (found["accepted"], found["win32_exit"]) == (5, 0)
    assert events(lab, 7036) == [(7036, ["Prefect", "running"])]


def test_it_has_its_own_environment(lab: Lab) -> None:
    """The machine's variables, the profile of its account, those of its key; no console."""
    environment = ["MINE=1 = x", "Path=D:\\bin"]
    running(lab, "Prefect", account=r"NT SERVICE\Prefect", sid_type=1, environment=environment)
    found = notes(lab, "Prefect", "start")[0]["environment"]
    assert found["MINE"] == "1 = x"
    assert str(lab.path(r"D:\bin")) in found["PATH"]
    assert found["USERPROFILE"] == str(lab.path(r"C:\Users\Prefect"))  # the launcher's doing
    assert found["WINFRA_LAB_ACCOUNT"] == service_sid("Prefect")
    assert "WINFRA_LAB_CONSOLE" not in found
    assert found["WINFRA_LAB_LOGON"] == "service"


def test_its_token_has_its_own_sid(lab: Lab) -> None:
    """With a SID type, the service's SID and that of all services stand among the groups."""
    running(lab, "Prefect", account=r"NT AUTHORITY\LocalService", sid_type=1)
    found = of_process(lab.folder, notes(lab, "Prefect", "start")[0]["environment"])
    assert found.sid == "S-1-5-19"
    assert {service_sid("Prefect"), "S-1-5-80-0", "S-1-5-6"} <= {*found.groups}
    assert "S-1-5-2" not in found.groups


def test_required_privileges_are_all_that_it_has(lab: Lab) -> None:
    """Others are taken away; one that the account does not hold keeps it from starting."""
    running(lab, "Prefect", privileges=["SeImpersonatePrivilege"])
    found = of_process(lab.folder, notes(lab, "Prefect", "start")[0]["environment"])
    assert found.privileges == ("SeChangeNotifyPrivilege", "SeImpersonatePrivilege")
    create(lab, "Other", account=r"NT SERVICE\Other", privileges=["SeDebugPrivilege"])
    assert refusal(start, lab, "Other") == codes.INCOMPATIBLE_PRIVILEGE


def test_an_unquoted_path_is_tried_at_each_space(lab: Lab) -> None:
    r"""``C:\Program Files\x.exe`` starts ``C:\Program.exe`` where somebody put one there."""
    services.install(lab)
    lab.path(r"C:\Program Files\my services").mkdir(parents=True)
    lab.path(services.PROGRAM).rename(lab.path(r"C:\Program Files\my services\real.exe"))
    create(lab, "Prefect", path=r"C:\Program Files\my services\real.exe")
    start(lab, "Prefect")
    services.install(lab)
    lab.path(services.PROGRAM).rename(lab.path(r"C:\Program.exe"))
    create(lab, "Other", path=r"C:\Program Files\my services\real.exe")
    start(lab, "Other")
    lines = [one["command_line"] for one in lab.processes()]
    assert lines == [r"C:\Program Files\my services\real.exe"] * 2
    assert wait(lab, "Other", codes.RUNNING)["pid"]


@pytest.mark.parametrize(
    ("path", "code"),
    [
        (r"C:\services\none.exe", codes.FILE_NOT_FOUND),
        (r"C:\nowhere\none.exe", codes.PATH_NOT_FOUND),
        (r"D:\text.exe", codes.BAD_EXE_FORMAT),
    ],
)
def test_a_program_that_cannot_start(lab: Lab, path: str, code: int) -> None:
    """The error of CreateProcess is the answer, the exit code and in event 7000."""
    services.install(lab)
    lab.path(r"D:\text.exe").write_text("no program")
    create(lab, "Prefect", path=path)
    assert refusal(start, lab, "Prefect") == code
    found = lab.service("Prefect")
    assert (found["state"], found["win32_exit"], found["pid"]) == (codes.STOPPED, code, 0)
    assert events(lab, 7000) == [(7000, ["Prefect", f"%%{code}"])]


def test_an_image_that_its_account_may_not_run(lab: Lab) -> None:
    """Error 5 for an account that the access list leaves out; not for one that it names."""
    services.install(lab)
    sid = service_sid("Prefect")
    deny(lab, services.PROGRAM, "D:P(A;;FA;;;SY)(A;;FA;;;BA)")
    create(lab, "Prefect", account=r"NT SERVICE\Prefect")
    assert refusal(start, lab, "Prefect") == codes.ACCESS_DENIED
    deny(lab, services.PROGRAM, f"D:P(A;;FA;;;SY)(A;;0x1200a9;;;{sid})")
    start(lab, "Prefect")
    assert wait(lab, "Prefect", codes.RUNNING)["pid"]


def test_a_process_that_does_not_connect_is_ended(lab: Lab) -> None:
    """1053 after the time limit, with events 7009 and 7000, and no process left."""
    limit(lab, 300)
    create(lab, "Prefect", "never")
    begun = time.monotonic()
    assert refusal(start, lab, "Prefect") == codes.SERVICE_REQUEST_TIMEOUT
    assert time.monotonic() - begun >= 0.3
    assert events(lab, 7009, 7000) == [(7009, ["300", "Prefect"]), (7000, ["Prefect", "%%1053"])]
    assert lab.service("Prefect")["win32_exit"] == 1053
    services.until(lambda: not left_over(lab), "the process is still there")


def test_a_process_that_ends_before_it_connects(lab: Lab) -> None:
    """1053 at once, not after the time limit of an hour."""
    limit(lab, 3_600_000)
    create(lab, "Prefect", "dies=3")
    assert refusal(start, lab, "Prefect") == codes.SERVICE_REQUEST_TIMEOUT


def test_only_the_started_process_is_the_service(lab: Lab) -> None:
    """1063 for its child, 1056 for a second connection."""
    running(lab, "Prefect", "twice child")
    assert notes(lab, "Prefect", "start")[0]["others"] == [codes.SERVICE_ALREADY_RUNNING, 63]


def test_a_slow_start_is_pending(lab: Lab) -> None:
    """StartService returns when the process has connected; checkpoints are seen."""
    create(lab, "Prefect", "starting=held")
    assert start(lab, "Prefect")["state"] == codes.START_PENDING
    services.until(lambda: lab.service("Prefect")["checkpoint"] > 1, "no checkpoint")
    assert lab.service("Prefect")["wait_hint"] == 500
    assert refusal(start, lab, "Prefect") == codes.SERVICE_ALREADY_RUNNING
    services.let_go(lab, "Prefect")
    assert wait(lab, "Prefect", codes.RUNNING)["checkpoint"] == 0


def test_refused_starts(lab: Lab) -> None:
    """1058 disabled, 1060 unknown, 1056 running, 123 no name at all."""
    create(lab, "Off", start=codes.DISABLED_START)
    assert refusal(start, lab, "Off") == codes.SERVICE_DISABLED
    assert refusal(start, lab, "None") == codes.SERVICE_DOES_NOT_EXIST
    assert refusal(start, lab, "Schedule") == codes.SERVICE_ALREADY_RUNNING
    assert refusal(start, lab, "a/b") == codes.INVALID_NAME


class TestDependencies:
    def test_what_it_needs_starts_first_and_runs(self, lab: Lab) -> None:
        """A slow one is waited for."""
        create(lab, "Base", "starting=0.5")
        create(lab, "Middle", dependencies=["Base", "RpcSs"])
        create(lab, "Top", dependencies=["Middle"])
        start(lab, "Top")
        assert lab.service("Base")["state"] == codes.RUNNING
        assert lab.service("Middle")["state"] == codes.RUNNING
        wait(lab, "Top", codes.RUNNING)
        times = [notes(lab, name, "start")[0]["time"] for name in ("Base", "Middle", "Top")]
        assert times == sorted(times)
        assert times[1] - times[0] > 0.4

    def test_one_that_fails(self, lab: Lab) -> None:
        """1068, and event 7001 says which and why."""
        create(lab, "Base", path=r"C:\none.exe", display_name="The base")
        create(lab, "Top", dependencies=["Base"])
        assert refusal(start, lab, "Top") == codes.SERVICE_DEPENDENCY_FAIL
        assert lab.service("Top")["win32_exit"] == codes.SERVICE_DEPENDENCY_FAIL
        assert events(lab, 7001) == [(7001, ["Top", "The base", "%%2"])]

    def test_one_that_is_disabled(self, lab: Lab) -> None:
        """1068 too."""
        create(lab, "Base", start=codes.DISABLED_START)
        create(lab, "Top", dependencies=["Base"])
        assert refusal(start, lab, "Top") == codes.SERVICE_DEPENDENCY_FAIL
        assert events(lab, 7001) == [(7001, ["Top", "Base", "%%1058"])]

    def test_one_that_does_not_exist(self, lab: Lab) -> None:
        """1075, and event 7003."""
        create(lab, "Top", dependencies=["Nothing"])
        assert refusal(start, lab, "Top") == codes.SERVICE_DEPENDENCY_DELETED
        assert events(lab, 7003) == [(7003, ["Top", "Nothing"])]

    def test_a_group_needs_one_running_member(self, lab: Lab) -> None:
        """All are tried; one that fails does not matter as long as another runs."""
        create(lab, "Bad", path=r"C:\none.exe", group="Data")
        create(lab, "Good", group="Data")
        create(lab, "Top", dependencies=["+Data"])
        start(lab, "Top")
        assert lab.service("Good")["state"] == codes.RUNNING

    def test_one_that_hangs(self, lab: Lab) -> None:
        """1068 after the limit and its wait hint."""
        lab.configure(start_hang_seconds=0.1)
        create(lab, "Base", "starting=60 silent")
        create(lab, "Top", dependencies=["Base"])
        assert refusal(start, lab, "Top") == codes.SERVICE_DEPENDENCY_FAIL
        assert events(lab, 7001) == [(7001, ["Top", "Base", "%%1070"])]


class TestAccounts:
    def test_a_local_account(self, lab: Lab) -> None:
        """It logs on with the stored password; the service's process is its."""
        sid = new_user(lab, "svc").sid
        log_on_right(lab, sid)
        running(lab, "Prefect", account=r".\svc", password=PASSWORD)
        found = of_process(lab.folder, notes(lab, "Prefect", "start")[0]["environment"])
        assert found.sid == sid
        assert lab.events(4624)[-1]["logon_type"] == 5
        assert lab.path(r"C:\Users\svc\AppData\Local\Temp").is_dir()

    def test_a_wrong_password(self, lab: Lab) -> None:
        """1069, and event 7038 says why; the wrong attempt is counted."""
        log_on_right(lab, new_user(lab, "svc").sid)
        create(lab, "Prefect", account=r".\svc", password="old")
        assert refusal(start, lab, "Prefect") == codes.SERVICE_LOGON_FAILED
        assert events(lab, 7038, 7000) == [
            (7038, ["Prefect", r".\svc", f"%%{logon.WRONG}"]),
            (7000, ["Prefect", "%%1069"]),
        ]
        user = accounts.read(lab.folder).user("svc")
        assert user is not None
        assert user.bad_passwords == 1

    def test_a_password_that_is_given_first_counts_after(self, lab: Lab) -> None:
        """The secret is kept as it is, and compared at each start."""
        sid = new_user(lab, "svc").sid
        log_on_right(lab, sid)
        create(lab, "Prefect", account=r".\svc", password="New-pa55!")
        assert refusal(start, lab, "Prefect") == codes.SERVICE_LOGON_FAILED
        with accounts.changing(lab.folder) as known:
            user = known.user("svc")
            assert user is not None
            known.set_password(user, "New-pa55!")
        start(lab, "Prefect")

    def test_no_right(self, lab: Lab) -> None:
        """1069 again, and event 7041 names the right."""
        new_user(lab, "svc")
        create(lab, "Prefect", account=r".\svc", password=PASSWORD)
        assert refusal(start, lab, "Prefect") == codes.SERVICE_LOGON_FAILED
        assert events(lab, 7041) == [(7041, ["Prefect", r".\svc"])]

    def test_a_virtual_account_needs_the_right_of_all_services(self, lab: Lab) -> None:
        r"""A policy that takes it from NT SERVICE\ALL SERVICES stops it."""
        running(lab, "Prefect", account=r"NT SERVICE\Prefect")
        rights.write(lab.folder, {"SeServiceLogonRight": []}, SYSTEM)
        create(lab, "Other", account=r"NT SERVICE\Other")
        assert refusal(start, lab, "Other") == codes.SERVICE_LOGON_FAILED
        assert events(lab, 7041) == [(7041, ["Other", r"NT SERVICE\Other"])]

    def test_a_virtual_account_owns_its_profile(self, lab: Lab) -> None:
        """Nobody else but administrators and the system is in its list."""
        running(lab, "Prefect", account=r"NT SERVICE\Prefect")
        lists = AccessLists(lab.folder)
        folder = lab.path(r"C:\Users\Prefect\AppData")
        assert lists.granted(folder, lists.of(service_sid("Prefect"))) & 0x2
        assert not lists.granted(folder, lists.of("S-1-5-19")) & 0x1

    def test_no_password_lies_in_a_file(self, lab: Lab) -> None:
        """Not in the state, not in the registry, not in a log."""
        log_on_right(lab, new_user(lab, "svc").sid)
        running(lab, "Prefect", account=r".\svc", password=PASSWORD)
        change(lab, "Prefect", account=r".\svc", password="An0ther-one")
        for file in lab.folder.rglob("*"):
            if file.is_file():
                content = file.read_bytes()
                assert PASSWORD.encode() not in content, file
                assert b"An0ther-one" not in content, file

    def test_several_start_at_once(self, lab: Lab) -> None:
        """A slow start of one does not hold up another."""
        create(lab, "Slow", "late=held")
        create(lab, "Quick")
        from threading import Thread

        thread = Thread(target=start, args=(lab, "Slow"))
        thread.start()
        services.until(lambda: lab.service("Slow")["state"] == codes.START_PENDING, "not begun")
        start(lab, "Quick")
        assert lab.service("Slow")["state"] == codes.START_PENDING
        assert not notes(lab, "Slow")
        services.let_go(lab, "late")
        thread.join()
        assert lives(wait(lab, "Slow", codes.RUNNING)["pid"])
