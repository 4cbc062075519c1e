"""pg_ctl.exe: starts and stops a server, registers it as a service, and is that service."""

from __future__ import annotations

import getopt
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from winfra.lab import console
from winfra.lab.paths import is_windows, to_real, to_windows
from winfra.lab.pgsql import noted, real, rights, server, start, text, unprivileged
from winfra.lab.pgsql.pipes import prints_at_start
from winfra.lab.pgsql.rights import Rights, restricted

_ADVICE = 'Try "pg_ctl --help" for more information.\n'
_LONG = {
    "help": "?", "version": "V", "log": "l", "mode": "m", "pgdata": "D", "options": "o",
    "silent": "s", "timeout": "t", "core-files": "c", "wait": "w", "no-wait": "W",
}  # fmt: skip
_VALUED = "DelmNopPStU"
_COMMON = "DlmtscW"
_ACTIONS = {
    "init", "initdb", "start", "stop", "restart", "reload", "status", "promote", "logrotate",
    "kill", "register", "unregister", "runservice",
}  # fmt: skip
_WITHOUT_DATA = {"kill", "unregister"}


class UsageError(Exception):
    """The command line is none that pg_ctl takes."""


@dataclass
class Options:
    """What the command line says; ``values`` by the letters of the options."""

    action: str = ""
    values: dict[str, str] = field(default_factory=dict)
    words: list[str] = field(default_factory=list)
    wait: bool = True

    @property
    def data(self) -> str:
        return self.values.get("D") or os.environ.get("PGDATA", "")

    @property
    def service(self) -> str:
        return self.values.get("N", "PostgreSQL")


def main(argv: Sequence[str]) -> int:
    _, own, *given = argv
    lab = start.begin()
    if given[:1] and given[0] in {"--help", "-?", "--version", "-V"}:
        return text.run([start.binary("pg_ctl"), given[0]], os.environ, text.spelling(lab))
    try:
        options = _parse(given)
    except UsageError as error:
        console.complain(f"pg_ctl: {error}\n{_ADVICE}" if str(error) else _ADVICE)
        return 1
    match options.action:
        case "register" | "unregister":
            from winfra.lab.pgsql import registration

            return registration.run(lab, Path(own), options)
        case "runservice":
            from winfra.lab.pgsql import service

            return service.run(lab, Path(own), options)
        case "init" | "initdb":
            return _initdb(Path(own), options)
        case "start" | "restart":
            return _start(lab, Path(own), options)
    return _ask(lab, Path(own), options)


def _parse(given: Sequence[str]) -> Options:
    options = Options()
    letters = "".join(f"{one}:" if one in _VALUED else one for one in "cDelmNopPsStUwWV?")
    longs = [f"{name}=" if letter in _VALUED else name for name, letter in _LONG.items()]
    try:
        pairs, words = getopt.gnu_getopt([*given], letters, longs)
    except getopt.GetoptError as error:
        raise UsageError(f"illegal option -- {error.opt}") from None
    for name, value in pairs:
        letter = _LONG.get(name.removeprefix("--"), name[1:])
        if letter in "wW":
            options.wait = letter == "w"
        elif letter == "o" and "o" in options.values:
            options.values["o"] += f" {value}"
        else:
            options.values[letter] = value
    return _with_action(options, words)


def _with_action(options: Options, words: list[str]) -> Options:
    if not words:
        raise UsageError("no operation specified")
    options.action, options.words = words[0], words[1:]
    if options.action not in _ACTIONS:
        raise UsageError(f'unrecognized operation mode "{options.action}"')
    if options.action == "kill" and len(options.words) < 2:
        raise UsageError("missing arguments for kill mode")
    if options.action != "kill" and options.words:
        raise UsageError(f'too many command-line arguments (first is "{options.words[0]}")')
    if options.action not in _WITHOUT_DATA and not options.data:
        raise UsageError("no database directory specified and environment variable PGDATA unset")
    if options.values.get("S", "auto") not in {"a", "auto", "d", "demand"}:
        raise UsageError(f'unrecognized start type "{options.values["S"]}"')
    return options


def _initdb(own: Path, options: Options) -> int:
    command = f'"{own.with_name("initdb.exe")}" -D "$0" {options.values.get("o", "")}'
    code = subprocess.run(["/bin/sh", "-c", command, options.data], check=False).returncode
    if code:
        console.complain("pg_ctl: database system initialization failed\n")
    return 1 if code else 0


def _start(lab: Path, own: Path, options: Options) -> int:
    """The server gets a token without Administrators' rights, and this process's handles."""
    folder = server.data_folder(lab, options.data)
    program = own.with_name("postgres.exe")
    if not program.is_file():
        name = (to_windows(lab, own) or "").replace("\\", "/").removesuffix(".exe")
        console.complain(
            'pg_ctl: program "postgres" is needed by pg_ctl but was not found in the same '
            f'directory as "{name}"\n'
        )
        return 1
    if prints_at_start(lab):
        console.complain('pg_ctl: no data was returned by command "postgres.exe" -V\n')
        return 1
    who = restricted(rights.own(lab))
    problem = next(rights.refusals(Rights(lab, who), folder), None)
    if problem:
        return _not_started(lab, options, problem)
    server.prepare(lab, folder)
    more = f"{options.values.get('o', '')} -c unix_socket_directories= "
    command = [*_command(lab, options), "-o", more]
    code = subprocess.run(
        unprivileged.command(command), env=start.environment(lab), check=False
    ).returncode
    number = server.running(folder)
    if number:
        noted.note(lab, number)
    return code


def _not_started(lab: Path, options: Options, problem: str) -> int:
    line = f"{problem}\r\n".encode()
    log = options.values.get("l")
    if log:
        with server.data_folder(lab, log).open("ab") as file:
            file.write(line)
    else:
        sys.stderr.buffer.write(line)
    console.write("waiting for server to start.... stopped waiting\n")
    examine = "Examine the log output.\n" if log else ""
    console.complain(f"pg_ctl: could not start server\n{examine}")
    return 1


def _ask(lab: Path, own: Path, options: Options) -> int:
    programs = (to_windows(lab, own.parent) or "").replace("\\", "/")
    words = {
        f"{real.folder() / 'postgres'} ": f"{programs}/postgres.exe ",
        ' "-c" "unix_socket_directories="': "",
    }
    if options.action == "reload":
        server.prepare(lab, server.data_folder(lab, options.data))
    command = unprivileged.command(_command(lab, options))
    return text.run(command, start.environment(lab), text.spelling(lab, words))


def _command(lab: Path, options: Options) -> list[str]:
    """The same for the program of Linux, without what only Windows' one knows."""
    command = [start.binary("pg_ctl"), options.action, *options.words]
    command += [] if options.wait or options.action in {"status", "kill"} else ["-W"]
    for letter, value in options.values.items():
        if letter in _COMMON and not (letter == "D" and options.action == "kill"):
            path = str(to_real(lab, value)) if is_windows(value) else value
            command += [f"-{letter}", path] if letter in _VALUED else [f"-{letter}"]
    return command
