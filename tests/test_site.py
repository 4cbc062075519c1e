"""The site: ``.env`` as the inventory reads it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import pytest
from pyinfra.api.exceptions import DeployError
from pyinfra.api.hiddenvalue import HiddenValue

from winfra.messages import site as messages
from winfra.settings import META, TRANSPORTS
from winfra.site import KEYS, LAB, ROLES, Site, read_site

ROOT = Path(__file__).parents[1]
COMPLETE = {
    "SERVER_HOST": "srv1.example.org",
    "WINRM_USER": "deployer",
    "WINRM_PASSWORD": "s3cret",
}


def site(folder: Path, text: str | Mapping[str, str], **environment: str) -> Site:
    if not isinstance(text, str):
        text = "".join(f"{key}={value}\n" for key, value in text.items())
    (folder / ".env").write_text(text, encoding="utf-8")
    return read_site(folder, environment)


def refusal(folder: Path, text: str | Mapping[str, str], **environment: str) -> str:
    with pytest.raises(DeployError) as caught:
        site(folder, text, **environment)
    return str(caught.value)


def test_no_file_is_the_lab(tmp_path: Path) -> None:
    """Without .env the lab is the target, whatever stray variables say."""
    found = read_site(tmp_path, COMPLETE)

    assert (found.source, found.hosts("server")) == (None, [(LAB, {})])


def test_none_is_the_lab(tmp_path: Path) -> None:
    """ENV_FILE=none is the lab although there is a .env."""
    assert site(tmp_path, COMPLETE, ENV_FILE="none").source is None


def test_one_host_has_all_roles(tmp_path: Path) -> None:
    """SERVER_HOST alone is the database and the worker as well."""
    found = site(tmp_path, COMPLETE)

    assert [found.names(role) for role in ROLES] == [["@winrm/srv1.example.org"]] * 3


def test_roles_can_have_hosts_of_their_own(tmp_path: Path) -> None:
    """DATABASE_HOST is one host, WORKER_HOSTS are several."""
    found = site(tmp_path, {**COMPLETE, "DATABASE_HOST": "db1", "WORKER_HOSTS": "w1, w2,"})

    assert [found.names(role) for role in ROLES] == [
        ["@winrm/db1"],
        ["@winrm/srv1.example.org"],
        ["@winrm/w1", "@winrm/w2"],
    ]


def test_connection_has_the_connectors_names_and_types(tmp_path: Path) -> None:
    """WINRM_* keys become the connector's data: numbers are numbers."""
    found = site(tmp_path, {**COMPLETE, "WINRM_PORT": "15986", "WINRM_READ_TIMEOUT_SEC": "60"})
    [(_, data)] = found.hosts("server")
    password = data.pop("winrm_password")

    assert password.unmask() == "s3cret"
    assert data == {
        "winrm_user": "deployer",
        "winrm_port": 15986,
        "winrm_read_timeout_sec": 60,
    }


def test_a_secret_is_hidden_at_once(tmp_path: Path) -> None:
    """No form of a site shows the password."""
    found = site(tmp_path, COMPLETE)

    assert isinstance(found.values["WINRM_PASSWORD"], HiddenValue)
    assert "s3cret" not in f"{found!r} {found!s} {found.data}"


def test_the_environment_overrides(tmp_path: Path) -> None:
    """A variable of the process wins over the file's line."""
    assert site(tmp_path, COMPLETE, SERVER_HOST="other").names("server") == ["@winrm/other"]


def test_the_environment_completes(tmp_path: Path) -> None:
    """An empty file with everything in the environment is a site."""
    assert site(tmp_path, "", **COMPLETE).values["WINRM_USER"] == "deployer"


def test_another_file(tmp_path: Path) -> None:
    """ENV_FILE names a file of any name."""
    (tmp_path / "site.env").write_text("".join(f"{k}={v}\n" for k, v in COMPLETE.items()))
    found = read_site(tmp_path, {"ENV_FILE": str(tmp_path / "site.env")})

    assert found.names("server") == ["@winrm/srv1.example.org"]


def test_another_file_that_is_not_there(tmp_path: Path) -> None:
    """A file that ENV_FILE names has to exist: falling back to the lab would hide the mistake."""
    with pytest.raises(DeployError) as caught:
        read_site(tmp_path, {"ENV_FILE": "site.env"})

    assert str(caught.value) == messages.NO_FILE.text(file="site.env")


@pytest.mark.parametrize("missing", COMPLETE)
def test_half_a_file(tmp_path: Path, missing: str) -> None:
    """A file that lacks a required key is refused by the key's name."""
    kept = {key: value for key, value in COMPLETE.items() if key != missing}

    assert refusal(tmp_path, kept) == messages.MISSING_KEYS.text(file=".env", keys=missing)


