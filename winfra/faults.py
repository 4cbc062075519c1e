"""Which sentence of the catalogue an error of the libraries below stands for."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from xml.etree.ElementTree import ParseError

import requests
import urllib3.exceptions as urllib3_errors
from spnego.exceptions import SpnegoError
from winrm.exceptions import (
    InvalidCredentialsError,
    WinRMError,
    WinRMTransportError,
    WSManFaultError,
)

from winfra.messages import Message, connection as messages
from winfra.settings import Settings

ACCESS_DENIED = {5, 2147942405}
SHELL_LOST = {0x8033805B, 0x803381DE, 995, 1726}
"""No such shell or command, stream disconnected, operation aborted, RPC call failed."""
BROKEN_PIPES = {109, 232}
"""ERROR_BROKEN_PIPE, ERROR_NO_DATA: the process has ended before it read."""
QUOTAS = {
    *(0x8033803F, 0x803381A5, 0x803381A6, 0x803381A7, 0x803381A8, 0x803381AB),
    *range(0x803381E4, 0x803381EB),
    *(1816, 8, 0x80070008),
}
"""wsmerror.h's ERROR_WSMAN_QUOTA_…; ERROR_NOT_ENOUGH_QUOTA, ERROR_NOT_ENOUGH_MEMORY."""
ENVELOPES = {0x80338035, 0x80338047, 0x80338048, 0x80338049}
"""A message is larger than MaxEnvelopeSizekb, or its answer would be."""
STATUSES = {403: messages.NOT_ALLOWED, 413: messages.ENVELOPE_TOO_SMALL}
RECEIVE_IN_PROGRESS = 0x80338127
NO_WINRM = (ParseError, StopIteration, KeyError)
"""What pywinrm and requests_ntlm stumble over where an answer is not as Windows gives it."""

LIBRARY_ERRORS = (
    WinRMError,
    WinRMTransportError,
    requests.RequestException,
    urllib3_errors.HTTPError,
    SpnegoError,
    *NO_WINRM,
    OSError,
)
"""What pywinrm and what it stands on raise; PermissionError is requests_ntlm's."""


def explain(error: BaseException, settings: Settings) -> tuple[Message, dict[str, object]]:
    """The entry of the catalogue, and its values."""
    values: dict[str, object] = {
        "endpoint": settings.endpoint,
        "user": settings.user,
        "transport": settings.transport,
        "reason": _reason(error),
    }
    if isinstance(error, WSManFaultError):
        return _fault(error), values
    if isinstance(error, WinRMTransportError):
        values["status"] = values["reason"] = f"HTTP {error.code}"
        return STATUSES.get(error.code, messages.NOT_WINRM), values
    if settings.transport == "kerberos" and _is_kerberos(error):
        return messages.KERBEROS_REFUSED, values
    if isinstance(error, (InvalidCredentialsError, SpnegoError, PermissionError)):
        return messages.LOGON_REFUSED, values
    if isinstance(error, NO_WINRM):
        return messages.NOT_WINRM, {**values, "status": "what it says is no WS-Management"}
    return _network(error), values


def is_shell_lost(error: BaseException | None) -> bool:
    return isinstance(error, WSManFaultError) and error.wsman_fault_code in SHELL_LOST


def is_pipe_broken(error: BaseException | None) -> bool:
    return isinstance(error, WSManFaultError) and error.wsman_fault_code in BROKEN_PIPES


def is_receive_pending(error: BaseException | None) -> bool:
    """The host has not noticed yet that nobody waits for the earlier Receive any more."""
    return isinstance(error, WSManFaultError) and error.wsman_fault_code == RECEIVE_IN_PROGRESS


def _fault(error: WSManFaultError) -> Message:
    if error.wsman_fault_code in ACCESS_DENIED:
        return messages.NOT_ALLOWED
    if error.wsman_fault_code in QUOTAS or "quota" in error.reason.lower():
        return messages.QUOTA
    if error.wsman_fault_code in ENVELOPES:
        return messages.ENVELOPE_TOO_SMALL
    return messages.FAULT


def _network(error: BaseException) -> Message:
    causes = list(_causes(error))
    for cause in causes:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return messages.UNTRUSTED_CERTIFICATE
        if isinstance(cause, ssl.SSLError):
            return messages.WRONG_SCHEME
        if isinstance(cause, socket.gaierror):
            return messages.UNKNOWN_NAME
        if isinstance(cause, ConnectionRefusedError):
            return messages.NO_LISTENER
    return messages.UNREACHABLE


def _is_kerberos(error: BaseException) -> bool:
    return any("kerberos" in type(cause).__module__.lower() for cause in _causes(error))


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """The error and what lies below it; urllib3 keeps its own reasons in attributes."""
    seen: set[int] = set()
    pending = [error]
    while pending:
        cause = pending.pop()
        if cause is None or id(cause) in seen:
            continue
        seen.add(id(cause))
        yield cause
        inner = [getattr(cause, "reason", None), *cause.args]
        pending += [item for item in inner if isinstance(item, BaseException)]
        pending += [cause.__cause__, cause.__context__]


def _reason(error: BaseException) -> str:
    """The innermost error's own words, without the place in OpenSSL's sources."""
    if isinstance(error, WSManFaultError):
        return _sentence(error.reason)
    *_, last = _causes(error)
    for cause in _causes(error):
        if isinstance(cause, ssl.SSLCertVerificationError):
            return _sentence(cause.verify_message)
        if isinstance(cause, (ssl.SSLError, socket.gaierror, ConnectionError, TimeoutError)):
            last = cause
            break
    if isinstance(last, ssl.SSLError) and last.reason:
        return last.reason.lower().replace("_", " ")
    text = getattr(last, "strerror", None) or str(last) or type(last).__name__
    return _sentence(str(text))


def _sentence(text: str) -> str:
    """On one line; the catalogue puts the dot."""
    return " ".join(text.split()).rstrip(".")
