"""Carrying out what has been decided about a service: stop, change, start, and say why not."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from pyinfra import logger
from pyinfra.api import Host, State
from pyinfra.api.hiddenvalue import HiddenValue

from winfra.messages import Message, services as messages
from winfra.script import Script
from winfra.service_words import word

LOGON_FAILED = 1069
SERVICE_SPECIFIC = 1066
# Win32_Service.Change's own numbers -> Win32 errors.
_CHANGE = {
    2: 5, 9: 3, 12: 1075, 13: 1068, 14: 1058, 15: 1069, 16: 1072, 18: 1059, 19: 1078, 20: 123,
    21: 87, 22: 1057, 23: 1073,
}  # fmt: skip
_ERRORS = {
    2: messages.NO_FILE,
    3: messages.NO_FOLDER,
    5: messages.DENIED,
    193: messages.NO_PROGRAM,
    1052: messages.NO_STOP,
    1053: messages.NOT_CONNECTED,
    1057: messages.BAD_ACCOUNT,
    1058: messages.DISABLED,
    1059: messages.CIRCLE,
    1060: messages.NO_SERVICE,
    1066: messages.SPECIFIC,
    1067: messages.CRASHED,
    1068: messages.DEPENDENCY,
    1069: messages.LOGON,
    1072: messages.MARKED,
    1073: messages.EXISTS,
    1075: messages.DEPENDENCY_GONE,
    1078: messages.DISPLAY_NAME_TAKEN,
    1297: messages.NO_PRIVILEGE,
}
_ANSWER_SECONDS = 120.0
_LINES = 20
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")

Drain: TypeAlias = Callable[[Host], AbstractContextManager[None]]
"""What lets a service finish its work: entered before it is stopped, left when all is done or has failed.

