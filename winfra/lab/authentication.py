"""Who is at the other end of a connection: Negotiate, Kerberos, Basic and client certificates."""

from __future__ import annotations

import base64
import binascii
import hmac
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import spnego

# pyspnego reads users from a file in smbpasswd's form only when their hashes stand in it, and its
# other form allows no colon in a password; the binding of a message is not in its public names.
from spnego._ntlm_raw.crypto import ntowfv1
from spnego._ntlm_raw.messages import Authenticate, AvId, NTClientChallengeV2
from spnego.channel_bindings import GssChannelBindings
from spnego.exceptions import SpnegoError

from winfra.lab.endpoint_config import EndpointConfig, User

MUTUAL = "http://schemas.dmtf.org/wbem/wsman/1/wsman/secprofile/https/mutual"
_AUTHENTICATE = b"NTLMSSP\x00\x03\x00\x00\x00"
_NO_BINDING = bytes(16)
# pyspnego and Kerberos take their files from the environment, which all threads share.
_environment_lock = threading.Lock()


@dataclass(frozen=True)
class Outcome:
    """What came of a request's Authorization header.

    + user: who it is; None: not (yet) known
    + token: what goes back in WWW-Authenticate
    """

    user: User | None = None
    token: str = ""


@dataclass(frozen=True)
class Channel:
    """The connection as far as authentication is concerned.

    + certificate_hash: of the server's own certificate; empty over plain HTTP
    + peer: the client certificate's user, if it presented one
    """

    certificate_hash: bytes = b""
    peer: User | None = None

    @property
    def tls(self) -> bool:
        return bool(self.certificate_hash)


class Login:
    """The authentication of one connection, and the security context that came of it."""

    def __init__(self, channel: Channel, user_file: Path) -> None:
        self._channel = channel
        self._user_file = user_file
        self._user: User | None = None
        self.context: spnego.ContextProxy | None = None

    @property
    def established(self) -> bool:
        return self._user is not None and self.context is not None

    def authorize(self, header: str, config: EndpointConfig) -> Outcome:
        """Take an Authorization header, or none on a connection that is already known."""
        scheme, _, credentials = header.partition(" ")
        if not header:
            return Outcome(self._user)
        if header == MUTUAL:
            return Outcome(self._channel.peer if config.authentication.certificate else None)
        if scheme.lower() not in {offer.partition(" ")[0].lower() for offer in self.offers(config)}:
            return Outcome()
        try:
            token = base64.b64decode(credentials, validate=True)
        except binascii.Error:
            return Outcome()
        if scheme.lower() == "basic":
            return Outcome(_basic(token, config))
        return self._step(scheme, token, config)

    def offers(self, config: EndpointConfig) -> tuple[str, ...]:
        """The WWW-Authenticate headers of a refusal, in Windows' order."""
        settings = config.authentication
        return (
            *(("Negotiate",) if settings.negotiate else ()),
            *(("Kerberos",) if settings.kerberos else ()),
            *(
                ('Basic realm="WSMAN"',)
                if settings.basic and (self._channel.tls or settings.allow_unencrypted)
                else ()
            ),
        )

    def _step(self, scheme: str, token: bytes, config: EndpointConfig) -> Outcome:
        if self.context is None or self.context.complete:
            self._user = None
            self.context = self._new_context(scheme, config)
        try:
            with self._environment(token, config):
                answer = self.context.step(token, channel_bindings=self._bindings(token, config))
            if self.context.complete:
                self._user = self._accepted(token, config)
        # A token that is none makes pyspnego's parsers raise what they happen to stumble over.
        except (SpnegoError, ValueError, KeyError, IndexError, StopIteration, ArithmeticError):
            answer = None
        if self._user is None and (answer is None or self.context.complete):
            self.context = None
            return Outcome()
        encoded = base64.b64encode(answer).decode() if answer else ""
        return Outcome(self._user, f"{scheme} {encoded}" if encoded else "")

    def _new_context(self, scheme: str, config: EndpointConfig) -> spnego.ContextProxy:
        protocol = "kerberos" if scheme.lower() == "kerberos" else "negotiate"
        with self._environment(b"", config):
            return spnego.server(hostname="localhost", service="HTTP", protocol=protocol)

    def _bindings(self, token: bytes, config: EndpointConfig) -> GssChannelBindings | None:
        """What a token must be bound to.

        Nothing when an NTLM message says nothing of a channel: pyspnego would refuse it, Windows
        does when CbtHardeningLevel is Strict.
        """
        silent = _message(token) is not None and not _bound(token)
        if not self._channel.tls or config.authentication.channel_binding == "None" or silent:
            return None
        return GssChannelBindings(
            application_data=b"tls-server-end-point:" + self._channel.certificate_hash
        )

    def _accepted(self, token: bytes, config: EndpointConfig) -> User | None:
        """The user of a completed context, unless a missing channel binding is held against it."""
        assert self.context is not None
        principal = self.context.client_principal or ""
        user = config.user(principal)
        if user is None:
            user = config.user(principal.rpartition("\\")[2].partition("@")[0])
        strict = self._channel.tls and config.authentication.channel_binding == "Strict"
        if strict and self.context.negotiated_protocol == "ntlm" and not _bound(token):
            return None
        return None if user is None or user.disabled else user

    @contextmanager
    def _environment(self, token: bytes, config: EndpointConfig) -> Iterator[None]:
        wanted = {
            "NTLM_USER_FILE": str(self._user_file),
            "KRB5_KTNAME": config.authentication.keytab or os.devnull,
        }
        with _environment_lock:
            self._user_file.unlink(missing_ok=True)
            descriptor = os.open(self._user_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(_users(token, config))
            before = {name: os.environ.get(name) for name in wanted}
            os.environ.update(wanted)
            try:
                yield
            finally:
                self._user_file.unlink()
                for name, value in before.items():
                    if value is None:
                        del os.environ[name]
                    else:
                        os.environ[name] = value


def _basic(credentials: bytes, config: EndpointConfig) -> User | None:
    name, _, password = credentials.decode("utf-8", errors="replace").partition(":")
    user = config.user(name.rpartition("\\")[2])
    if user is None or user.disabled:
        return None
    matches = hmac.compare_digest(user.password.encode(), password.encode())
    return user if matches else None


def _users(token: bytes, config: EndpointConfig) -> str:
    """The one line that pyspnego needs to check a message, in smbpasswd's form.

    A computer outside a domain takes a domain that it does not know for its own, so the line says
    whichever the client says.
    """
    message = _message(token)
    user = None if message is None else config.user(message.user_name or "")
    if message is None or user is None or user.disabled or ":" in (message.domain_name or ""):
        return ""
    name = f"{message.domain_name}\\{user.name}" if message.domain_name else user.name
    hashed = ntowfv1(user.password).hex().upper()
    return f"{name}:1000:{'0' * 32}:{hashed}:[U]:LCT-00000000\n"


def _bound(token: bytes) -> bool:
    """Does an NTLM message say which TLS channel it is for?"""
    message = _message(token)
    response = None if message is None else message.nt_challenge_response
    if not response or len(response) <= 24:
        return False
    target = NTClientChallengeV2.unpack(response[16:]).av_pairs
    return bool(target.get(AvId.channel_bindings, _NO_BINDING) != _NO_BINDING)


def _message(token: bytes) -> Authenticate | None:
    """The NTLM message in a token: SPNEGO carries it as it is."""
    start = token.find(_AUTHENTICATE)
    return None if start < 0 else Authenticate.unpack(token[start:])
