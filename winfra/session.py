"""One PowerShell process on the host, asked again and again."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import IO, Any, cast

from pyinfra import logger

from winfra.connection import Connection, TransportError
from winfra.faults import is_pipe_broken
from winfra.frames import FrameError, Replies, Reply, encode, piece
from winfra.messages import Message, catalogue, session as messages
from winfra.script import Script, source
from winfra.settings import Settings

LANGUAGE_MODE_EXIT = 64
"""loader.ps1's exit code where PowerShell may not call .NET methods."""
BOOTSTRAP = source("bootstrap")
POWERSHELL = r"C:\Windows\System32\WindowsPowerShell\v1.0\powershell.exe"
"""Without cmd.exe a shell takes a program's full path alone, and expands no variable in it."""
OPTIONS = "-NoLogo -NoProfile -NonInteractive -ExecutionPolicy Bypass -InputFormat None -OutputFormat Text"
"""Without ``-InputFormat None`` PowerShell's host reads standard input itself, before the script."""

Listener = Callable[[str, bytes], None]


class SessionError(OSError):
    """A sentence of the catalogue; ``lost`` where the host may or may not have done what was asked."""

    def __init__(self, message: Message, lost: bool = False, **values: object) -> None:
        super().__init__(message.text(**values))
        self.catalogued = message
        self.lost = lost


@dataclass(frozen=True)
class Content:
    """A file's bytes that go to the host behind a request."""

    stream: IO[bytes]
    length: int


@dataclass
class _Shell:
    """What holds for one process on the host: it knows these scripts, it has answered or not."""

    connection: Connection
    marker: str = field(default_factory=lambda: secrets.token_hex(8))
    scripts: set[str] = field(default_factory=set)
    number: int = 0
    breaks: int = 0
    questions: set[int] = field(default_factory=set)
    answered: bool = False
    replies: Replies = field(init=False)

    def __post_init__(self) -> None:
        self.replies = Replies(self.marker)


def loader() -> str:
    """loader.ps1 on one line, as it stands on the command line of powershell.exe."""
    return " ".join(line.strip() for line in source("loader").text.splitlines())


