"""Section 1 on a lab: the accounts, their right, the folders and their access lists."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pyinfra.api.deploy import deploy
from pyinfra.api.hiddenvalue import HiddenValue

from tasks.service_account import service_account
from tests.harness import Applied
from tests.trial import Trial, connected_to
from winfra.lab import accounts as witness, rights, security_log
from winfra.lab.access import AccessLists
from winfra.lab.state import Lab
from winfra.lab.token import Token
from winfra.messages.site import ACCOUNT_PASSWORD
from winfra.operations import powershell

Apply = Callable[..., Applied]
FOLDERS = {"data", "logs", "scripts", "settings", "flows"}
PATHS = [r"D:\prefect_data", *(rf"D:\prefect_data\{folder}" for folder in sorted(FOLDERS))]
PASSWORD = HiddenValue("Corr3ct-Horse'\"$é")
DATA: dict[str, Any] = {"service_account_password": PASSWORD}
RIGHT = "SeServiceLogonRight"
ADMINISTRATORS = "S-1-5-32-544"


def sid_of(lab: Lab, name: str = "svc_prefect") -> str:
    user = witness.read(lab.folder).user(name)
    assert user is not None
    return user.sid


def administrators(lab: Lab) -> list[str]:
    group = witness.read(lab.folder).group(ADMINISTRATORS)
    assert group is not None
    return group.members


def test_a_bare_host_gets_account_right_folders_and_access(lab: Lab) -> None:
    """Dry says so and changes nothing; the second run changes nothing."""
    before = lab.snapshot()
    with connected_to(lab, **DATA) as site:
        dry = site.dry(service_account)
        assert "Will create user svc_prefect" in dry.output
        assert dry.output.count("Will create folder") == 1 + len(FOLDERS)
        assert lab.snapshot() == before

        assert site.run(service_account).changed
        sid = sid_of(lab)
        assert sid in rights.read(lab.folder)[RIGHT]
        assert sid not in administrators(lab)
        assert witness.password_is(lab.folder, "svc_prefect", PASSWORD.unmask())
        assert {path.name for path in lab.path(r"D:\prefect_data").iterdir()} == FOLDERS

        after = lab.snapshot()
        again = site.run(service_account)
        assert not again.changed, again.output
        assert lab.snapshot() == after


@pytest.mark.parametrize(
    ("folder", "writes"),
    [
        ("", False),
        ("data", True),
        ("logs", True),
        ("scripts", False),
        ("settings", False),
        ("flows", False),
    ],
)
def test_the_services_write_to_data_and_logs_alone(site: Trial, folder: str, writes: bool) -> None:
    """And read elsewhere; users have nothing."""
    lab = site.lab
    path = rf"D:\prefect_data\{folder}".rstrip("\\")

    assert may(lab, path, sid_of(lab), "write") == writes
    assert may(lab, path, sid_of(lab), "read")
    assert not may(lab, path, "S-1-5-32-545", "read")
    assert may(lab, path, ADMINISTRATORS, "write")


def may(lab: Lab, path: str, sid: str, what: str) -> bool:
    """By the lab's own evaluation of the access list."""
    wanted = {"read": 0x1, "write": 0x2}[what]
    who = Token(sid, (), (), ())
    return AccessLists(lab.folder).granted(lab.path(path), who) & wanted == wanted


def test_what_is_spoilt_by_hand_is_found_and_mended(lab: Lab) -> None:
    """The right taken, the account made an administrator, a folder's list opened."""
    with connected_to(lab, **DATA) as site:
        site.run(service_account)
        sid = sid_of(lab)
        rights.write(lab.folder, {RIGHT: ["S-1-5-80-0"]}, "a test")
        with witness.changing(lab.folder) as database:
            group = database.group(ADMINISTRATORS)
            assert group is not None
            group.members.append(sid)

        dry = site.dry(service_account)
        assert f"right {RIGHT}" in dry.output
        assert f"svc_prefect ({sid})" in dry.output
        assert site.run(service_account).changed

        assert sid in rights.read(lab.folder)[RIGHT]
        assert sid not in administrators(lab)


def test_a_virtual_account_needs_no_password_and_is_not_made(lab: Lab) -> None:
    """Its SID is known before its service exists."""
    data = {"service_account": r"NT SERVICE\PrefectServer"}

    with connected_to(lab, **data) as site:
        assert site.run(service_account).changed
        assert witness.read(lab.folder).user("PrefectServer") is None
        assert not site.run(service_account).changed


