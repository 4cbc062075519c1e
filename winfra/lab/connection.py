"""One client's connection: HTTP, authentication, encryption, and the service behind them."""

from __future__ import annotations

import contextlib
import logging
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from http import HTTPStatus
from pathlib import Path

from winfra.lab.authentication import Channel, Login, Outcome
from winfra.lab.commands import ClientGoneError
from winfra.lab.encryption import DecryptionError, Encryption, encrypted_protocol
from winfra.lab.endpoint_config import EndpointConfig, Fault, FaultKind, User
from winfra.lab.faults import ACCESS_DENIED, WSManError
from winfra.lab.http_stream import BadRequestError, HttpReply, HttpRequest, HttpStream
from winfra.lab.mishaps import Mishaps
from winfra.lab.recorder import Recorder
from winfra.lab.server_settings import identify_element
from winfra.lab.service import Answer, Caller, Service
from winfra.lab.soap import Request, fault, read_request, reply

SOAP_TYPE = "application/soap+xml;charset=UTF-8"


@dataclass(frozen=True)
class Surroundings:
    """What all connections of an endpoint share.

    + restart: ends shells and connections, and serves again after so many seconds
    """

    config: Callable[[], EndpointConfig]
    service: Service
    mishaps: Mishaps
    recorder: Recorder
    log: logging.Logger
    user_file: Path
    restart: Callable[[float], None]


@dataclass(frozen=True)
class Reply:
    """A reply, and what becomes of it.

    + put_back: to be called when it does not reach the client
    + cut: close in the middle of the body
    + drop: close instead
    """

    http: HttpReply
    put_back: Callable[[], None] = lambda: None
    cut: bool = False
    drop: bool = False


UNAVAILABLE = Reply(HttpReply(HTTPStatus.SERVICE_UNAVAILABLE, close=True))


