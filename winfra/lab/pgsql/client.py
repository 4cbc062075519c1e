"""psql.exe, pg_isready.exe, pg_dump.exe, pg_restore.exe and the like: clients of a server."""

from __future__ import annotations

from collections.abc import Sequence

from winfra.lab.pgsql import start, text

NAMES = (
    "createdb", "createuser", "dropdb", "dropuser", "pg_dump", "pg_dumpall", "pg_isready",
    "pg_restore", "psql", "reindexdb", "vacuumdb",
)  # fmt: skip


def main(argv: Sequence[str]) -> int:
    name, _, *given = argv
    lab = start.begin()
    command = [start.binary(name), *start.arguments(lab, given)]
    return text.run(
        command,
        start.environment(lab),
        text.spelling(lab),
        binary_input=name == "pg_restore",
        binary_output=name == "pg_dump" and _is_archive(given),
    )


def _is_archive(given: Sequence[str]) -> bool:
    return any(
        one.startswith(("-Fc", "-Ft", "--format=c", "--format=t"))
        or (before in {"-F", "--format"} and one[:1] in {"c", "t"})
        for before, one in zip(["", *given], given, strict=False)
    )