def test_server_and_worker_may_have_an_account_each(lab: Lab, apply: Apply) -> None:
    """Both are made, both write logs."""
    data = {
        "server_account": "svc_server",
        "server_account_password": PASSWORD,
        "worker_account": "svc_worker",
        "worker_account_password": PASSWORD,
    }
    apply(lab, service_account, data=data)

    for name in ("svc_server", "svc_worker"):
        assert may(lab, r"D:\prefect_data\logs", sid_of(lab, name), "write")
    assert witness.read(lab.folder).user("svc_prefect") is None


def test_an_administrator_for_the_run_is_none_after_it(lab: Lab, apply: Apply) -> None:
    """As the guide has it, but taken back."""
    data = {**DATA, "service_account_administrator": True}

    applied = apply(lab, service_account, data=data)

    assert "At the end: set_group_member.ps1" in applied.output
    assert sid_of(lab) not in administrators(lab)


def test_an_administrator_for_the_run_is_none_after_one_that_failed(lab: Lab, apply: Apply) -> None:
    """It was one when the run broke off, which the host's own log has."""

    @deploy("Section 1, and what fails after it")
    def broken() -> None:
        service_account()
        powershell.script(name="Fails", text="throw 'broken off'")

    applied = apply(lab, broken, data={**DATA, "service_account_administrator": True})

    assert applied.failed
    assert "broken off" in applied.output
    assert [one for one in security_log.read(lab.folder, 4732) if one["member"] == sid_of(lab)]
    assert sid_of(lab) not in administrators(lab)


def test_a_missing_password_is_named_before_anything_changes(lab: Lab, apply: Apply) -> None:
    """With the key of .env."""
    before = lab.snapshot()

    applied = apply(lab, service_account)

    assert applied.failed
    assert ACCOUNT_PASSWORD.text(account="svc_prefect") in applied.output
    assert lab.snapshot() == before


DOMAIN = {
    "domain": "CONTOSO",
    "dns": "contoso.example",
    "accounts": [
        {"name": "svc_flow", "sid": "S-1-5-21-1-2-3-1105"},
        {"name": "svc_flow$", "sid": "S-1-5-21-1-2-3-1106"},
    ],
}


@pytest.mark.parametrize(
    ("account", "sid"),
    [
        ("CONTOSO\\svc_flow", "S-1-5-21-1-2-3-1105"),
        ("svc_flow@contoso.example", "S-1-5-21-1-2-3-1105"),
        ("CONTOSO\\svc_flow$", "S-1-5-21-1-2-3-1106"),
    ],
)
def test_an_account_of_a_domain_gets_right_and_access_but_is_not_made(
    lab: Lab, account: str, sid: str
) -> None:
    """A managed one too, whose name ends with a dollar sign; neither needs a password here."""
    lab.write_state("policy", DOMAIN)
    users = [user.name for user in witness.read(lab.folder).users]
    data = {"service_account": account}

    with connected_to(lab, **data) as site:
        assert site.run(service_account).changed
        assert sid in rights.read(lab.folder)[RIGHT]
        assert may(lab, r"D:\prefect_data\logs", sid, "write")
        assert not may(lab, r"D:\prefect_data\settings", sid, "write")
        assert [user.name for user in witness.read(lab.folder).users] == users
        assert not site.run(service_account).changed


def test_an_unknown_account_of_a_domain_is_named(lab: Lab, apply: Apply) -> None:
    """As when no domain controller answers; the right of the others stays as it is."""
    lab.write_state("policy", {**DOMAIN, "reachable": False})
    before = rights.read(lab.folder)

    applied = apply(lab, service_account, data={"service_account": "CONTOSO\\svc_flow"})

    assert applied.failed
    assert "CONTOSO\\svc_flow" in applied.output
    assert rights.read(lab.folder) == before


@pytest.mark.parametrize(
    ("language", "group"), [("de", "Administratoren"), ("fr", "Administrateurs")]
)
def test_a_server_in_another_language_is_the_same(lab: Lab, language: str, group: str) -> None:
    """What the section names in English is found by its SID."""
    lab.configure(language=language)

    with connected_to(lab, **DATA) as site:
        assert site.run(service_account).changed
        sid = sid_of(lab)
        assert sid in rights.read(lab.folder)[RIGHT]
        assert may(lab, r"D:\prefect_data\data", sid, "write")
        with witness.changing(lab.folder) as database:
            found = database.group(ADMINISTRATORS)
            assert found is not None
            assert found.name == group
            found.members.append(sid)

        dry = site.dry(service_account)
        assert f"svc_prefect ({sid})" in dry.output
        assert site.run(service_account).changed
        assert sid not in administrators(lab)
        assert not site.run(service_account).changed