class Connection:
    """Serves one client until one of the two sides closes."""

    def __init__(
        self, around: Surroundings, connection: socket.socket, address: str, channel: Channel
    ) -> None:
        self._around = around
        self._socket = connection
        self._address = address
        self._login = Login(channel, around.user_file)
        self._scheme = "https" if channel.tls else "http"
        self._tls = channel.tls
        self._stream = HttpStream(connection)
        self.idle_since = time.monotonic()
        self.busy = False

    def serve(self) -> None:
        try:
            while (request := self._stream.read()) is not None:
                self.busy = True
                if not self._answer(request):
                    break
                self.idle_since = time.monotonic()
                self.busy = False
        except BadRequestError:
            self._write(HttpReply(HTTPStatus.BAD_REQUEST, close=True).packed())
        except (ClientGoneError, OSError, ValueError):
            pass  # closed by the other side, by a fault on purpose, or by the endpoint's end
        finally:
            self.close()

    def refuse(self) -> None:
        """Tell the client to come again later."""
        with contextlib.suppress(BadRequestError, OSError, ValueError):
            self._stream.read()
            self._write(UNAVAILABLE.http.packed())
        self.close()

    def close(self) -> None:
        self._stream.close()

    def idle(self, now: float, limit: float) -> bool:
        return not self.busy and now - self.idle_since >= limit

    def _answer(self, request: HttpRequest) -> bool:
        """Answer one request; False when the connection is to be closed."""
        config = self._around.config()
        try:
            answer = self._reply(request, config)
        except (ClientGoneError, OSError):
            raise
        except Exception:
            self._around.log.exception("%s %s", request.method, request.path)
            answer = Reply(HttpReply(HTTPStatus.INTERNAL_SERVER_ERROR, close=True))
        if answer.drop:
            answer.put_back()
            return False
        packed = answer.http.packed()
        if answer.cut:
            self._write(packed[: len(packed) - max(len(answer.http.body) // 2, 1)])
            answer.put_back()
            return False
        if not self._write(packed):
            answer.put_back()
            return False
        return request.keep_alive and not answer.http.close

    def _write(self, data: bytes) -> bool:
        try:
            self._stream.write(data)
        except OSError:
            return False
        return True

    def _reply(self, request: HttpRequest, config: EndpointConfig) -> Reply:
        if self._around.mishaps.at_once(config.faults):
            return UNAVAILABLE
        if request.path.partition("?")[0].rstrip("/").lower() != "/wsman":
            return Reply(HttpReply(HTTPStatus.NOT_FOUND))
        if request.method != "POST":
            return Reply(HttpReply(HTTPStatus.METHOD_NOT_ALLOWED))
        if request.headers.get("wsmanidentify", "").lower() == "unauthenticated":
            return self._identify(request)
        outcome = self._login.authorize(request.headers.get("authorization", ""), config)
        if outcome.user is None:
            return Reply(self._unauthorized(outcome, config))
        answer = self._read_body(request, outcome.user, config)
        if outcome.token:
            token = ("WWW-Authenticate", outcome.token)
            http = replace(answer.http, headers=(token, *answer.http.headers))
            return replace(answer, http=http)
        return answer

    def _unauthorized(self, outcome: Outcome, config: EndpointConfig) -> HttpReply:
        challenges = (outcome.token,) if outcome.token else self._login.offers(config)
        return HttpReply(
            HTTPStatus.UNAUTHORIZED, tuple(("WWW-Authenticate", text) for text in challenges)
        )

    def _identify(self, request: HttpRequest) -> Reply:
        """Windows tells everybody what it is, if not which version."""
        try:
            question = read_request(request.body)
        except WSManError:
            return Reply(HttpReply(HTTPStatus.BAD_REQUEST, close=True))
        if question.verb != "Identify":
            return Reply(HttpReply(HTTPStatus.BAD_REQUEST, close=True))
        body = reply(question, identify_element(""))
        return Reply(HttpReply(HTTPStatus.OK, (("Content-Type", SOAP_TYPE),), body))

    def _read_body(self, request: HttpRequest, user: User, config: EndpointConfig) -> Reply:
        """Decrypt what is encrypted; refuse what ought to be."""
        protocol = encrypted_protocol(request.headers.get("content-type", ""))
        if not request.body:  # the request that only sets a security context up
            return Reply(HttpReply(HTTPStatus.OK))
        encryption = None
        envelope = request.body
        if protocol:
            if self._login.context is None or not self._login.established:
                return Reply(HttpReply(HTTPStatus.BAD_REQUEST, close=True))
            encryption = Encryption(self._login.context, protocol)
            try:
                envelope = encryption.unwrap(request.body)
            except DecryptionError:
                return Reply(HttpReply(HTTPStatus.BAD_REQUEST, close=True))
        elif not self._tls and not config.authentication.allow_unencrypted:
            # An empty 500: what the clients of servers with AllowUnencrypted=false report.
            return Reply(HttpReply(HTTPStatus.INTERNAL_SERVER_ERROR, close=True))
        if len(envelope) > config.quotas.max_envelope_size_kb * 1024:
            return Reply(HttpReply(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, close=True))
        host = request.headers.get("host", "localhost")
        caller = Caller(
            user, self._address, f"{self._scheme}://{host}/wsman", self._socket.fileno()
        )
        return self._carry_out(envelope, encryption, caller, config)

    def _carry_out(
        self,
        envelope: bytes,
        encryption: Encryption | None,
        caller: Caller,
        config: EndpointConfig,
    ) -> Reply:
        """Do what a message asks, and what the test wants to go wrong with it."""
        if config.record:
            self._around.recorder.record("request", envelope)
        answer = Answer(b"")
        message_id = ""
        due: dict[FaultKind, Fault] = {}
        status = HTTPStatus.OK
        try:
            request = read_request(envelope)
            message_id = request.message_id
            due = self._around.mishaps.due(config.faults, request.verb)
            if "unavailable" in due:
                return UNAVAILABLE
            self._before(due)
            answer = self._operation(request, caller, config)
            message = reply(request, answer.content)
        except WSManError as error:
            status = HTTPStatus.INTERNAL_SERVER_ERROR
            message = fault(message_id, error.body(caller.url.split("/")[2].partition(":")[0]))
        if "delay" in due:
            time.sleep(due["delay"].seconds)
        if config.record:
            self._around.recorder.record("reply", message)
        return Reply(
            _encrypted(message, encryption, status),
            answer.put_back,
            cut="cut_reply" in due,
            drop="drop" in due,
        )

    def _operation(self, request: Request, caller: Caller, config: EndpointConfig) -> Answer:
        try:
            return self._around.service.answer(request, caller, config)
        except (WSManError, ClientGoneError):
            raise
        except Exception as error:
            self._around.log.exception("%s", request.action)
            raise WSManError(0x8033_8003, "An error was encountered inside the plugin. ") from error

    def _before(self, due: dict[FaultKind, Fault]) -> None:
        if "restart" in due:
            seconds = due["restart"].seconds
            threading.Thread(target=self._around.restart, args=(seconds,), daemon=True).start()
            raise ClientGoneError
        if "forget" in due:
            self._around.service.shells.delete_all()
        if "access_denied" in due:
            raise WSManError(ACCESS_DENIED)
        if "refuse" in due:
            raise WSManError(due["refuse"].code)


def _encrypted(message: bytes, encryption: Encryption | None, status: HTTPStatus) -> HttpReply:
    """Encrypted, if the request was; a fault as well."""
    kind, body = SOAP_TYPE, message
    if encryption is not None:
        kind, body = encryption.content_type, encryption.wrap(message)
    return HttpReply(status, (("Content-Type", kind),), body)
