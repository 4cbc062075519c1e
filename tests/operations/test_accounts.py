"""Accounts and groups on a lab; its account database is the witness."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from pyinfra.api import OperationValueError
from pyinfra.api.hiddenvalue import HiddenValue

from tests import service_trial
from tests.trial import Trial, no_host
from winfra import password as passwords
from winfra.facts.accounts import Password
from winfra.lab import accounts as witness, security_log
from winfra.lab.scm.accounts import Secrets
from winfra.lab.state import Lab
from winfra.messages import Message, accounts as messages, services as service_messages
from winfra.operations import accounts

FIRST = HiddenValue("Corr3ct-Horse'\"$é")
SECOND = HiddenValue("An0ther;Staple%")
WANTED: dict[str, Any] = {"password": FIRST, "comment": "Prefect service account"}


@pytest.fixture(autouse=True)
def _bare(trial: Trial) -> None:
    (trial.lab.folder / "state" / "accounts.json").unlink(missing_ok=True)
    witness.make(trial.lab.folder)
    trial.host.connector_data.clear()


def found(trial: Trial, name: str = "svc_prefect") -> witness.User | None:
    return witness.read(trial.lab.folder).user(name)


def new_run(trial: Trial) -> None:
    """What was asked of an account is kept for one run."""
    trial.host.connector_data.pop(passwords._KEPT, None)


def failures(trial: Trial) -> int:
    """Logons that Windows refused."""
    return len(security_log.read(trial.lab.folder, 4625))


def test_a_user_is_made_once(trial: Trial) -> None:
    """Dry says it; the account database has it; again, nothing changes."""
    dry = trial.dry(accounts.user, "svc_prefect", **WANTED)
    assert dry.will_change
    assert "Will create user svc_prefect" in dry.output
    assert found(trial) is None

    assert trial.run(accounts.user, "svc_prefect", **WANTED).changed
    user = found(trial)
    assert user is not None
    assert (user.comment, user.enabled, user.password_expires) == (WANTED["comment"], True, False)
    assert witness.password_is(trial.lab.folder, "svc_prefect", FIRST.unmask())

    new_run(trial)
    assert not trial.run(accounts.user, "svc_prefect", **WANTED).changed
    assert failures(trial) == 0


@pytest.mark.parametrize(
    ("spoilt", "value", "shown"),
    [
        ("comment", "something else", "Prefect service account"),
        ("enabled", False, "enabled"),
        ("password_expires", True, "password_expires"),
        (
            "account_expires",
            "2020-01-31T12:00:00+00:00",
            "expires 2020-01-31T12:00:00Z -> never",
        ),
    ],
)
def test_what_is_spoilt_is_found_and_mended(
    trial: Trial, spoilt: str, value: object, shown: str
) -> None:
    """Each property by itself, in the difference and on the host."""
    trial.run(accounts.user, "svc_prefect", **WANTED)
    before = found(trial)
    with witness.changing(trial.lab.folder) as database:
        setattr(database.user("svc_prefect"), spoilt, value)
    new_run(trial)

    dry = trial.dry(accounts.user, "svc_prefect", **WANTED)
    assert shown in " ".join(dry.output.split())
    assert trial.run(accounts.user, "svc_prefect", **WANTED).changed

    after = found(trial)
    assert before is not None
    assert after is not None
    assert getattr(after, spoilt) == getattr(before, spoilt)


def test_a_password_that_differs_is_set_after_one_attempt(trial: Trial) -> None:
    """And shown as changed, never as text; the execution does not try again."""
    trial.run(accounts.user, "svc_prefect", **WANTED)
    new_run(trial)
    before = failures(trial)

    dry = trial.dry(accounts.user, "svc_prefect", password=SECOND)
    assert "(changed)" in dry.output
    assert SECOND.unmask() not in dry.output
    assert failures(trial) == before + 1

    assert trial.run(accounts.user, "svc_prefect", password=SECOND).changed
    assert failures(trial) == before + 1
    assert witness.password_is(trial.lab.folder, "svc_prefect", SECOND.unmask())


def test_a_password_goes_to_the_services_first(trial: Trial) -> None:
    """Those that log on with it: a run that ends between the two finds it wrong again."""
    trial.run(accounts.user, "svc_prefect", **WANTED)
    new_run(trial)
    service_trial.clean(trial)
    secrets = Secrets(trial.lab.folder)
    for name, account in ("One", r".\svc_prefect"), ("It's [2]", r".\svc_prefect"), ("No", ""):
        settings = {"account": account, "password": "old"} if account else {}
        service_trial.make(trial.lab, name, **settings)

    dry = trial.dry(accounts.user, "svc_prefect", password=SECOND)
    assert "One" in dry.output
    assert "It's [2]" in dry.output
    assert secrets.get("One") == "old"
    assert trial.run(accounts.user, "svc_prefect", password=SECOND).changed

    assert secrets.get("One") == secrets.get("It's [2]") == SECOND.unmask()
    assert secrets.get("No") == ""
    assert witness.password_is(trial.lab.folder, "svc_prefect", SECOND.unmask())


def test_a_service_that_takes_no_password(trial: Trial) -> None:
    """The account keeps its own then."""
    trial.run(accounts.user, "svc_prefect", **WANTED)
    new_run(trial)
    service_trial.clean(trial)
    service_trial.make(trial.lab, "One", account=r".\svc_prefect", password="old")
    # Interactive services run as LocalSystem alone: Windows refuses any change of the account.
    trial.lab.keys.set(rf"{service_trial.KEY}\One", "Type", 0x110)

    tried = trial.run(accounts.user, "svc_prefect", password=SECOND)
    service_trial.clean(trial)

    assert tried.failed
    assert service_messages.PASSWORD_REFUSED.text(Service="One", Code=21) in tried.output
    assert witness.password_is(trial.lab.folder, "svc_prefect", FIRST.unmask())


def test_an_account_is_never_locked_by_the_question(trial: Trial) -> None:
    """With one attempt left the password is set without one."""
    trial.run(accounts.user, "svc_prefect", **WANTED)
    new_run(trial)
    with witness.changing(trial.lab.folder) as database:
        database.policy.lockout_threshold = 3
        user = database.user("svc_prefect")
        assert user is not None
        user.bad_passwords = 2
        user.bad_time = user.password_set

    assert trial.run(accounts.user, "svc_prefect", password=SECOND).changed

    after = found(trial)
    assert after is not None
    assert after.locked_time is None
    assert witness.password_is(trial.lab.folder, "svc_prefect", SECOND.unmask())


def test_a_right_password_that_may_not_log_on_matches(trial: Trial) -> None:
    """Hardened servers deny service accounts the network logon (error 1385)."""
    from winfra.lab import rights

    trial.run(accounts.user, "svc_prefect", **WANTED)
    new_run(trial)
    user = found(trial)
    assert user is not None
    rights.write(trial.lab.folder, {"SeDenyNetworkLogonRight": [user.sid]}, "a test")

    assert not trial.run(accounts.user, "svc_prefect", **WANTED).changed


def test_a_locked_account_is_named(trial: Trial) -> None:
    """Something tries wrong passwords: that has to be found first."""
    trial.run(accounts.user, "svc_prefect", **WANTED)
    new_run(trial)
    with witness.changing(trial.lab.folder) as database:
        database.policy.lockout_threshold = 3
        user = database.user("svc_prefect")
        assert user is not None
        user.locked_time = user.bad_time = user.password_set
        user.bad_passwords = 3

    tried = trial.run(accounts.user, "svc_prefect", **WANTED)

    assert tried.failed
    assert messages.ACCOUNT_LOCKED.text(user="svc_prefect", host="@lab/trial") in tried.output


def test_the_policy_of_passwords_is_named(trial: Trial) -> None:
    """With the account and what Windows says."""
    tried = trial.run(accounts.user, "svc_prefect", password="short")

    assert tried.failed
    assert messages.PASSWORD_POLICY.remedy in tried.output
    assert found(trial) is None


def test_a_user_goes(trial: Trial) -> None:
    """Once."""
    trial.run(accounts.user, "svc_prefect", **WANTED)

    assert "Will remove" in trial.dry(accounts.user, "svc_prefect", present=False).output
    assert trial.run(accounts.user, "svc_prefect", present=False).changed
    assert found(trial) is None
    assert not trial.run(accounts.user, "svc_prefect", present=False).changed


def test_a_new_account_needs_a_password(trial: Trial) -> None:
    """Before anything is made."""
    tried = trial.run(accounts.user, "svc_prefect")

    assert tried.failed
    missing = messages.PASSWORD_MISSING.text(user="svc_prefect", host="@lab/trial")
    assert missing in tried.output


@pytest.mark.parametrize("name", ["Jürgen Müller", "it's", "a&b%c$d", "日本語"])
def test_names_that_windows_takes_work(trial: Trial, name: str) -> None:
    """Spaces, quotes, é and what a shell would take for its own."""
    assert trial.run(accounts.user, name, password=FIRST).changed
    assert found(trial, name) is not None
    new_run(trial)
    assert not trial.run(accounts.user, name, password=FIRST).changed


@pytest.mark.parametrize(
    ("options", "message", "reason"),
    [
        ({"user": "a" * 21}, messages.ACCOUNT_NAME, "21 characters"),
        ({"user": "a/b"}, messages.ACCOUNT_NAME, "character '/'"),
        ({"user": "..."}, messages.ACCOUNT_NAME, "dots and spaces"),
        ({"user": r"CORP\svc"}, messages.ACCOUNT_ELSEWHERE, "not an account of this host"),
        ({"user": r"NT SERVICE\x"}, messages.ACCOUNT_ELSEWHERE, "not an account of this host"),
        ({"user": "svc", "password": ""}, messages.PASSWORD_REFUSED, "is empty"),
        ({"user": "svc", "password": "x" * 128}, messages.PASSWORD_REFUSED, "too long"),
        ({"user": "svc", "password": "secret\n1"}, messages.PASSWORD_REFUSED, "control characters"),
        ({"user": "svc", "comment": "x" * 49}, messages.ACCOUNT_COMMENT, "49 characters"),
    ],
)
def test_bad_values_are_refused_before_the_host_is_asked(
    options: dict[str, Any], message: Message, reason: str
) -> None:
    """And a password is not in the sentence."""
    with no_host(), pytest.raises(OperationValueError) as caught:
        list(accounts.user._inner(**options))

    assert message.remedy in str(caught.value)
    assert reason in str(caught.value)
    assert "secret" not in str(caught.value)


def test_a_member_is_added_and_taken_out(trial: Trial) -> None:
    """Others stay, an orphan among them; the group is found by its English name."""
    trial.run(accounts.user, "svc_prefect", **WANTED)
    orphan = "S-1-5-21-1-2-3-1234"
    with witness.changing(trial.lab.folder) as database:
        group = database.group("S-1-5-32-544")
        assert group is not None
        group.members.append(orphan)
        others = list(group.members)
    user = found(trial)
    assert user is not None

    dry = trial.dry(accounts.group_member, "svc_prefect", "Administrators")
    assert dry.will_change
    assert f"svc_prefect ({user.sid})" in dry.output
    assert f"an account that is gone ({orphan})" in dry.output

    assert trial.run(accounts.group_member, "svc_prefect", "Administrators").changed
    assert members(trial) == [*others, user.sid]
    assert not trial.run(accounts.group_member, r".\svc_prefect", "S-1-5-32-544").changed

    assert trial.run(accounts.group_member, "svc_prefect", "Administrators", present=False).changed
    assert members(trial) == others
    assert trial.run(accounts.group_member, orphan, "Administrators", present=False).changed
    assert orphan not in members(trial)


def members(trial: Trial) -> list[str]:
    group = witness.read(trial.lab.folder).group("S-1-5-32-544")
    assert group is not None
    return group.members


def test_an_unknown_group_or_account_is_named(trial: Trial) -> None:
    """The account may come about by an earlier operation: it is missed when it runs."""
    unknown = messages.UNKNOWN_GROUP.text(group="nobody", host="@lab/trial")
    assert unknown in trial.run(accounts.group_member, "x", "nobody").output

    assert trial.dry(accounts.group_member, "nobody", "Users").will_change
    tried = trial.run(accounts.group_member, "nobody", "Users")
    assert tried.failed
    assert messages.UNKNOWN_ACCOUNT.text(Account="nobody") in tried.output


def test_a_group_that_a_local_group_cannot_hold_is_named(trial: Trial) -> None:
    """Windows takes no local group into another (error 1388)."""
    tried = trial.run(accounts.group_member, "S-1-5-32-555", "Users")

    assert tried.failed
    assert messages.MEMBERSHIP_REFUSED.remedy in tried.output


def test_a_name_that_a_group_has_is_refused_by_windows(trial: Trial) -> None:
    """What it says reaches the user."""
    assert trial.run(accounts.user, "Users", password=FIRST).failed


def test_an_account_that_may_not_be_changed_is_named(lab: Lab, apply: Callable[..., Any]) -> None:
    """Remote Management Users may open a session, and change no account."""
    (deployer,) = lab.config.users
    lab.configure(users=(replace(deployer, administrator=False, remote_management=True),))

    tried = apply(lab, accounts.user, "svc_prefect", password=FIRST)

    assert tried.failed
    assert messages.ACCOUNT_DENIED.remedy in tried.output


def test_an_account_is_disabled(trial: Trial) -> None:
    """And stays so."""
    trial.run(accounts.user, "svc_prefect", **WANTED)

    assert trial.run(accounts.user, "svc_prefect", enabled=False).changed
    user = found(trial)
    assert user is not None
    assert not user.enabled
    assert not trial.run(accounts.user, "svc_prefect", enabled=False).changed


@pytest.mark.parametrize(
    ("spoilt", "value", "state"),
    [
        ("enabled", False, "disabled"),
        ("locked_time", "2026-01-01T00:00:00+00:00", "locked"),
        ("password_set", None, "must_change"),
    ],
)
def test_what_a_password_that_cannot_log_on_says(
    trial: Trial, spoilt: str, value: object, state: str
) -> None:
    """Each is told apart."""
    trial.run(accounts.user, "svc_prefect", **WANTED)
    with witness.changing(trial.lab.folder) as database:
        database.policy.lockout_minutes = 0
        user = database.user("svc_prefect")
        assert user is not None
        user.password_expires = spoilt == "password_set"
        setattr(user, spoilt, value)

    assert trial.fact(Password, user="svc_prefect", password=FIRST) == state


def test_a_connection_under_another_name_tells_nothing(trial: Trial) -> None:
    """Windows makes no second one to the same machine (error 1219)."""
    trial.run(accounts.user, "svc_prefect", **WANTED)
    with witness.changing(trial.lab.folder) as database:
        database.connected_as = "somebody"

    assert trial.fact(Password, user="svc_prefect", password=FIRST) == "untestable"


def test_a_group_by_a_name_that_is_this_servers(trial: Trial) -> None:
    """And one by a SID that no group has."""
    trial.run(accounts.user, "svc_prefect", **WANTED)

    assert trial.run(accounts.group_member, "svc_prefect", "Guests").changed
    assert not trial.run(accounts.group_member, "svc_prefect", "Guests").changed
    assert trial.run(accounts.group_member, "svc_prefect", "S-1-5-32-999").failed
