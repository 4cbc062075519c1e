"""Every way to fail with a secret in hand."""

import os
from collections.abc import Generator
from pathlib import Path
from typing import Any

from pyinfra.api import operation
from pyinfra.api.hiddenvalue import HiddenValue

from winfra.operations import powershell, services
from winfra.script import Script


def hidden(name: str) -> HiddenValue:
    return HiddenValue(os.environ[name])


@operation()
def fail(**parameters: Any) -> Generator[Script]:
    yield Script(Path(__file__).with_name("fail.ps1"), **parameters)


fail(name="It throws", Secret=hidden("PARAMETER"), Choice="a", _ignore_errors=True)
fail(name="Its parameter refuses", Choice=hidden("PARAMETER"), _ignore_errors=True)
fail(name="It has no such parameter", Unknown=hidden("PARAMETER"), _ignore_errors=True)
powershell.script(
    name="A user's text throws",
    text=f"param([securestring] $Secret)\n$null = {os.environ['TEXT']!r}\nthrow 'by design'",
    parameters={"Secret": hidden("USER_PARAMETER")},
    _env={"TOKEN": hidden("ENVIRONMENT")},
    _ignore_errors=True,
)
services.service(
    name="A service's program is none",
    service="Secret",
    account="svc_secret",
    password=hidden("CHANGED"),
    _ignore_errors=True,
)
