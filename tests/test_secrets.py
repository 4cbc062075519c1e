"""Where a secret may stand, and where it must not: every way to give one, every place to look."""

from __future__ import annotations

import base64
import hashlib
import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from tests import recording
from tests.harness import pyinfra_cli
from tests.recording import Message, Request
from tests.written import forms
from winfra.lab import accounts
from winfra.lab.endpoint_config import User
from winfra.lab.scm.accounts import Secrets
from winfra.lab.state import Lab

pytestmark = pytest.mark.lab

DEPLOYS = Path(__file__).with_name("secrets")
PLAIN = "Plain-Sparrow-1350"
SECRETS = {
    "PASSWORD": "Password-Kestrel-7719",
    "PARAMETER": "Parameter-Osprey-é-2203",
    "ENVIRONMENT": "Environment-Merlin-5512",
    "TEMPLATE": "Template-Harrier-9034",
    "TEXT": "Text-Goshawk-4481",
    "USER_PARAMETER": "User-Buzzard-日本-8830",
    "INPUT": "Input-Falcon-6127",
    "ACCOUNT": "Account-Kite-'\"4471",
    "CHANGED": "Changed-Hobby-ü-5902",
}
WRONG = "Wrong-Peregrine-3376"


@dataclass
class Evidence:
    """What runs with secrets left behind.

    + outputs: name of the run -> all that it said, at its loudest
    """

    lab: Lab
    folder: Path
    outputs: dict[str, str]
    messages: list[Message]
    requests: list[Request]

    def files(self) -> Iterator[Path]:
        """All that the lab keeps, but for its accounts' passwords and the recorded messages."""
        for path in self.lab.folder.rglob("*"):
            parts = path.relative_to(self.lab.folder).parts
            if path.is_file() and parts != ("config.json",) and parts[:2] != ("log", "messages"):
                yield path


@pytest.fixture(scope="module")
def evidence(lab_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Evidence]:
    """The real program has run with every secret."""
    lab = Lab("secrets", lab_home)
    lab.start()
    lab.configure(record=True, users=(User("deploy", SECRETS["PASSWORD"]),))
    folder = tmp_path_factory.mktemp("runs") / "deploy"
    shutil.copytree(DEPLOYS, folder, ignore=shutil.ignore_patterns("__pycache__"))
    found = Evidence(lab, folder, {}, [], [])
    loudest = ("--diff", "-vvv", "--debug-all")
    run(found, "dry", "deploy.py", "--dry", *loudest, PASSWORD_AS="str", transport="basic")
    run(found, "run", "deploy.py", "-y", *loudest)
    run(found, "failures", "failures.py", "-y", *loudest)
    run(found, "refused", "deploy.py", "-y", *loudest, PASSWORD=WRONG)
    run(found, "operations", "deploy.py", "--debug-operations")
    messages = recording.messages(lab)
    yield replace(found, messages=messages, requests=recording.all_requests(messages))
    lab.remove()


def run(
    found: Evidence, name: str, *arguments: str, transport: str = "ntlm", **environment: str
) -> None:
    reach = found.lab.host_data(transport=transport)
    given = {**SECRETS, "PLAIN": PLAIN, "PASSWORD_AS": "hidden", "REACH": json.dumps(reach)}
    ended = pyinfra_cli("inventory.py", *arguments, cwd=found.folder, env={**given, **environment})
    found.outputs[name] = ended.stdout


def named(data: bytes | str) -> set[str]:
    """The names of the secrets that stand in what was written down."""
    data = data.encode() if isinstance(data, str) else data
    secrets = {**SECRETS, "WRONG": WRONG}
    return {name for name, text in secrets.items() if any(form in data for form in forms(text))}


@pytest.mark.parametrize("name", SECRETS)
@pytest.mark.parametrize("before", ["", "a", "ab", "abc"])
def test_a_secret_is_found_in_any_form(name: str, before: str) -> None:
    """The search itself works: as text, as UTF-16, in Base64, in JSON."""
    text = f"{before}{SECRETS[name]}:and more"

    for plain in text.encode(), text.encode("utf-16-le"), json.dumps(text).encode():
        assert named(b"..." + plain) == {name}
        assert named(b"..." + base64.b64encode(plain)) == {name}


