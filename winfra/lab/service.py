"""The operations of WS-Management: what each action answers."""

from __future__ import annotations

import base64
import binascii
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from html import escape

from winfra.lab.commands import Command, Output
from winfra.lab.endpoint_config import EndpointConfig, User
from winfra.lab.faults import (
    ACCESS_DENIED,
    ACTION,
    ENCODING_LIMIT,
    IDLE_TIMEOUT,
    INVALID_PARAMETER,
    INVALID_XML,
    WSManError,
    no_resource,
    start_refused,
)
from winfra.lab.server_settings import config_element, identify_element
from winfra.lab.shells import Machine, Shell, Shells, ShellSettings
from winfra.lab.soap import OVERHEAD, SHELL, Request, seconds, true

CMD = "http://schemas.microsoft.com/wbem/wsman/1/windows/shell/cmd"
ANY_SHELL = "http://schemas.microsoft.com/wbem/wsman/1/windows/shell"
CONFIG = "http://schemas.microsoft.com/wbem/wsman/1/config"
TRANSFER = "http://schemas.xmlsoap.org/ws/2004/09/transfer/"
STATE = "http://schemas.microsoft.com/wbem/wsman/1/windows/shell/CommandState/"

SMALLEST_ENVELOPE = 8192
# Tags of the streams and of the command's state.
RECEIVE_OVERHEAD = 1200
# Seconds of an operation for which the client named none.
DEFAULT_TIMEOUT = 60.0

_FULL_PATH = re.compile(r'"?[A-Za-z]:[\\/]')


@dataclass(frozen=True)
class Caller:
    """Who sent a request, and over what.

    + descriptor: the connection's socket
    """

    user: User
    address: str
    url: str
    descriptor: int = -1


@dataclass(frozen=True)
class Answer:
    """Content of a SOAP body.

    + put_back: to be called when the answer did not reach the client
    """

    content: bytes
    put_back: Callable[[], None] = lambda: None


Handler = Callable[[Request, Caller, EndpointConfig], Answer]


