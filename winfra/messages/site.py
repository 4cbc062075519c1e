"""A site of one's own: what can be wrong with its ``.env``."""

from __future__ import annotations

from winfra.messages import Message

NO_FILE = Message(
    "site_no_file",
    "ENV_FILE={file}: there is no such file",
    "Correct the path, or leave ENV_FILE out to use .env; ENV_FILE=none is the lab",
)

BAD_LINE = Message(
    "site_bad_line",
    "{file}: line {line} cannot be read",
    "Write each line as KEY=value, a value with spaces, quotes or # in single quotes",
)

UNKNOWN_KEY = Message(
    "site_unknown_key",
    "{file}: {key} is not a key of a site",
    "{suggestion}.env.example lists them all",
)

MISSING_KEYS = Message(
    "site_missing_keys",
    "{file}: {keys} missing or empty",
    "Write a value for each; .env.example describes them, and without any .env the lab is used",
)

BAD_VALUE = Message(
    "site_bad_value",
    "{file}: {key} is {value!r}, not {wanted}",
    "Correct it; .env.example describes the key",
)
ACCOUNT_PASSWORD = Message(
    "account_password",
    "there is no password for the service account {account}",
    "Set SERVICE_ACCOUNT_PASSWORD in .env (SERVER_ACCOUNT_PASSWORD, WORKER_ACCOUNT_PASSWORD for "
    "accounts of their own)",
)
APART = Message(
    "site_apart",
    "{key} is {address}, which is {host} itself and not {other}",
    "Set it in group_data to the address of that host, and have it listen there (prefect_listen with "
    "prefect_networks, postgresql_listen with postgresql_clients)",
)
