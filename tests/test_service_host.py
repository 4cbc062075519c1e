"""What is written for the service host is what the host reads."""

from __future__ import annotations

from typing import Any

import pytest
from pyinfra.api import OperationValueError

from files.service_host.hosting import configuration as hosting
from winfra.service_host import Configuration, Log, Probe, Restarts, check_command

PYTHON = r"C:\Program Files\Python311\python.exe"
WANTED: dict[str, Any] = {
    "service": "Example",
    "command": [PYTHON, "-c", "é 'x' \"y\""],
    "directory": "D:\\",
    "log": Log(r"D:\x.log"),
    "settings": None,
    "record": r"D:\x.json",
    "probe": None,
    "stop_seconds": 30,
    "restarts": Restarts(),
}


def told(**changes: Any) -> hosting.Service:
    return hosting.service(Configuration(**{**WANTED, **changes}).content)


def test_the_host_reads_what_is_written() -> None:
    """Every value, under the name that the host knows."""
    assert told() == hosting.Service(
        "Example", hosting.Program((PYTHON, "-c", "é 'x' \"y\""), "D:\\", None),
        hosting.Log(r"D:\x.log", 10 * 1024 * 1024, 5), None, 30, hosting.Restarts(3, 300),
        r"D:\x.json",
    )  # fmt: skip
    assert told(settings=r"D:\s.json").program.settings == r"D:\s.json"
    assert told(log=Log(r"D:\y.log", 2048, 1)).log == hosting.Log(r"D:\y.log", 2048, 1)


@pytest.mark.parametrize(
    ("probe", "wanted"),
    [
        (Probe(url="http://localhost:4200/api/health"), ("localhost", 4200, "/api/health")),
        (Probe(port=5432), ("127.0.0.1", 5432, None)),
        (Probe(port=5432, address="::1"), ("::1", 5432, None)),
    ],
)
def test_the_host_reads_a_probe(probe: Probe, wanted: tuple[str, int, str | None]) -> None:
    """A page or a port, with the same times."""
    found = told(probe=probe).probe
    assert found == hosting.Probe(*wanted, 30, 5, 3, 120)


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (Probe, "it needs either url or port"),
        (lambda: Probe(url="http://x", port=1), "it needs either url or port"),
        (lambda: Probe(url="https://x"), "give port instead"),
        (lambda: Probe(url="http://a:b@x"), "give port instead"),
        (lambda: Probe(url="http://x:99999"), "give port instead"),
        (lambda: Probe(port=0), "0 is no whole number from 1 to 65535"),
        (lambda: Probe(port=1, seconds=0), "0 is no number from 0.01 to 86400"),
        (lambda: Probe(port=1, failures=0), "0 is no whole number from 1 to 1000"),
        (lambda: Restarts(-1), "-1 is no whole number from 0 to 1000"),
        (lambda: Restarts(True), "True is no whole number"),
        (lambda: Log(r"D:\x.log", 10), "10 is no whole number from 1024 to"),
        (lambda: told(stop_seconds=-1), "-1 is no number from 0 to 3600"),
        (lambda: told(command=["python.exe"]), "'python.exe' is no path"),
        (lambda: check_command([]), "it is no list of a program and its arguments"),
        (lambda: check_command("python.exe"), "it is no list of a program and its arguments"),
        (lambda: check_command(["x", 1]), "1 is no text"),
    ],
)
def test_what_the_host_would_refuse_is_refused_here(make: Any, reason: str) -> None:
    """Before anything is written."""
    with pytest.raises(OperationValueError) as caught:
        make()
    assert reason in str(caught.value)
