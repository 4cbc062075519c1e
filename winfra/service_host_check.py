"""One run of a command as a service's account, in a service that is made for it and removed again."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pyinfra import logger
from pyinfra.api import Host, State
from pyinfra.api.hiddenvalue import HiddenValue

from winfra import services
from winfra.messages import Message, service_host as messages, services as service_messages
from winfra.script import Script

SERVICE = "winfra-check"
ACCOUNT = rf"NT SERVICE\{SERVICE}"
"""Who may read what a command alone shall read, and who it is instead of another service's account."""
_MARGIN = 120.0
_ERRORS = {
    5: service_messages.DENIED,
    1053: service_messages.NOT_CONNECTED,
    1057: service_messages.BAD_ACCOUNT,
    1069: service_messages.LOGON,
    1072: service_messages.MARKED,
}


@dataclass(frozen=True)
class Request:
    """What is to be run, as whom, and by which service host."""

    command: tuple[str, ...]
    account: str
    password: HiddenValue | None
    folder: str
    python: str
    directory: str
    settings: str | None
    environment: Mapping[str, str]
    seconds: float
    sid: str | None

    @property
    def shown(self) -> str:
        return self.command[0]


def run(state: State, host: Host, request: Request) -> bool:
    """Run it and show its output; ``False`` after the reason has been shown."""
    script = Script(
        "invoke_as_account",
        Service=SERVICE,
        Python=request.python,
        Folder=request.folder,
        Account=services.stored_account(request.account),
        Sid=request.sid,
        Password=request.password,
        Command=list(request.command),
        Directory=request.directory,
        Settings=request.settings,
        Variables=dict(request.environment),
        Seconds=request.seconds,
    )
    succeeded, output = host.run_shell_command(
        script, print_output=False, print_input=False, _timeout=request.seconds + _MARGIN
    )
    lines = output.stderr_lines
    if succeeded:
        answer = json.loads(output.stdout_lines[-1])
        result = answer["Result"] and json.loads(answer["Result"])
        for line in (result or {}).get("output", "").splitlines():
            host.log(line)
        lines = [*_problem(host, request, answer, result)]
    for line in lines:
        host.log_styled(line, fg="red", log_func=logger.error)
    return not lines


def _problem(
    host: Host, request: Request, answer: Mapping[str, Any], result: Mapping[str, Any] | None
) -> Iterator[str]:
    """The lines about what went wrong; none where nothing did."""
    values = {"host": host.name, "command": request.shown, "account": request.account}
    if result is None:
        yield _refusal(values, request, answer)
        yield from (
            f"  event {one['Id']}: {' '.join(one['Text'].split())}" for one in answer["Events"]
        )
    elif "problem" in result:
        yield messages.CHECK_NOT_STARTED.text(**values, problem=result["problem"])
    elif result["timed_out"]:
        yield messages.CHECK_TIMEOUT.text(**values, seconds=f"{request.seconds:g}")
    elif result["exit_code"]:
        yield messages.CHECK_FAILED.text(**values, code=result["exit_code"])


def _refusal(values: Mapping[str, str], request: Request, answer: Mapping[str, Any]) -> str:
    code = answer["Code"]
    if not code:
        return messages.CHECK_NO_ANSWER.text(
            **values, service=SERVICE, python=request.python, folder=request.folder,
            code=answer["ExitCode"], specific=answer["SpecificExitCode"],
        )  # fmt: skip
    message: Message = _ERRORS.get(code, service_messages.ERROR)
    return message.text(
        **values, service=SERVICE, action=answer["Step"], code=code, path=request.python
    )
