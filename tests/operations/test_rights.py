"""User rights on a lab; its policy's file is the witness."""

from collections.abc import Iterator

import pytest
from pyinfra.api import OperationValueError
from pyinfra.api.hiddenvalue import HiddenValue

from tests.trial import Trial, failing, no_host
from winfra.lab import accounts as accounts_witness, rights as witness
from winfra.lab.state_file import write_json
from winfra.messages import accounts as messages
from winfra.operations import accounts, rights

RIGHT = "SeServiceLogonRight"
ALL_SERVICES = "S-1-5-80-0"
PASSWORD = HiddenValue("Corr3ct-Horse")


@pytest.fixture(autouse=True)
def _bare(trial: Trial) -> Iterator[None]:
    state = trial.lab.folder / "state"
    for name in ("accounts.json", "rights.json"):
        (state / name).unlink(missing_ok=True)
    write_json(state / "policy.json", {})
    accounts_witness.make(trial.lab.folder)
    witness.make(trial.lab.folder)
    trial.host.connector_data.clear()
    yield
    write_json(state / "policy.json", {})


@pytest.fixture
def sid(trial: Trial) -> str:
    """Of an account that exists."""
    trial.run(accounts.user, "svc_prefect", password=PASSWORD)
    user = accounts_witness.read(trial.lab.folder).user("svc_prefect")
    assert user is not None
    return user.sid


def test_a_right_is_added_to_those_that_have_it(trial: Trial, sid: str) -> None:
    """Every other right and entry stays to the byte."""
    before = witness.read(trial.lab.folder)

    dry = trial.dry(rights.user_right, "svc_prefect")
    assert dry.will_change
    assert f"svc_prefect ({sid})" in dry.output
    assert witness.read(trial.lab.folder) == before

    assert trial.run(rights.user_right, "svc_prefect").changed
    after = witness.read(trial.lab.folder)
    assert after[RIGHT] == [*before[RIGHT], sid]
    assert {**after, RIGHT: before[RIGHT]} == before

    assert not trial.run(rights.user_right, "svc_prefect").changed


def test_a_right_that_was_taken_is_found_and_given_again(trial: Trial, sid: str) -> None:
    """By hand, in the local security policy."""
    trial.run(rights.user_right, "svc_prefect")
    witness.write(trial.lab.folder, {RIGHT: [ALL_SERVICES]}, "a test")

    assert trial.dry(rights.user_right, "svc_prefect").will_change
    assert trial.run(rights.user_right, "svc_prefect").changed
    assert sid in witness.read(trial.lab.folder)[RIGHT]


def test_a_right_is_taken(trial: Trial, sid: str) -> None:
    """From this account alone."""
    trial.run(rights.user_right, "svc_prefect")

    assert trial.run(rights.user_right, "svc_prefect", present=False).changed
    assert witness.read(trial.lab.folder)[RIGHT] == [ALL_SERVICES]
    assert not trial.run(rights.user_right, "svc_prefect", present=False).changed


def test_a_virtual_account_has_the_right_by_all_services(trial: Trial) -> None:
    """It does not even exist before its service."""
    assert not trial.run(rights.user_right, r"NT SERVICE\PrefectServer").changed


def test_a_right_that_a_policy_decides_is_named_with_it(trial: Trial, sid: str) -> None:
    """Before anything changes: what is set on the host goes at the next refresh."""
    policy = {
        "gpos": [{"id": "{31B2}", "name": "Server baseline"}],
        "rights": [{"right": RIGHT, "accounts": [f"*{ALL_SERVICES}"], "gpo": "{31B2}"}],
    }
    write_json(trial.lab.folder / "state" / "policy.json", policy)
    before = witness.read(trial.lab.folder)

    tried = trial.run(rights.user_right, "svc_prefect")

    assert tried.failed
    sentence = messages.RIGHT_BY_POLICY.text(
        gpo="Server baseline", right=RIGHT, host="@lab/trial", account="svc_prefect"
    )
    assert sentence in tried.output
    assert witness.read(trial.lab.folder) == before


def test_a_deny_right_is_named(trial: Trial, sid: str) -> None:
    """It wins over the right."""
    witness.write(trial.lab.folder, {"SeDenyServiceLogonRight": [sid]}, "a test")

    tried = trial.run(rights.user_right, "svc_prefect")

    assert tried.failed
    assert messages.RIGHT_DENIED.remedy in tried.output


@pytest.mark.parametrize(
    ("account", "denied"),
    [
        ("svc_prefect", "S-1-5-11"),
        (r"NT SERVICE\PrefectServer", "S-1-5-11"),
        (r"NT SERVICE\PrefectServer", ALL_SERVICES),
    ],
)
def test_a_deny_right_for_all_accounts_of_a_kind_is_named(
    trial: Trial, sid: str, account: str, denied: str
) -> None:
    """Authenticated Users holds each account, ALL SERVICES each that is a service's own."""
    witness.write(trial.lab.folder, {"SeDenyServiceLogonRight": [denied]}, "a test")

    tried = trial.run(rights.user_right, account)

    assert tried.failed
    assert messages.RIGHT_DENIED.remedy in tried.output
    assert f"({denied})" in tried.output


def test_an_unknown_right_is_refused_before_the_host_is_asked() -> None:
    """With the form that Windows uses."""
    with no_host(), pytest.raises(OperationValueError) as caught:
        list(rights.user_right._inner("svc", right="log on as a service"))

    assert str(caught.value) == messages.UNKNOWN_RIGHT.text(right="log on as a service")


def test_an_unknown_account_is_named(trial: Trial) -> None:
    """When it runs: an earlier operation may have been about to make it."""
    assert trial.dry(rights.user_right, "nobody").will_change
    tried = trial.run(rights.user_right, "nobody")

    assert tried.failed
    assert messages.UNKNOWN_ACCOUNT.text(Account="nobody") in tried.output


def test_what_secedit_did_not_do_is_noticed(trial: Trial, sid: str) -> None:
    """It reports no error for what it leaves out; this one leaves out everything."""
    with failing(trial.lab, "secedit.exe", "", 0, when="configure"):
        tried = trial.run(rights.user_right, "svc_prefect")

    assert tried.failed
    assert messages.RIGHT_NOT_SET.text(Right=RIGHT, Account=sid) in tried.output


def test_a_secedit_that_cannot_set_is_quoted(trial: Trial, sid: str) -> None:
    """As one that cannot read."""
    with failing(trial.lab, "secedit.exe", "Access is denied.", 5, when="configure"):
        tried = trial.run(rights.user_right, "svc_prefect")

    sentence = messages.RIGHTS_UNREADABLE.text(Code=5, Reason="Access is denied.")
    assert sentence in tried.output


def test_a_policy_without_a_name_is_named_by_its_number(trial: Trial, sid: str) -> None:
    """Where the object is gone from what the domain has reported."""
    rule = {"right": RIGHT, "accounts": [f"*{ALL_SERVICES}"], "gpo": "{31B2}"}
    write_json(trial.lab.folder / "state" / "policy.json", {"rights": [rule]})

    assert "'{31B2}' decides" in trial.run(rights.user_right, "svc_prefect").output


def test_a_secedit_that_fails_is_quoted(trial: Trial) -> None:
    """With its exit code."""
    with failing(trial.lab, "secedit.exe", "Access is denied.", 5):
        tried = trial.run(rights.user_right, "svc_prefect")

    sentence = messages.RIGHTS_UNREADABLE.text(Code=5, Reason="Access is denied.")
    assert sentence in tried.output
