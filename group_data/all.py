"""The values of this site, which sections read as ``host.data``.

A group's file (``lab.py``, or one of your own such as ``workers.py``) overrides them.
"""

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

# The PostgreSQL that Prefect uses, 15 or newer, and its installer on this machine.
postgresql_version = None
postgresql_installer = None

# A folder on this machine with every wheel that Prefect needs, for hosts without the internet.
wheelhouse = None
