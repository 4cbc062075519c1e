"""What can be wrong between here and a PostgreSQL server."""

from __future__ import annotations

from winfra.messages import Message

BAD_CONNECTION = Message(
    "postgresql_connection",
    "connection: {argument} is {value!r}: {reason}",
    "Correct it where the Connection is made",
)
BAD_NAME = Message(
    "postgresql_name",
    "{argument}: {name!r} is no name that PostgreSQL takes: {reason}",
    "Choose a name of 1 to 63 bytes, such as prefect_db",
)
BAD_VALUE = Message(
    "postgresql_value",
    "{argument}: {reason}",
    "The documentation of the operation says what the argument takes",
)
PASSWORD_REFUSED = Message(
    "postgresql_password",
    "password: the one of {role} is refused, since {reason}",
    "Choose another, best of letters, digits and punctuation that every keyboard has",
)
NO_PROGRAM = Message(
    "postgresql_no_program",
    "there is no {program} on the host",
    "Install PostgreSQL, or give the path of its psql.exe; without one SQL goes from this machine",
)
NO_SERVER = Message(
    "postgresql_no_server",
    "no PostgreSQL answers on {address}:{port}: {reason}",
    "Check that its service runs, that it listens there (listen_addresses, port), and no firewall is "
    "between",
)
NOT_READY = Message(
    "postgresql_not_ready",
    "PostgreSQL on {address}:{port} takes no connections now: {reason}",
    "Wait until it has started, and run again; its log says what it is doing",
)
LOGIN_REFUSED = Message(
    "postgresql_login_refused",
    "PostgreSQL on {address}:{port} refuses the login of {user}: {reason}",
    "Correct the password in .env; its log says more than it tells a client",
)
NO_RULE = Message(
    "postgresql_no_rule",
    "no rule of pg_hba.conf lets {user} into {database} on {address}:{port}: {reason}",
    "Add a rule for this user, database and address, and reload the server",
)
NO_DATABASE = Message(
    "postgresql_no_database",
    "there is no database {database} on {address}:{port}",
    "Correct its name, or make it first (postgresql.database)",
)
TOO_MANY = Message(
    "postgresql_too_many_connections",
    "PostgreSQL on {address}:{port} has no connection left: {reason}",
    "End sessions that are not needed (pg_stat_activity shows them), or raise max_connections",
)
SUPERUSER_UNCHANGED = Message(
    "superuser_password_unchanged",
    "the password of {User} is not changed in the server of {Data}: {Reason}",
    "The server's log says more; where its OpenSSL is missing, set the password by hand",
)
TLS_REFUSED = Message(
    "postgresql_tls",
    "no TLS with PostgreSQL on {address}:{port}: {reason}",
    "Check ssl, ssl_cert_file and ssl_key_file on the server, and sslmode and sslrootcert here",
)
CONNECTION_FAILED = Message(
    "postgresql_connection_failed",
    "no connection to PostgreSQL on {address}:{port}: {reason}",
    "The server's log says more than it tells a client",
)
SQL_FAILED = Message(
    "postgresql_sql_failed",
    "PostgreSQL on {address}:{port} refuses: {reason} (SQLSTATE {state})",
    "Nothing of this statement was done; 'PostgreSQL error codes' in its documentation names the state",
)
SQL_DENIED = Message(
    "postgresql_sql_denied",
    "{user} may not do that on {address}:{port}: {reason}",
    "Give a connection whose user may, such as the superuser",
)
SQL_TIMEOUT = Message(
    "postgresql_sql_timeout",
    "PostgreSQL on {address}:{port} took longer than {seconds} s",
    "Look at what it waits for (pg_stat_activity, pg_locks), or give the connection more seconds",
)
PROGRAM_FAILED = Message(
    "postgresql_program_failed",
    "{program} ended with exit code {code}: {reason}",
    "What it says is PostgreSQL's own; 0xC0000135 (3221225781) means that the VC++ runtime is missing",
)
DATABASE_DRIFT = Message(
    "postgresql_database_drift",
    "database {database} has {found}, and {wanted} is meant; that cannot be changed and stays",
    "Where it matters, dump the database, drop it, have it made anew and restore the dump",
)
NO_EXTENSION = Message(
    "postgresql_no_extension",
    "PostgreSQL on {address}:{port} does not have the extension {extension}",
    "Correct the name, or install the extension's files on the server (share\\extension, lib)",
)
NO_DUMP = Message(
    "postgresql_no_dump",
    "there is no dump {path} on {host}",
    "Correct src, or upload the dump first (files.put)",
)
