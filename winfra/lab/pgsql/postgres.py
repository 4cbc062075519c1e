"""postgres.exe: the server; it refuses an administrator."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NoReturn

from winfra.lab import console
from winfra.lab.pgsql import noted, real, rights, server, start
from winfra.lab.pgsql.options import value_of
from winfra.lab.pgsql.rights import Rights

REFUSED = """\
Execution of PostgreSQL by a user with administrative permissions is not
permitted.
The server must be started under an unprivileged user ID to prevent
possible system security compromises.  See the documentation for
more information on how to properly start the server.
"""
_HARMLESS = {"--help", "-?", "--version", "-V", "--describe-config", "-C"}


def main(argv: Sequence[str]) -> int:
    _, _, *given = argv
    lab = start.begin()
    command = [start.binary("postgres"), *start.arguments(lab, given)]
    variables = start.environment(lab)
    if given[:1] and given[0] in _HARMLESS:
        return _become(command, variables)
    who = rights.own(lab)
    if rights.is_administrator(who):
        console.complain(REFUSED)
        return 1
    folder = _data(lab, given)
    if folder is not None:
        refused = next(rights.refusals(Rights(lab, who), folder), None)
        if refused:
            console.complain(f"{refused}\n")
            return 1
        server.prepare(lab, folder)
    noted.note(lab, os.getpid())
    alone = given[:1] in (["--single"], ["--boot"], ["--check"])
    more = [] if alone else server.SOCKETS
    return _become([command[0], *more, *command[1:]], variables)


def _become(command: list[str], variables: Mapping[str, str]) -> NoReturn:
    real.become_unprivileged()
    os.execve(command[0], command, variables)


def _data(lab: Path, given: Sequence[str]) -> Path | None:
    found = value_of(given, "pgdata") or os.environ.get("PGDATA")
    return server.data_folder(lab, found) if found else None
