"""The connector ``@winrm``: pyinfra's hosts are Windows machines, reached over WinRM."""

from __future__ import annotations

import copy
import functools
import json
from collections.abc import Iterator, Mapping
from importlib.metadata import entry_points
from io import IOBase
from typing import TYPE_CHECKING, Any

from pyinfra import logger
from pyinfra.api import StringCommand
from pyinfra.api.exceptions import ConnectError, InventoryError
from pyinfra.api.hiddenvalue import HiddenValue
from pyinfra.api.output import echo
from pyinfra.connectors.base import BaseConnector
from pyinfra.connectors.util import CommandOutput
from typing_extensions import override

from winfra import transfer
from winfra.messages import connection, session as messages
from winfra.output import Output
from winfra.script import LocalCommand, Script, source
from winfra.session import Session, SessionError, loader
from winfra.settings import META, Settings, WinRMData, settings
from winfra.user_script import UserScript

if TYPE_CHECKING:
    from pyinfra.api.host import Host
    from pyinfra.api.state import State

ELSEWHERE = ("_sudo", "_sudo_user", "_su_user", "_doas", "_doas_user", "_dzdo", "_dzdo_user")
"""pyinfra's arguments for becoming somebody else, which a network logon cannot."""
SHELLS = (None, "sh", "ps", "powershell")
"""``sh`` is pyinfra's default."""


class WinRMConnector(BaseConnector):
    """Runs PowerShell on a Windows host over WinRM, in one process that stays.

    The data keys are those of ``winfra.settings``. A ``Script`` runs in the session's process, any
    other text in a powershell.exe of its own, with ``$ErrorActionPreference = 'Stop'``; its exit
    code is that of the last native program.

    **Example:**

    .. code:: shell

        pyinfra @winrm/srv1.example.org --data winrm_user=Administrator exec -- Get-Service
    """

    handles_execution = True
    data_cls = WinRMData
    data_meta = META
    name = "winrm"

    session: Session

    def __init__(self, state: State, host: Host) -> None:
        super().__init__(state, host)
        self._answers: dict[str, Any] = {}
        self._at_end: list[Script] = []

    @staticmethod
    @override
    def make_names_data(name: str | None = None) -> Iterator[tuple[str, dict[str, Any], list[str]]]:
        if not name:
            raise InventoryError("@winrm names no host: write @winrm/HOST")
        yield f"@winrm/{name}", {"winrm_hostname": name}, []

    @override
    def connect(self) -> None:
        """Open the session; what is wrong is a ConnectError with a sentence of the catalogue."""
        self._report_rivals()
        found = self.settings()
        if found.server_cert_validation == "ignore":
            logger.warning(f"{self.host.print_prefix}winrm_server_cert_validation is 'ignore'")
        try:
            self.session = Session(self.host.name, found)
            self.session.ask(Script("get_session"), timeout=60)
        except OSError as error:
            raise ConnectError(str(error)) from error

    def settings(self) -> Settings:
        """How to reach the host, checked."""
        return settings(self.host.name, self.data)

    @override
    def disconnect(self) -> None:
        if hasattr(self, "session"):
            self._put_back()
            self.session.close()
        self._answers.clear()

    def at_end(self, script: Script) -> None:
        """Run a script when the run ends, however it ends: what held for its time alone."""
        if script not in self._at_end:
            self._at_end.append(script)

    def _put_back(self) -> None:
        while self._at_end:
            script = self._at_end.pop()
            try:
                self.session.ask(script, timeout=60)
                self.host.log(f"At the end: {script}")
            except OSError as error:
                self.host.log_styled(str(error), fg="red", log_func=logger.error)

    @override
    def run_shell_command(
        self,
        command: StringCommand | str,
        print_output: bool = False,
        print_input: bool = False,
        **arguments: Any,
    ) -> tuple[bool, CommandOutput]:
        output = Output(self.host.print_prefix if print_output else None)
        if print_input:
            echo(f"{self.host.print_prefix}>>> {command}", err=True)
        try:
            self._refuse(arguments)
            succeeded = self._run(command, output, arguments)
        except OSError as error:
            output.line("stderr", str(error))
            succeeded = False
        return succeeded, output.end()

    @override
    def put_file(
        self,
        filename_or_io: str | IOBase,
        remote_filename: str,
        remote_temp_filename: str | None = None,
        print_output: bool = False,
        print_input: bool = False,
        **arguments: Any,
    ) -> bool:
        """Write a file, whole or not at all; ``remote_temp_filename`` is not needed."""
        self._answers.clear()
        return self._transfer(
            transfer.put, filename_or_io, remote_filename, remote_filename, arguments
        )

    @override
    def get_file(
        self,
        remote_filename: str,
        filename_or_io: str | IOBase,
        remote_temp_filename: str | None = None,
        print_output: bool = False,
        print_input: bool = False,
        **arguments: Any,
    ) -> bool:
        return self._transfer(
            transfer.get, remote_filename, filename_or_io, remote_filename, arguments
        )

    def _transfer(
        self, direction: Any, source: Any, destination: Any, name: str, arguments: Mapping[str, Any]
    ) -> bool:
        meter = transfer.Meter(name, self.host.log)
        try:
            self._refuse(arguments)
            direction(self.session, source, destination, arguments.get("_timeout"), meter)
        except OSError as error:
            self.host.log_styled(str(error), fg="red", log_func=logger.error)
            return False
        return True

    def _run(
        self, command: StringCommand | str, output: Output, arguments: Mapping[str, Any]
    ) -> bool:
        if isinstance(command, LocalCommand):
            self._answers.clear()
            output.line("stdout", json.dumps(command.run()), shown=False)
            return True
        if isinstance(command, Script):
            value = command.answer(self._ask(command, output, arguments))
            output.line("stdout", json.dumps(value), shown=False)
            return True
        self._answers.clear()
        script = own_process(command, arguments)
        ended = self.session.ask(
            _with_environment(script, arguments),
            directory=arguments.get("_chdir"),
            listener=output.feed,
        )
        if ended["TimedOut"]:
            values = {"host": self.host.name, "seconds": arguments["_timeout"]}
            raise SessionError(messages.DEADLINE, script=_first_line(str(command)), **values)
        if ended["ExitCode"] in (arguments.get("_success_exit_codes") or [0]):
            return True
        raise SessionError(messages.EXIT_CODE, code=ended["ExitCode"])

    def _ask(self, script: Script, output: Output, arguments: Mapping[str, Any]) -> Any:
        """The answer to a script; one that only reads is asked once while nothing changes."""
        directory = arguments.get("_chdir")
        key = None
        if script.read_only and not arguments.get("_env"):
            key = _key(script, directory)
        else:
            self._answers.clear()
        if key in self._answers:
            return self._answers[key]
        ask = functools.partial(
            self.session.ask,
            _with_environment(script, arguments),
            directory=directory,
            timeout=arguments.get("_timeout"),
            listener=output.feed,
        )
        try:
            answer = ask()
        except SessionError as error:
            if not (script.read_only and error.lost):
                raise
            answer = ask()
        if key is not None:
            self._answers[key] = answer
        return answer

    def _refuse(self, arguments: Mapping[str, Any]) -> None:
        for argument in ELSEWHERE:
            if arguments.get(argument):
                value = arguments[argument]
                raise SessionError(messages.NO_MEANING, argument=argument, value=value)
        shell = arguments.get("_shell_executable")
        if shell not in SHELLS:
            raise SessionError(messages.NO_MEANING, argument="_shell_executable", value=shell)

    def _report_rivals(self) -> None:
        found = entry_points(group="pyinfra.connectors", name=self.name)
        packages = sorted({entry.dist.name for entry in found if entry.dist})
        if len(packages) > 1:
            text = connection.TWO_CONNECTORS.text(name=self.name, packages=", ".join(packages))
            logger.warning(f"{self.host.print_prefix}{text}")


