"""The superuser of a PostgreSQL server; ``winfra.operations.postgresql`` has this operation."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import PureWindowsPath

from psycopg.sql import Identifier
from pyinfra import host
from pyinfra.api.command import PyinfraCommand
from pyinfra.api.hiddenvalue import HiddenValue

from winfra import certificate, role_plan, scram
from winfra.access_rules import Rule
from winfra.difference import show
from winfra.facts.files import File
from winfra.facts.postgresql import LoginRefused
from winfra.operation import operation, read
from winfra.path import windows_path
from winfra.script import Script
from winfra.sql import Connection, bad_value, compose
from winfra.sql_command import unlogged

CERTIFICATE = "winfra-login.pem"


@operation()
def superuser_password(*, connection: Connection, data: str) -> Generator[PyinfraCommand]:
    r"""
    Give the superuser of a server on the host a password, where the server refuses it.

    + connection: how SQL reaches the server, with the user and the password
    + data: the server's data folder, which nobody but the server and administrators may read

    The old password is not needed: pg_hba.conf lets in whoever has the key of a certificate, which
    is made for this, for the moments in which the password is set.

    **Example:**

    .. code:: python

        postgresql.superuser_password(
            name="The superuser has the password of .env",
            connection=connection,
            data=r"D:\pgsql\data",
        )
    """
    data = windows_path(data, "data")
    secret = role_plan.password(connection.user, connection.password)
    if secret is None or connection.psql is None:
        raise bad_value("connection", "it has no password, or no psql, which does this on the host")
    # Of a run that broke off.
    left = read(File, path=rf"{data}\{CERTIFICATE}")
    if not left and not read(LoginRefused, connection=connection):
        host.noop(f"{connection.user} has the password, or there is no server yet")
        return
    show(f"role {connection.user}", {"password": HiddenValue("")}, {"password": secret})
    role, verifier = Identifier(connection.user), scram.verifier(secret.unmask())
    statement = compose("ALTER ROLE {role} PASSWORD {verifier}", role=role, verifier=verifier)
    # From this host alone.
    rule = Rule("postgres", connection.user, connection.address, "cert", "hostssl")
    yield Script(
        "set_superuser_password",
        Folder=str(PureWindowsPath(connection.psql).parent),
        Data=data,
        User=connection.user,
        Address=connection.address,
        Rule=rule.line,
        Certificate=CERTIFICATE,
        Key=certificate.own(connection.user),
        Statement=HiddenValue(unlogged(statement)),
    )
