"""Automatic starts, and going down in good order."""

from __future__ import annotations

import time

import pytest

from tests.lab.scm.services import (
    CONTROL,
    change,
    control,
    create,
    events,
    left_over,
    notes,
    refusal,
    running,
    start,
    until,
    wait,
)
from winfra.lab.fixtures import LabFactory
from winfra.lab.registry import Registry
from winfra.lab.scm import codes
from winfra.lab.scm.client import request
from winfra.lab.state import Lab

PRESHUTDOWN, SHUTDOWN = 0x101, 0x5


def reboot(lab: Lab) -> float:
    """Restart the machine; gives how long it took to go down and up again."""
    begun, boot = time.monotonic(), lab.read_state("system")["boot_time"]
    lab.configure(reboot_seconds=0.1)
    lab.reboot()
    until(lambda: lab.read_state("system")["boot_time"] != boot, "no restart")
    until(lambda: refusal(lab.service, "RpcSs") == 0, "no control manager")
    return time.monotonic() - begun


def names(lab: Lab, what: str, *services: str) -> list[str]:
    """The services in the order in which each first met something."""
    first = {name: found[-1]["time"] for name in services if (found := notes(lab, name, what))}
    return sorted(first, key=lambda name: first[name])


def test_automatic_services_start_in_their_order(lab: Lab) -> None:
    """What a service needs comes first, also a manual one; disabled and other manual ones stay."""
    lab.configure(delayed_start_seconds=0.5)
    create(lab, "C-base", start=codes.DEMAND_START)
    create(lab, "B-server", "starting=0.2", start=codes.AUTO_START, dependencies=["C-base"])
    create(lab, "A-worker", start=codes.AUTO_START, dependencies=["B-server"])
    create(lab, "Manual")
    create(lab, "Off", start=codes.DISABLED_START)
    create(lab, "Late", start=codes.AUTO_START, delayed=True)
    reboot(lab)
    wait(lab, "A-worker", codes.RUNNING)
    wait(lab, "Late", codes.RUNNING)
    every = ("A-worker", "B-server", "C-base", "Late", "Manual", "Off")
    assert names(lab, "start", *every) == ["C-base", "B-server", "A-worker", "Late"]
    assert lab.service("Manual")["win32_exit"] == codes.SERVICE_NEVER_STARTED
    running_at = notes(lab, "A-worker", "start")[0]["time"]
    assert notes(lab, "Late", "start")[0]["time"] >= running_at


def test_a_lab_that_starts_is_a_machine_that_boots(lab_factory: LabFactory) -> None:
    """Its services come up with it, and go with it."""
    lab = lab_factory("other")
    running(lab, "Prefect", start=codes.AUTO_START)
    lab.stop()
    assert not left_over(lab)
    lab.start()
    wait(lab, "Prefect", codes.RUNNING)
    assert len(notes(lab, "Prefect", "start")) == 2


def test_what_fails_to_start_is_in_the_log(lab: Lab) -> None:
    """And holds up nothing that does not need it."""
    create(lab, "Bad", path=r"C:\none.exe", start=codes.AUTO_START)
    create(lab, "Needs", start=codes.AUTO_START, dependencies=["Bad"])
    create(lab, "Zero", start=codes.AUTO_START)
    reboot(lab)
    wait(lab, "Zero", codes.RUNNING)
    assert events(lab, 7000, 7001)[0] == (7000, ["Bad", "%%2"])
    assert (7001, ["Needs", "Bad", "%%2"]) in events(lab, 7001)


def test_a_start_that_hangs_is_in_the_log(lab: Lab) -> None:
    """Event 7022; it stays pending, and its process stays."""
    lab.configure(start_hang_seconds=0.1)
    create(lab, "Hung", "starting=60 silent", start=codes.AUTO_START)
    reboot(lab)
    until(lambda: bool(events(lab, 7022)), "no event")
    assert lab.service("Hung")["state"] == codes.START_PENDING
    assert left_over(lab) == [lab.service("Hung")["pid"]]