def test_the_secrets_arrived(evidence: Evidence) -> None:
    """What follows is about secrets that were really used: the host has their digests."""
    own = evidence.lab.path(r"D:\own.txt").read_text().split()
    user = evidence.lab.path(r"D:\user.txt").read_text().split()

    expected = [SECRETS["PARAMETER"], SECRETS["ENVIRONMENT"]]
    assert own == [hashlib.sha256(one.encode()).hexdigest().upper() for one in expected]
    names = ("TEXT", "INPUT", "USER_PARAMETER", "ENVIRONMENT")
    assert user == [str(len(SECRETS[name])) for name in names]
    assert SECRETS["TEMPLATE"] in evidence.lab.path(r"D:\settings.env").read_text()
    assert Secrets(evidence.lab.folder).get("Secret") == SECRETS["CHANGED"]
    assert accounts.password_is(evidence.lab.folder, "svc_secret", SECRETS["CHANGED"])


def test_no_command_line_has_a_secret(evidence: Evidence) -> None:
    """Windows records command lines (event 4688)."""
    lines = [process["command_line"] for process in evidence.lab.processes()]

    assert sum("powershell.exe" in line for line in lines) > 2
    assert not named("\n".join(lines))


def test_no_script_text_has_a_secret(evidence: Evidence) -> None:
    """Windows records scripts' texts (event 4104): the session's own, and those of the product."""
    texts = [request.fields["text"] or "" for request in evidence.requests]
    first = [recording.start(data)[0] for data in recording.inputs(evidence.messages).values()]

    assert any("by design" in text for text in texts)
    assert not named("\n".join(texts))
    assert not named("\n".join(text for three in first for text in three))


def test_no_json_has_a_secret(evidence: Evidence) -> None:
    """Windows records what ConvertFrom-Json reads (event 4103)."""
    documents = "\n".join(request.json for request in evidence.requests)

    assert PLAIN in documents
    assert not named(documents)


def test_a_secret_travels_beside_the_json_or_in_a_file(evidence: Evidence) -> None:
    """Each stands where it belongs, and nowhere else on the decrypted wire."""
    beside = set().union(*(named(request.secrets) for request in evidence.requests))
    contents = set().union(*(named(request.content) for request in evidence.requests))

    assert beside == set(SECRETS) - {"PASSWORD", "TEMPLATE"}
    assert contents == {"TEMPLATE"}


def test_no_message_has_a_secret_outside_of_its_streams(evidence: Evidence) -> None:
    """Envelopes carry no secrets: not the shell's environment, not a command's arguments."""
    texts = "\n".join(message.bare for message in evidence.messages)

    assert "WINRS_CODEPAGE" in texts
    assert not named(texts)


def test_no_reply_has_a_secret(evidence: Evidence) -> None:
    """The host says nothing of what it was told."""
    replies = [message for message in evidence.messages if message.kind == "reply"]
    said = b"\n".join(message.stream("stdout") + message.stream("stderr") for message in replies)

    assert PLAIN.encode() in said
    assert not named(said)


@pytest.mark.parametrize(
    ("name", "control"),
    [
        ("run", PLAIN),
        ("dry", PLAIN),
        ("failures", "by design"),
        ("refused", "refuses the logon"),
        ("operations", "TOKEN"),
    ],
)
def test_no_output_has_a_secret(evidence: Evidence, name: str, control: str) -> None:
    """However loud the program is, and whether it succeeds or not.

    Only `--debug-operations` shows an argument of core's own that cannot be hidden, `_stdin`.
    """
    assert control in evidence.outputs[name]
    assert named(evidence.outputs[name]) == ({"INPUT"} if name == "operations" else set())


def test_no_file_of_the_lab_has_a_secret(evidence: Evidence) -> None:
    """No log, no environment, no temporary file: only the file that was to have it."""
    found = {path: named(path.read_bytes()) for path in evidence.files()}

    assert evidence.lab.log / "processes.jsonl" in found
    assert {path: names for path, names in found.items() if names} == {
        evidence.lab.path(r"D:\settings.env"): {"TEMPLATE"}
    }


def test_no_file_beside_the_deploy_has_a_secret(evidence: Evidence) -> None:
    """Nothing is left behind on this machine."""
    found = {path for path in evidence.folder.rglob("*") if path.is_file()}

    assert evidence.folder / "deploy.py" in found
    assert not {path for path in found if named(path.read_bytes())}
