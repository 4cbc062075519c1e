"""What the service host reads and refuses of its configuration."""

from __future__ import annotations

import json
from typing import Any

import pytest

from files.service_host.hosting import configuration
from files.service_host.hosting.configuration import ConfigurationError

LOG = {"path": r"D:\logs\x.log", "bytes": 2048, "keep": 3}
LEAST: dict[str, Any] = {
    "service": "Example",
    "command": [r"C:\Program Files\x.exe", "a b"],
    "directory": "D:\\",
    "log": LOG,
}


def read(**changes: Any) -> configuration.Service:
    return configuration.service(json.dumps({**LEAST, **changes}).encode())


def refusal(**changes: Any) -> str:
    with pytest.raises(ConfigurationError) as caught:
        read(**changes)
    return str(caught.value)


def test_what_is_not_given_is_moderate() -> None:
    """No probe, half a minute to stop, three restarts in five minutes."""
    found = read()
    assert found.program.command == (r"C:\Program Files\x.exe", "a b")
    assert (found.probe, found.program.settings, found.record) == (None, None, None)
    assert (found.stop_seconds, found.restarts.count, found.restarts.seconds) == (30, 3, 300)
    assert read(restarts=None).restarts.count == 0


def test_all_that_can_be_given() -> None:
    """Each value arrives where it belongs."""
    found = read(
        settings=r"D:\x.json",
        record=r"D:\x.record",
        stop_seconds=1.5,
        restarts={"count": 7, "seconds": 60},
        probe={"url": "http://127.0.0.1:4200/api/health?x=1", "seconds": 1, "timeout": 2,
               "failures": 4, "start_seconds": 9},
    )  # fmt: skip
    assert found.probe == configuration.Probe("127.0.0.1", 4200, "/api/health?x=1", 1, 2, 4, 9)
    assert found.restarts == configuration.Restarts(7, 60)
    assert (found.program.settings, found.record) == (r"D:\x.json", r"D:\x.record")
    assert found.stop_seconds == 1.5
    assert found.log == configuration.Log(r"D:\logs\x.log", 2048, 3)


@pytest.mark.parametrize(
    ("probe", "wanted"),
    [
        ({"url": "http://localhost"}, ("localhost", 80, "/")),
        ({"url": "http://[::1]:8080/x"}, ("::1", 8080, "/x")),
        ({"address": "127.0.0.1", "port": 5432}, ("127.0.0.1", 5432, None)),
    ],
)
def test_a_probe_is_a_page_or_a_port(probe: dict[str, Any], wanted: tuple[str, int, str]) -> None:
    """The port of a page is 80 where none is named."""
    found = read(probe=probe).probe
    assert found is not None
    assert (found.address, found.port, found.page) == wanted


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"service": ""}, 'service must be a text, and is ""'),
        ({"service": 1}, "service must be a text, and is 1"),
        ({"command": "x.exe"}, "command must be a list that begins with a program"),
        ({"command": []}, "command must be a list that begins with a program"),
        ({"command": ["C:\\x.exe", 1]}, "command must be a list of texts"),
        ({"command": ["x.exe"]}, "command: x.exe is not a full path"),
        ({"command": [r"C:x.exe"]}, "command: C:x.exe is not a full path"),
        ({"directory": "data"}, "directory must be a full path"),
        ({"settings": "x.json"}, "settings must be a full path"),
        ({"log": None}, "log must be an object, and is null"),
        ({"log": {}}, "log.path is missing"),
        ({"log": {**LOG, "bytes": 10}}, "log.bytes must be a number from 1024 to"),
        ({"log": {**LOG, "keep": 1.5}}, "log.keep must be a whole number, and is 1.5"),
        ({"log": {**LOG, "kept": 1}}, "log.kept: there is no such setting"),
        ({"stop_seconds": "30"}, 'stop_seconds must be a number from 0 to 3600, and is "30"'),
        ({"stop_seconds": True}, "stop_seconds must be a number"),
        ({"restarts": 3}, "restarts must be an object, and is 3"),
        ({"probe": {}}, "probe.address is missing"),
        ({"probe": {"address": "x"}}, "probe.port is missing"),
        ({"probe": {"url": "https://x"}}, "probe.url must begin with http://"),
        ({"probe": {"url": "http://a:b@x"}}, "probe.url must begin with http://"),
        ({"probe": {"url": "http://x:99999"}}, "probe.url is no address"),
        ({"probe": {"url": "http://x", "port": 1}}, "probe.port: there is no such setting"),
        ({"restart": {}}, "restart: there is no such setting"),
    ],
)
def test_what_cannot_be_used_is_named(changes: dict[str, Any], sentence: str) -> None:
    """The sentence has the setting, what it must be and what it is."""
    assert sentence in refusal(**changes)


def test_where_the_log_is_is_known_when_the_rest_is_wrong() -> None:
    """So that the refusal can be written to it; a long value is shortened."""
    with pytest.raises(ConfigurationError) as caught:
        read(stop_seconds="x" * 1000)
    assert caught.value.log == configuration.Log(r"D:\logs\x.log", 2048, 3)
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe{}", b"[]", b'"x"'])
def test_what_is_no_configuration_at_all(content: bytes) -> None:
    """Another encoding, another value, a cut file."""
    with pytest.raises(ConfigurationError, match=r"not JSON in UTF-8|must be an object"):
        configuration.service(content)


def test_a_byte_order_mark_is_none_of_its_content() -> None:
    """Windows PowerShell writes one."""
    content = b"\xef\xbb\xbf" + json.dumps(LEAST).encode()
    assert configuration.service(content).name == "Example"


def test_one_run_of_a_command() -> None:
    """Any command, looked up as Windows does; a minute where no time is given."""
    given = {"command": ["whoami", "/all"], "directory": "C:\\", "output": r"D:\out.json"}
    found = configuration.check(json.dumps(given).encode())
    assert (found.program.command, found.seconds) == (("whoami", "/all"), 60)
    assert found.environment == {}
    more = {**given, "environment": {"A": "x"}}
    assert configuration.check(json.dumps(more).encode()).environment == {"A": "x"}
    refusals: dict[str, dict[str, Any]] = {
        "log: there is no such setting": {"log": LOG},
        "environment must be an object of texts": {"environment": {"A": 1}},
        "environment must be an object of texts, and is": {"environment": ["A"]},
    }
    for sentence, changes in refusals.items():
        with pytest.raises(ConfigurationError, match=sentence):
            configuration.check(json.dumps({**given, **changes}).encode())
