"""Whom services log on as, and with what; the lab's control manager and its processes are the witness."""

from __future__ import annotations

from typing import Any

import pytest
from pyinfra.api.hiddenvalue import HiddenValue

from tests.service_trial import (
    HOST,
    PASSWORD,
    PROGRAM,
    WANTED,
    account,
    clean,
    events,
    is_running,
    make,
    process,
    status,
    stored,
    tell,
)
from tests.trial import Trial
from winfra.lab import accounts as lab_accounts
from winfra.messages import services as messages
from winfra.messages.accounts import UNKNOWN_ACCOUNT
from winfra.operations import services


@pytest.fixture(autouse=True)
def _clean(trial: Trial) -> None:
    clean(trial)


@pytest.mark.parametrize(
    "name",
    ["LocalSystem", r"NT AUTHORITY\NetworkService", "S-1-5-19", r"NT SERVICE\Example"],
)
def test_an_account_without_a_password(trial: Trial, name: str) -> None:
    """None is asked for, and the one that was kept is blank."""
    account(trial)
    trial.run(services.service, "Example", **WANTED)
    before = process(trial.lab, "Example")
    assert secret(trial) != ""

    assert trial.run(services.service, "Example", account=name, privileges=None).changed

    assert process(trial.lab, "Example") != before
    assert secret(trial) == ""
    assert not trial.run(services.service, "Example", account=name).changed


def secret(trial: Trial) -> str:
    """The password that the control manager keeps with the service."""
    from winfra.lab.scm.accounts import Secrets

    return Secrets(trial.lab.folder).get("Example")


def test_an_account_by_any_of_its_names(trial: Trial) -> None:
    """It is compared by SID."""
    sid = account(trial)
    trial.run(services.service, "Example", **WANTED)
    computer = trial.lab.config.host_name

    trial.run(services.service, "Example", account="LocalSystem")
    assert trial.run(services.service, "Example", account=sid, password=PASSWORD).changed
    assert stored(trial.lab, "Example")["ObjectName"].lower().endswith(r"\svc_prefect")

    for name in (r".\SVC_PREFECT", sid, rf"{computer}\svc_prefect"):
        assert not trial.run(services.service, "Example", account=name).changed


def test_an_account_that_needs_a_password_and_has_none(trial: Trial) -> None:
    """Nothing is changed; one that is there already needs none."""
    account(trial)
    make(trial.lab, "Example")
    before = stored(trial.lab, "Example")
    values = {"service": "Example", "host": HOST, "account": "svc_prefect"}

    tried = trial.run(services.service, "Example", account="svc_prefect")

    assert tried.failed
    assert messages.NO_PASSWORD.text(**values) in tried.output
    assert stored(trial.lab, "Example") == before


def test_a_wrong_password_is_written_once(trial: Trial) -> None:
    """Windows cannot log on with the one it keeps; with the one given it can."""
    account(trial)
    trial.run(services.service, "Example", **WANTED)
    trial.run(services.service, "Example", running=False)
    other = HiddenValue("An0ther;Staple%")
    account(trial, password=other)

    tried = trial.run(services.service, "Example", **{**WANTED, "password": other})

    assert tried.changed
    assert not tried.failed
    assert "An0ther" not in tried.output
    assert is_running(trial.lab, "Example")


def test_a_password_that_is_wrong_stays_wrong(trial: Trial) -> None:
    """After one more attempt; what Windows logged is quoted, no password is."""
    account(trial)

    tried = trial.run(
        services.service, "Example", **{**WANTED, "password": HiddenValue("Wr0ng;Staple%")}
    )

    assert tried.failed
    values = {"service": "Example", "host": HOST, "account": "svc_prefect"}
    assert messages.LOGON.text(**values) in tried.output
    assert "event 7038" in tried.output
    assert "Wr0ng" not in tried.output
    assert len(events(trial.lab, 7038)) == 2


def test_an_account_that_may_not_log_on_as_a_service(trial: Trial) -> None:
    """The event of this attempt says which right it is."""
    from winfra.lab import rights

    account(trial)
    rights.write(trial.lab.folder, {"SeServiceLogonRight": ["S-1-5-80-0"]}, "a test")

    tried = trial.run(services.service, "Example", **WANTED)

    assert tried.failed
    assert messages.LOGON.remedy in tried.output
    assert "event 7041" in tried.output


def test_an_unknown_account_is_named(trial: Trial) -> None:
    """Before anything is made."""
    tried = trial.run(
        services.service, "Example", path=[PROGRAM], account="nobody", password=PASSWORD
    )

    assert tried.failed
    assert UNKNOWN_ACCOUNT.text(Account=r".\nobody") in tried.output
    assert status(trial.lab, "Example") == {}


def test_an_account_that_is_none_for_services(trial: Trial) -> None:
    """A group, or the virtual account of another service."""
    make(trial.lab, "Example")
    for name in (r"NT SERVICE\Other", "S-1-5-32-544"):
        tried = trial.run(services.service, "Example", account=name, password=None)
        assert tried.failed
    values = {"service": "Example", "host": HOST, "account": r"NT SERVICE\Other"}
    tried = trial.run(services.service, "Example", account=r"NT SERVICE\Other")
    assert messages.BAD_ACCOUNT.text(**values) in tried.output


def test_no_secret_on_a_command_line(trial: Trial) -> None:
    """Nor in anything that the lab's programs were started with, nor in what is kept on its drives."""
    account(trial)
    trial.lab.clear_logs()
    trial.run(services.service, "Example", **WANTED)

    lines = [one["command_line"] for one in trial.lab.processes()]
    assert any("sc.exe" in line for line in lines)
    assert not any("Corr3ct" in line for line in lines)
    assert lab_accounts.password_is(trial.lab.folder, "svc_prefect", PASSWORD.unmask())


def test_a_server_in_another_language(trial: Trial) -> None:
    """Accounts by their English names, states and errors without words."""
    trial.lab.configure(language="de")
    account(trial)
    try:
        wanted: dict[str, Any] = {"path": [PROGRAM], "account": r"NT AUTHORITY\LocalService"}
        assert trial.run(services.service, "Example", **wanted).changed
        assert not trial.run(services.service, "Example", **wanted).changed
        other = {"account": "svc_prefect", "password": PASSWORD}
        assert trial.run(services.service, "Example", **other).changed
        assert not trial.run(services.service, "Example", **other).changed
        tell(trial.lab, "Example", exit=1066, specific=7)
        tried = trial.run(services.service, "Example", restarted=True)
        assert messages.SPECIFIC.remedy in tried.output
        assert trial.run(services.service, "Example", present=False).changed
    finally:
        trial.lab.configure(language="en")
