"""Settings as texts, as a file, and by the names that Prefect knows."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest
from pyinfra.api import OperationValueError
from pyinfra.api.hiddenvalue import HiddenValue

from files.service_host.hosting import settings as hosting
from winfra.messages import prefect_settings as messages
from winfra.prefect_settings import check_worker, content, digest, shown, texts, unknown

KNOWN = ["PREFECT_API_URL", "PREFECT_HOME", "PREFECT_SERVER_DATABASE_HOST"]
ODD = "p@ss/:%#\"'é\\ \n $&\u2028x"


def test_values_become_texts() -> None:
    """As Prefect reads them, by names in capitals and in their order; what is None is left out."""
    given: dict[str, Any] = {
        "no_proxy": "x",
        "B": True,
        "A": False,
        "N": 4200,
        "F": 1.5,
        "Z": None,
        "E": "",
    }
    assert texts(given) == {
        "A": "false", "B": "true", "E": "", "F": "1.5", "N": "4200", "NO_PROXY": "x",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("name", "value", "hidden"),
    [
        ("PREFECT_HOME", HiddenValue("x"), True),
        ("PREFECT_HOME", "x", False),
        ("PREFECT_SERVER_DATABASE_PASSWORD", "x", True),
        ("PREFECT_API_DATABASE_CONNECTION_URL", "x", True),
        ("PREFECT_SERVER_API_AUTH_STRING", "x", True),
        ("PREFECT_API_KEY", "x", True),
        ("PREFECT_SERVER_API_KEEPALIVE_TIMEOUT", 5, False),
        ("MY_TOKEN", "x", True),
    ],
)
def test_what_is_a_secret(name: str, value: Any, hidden: bool) -> None:
    """What the site hides, and what the name says."""
    [found] = texts({name: value}).values()
    assert isinstance(found, HiddenValue) == hidden
    assert shown(texts({name: value})) == ([] if hidden else [name])


@pytest.mark.parametrize(
    ("name", "value"),
    [("A=B", "x"), ("", "x"), ("A B", "x"), ("A", "x\0"), ("A", HiddenValue("\0"))],
)
def test_what_no_environment_holds(name: str, value: Any) -> None:
    """It is refused by its name."""
    with pytest.raises(OperationValueError) as caught:
        texts({name: value})
    assert str(caught.value) == messages.BAD_SETTING.text(setting=repr(name))


def test_the_service_host_reads_what_is_written() -> None:
    """Any character; one line a setting, and always the same bytes."""
    wanted = texts({"B": HiddenValue(ODD), "A": "x", "C": "日本語"})
    text = content(wanted)
    assert hosting.parse(text.encode()) == {"A": "x", "B": ODD, "C": "日本語"}
    assert text.count("\n") == 5
    assert text == content(texts({"C": "日本語", "A": "x", "B": HiddenValue(ODD)}))
    assert digest(wanted) == hashlib.sha256(text.encode()).hexdigest()
    assert json.loads(content({})) == {}


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("PREFECT_HOME", []),
        ("PYTHONUTF8", []),
        ("PREFECT_PROFILE", []),
        ("PREFECT_LOGGING_LOGGERS_PREFECT_LEVEL", []),
        ("PREFECT_API_UR", [("PREFECT_API_UR", "PREFECT_API_URL")]),
        ("PREFECT_XYZ_QQQQQQQQ_VVVVVVV", [("PREFECT_XYZ_QQQQQQQQ_VVVVVVV", None)]),
    ],
)
def test_names_that_are_none_of_prefects(name: str, found: Any) -> None:
    """With the one that may be meant; other programs' names are theirs."""
    assert [*unknown({name: "x"}, KNOWN)] == found


@pytest.mark.parametrize(
    "name",
    [
        "PREFECT_SERVER_DATABASE_HOST",
        "PREFECT_API_DATABASE_CONNECTION_URL",
        "prefect_server_database_password",
        "PREFECT_SERVER_API_AUTH_STRING",
    ],
)
def test_a_worker_is_not_told_of_the_database(name: str) -> None:
    """Whatever the site says; that it is to be left out it may say."""
    with pytest.raises(OperationValueError) as caught:
        check_worker({"PREFECT_HOME": "x", name: "x"})
    assert str(caught.value) == messages.NOT_FOR_WORKERS.text(setting=name)
    check_worker({name: None})
