"""What comes out of the host, in lines."""

from __future__ import annotations

import codecs
from collections.abc import Callable

from pyinfra.api.output import echo, format_text
from pyinfra.connectors.util import CommandOutput, OutputLine

BUFFERS = {"O": "stdout", "E": "stderr"}


class Output:
    """Collects the pieces of both outputs and prints their lines as they become whole.

    + prefix: stands before each line that is printed; ``None`` prints nothing
    """

    def __init__(self, prefix: str | None = None) -> None:
        self._prefix = prefix
        self._lines: list[OutputLine] = []
        self._rest = {"stdout": "", "stderr": ""}
        decoder = codecs.getincrementaldecoder("utf-8")
        self._decoders = {name: decoder(errors="replace") for name in self._rest}

    def feed(self, kind: str, data: bytes) -> None:
        buffer = BUFFERS[kind]
        text = self._rest[buffer] + self._decoders[buffer].decode(data)
        *lines, self._rest[buffer] = text.split("\n")
        for line in lines:
            self.line(buffer, line.rstrip("\r"))

    def line(self, buffer: str, line: str, shown: bool = True) -> None:
        self._lines.append(OutputLine(buffer, line))
        if self._prefix is not None and shown:
            colour: Callable[[str], str] = lambda text: format_text(text, "red")  # noqa: E731
            text = colour(line) if buffer == "stderr" else line
            echo(f"{self._prefix}{text}", err=True)

    def end(self) -> CommandOutput:
        """All lines; one without a line feed at its end counts too."""
        for buffer, rest in self._rest.items():
            if rest:
                self._rest[buffer] = ""
                self.line(buffer, rest.rstrip("\r"))
        return CommandOutput(self._lines)