class Service:
    """The WinRM service: it carries requests out on a machine."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self.shells = Shells(machine)
        self._handlers: Mapping[str, Handler] = {
            "Identify": self._identify,
            "Get": self._get,
            "Create": self._create,
            "Command": self._command,
            "Send": self._send,
            "Receive": self._receive,
            "Signal": self._signal,
            "Delete": self._delete,
        }

    def answer(self, request: Request, caller: Caller, config: EndpointConfig) -> Answer:
        """Carry a request out; a WSManError is its fault."""
        if not caller.user.may_manage:
            raise WSManError(ACCESS_DENIED)
        size = request.max_envelope_size
        if size is not None and size < SMALLEST_ENVELOPE:
            raise WSManError(ENCODING_LIMIT)
        handler = self._handlers.get(request.verb)
        if handler is None:
            known = request.resource_uri in {CMD, ANY_SHELL, CONFIG}
            raise WSManError(ACTION) if known else no_resource(request.resource_uri)
        if request.verb in {"Delete", "Signal"}:  # what frees something is never refused
            return handler(request, caller, config)
        with self.shells.operation(caller.user.name, config.quotas):
            return handler(request, caller, config)

    def _identify(self, _request: Request, _caller: Caller, config: EndpointConfig) -> Answer:
        return Answer(identify_element(config.os_version))

    def _get(self, request: Request, caller: Caller, config: EndpointConfig) -> Answer:
        if request.resource_uri == CONFIG:
            if not caller.user.administrator:
                raise WSManError(ACCESS_DENIED)
            return Answer(config_element(config))
        if request.resource_uri not in {CMD, ANY_SHELL}:
            raise no_resource(request.resource_uri)
        return Answer(_shell_element(self._shell(request, caller)))

    def _create(self, request: Request, caller: Caller, config: EndpointConfig) -> Answer:
        if request.resource_uri != CMD:
            raise no_resource(request.resource_uri)
        shell = self.shells.create(_shell_settings(request, caller, config), config.quotas)
        return Answer(
            (
                f"<x:ResourceCreated><a:Address>{escape(caller.url)}</a:Address>"
                f"<a:ReferenceParameters><w:ResourceURI>{CMD}</w:ResourceURI><w:SelectorSet>"
                f'<w:Selector Name="ShellId">{shell.identity}</w:Selector></w:SelectorSet>'
                "</a:ReferenceParameters></x:ResourceCreated>"
            ).encode()
            + _shell_element(shell)
        )

    def _command(self, request: Request, caller: Caller, config: EndpointConfig) -> Answer:
        shell = self._shell(request, caller)
        line = request.body
        name = "" if line is None else (line.findtext(f"{SHELL}Command") or "").strip()
        if line is None or not name:
            raise WSManError(INVALID_PARAMETER)
        arguments = [item.text or "" for item in line.findall(f"{SHELL}Arguments")]
        if true(request.options.get("WINRS_SKIP_CMD_SHELL")):
            command_line = _direct(name, arguments)
        else:
            command_line = self._machine.command_via_cmd(name, arguments)
        with shell.in_use():
            command = shell.run(
                self._machine,
                command_line,
                config.quotas,
                # pypsrp does not name it, and no powershell.exe waits for the end of its input.
                console=true(request.options.get("WINRS_CONSOLEMODE_STDIN", "TRUE")),
                identity=line.get("CommandId", "").upper(),
            )
        return Answer(
            f"<rsp:CommandResponse><rsp:CommandId>{command.identity}</rsp:CommandId>"
            "</rsp:CommandResponse>".encode()
        )

    def _send(self, request: Request, caller: Caller, config: EndpointConfig) -> Answer:
        deadline = _deadline(request, config)
        shell = self._shell(request, caller)
        stream = None if request.body is None else request.body.find(f"{SHELL}Stream")
        if stream is None or stream.get("Name") not in shell.settings.input_streams.split():
            raise WSManError(INVALID_PARAMETER)
        try:
            data = base64.b64decode(stream.text or "")
        except binascii.Error as error:
            raise WSManError(INVALID_XML) from error
        with shell.in_use():
            command = shell.command(stream.get("CommandId", ""))
            command.send(data, deadline, end=true(stream.get("End")))
        return Answer(b"<rsp:SendResponse/>")

    def _receive(self, request: Request, caller: Caller, config: EndpointConfig) -> Answer:
        deadline = _deadline(request, config)
        shell = self._shell(request, caller)
        desired = None if request.body is None else request.body.find(f"{SHELL}DesiredStream")
        if desired is None or not desired.get("CommandId"):
            raise WSManError(INVALID_PARAMETER)
        known = shell.settings.output_streams.split()
        streams = [name for name in (desired.text or "").split() if name in known]
        with shell.in_use():
            command = shell.command(desired.get("CommandId", ""))
            output = command.receive(
                streams, _room(request, config), deadline, client=caller.descriptor
            )
        command.delivered = output.exit_code is not None
        return Answer(_output_element(command, streams, output), lambda: command.put_back(output))

    def _signal(self, request: Request, caller: Caller, _config: EndpointConfig) -> Answer:
        shell = self._shell(request, caller)
        body = request.body
        code = "" if body is None else (body.findtext(f"{SHELL}Code") or "").rpartition("/")[2]
        with shell.in_use():
            command = shell.command("" if body is None else body.get("CommandId", ""))
            if code.lower() == "terminate":
                command.terminate()
                shell.forget(command)
            elif code.lower() in {"ctrl_c", "ctrl_break"}:
                command.interrupt()
            else:
                raise WSManError(INVALID_PARAMETER)
        return Answer(b"<rsp:SignalResponse/>")

    def _delete(self, request: Request, caller: Caller, _config: EndpointConfig) -> Answer:
        self.shells.delete(self._shell(request, caller))
        return Answer(b"")

    def _shell(self, request: Request, caller: Caller) -> Shell:
        if request.resource_uri not in {CMD, ANY_SHELL}:
            raise no_resource(request.resource_uri)
        return self.shells.find(request.selectors.get("ShellId", ""), caller.user.name)


def _shell_settings(request: Request, caller: Caller, config: EndpointConfig) -> ShellSettings:
    body = request.body
    if body is None or body.tag != f"{SHELL}Shell":
        raise WSManError(INVALID_XML)
    asked = body.findtext(f"{SHELL}IdleTimeOut")
    idle = config.timeouts.shell_idle if asked is None else seconds(asked)
    if idle is None or (asked is not None and idle < config.timeouts.shell_idle_minimum):
        raise WSManError(IDLE_TIMEOUT)
    variables = body.findall(f"{SHELL}Environment/{SHELL}Variable")
    codepage = request.options.get("WINRS_CODEPAGE", "")
    return ShellSettings(
        owner=caller.user.name,
        client_ip=caller.address,
        idle_timeout=idle,
        environment={item.get("Name", ""): item.text or "" for item in variables},
        directory=body.findtext(f"{SHELL}WorkingDirectory"),
        codepage=int(codepage) if codepage.isdecimal() else 437,
        input_streams=body.findtext(f"{SHELL}InputStreams") or "stdin",
        output_streams=body.findtext(f"{SHELL}OutputStreams") or "stdout stderr",
    )


def _direct(name: str, arguments: list[str]) -> str:
    """A command line without cmd.exe.

    Windows takes the command as the program's path then, and looks along no PATH: a recording
    shows ``powershell.exe`` refused and its full path accepted.
    """
    if not _FULL_PATH.match(name):
        raise start_refused(2, "The system cannot find the file specified. ")
    program = f'"{name}"' if " " in name and not name.startswith('"') else name
    return " ".join([program, *arguments])


def _deadline(request: Request, config: EndpointConfig) -> float:
    most = config.quotas.max_timeout_ms / 1000
    asked = request.operation_timeout
    return time.monotonic() + min(DEFAULT_TIMEOUT if asked is None else asked, most)


def _room(request: Request, config: EndpointConfig) -> int:
    """How many bytes of output go into the largest answer."""
    most = config.quotas.max_envelope_size_kb * 1024
    envelope = min(request.max_envelope_size or most, most)
    return (envelope - OVERHEAD - RECEIVE_OVERHEAD) * 3 // 4


def _output_element(command: Command, streams: list[str], output: Output) -> bytes:
    identity = command.identity.encode()
    parts = [b"<rsp:ReceiveResponse>"]
    for name, data in output.pieces:
        parts += (
            b'<rsp:Stream Name="%s" CommandId="%s">' % (name.encode(), identity),
            binascii.b2a_base64(data, newline=False),
            b"</rsp:Stream>",
        )
    if output.exit_code is None:
        parts.append(
            b'<rsp:CommandState CommandId="%s" State="%sRunning"></rsp:CommandState>'
            % (identity, STATE.encode())
        )
    else:
        parts += (
            b'<rsp:Stream Name="%s" CommandId="%s" End="true"></rsp:Stream>'
            % (name.encode(), identity)
            for name in streams
        )
        parts.append(
            b'<rsp:CommandState CommandId="%s" State="%sDone"><rsp:ExitCode>%d</rsp:ExitCode>'
            b"</rsp:CommandState>" % (identity, STATE.encode(), output.exit_code)
        )
    parts.append(b"</rsp:ReceiveResponse>")
    return b"".join(parts)


def _shell_element(shell: Shell) -> bytes:
    settings = shell.settings
    now = time.monotonic()
    inactive = 0.0 if shell.active else now - shell.used
    directory = (
        ""
        if settings.directory is None
        else f"<rsp:WorkingDirectory>{escape(settings.directory)}</rsp:WorkingDirectory>"
    )
    return (
        f"<rsp:Shell><rsp:ShellId>{shell.identity}</rsp:ShellId>"
        f"<rsp:ResourceUri>{CMD}</rsp:ResourceUri><rsp:Owner>{escape(settings.owner)}</rsp:Owner>"
        f"<rsp:ClientIP>{settings.client_ip}</rsp:ClientIP>{directory}"
        f"<rsp:IdleTimeOut>PT{settings.idle_timeout:.3f}S</rsp:IdleTimeOut>"
        f"<rsp:InputStreams>{escape(settings.input_streams)}</rsp:InputStreams>"
        f"<rsp:OutputStreams>{escape(settings.output_streams)}</rsp:OutputStreams>"
        f"<rsp:ShellRunTime>{_duration(now - shell.created)}</rsp:ShellRunTime>"
        f"<rsp:ShellInactivity>{_duration(inactive)}</rsp:ShellInactivity></rsp:Shell>"
    ).encode()


def _duration(length: float) -> str:
    minutes, rest = divmod(int(length), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    return f"P{days}DT{hours}H{minutes}M{rest}S"
