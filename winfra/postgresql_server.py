"""Changing the files of a running server: written, checked by the server, read anew, or put back."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import PureWindowsPath
from typing import Any

from pyinfra.api import Host, StringCommand

from winfra.messages import postgresql as messages, postgresql_configuration
from winfra.script import Script
from winfra.sql import Connection
from winfra.sql_command import query

RELOAD_SECONDS = 15.0
_PAUSE = 0.2
_LOADED = "SELECT pg_conf_load_time()::text AS loaded"
# In one statement: the time of the last load as it was before this one.
_RELOAD = "SELECT pg_conf_load_time()::text AS loaded, pg_reload_conf() AS told"


class RefusedError(Exception):
    """What went wrong, in the lines that the user sees; none where they have been shown."""

    def __init__(self, *lines: str) -> None:
        super().__init__(*lines)
        self.lines = lines


@dataclass(frozen=True)
class Change:
    """A file, what it holds, and what it shall; ``None`` where there is no file."""

    path: str
    old: bytes | None
    new: bytes | None


class Server:
    """A server, asked and changed while an operation is carried out."""

    def __init__(self, host: Host, connection: Connection) -> None:
        self.host = host
        self.connection = connection

    def rows(self, command: StringCommand) -> Any:
        """The answer to a command."""
        return self._run(command)

    def remove(self, path: str) -> None:
        """A file that may be there."""
        if self._run(Script("get_files", Path=[path]))["Items"][0]["Entry"] is not None:
            self._run(Script("remove_path", Path=path))

    def apply(self, changes: Sequence[Change], check: Callable[[], None]) -> None:
        """Write files, have them checked and read; with a ``RefusedError`` they are as before."""
        for number, change in enumerate(changes):
            try:
                self._put(change.path, change.new)
            except RefusedError:
                self.put_back(changes[:number])
                raise
        try:
            check()
        except RefusedError:
            self.put_back(changes)
            raise
        try:
            self._reload()
        except RefusedError:
            self.put_back(changes)
            with contextlib.suppress(RefusedError):
                self._run(query(self.connection, _RELOAD))
            raise

    def put_back(self, changes: Sequence[Change]) -> None:
        for change in reversed(changes):
            self._put(change.path, change.old)

    def _reload(self) -> None:
        """Have the server read its files, and wait until it has: it is only told to."""
        [told] = self._run(query(self.connection, _RELOAD))
        end = time.monotonic() + RELOAD_SECONDS
        while time.monotonic() < end:
            [now] = self._run(query(self.connection, _LOADED))
            if now["loaded"] != told["loaded"]:
                return
            time.sleep(_PAUSE)
        seconds = f"{RELOAD_SECONDS:g}"
        text = postgresql_configuration.NOT_RELOADED.text(host=self.host.name, seconds=seconds)
        raise RefusedError(text)

    def wait(self, seconds: float, port: int | None = None) -> bool:
        """Whether the server answers in time; on another port from now on, where one is given."""
        self.connection = replace(self.connection, port=port or self.connection.port)
        tolerated = (messages.NO_SERVER, messages.NOT_READY)
        end = time.monotonic() + seconds
        while self._run(query(self.connection, "SELECT 1", tolerated=tolerated)) is None:
            if time.monotonic() > end:
                return False
            time.sleep(_PAUSE)
        return True

    def _put(self, path: str, content: bytes | None) -> None:
        if content is None:
            self._run(Script("remove_path", Path=path))
            return
        self._run(Script("set_directory", Path=str(PureWindowsPath(path).parent)))
        # The reason of a refusal is logged by the connector.
        if not self.host.put_file(BytesIO(content), path):
            raise RefusedError

    def _run(self, command: StringCommand) -> Any:
        succeeded, output = self.host.run_shell_command(
            command, print_output=False, print_input=False
        )
        if not succeeded:
            raise RefusedError(*output.stderr_lines)
        return json.loads(output.stdout_lines[-1])
