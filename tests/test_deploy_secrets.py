"""The deploy's own secrets, of which nothing may be left but what Windows and PostgreSQL keep."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from tests import recording
from tests.harness import pyinfra_cli
from tests.recording import Message
from tests.written import forms
from winfra.lab import accounts, downloads, postgresql
from winfra.lab.state import Lab

SECRETS = {
    "SERVICE_ACCOUNT_PASSWORD": "Account-Hobby-é-6608",
    "POSTGRESQL_SUPERUSER_PASSWORD": "Superuser-Kite-2214",
    "PREFECT_DATABASE_PASSWORD": "Database-Lanner-'\"9075",
}


@dataclass
class Evidence:
    """What two whole runs with these secrets left behind."""

    lab: Lab
    port: int
    output: str
    messages: list[Message]


@pytest.fixture(scope="module")
def evidence(lab_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Evidence]:
    """A bare host is deployed to twice, at the loudest."""
    lab = Lab("deploy-secrets", lab_home)
    lab.start()
    lab.configure(record=True)
    values = {key.upper(): value for key, value in lab.host_data().items()}
    site = tmp_path_factory.mktemp("site") / ".env"
    quoted = {
        key: str(value).replace("\\", "\\\\").replace("'", "\\'")
        for key, value in {"SERVER_HOST": "localhost", **values, **SECRETS}.items()
    }
    site.write_text("".join(f"{key}='{value}'\n" for key, value in quoted.items()))
    data = {**downloads.data(), "postgresql_port": postgresql.free_port()}
    arguments = [f"--data={key}={value}" for key, value in data.items()]
    loudest = ("-y", "--diff", "-vvv", "--debug-all", *arguments)
    runs = [
        pyinfra_cli("inventory.py", "deploy.py", *loudest, env={"ENV_FILE": str(site)})
        for _ in range(2)
    ]
    assert [run.returncode for run in runs] == [0, 0], runs[-1].stdout[-3000:]
    output = "\n".join(run.stdout for run in runs)
    yield Evidence(lab, data["postgresql_port"], output, recording.messages(lab))
    lab.remove()


def named(data: bytes | str) -> set[str]:
    """The names of the secrets that stand in what was written down."""
    data = data.encode() if isinstance(data, str) else data
    return {name for name, text in SECRETS.items() if any(form in data for form in forms(text))}


def test_the_secrets_are_in_use(evidence: Evidence) -> None:
    """What follows is about secrets that Windows and PostgreSQL were really given."""
    own = SECRETS["SERVICE_ACCOUNT_PASSWORD"]
    assert accounts.password_is(evidence.lab.folder, "svc_prefect", own)
    for role, key in {
        "postgres": "POSTGRESQL_SUPERUSER_PASSWORD",
        "prefect": "PREFECT_DATABASE_PASSWORD",
    }.items():
        with psycopg.connect(
            host="127.0.0.1", port=evidence.port, user=role, password=SECRETS[key],
            dbname="prefect_db",
        ) as connection:  # fmt: skip
            assert connection.execute("SELECT 1").fetchone() == (1,)


def test_no_output_has_one(evidence: Evidence) -> None:
    """With every difference and all of pyinfra's debugging."""
    assert "Starting operation: 2 PostgreSQL" in evidence.output
    assert not named(evidence.output)


def test_no_command_line_has_one(evidence: Evidence) -> None:
    """Windows records command lines (event 4688); initdb.exe and psql.exe are among them."""
    lines = "\n".join(process["command_line"] for process in evidence.lab.processes())

    assert "initdb" in lines
    assert "psql" in lines
    assert not named(lines)


def test_they_travel_beside_the_json_alone(evidence: Evidence) -> None:
    """Not in a script's text or its JSON, not in a file that is sent, not in a reply."""
    requests = recording.all_requests(evidence.messages)
    replies = [message for message in evidence.messages if message.kind == "reply"]
    said = b"\n".join(message.stream("stdout") + message.stream("stderr") for message in replies)

    assert set().union(*(named(request.secrets) for request in requests)) == set(SECRETS)
    assert not named("\n".join(request.json for request in requests))
    assert not set().union(*(named(request.content) for request in requests))
    assert not named(said)
    assert not named("\n".join(message.bare for message in evidence.messages))


def test_no_file_of_the_host_has_one(evidence: Evidence) -> None:
    """No log, no password file, nothing of PostgreSQL's: it keeps a verifier."""
    folder = evidence.lab.folder
    files = [path for path in folder.rglob("*") if path.is_file() and "messages" not in path.parts]

    assert evidence.lab.path(r"D:\pgsql\data\PG_VERSION") in files
    assert [path for path in files if named(path.read_bytes())] == []
