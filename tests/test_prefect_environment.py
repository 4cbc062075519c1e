"""What server and worker are told, from the data of a site."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest
from pyinfra.api import OperationValueError
from pyinfra.api.hiddenvalue import HiddenValue

from winfra import prefect_environment, prefect_layout
from winfra.prefect_layout import Layout

DATA: dict[str, Any] = {
    **prefect_layout.DEFAULTS,
    **prefect_environment.DEFAULTS,
    "prefect_database_password": HiddenValue("secret"),
}


def told(kind: str, **changes: Any) -> dict[str, str | HiddenValue]:
    data = {**DATA, **changes}
    found: dict[str, str | HiddenValue] = getattr(prefect_environment, kind)(Layout(data), data)
    return found


def test_the_worker_gets_nothing_of_the_database_s() -> None:
    """Nor what only the server needs to know."""
    server, worker = told("server"), told("worker")
    only = {
        name for name in server if "_DATABASE_" in name or name.startswith("PREFECT_SERVER_API")
    }
    assert len(only) > 8
    assert only.isdisjoint(worker)
    assert not [value for value in worker.values() if isinstance(value, HiddenValue)]


def test_the_services_write_to_data_alone() -> None:
    """Each path that Prefect writes is below it; what it reads is below settings."""
    for kind in ("server", "worker"):
        paths = {name: value for name, value in told(kind).items() if "D:\\" in str(value)}
        assert paths.pop("PREFECT_HOME") == r"D:\prefect_data"
        for name, path in paths.items():
            folder = "settings" if name.endswith(("PROFILES_PATH", "CONFIG_PATH")) else "data"
            assert str(path).startswith(rf"D:\prefect_data\{folder}" + "\\"), name


@pytest.mark.parametrize(
    ("changes", "api", "origins"),
    [
        ({}, "http://127.0.0.1:4200/api", "http://127.0.0.1:4200,http://localhost:4200"),
        (
            {"prefect_server": "srv1", "prefect_listen": "10.1.2.3", "prefect_port": 8080},
            "http://srv1:8080/api",
            "http://srv1:8080,http://127.0.0.1:8080,http://localhost:8080",
        ),
        (
            {"prefect_ui_url": "https://prefect.example.org/"},
            "https://prefect.example.org/api",
            "https://prefect.example.org,http://127.0.0.1:4200,http://localhost:4200",
        ),
    ],
)
def test_where_browsers_find_the_server(changes: dict[str, Any], api: str, origins: str) -> None:
    """By the site's word, else as the host itself; other pages may not use the API."""
    server = told("server", **changes)
    assert server["PREFECT_SERVER_UI_API_URL"] == api
    assert server["PREFECT_SERVER_API_CORS_ALLOWED_ORIGINS"] == origins
    assert server["PREFECT_SERVER_API_HOST"] == changes.get("prefect_listen", "127.0.0.1")


def test_no_proxy_stands_between_them() -> None:
    """Whatever the machine's environment says."""
    found = told("worker", prefect_server="srv1")
    assert found["NO_PROXY"] == "127.0.0.1,localhost,srv1"
    assert found["PREFECT_API_URL"] == "http://srv1:4200/api"


def test_authentication_goes_to_both_sides() -> None:
    """And is hidden in each."""
    auth = HiddenValue("user:password")
    server, worker = (
        told("server", prefect_auth_string=auth),
        told("worker", prefect_auth_string=auth),
    )
    for found in (
        server["PREFECT_SERVER_API_AUTH_STRING"],
        server["PREFECT_API_AUTH_STRING"],
        worker["PREFECT_API_AUTH_STRING"],
    ):
        assert isinstance(found, HiddenValue)
        assert found.unmask() == "user:password"
    assert "PREFECT_API_AUTH_STRING" not in told("server")


def test_the_site_has_the_last_word() -> None:
    """It adds, changes and leaves out; of a worker's settings the database's are refused."""
    given = {"PREFECT_SERVER_API_PORT": 1, "PREFECT_CLI_COLORS": None, "PREFECT_DEBUG_MODE": True}
    found = told("server", prefect_server_settings=given)
    assert found["PREFECT_SERVER_API_PORT"] == "1"
    assert found["PREFECT_DEBUG_MODE"] == "true"
    assert "PREFECT_CLI_COLORS" not in found
    worker = told("worker", prefect_worker_settings={"PREFECT_WORKER_QUERY_SECONDS": 5})
    assert worker["PREFECT_WORKER_QUERY_SECONDS"] == "5"
    with pytest.raises(OperationValueError):
        told("worker", prefect_worker_settings={"PREFECT_SERVER_DATABASE_PASSWORD": "x"})


@pytest.mark.parametrize(
    ("tls", "checked"),
    [(None, None), ("prefer", None), ("require", "false"), ("verify-full", "true")],
)
def test_the_database_by_tls(tls: str | None, checked: str | None) -> None:
    """As libpq's words say it, as far as Prefect can: it always wants a certificate that it can verify."""
    prefix = "PREFECT_SERVER_DATABASE_SQLALCHEMY_CONNECT_ARGS_TLS_"
    found = told("server", postgresql_tls=tls, postgresql_authority=r"C:\ca.pem")
    assert found.get(f"{prefix}CHECK_HOSTNAME") == checked
    assert (f"{prefix}ENABLED" in found) == (checked is not None)
    assert found.get(f"{prefix}CA_FILE") == (r"C:\ca.pem" if checked else None)


@pytest.mark.parametrize("page", [None, "https://prefect.example.org"])
def test_the_profile_for_people_has_no_secret(page: str | None) -> None:
    """TOML, in which a path's backslashes would stay as they are."""
    data = {**DATA, "prefect_ui_url": page, "prefect_auth_string": HiddenValue("user:password")}
    text = prefect_environment.people(Layout(data), data)
    found = tomllib.loads(text)
    assert found["active"] == "server"
    profile = found["profiles"]["server"]
    assert profile["PREFECT_API_URL"] == "http://127.0.0.1:4200/api"
    assert profile["PREFECT_DEPLOYMENTS_DEFAULT_WORK_POOL_NAME"] == "local-pool"
    assert profile.get("PREFECT_UI_URL") == page
    assert "password" not in text
    assert "secret" not in text
