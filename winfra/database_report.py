"""What the host's Python finds in Prefect's database: it gets this text on its standard input.

It connects as Prefect does, by asyncpg: a database on another host may be open to this one alone, on
which there is no psql.
"""

from __future__ import annotations

import asyncio
import json
import os
import socket
import ssl
import sys
from typing import Any

SECONDS = 10
_STATE = """
SELECT to_regclass('alembic_version')::text AS versions, EXISTS (
  SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'p') AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'
    AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e')) AS filled
"""
_REVISION = "SELECT version_num FROM alembic_version"


async def report(given: dict[str, Any], password: str | None) -> dict[str, Any]:
    """Alembic's ``revision``, and whether it is ``filled`` with tables; or a ``problem`` in libpq's words."""
    import asyncpg  # type: ignore[import-not-found]  # of the host's Prefect

    try:
        connection = await asyncpg.connect(
            host=given["address"], port=given["port"], user=given["user"],
            database=given["database"], password=password, timeout=SECONDS,
            command_timeout=60, ssl=_context(given["tls"], given["authority"]),
        )  # fmt: skip
    except asyncpg.PostgresError as error:
        return {"problem": f"FATAL:  {error}"}
    except (OSError, asyncpg.InterfaceError) as error:
        return {"problem": _words(error)}
    try:
        state = await connection.fetchrow(_STATE)
        rows = await connection.fetch(_REVISION) if state["versions"] else []
    finally:
        await connection.close()
    revision = ", ".join(row["version_num"] for row in rows) or None
    return {"revision": revision, "filled": state["filled"]}


def _context(tls: str | None, authority: str | None) -> Any:
    """As Prefect makes it of its own settings."""
    if tls not in {"require", "verify-ca", "verify-full"}:
        return None
    context = ssl.create_default_context(ssl.Purpose.SERVER_AUTH, cafile=authority)
    context.check_hostname = tls == "verify-full"
    return context


def _words(error: Exception) -> str:
    """Windows has them in its own language, asyncpg in English."""
    if isinstance(error, socket.gaierror):
        return f"could not resolve: {error}"
    if isinstance(error, TimeoutError):
        return f"timed out after {SECONDS} s"
    if isinstance(error, ssl.SSLError) or "SSL" in str(error) or not isinstance(error, OSError):
        return str(error)
    return f"refused: {error}"


def main() -> None:
    given = json.loads(os.environ["WINFRA_CONNECTION"])
    answer = asyncio.run(report(given, os.environ.get("WINFRA_PASSWORD")))
    sys.stdout.write(json.dumps(answer) + "\n")


if __name__ == "__main__":
    main()
