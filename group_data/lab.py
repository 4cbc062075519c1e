"""What differs in the lab, over ``all.py``."""

from pyinfra.api.hiddenvalue import HiddenValue

# The lab is this machine's alone, and its accounts log on to nothing else; a site's is in .env.
service_account_password = HiddenValue("Lab-0nly-Passw0rd")