``Refused`` in it fails the change; while it is entered, nothing of the service has been stopped.
"""


@dataclass(frozen=True)
class Plan:
    """What is to be done with a service.

    + parameters: of set_service.ps1; empty when nothing is to be set
    + stop: the services to stop, in order: its dependents, then itself
    + start: whether to start it, and after it what was stopped for it
    + known: what sentences about it name: its path, account, dependencies
    + drains: by services, those that depend on it included
    """

    service: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    password: HiddenValue | None = None
    stop: Sequence[str] = ()
    start: bool = False
    remove: bool = False
    start_seconds: float = 60
    stop_seconds: float = 60
    log: str | None = None
    known: Mapping[str, str] = field(default_factory=dict)
    drains: Mapping[str, Drain] = field(default_factory=dict)


class Refused(Exception):  # noqa: N818  Windows refused
    """What went wrong, in the lines that the user sees."""

    def __init__(self, *lines: str) -> None:
        super().__init__(lines[0])
        self.lines = lines


def change(state: State, host: Host, plan: Plan) -> bool:
    """Carry out a plan; ``False`` after the reason has been shown."""
    try:
        _Work(host, plan).run()
    except Refused as refusal:
        for line in refusal.lines:
            host.log_styled(line, fg="red", log_func=logger.error)
        return False
    return True


class _Work:
    def __init__(self, host: Host, plan: Plan) -> None:
        self.host = host
        self.plan = plan
        self.stopped: list[str] = []
        self.drains = {name.casefold(): drain for name, drain in plan.drains.items()}
        self.drained = ExitStack()

    def run(self) -> None:
        # As a context for what is no refusal, such as Ctrl-C.
        with self.drained:
            steps = (self._work, self.drained.close)
            if lines := [line for step in steps for line in _refusal(step)]:
                raise Refused(*lines)

    def _work(self) -> None:
        plan = self.plan
        try:
            for service in plan.stop:
                self._stop(service)
            if plan.parameters:
                self._set()
        except Refused as refusal:
            raise Refused(*refusal.lines, *self._back()) from refusal
        if plan.remove:
            self._check("delete", self._ask(Script("remove_service", Service=plan.service,
                                                   Seconds=plan.stop_seconds)))  # fmt: skip
        if plan.start:
            self._start()
            others = [one for one in self.stopped if one != plan.service]
            if lines := list(self._start_again(reversed(others))):
                raise Refused(*lines)

    def _stop(self, service: str) -> None:
        if drain := self.drains.get(service.casefold()):
            self.drained.enter_context(drain(self.host))
        seconds = self.plan.stop_seconds
        log = self.plan.log if service == self.plan.service else None
        answer = self._ask(
            Script("stop_service", Service=service, Seconds=seconds, Log=log), seconds
        )
        if answer["State"] in {"Stopped", None}:
            self.stopped.append(service)
            return
        if answer["Code"] in {0, 1053, 1061}:
            text = messages.NOT_STOPPED.text(
                service=service, host=self.host.name, seconds=f"{seconds:g}",
                state=word(answer["State"]), process=answer["ProcessId"],
            )  # fmt: skip
        else:
            text = self._error("stop", answer["Code"], service)
        raise Refused(text, *self._logged(service, answer))

    def _set(self) -> None:
        answer = self._ask(Script("set_service", Service=self.plan.service, **self.plan.parameters))
        code = answer["Code"]
        if answer["Step"] == "account":
            code = _CHANGE.get(code, code)
        self._check(answer["Step"], {"Code": code})

    def _start(self) -> None:
        """Once more with the password given, where Windows has another or none."""
        service, password = self.plan.service, self.plan.password
        answer = self._attempt(service)
        if _failure(answer) == LOGON_FAILED and password is not None:
            self._ask(Script("set_service_password", Service=service, Password=password))
            answer = self._attempt(service)
        if _failure(answer) is None:
            return
        others = [one for one in self.stopped if one != service]
        stay = messages.STAY_STOPPED.text(
            host=self.host.name, service=service, services=", ".join(others)
        )
        raise Refused(*self._not_running(service, answer), *([stay] if others else []))

    def _attempt(self, service: str) -> Any:
        seconds = self.plan.start_seconds
        log = self.plan.log if service == self.plan.service else None
        return self._ask(
            Script("start_service", Service=service, Seconds=seconds, Log=log), seconds
        )

    def _back(self) -> Iterator[str]:
        """What had been stopped is started again, unless it was to be stopped."""
        if self.plan.start or self.plan.service not in self.stopped:
            yield from self._start_again(reversed(self.stopped))

    def _start_again(self, names: Iterable[str]) -> Iterator[str]:
        """The lines of what then fails; one that does not start keeps none of the others back."""
        for service in names:
            try:
                answer = self._attempt(service)
                if _failure(answer) is not None:
                    yield from self._not_running(service, answer)
            except Refused as refusal:
                yield from refusal.lines

    def _not_running(self, service: str, answer: Mapping[str, Any]) -> Iterator[str]:
        code = _failure(answer)
        if code:
            yield self._error("start", code, service, answer.get("SpecificExitCode"))
        elif answer["State"] == "Stopped":
            yield messages.ENDED.text(service=service, host=self.host.name)
        else:
            seconds, state = f"{self.plan.start_seconds:g}", word(answer["State"] or "gone")
            yield messages.NOT_RUNNING.text(
                service=service, host=self.host.name, seconds=seconds, state=state
            )
        yield from self._logged(service, answer)

    def _check(self, action: str, answer: Mapping[str, Any]) -> None:
        if answer["Code"] != 0:
            raise Refused(self._error(action, answer["Code"], self.plan.service))

    def _error(self, action: str, code: int, service: str, specific: int | None = None) -> str:
        known = {"path": "its program", "account": "its account", "dependencies": "others"}
        if service == self.plan.service:
            known |= {key: value for key, value in self.plan.known.items() if value}
        message: Message = _ERRORS.get(code, messages.ERROR)
        return message.text(
            service=service,
            host=self.host.name,
            action=action,
            code=code,
            specific=specific,
            **known,
        )

    def _logged(self, service: str, answer: Mapping[str, Any]) -> Iterator[str]:
        log = self.plan.log if service == self.plan.service else None
        begun, length = answer["Begun"], answer["LogLength"]
        script = Script("get_service_log", Service=service, Since=begun, Log=log, Length=length)
        try:
            found = self._ask(script)
        except Refused as refusal:
            yield from refusal.lines
            return
        for event in found["Events"]:
            yield f"  event {event['Id']}: {_line(event['Text'])}"
        lines = found["End"].splitlines()[-_LINES:]
        if lines:
            yield f"  the end of {log}:"
        yield from (f"    {_printable(line.expandtabs())}" for line in lines)

    def _ask(self, script: Script, seconds: float = 0) -> Any:
        succeeded, output = self.host.run_shell_command(
            script, print_output=False, print_input=False, _timeout=2 * seconds + _ANSWER_SECONDS
        )
        if not succeeded:
            raise Refused(*output.stderr_lines)
        return json.loads(output.stdout_lines[-1])


def _refusal(step: Callable[[], None]) -> tuple[str, ...]:
    try:
        step()
    except Refused as refusal:
        return refusal.lines
    return ()


def _failure(answer: Mapping[str, Any]) -> int | None:
    """Why a service does not run: Windows' error, 0 where there is none, ``None`` where it runs."""
    if answer["Code"]:
        return int(answer["Code"])
    return None if answer["State"] == "Running" else int(answer["ExitCode"])


def _line(text: str) -> str:
    return _printable(" ".join(text.split()))


def _printable(text: str) -> str:
    return _UNPRINTABLE.sub(lambda found: f"\\x{ord(found[0]):02x}", text)
