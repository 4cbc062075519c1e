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

# The Python that runs Prefect: "installer" (python.org's, for all users, in a folder of its own), "conda" (the
# guide's: an environment of an Anaconda or Miniforge, which is installed if it is not there), or "existing"; never a
# virtual environment, whose python.exe Windows cannot run as a service.
python_source = "installer"

# Its version, 3.11, 3.12 or 3.13 ("3.12.10" is that one or a newer 3.12); and its folder (None: C:\Program Files\Python
# and the version).
python_version = "3.12"
python_folder = None

# python.org's installer and its SHA-256, given as for PostgreSQL above.
python_installer = None
python_installer_sha256 = None

# conda: its folder (without a space), the installer for hosts that do not have it, the environment's name, and a file
# on this machine with the packages (`conda list --explicit --md5`), those that lie beside it are sent along; None is the
# given version from conda's own cache.
conda_folder = r"C:\miniforge3"
conda_installer = None
conda_installer_sha256 = None
conda_environment = "prefect_env"
conda_packages = None

# Prefect's version: one of those with a lock in files/prefect, whose README says what is known against 3.4.25, the
# guide's, and what the deploy does about it.
prefect_version = "3.4.25"

# A folder on this machine with every wheel of that lock; None is where `make wheelhouse` puts them.
wheelhouse = None

# Where the server listens: this host alone, or 0.0.0.0 with PREFECT_AUTH_STRING in .env and the networks that may
# reach it; and by which name and port this host and the workers' reach it.
prefect_listen = "127.0.0.1"
prefect_networks: list[str] = []
prefect_server = "127.0.0.1"
prefect_port = 4200

# The UI's address in a browser, if it is another one, such as that of a proxy: browsers are told to ask it.
prefect_ui_url = None

# How much server and worker write into their logs.
prefect_log_level = "INFO"

# Further settings of Prefect for each, by their names in the environment; None removes one of the deploy's own.
prefect_server_settings: dict[str, object] = {}
prefect_worker_settings: dict[str, object] = {}

# How long the upgrade of Prefect's database may take, in seconds.
prefect_migration_seconds = 3600

# The services, and in seconds how long each may take until it answers.
server_service = "PrefectServer"
worker_service = "PrefectWorker"
server_start_seconds = 180
worker_start_seconds = 180
server_description = "Prefect 3 Server API Service"
worker_description = "Prefect 3 Worker Service"

# The pool that runs wait in, and how many of it may run at once; None is no limit.
work_pool = "local-pool"
work_pool_concurrency = None

# The worker's name (None: the computer's with -1), how many runs it takes at once, and how many seconds its runs get
# to end before it is stopped.
worker_name = None
worker_limit = None
worker_drain_seconds = 300

# The account, no administrator, that works with the flow beside the services: a name, DOMAIN\name or a SID.
flow_user = None

# The first flow: its name, its file and function, its folder on each worker's host (None: below flows in
# prefect_data), its deployment's name, what its runs get; and whether a worker runs it again although it has done so.
flow_name = "etl-flow"
flow_entrypoint = "etl_flow.py:etl_flow"
flow_folder = None
flow_deployment = "first"
flow_parameters: dict[str, object] = {}
flow_again = False

# How many seconds the first flow gets from its start to its end, and until a worker starts it.
flow_seconds = 300
flow_start_seconds = 60

# Folders on this machine to upload instead of files/service_host, files/scripts and files/flows.
service_host_files = None
prefect_scripts = None
flow_files = None