def test_a_shutdown_tells_those_that_accept_it(lab: Lab) -> None:
    """Preshutdown before shutdown; who accepts neither is ended without a word; no failure."""
    Registry(lab.registry).set(CONTROL, "WaitToKillServiceTimeout", "600000")
    running(
        lab, "First", f"accepts={PRESHUTDOWN} slow=0.2", preshutdown_milliseconds=600_000
    )  # fmt: skip
    running(lab, "Second", f"accepts={SHUTDOWN} slow=0.1")
    running(lab, "Deaf")
    reboot(lab)
    assert [one["control"] for one in notes(lab, "First", "control")] == [codes.PRESHUTDOWN]
    assert [one["control"] for one in notes(lab, "Second", "control")] == [codes.SHUTDOWN]
    assert notes(lab, "Second", "control")[0]["time"] >= notes(lab, "First", "stop")[0]["time"]
    assert notes(lab, "Second", "stop")
    assert not notes(lab, "Deaf", "control")
    assert not events(lab, 7031, 7034)
    assert not left_over(lab)


@pytest.mark.parametrize(
    ("accepts", "setting"), [(PRESHUTDOWN, "PreshutdownTimeout"), (SHUTDOWN, "Wait")]
)
def test_a_shutdown_does_not_wait_for_ever(lab: Lab, accepts: int, setting: str) -> None:
    """A service that does not stop in its time is ended with the machine."""
    Registry(lab.registry).set(CONTROL, "WaitToKillServiceTimeout", "1500")
    running(lab, "Slow", f"accepts={accepts} slow=600", preshutdown_milliseconds=1500)
    assert reboot(lab) >= 1.5
    assert notes(lab, "Slow", "control")
    assert not notes(lab, "Slow", "stop")
    assert not left_over(lab)


def test_a_reset_does_not_wait_for_a_shutdown(lab: Lab) -> None:
    """However long its services would take."""
    running(lab, "Slow", f"accepts={PRESHUTDOWN} slow=600", preshutdown_milliseconds=600_000)
    lab.reboot()
    until(lambda: bool(notes(lab, "Slow", "control")), "no preshutdown")
    assert refusal(start, lab, "wuauserv") == codes.SHUTDOWN_IN_PROGRESS
    lab.reset()
    assert not left_over(lab)


def test_a_failure_count_ends_with_the_machine(lab: Lab) -> None:
    """It counts since the last boot."""
    create(lab, "Prefect", "crash=1")
    for n in (1, 2):
        start(lab, "Prefect")
        until(lambda n=n: len(events(lab, 7034)) == n, "no event")  # type: ignore[misc]
    reboot(lab)
    start(lab, "Prefect")
    until(lambda: len(events(lab, 7034)) == 3, "no event")
    assert [data[1] for _, data in events(lab, 7034)] == ["1", "2", "1"]


class TestDeletion:
    def test_a_stopped_service_is_gone_at_once(self, lab: Lab) -> None:
        """From the registry too; its name resolves no more."""
        create(lab, "Prefect")
        assert "Prefect" in lab.read_state("services")
        request(lab.folder, "delete", name="prefect")
        assert refusal(lab.service, "Prefect") == codes.SERVICE_DOES_NOT_EXIST
        assert not lab.keys.exists(r"HKLM\SYSTEM\CurrentControlSet\Services\Prefect")
        assert "Prefect" not in lab.read_state("services")

    def test_a_running_service_is_marked(self, lab: Lab) -> None:
        """Everything but a stop is refused with 1072; when it has stopped it is gone."""
        running(lab, "Prefect")
        request(lab.folder, "delete", name="Prefect")
        key = r"HKLM\SYSTEM\CurrentControlSet\Services\Prefect"
        assert lab.keys.get(key, "DeleteFlag") == 1
        for again in (
            refusal(request, lab.folder, "delete", name="Prefect"),
            refusal(create, lab, "Prefect"),
            refusal(change, lab, "Prefect", description="x"),
            refusal(start, lab, "Prefect"),
        ):
            assert again == codes.SERVICE_MARKED_FOR_DELETE
        control(lab, "Prefect", codes.STOP)
        until(lambda: refusal(lab.service, "Prefect") == 1060, "it is still there")
        create(lab, "Prefect")

    def test_an_open_handle_keeps_it(self, lab: Lab) -> None:
        """Such as that of services.msc; until it is closed, or the machine restarts."""
        create(lab, "Prefect")
        create(lab, "Other")
        lab.write_state("service_handles", ["Prefect", "Other"])
        for name in ("Prefect", "Other"):
            request(lab.folder, "delete", name=name)
        assert refusal(create, lab, "Prefect") == codes.SERVICE_MARKED_FOR_DELETE
        lab.write_state("service_handles", ["Other"])
        create(lab, "Prefect")
        reboot(lab)
        assert refusal(lab.service, "Other") == codes.SERVICE_DOES_NOT_EXIST
        assert lab.service("Prefect")
