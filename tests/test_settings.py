"""The connector's data keys."""

import re
from typing import Any

import pytest
from pyinfra.api.exceptions import ConnectError
from pyinfra.api.hiddenvalue import HiddenValue

from winfra.messages import Message, connection as messages
from winfra.settings import META, WinRMData, settings

ACCOUNT = {"winrm_user": "admin", "winrm_password": "secret"}


def data(**given: Any) -> WinRMData:
    values: dict[str, Any] = {key: meta.default for key, meta in META.items()}
    return {**values, **given}  # type: ignore[typeddict-item]


def longest(template: str) -> str:
    """The longest part of a text between its values."""
    return max(re.split(r"\{[^}]+\}", template), key=len)


def test_every_key_is_described() -> None:
    """pyinfra reads the description of each key that the type names."""
    assert set(META) == set(WinRMData.__annotations__)
    assert all(meta.description for meta in META.values())


def test_https_with_ntlm_is_the_default() -> None:
    """Nothing but an account has to be said."""
    found = settings("srv", data(**ACCOUNT))

    assert (found.endpoint, found.transport) == ("https://srv:5986/wsman", "ntlm")


def test_http_has_its_own_port() -> None:
    """5985 is the listener's port for http."""
    assert settings("srv", data(winrm_scheme="http", **ACCOUNT)).endpoint == "http://srv:5985/wsman"


def test_an_ipv6_address_stands_in_brackets() -> None:
    """A URL needs them."""
    assert settings("::1", data(**ACCOUNT)).endpoint == "https://[::1]:5986/wsman"


def test_the_password_is_hidden_from_here_on() -> None:
    """A str in the inventory becomes a HiddenValue."""
    found = settings("srv", data(**ACCOUNT))

    assert isinstance(found.password, HiddenValue)
    assert "secret" not in repr(found)


@pytest.mark.parametrize(
    ("given", "message", "sentence"),
    [
        ({"winrm_transport": "plaintext"}, messages.BAD_SETTING, "winrm_transport is 'plaintext'"),
        ({"winrm_scheme": "ftp"}, messages.BAD_SETTING, "winrm_scheme is 'ftp'"),
        ({"winrm_server_cert_validation": "no"}, messages.BAD_SETTING, "validate or ignore"),
        ({"winrm_message_encryption": "x"}, messages.BAD_SETTING, "auto, always or never"),
        ({"winrm_port": 70000}, messages.BAD_SETTING, "a port from 1 to 65535"),
        ({"winrm_operation_timeout_sec": 0}, messages.BAD_SETTING, "1 or more seconds"),
        ({"winrm_read_timeout_sec": 20}, messages.BAD_SETTING, "larger than 20 seconds"),
        ({"winrm_user": None}, messages.SETTING_MISSING, "winrm_user is missing for srv"),
        ({"winrm_password": None}, messages.SETTING_MISSING, "winrm_password is missing for srv"),
        ({"winrm_transport": "certificate"}, messages.SETTING_MISSING, "winrm_cert_pem is missing"),
        (
            {"winrm_transport": "basic", "winrm_scheme": "http"},
            messages.BASIC_OVER_HTTP,
            "readable by anyone",
        ),
        (
            {"winrm_message_encryption": "never", "winrm_scheme": "http"},
            messages.UNENCRYPTED,
            "travel unencrypted",
        ),
        (
            {"winrm_ca_trust_path": "/no/such.pem"},
            messages.FILE_MISSING,
            "winrm_ca_trust_path names '/no/such.pem'",
        ),
        ({"winrm_ca_trust_path": __file__}, messages.BAD_SETTING, "a file with certificates (PEM)"),
    ],
)
def test_a_bad_setting_names_its_key(
    given: dict[str, object], message: Message, sentence: str
) -> None:
    """It is refused before anything is sent, without the password."""
    with pytest.raises(ConnectError) as caught:
        settings("srv", data(**{**ACCOUNT, **given}))

    assert sentence in str(caught.value)
    assert longest(message.problem) in str(caught.value)
    assert "secret" not in str(caught.value)


def test_a_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """credssp needs a package that not everybody installs."""
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)

    with pytest.raises(ConnectError) as caught:
        settings("srv", data(winrm_transport="credssp", **ACCOUNT))

    values = {"transport": "credssp", "package": "requests_credssp", "extra": "credssp"}
    assert str(caught.value) == messages.EXTRA_MISSING.text(**values)


def test_kerberos_needs_neither_user_nor_password(monkeypatch: pytest.MonkeyPatch) -> None:
    """A ticket is enough."""
    monkeypatch.setattr("importlib.util.find_spec", lambda _: object())

    assert settings("srv", data(winrm_transport="kerberos")).user is None
