"""The service's settings as ``winrm get winrm/config`` shows them, and its answer to Identify."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

from winfra.lab.endpoint_config import EndpointConfig

Tree = Mapping[str, "object"]

_IDENTITY = "http://schemas.dmtf.org/wbem/wsman/identity/1/wsmanidentity.xsd"
_CONFIG = "http://schemas.microsoft.com/wbem/wsman/1/config"


def config_element(config: EndpointConfig) -> bytes:
    """The settings, in Windows' order."""
    return f'<cfg:Config xmlns:cfg="{_CONFIG}">{_elements(_tree(config))}</cfg:Config>'.encode()


def identify_element(os_version: str) -> bytes:
    """Who answers; without the system's version to one who is not known."""
    return (
        f'<wsmid:IdentifyResponse xmlns:wsmid="{_IDENTITY}"><wsmid:ProtocolVersion>'
        "http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd</wsmid:ProtocolVersion>"
        "<wsmid:ProductVendor>Microsoft Corporation</wsmid:ProductVendor><wsmid:ProductVersion>"
        f"OS: {escape(os_version or '0.0.0')} SP: 0.0 Stack: 3.0</wsmid:ProductVersion>"
        "</wsmid:IdentifyResponse>"
    ).encode()


def _tree(config: EndpointConfig) -> Tree:
    quotas = config.quotas
    return {
        "MaxEnvelopeSizekb": quotas.max_envelope_size_kb,
        "MaxTimeoutms": quotas.max_timeout_ms,
        "MaxBatchItems": 32000,
        "MaxProviderRequests": 4294967295,
        "Service": {
            "RootSDDL": "O:NSG:BAD:P(A;;GA;;;BA)(A;;GR;;;IU)S:P(AU;FA;GA;;;WD)(AU;SA;GXGW;;;WD)",
            "MaxConcurrentOperations": 4294967295,
            "MaxConcurrentOperationsPerUser": quotas.max_concurrent_operations_per_user,
            "EnumerationTimeoutms": 240000,
            "MaxConnections": quotas.max_connections,
            "MaxPacketRetrievalTimeSeconds": int(config.timeouts.connection_idle),
            "AllowUnencrypted": config.authentication.allow_unencrypted,
            "Auth": _auth(config),
            "DefaultPorts": {"HTTP": 5985, "HTTPS": 5986},
            "IPv4Filter": "*",
            "IPv6Filter": "*",
            "EnableCompatibilityHttpListener": False,
            "EnableCompatibilityHttpsListener": False,
            "CertificateThumbprint": "",
            "AllowRemoteAccess": True,
        },
        "Winrs": {
            "AllowRemoteShellAccess": True,
            "IdleTimeout": int(config.timeouts.shell_idle * 1000),
            "MaxConcurrentUsers": quotas.max_concurrent_users,
            "MaxShellRunTime": 2147483647,
            "MaxProcessesPerShell": quotas.max_processes_per_shell,
            "MaxMemoryPerShellMB": quotas.max_memory_per_shell_mb,
            "MaxShellsPerUser": quotas.max_shells_per_user,
        },
    }


def _auth(config: EndpointConfig) -> Tree:
    authentication = config.authentication
    return {
        "Basic": authentication.basic,
        "Kerberos": authentication.kerberos,
        "Negotiate": authentication.negotiate,
        "Certificate": authentication.certificate,
        "CredSSP": False,
        "CbtHardeningLevel": authentication.channel_binding,
    }


def _elements(tree: Tree) -> str:
    return "".join(f"<cfg:{name}>{_content(value)}</cfg:{name}>" for name, value in tree.items())


def _content(value: object) -> str:
    if isinstance(value, Mapping):
        return _elements(value)
    if isinstance(value, bool):
        return str(value).lower()
    return escape(str(value))
