"""cmd.exe itself: runs the commands of a line, its own and programs."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from winfra.lab import command_line as lines
from winfra.lab.command_shell import builtins
from winfra.lab.command_shell.syntax import (
    Chain,
    Group,
    Node,
    Pipe,
    Redirection,
    Simple,
    SyntaxRefusedError,
    expand,
    parse,
)
from winfra.lab.console import lab
from winfra.lab.exit_code import claim
from winfra.lab.paths import to_real, to_windows
from winfra.lab.program_search import SCRIPTS, find, is_simulated

LONGEST_LINE = 8191
NOT_RECOGNIZED = 9009


class ExitError(Exception):
    """``exit``: of the whole shell, or with /b of the script that runs."""

    def __init__(self, code: int, *, script: bool) -> None:
        super().__init__(code)
        self.code = code
        self.script = script


@dataclass(frozen=True)
class Streams:
    """The numbers of the files that a command reads and writes."""

    input: int = 0
    output: int = 1
    errors: int = 2


class Shell:
    """One cmd.exe: its variables, its folder, its code page."""

    def __init__(self) -> None:
        self.variables = dict(os.environ)
        self.folder = Path.cwd()
        self.codepage = self.variables.get("WINFRA_LAB_CODEPAGE", "437")
        self.error_level = 0
        self.echo = True
        self.arguments: list[str] = []

    @property
    def location(self) -> str:
        return to_windows(lab(), self.folder) or "C:\\"

    def encode(self, text: str) -> bytes:
        name = "utf-8" if self.codepage == "65001" else f"cp{self.codepage}"
        return text.replace("\n", "\r\n").encode(name, "replace")

    def write(self, stream: int, text: str) -> None:
        data = self.encode(text)
        while data:
            data = data[os.write(stream, data) :]

    def real(self, path: str) -> Path:
        """The real path of one in this shell, which may be relative."""
        path = path.strip('"')
        if path[1:2] == ":":
            return to_real(lab(), path)
        if path.startswith("\\"):
            return to_real(lab(), self.location[:2] + path)
        return to_real(lab(), f"{self.location}\\{path}")

    def run(self, line: str, streams: Streams) -> int:
        """Run a line; the exit code of its last command."""
        if len(line) > LONGEST_LINE:
            self.write(streams.errors, "The command line is too long.\n")
            return 1
        try:
            node = parse(expand(line, self._all_variables()))
        except SyntaxRefusedError as error:
            self.write(streams.errors, f"{error} was unexpected at this time.\n")
            return 1
        return self._node(node, streams) if node is not None else self.error_level

    def script(self, file: Path, arguments: list[str], streams: Streams) -> int:
        """Run a script line by line; labels and loops are not known to this cmd.exe."""
        outer, self.arguments = self.arguments, [file.name, *arguments]
        code = 0
        try:
            for line in file.read_text(encoding="utf-8", errors="replace").splitlines():
                code = self._script_line(line, streams)
        except ExitError as error:
            if not error.script:
                raise
            self.error_level = code = error.code
        finally:
            self.arguments = outer
        return code

    def _script_line(self, line: str, streams: Streams) -> int:
        line = re.sub(r"%([0-9*])", self._argument, line.strip()).replace("%%", "%")
        if not line or line.startswith(":"):
            return self.error_level
        if self.echo and not line.startswith("@"):
            self.write(streams.output, f"\n{self.location}>{line}\n")
        return self.run(line.removeprefix("@"), streams)

    def _argument(self, found: re.Match[str]) -> str:
        if found[1] == "*":
            return " ".join(self.arguments[1:])
        number = int(found[1])
        return self.arguments[number] if number < len(self.arguments) else ""

    def _all_variables(self) -> Mapping[str, str]:
        now = datetime.now()  # noqa: DTZ005 - the machine's own time, as %TIME% is
        return {
            "CD": self.location,
            "DATE": now.strftime("%a %m/%d/%Y"),
            "TIME": now.strftime("%H:%M:%S.") + f"{now.microsecond // 10000:02}",
            "ERRORLEVEL": str(self.error_level),
            **self.variables,
            "PATH": self.windows_path,
        }

    @property
    def windows_path(self) -> str:
        entries = (to_windows(lab(), Path(part)) for part in self.variables["PATH"].split(":"))
        return ";".join(entry for entry in entries if entry)

    def set_path(self, value: str) -> None:
        """Put folders of the lab's drives before the system's own."""
        own = [str(self.real(entry)) for entry in value.split(";") if entry]
        rest = [e for e in self.variables["PATH"].split(":") if to_windows(lab(), Path(e)) is None]
        self.variables["PATH"] = ":".join([*own, *rest])

    def _node(self, node: Node, streams: Streams) -> int:
        match node:
            case Chain(left, joint, right):
                code = self._node(left, streams)
                if joint == "&" or (code == 0) == (joint == "&&"):
                    code = self._node(right, streams)
            case Pipe(parts):
                code = self._pipe(parts, streams)
            case Group(body, redirections):
                with self._redirected(redirections, streams) as inner:
                    code = self._node(body, inner)
            case Simple(text, redirections):
                try:
                    with self._redirected(redirections, streams) as inner:
                        code = self._simple(text, inner)
                except OSError as error:
                    self.write(streams.errors, f"{builtins.reason(error)}\n")
                    code = 1
                self.error_level = code
        return code

    def _pipe(self, parts: tuple[Node, ...], streams: Streams) -> int:
        """Each command after the one before it: what it wrote waits in a file."""
        source = streams.input
        code = 0
        with tempfile.TemporaryFile() as between:
            for number, part in enumerate(parts):
                last = number == len(parts) - 1
                with tempfile.TemporaryFile() as after:
                    output = streams.output if last else after.fileno()
                    code = self._node(part, replace(streams, input=source, output=output))
                    after.seek(0)
                    between.seek(0)
                    between.truncate()
                    between.write(after.read())
                    between.seek(0)
                source = between.fileno()
        return code

    @contextmanager
    def _redirected(
        self, redirections: tuple[Redirection, ...], streams: Streams
    ) -> Iterator[Streams]:
        numbers = [streams.input, streams.output, streams.errors]
        opened: list[int] = []
        try:
            for stream, operator, target in redirections:
                if operator in {">&", "<&"}:
                    numbers[stream] = numbers[int(target)]
                else:
                    opened.append(self._open(operator, target))
                    numbers[stream] = opened[-1]
            yield Streams(*numbers)
        finally:
            for number in opened:
                os.close(number)

    def _open(self, operator: str, target: str) -> int:
        flags = {
            "<": os.O_RDONLY,
            ">": os.O_WRONLY | os.O_CREAT | os.O_TRUNC,
            ">>": os.O_WRONLY | os.O_CREAT | os.O_APPEND,
        }
        path = Path(os.devnull) if target.lower() in {"nul", "nul:"} else self.real(target)
        return os.open(path, flags[operator], 0o644)

    def _simple(self, text: str, streams: Streams) -> int:
        if not text.strip():
            return self.error_level
        name = builtins.name(text)
        if name:
            return builtins.run(self, name, text[len(name) :], streams)
        return self.program(text, streams)

    def program(self, text: str, streams: Streams) -> int:
        """Run a program or a script by its name."""
        name, rest = _split_name(text)
        suffixes = [".com", ".exe", *SCRIPTS]
        file = find(lab(), name, self.variables["PATH"], self.folder, suffixes)
        if file is None:
            self.write(
                streams.errors,
                f"'{name}' is not recognized as an internal or external command,\n"
                "operable program or batch file.\n",
            )
            return NOT_RECOGNIZED
        if file.suffix.lower() in SCRIPTS:
            return self.script(file, lines.split(f"x {rest}")[1:], streams)
        line = f'"{name}" {rest}' if " " in name else f"{name} {rest}".rstrip()
        return self._start(file, line, streams)

    def _start(self, file: Path, line: str, streams: Streams) -> int:
        environment = {**self.variables, "WINFRA_LAB_CODEPAGE": self.codepage}
        argv = [str(file), "--line", line]
        if not is_simulated(file):
            argv[1:] = lines.split(line)[1:]
        sys.stdout.flush()
        process = subprocess.Popen(
            argv,
            cwd=self.folder,
            env=environment,
            stdin=streams.input,
            stdout=streams.output,
            stderr=streams.errors,
        )
        status = process.wait()
        return claim(lab(), process.pid, status) if status >= 0 else 1


def _split_name(text: str) -> tuple[str, str]:
    text = text.strip()
    if text.startswith('"'):
        name, _, rest = text[1:].partition('"')
        return name, rest.strip()
    found = re.match(r"[^\s/,;=]+", text)
    name = found[0] if found else text
    return name, text[len(name) :].strip()
