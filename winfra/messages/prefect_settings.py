"""What can be wrong with Prefect's settings, and with its database."""

from __future__ import annotations

from winfra.messages import Message

BAD_SETTING = Message(
    "prefect_setting_refused",
    "settings: {setting} or its value cannot stand in an environment",
    "Give a name without '=' and spaces, and a text, number or yes/no (True, False) without "
    "zero bytes",
)
NOT_FOR_WORKERS = Message(
    "prefect_setting_not_for_workers",
    "settings: {setting} is the server's alone, and every flow could read it with the worker's",
    "Put it into prefect_server_settings, and give a flow that needs a database a role of its own",
)
UNKNOWN_SETTING = Message(
    "prefect_setting_unknown",
    "{path}: {setting} is no setting of Prefect {version} on {host}, which would ignore it"
    "{suggestion}",
    "Correct its name, or remove it",
)
NO_PREFECT = Message(
    "prefect_missing",
    "{folder} on {host} has no Prefect",
    "Run the section before this one, which installs it: pyinfra inventory.py "
    "tasks.prefect.prefect_packages",
)
NOT_UNDERSTOOD = Message(
    "prefect_not_understood",
    "what Prefect {version} in {folder} on {host} knows cannot be read: {reason}",
    "Install a version of Prefect that this deploy has a lock for (files/prefect)",
)
NO_PASSWORD = Message(
    "prefect_database_without_password",
    "the password of Prefect's role in PostgreSQL is not set",
    "Set PREFECT_DATABASE_PASSWORD in .env",
)
NEWER_DATABASE = Message(
    "prefect_database_newer",
    "database {database} on {address}:{port} is at revision {revision}, which Prefect {version} on "
    "{host} does not know: a newer Prefect has used it",
    "Install that version, or restore the dump that was made before it (postgresql.restore)",
)
NOT_MIGRATED = Message(
    "prefect_database_not_migrated",
    "database {database} on {address}:{port} is at revision {revision} after the upgrade, and "
    "Prefect {version} needs {wanted}",
    "What Prefect said is above; no index may be left invalid, see pg_index.indisvalid",
)
BACKUP_NEEDS_PSQL = Message(
    "prefect_backup_needs_psql",
    "database {database} on {address}:{port} has tables, and without a psql.exe on {host} it cannot "
    "be dumped before the upgrade",
    "Dump it on its own host, then give backup=None; or have PostgreSQL's programs on {host} "
    "(postgresql_psql)",
)
