"""Prefect's REST API, as a host reaches it: requests go from there, their bodies are made here."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit

from pyinfra.api import Host, OperationValueError
from pyinfra.api.hiddenvalue import HiddenValue
from typing_extensions import override

from winfra.messages import Message, prefect_api as messages
from winfra.script import Script
from winfra.sql_error import masked

ABSENT = (messages.NO_SERVER, messages.NOT_READY, messages.NOT_FOUND)
"""What was to be asked is not there, and may yet be made."""
UNSEEN = (*ABSENT, messages.LOGIN_REFUSED)
"""What a dry run may meet besides: the server gets a new login with a restart."""
SECONDS = 30.0
ATTEMPTS = 5
_READINESS = {"health", "ready"}
"""Of these 503 is an answer."""
_STATUSES = {
    401: messages.LOGIN_REFUSED,
    404: messages.NOT_FOUND,
    503: messages.NOT_READY,
}


@dataclass(frozen=True)
class Api:
    """Where a server answers.

    + url: with ``/api``, such as ``http://127.0.0.1:4200/api``
    + auth: ``user:password``, where the server asks for it (``PREFECT_SERVER_API_AUTH_STRING``)
    """

    url: str
    auth: str | HiddenValue | None = None

    def __post_init__(self) -> None:
        if isinstance(self.auth, str):
            object.__setattr__(self, "auth", HiddenValue(self.auth))
        for argument, reason in self._problems():
            raise OperationValueError(messages.BAD_API.text(argument=argument, reason=reason))

    @property
    def authorization(self) -> HiddenValue | None:
        """The value of the header."""
        if not isinstance(self.auth, HiddenValue):
            return None
        encoded = base64.b64encode(str(self.auth.unmask()).encode()).decode()
        return HiddenValue(f"Basic {encoded}")

    def _problems(self) -> Iterator[tuple[str, str]]:
        parts = urlsplit(self.url)
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query:
            yield "url", f"{self.url!r} is no address such as http://127.0.0.1:4200/api"
        elif parts.username is not None:
            yield "url", "it holds a name or a password, which belong into auth"
        login = str(self.auth.unmask()) if isinstance(self.auth, HiddenValue) else "user:password"
        if not re.fullmatch(r"[^:\x00-\x1f\x7f]+:[^\x00-\x1f\x7f]+", login):
            yield "auth", "it is not of the form user:password"
        elif not login.isascii():
            # Python's hmac.compare_digest, with which Prefect from 3.6.22 on compares it, raises.
            yield "auth", "a character in it is not ASCII, which Prefect cannot compare"


class ApiError(OSError):
    """A sentence of the catalogue about a server."""

    def __init__(self, message: Message, **values: object) -> None:
        super().__init__(message.text(**values))
        self.catalogued = message


class RefusedError(Exception):
    """What went wrong, in the lines that the user sees."""

    def __init__(self, *lines: str) -> None:
        super().__init__(*lines)
        self.lines = lines


class Request(Script):
    """One request, which answers with what the server says: a JSON value, or ``None`` for nothing.

    + api: the server
    + method: of HTTP
    + path: below the API's address; ``route`` makes one of names
    + body: JSON types; a ``HiddenValue`` in it is sent, and never shown
    + reads: whether it changes nothing, which is so for GET, and for most paths that end with filter
    + tolerated: what is no failure: the answer is ``None`` then
    + seconds: how long the answer may take
    + login_file: a service's settings on the host, whose login is tried where the server refuses the API's
    """

    def __init__(
        self,
        api: Api,
        method: str,
        path: str,
        body: Any = None,
        *,
        reads: bool | None = None,
        tolerated: Collection[Message] = (),
        seconds: float = SECONDS,
        login_file: str | None = None,
    ) -> None:
        self.api, self.method, self.path = api, method, path
        self._reads = method == "GET" if reads is None else reads
        self._tolerated = tolerated
        self._secrets = [*_secrets(body)]
        super().__init__(
            "invoke_prefect",
            Uri=f"{api.url.rstrip('/')}/{path}",
            Method=method,
            Body=_encoded(body, bool(self._secrets)),
            Authorization=api.authorization,
            LoginFile=login_file,
            TimeoutSeconds=seconds,
            Attempts=1 if path in _READINESS else ATTEMPTS,
        )

    @property
    @override
    def read_only(self) -> bool:
        return self._reads

    @override
    def answer(self, value: Any) -> Any:
        try:
            return self._content(value)
        except ApiError as error:
            if error.catalogued in self._tolerated:
                return None
            raise

    def _content(self, value: Mapping[str, Any]) -> Any:
        if value["Status"] == 0:
            raise self._error(messages.NO_SERVER, reason=value["Reason"])
        status, body = value["Status"], value["Body"]
        if status == 204:
            return None
        try:
            content = json.loads(body)
        except ValueError:
            if status < 500:
                reason = f"{value['Kind'] or 'nothing'} instead of JSON (HTTP {status})"
                raise self._error(messages.NOT_PREFECT, reason=reason) from None
            content = body
        if 200 <= status < 300:
            return content
        raise self._error(_message(status), status=status, reason=_reason(content))

    def _error(self, message: Message, *, reason: str, **more: object) -> ApiError:
        given = {"url": self.api.url, "request": f"{self.method} {self.path}", **more}
        return ApiError(message, **given, reason=masked(reason, self._secrets))


def check_name(argument: str, name: str) -> None:
    """Refuse a name that Prefect does not take (``prefect.types.names``)."""
    found = "".join(sorted({character for character in name if character in "/%&><"}))
    reason = "it is empty" if not name.strip("' \"") else f"{found} is in it" if found else None
    if reason:
        text = messages.BAD_NAME.text(argument=argument, name=name, reason=reason)
        raise OperationValueError(text)


def route(*names: str) -> str:
    """A path of names, each of which may hold any character."""
    return "/".join(quote(name, safe="") for name in names)


class Login(Request):
    """Whether the server refuses the login; a server that does not answer refuses nothing."""

    def __init__(self, api: Api) -> None:
        super().__init__(api, "GET", "version")

    @override
    def answer(self, value: Any) -> bool:
        return bool(value["Status"] == 401)


def read(api: Api, path: str, body: Any = None, *, tolerated: Collection[Message] = ()) -> Request:
    """A request that changes nothing: GET, or with a body POST, as Prefect has it."""
    method = "GET" if body is None else "POST"
    return Request(api, method, path, body, reads=True, tolerated=tolerated)


class Client:
    """A server, asked and changed while an operation is carried out; ``login_file`` as in ``Request``."""

    def __init__(self, host: Host, api: Api, login_file: str | None = None) -> None:
        self.host = host
        self.api = api
        self._login_file = login_file

    def read(self, path: str, body: Any = None, *, tolerated: Collection[Message] = ()) -> Any:
        """What the server says now, not what it said before."""
        method = "GET" if body is None else "POST"
        return self._send(method, path, body, reads=False, tolerated=tolerated)

    def post(self, path: str, body: Any) -> Any:
        return self._send("POST", path, body)

    def patch(self, path: str, body: Any) -> Any:
        return self._send("PATCH", path, body)

    def delete(self, path: str) -> Any:
        return self._send("DELETE", path, tolerated=(messages.NOT_FOUND,))

    def run(self, script: Script) -> Any:
        """The answer to a script; a ``RefusedError`` when it failed."""
        succeeded, output = self.host.run_shell_command(
            script, print_output=False, print_input=False
        )
        if not succeeded:
            raise RefusedError(*output.stderr_lines)
        return json.loads(output.stdout_lines[-1])

    def _send(self, *request: Any, **options: Any) -> Any:
        return self.run(Request(self.api, *request, login_file=self._login_file, **options))


def _message(status: int) -> Message:
    otherwise = messages.SERVER_FAILED if status >= 500 else messages.REFUSED
    return _STATUSES.get(status, otherwise)


def _reason(content: Any) -> str:
    """What the server says; of what it could not read the place and the reason, never the value."""
    if isinstance(content, Mapping):
        said = content.get("exception_detail") or content.get("detail") or content.get("message")
        said = said or content.get("exception_message")
    else:
        said = content
    if isinstance(said, list):
        # Of what may be one of several kinds (a union), pydantic says what each lacks: that which was
        # meant says more.
        meant = [one for one in said if one.get("type") == "value_error"]
        said = "; ".join(
            f"{'.'.join(map(str, one.get('loc', ())))}: {one.get('msg')}" for one in meant or said
        )
    return " ".join(str(said or "it gives no reason").split()).rstrip(".")


def _encoded(body: Any, hidden: bool) -> str | HiddenValue | None:
    if body is None:
        return None
    text = json.dumps(body, default=_unmasked)
    return HiddenValue(text) if hidden else text


def _unmasked(value: object) -> Any:
    if isinstance(value, HiddenValue):
        return value.unmask()
    raise TypeError(f"{type(value).__name__} is not JSON")


def _secrets(body: Any) -> Iterator[str]:
    if isinstance(body, HiddenValue):
        yield str(body.unmask())
    elif isinstance(body, Mapping):
        for value in body.values():
            yield from _secrets(value)
    elif isinstance(body, (list, tuple)):
        for value in body:
            yield from _secrets(value)
