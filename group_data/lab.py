"""What differs in the lab, over ``all.py``."""

from pyinfra import inventory
from pyinfra.api.hiddenvalue import HiddenValue

from winfra.lab import downloads

# The lab is this machine's alone, and its accounts log on to nothing else; a site's is in .env.
service_account_password = HiddenValue("Lab-0nly-Passw0rd")
postgresql_superuser_password = HiddenValue("Lab-0nly-Superuser")
prefect_database_password = HiddenValue("Lab-0nly-Database")

# The guide's are for a server of its own.
postgresql_settings = {"shared_buffers": "32MB", "max_connections": 50}

# The lab's PostgreSQL is this machine's, as EDB would distribute it, and its port one that nobody else here uses.
if inventory.get_group("lab", []):
    locals().update(downloads.data())
