"""The values of this site, which sections read as ``host.data``.

A group's file (``lab.py``, or one of your own such as ``workers.py``) overrides them.
"""

from winfra.access_rules import Rule

# Everything of Prefect's on the host: its data, logs, scripts, settings and flows.
prefect_data = r"D:\prefect_data"

# The account of the services: a local one, which is made with SERVICE_ACCOUNT_PASSWORD from .env; one of a
# domain (DOMAIN\name), managed (DOMAIN\name$) or virtual (NT SERVICE\PrefectServer), which others make.
service_account = "svc_prefect"
service_account_comment = "Prefect service account"

# An account of its own for the server and for the workers; None is the one above.
server_account = None
worker_account = None

# Whether the account is in Administrators while a run lasts, as the guide has it; nothing here needs that.
service_account_administrator = False

# The drives that hold data, each a fixed disk with an access list, never a cloud's temporary one.
data_drives = ["D:"]

# Free space that each of them needs before anything is installed.
data_free_gb = 20

# The oldest build of Windows: 17763 is Server 2019.
windows_build = 17763

# How far the host's clock may be from this machine's; Kerberos refuses more than 300.
clock_seconds = 300

# The Python that runs Prefect, 3.11 or 3.12, and its installer on this machine.
python_version = None
python_installer = None

# How Prefect's database comes about: "archive" (EDB's zip of binaries), "installer" (EDB's installer), or "existing":
# a server that others look after, on which nothing is installed and nothing configured.
postgresql_source = "archive"

# PostgreSQL's major version, 15 or newer; of an existing server the oldest that will do.
postgresql_version = "16"

# EDB's archive or installer, and its SHA-256: a path on this machine, "host:D:\files\x.zip" for one on the host, or
# "https://...", which the host fetches.
postgresql_archive = None
postgresql_archive_sha256 = None
postgresql_installer = None
postgresql_installer_sha256 = None

# Microsoft's vc_redist.x64.exe, in the same way; for hosts that do not have the Visual C++ runtime yet.
vc_runtime = None
vc_runtime_sha256 = None

# Whether a host may be restarted where an installer asks for it; otherwise the run stops and says so.
allow_reboot = False

# PostgreSQL's programs (None: C:\Program Files\PostgreSQL and the version), its data and its logs. The folder that
# data and logs are both in is kept for PostgreSQL and administrators alone.
postgresql_folder = None
postgresql_data = r"D:\pgsql\data"
postgresql_logs = r"D:\pgsql\logs"

# Where the server answers. The address is of an existing server; one that is installed listens on both loopbacks.
postgresql_address = "127.0.0.1"
postgresql_port = 5432

# How an existing server is reached: by the psql.exe of this path on the host, or with None from this machine; with
# which TLS (libpq's sslmode), and the file of the authorities to trust.
postgresql_psql = None
postgresql_tls = None
postgresql_authority = None

# The role that makes Prefect's role and database; its password is POSTGRESQL_SUPERUSER_PASSWORD in .env.
postgresql_superuser = "postgres"

# Where a server that is installed listens, and the hosts (addresses or networks) beside this one from which Prefect's
# role may log in; by TLS alone, for which ssl, ssl_cert_file and ssl_key_file belong into the settings below.
postgresql_listen = "127.0.0.1,::1"
postgresql_clients: list[str] = []

# Further rules of pg_hba.conf (winfra.access_rules.Rule), after those for Prefect and the superuser; all others go.
postgresql_access_rules: list[Rule] = []

# Further settings of postgresql.conf: here those of the guide's 2.5, for a server with 8 GB of memory. The server is
# restarted only where one that has changed needs it.
postgresql_settings = {
    "shared_buffers": "2GB",
    "work_mem": "64MB",
    "maintenance_work_mem": "512MB",
    "max_connections": 50,
    "wal_level": "replica",
    "checkpoint_timeout": "15min",
}

# Prefect's database and the role that owns it; the role's password is PREFECT_DATABASE_PASSWORD in .env.
prefect_database = "prefect_db"
prefect_role = "prefect"

# A folder on this machine with every wheel that Prefect needs, for hosts without the internet.
wheelhouse = None