def own_process(command: StringCommand | str, arguments: Mapping[str, Any]) -> Script:
    """The script that runs a user's text in a process of its own; the text is never on record."""
    raw = command if isinstance(command, str) else command.get_raw_value()
    user = command if isinstance(command, UserScript) else UserScript(raw, "")
    given = arguments.get("_stdin")
    if given is not None and not isinstance(given, (str, bytes)):
        given = "".join(f"{line}\n" for line in given)
    return Script(
        "invoke_powershell",
        Text=HiddenValue(raw),
        Name=user.label,
        Parameters=user.parameters,
        Loader=loader(),
        Program=source("own_process").text,
        InputText=HiddenValue(given) if given is not None else None,
        TimeoutSeconds=arguments.get("_timeout") or 0,
    )


def _first_line(text: str) -> str:
    """The beginning of a command, for a sentence about it."""
    first, *more = text.strip().splitlines() or [""]
    return f"'{first[:60]}{' …' if more or len(first) > 60 else ''}'"


def _with_environment(script: Script, arguments: Mapping[str, Any]) -> Script:
    environment = arguments.get("_env")
    if not environment:
        return script
    # The same object may be run again, without.
    script = copy.copy(script)
    script.parameters = {**script.parameters, "_environment": dict(environment)}
    return script


def _key(script: Script, directory: str | None) -> str | None:
    """What an answer is kept under; with a secret it is not kept."""
    try:
        return json.dumps([script.source.digest, script.parameters, directory], sort_keys=True)
    except TypeError:
        return None
