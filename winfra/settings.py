"""How to reach a host: the connector's data keys, checked."""

from __future__ import annotations

import importlib.util
import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

from pyinfra.api.exceptions import ConnectError
from pyinfra.api.hiddenvalue import HiddenValue
from pyinfra.connectors.base import DataMeta

from winfra.messages import connection as messages

PORTS = {"http": 5985, "https": 5986}
TRANSPORTS = ("ntlm", "basic", "kerberos", "credssp", "certificate")
EXTRAS = {"kerberos": "kerberos", "credssp": "requests_credssp"}
"""The module that a transport needs, installed by the extra of the transport's name."""


class WinRMData(TypedDict, total=False):
    """The data keys of ``@winrm``."""

    winrm_hostname: str | None
    winrm_port: int | None
    winrm_user: str | None
    winrm_password: str | HiddenValue | None
    winrm_transport: str
    winrm_scheme: str
    winrm_ca_trust_path: str | None
    winrm_server_cert_validation: str
    winrm_cert_pem: str | None
    winrm_cert_key_pem: str | None
    winrm_message_encryption: str
    winrm_operation_timeout_sec: int
    winrm_read_timeout_sec: int
    winrm_proxy: str | None


META = {
    "winrm_hostname": DataMeta("The address; default: the name after @winrm/"),
    "winrm_port": DataMeta("The listener's port; default: 5986, with http 5985"),
    "winrm_user": DataMeta("HOST\\user, user@domain or user"),
    "winrm_password": DataMeta("The password; not for kerberos with a ticket, nor for certificate"),
    "winrm_transport": DataMeta("ntlm, basic, kerberos, credssp or certificate", "ntlm"),
    "winrm_scheme": DataMeta("https or http", "https"),
    "winrm_ca_trust_path": DataMeta("File of the authorities to trust; default: requests' own"),
    "winrm_server_cert_validation": DataMeta("validate, or ignore (with a warning)", "validate"),
    "winrm_cert_pem": DataMeta("Client certificate, for certificate"),
    "winrm_cert_key_pem": DataMeta("Its key, for certificate"),
    "winrm_message_encryption": DataMeta("auto, always or never (over https only)", "auto"),
    "winrm_operation_timeout_sec": DataMeta("Seconds a message waits on the host for output", 20),
    "winrm_read_timeout_sec": DataMeta("Seconds to wait for an answer; larger than the other", 30),
    "winrm_proxy": DataMeta("URL of a proxy; the environment's are ignored"),
}


@dataclass(frozen=True)
class Settings:
    """What a connection needs to know, complete and checked."""

    host: str
    port: int
    scheme: str
    user: str | None
    password: HiddenValue | None
    transport: str
    ca_trust_path: str | None
    server_cert_validation: str
    cert_pem: str | None
    cert_key_pem: str | None
    message_encryption: str
    operation_timeout_sec: int
    read_timeout_sec: int
    proxy: str | None

    @property
    def endpoint(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}:{self.port}/wsman"


def settings(name: str, data: WinRMData) -> Settings:
    """The settings in a host's data; what is wrong with them is a ConnectError that names the key."""
    _check_choices(data)
    _check_numbers(data)
    scheme = data["winrm_scheme"]
    password = data["winrm_password"]
    if isinstance(password, str):
        password = HiddenValue(password)
    result = Settings(
        host=data["winrm_hostname"] or name,
        port=data["winrm_port"] or PORTS[scheme],
        scheme=scheme,
        user=data["winrm_user"],
        password=password,
        transport=data["winrm_transport"],
        ca_trust_path=data["winrm_ca_trust_path"],
        server_cert_validation=data["winrm_server_cert_validation"],
        cert_pem=data["winrm_cert_pem"],
        cert_key_pem=data["winrm_cert_key_pem"],
        message_encryption=data["winrm_message_encryption"],
        operation_timeout_sec=data["winrm_operation_timeout_sec"],
        read_timeout_sec=data["winrm_read_timeout_sec"],
        proxy=data["winrm_proxy"],
    )
    _check_credentials(result, name)
    _check_encryption(result)
    _check_files(result)
    _check_extra(result)
    return result


def _check_choices(data: WinRMData) -> None:
    choices: dict[str, tuple[object, tuple[str, ...]]] = {
        "winrm_transport": (data["winrm_transport"], TRANSPORTS),
        "winrm_scheme": (data["winrm_scheme"], ("https", "http")),
        "winrm_server_cert_validation": (
            data["winrm_server_cert_validation"],
            ("validate", "ignore"),
        ),
        "winrm_message_encryption": (
            data["winrm_message_encryption"],
            ("auto", "always", "never"),
        ),
    }
    for key, (value, allowed) in choices.items():
        if value not in allowed:
            wanted = ", ".join(allowed[:-1]) + f" or {allowed[-1]}"
            raise ConnectError(messages.BAD_SETTING.text(key=key, value=value, wanted=wanted))


def _check_numbers(data: WinRMData) -> None:
    operation = data["winrm_operation_timeout_sec"]
    read = data["winrm_read_timeout_sec"]
    port = data["winrm_port"]
    if operation < 1:
        raise _bad("winrm_operation_timeout_sec", operation, "1 or more seconds")
    if read <= operation:
        raise _bad("winrm_read_timeout_sec", read, f"larger than {operation} seconds")
    if port is not None and not 0 < port < 65536:
        raise _bad("winrm_port", port, "a port from 1 to 65535")


def _bad(key: str, value: object, wanted: str) -> ConnectError:
    return ConnectError(messages.BAD_SETTING.text(key=key, value=value, wanted=wanted))


def _check_credentials(found: Settings, host: str) -> None:
    needed: dict[str, object] = {"winrm_user": found.user, "winrm_password": found.password}
    if found.transport == "kerberos":
        needed = {}
    if found.transport == "certificate":
        needed = {"winrm_cert_pem": found.cert_pem, "winrm_cert_key_pem": found.cert_key_pem}
    for key, value in needed.items():
        if value is None:
            raise ConnectError(messages.SETTING_MISSING.text(key=key, host=host))


def _check_encryption(found: Settings) -> None:
    if found.scheme == "https":
        return
    if found.transport == "basic":
        raise ConnectError(messages.BASIC_OVER_HTTP.text(endpoint=found.endpoint))
    cause = None
    if found.transport == "certificate":
        cause = "winrm_transport is 'certificate'"
    if found.message_encryption == "never":
        cause = "winrm_message_encryption is 'never'"
    if cause:
        raise ConnectError(messages.UNENCRYPTED.text(endpoint=found.endpoint, cause=cause))


def _check_files(found: Settings) -> None:
    for key in ("ca_trust_path", "cert_pem", "cert_key_pem"):
        value = getattr(found, key)
        if value is not None and not Path(value).exists():
            raise ConnectError(messages.FILE_MISSING.text(key=f"winrm_{key}", value=value))
    if found.ca_trust_path is not None:
        _check_authorities(found.ca_trust_path)


def _check_authorities(path: str) -> None:
    folder = Path(path).is_dir()
    try:
        ssl.create_default_context(cafile=None if folder else path, capath=path if folder else None)
    except OSError as error:
        raise _bad("winrm_ca_trust_path", path, "a file with certificates (PEM)") from error


def _check_extra(found: Settings) -> None:
    package = EXTRAS.get(found.transport)
    if package and importlib.util.find_spec(package) is None:
        raise ConnectError(
            messages.EXTRA_MISSING.text(
                transport=found.transport, package=package, extra=found.transport
            )
        )
