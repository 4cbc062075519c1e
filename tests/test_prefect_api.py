"""Where a Prefect server is, what its answers mean, and what a request shows of itself."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from pyinfra.api import OperationValueError
from pyinfra.api.hiddenvalue import HiddenValue

from winfra.messages import prefect_api as messages
from winfra.prefect_api import Api, ApiError, Request, route

URL = "http://127.0.0.1:4200/api"
API = Api(URL, HiddenValue("admin:s3cret"))


@pytest.mark.parametrize(
    ("url", "auth", "argument", "reason"),
    [
        (
            "127.0.0.1:4200",
            None,
            "url",
            "'127.0.0.1:4200' is no address such as http://127.0.0.1:4200/api",
        ),
        (
            "http://x/api?y=1",
            None,
            "url",
            "'http://x/api?y=1' is no address such as http://127.0.0.1:4200/api",
        ),
        (
            "http://admin:s3cret@x/api",
            None,
            "url",
            "it holds a name or a password, which belong into auth",
        ),
        (URL, HiddenValue("s3cret"), "auth", "it is not of the form user:password"),
        (
            URL,
            "admin:s3cret-é",
            "auth",
            "a character in it is not ASCII, which Prefect cannot compare",
        ),
        (URL, "admin:s3cret\n", "auth", "it is not of the form user:password"),
    ],
)
def test_what_is_no_api(url: str, auth: Any, argument: str, reason: str) -> None:
    """It is refused before anything is asked; a login is never shown."""
    with pytest.raises(OperationValueError) as raised:
        Api(url, auth)
    assert str(raised.value) == messages.BAD_API.text(argument=argument, reason=reason)
    assert "s3cret" not in str(raised.value)


def test_a_login_is_not_shown() -> None:
    """Neither by the API nor by a request, nor by one with a secret in its body."""
    request = Request(API, "POST", "variables/", {"value": [HiddenValue("hidden-1")]})
    for text in (repr(API), repr(request), request.get_raw_value(), str(request.parameters)):
        assert "s3cret" not in text
        assert "hidden-1" not in text
        assert base64.b64encode(b"admin:s3cret").decode() not in text
    body = request.parameters["Body"]
    assert isinstance(body, HiddenValue)
    assert json.loads(body.unmask()) == {"value": ["hidden-1"]}
    plain = Request(Api(URL, "admin:s3cret"), "POST", "variables/", {"value": "é"})
    assert plain.parameters["Body"] == r'{"value": "\u00e9"}'


@pytest.mark.parametrize(
    ("status", "content", "reason"),
    [
        (
            422,
            {"detail": [{"loc": ["body", "name"], "msg": "too long", "input": "s"}]},
            "body.name: too long",
        ),
        (
            422,
            {
                "exception_message": "Invalid request received.",
                "exception_detail": [{"loc": ["body"], "msg": "no", "input": "hidden-1"}],
                "request_body": {"value": "hidden-1"},
            },
            "body: no",
        ),
        (403, {"detail": "Reserved."}, "Reserved"),
        (409, {"detail": "hidden-1 exists"}, "*MASKED* exists"),
        (418, {}, "it gives no reason"),
    ],
)
def test_why_a_request_is_refused(status: int, content: Any, reason: str) -> None:
    """The server's own words, without what was sent."""
    request = Request(API, "POST", "variables/", {"value": HiddenValue("hidden-1")})
    answer = {"Status": status, "Kind": "application/json", "Body": json.dumps(content)}
    with pytest.raises(ApiError) as raised:
        request.answer(answer)
    values = {"url": URL, "request": "POST variables/", "reason": reason, "status": status}
    assert str(raised.value) == messages.REFUSED.text(**values)


@pytest.mark.parametrize(
    ("method", "reads", "expected"),
    [("GET", None, True), ("GET", False, False), ("POST", None, False), ("POST", True, True)],
)
def test_what_a_request_changes(method: str, reads: bool | None, expected: bool) -> None:
    """An answer is kept where nothing is changed, unless it has to be the newest."""
    assert Request(API, method, "x", reads=reads).read_only == expected


def test_names_in_a_path() -> None:
    """Whatever is in them, they remain one part each."""
    assert route("work_pools", "a b/é?#") == "work_pools/a%20b%2F%C3%A9%3F%23"
