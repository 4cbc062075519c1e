"""Section 6 before anything is started: who is to reach the server (it runs in test_worker.py)."""

from __future__ import annotations

from typing import Any

import pytest
from pyinfra.api.hiddenvalue import HiddenValue

from tasks.server import prefect_server
from tests.harness import Applied
from tests.trial import Trial, connected_to
from winfra import prefect_exposure
from winfra.facts.firewall import Rule
from winfra.lab.state import Lab
from winfra.messages import prefect_server as messages

AUTH = HiddenValue("people:Au7h-'@/:%")
OPEN: dict[str, Any] = {"prefect_listen": "0.0.0.0", "prefect_auth_string": AUTH}  # noqa: S104
ACCOUNT = {"service_account_password": HiddenValue("Acc0unt")}
HOST = "@lab/trial"
VALUES = {"host": HOST, "port": 4200, "address": "0.0.0.0"}  # noqa: S104


def dry(lab: Lab, **data: Any) -> Applied:
    with connected_to(lab, **ACCOUNT, **data) as site:
        applied = site.dry(prefect_server)
    assert AUTH.unmask() not in applied.output
    return applied


def test_by_default_its_own_host_alone(trial: Trial) -> None:
    """Nothing is opened; a host that has nothing yet can be tried dry."""
    applied = dry(trial.lab)
    assert not applied.failed, applied.output
    assert "noop: firewall rule PrefectServer does not exist" in applied.output
    assert "Will create service PrefectServer" in applied.output
    assert "/api/health" in applied.output
    assert "PREFECT_AUTH_STRING" not in applied.output


def test_no_server_is_opened_without_a_login(trial: Trial) -> None:
    """That is refused before the host is touched."""
    applied = dry(trial.lab, **{**OPEN, "prefect_auth_string": None})
    assert applied.failed
    assert messages.NO_LOGIN.text(**VALUES) in applied.output
    assert "Will create" not in applied.output


def test_a_server_that_is_opened(trial: Trial) -> None:
    """To the given networks; what stays open is said, by version."""
    networks = ["10.0.0.0/8", "192.0.2.7"]
    applied = dry(trial.lab, **OPEN, prefect_networks=networks)
    assert not applied.failed, applied.output
    what = prefect_exposure.left_open("3.4.25")
    given = {"networks": ", ".join(networks), "version": "3.4.25", "what": what}
    assert messages.OPENED.text(**VALUES, **given) in applied.output
    assert "Will create firewall rule PrefectServer" in applied.output
    assert "http://127.0.0.1:4200/api/health" in applied.output


def test_a_server_that_is_opened_to_nobody(trial: Trial) -> None:
    """It may be meant so; it is said."""
    applied = dry(trial.lab, **OPEN)
    assert not applied.failed, applied.output
    assert messages.NO_NETWORKS.text(**VALUES) in applied.output


def test_a_server_that_is_closed_again(trial: Trial) -> None:
    """The rule goes with what it was for, also where the rest of the section cannot be done."""
    for networks, is_there in ((["10.0.0.0/8"], True), ([], False)):
        with connected_to(trial.lab, **ACCOUNT, **OPEN, prefect_networks=networks) as site:
            site.run(prefect_server)
            rule = site.fact(Rule, rule="PrefectServer")["rule"]
        assert (rule is not None) is is_there
        if rule is not None:
            assert rule["remote_addresses"] == ["10.0.0.0/8"]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        ({"prefect_listen": "srv1"}, "prefect_listen is 'srv1'"),
        ({"prefect_networks": ["everybody"]}, "prefect_networks is 'everybody'"),
    ],
)
def test_bad_values(trial: Trial, data: dict[str, Any], reason: str) -> None:
    """They are named before the host is touched."""
    applied = dry(trial.lab, **data)
    assert applied.failed
    assert reason in applied.output
    assert "Will create" not in applied.output
