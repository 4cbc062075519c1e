"""Sentences about installing PostgreSQL on a host."""

from __future__ import annotations

from winfra.messages import Message

_EXISTING = "to use that server as it is, set postgresql_source to 'existing'"

INSTALLATION_REFUSED = Message(
    "installation_refused",
    "{argument}: {reason}",
    "Correct it where the installation is called, or in group data",
)
FOREIGN_SERVICE = Message(
    "installation_foreign_service",
    "{host} has a service {service} already, for the cluster in {data}, which was not made here",
    "It is left alone: " + _EXISTING,
)
FOREIGN_CLUSTER = Message(
    "installation_foreign_cluster",
    "the data folder {data} on {host} holds a cluster of PostgreSQL {version} that was not made here",
    "It is left alone: choose another folder (postgresql_data); or " + _EXISTING,
)
OTHER_MAJOR = Message(
    "installation_other_major",
    "the data folder {data} on {host} is of PostgreSQL {found}, and {version} is to be installed",
    "Keep postgresql_version at {found}, upgrade the cluster yourself (pg_upgrade), or choose another "
    "folder (postgresql_data)",
)
NOT_EMPTY = Message(
    "installation_not_empty",
    "the data folder {data} on {host} is neither empty nor a cluster: {entries}",
    "Look at what that is; move it away, or choose another folder (postgresql_data)",
)
HALF_INSTALLED = Message(
    "installation_half",
    r"an earlier installation on {host} has left HKLM\SOFTWARE\PostgreSQL\Installations\{key} "
    "(folder {folder}, data {data}), but no service {service}; EDB's installer would follow that",
    r"Run {folder}\uninstall-postgresql.exe if it is there, remove that key, and run again",
)
PORT_TAKEN = Message(
    "installation_port_taken",
    "port {port} on {host} is in use by another program",
    "Stop that program (netstat -ano names it), or choose another port (postgresql_port)",
)
NO_SPACE = Message(
    "installation_no_space",
    "drive {drive} of {host} has {free} MB free, and a new cluster needs {needed} MB",
    "Free space on it, or choose a folder on another drive (postgresql_data)",
)
PASSWORD_MISSING = Message(
    "installation_password",
    "there is no password for PostgreSQL's {role}",
    "Write {key} into .env",
)
INITDB_FAILED = Message(
    "initdb_failed",
    "{Program} has made no cluster in {Data} (exit code {Code}): {Reason}",
    "What it says is PostgreSQL's own; nothing is left of the attempt, so run again when that is put right",
)
INITDB_NO_RUNTIME = Message(
    "initdb_no_runtime",
    "{Program} cannot start (exit code {Code}): a library of the Visual C++ runtime is missing",
    "Install vc_redist.x64.exe, or give it to the deploy (vc_runtime and vc_runtime_sha256 in group data)",
)
INITDB_ADMINISTRATOR = Message(
    "initdb_administrator",
    "{Program} could not give up its administrator's rights: {Reason}",
    "A program that raises rights (endpoint privilege management) does that; exempt PostgreSQL's bin folder",
)
INITDB_AUTORUN = Message(
    "initdb_autorun",
    "{Program} cannot read what its own programs say: {Reason}",
    r"A command in AutoRun of HKLM\SOFTWARE\Microsoft\Command Processor (or HKCU) writes into it; remove it",
)
INITDB_NO_SPACE = Message(
    "initdb_no_space",
    "{Program} has run out of space for {Data}: {Reason}",
    "Free space on that drive, or choose a folder on another one (postgresql_data)",
)
CLUSTER_VERSION = Message(
    "cluster_version",
    "{Program} is of PostgreSQL {Found}, and {Wanted} is wanted",
    "Make postgresql_version and the archive agree",
)
REGISTER_FAILED = Message(
    "register_failed",
    "pg_ctl has not registered the service {Service} (exit code {Code}): {Reason}",
    "If the service is marked for deletion, close services.msc and the like and run again",
)
INSTALLER_FAILED = Message(
    "installer_failed",
    "EDB's installer {Installer} has not installed PostgreSQL (exit code {Code}): {Problem}; its log says: "
    "{Log}",
    r"Put right what it names; before the next run, {Folder}\uninstall-postgresql.exe removes what it left",
)
INSTALLER_PASSWORD = Message(
    "installer_password",
    "the installed server refuses to change the password of {Superuser}: {Reason}",
    "Run again; the password it was installed with is kept until then, for winrm_user alone",
)
SERVER_TOO_OLD = Message(
    "server_too_old",
    "the server on {address}:{port} is PostgreSQL {version}, and {wanted} or newer is needed",
    "Have it upgraded, or install one of your own (postgresql_source)",
)
SERVER_WITHOUT_TRIGRAM = Message(
    "server_without_trigram",
    "the server on {address}:{port} has no pg_trgm to offer",
    "Have the package with PostgreSQL's own extensions (contrib) installed there",
)
SERVER_LOGIN_WEAK = Message(
    "server_login_weak",
    "{user} may make neither roles nor databases on {address}:{port}",
    "Name a superuser, or a role with CREATEROLE and CREATEDB, in group data (postgresql_superuser)",
)
NOT_USABLE = Message(
    "database_not_usable",
    "{user} can log in to {database} on {address}:{port} but not use pg_trgm there as itself",
    "Look at what search_path and the server's event triggers are, and run again",
)
SOURCE_UNSET = Message(
    "postgresql_source_unset",
    "{key} is not set in group data, and postgresql_source is {source!r}",
    "Name the file and its SHA-256 there; or an existing server, with postgresql_source = 'existing'",
)