@pytest.fixture(scope="module")
def site(lab_home: Path) -> Iterator[Trial]:
    """A finished section over one connection."""
    lab = Lab("section", lab_home)
    lab.start()
    with connected_to(lab, **DATA) as site:
        assert site.run(service_account).changed
        yield site
    lab.remove()


def test_the_account_spoilt_by_hand_is_found_and_mended(site: Trial) -> None:
    """Password, description, expiry of both, and that it is disabled."""
    lab = site.lab
    with witness.changing(lab.folder) as database:
        user = database.user("svc_prefect")
        assert user is not None
        before = replace(user)
        database.set_password(user, "S0mething-else")
        user.comment, user.enabled = "mine", False
        user.password_expires, user.account_expires = True, "2020-01-31T12:00:00+00:00"
    # A run of its own: what was asked of a password is kept for one.
    site.host.connector_data.clear()

    dry = site.dry(service_account)
    said = {line.split()[0] for line in dry.lines if " -> " in line}
    assert said >= {"password", "comment", "enabled", "password_expires", "expires"}
    assert site.run(service_account).changed
    after = witness.read(lab.folder).user("svc_prefect")
    assert after is not None
    for name in ("sid", "comment", "enabled", "password_expires", "account_expires"):
        assert getattr(after, name) == getattr(before, name)
    assert witness.password_is(lab.folder, "svc_prefect", PASSWORD.unmask())
    assert not site.run(service_account).changed


def test_an_account_deleted_by_hand_gets_back_what_it_had(site: Trial) -> None:
    """Windows gives it another SID: right and access are the new one's."""
    lab = site.lab
    old = sid_of(lab)
    with witness.changing(lab.folder) as database:
        database.users[:] = [user for user in database.users if user.sid != old]
    site.host.connector_data.clear()

    assert "Will create user svc_prefect" in site.dry(service_account).output
    assert site.run(service_account).changed
    new = sid_of(lab)
    assert new != old
    assert new in rights.read(lab.folder)[RIGHT]
    for path in PATHS:
        entries = AccessLists(lab.folder).own(lab.path(path)).entries or []
        assert [entry for entry in entries if old in entry] == []
        assert may(lab, path, new, "read")
    assert may(lab, r"D:\prefect_data\logs", new, "write")
    assert not site.run(service_account).changed


def without(entries: list[str], number: int) -> list[str]:
    """One entry less."""
    return [entry for n, entry in enumerate(entries) if n != number]


def changed(entries: list[str], number: int) -> list[str]:
    """Rights that no entry of the section has: to read, to write, not to delete."""
    kind, flags, _, *rest = entries[number].strip("()").split(";")
    other = f"({';'.join([kind, flags, '0x12019f', *rest])})"
    return [other if n == number else entry for n, entry in enumerate(entries)]


def opened(entries: list[str], number: int) -> list[str]:
    """An entry for Users, as somebody in a hurry may have added it."""
    return [*entries[:number], "(A;OICI;0x1301bf;;;BU)", *entries[number:]]


@pytest.mark.parametrize("spoil", [without, changed, opened])
@pytest.mark.parametrize("number", range(3))
def test_each_entry_of_each_folder_is_found_and_mended(
    site: Trial, spoil: Callable[[list[str], int], list[str]], number: int
) -> None:
    """The dry run names every folder and mends none."""
    folder = site.lab.folder
    before = {path: AccessLists(folder).own(site.lab.path(path)) for path in PATHS}
    for path, own in before.items():
        assert own.entries is not None
        assert len(own.entries) == 3
        spoilt = replace(own, entries=spoil(own.entries, number))
        AccessLists(folder).write(site.lab.path(path), spoilt)
    snapshot = site.lab.snapshot()

    dry = site.dry(service_account)
    said = {line.partition("] ")[2] for line in dry.lines}
    assert said >= {f"Will change access to {path}" for path in PATHS}
    assert site.lab.snapshot() == snapshot

    assert site.run(service_account).changed
    for path, own in before.items():
        mended = AccessLists(folder).own(site.lab.path(path))
        assert sorted(mended.entries or []) == sorted(own.entries or [])