def test_all_missing_keys_are_named(tmp_path: Path) -> None:
    """Every missing key is named at once, an empty one too."""
    text = refusal(tmp_path, "SERVER_HOST=srv1\nWINRM_PASSWORD=\n")

    assert text.startswith(".env: WINRM_USER, WINRM_PASSWORD missing or empty. ")


def test_kerberos_needs_no_password(tmp_path: Path) -> None:
    """With a ticket there is nothing else to write."""
    found = site(tmp_path, "SERVER_HOST=srv1.example.org\nWINRM_TRANSPORT=kerberos\n")

    assert found.data == {"winrm_transport": "kerberos"}


def test_certificate_needs_its_files(tmp_path: Path) -> None:
    """A user who is proved by a certificate has two files instead of a password."""
    text = refusal(tmp_path, "SERVER_HOST=srv1.example.org\nWINRM_TRANSPORT=certificate\n")

    assert text.startswith(".env: WINRM_CERT_PEM, WINRM_CERT_KEY_PEM missing or empty. ")


def test_a_key_that_is_not_one(tmp_path: Path) -> None:
    """A slip in a key's name is found, and the key that is near is named."""
    text = refusal(tmp_path, {**COMPLETE, "WINRM_PASWORD": "x"})

    assert text == messages.UNKNOWN_KEY.text(
        file=".env", key="WINRM_PASWORD", suggestion="Is WINRM_PASSWORD meant? "
    )


@pytest.mark.parametrize("line", ["WINRM_USER", "WINRM_USER='deployer", "= x"])
def test_a_line_that_cannot_be_read(tmp_path: Path, line: str) -> None:
    """A line that is no KEY=value is named by its number, its text (a password?) is not shown."""
    text = refusal(tmp_path, f"SERVER_HOST=srv1\n{line}\n")

    assert text == messages.BAD_LINE.text(file=".env", line=2)


@pytest.mark.parametrize(
    ("key", "value", "wanted"),
    [
        ("WINRM_PORT", "https", "a port, 1 to 65535"),
        ("WINRM_PORT", "0", "a port, 1 to 65535"),
        ("WINRM_SCHEME", "HTTP", "https or http"),
        ("WINRM_READ_TIMEOUT_SEC", "-1", "seconds, 1 to 86400"),
    ],
)
def test_a_value_that_is_refused(tmp_path: Path, key: str, value: str, wanted: str) -> None:
    """A value of the wrong kind is shown with what is wanted."""
    text = refusal(tmp_path, {**COMPLETE, key: value})

    assert text == messages.BAD_VALUE.text(file=".env", key=key, value=value, wanted=wanted)


@pytest.mark.parametrize("password", ["'two words'", "'a#b'", "'a$HOME${HOME}'", '"it\'s"', "ü'x"])
def test_a_password_stays_as_it_is(tmp_path: Path, password: str) -> None:
    """Spaces, # and $ in a password mean themselves."""
    found = site(tmp_path, {**COMPLETE, "WINRM_PASSWORD": password})

    assert found.values["WINRM_PASSWORD"].unmask() == password.strip("'\"")


def test_the_target_is_named(tmp_path: Path) -> None:
    """The target says which hosts, each once, and what file says so."""
    found = site(tmp_path, {**COMPLETE, "WORKER_HOSTS": "w1,srv1.example.org"})

    assert found.target == "srv1.example.org, w1 by .env"
    assert read_site(tmp_path, {"ENV_FILE": "none"}).target == "lab @lab/windows"


def example() -> list[str]:
    return (ROOT / ".env.example").read_text().splitlines()


def test_the_example_lists_every_key_with_a_sentence() -> None:
    """.env.example and the code know the same keys, each under a comment."""
    lines = example()
    keys = [i for i, line in enumerate(lines) if re.match(r"#?[A-Z_]+=", line)]

    assert [lines[i].lstrip("#").split("=")[0] for i in keys] == list(KEYS)
    assert [lines[i] for i in keys if not re.match(r"# \w.*[.)]$", lines[i - 1])] == []


def test_the_example_can_be_read(tmp_path: Path) -> None:
    """A copy of .env.example with each optional line taken in is a site."""
    text = "\n".join(re.sub(r"^#(?=[A-Z_]+=)", "", line) for line in example())

    assert len(site(tmp_path, text).values) == len(KEYS)


def test_the_keys_are_the_connectors() -> None:
    """Every data key of the connector can be set, but the one that differs by host."""
    wanted = {key.upper() for key in META} - {"WINRM_HOSTNAME"}

    assert {key for key in KEYS if key.startswith("WINRM_")} == wanted
    assert KEYS["WINRM_TRANSPORT"].wanted == " or ".join(TRANSPORTS)