class Session:
    """Runs scripts on one host, one at a time; opens its process when it is first asked."""

    def __init__(self, host: str, settings: Settings) -> None:
        self.host = host
        self.settings = settings
        self.processes = 0
        self._exchanges = 0
        self._shell: _Shell | None = None
        self._envelope_known = False

    @property
    def exchanges(self) -> int:
        return self._exchanges + (self._shell.connection.exchanges if self._shell else 0)

    def ask(
        self,
        script: Script,
        *,
        timeout: float | None = None,
        directory: str | None = None,
        content: Content | None = None,
        listener: Listener | None = None,
    ) -> Any:
        """Run a script and return its answer; a failure is a SessionError.

        + timeout: seconds, after which the script is ended with all that it started
        + directory: the location in which it runs
        + content: bytes that it reads with ``Read-Content``
        + listener: is given each piece of output (O, E) and of content (C) as it comes
        """
        name = script.source.name
        deadline = time.monotonic() + timeout if timeout else None
        try:
            self._send(script, directory, content, deadline)
            result = self._receive(name, deadline, listener)
        except TimeoutError as error:
            self.abandon()
            raise SessionError(
                messages.DEADLINE, script=name, host=self.host, seconds=f"{timeout:g}"
            ) from error
        except TransportError as error:
            begun = self._shell is not None and self._shell.number > 0
            self.abandon()
            raise (self._lost(error, name) if begun else error) from error.__cause__
        except FrameError as error:
            self.abandon()
            raise self._error(messages.DAMAGED_REPLY, name, reason=error) from error
        except BaseException:
            # Whatever interrupts an exchange leaves the stream in the middle of it.
            self.abandon()
            raise
        if name.startswith("set_environment"):
            # A process keeps the environment it was started with.
            self.close()
        if result["failure"]:
            raise failure(result["failure"])
        return result["value"]

    def close(self) -> None:
        """End the process; the next question opens another."""
        shell, self._shell = self._shell, None
        if shell is not None:
            shell.connection.close()
            self._exchanges += shell.connection.exchanges

    abandon = close

    def _open(self) -> _Shell:
        self._shell = _Shell(Connection(self.settings))
        self._shell.connection.open(POWERSHELL, [*OPTIONS.split(), "-Command", loader()])
        self.processes += 1
        self._envelope_known = False
        return self._shell

    def _send(
        self,
        script: Script,
        directory: str | None,
        content: Content | None,
        deadline: float | None,
    ) -> None:
        kept = self._shell
        try:
            self._write(kept or self._open(), script, directory, content, deadline)
        except TransportError as error:
            broken = is_pipe_broken(error.__cause__)
            if broken and not kept:
                return  # It ended as soon as it began, and has said why.
            if not (kept and (error.shell_lost or broken)):
                raise
            # It ended while idle, or with the service, and has not read the request as a whole.
            self.abandon()
            if content:
                content.stream.seek(0)
            self._send(script, directory, content, deadline)

    def _write(
        self,
        shell: _Shell,
        script: Script,
        directory: str | None,
        content: Content | None,
        deadline: float | None,
    ) -> None:
        first = shell.number == 0
        shell.number += 1
        known = script.source.digest in shell.scripts
        fields = {
            "name": script.source.name,
            "digest": script.source.digest,
            "text": None if known else script.source.text,
            "directory": directory,
        }
        length = content.length if content else 0
        head = encode(shell.marker, shell.number, fields, script.parameters, length)
        if first:
            head = b"".join(map(piece, (BOOTSTRAP.text, BOOTSTRAP.name, shell.marker))) + head
        if len(head) + length > shell.connection.piece and not self._envelope_known:
            shell.connection.learn_envelope()
            self._envelope_known = True
        for data in _pieces(head, content, shell.connection.piece):
            _check(deadline)
            shell.connection.send(data)
        shell.scripts.add(script.source.digest)

    def _receive(
        self, script: str, deadline: float | None, listener: Listener | None
    ) -> Mapping[str, Any]:
        shell = cast(_Shell, self._shell)
        number = shell.number
        written = 0
        errors = b""
        while True:
            out, err, code = shell.connection.receive(_check(deadline))
            errors += err
            if shell.connection.breaks > shell.breaks:
                _question(shell)
            for reply in shell.replies.feed(out):
                shell.answered = True
                if reply.number == 0:
                    continue
                if reply.number in shell.questions:
                    shell.questions.discard(reply.number)
                    _check_order(reply, number)
                elif reply.kind == "R":
                    return _result(reply, number, written)
                else:
                    written += 1
                    if listener:
                        listener(reply.kind, reply.body)
            if code is not None:
                self.abandon()
                raise self._ended(shell, script, code, errors)

    def _ended(self, shell: _Shell, script: str, code: int, errors: bytes) -> SessionError:
        said = shell.replies.rest.decode(errors="replace").strip()
        logger.debug("%s: PowerShell's output: %r, error output: %r", self.host, said, errors)
        if code == LANGUAGE_MODE_EXIT and "language-mode=" in said:
            mode = said.rpartition("language-mode=")[2]
            return SessionError(messages.LANGUAGE_MODE, host=self.host, mode=mode)
        if not shell.answered:
            reason = " ".join(errors.decode(errors="replace").split()) or f"exit code {code}"
            return SessionError(messages.NO_PROCESS, host=self.host, reason=reason)
        return self._error(messages.PROCESS_ENDED, script, code=code)

    def _error(self, message: Message, script: str, **values: object) -> SessionError:
        return SessionError(message, lost=True, host=self.host, script=script, **values)

    def _lost(self, error: TransportError, script: str) -> SessionError:
        if error.shell_lost:
            return self._error(messages.SHELL_LOST, script, reason=error.reason)
        return self._error(messages.CONNECTION_LOST, script, reason=error.reason)


def _question(shell: _Shell) -> None:
    """Ask, behind the present request, for a sign of life: its answer may be lost already."""
    shell.breaks = shell.connection.breaks
    shell.number += 1
    shell.questions.add(shell.number)
    shell.connection.send(encode(shell.marker, shell.number, {"digest": None}, {}))


def _check_order(reply: Reply, number: int) -> None:
    if reply.number > number:
        raise FrameError("it was lost together with the connection")


def _result(reply: Reply, number: int, written: int) -> Mapping[str, Any]:
    result: Mapping[str, Any] = json.loads(reply.body)
    if reply.number != number:
        raise FrameError(f"the answer to request {reply.number} instead of {number}")
    if result["written"] != written:
        raise FrameError(f"{result['written'] - written} parts of it were lost on their way")
    return result


def failure(data: Mapping[str, Any]) -> SessionError:
    """The sentence for what a script reports: an entry of the catalogue, or its own error."""
    if data.get("message"):
        return SessionError(catalogue()[data["message"]], **(data["values"] or {}))
    values = {key: data[key] for key in ("script", "line", "statement")}
    reason = " ".join(str(data["text"]).split()).rstrip(".")
    return SessionError(messages.SCRIPT_FAILED, reason=reason, **values)


def _check(deadline: float | None) -> float:
    """Seconds left until the deadline."""
    if deadline is None:
        return float("inf")
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


def _pieces(head: bytes, content: Content | None, size: int) -> Iterable[bytes]:
    """The request in messages of at most ``size`` bytes."""
    left = content.length if content else 0
    while head or left:
        wanted = min(size - len(head), left)
        if content and wanted > 0:
            data = content.stream.read(wanted)
            if not data:
                raise EOFError("the local file became shorter while it was sent")
            left -= len(data)
            head += data
        yield head[:size]
        head = head[size:]
