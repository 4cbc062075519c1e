"""The endpoint's settings and their file."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

from tests.lab.endpoint_process import write_config
from winfra.lab.endpoint_config import (
    Authentication,
    EndpointConfig,
    Fault,
    Quotas,
    Timeouts,
    User,
    read_config,
    watched,
)

FULL = EndpointConfig(
    host_name="SERVER1",
    users=(User("a", "b", administrator=False), User("c", "d", disabled=True)),
    quotas=Quotas(max_envelope_size_kb=150),
    timeouts=Timeouts(connection_idle=1.5),
    authentication=Authentication(keytab="/k", certificates={"/c.pem": "a"}),
    faults=(Fault("delay", seconds=2), Fault("refuse", code=5)),
    record=True,
)


def test_settings_survive_their_file() -> None:
    """What JSON made of them is read as they were; what is not the endpoint's is left alone."""
    text = json.dumps({**asdict(FULL), "language_mode": "FullLanguage"})

    assert read_config(json.loads(text)) == FULL
    assert read_config({}) == EndpointConfig()


def test_a_changed_file_is_read_again(tmp_path: Path) -> None:
    """And only a changed one."""
    reads: list[Path] = []

    def read(path: Path) -> EndpointConfig:
        reads.append(path)
        return read_config(json.loads(path.read_text()))

    write_config(tmp_path, EndpointConfig())
    current = watched(tmp_path / "config.json", read)
    assert (current(), current()) == (EndpointConfig(), EndpointConfig())
    assert len(reads) == 1

    write_config(tmp_path, FULL)
    assert current() == FULL


def test_who_may_manage() -> None:
    """Administrators with their full token, and members of the group made for it."""
    assert User("a", "").may_manage
    assert not User("a", "", full_token=False).may_manage
    assert not User("a", "", administrator=False).may_manage
    assert User("a", "", administrator=False, remote_management=True).may_manage


def test_users_are_found_in_any_case() -> None:
    """As Windows' account names."""
    assert FULL.user("A") == FULL.users[0]
    assert FULL.user("x") is None
